# An https rule binds the tunnel to the decided name: real handshakes by openssl, and ClientHellos made by
# hand, whole, cut, bent and forged.  What is refused gets an alert, and no octet of it reaches the origin.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Time::HiRes qw(time);

my $t = Sekisho::Test->new->needs(qw(openssl nginx curl));
my $host = $t->host;
my $bare = $t->address(9);
$t->dns('*.test' => $host);
my $certs = $t->certs('good.test', '*.good.test', 'any.test', 'absent.test', 'noech.test', $host);

# Counts what it gets until the end, in both ways that a test may want it.
my $counts = $t->origin(sub {
	my ($sock, $say) = @_;
	my $all = '';
	1 while sysread $sock, $all, 65536, length $all;
	$say->(length $all);
});
my $web = $t->nginx('ssl_protocols TLSv1.2 TLSv1.3; location / { return 200 "hello\n"; }', certs => $certs);
my $web2 = $t->nginx('location / { return 200 "by address\n"; }', certs => $certs, host => $bare, port => $web->port);
my ($p, $w) = ($counts->port, $web->port);
my $greets = $t->origin(sub { my $s = shift; Sekisho::Peers::write_all($s, "220 a server that speaks first\r\n"); sysread $s, my $x, 10; Sekisho::Peers::write_all($s, "got $x") });

my $rules = sub {
	my %o = @_;
	return policy('to good.test *.good.test https:1024-65535' . ($o{good} // ''), 'to any.test https:1024-65535' . ($o{any} // '; sni any'),
		'to absent.test https:1024-65535; sni absent-ok', 'to noech.test https:1024-65535; ech deny',
		"to $host $bare https:1024-65535", $o{plain} // 'to plain.test tcp:1024-65535');
};
my $main = sub { "hello-timeout 1500ms;\n" . $rules->(@_) };
my $px = $t->daemon($main->());

# ---- ClientHellos made by hand ---------------------------------------------------------------------

sub vector { my ($octets, $bytes) = @_; return substr(pack('N', length $bytes), 4 - $octets) . $bytes }
sub ext { my ($type, $bytes) = @_; return pack('n', $type) . vector(2, $bytes) }
sub sni { return ext(0, vector(2, join '', map { "\0" . vector(2, $_) } @_)) }
my $tls13 = ext(0x2b, vector(1, "\x03\x04\x03\x03"));
my $groups = ext(0x0a, vector(2, "\x00\x1d\x00\x18"));
my $algorithms = ext(0x0d, vector(2, "\x04\x03\x05\x03\x06\x03\x08\x04\x08\x05\x04\x01"));
sub share { my ($group, $n) = @_; return ext(0x33, vector(2, pack('n', $group) . vector(2, join '', map { chr(7 + $_ % 200) } 1 .. $n))) }
my $x25519 = share(0x1d, 32);
sub handshake { my ($type, $bytes) = @_; return chr($type) . vector(3, $bytes) }
sub hello {
	my ($extensions, %o) = @_;
	return handshake(1, ($o{version} // "\x03\x03") . 'r' x 32 . vector(1, $o{session} // 's' x 32)
		. vector(2, $o{suites} // "\x13\x01\x13\x02\xc0\x2f") . vector(1, "\0") . (defined $extensions ? vector(2, $extensions) : ''));
}
sub record { my ($type, $bytes) = @_; return chr($type) . "\x03\x01" . vector(2, $bytes) }
sub records { my ($bytes, $n) = @_; return join '', map { record(22, $_) } unpack "(a$n)*", $bytes }
sub good { return hello(sni('good.test') . $groups . $algorithms . $tls13 . $x25519 . ($_[0] // '')) }

# What the client gets: 'alert N' or the octets that came.
sub alert { my $c = shift; my $all = $c->read_all(8); return $all eq '' ? 'no alert' : $all =~ /^\x15\x03\x03\x00\x02\x02(.)$/s ? 'alert ' . ord $1 : 'other: ' . unpack 'H*', $all }
sub grease { return ext(0x0a0a, '') . sni('good.test') . ext(0x1a1a, 'x') . ext(0x2b, vector(1, "\x2a\x2a\x03\x04\x03\x03")) . ext(0x0a, vector(2, "\x3a\x3a\x11\xec\x00\x1d"))
	. ext(0x33, vector(2, "\x3a\x3a\0\1x" . "\x11\xec" . vector(2, 'q' x 1216) . "\x00\x1d" . vector(2, 'k' x 32))) . $algorithms . ext(0xfe0d, "\0" . 'g' x 200) }

my $whole = record(22, good());
my @passing = (
	[ 'one record', $whole ],
	[ 'one octet in each record', records(good(), 1) ],
	[ 'records of 7 octets', records(good(), 7) ],
	[ 'two records, cut inside the name', do { my $h = good(); my $at = index($h, 'good.test') + 4; record(22, substr $h, 0, $at) . record(22, substr $h, $at) } ],
	[ 'GREASE, a post-quantum share and ECH', record(22, hello(grease())) ],
	[ 'three big shares over two records', records(good(ext(0x1234, 'p' x 20000)), 16384) ],
	[ 'almost 64 KiB', records(good(ext(0xeeee, 'p' x 60000) . ext(0xefef, 'p' x 5000)), 16384) ],
	[ 'the name in upper case', record(22, hello(sni('GOOD.Test') . $tls13)) ],
	[ 'the name with a final dot', record(22, hello(sni('good.test.') . $tls13)) ],
	[ 'TLS 1.2 without supported_versions', record(22, hello(sni('good.test'))) ],
	[ 'a record version of 3.3', $whole =~ s/^\x16\x03\x01/\x16\x03\x03/r ],
	[ 'a change_cipher_spec behind the hello', "$whole\x14\x03\x03\0\1\1" ],
	[ 'early data behind the hello', $whole . record(23, 'e' x 100) ],
);
for my $case (@passing) {
	my ($what, $bytes) = @$case;
	my $c = $px->connect("good.test:$p");
	$c->send($bytes);
	$c->shut_write;
	my ($hello) = $bytes =~ /^(.*?)(?:\x14\x03\x03.*|\x17\x03\x01.*)?$/s;
	is($counts->line(5), length($what =~ /behind/ ? $hello : $bytes), "$what: passes, and nothing behind it before the server has answered");
	is($px->end_of($c)->{reason}, 'client_gone', '... and a client that goes meanwhile is not waited for');
	$c->close;
}

my $c = $px->connect("good.test:$p");
for my $octet (split //, $whole) {
	$c->send($octet);
}
$c->close;
is($counts->line, length $whole, 'one octet in each segment: all of them arrive');
is($counts->line(0.1), undef, '... and nothing else');

my $name256 = join '.', ('n' x 63) x 4, 'x';
my @refused = (
	# what, octets, alert, reason
	[ 'another name', record(22, hello(sni('evil.test') . $tls13)), 112, 'sni_mismatch' ],
	[ 'another name, octet by octet in records', records(hello(sni('evil.test') . $tls13), 1), 112, 'sni_mismatch' ],
	[ 'a name below', record(22, hello(sni('www.good.test') . $tls13)), 112, 'sni_mismatch' ],
	[ 'the name above', record(22, hello(sni('test') . $tls13)), 112, 'sni_mismatch' ],
	[ 'a name that begins alike', record(22, hello(sni('good.test.evil.test') . $tls13)), 112, 'sni_mismatch' ],
	[ 'a name that ends alike', record(22, hello(sni('evilgood.test') . $tls13)), 112, 'sni_mismatch' ],
	[ 'two final dots', record(22, hello(sni('good.test..') . $tls13)), 112, 'sni_mismatch' ],
	[ 'a star', record(22, hello(sni('*.test') . $tls13)), 112, 'sni_mismatch' ],
	[ 'no name', record(22, hello($tls13)), 112, 'sni_missing' ],
	[ 'no extensions', record(22, hello(undef)), 112, 'sni_missing' ],
	[ 'ECH with another outer name', record(22, hello(sni('cloudflare-ech.com') . $tls13 . ext(0xfe0d, "\0" . 'e' x 100))), 112, 'sni_mismatch' ],
	[ 'an IPv4 address', record(22, hello(sni('127.0.0.1') . $tls13)), 47, 'sni_address' ],
	[ 'an IPv6 address', record(22, hello(sni('2001:db8::1') . $tls13)), 47, 'sni_address' ],
	[ 'an IPv6 address in brackets', record(22, hello(sni('[::1]') . $tls13)), 47, 'sni_address' ],
	[ 'two names in one list', record(22, hello(sni('good.test', 'evil.test') . $tls13)), 50, 'sni_twice' ],
	[ 'the right name twice', record(22, hello(sni('good.test', 'good.test') . $tls13)), 50, 'sni_twice' ],
	[ 'two extensions', record(22, hello(sni('good.test') . $tls13 . sni('evil.test'))), 50, 'sni_twice' ],
	[ 'an empty list', record(22, hello(ext(0, vector(2, '')) . $tls13)), 50, 'bad_hello' ],
	[ 'an empty name', record(22, hello(sni('') . $tls13)), 50, 'bad_hello' ],
	[ 'a name of another type', record(22, hello(ext(0, vector(2, "\1" . vector(2, 'good.test'))) . $tls13)), 50, 'bad_hello' ],
	[ 'a name of 257 octets', record(22, hello(sni($name256) . $tls13)), 50, 'bad_hello' ],
	[ 'a NUL inside', record(22, hello(sni("good.test\0.evil.test") . $tls13)), 50, 'bad_hello' ],
	[ 'a NUL behind', record(22, hello(sni("good.test\0") . $tls13)), 50, 'bad_hello' ],
	[ 'UTF-8', record(22, hello(sni("g\xc3\xb6\xc3\xb6d.test") . $tls13)), 50, 'bad_hello' ],
	[ 'broken UTF-8', record(22, hello(sni("\xff\xfe.test") . $tls13)), 50, 'bad_hello' ],
	[ 'a space', record(22, hello(sni('good .test') . $tls13)), 50, 'bad_hello' ],
	[ 'a line break', record(22, hello(sni("good.test\r\n") . $tls13)), 50, 'bad_hello' ],
	[ 'an extension that is longer than the hello', record(22, hello(pack('nn', 0, 5000) . 'x')), 50, 'bad_hello' ],
	[ 'a hello that is shorter than it says', record(22, handshake(1, "\x03\x03" . 'r' x 32)), 50, 'bad_hello' ],
	[ 'octets behind the extensions', record(22, do { my $h = hello(sni('good.test')); handshake(1, substr($h, 4) . 'x') }), 50, 'bad_hello' ],
	[ 'a second message in the record', record(22, good() . good()), 50, 'bad_hello' ],
	[ 'a record of length 0', "\x16\x03\x01\0\0", 50, 'bad_hello' ],
	[ 'a record of more than 16 KiB', "\x16\x03\x01\x40\x01", 50, 'bad_hello' ],
	[ 'an alert between two records', do { my $h = good(); record(22, substr $h, 0, 50) . record(21, "\1\0") . record(22, substr $h, 50) }, 50, 'bad_hello' ],
	[ 'a ServerHello', record(22, handshake(2, "\x03\x03" . 'r' x 70)), 50, 'bad_hello' ],
	[ 'more than 64 KiB', records(good(ext(0xeeee, 'p' x 60000) . ext(0xefef, 'p' x 6000)), 16384), 49, 'hello_too_large' ],
	[ 'a hello of 16 MiB', record(22, "\1\xff\xff\xff" . 'x' x 1000), 49, 'hello_too_large' ],
	[ 'an SSLv2 hello', "\x80\x2e\x01\x00\x02\0\x15\0\0\0\x10" . 'x' x 40, undef, 'not_tls' ],
	[ 'HTTP', "GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n", undef, 'not_tls' ],
	[ 'SSH', "SSH-2.0-OpenSSH_9.2\r\n", undef, 'not_tls' ],
	[ 'HTTP/2 without TLS', "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", undef, 'not_tls' ],
	[ 'application data', record(23, 'x' x 100), undef, 'not_tls' ],
	[ 'an alert', record(21, "\2\x28"), undef, 'not_tls' ],
	[ 'a record of version 2', "\x16\x02\0\0\x10" . 'x' x 16, undef, 'not_tls' ],
	[ 'zeros', "\0" x 100, undef, 'not_tls' ],
	[ 'silence', '', 49, 'hello_timeout' ],
	[ 'half a hello and silence', substr($whole, 0, 60), 49, 'hello_timeout' ],
	[ 'one octet and silence', "\x16", 49, 'hello_timeout' ],
);
for my $case (@refused) {
	my ($what, $bytes, $alert, $reason) = @$case;
	my $c = $px->connect("good.test:$p");
	$c->send($bytes);
	my $got = alert($c);
	my $end = $px->end_of($c);
	is("$got $end->{reason} $end->{action} $end->{closed_by} $end->{bytes_up} " . ($counts->line // 'none'),
		($alert ? "alert $alert" : 'no alert') . " $reason deny proxy 0 0", "$what: $reason, and not one octet at the origin");
	$c->close;
}
for my $how (qw(close reset)) {
	my $c = $px->connect("good.test:$p");
	$c->send(substr $whole, 0, 100);
	select undef, undef, undef, 0.1;
	$c->$how;
	my $end = $px->end_of($c);
	is("$end->{reason} $end->{closed_by} " . $counts->line, ($how eq 'close' ? 'client_gone' : 'client_reset') . ' client 0', "a $how in the middle of the hello");
}
$c = $px->connect("good.test:$p", early => record(22, hello(sni('evil.test') . $tls13)));
is(alert($c) . ' ' . $px->end_of($c)->{reason} . ' ' . $counts->line, 'alert 112 sni_mismatch 0', 'a hello right behind the head is held, too');
my $forged = $px->wait_record(sub { ($_->{reason} // '') eq 'sni_twice' });
is($forged->{sni}, 'good.test', 'the record has the name of a refused hello');

# ---- real handshakes -----------------------------------------------------------------------------

# openssl s_client through the proxy: everything it says.
sub s_client {
	my ($target, @args) = @_;
	my $proxy = $px->addr;
	my $said = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 20 openssl s_client -proxy $proxy -connect $target -CAfile $certs/ca.crt -ign_eof @args 2>&1`;
	return $said;
}
my $last = sub { my ($sni) = @_; $px->wait_record(sub { $_->{event} eq 'end' && ($_->{sni} // '') eq $sni }) // {} };
my $said = s_client("good.test:$w", '-servername good.test -verify_return_error -alpn h2,http/1.1 -tls1_3');
like($said, qr/\nhello\n/, 'openssl: the right name passes');
my $end = $last->('good.test');
my ($real) = grep { ($_->{alpn} // '') eq 'h2,http/1.1' } $px->log_records;
is(join(' ', map { $real->{$_} // 'none' } qw(sni alpn tls_version ech proto)), 'good.test h2,http/1.1 TLS 1.3 0 https', '... and the record says what the hello said');
# nginx has closed by then, and s_client's close_notify may still come to it
like($real->{reason}, qr/^(?:completed|origin_reset)$/, '... and that it went well');
like(s_client("good.test:$w", '-servername good.test -tls1_2'), qr/\nhello\n/, 'openssl: TLS 1.2 passes');
like(s_client("www.good.test:$w", '-servername www.good.test'), qr/\nhello\n/, 'openssl: a name below a wildcard');
$said = s_client("good.test:$p", '-servername evil.test');
like($said, qr/unrecognized name/, 'openssl: another name gets unrecognized_name');
is($counts->line, 0, '... and no octet arrived');
$said = s_client("good.test:$p", '-noservername');
like($said, qr/unrecognized name/, 'openssl: no name gets unrecognized_name');
is($counts->line, 0, '... and no octet arrived');
$said = s_client("good.test:$p", "-servername $host");
like($said, qr/illegal parameter/, 'openssl: an address for a name');
is($counts->line, 0, '... and no octet arrived');
is($px->curl("https://good.test:$w/")->{body}, "hello\n", 'curl passes');
is($px->curl("https://good.test:$w/", '--connect-to', "good.test:$w:www.good.test:$w")->{exit}, 35, 'curl that fronts one name by another fails in its handshake');

# ---- HelloRetryRequest ---------------------------------------------------------------------------

my $hrr_port = $t->port;
my $server = Sekisho::Process->run(name => 's_server', stdout => $t->dir . '/s_server.out', stderr => $t->dir . '/s_server.err', cmd => [
	'openssl', 's_server', '-accept', "$host:$hrr_port", '-cert', "$certs/server.crt", '-key', "$certs/server.key", '-groups', 'P-384', '-tls1_3', '-www', '-msg' ]);
eventually { IO::Socket::INET->new(PeerAddr => "$host:$hrr_port", Timeout => 1) } or die 's_server did not start';
$said = s_client("good.test:$hrr_port", '-servername good.test -groups X25519:P-384 -msg');
is(scalar(() = $said =~ />>> TLS 1.3, Handshake \[length \w+\], ClientHello/g), 2, 'openssl: a HelloRetryRequest, and so a second hello');
like($said, qr/HTTP\/1\.0 200 ok/, '... passes and carries data');
my $before = () = Sekisho::Daemon::slurp($t->dir . '/s_server.out') =~ /ClientHello/g;
$c = $px->connect("good.test:$hrr_port");
$c->send($whole);
my $answer = $c->read(5, 5);
is(unpack('H2', $answer), '16', 'by hand: the first hello gets a HelloRetryRequest');
$c->read(unpack('x3n', $answer), 5);
$c->read(6, 1);         # change_cipher_spec
$c->send("\x14\x03\x03\0\1\1" . record(22, hello(sni('evil.test') . $tls13 . share(0x18, 97))));
is(alert($c), 'alert 112', '... and a second hello with another name an alert');
is($px->end_of($c)->{reason}, 'sni_mismatch', '... sni_mismatch');
my $after = () = Sekisho::Daemon::slurp($t->dir . '/s_server.out') =~ /ClientHello/g;
is($after - $before, 1, "... and the origin's own log shows the first hello only");
$server->stop;

my $hrr = handshake(2, "\x03\x03" . pack('H*', 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c') . vector(1, 's' x 32) . "\x13\x01\0"
	. vector(2, ext(0x2b, "\x03\x04") . ext(0x33, "\x00\x18")));
my %sends = (whole => record(22, $hrr), bits => records($hrr, 1), warned => record(21, "\1\x70") . record(22, $hrr));
my $second = record(22, hello(sni('good.test') . $tls13 . share(0x18, 97)));
my %fake = map { my $bytes = $sends{$_}; ($_ => $t->origin(sub {
	my ($sock, $say) = @_;
	sysread $sock, my $first, 65536;
	for my $piece ($bytes eq $sends{bits} ? unpack '(a6)*', $bytes : $bytes) {
		Sekisho::Peers::write_all($sock, $piece);
		select undef, undef, undef, 0.001 if $bytes eq $sends{bits};
	}
	my $all = '';
	1 while sysread $sock, $all, 65536, length $all;
	$say->(length($first) . ' ' . length $all);
})) } keys %sends;
my $ccs = "\x14\x03\x03\0\1\1";
for my $case (
	# what, how the origin asks for it, what the client sends then, alert, reason, octets at the origin
	[ 'a right one', 'whole', $second, undef, 'completed', length $second ],
	[ 'a right one behind change_cipher_spec', 'whole', $ccs . $second, undef, 'completed', length($ccs . $second) ],
	[ 'a right one behind early data', 'whole', record(23, 'e' x 50) . $ccs . $second, undef, 'completed', 55 + length($ccs . $second) ],
	[ 'a right one and more', 'whole', $second . record(23, 'x' x 50), undef, 'completed', 55 + length $second ],
	[ 'a right one in records of one octet', 'whole', records(substr($second, 5), 1), undef, 'completed', 6 * (length($second) - 5) ],
	[ 'a right one after a warning', 'warned', $second, undef, 'completed', length $second ],
	[ 'a right one after a request in many records', 'bits', $second, undef, 'completed', length $second ],
	[ 'another name', 'whole', record(22, hello(sni('evil.test') . $tls13)), 112, 'sni_mismatch', 0 ],
	[ 'another name in records of one octet', 'whole', $ccs . records(hello(sni('evil.test') . $tls13), 1), 112, 'sni_mismatch', 0 ],
	[ 'another name after a warning', 'warned', record(22, hello(sni('evil.test') . $tls13)), 112, 'sni_mismatch', 0 ],
	[ 'another name after a request in many records', 'bits', record(22, hello(sni('evil.test') . $tls13)), 112, 'sni_mismatch', 0 ],
	[ 'no name', 'whole', record(22, hello($tls13)), 112, 'sni_missing', 0 ],
	[ 'two names', 'whole', record(22, hello(sni('good.test', 'evil.test') . $tls13)), 50, 'sni_twice', 0 ],
	[ 'an alert', 'whole', record(21, "\2\x28"), 50, 'bad_hello', 0 ],
	[ 'HTTP', 'whole', "GET / HTTP/1.1\r\n\r\n", 50, 'bad_hello', 0 ],
	[ 'two change_cipher_specs', 'whole', $ccs . $ccs . $second, 50, 'bad_hello', 0 ],
	[ 'silence', 'whole', '', 49, 'hello_timeout', 0 ],
) {
	my ($what, $how, $bytes, $alert, $reason, $octets) = @$case;
	my $c = $px->connect("good.test:" . $fake{$how}->port);
	$c->send($whole);
	is($c->read(length $sends{$how}, 5), $sends{$how}, "a second hello, $what: it is asked for");
	$c->send($bytes);
	$c->shut_write if !$alert;
	my $got = alert($c);
	my $end = $px->end_of($c);
	is("$got $end->{reason} " . ($fake{$how}->line // 'none'), ($alert ? "alert $alert" : 'no alert') . " $reason " . length($whole) . " $octets", "... $reason");
	$c->close;
}
# The second hello lies there before it was asked for.
$c = $px->connect('good.test:' . $fake{whole}->port, early => $whole . $second);
is($c->read(length $sends{whole}, 5), $sends{whole}, 'both hellos at once');
$c->shut_write;
is($fake{whole}->line, length($whole) . ' ' . length $second, '... are checked and passed one after the other');
is($px->end_of($c)->{reason}, 'completed', '... completed');

# ---- the words of the policy ------------------------------------------------------------------------

for my $case (
	[ 'sni any: another name', "any.test:$w", '-servername other.test', 1 ],
	[ 'sni any: none', "any.test:$w", '-noservername', 1 ],
	[ 'sni any: an address', "any.test:$w", "-servername $host", 1 ],
	[ 'sni absent-ok: the name', "absent.test:$w", '-servername absent.test', 1 ],
	[ 'sni absent-ok: none', "absent.test:$w", '-noservername', 1 ],
	[ 'sni absent-ok: another name', "absent.test:$w", '-servername other.test', 0, 'sni_mismatch' ],
	[ 'an address: no SNI', "$host:$w", '-noservername', 1 ],
	[ 'an address: a name that is allowed itself', "$bare:$w", '-servername good.test', 1 ],
	[ 'an address: a name that is not', "$bare:$w", '-servername evil.test', 0, 'sni_mismatch' ],
	[ 'an address: a name that is allowed for tcp only', "$bare:$w", '-servername plain.test', 0, 'sni_mismatch' ],
	[ 'an address: an address', "$bare:$w", "-servername $bare", 0, 'sni_address' ],
) {
	my ($what, $target, $args, $passes, $reason) = @$case;
	my $n = () = $px->log_lines;
	my $said = s_client($target, $args);
	my $end = eventually { my @all = $px->log_records; @all > $n ? $all[-1] : undef };
	my $why = $end->{reason} eq 'origin_reset' ? 'completed' : $end->{reason};      # nginx may close over a close_notify that it has not read
	is(($said =~ /\n(?:hello|by address)\n/ ? 1 : 0) . " $why", "$passes " . ($reason // 'completed'), "$what: " . ($passes ? 'passes' : $reason));
}
my $ech = sub { record(22, hello(sni($_[0]) . $tls13 . $x25519 . ext(0xfe0d, "\0" . 'e' x 100))) };
$c = $px->connect("noech.test:$p");
$c->send($ech->('noech.test'));
is(alert($c) . ' ' . $px->end_of($c)->{reason} . ' ' . $counts->line, 'alert 49 ech_denied 0', 'ech deny: a hello with ECH is refused');
$c = $px->connect("noech.test:$p");
$c->send(record(22, hello(sni('noech.test') . $tls13)));
select undef, undef, undef, 0.1;
$c->close;
cmp_ok($counts->line, '>', 60, '... one without passes');
$c = $px->connect("good.test:$p");
$c->send($ech->('good.test'));
select undef, undef, undef, 0.1;
$c->close;
cmp_ok($counts->line, '>', 60, 'ECH with the right outer name passes by default');
is($px->end_of($c)->{ech} ? 'true' : 'false', 'true', '... and is recorded');

$c = $px->connect('plain.test:' . $greets->port);
is($c->read(32), "220 a server that speaks first\r\n", 'tcp: a server that speaks first');
$c->send('hello');
is($c->read_all, 'got hello', '... and the client in its turn, whatever it says');
is($px->end_of($c)->{tls_version}, undef, '... and nothing is looked at');
$c = $px->connect("plain.test:$p");
$c->send(record(22, hello(sni('evil.test') . $tls13)));
$c->shut_write;
$c->read_all;
cmp_ok($counts->line, '>', 60, 'tcp: a hello for any name is just octets');

# ---- a hostile origin in the middle of it --------------------------------------------------------------

my $flood = $t->origin(sub {
	my ($sock, $say) = @_;
	sysread $sock, my $first, 65536;
	Sekisho::Peers::write_all($sock, $sends{whole});
	Sekisho::Peers::flood($sock, $say);
}, rcvbuf => 65536);
$c = $px->connect('good.test:' . $flood->port, rcvbuf => 32768);
$c->send($whole);
like($flood->line(20) // '', qr/^(?:stalled|ended)/, 'an origin that floods while the second hello is awaited is held back');
my $ticks = $px->cpu_ticks;
select undef, undef, undef, 0.4;
cmp_ok($px->cpu_ticks - $ticks, '<', 15, '... without spinning');
is($px->end_of($c)->{reason}, 'hello_timeout', '... until the hello is overdue');
$c->close;

# ---- reload ------------------------------------------------------------------------------------------------

# A tunnel over an echo that begins like TLS: its first octets are the client's hello, which is no HelloRetryRequest.
my $echo = $t->echo;
my $tunnel = sub {
	my ($name, $sni) = @_;
	my $c = $px->connect("$name:" . $echo->port);
	my $bytes = $name eq 'plain.test' ? 'x' : record(22, hello((defined $sni ? sni($sni) : '') . $tls13));
	$c->send($bytes);
	$c->read(length $bytes);
	return $c;
};
my %open = (good => $tunnel->('good.test', 'good.test'), any => $tunnel->('any.test', 'any.test'), lax => $tunnel->('any.test', 'other.test'),
	none => $tunnel->('any.test', undef), plain => $tunnel->('plain.test'));
my $waiting = $px->connect('any.test:' . $echo->port);
is(join(' ', map { $open{$_}->echoes ? $_ : () } sort keys %open), 'any good lax none plain', 'five tunnels carry data');
my $conf = Sekisho::Daemon::slurp($px->path('sekisho.conf'));
my $preset = substr $conf, 0, index $conf, 'hello-timeout';
$px->reload(sub { $px->replace('sekisho.conf', $preset . "hello-timeout 20s;\n" . $rules->(any => '', plain => 'to plain.test https:1024-65535')) });
is(join(' ', map { "$_:" . ($px->end_of($open{$_})->{reason} // 'open') } qw(lax none plain)), 'lax:policy_revoked none:policy_revoked plain:policy_revoked',
	'a stricter binding closes what it would not have let in');
is(join(' ', map { $open{$_}->echoes ? $_ : () } qw(good any)), 'good any', '... and nothing else');
$waiting->send(record(22, hello(sni('other.test') . $tls13)));
is(alert($waiting), 'alert 112', '... and holds for a hello that comes now');
my $undecided = $px->connect('good.test:' . $echo->port);
$px->reload(sub { $px->replace('sekisho.conf', $preset . "hello-timeout 20s;\n" . policy('to any.test https:1024-65535')) });
is(alert($undecided) . ' ' . $px->end_of($undecided)->{reason}, 'alert 49 policy_revoked', 'a tunnel without its hello yet is told by an alert');
is($px->end_of($open{good})->{reason}, 'policy_revoked', 'a rule that goes takes its tunnels along');
ok($open{any}->echoes, '... and nobody else\'s');

$t->done;
