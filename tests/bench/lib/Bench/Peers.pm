# Bench::Peers -- what Sekisho is compared with: the references, and the proxies of Debian that are installed.
#
# Each peer gets a list of 1,000 allowed names (trafficserver has none worth the name and goes without), its
# access log, one worker or thread where it can be told so, and a folder of its own. Nothing is read from /etc but
# module files; nothing needs a service to run.
package Bench::Peers;

use strict;
use warnings;
use Bench::Subject;

# What every configuration needs: $o = { dir, origin port, dns "ADDR:PORT", names [...] }.
sub new {
	my ($class, %o) = @_;
	return bless { %o, next_port => 4001 }, $class;
}

sub find_program {
	my $name = shift;
	for (split(/:/, $ENV{PATH} // ''), '/usr/sbin', '/sbin', '/usr/local/sbin') {
		return "$_/$name" if -x "$_/$name";
	}
	return undef;
}

sub write_file {
	my ($path, $text) = @_;
	open my $f, '>', $path or die "$path: $!\n";
	print $f $text;
	close $f or die "$path: $!\n";
	return $path;
}

sub port { $_[0]{next_port}++ }

# A new one each time: a subject that runs already must not see its files change.
sub folder {
	my ($self, $name) = @_;
	my $dir = sprintf '%s/%s-%d', $self->{dir}, $name, ++$self->{folders};
	mkdir $dir;
	chmod 0777, $dir;       # squid and trafficserver give up root
	return $dir;
}

# One of min-connect-rw, raw-splice, ...: they need no configuration.
sub reference {
	my ($self, $mode) = @_;
	my $port = $self->port;
	return Bench::Subject->new(name => $mode, dir => $self->{dir}, port => $port,
		via => $mode =~ /connect/ ? 'connect' : 'none',
		cmd => [ "$self->{bin}/refs", $mode, "127.0.0.1:$port", "127.0.0.1:$self->{origin}" ]);
}

# A peer by name, not yet started; undef when it is not installed.
sub peer {
	my ($self, $name) = @_;
	my %program = (trafficserver => 'traffic_server');
	my $program = find_program($program{$name} // $name) or return undef;
	my $dir = $self->folder($name);
	my $port = $self->port;
	my $make = $self->can("_$name") or die "no configuration for $name\n";
	return Bench::Subject->new(name => $name, dir => $dir, port => $port, $self->$make($program, $dir, $port));
}

sub _squid {
	my ($self, $program, $dir, $port) = @_;
	write_file("$dir/names", join '', map { "$_\n" } @{ $self->{names} });
	(my $dns = $self->{dns}) =~ s/:53$//;   # squid knows no other port
	write_file("$dir/squid.conf", <<"END");
http_port 127.0.0.1:$port
pid_filename $dir/squid.pid
coredump_dir $dir
cache_log $dir/cache.log
access_log stdio:$dir/access.log
buffered_logs on
cache deny all
cache_mem 8 MB
acl allowed dstdomain "$dir/names"
acl cold dstdomain .cold.example
acl plain dstdomain .http.example
acl opaque dstdomain .tcp.example
http_access allow allowed
http_access allow cold
http_access allow plain
http_access allow opaque
http_access deny all
dns_nameservers $dns
positive_dns_ttl 1 hour
ipcache_size 8192
hosts_file none
pinger_enable off
visible_hostname bench.example
shutdown_lifetime 1 second
max_filedescriptors 20000
END
	return (cmd => [ $program, '-N', '-f', "$dir/squid.conf" ]);
}

sub _tinyproxy {
	my ($self, $program, $dir, $port) = @_;
	write_file("$dir/names", join '', map { (my $n = $_) =~ s/\./\\./g; "^$n\$\n" } @{ $self->{names} }, '');
	write_file("$dir/tinyproxy.conf", <<"END");
Port $port
Listen 127.0.0.1
Timeout 600
LogFile "$dir/access.log"
LogLevel Connect
PidFile "$dir/pid"
MaxClients 2000
Filter "$dir/names"
FilterDefaultDeny Yes
FilterCaseSensitive Yes
ConnectPort $self->{origin}
END
	return (cmd => [ $program, '-d', '-c', "$dir/tinyproxy.conf" ]);
}

sub _trafficserver {
	my ($self, $program, $dir, $port) = @_;
	my %folder = map { ("${_}dir" => "$dir/$_") } qw(sysconf data runtime log cache localstate);
	mkdir $_ for values %folder;
	chmod 0777, values %folder;
	my $config = $folder{sysconfdir};
	write_file("$dir/runroot.yaml", join '', "prefix: /usr\nexec_prefix: /usr\nbindir: /usr/bin\nsbindir: /usr/sbin\n",
		"includedir: /usr/include\nlibdir: /usr/lib/trafficserver\nlibexecdir: /usr/lib/trafficserver/modules\n",
		map { "$_: $folder{$_}\n" } sort keys %folder);
	write_file("$config/$_", '') for qw(cache.config hosting.config plugin.config parent.config splitdns.config
		ssl_multicert.config volume.config);
	write_file("$config/storage.config", "$folder{cachedir} 64M\n");
	write_file("$config/ip_allow.yaml", "ip_allow:\n  - apply: in\n    ip_addrs: 127.0.0.1\n    action: allow\n    methods: ALL\n");
	write_file("$config/records.config", <<"END");
CONFIG proxy.config.http.server_ports STRING $port:ip-in=127.0.0.1
CONFIG proxy.config.exec_thread.autoconfig.enabled INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.accept_threads INT 0
CONFIG proxy.config.http.cache.http INT 0
CONFIG proxy.config.reverse_proxy.enabled INT 0
CONFIG proxy.config.url_remap.remap_required INT 0
CONFIG proxy.config.http.connect_ports STRING $self->{origin} 443
CONFIG proxy.config.dns.nameservers STRING $self->{dns}
CONFIG proxy.config.dns.resolv_conf STRING NULL
CONFIG proxy.config.hostdb.host_file.path STRING NULL
CONFIG proxy.config.dns.search_default_domains INT 0
CONFIG proxy.config.log.logging_enabled INT 3
CONFIG proxy.config.crash_log_helper STRING NULL
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.log.logfile_dir STRING $folder{logdir}
CONFIG proxy.config.net.connections_throttle INT 19000
CONFIG proxy.config.net.max_connections_in INT 18000
END
	write_file("$config/remap.config", '');
	write_file("$config/logging.yaml", <<'END');
logging:
  formats:
    - name: plain
      format: '%<cqtq> %<ttms> %<chi> %<crc>/%<pssc> %<psql> %<cqhm> %<pquc> %<phr>/%<shi>'
  logs:
    - filename: access
      format: plain
END
	return (cmd => [ $program, "--run-root=$dir/runroot.yaml" ], patience => 30);
}

sub _apache2 {
	my ($self, $program, $dir, $port) = @_;
	my @map = map { my $n = $_; map { "$n:$_ yes\n" } $self->{origin} } @{ $self->{names} };
	write_file("$dir/names", join '', @map, map { "$_.http.example:$self->{origin} yes\n" } $self->http_names);
	my $modules = '/usr/lib/apache2/modules';
	my $load = join '', map { -e "$modules/mod_$_.so" ? "LoadModule ${_}_module $modules/mod_$_.so\n" : '' }
		qw(mpm_event authz_core proxy proxy_http proxy_connect rewrite);
	write_file("$dir/apache.conf", <<"END");
ServerRoot $dir
ServerName bench.example
Listen 127.0.0.1:$port
PidFile $dir/pid
ErrorLog $dir/error.log
LogLevel crit
$load
Mutex pthread default
StartServers 1
ServerLimit 1
ThreadsPerChild 128
MaxRequestWorkers 128
MaxRequestsPerChild 0
KeepAlive On
MaxKeepAliveRequests 0
ProxyRequests On
ProxyVia Off
AllowCONNECT $self->{origin}
LogFormat "%t %h \\"%r\\" %>s %b" plain
CustomLog $dir/access.log plain
BufferedLogs On
RewriteEngine On
RewriteOptions AllowAnyURI
RewriteMap allowed txt:$dir/names
RewriteCond \${allowed:%{HTTP_HOST}|no} !=yes
RewriteRule .* - [F]
<Proxy *>
	Require all granted
</Proxy>
END
	return (cmd => [ $program, '-DFOREGROUND', '-f', "$dir/apache.conf" ]);
}

sub _haproxy {
	my ($self, $program, $dir, $port) = @_;
	write_file("$dir/names", join '', map { "$_\n" } @{ $self->{names} });
	my $plain = $self->port;
	write_file("$dir/haproxy.cfg", <<"END");
global
	nbthread 1
	maxconn 9500
	maxpipes 100
	log stdout format raw local0
	no-memory-trimming
defaults
	mode tcp
	timeout connect 10s
	timeout client 1h
	timeout server 1h
	log global
	option tcplog
	option splice-auto
frontend sni
	bind 127.0.0.1:$port
	tcp-request inspect-delay 5s
	acl allowed req.ssl_sni -f $dir/names
	tcp-request content reject if { req.ssl_hello_type 1 } !allowed
	tcp-request content accept if { req.ssl_hello_type 1 }
	default_backend origin
frontend plain
	bind 127.0.0.1:$plain
	default_backend origin
backend origin
	server one 127.0.0.1:$self->{origin}
END
	return (via => 'none', plain_port => $plain, cmd => [ $program, '-db', '-f', "$dir/haproxy.cfg" ]);
}

sub _nginx {
	my ($self, $program, $dir, $port) = @_;
	my ($module) = grep { -e } '/usr/lib/nginx/modules/ngx_stream_module.so', '/usr/share/nginx/modules/ngx_stream_module.so';
	my $load = $module ? "load_module $module;" : '';
	my $map = join '', map { "\t\t$_ 127.0.0.1:$self->{origin};\n" } @{ $self->{names} };
	my $plain = $self->port;
	write_file("$dir/nginx.conf", <<"END");
$load
daemon off;
worker_processes 1;
pid $dir/pid;
error_log $dir/error.log crit;
worker_rlimit_nofile 19900;
events { worker_connections 19500; }
stream {
	map_hash_max_size 4096;
	map_hash_bucket_size 128;
	log_format plain '\$time_iso8601 \$remote_addr \$ssl_preread_server_name \$status \$bytes_sent \$bytes_received \$session_time';
	access_log $dir/access.log plain buffer=64k;
	map \$ssl_preread_server_name \$where {
		default "";
$map	}
	server {
		listen 127.0.0.1:$port backlog=4096;
		ssl_preread on;
		proxy_timeout 1h;
		proxy_pass \$where;
	}
	server {
		listen 127.0.0.1:$plain;
		proxy_timeout 1h;
		proxy_pass 127.0.0.1:$self->{origin};
	}
}
END
	return (via => 'none', plain_port => $plain, cmd => [ $program, '-p', $dir, '-c', "$dir/nginx.conf" ]);
}

sub _sniproxy {
	my ($self, $program, $dir, $port) = @_;
	my $table = join '', map { "\t$_ 127.0.0.1:$self->{origin}\n" } @{ $self->{names} };
	write_file("$dir/sniproxy.conf", <<"END");
user root
pidfile $dir/pid
error_log {
	filename $dir/error.log
}
listener 127.0.0.1:$port {
	proto tls
	table names
	access_log {
		filename $dir/access.log
	}
}
table names {
$table}
END
	return (via => 'none', cmd => [ $program, '-f', '-c', "$dir/sniproxy.conf" ]);
}

# Sekisho. Options: label, workers, million (names), ipv6, transparent. The policy has a rule for each tag of the
# whole catalog and one for each name, 1,000 together; or, with `million`, a group of that many names besides.
sub sekisho {
	my ($self, %o) = @_;
	my $name = $o{label} // 'sekisho';
	my $dir = $self->folder($name);
	mkdir "$dir/log";
	my $port = $self->port;
	my $direct = $o{transparent} ? $self->port : undef;
	my $workers = $o{workers} // 1;
	my $ipv6 = $o{ipv6} // 'off';
	my $cold = $o{million} ? million_rule($dir, $o{million}, $self->{origin}) : '';
	my $group = $o{million} ? "fqdn-group million { file $dir/million.list; }\n" : '';
	write_file("$dir/sekisho.conf", join '', <<"END", $group, $self->_catalog, $self->_rules($cold));
listen explicit 127.0.0.1:$port;
@{[ $direct ? "listen transparent 127.0.0.1:$direct;" : '' ]}
resolver        $self->{dns};
access-log      $dir/log/access.jsonl;
workers         $workers;
ipv6            $ipv6;
allow-address   127.0.0.0/8;
dns-ttl-floor   1h;
reload-quiet    100ms;
END
	return Bench::Subject->new(name => $name, dir => $dir, port => $port, sni_port => $direct, patience => 60,
		cpu => $o{cpu} // '0', cmd => [ $self->{sekisho}, 'serve', '-c', "$dir/sekisho.conf" ]);
}

# The catalog, with a value for every parameter that its entries use.
sub _catalog {
	my $self = shift;
	my (%param, @tags);
	for my $file (sort glob "$self->{srcdir}/policies/catalog/*.tag") {
		open my $f, '<', $file or die "$file: $!\n";
		for my $line (grep { !/^\s*#/ } <$f>) {
			$param{$1} = 1 while $line =~ /\$\{([a-z_]+)\}/g;
			push @tags, $1 if $line =~ /^tag\s+(\S+)/;
		}
	}
	$self->{tags} = \@tags;
	delete @param{qw(geo region)};
	return join '', "include $self->{srcdir}/policies/catalog/*.tag;\n", "param region japaneast;\n",
		map { "param $_ bench1;\n" } sort keys %param;
}

sub _rules {
	my ($self, $more) = @_;
	my @rules = map { "from any; to tag:$_;" } @{ $self->{tags} };
	my $room = 1000 - 3 - @rules;
	my @names = @{ $self->{names} }[0 .. $room - 1];
	push @rules, map { "from clients; to $_ https:$self->{origin};" } @names;
	push @rules, map { "from any; to *.$_:$self->{origin};" } 'tcp.example tcp', 'http.example http', 'cold.example https';
	push @rules, $more if $more;
	my $n = 0;
	return join "", "ip-group clients { 127.0.0.0/8; 198.51.100.0/24; }\n", "collection bench {\npriority 200;\naction allow;\n",
		(map { $n++; "rule r$n { $_ }\n" } @rules), "}\n";
}

# A million names in a list beside the policy: a thousand that the load asks for, and others below 25,402 suffixes.
sub million_rule {
	my ($dir, $n, $origin) = @_;
	open my $f, '>', "$dir/million.list" or die "$dir/million.list: $!\n";
	printf $f "m%07d.million.example\n", $_ for 0 .. 999;
	printf $f "m%07d.%s%d.million.example\n", $_, chr(97 + $_ % 26), $_ % 977 for 1000 .. $n - 1;
	close $f or die "$dir/million.list: $!\n";
	return "from any; to group:million https:$origin;";
}

# The names that `get` asks for are few: one for each connection.
sub http_names { map { sprintf 'n%07d', $_ } 0 .. 99 }

1;
