# Real clients, told about the proxy as their users do it: curl, wget, git, apt, Python and Chromium, over
# https inside a bound tunnel and over plain HTTP.  Each is skipped alone when it is missing.
use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA;
use Sekisho::Test;

my $t = Sekisho::Test->new->needs(qw(curl nginx openssl));
my $host = $t->host;
my $dir = $t->dir;
$t->dns('*.test' => $host);
my $certs = $t->certs(map { "$_.test" } qw(curl curl2 many wget git apt python page));
my ($run, $fcgi) = ("$dir/www", "$dir/fcgi.sock");
mkdir $run;
sub has { my $tool = shift; (grep { -x "$_/$tool" } split /:/, $ENV{PATH}) ? 1 : 0 }
my ($backend) = grep { -x } qw(/usr/lib/git-core/git-http-backend /usr/libexec/git-core/git-http-backend);
my $fcgiwrap = has('fcgiwrap') && $backend && Sekisho::Process->run(name => 'fcgiwrap', stderr => "$dir/fcgiwrap.log", cmd => [ 'fcgiwrap', '-s', "unix:$fcgi" ]);
my $smart = $fcgiwrap ? "location ~ ^/smart(/.*) { fastcgi_pass unix:$fcgi; fastcgi_param SCRIPT_FILENAME $backend; fastcgi_param GIT_HTTP_EXPORT_ALL 1; "
	. "fastcgi_param GIT_PROJECT_ROOT $run; fastcgi_param PATH_INFO \$1; fastcgi_param QUERY_STRING \$query_string; fastcgi_param REQUEST_METHOD \$request_method; "
	. "fastcgi_param CONTENT_TYPE \$content_type; fastcgi_param CONTENT_LENGTH \$content_length; fastcgi_param REMOTE_USER tester; fastcgi_param HTTP_CONTENT_ENCODING \$http_content_encoding; }" : '';
my $inside = "location / { root $run; } location = /protocol { return 200 \"\$server_protocol\\n\"; } client_max_body_size 100m; $smart";
my $plain = $t->nginx($inside);
my $tls = $t->nginx($inside =~ s/^/ssl_protocols TLSv1.2 TLSv1.3; /r, certs => $certs);
# HTTP/2 is a word of `listen` in Debian 12's nginx, which the harness writes; a second server with it stands beside.
my $h2_port = $t->port;
my $h2_dir = "$dir/h2";
mkdir $h2_dir;
open my $f, '>', "$h2_dir/nginx.conf";
print $f ($> == 0 ? 'user root; ' : ''), "daemon off; worker_processes 1; pid $h2_dir/pid; error_log $h2_dir/log; events { } http { access_log off; server { listen $host:$h2_port ssl http2; "
	. "ssl_certificate $certs/server.crt; ssl_certificate_key $certs/server.key; ssl_protocols TLSv1.2 TLSv1.3; $inside } }";
close $f;
my $h2 = Sekisho::Process->run(name => 'nginx h2', stderr => "$h2_dir/log", cmd => [ 'nginx', '-p', $h2_dir, '-c', "$h2_dir/nginx.conf", '-e', "$h2_dir/log" ]);
eventually { IO::Socket::INET->new(PeerAddr => "$host:$h2_port", Timeout => 1) } or die "nginx with HTTP/2 did not start: " . Sekisho::Daemon::slurp("$h2_dir/log");

my ($p, $s) = ($plain->port, $tls->port);
my $px = $t->daemon(policy("to *.test https:$s,$h2_port http:$p"));
my $proxy = 'http://' . $px->addr;
my %env = (http_proxy => $proxy, https_proxy => $proxy, HTTPS_PROXY => $proxy, no_proxy => '', HOME => $dir, GIT_SSL_CAINFO => "$certs/ca.crt", GIT_TERMINAL_PROMPT => 0,
	SSL_CERT_FILE => "$certs/ca.crt", LC_ALL => 'C', GIT_CONFIG_NOSYSTEM => 1);
delete @ENV{qw(HTTP_PROXY ALL_PROXY all_proxy NO_PROXY)};

# Runs a command with the proxy in its environment: its exit status; what it said is in $said.
my $said;
sub client {
	my @cmd = @_;
	local @ENV{keys %env} = values %env;
	my $pid = open(my $out, '-|') // die "fork: $!";
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		open STDIN, '<', '/dev/null';
		exec 'timeout', 60 * $t->slow, @cmd or POSIX::_exit(127);
	}
	local $/;
	$said = <$out>;
	close $out;
	return $? >> 8;
}
sub sha { my $sha = Digest::SHA->new(256); -f $_[0] or return "no $_[0]"; $sha->addfile($_[0], 'b'); return $sha->hexdigest }
sub records { my ($name, @fields) = @_; my @all = grep { $_->{event} eq 'end' && ($_->{host} // '') eq $name } $px->log_records; return join ' ', sort keys %{ { map { my $r = $_; join('/', map { $r->{$_} // '-' } @fields) => 1 } @all } } }

open $f, '>', "$run/data";
Sekisho::Peers::data('data', 3 << 20, sub { print $f $_[0] });
close $f;
my $sha = sha("$run/data");

# ---- curl ------------------------------------------------------------------------------------------------

for my $case (
	[ 'HTTP/1.1 inside the tunnel', "https://curl.test:$s/data", '--http1.1', '1.1' ],
	[ 'HTTP/2 inside the tunnel', "https://curl2.test:$h2_port/data", '--http2', '2' ],
	[ 'plain HTTP', "http://curl.test:$p/data", '--http1.1', '1.1' ],
) {
	my ($what, $url, $arg, $version) = @$case;
	my $status = client('curl', '-sS', $arg, '--cacert', "$certs/ca.crt", '-o', "$dir/got", '-w', '%{http_code} %{http_version}', $url);
	is("$status $said " . sha("$dir/got"), "0 200 $version $sha", "curl: $what");
}
like(records('curl2.test', qw(proto alpn tls_version sni)), qr{^https/h2,http/1.1/TLS 1.3/curl2.test$}, '... and the record shows what it offered');
is(client('curl', '-sS', '--cacert', "$certs/ca.crt", '--parallel', map { ('-o', "$dir/got$_", "https://many.test:$h2_port/data") } 1 .. 8), 0, 'curl: eight streams at once');
is(join(' ', map { sha("$dir/got$_") eq $sha ? 'ok' : 'bad' } 1 .. 8), join(' ', ('ok') x 8), '... each right');
isnt(client('curl', '-sS', '--cacert', "$certs/ca.crt", "https://denied.example:$s/"), 0, 'curl: a name that is not allowed');
like($said, qr/403/, '... says 403');

# ---- wget ------------------------------------------------------------------------------------------------

SKIP: {
	skip 'needs wget', 2 if !has('wget');
	is(client('wget', '-q', "--ca-certificate=$certs/ca.crt", '-O', "$dir/got", "https://wget.test:$s/data") . ' ' . sha("$dir/got"), "0 $sha", 'wget: https');
	is(client('wget', '-q', '-O', "$dir/got", "http://wget.test:$p/data") . ' ' . sha("$dir/got"), "0 $sha", 'wget: http');
}

# ---- git --------------------------------------------------------------------------------------------------

SKIP: {
	skip 'needs git', 8 if !has('git');
	my @git = ('git', '-c', 'user.name=t', '-c', 'user.email=t@a.test', '-c', 'init.defaultBranch=main', '-c', 'safe.directory=*');
	client(@git, 'init', '-q', "$dir/work");
	system('cp', "$run/data", "$dir/work/data");
	client(@git, '-C', "$dir/work", 'add', 'data');
	client(@git, '-C', "$dir/work", 'commit', '-q', '-m', 'one');
	is(client(@git, 'clone', '-q', '--bare', "$dir/work", "$run/repo.git"), 0, 'git: a repository') or diag $said;
	client(@git, '-C', "$run/repo.git", 'update-server-info');
	for my $case ([ 'https', "https://git.test:$s/repo.git" ], [ 'http', "http://git.test:$p/repo.git" ]) {
		my ($what, $url) = @$case;
		is(client(@git, 'clone', '-q', $url, "$dir/clone-$what") . ' ' . sha("$dir/clone-$what/data"), "0 $sha", "git: clone over $what, file by file") or diag $said;
	}
	skip 'needs fcgiwrap and git-http-backend', 5 if !$smart;
	open my $config, '>>', "$run/repo.git/config";
	print $config "[http]\n\treceivepack = true\n";
	close $config;
	for my $case ([ 'https', "https://git.test:$s/smart/repo.git" ], [ 'http', "http://git.test:$p/smart/repo.git" ]) {
		my ($what, $url) = @$case;
		is(client(@git, 'clone', '-q', $url, "$dir/smart-$what") . ' ' . sha("$dir/smart-$what/data"), "0 $sha", "git: clone over $what") or diag $said;
		open my $new, '>', "$dir/smart-$what/new-$what";
		Sekisho::Peers::data("git $what", 2 << 20, sub { print $new $_[0] });
		close $new;
		client(@git, '-C', "$dir/smart-$what", 'pull', '-q');
		client(@git, '-C', "$dir/smart-$what", 'add', '.');
		client(@git, '-C', "$dir/smart-$what", 'commit', '-q', '-m', $what);
		is(client(@git, '-C', "$dir/smart-$what", 'push', '-q'), 0, "git: push over $what") or diag $said;
	}
	is(client(@git, '-C', "$run/repo.git", 'log', '--format=%s') . " $said", "0 http\nhttps\none\n", 'git: both pushes have arrived');
}

# ---- apt --------------------------------------------------------------------------------------------------

SKIP: {
	skip 'needs apt-get and dpkg-deb', 4 if !has('apt-get') || !has('dpkg-deb');
	mkdir $_ for "$dir/deb", "$dir/deb/DEBIAN", "$dir/deb/usr", "$run/debian";
	open $f, '>', "$dir/deb/DEBIAN/control";
	print $f "Package: sekisho-probe\nVersion: 1\nArchitecture: all\nMaintainer: T <t\@a.test>\nDescription: a package for a test\n";
	close $f;
	system('cp', "$run/data", "$dir/deb/usr/sekisho-probe-data");
	client('dpkg-deb', '--root-owner-group', '-b', "$dir/deb", "$run/debian/sekisho-probe_1_all.deb");
	open $f, '>', "$run/debian/Packages";
	print $f Sekisho::Daemon::slurp("$dir/deb/DEBIAN/control"), "Filename: ./sekisho-probe_1_all.deb\nSize: ", -s "$run/debian/sekisho-probe_1_all.deb", "\nSHA256: ", sha("$run/debian/sekisho-probe_1_all.deb"), "\n";
	close $f;
	for my $case ([ 'https', "https://apt.test:$s/debian" ], [ 'http', "http://apt.test:$p/debian" ]) {
		my ($what, $url) = @$case;
		my $at = "$dir/apt-$what";
		mkdir $_ for $at, map { "$at/$_" } qw(state state/lists state/lists/partial cache cache/archives cache/archives/partial etc etc/parts down);
		open $f, '>', "$at/etc/sources.list";
		print $f "deb [trusted=yes] $url ./\n";
		close $f;
		open $f, '>', "$at/state/status";
		close $f;
		my @apt = ('apt-get', '-q', map { ('-o', $_) } "Dir::State=$at/state", "Dir::State::status=$at/state/status", "Dir::Cache=$at/cache", "Dir::Etc::sourcelist=$at/etc/sources.list", "Dir::Etc::sourceparts=$at/etc/parts",
			"Dir::Etc::Parts=$at/etc/parts", 'APT::Sandbox::User=root', "Acquire::http::Proxy=$proxy", "Acquire::https::Proxy=$proxy", "Acquire::https::CAInfo=$certs/ca.crt", 'Acquire::Retries=0', 'Acquire::Languages=none');
		is(client(@apt, 'update'), 0, "apt: update over $what") or diag $said;
		is(client('sh', '-c', "cd $at/down && exec \"\$@\"", 'sh', @apt, 'download', 'sekisho-probe') . ' ' . sha("$at/down/sekisho-probe_1_all.deb"), '0 ' . sha("$run/debian/sekisho-probe_1_all.deb"), "apt: a package over $what") or diag $said;
	}
}

# ---- Python -------------------------------------------------------------------------------------------------

SKIP: {
	skip 'needs python3', 4 if !has('python3');
	open $f, '>', "$dir/get.py";
	print $f <<'PYTHON';
import hashlib, sys, urllib.request, urllib.error
try:
    with urllib.request.urlopen(sys.argv[1], timeout=20) as r:
        print(r.status, hashlib.sha256(r.read()).hexdigest(), end='')
except urllib.error.HTTPError as e:
    print(e.code, end='')
except OSError as e:
    print(e, end='')
PYTHON
	close $f;
	is(client('python3', "$dir/get.py", "https://python.test:$s/data") . " $said", "0 200 $sha", 'Python: urllib over https');
	is(client('python3', "$dir/get.py", "http://python.test:$p/data") . " $said", "0 200 $sha", 'Python: urllib over http');
	is(client('python3', "$dir/get.py", "http://denied.example:$p/data") . " $said", '0 403', 'Python: a denial over http');
	is(client('python3', "$dir/get.py", "https://denied.example:$s/data") =~ /^0/ && $said =~ /403 Forbidden/, 1, 'Python: a denial over https');
}

# ---- Chromium -------------------------------------------------------------------------------------------------

SKIP: {
	my ($browser) = grep { has($_) } qw(chromium chromium-browser google-chrome);
	skip 'needs chromium', 5 if !$browser;
	open $f, '>', "$run/page.html";
	print $f "<!DOCTYPE html><title>t</title><script src=\"script.js\"></script><p id=p>waits</p><script>fetch('/data').then(r => r.arrayBuffer()).then(b => { p.textContent = 'got ' + b.byteLength + ' ' + loaded })</script>\n";
	close $f;
	open $f, '>', "$run/script.js";
	print $f "var loaded = 'script';\n";
	close $f;
	my @chromium = ($browser, '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--no-first-run', '--ignore-certificate-errors',
		"--user-data-dir=$dir/chromium", "--proxy-server=$proxy", '--virtual-time-budget=10000', '--timeout=30000', '--dump-dom');
	client(@chromium, "https://page.test:$h2_port/page.html");
	like($said, qr/got 3145728 script/, 'Chromium: a page over https') or diag $said;
	like(records('page.test', qw(sni alpn tls_version)), qr{^page.test/h2,http/1.1/TLS 1.3}, '... offering HTTP/2 and TLS 1.3');
	ok((grep { ($_->{host} // '') eq 'page.test' && $_->{ech} } $px->log_records), '... and an ECH extension, which does no harm');
	client(@chromium, "http://page.test:$p/page.html");
	like($said, qr/got 3145728 script/, 'Chromium: a page over http') or diag $said;
	client(@chromium, "http://denied.example:$p/page.html");
	like($said, qr/<code>no_rule<\/code>/, 'Chromium: a denial is a page that can be read') or diag $said;
}

is(join(' ', sort keys %{ { map { ("$_->{host} $_->{reason}" => 1) } grep { ($_->{host} // '') =~ /\.test$/ && $_->{reason} !~ /^(?:completed|origin_reset|client_reset|client_gone)$/ } $px->log_records } }), '', 'nothing else went wrong on the way');
$fcgiwrap->stop if $fcgiwrap;
$h2->stop;
$t->done;
