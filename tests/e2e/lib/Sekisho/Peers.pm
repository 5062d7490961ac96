# Sekisho::Peers -- what stands behind the proxy in a test: origins in Perl, nginx, dnsmasq.
#
# Each constructor starts one, waits until it accepts, and returns an object with addr(), port() and
# process().  Nothing here listens beyond loopback.
package Sekisho::Peers;

use strict;
use warnings;
use Digest::SHA;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::IP;
use Sekisho::Process;
use Socket qw(SOL_SOCKET SO_LINGER SO_RCVBUF);
use Time::HiRes qw(time sleep);

sub addr { "$_[0]{host}:$_[0]{port}" }
sub host { $_[0]{host} }
sub port { $_[0]{port} }
sub process { $_[0]{process} }
sub line { my $self = shift; $self->{process}->line(@_) }
sub kill_hard { $_[0]{process}->kill_hard }
sub stop { $_[0]{process}->stop }

sub _listen {
	my ($host, $port, %o) = @_;
	my $s = IO::Socket::IP->new(LocalAddr => $host, LocalPort => $port, Proto => 'tcp',
		ReuseAddr => 1, Listen => $o{backlog} // 512) or die "origin on $host:$port: $!\n";
	setsockopt $s, SOL_SOCKET, SO_RCVBUF, pack 'i', $o{rcvbuf} if $o{rcvbuf};
	return $s;
}

# ---- origins in Perl ---------------------------------------------------------------------------

# For each connection a child runs $code->($socket, $say); $say->("text") is read with line().
sub each {
	my ($class, $host, $port, $code, %o) = @_;
	my $listener = _listen($host, $port, %o);
	my $process = Sekisho::Process->perl("origin $port", sub {
		my $say = shift;
		$SIG{CHLD} = 'IGNORE';
		while (1) {
			my $c = $listener->accept or next;
			my $pid = fork // next;
			next if $pid;
			close $listener;
			binmode $c;
			eval { $code->($c, $say); 1 } or $say->("origin died: $@");
			POSIX::_exit(0);
		}
	}, $listener);
	return bless { host => $host, port => $port, process => $process }, $class;
}

# Sends back what comes, to any number of connections; after the client's FIN, what is left and a
# FIN of its own.
sub echo {
	my ($class, $host, $port) = @_;
	my $listener = _listen($host, $port);
	my $process = Sekisho::Process->perl("echo $port", sub { _echo_loop($listener) }, $listener);
	return bless { host => $host, port => $port, process => $process }, $class;
}

sub _echo_loop {
	my $listener = shift;
	my %peer;               # fileno => { sock, out, eof }
	while (1) {
		my ($r, $w) = (IO::Select->new($listener), IO::Select->new);
		for my $p (values %peer) {
			$r->add($p->{sock}) if !$p->{eof} && length $p->{out} < 262144;
			$w->add($p->{sock}) if length $p->{out};
		}
		my ($can_read, $can_write) = IO::Select->select($r, $w, undef);
		for my $sock (@{ $can_read // [] }) {
			if ($sock == $listener) {
				my $c = $listener->accept or next;
				$c->blocking(0);
				$peer{ fileno $c } = { sock => $c, out => '' };
				next;
			}
			my $p = $peer{ fileno $sock };
			my $n = sysread $sock, $p->{out}, 65536, length $p->{out};
			$p->{eof} = 1 if defined $n && !$n;
			$p->{dead} = 1 if !defined $n && !$!{EAGAIN};
		}
		for my $sock (@{ $can_write // [] }) {
			my $p = $peer{ fileno $sock };
			my $n = syswrite $sock, $p->{out};
			$p->{dead} = 1 if !defined $n && !$!{EAGAIN};
			substr $p->{out}, 0, $n, '' if $n;
		}
		delete $peer{$_} for grep {
			$peer{$_}{dead} || $peer{$_}{eof} && $peer{$_}{out} eq ''
		} keys %peer;
	}
}

# A port whose SYNs are dropped: a listener that never accepts, its queue filled up.
sub unresponsive {
	my ($class, $host, $port) = @_;
	my $listener = _listen($host, $port, backlog => 1);
	my @fill;
	for (1 .. 8) {
		my $s = IO::Socket::INET->new(Proto => 'tcp');
		$s->blocking(0);
		connect $s, Socket::pack_sockaddr_in($port, Socket::inet_aton($host));
		push @fill, $s;
	}
	sleep 0.05;
	return bless { host => $host, port => $port, keep => [ $listener, @fill ] }, $class;
}

# ---- handlers and data for each() ---------------------------------------------------------------

# $n octets that no two offsets share by chance, in pieces of 64 KiB to $each->(piece).
sub data {
	my ($seed, $n, $each) = @_;
	my $piece = join '', map { Digest::SHA::sha512("$seed $_") } 1 .. 1024;
	for (my $at = 0; $at < $n; $at += length $piece) {
		substr $piece, 0, 16, sprintf '%016d', $at;
		$each->($n - $at < length $piece ? substr $piece, 0, $n - $at : $piece) or return;
	}
}

sub data_digest {
	my ($seed, $n) = @_;
	my $sha = Digest::SHA->new(256);
	data($seed, $n, sub { $sha->add($_[0]) });
	return $sha->hexdigest;
}

sub write_all {
	my ($sock, $bytes) = @_;
	for (my $at = 0; $at < length $bytes;) {
		my $n = syswrite $sock, $bytes, length($bytes) - $at, $at;
		return 0 if !$n;
		$at += $n;
	}
	return 1;
}

# Reads all; says "OCTETS DIGEST", or "error TEXT".
sub sink {
	my ($sock, $say) = @_;
	my ($sha, $octets) = (Digest::SHA->new(256), 0);
	while (1) {
		my $n = sysread $sock, my $bytes, 65536;
		return $say->("error $!") if !defined $n;
		last if !$n;
		$octets += $n;
		$sha->add($bytes);
	}
	$say->("$octets " . $sha->hexdigest);
}

sub close_with_reset {
	my $sock = shift;
	setsockopt $sock, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
	close $sock;
}

# A handler that sends $n octets of data($seed), then a FIN, and waits for the other side's.
sub source {
	my ($seed, $n) = @_;
	return sub {
		my $sock = shift;
		data($seed, $n, sub { write_all($sock, $_[0]) });
		shutdown $sock, 1;
		1 while sysread $sock, my $rest, 65536;
	};
}

# A handler that sends without end; says "stalled OCTETS" when nothing goes out for a second, and
# "ended" when the connection breaks.
sub flood {
	my ($sock, $say) = @_;
	my ($octets, $said) = (0, 0);
	my $piece = 'x' x 65536;
	$sock->blocking(0);
	while (1) {
		if (!IO::Select->new($sock)->can_write(1)) {
			$say->("stalled $octets") if !$said++;
			next;
		}
		my $n = syswrite $sock, $piece;
		next if !defined $n && $!{EAGAIN};
		last if !$n;
		$octets += $n;
	}
	$say->('ended');
}

# ---- real servers ------------------------------------------------------------------------------

sub _await_port {
	my ($self, $log) = @_;
	my $end = time + 10;
	until (IO::Socket::IP->new(PeerAddr => $self->addr, Timeout => 1)) {
		if (time > $end || !$self->{process}->alive) {
			open my $f, '<', $log;
			die "$self->{process}{name} did not start: ", join('', $f ? <$f> : ()), "\n";
		}
		sleep 0.02;
	}
	return $self;
}

# nginx with one TLS server whose `server { }` block holds $inside; certificates from $certs.
sub nginx {
	my ($class, $host, $port, $dir, $inside, %o) = @_;
	mkdir $dir;
	my $tls = $o{certs} ? "ssl_certificate $o{certs}/server.crt; ssl_certificate_key $o{certs}/server.key;" : '';
	my $listen = "$host:$port" . ($o{certs} ? ' ssl' : '');
	my $user = $> == 0 ? 'user root;' : '';
	my $temp = join ' ', map { "${_}_temp_path $dir/$_;" } qw(client_body proxy fastcgi uwsgi scgi);
	open my $f, '>', "$dir/nginx.conf" or die "$dir: $!";
	print $f <<"CONF";
$user daemon off; worker_processes 1; pid $dir/nginx.pid; error_log $dir/error.log;
events { worker_connections 512; }
http { access_log off; $temp server { listen $listen; server_name _; root $dir; $tls $inside } }
CONF
	close $f;
	my $process = Sekisho::Process->run(name => 'nginx', stderr => "$dir/error.log",
		cmd => [ 'nginx', '-p', $dir, '-c', "$dir/nginx.conf", '-e', "$dir/error.log" ]);
	return (bless { host => $host, port => $port, process => $process }, $class)
		->_await_port("$dir/error.log");
}

# dnsmasq with the given --address=/NAME/IP and other options.
sub dnsmasq {
	my ($class, $host, $port, $log, @options) = @_;
	my $process = Sekisho::Process->run(name => 'dnsmasq', stderr => $log, cmd => [
		'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts',
		'--bind-interfaces', "--listen-address=$host", "--port=$port", '--pid-file=',
		'--log-facility=-', ($> == 0 ? '--user=root' : ()), @options ]);
	return (bless { host => $host, port => $port, process => $process }, $class)->_await_port($log);
}

1;
