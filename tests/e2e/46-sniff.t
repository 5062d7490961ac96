# What a transparent connection may say of itself, and how: hellos and heads in pieces, requests without a name,
# names that do not fit the connection, and protocols that only look like HTTP.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Net;
use Sekisho::Test;
use Time::HiRes qw(sleep time);

my $t = Sekisho::Test->new->needs(qw(nginx openssl));
my $net = Sekisho::Net->new;
my $web = '20.10.0.1';
my $certs = $t->certs('www.test');
$net->add_address("$web/32", '20.10.0.9/32');
$net->inside(internet => sub {
	$t->{dns} = $t->_keep(Sekisho::DNS->new('52.0.0.1', 53, map { $_ => $web } qw(www.test raw.test other.test)));
	$t->nginx('location / { return 200 "hello from $http_host\n"; }', host => $web, port => 80);
	$t->nginx('location / { return 200 "tls\n"; }', host => $web, port => 443, certs => $certs);
	$t->echo(host => $web, port => $_) for 8080, 5000;
	$t->echo(host => '20.10.0.9', port => 80);
});
my $px = $t->daemon(<<'CONF');
listen transparent 0.0.0.0:3130;
ipv6 off;
sniff-timeout 300ms;
hello-timeout 2s;
head-timeout 2s;
collection out {
    priority 200;
    action allow;
    rule web { from any; to www.test https:443 http:80,8080; }
    rule raw { from any; to raw.test tcp:8080; }
    rule low { from any; to 20.10.0.9 http:80; }
}
CONF
my $nft = $t->command('firewall', 'nft', '-c', $px->path('sekisho.conf'));
ok($net->load_ruleset($nft->{out}), 'the ruleset for "from any"') or diag $nft->{out}, $nft->{err};

# Sends the texts (a reference to a number is a pause) and reads to the end, or to the first silence.
my $used;              # the port that the last connection came from
sub say_to {
	my ($host, $port, @texts) = @_;
	return $net->inside(client => sub {
		my $s = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Timeout => 5) or return "no connection: $!";
		$used = $s->sockport;
		local $SIG{PIPE} = 'IGNORE';
		for (@texts) {
			ref $_ ? sleep $$_ : syswrite $s, $_;
		}
		my $got = '';
		while (IO::Select->new($s)->can_read(1)) {
			my $n = sysread $s, $got, 65536, length $got;
			return $got if defined $n && $n == 0;
			return "$got(reset)" if !defined $n;
		}
		return $got;
	});
}
sub status { $_[0] =~ m{^HTTP/1.1 (\d+)} ? $1 : $_[0] }
sub last_record {
	my $r = $px->wait_record(sub { ($_->{event} // '') eq 'end' && ($_->{client_port} // 0) == $used }, 3) // {};
	return join ' ', map { $r->{$_} // '-' } @_ ? @_ : qw(action reason);
}
my $get = sub { "GET / HTTP/1.1\r\nHost: $_[0]\r\nConnection: close\r\n" . ($_[1] // '') . "\r\n" };

# ---- HTTP ---------------------------------------------------------------------------------------------

like(say_to($web, 80, $get->('www.test')), qr/hello from www\.test\n$/, 'a request');
is(last_record(qw(action name_from rule request path)), 'allow host web 1 /', '... and its record');
like(say_to('20.10.0.77', 80, map { $_, \0.007 } split //, $get->('www.test')), qr/hello from www\.test\n$/,
	'octet by octet, beyond sniff-timeout, to an address where nobody is');
like(say_to($web, 80, "GET http://www.test/ HTTP/1.1\r\nHost: www.test\r\nConnection: close\r\n\r\n"), qr/hello from www\.test\n$/, 'the absolute form');
like(say_to($web, 80, $get->('WWW.test.:80')), qr/hello from www\.test\n$/, 'a Host with a port, a dot and capitals');
my %refused = (
	'another name' => [ $get->('other.test'), 403, 'no_rule' ],
	'the port of another connection' => [ $get->('www.test:8080'), 421, 'host_mismatch' ],
	'an address that is not the connection\'s' => [ $get->('20.10.0.2'), 421, 'host_mismatch' ],
	'an odd Host' => [ $get->('www.test/@x'), 400, 'bad_host' ],
	'an octal address' => [ $get->('020.10.0.1'), 400, 'bad_host' ],
	'CONNECT' => [ "CONNECT www.test:443 HTTP/1.1\r\nHost: www.test:443\r\n\r\n", 501, 'method_not_supported' ],
	'HTTP/2 without TLS' => [ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 'version_not_supported' ],
	'two Hosts' => [ $get->('www.test', "Host: other.test\r\n"), 400, 'bad_request' ],
	'no Host in HTTP/1.0' => [ "GET / HTTP/1.0\r\n\r\n", 403, 'no_learned_name' ],
	'WebSocket without upgrade on' => [ "GET / HTTP/1.1\r\nHost: www.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 403, 'upgrade_denied' ],
	'TRACE' => [ "TRACE / HTTP/1.1\r\nHost: www.test\r\n\r\n", 501, 'method_not_supported' ],
	'a target and a Host that differ' => [ "GET http://www.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n", 421, 'host_mismatch' ],
);
for my $what (sort keys %refused) {
	my ($text, $status, $reason) = @{ $refused{$what} };
	is(status(say_to($web, 80, $text)), $status, "refused: $what");
	is(last_record(), "deny $reason", "... as $reason");
}
is(status(say_to($web, 80, "GET / HTTP/1.1\r\nHost: www", \2.5)), 408, 'a head that does not end');
is(last_record(), 'deny head_timeout', '... in time');

# ---- tcp entries let HTTP pass unread ---------------------------------------------------------------------

my $odd = "BREW /pot HTTP/1.1\r\nHost: raw.test:8080\r\nUpgrade: coffee\r\nConnection: upgrade\r\n\r\nbinary \0\1";
is(say_to($web, 8080, $odd), $odd, 'a tcp entry for the Host: nothing is rewritten');
is(status(say_to($web, 8080, "BREW / HTTP/1.1\r\nHost: other.test:8080\r\n\r\n")), 403, '... and another Host is refused');

# ---- TLS ------------------------------------------------------------------------------------------------------

my $hello = do {        # a real one, as openssl sends it
	my $port = $t->port;
	my $listener = IO::Socket::INET->new(LocalAddr => $t->host, LocalPort => $port, Listen => 1, ReuseAddr => 1) or die "$!";
	my $p = Sekisho::Process->run(cmd => [ qw(openssl s_client -servername www.test -connect), $t->host . ":$port" ]);
	my $c = $listener->accept;
	sysread $c, my $bytes, 16384;
	$p->stop;
	$bytes;
};
my $is_server = qr/^\x16\x03[\x01-\x03]..\x02/s;
like(say_to($web, 443, $hello), $is_server, 'a hello is answered by the server');
like(say_to($web, 443, map { ($_, \0.005) } unpack('(a2)*', $hello)), $is_server, '... also in pieces, beyond sniff-timeout');
like(say_to($web, 443, substr($hello, 0, 100), \2.5), qr/^\x15\x03.\x00\x02\x02/s, 'one that does not end gets an alert');
is(last_record(), 'deny hello_timeout', '... and a record');
(my $bad_name = $hello) =~ s/www\.test/www test/;
like(say_to($web, 443, $bad_name), qr/^\x15\x03.\x00\x02\x02/s, 'a name that is none');
(my $other = $hello) =~ s/www\.test/oth.test/;
like(say_to($web, 443, $other), qr/^\x15\x03.\x00\x02\x02/s, 'a name without a rule');
like(say_to($web, 80, $hello), qr/^\x15\x03.\x00\x02\x02/s, 'TLS on a port that rules open for http only');

# ---- neither ----------------------------------------------------------------------------------------------------

for my $text ("SSH-2.0-OpenSSH_9.2\r\n", "\0\1\2", "EHLO me\r\n", '') {
	my $start = time;
	is(say_to($web, 5000, length $text ? $text : ()), '(reset)', 'neither TLS nor HTTP: ' . ($text =~ s/[^ -~]/./gr || 'silence'));
	cmp_ok(time - $start, '<', 1, '... is refused without a long wait');
}
$net->inside(client => sub { IO::Socket::IP->new(PeerHost => $web, PeerPort => 5001)->close for 1 .. 3 });
is(eventually { 3 == grep { ($_->{orig_port} // 0) == 5001 && $_->{reason} eq 'client_gone' } $px->log_records }, 1, 'who goes again at once has a record');

$t->done;
