# A listener with TLS does all that one without does: real curl and openssl s_client, CONNECT and plain HTTP, TLS in
# TLS, bulk with back-pressure, half-closes, refusals that can be read, deadlines and limits.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Sekisho::TLS;
use Sekisho::Web;

my $t = Sekisho::Test->new->needs(qw(curl nginx openssl python3));
my $mib = 1 << 20;
$t->dns('*.test' => $t->host);
my $certs = Sekisho::TLS::certs($t, [ 'proxy.test', 'a.test', 'web.test', $t->host ], kinds => 'server,server-rsa,client');
my $other = Sekisho::TLS::certs($t, [ '*.other.test', 'other.test' ], dir => 'other');
my $ca = "$certs/ca.crt";
my @trust = (ca => $ca, sni => 'proxy.test');

my $echo = $t->echo;
my $web = Sekisho::Web::origin($t);
my $nginx = $t->nginx('location / { return 200 "inside\n"; } location /big { client_max_body_size 0; client_body_buffer_size 64k;'
	. ' proxy_pass https://127.0.0.1:1; } location /up { client_max_body_size 0; return 200 "up\n"; }', certs => $certs);
my $nginx_dir = (glob "$t->{dir}/nginx*")[0];
my ($e, $w, $n, $port) = (map({ $_->port } $echo, $web, $nginx), $t->port);
my $sink = $t->origin(\&Sekisho::Peers::sink);
my $k = $sink->port;
my $allowed = policy("to a.test tcp:$e tcp:$k http:$w https:$n", "to web.test http:$w https:$n");
my $listen = "listen explicit ${\$t->host}:$port tls cert=$certs/server.crt key=$certs/server.key"
	. " cert=$certs/server-rsa.crt key=$certs/server-rsa.key cert=$other/server.crt key=$other/server.key;\n";
my $px = $t->daemon("${listen}log-probes on;\n$allowed", port => $port);
$px->{ca} = $ca;
my @curl = ('--proxy', "https://proxy.test:$port", '--proxy-cacert', $ca, '--resolve', "proxy.test:$port:${\$t->host}");

# ---- curl ------------------------------------------------------------------------------------

subtest 'curl' => sub {
	my $r = $px->curl("https://web.test:$n/", @curl);
	is("$r->{exit} $r->{connect} $r->{code} $r->{body}", "0 200 200 inside\n", 'TLS in TLS to an https origin');
	$r = $px->curl("http://web.test:$w/x", @curl);
	is("$r->{exit} $r->{code}", '0 200', 'plain HTTP is forwarded');
	unlike($r->{body}, qr/proxy-connection/i, '... without what is between client and proxy');
	$r = $px->curl("http://b.test:$w/", @curl);
	is($r->{code}, 403, 'a refusal of plain HTTP');
	like($r->{body}, qr/^reason: no_rule$/m, '... can be read');
	$r = $px->curl("https://b.test:$n/", @curl);
	is($r->{connect}, 403, 'a refused CONNECT');
	$r = $px->curl("https://web.test:$n/", @curl[ 0, 1, 4, 5 ]);
	is($r->{exit}, 60, 'without the CA curl does not trust us');
	my ($seen) = $px->wait_record(sub { $_->{event} eq 'end' && $_->{reason} eq 'tls_failed' });
	is($seen->{detail}, 'alert from the client: it does not know the CA of our certificate', '... and the log says whose alert');
	is(($px->wait_record(sub { ($_->{host} // '') eq 'b.test' && $_->{reason} eq 'no_rule' }) // {})->{client_tls}, 'TLS 1.3', 'client_tls in a refusal');
};

# ---- the handshake ---------------------------------------------------------------------------

sub shake {
	my ($re, @args) = @_;
	my $s = Sekisho::TLS::s_client($px->addr, '-CAfile', $ca, '-servername', 'proxy.test', @args);
	$s->wait_for($re // qr/Verify return code|alert|error:/);
	return $s;
}

subtest 'the handshake' => sub {
	for my $old ([ '-tls1_1' ], [ '-tls1' ]) {
		my $s = shake(qr/alert|error:/, @$old, '-cipher', 'ALL:@SECLEVEL=0');
		like($s->finish, qr/alert protocol version/, "@$old is refused by its alert");
	}
	for my $weak ('AES128-GCM-SHA256', 'ECDHE-RSA-AES128-SHA', 'DHE-RSA-AES128-GCM-SHA256') {
		like(shake(undef, '-tls1_2', '-cipher', $weak)->finish, qr/alert handshake failure/, "$weak is refused");
	}
	like(shake(undef, '-tls1_2', '-sigalgs', 'RSA+SHA256:RSA-PSS+SHA256')->finish, qr/Peer signature type: RSA/,
		'a client that knows RSA alone gets the RSA certificate');
	like(shake(undef)->finish, qr/Peer signature type: ECDSA/, '... all others ECDSA');
	like(shake(undef, '-ciphersuites', 'TLS_CHACHA20_POLY1305_SHA256')->finish, qr/Cipher is TLS_CHACHA20/, 'ChaCha for who has nothing else');
	like(shake(undef, '-alpn', 'h2,http/1.1')->finish, qr{ALPN protocol: http/1\.1}, 'ALPN');
	like(shake(undef, '-alpn', 'h2')->finish, qr/alert no application protocol/, '... h2 alone is refused');
	like(shake(undef)->finish, qr/No ALPN negotiated/, '... none is fine');
	my $s = Sekisho::TLS::s_client($px->addr, '-CAfile', "$other/ca.crt", '-servername', 'x.other.test', '-verify_hostname', 'x.other.test');
	$s->wait_for(qr/Verify return code/);
	like($s->finish, qr/Verify return code: 0 \(ok\)/, 'SNI chooses the certificate, here a wildcard');
	$s = Sekisho::TLS::s_client($px->addr, '-CAfile', $ca, '-noservername');
	$s->wait_for(qr/Verify return code/);
	like($s->finish, qr/Verify return code: 0 \(ok\)/, '... without SNI the first');
	like(shake(undef, '-servername', 'unknown.example')->finish, qr/Verify return code: 0 \(ok\)/, '... for a stranger the first, too');
	$s = shake(qr/Secure Renegotiation.*Verify return code/s, '-tls1_2');
	like($s->text, qr/Compression: NONE/, 'no compression');
	$s->send("R\n");
	ok($s->wait_for(qr/no renegotiation|ssl handshake failure|RENEGOTIATING.*error/s), 'no renegotiation');
	$s->finish;
};

subtest 'resumption' => sub {
	for my $v ('-tls1_2', '-tls1_3') {
		my $file = "$t->{dir}/session$v";
		my $first = shake(undef, $v, '-sess_out', $file);
		$first->wait_for(qr/Post-Handshake New Session Ticket/, 2) if $v eq '-tls1_3';
		$first->send("CONNECT b.test:1 HTTP/1.1\r\nHost: b.test:1\r\n\r\n");
		$first->wait_for(qr{HTTP/1\.1 403});
		like($first->finish, qr/^New, /m, "$v: new at first");
		my $again = shake(undef, $v, '-sess_in', $file);
		$again->send("CONNECT a.test:$e HTTP/1.1\r\nHost: a.test:$e\r\n\r\n");
		ok($again->wait_for(qr{HTTP/1\.1 200}), '... the resumed one works');
		like($again->finish, qr/^Reused, /m, '... by its ticket');
	}
};

# ---- octets ----------------------------------------------------------------------------------

subtest 'tunnels' => sub {
	for my $v ('1.2', '1.3') {
		my $c = Sekisho::TLS->connect($px, "a.test:$e", @trust, min => $v, max => $v, alpn => ['http/1.1']);
		is($c->status, 200, "CONNECT in TLS $v");
		ok($c->echoes, '... octets pass');
		my $text = 'a longer one ' x 3000;
		ok($c->echoes($text), '... and more of them');
		$c->send('last words');
		$c->shut_write;
		is($c->read_all, 'last words', '... a half-close: the answer still comes');
		is($c->fault, 'close_notify', '... and its end is one of TLS');
		my $end = $px->end_of($c);
		is("$end->{reason} $end->{client_tls} $end->{bytes_up}", 'completed TLS ' . $v . ' ' . $end->{bytes_down}, '... all in the log');
	}
	my $c = Sekisho::TLS->connect($px, "a.test:$e", @trust, early => 'early bird');
	is($c->read(10), 'early bird', 'octets behind the head');
	$c = Sekisho::TLS->connect($px, "a.test:$k", @trust, cut => 1);
	$c->send('first half');
	$c->shut_write;
	isnt($c->fate, 'open', 'an end without close_notify');
	like($sink->line, qr/^error /, '... is no end for the origin either, since it may have been made in between');
	my $end = $px->end_of($c);
	is("$end->{reason}, " . ($end->{detail} // ''), 'client_reset, the client closed without close_notify', '... and the log says so') or diag(explain($end));
	my $nested = Sekisho::TLS::run('nest', $px->addr, @trust, target => "web.test:$n");
	like($nested->{body} // '', qr/inside/, 'TLS in TLS by a client that just closes in the end');
	$end = $px->wait_record(sub { $_->{event} eq 'end' && ($_->{client_port} // 0) == ($nested->{port} // 0) }) // {};
	is("$end->{reason} $end->{closed_by}", 'completed client', '... as many do: where TLS runs inside, that is an end');
	$c = Sekisho::TLS->connect($px, "a.test:$e", @trust, linger => 1);
	ok($c->echoes, 'a client that will reset');
	$c->reset;
	is($px->end_of($c)->{reason}, 'client_reset', '... is logged so');
};

subtest 'bulk' => sub {
	my $size = ($t->sanitized ? 8 : 48) * $mib;
	for my $v ('1.2', '1.3') {
		my $c = Sekisho::TLS->connect($px, "a.test:$e", @trust, min => $v, max => $v);
		is($c->status, 200, "TLS $v: a tunnel");
		my ($octets, $sha) = $c->exchange("bulk $v", $size, 60 * $t->slow);
		is($octets, $size, '... all octets there and back');
		is($sha, Sekisho::Peers::data_digest("bulk $v", $size), '... and the right ones');
		my $end = $px->end_of($c);
		is("$end->{reason} $end->{bytes_up} $end->{bytes_down}", "completed $size $size", '... counted');
	}
	my $file = "$nginx_dir/big.bin";
	open my $f, '>', $file or die;
	Sekisho::Peers::data('file', $size, sub { print $f $_[0] });
	close $f;
	my $r = $px->curl("https://web.test:$n/up", @curl, '--data-binary', "\@$file");
	is("$r->{exit} $r->{code} $r->{body}", "0 200 up\n", 'an upload by curl, TLS in TLS');
	$r = $px->curl("http://web.test:$w/up", @curl, '--data-binary', '@' . do { open my $g, '>', "$t->{dir}/small"; print $g 'z' x $mib; close $g; "$t->{dir}/small" });
	is("$r->{exit} $r->{code}", '0 200', 'an upload by plain HTTP');
	like($r->{body}, qr/z{60000}/, '... came whole');
	unlink $file;
};

subtest 'back-pressure' => sub {
	my $flood = $t->origin(\&Sekisho::Peers::flood);
	my $f = $flood->port;
	my $port2 = $t->port;
	my $slow = $t->daemon(Sekisho::TLS::listen($t->host . ":$port2", $certs, 'server') . policy("to a.test tcp:$f tcp:$e"), port => $port2);
	Sekisho::TLS->connect($slow, "a.test:$e", @trust)->close;
	my $before = $slow->memory_kib;
	my @readers = map { Sekisho::TLS->connect($slow, "a.test:$f", @trust, rcvbuf => 65536) } 1 .. 6;
	for (@readers) {
		my $line = $flood->line(30) // 'nothing';
		like($line, qr/^stalled \d+/, 'an origin is held back by a client that does not read');
	}
	my $grown = $slow->memory_kib - $before;
	cmp_ok($grown, '<', $t->sanitized ? 65536 : 4096, "... in bounded memory (+$grown KiB for " . @readers . ')');
	my $c = $readers[0];
	cmp_ok(length $c->read(2 * $mib, 20), '==', 2 * $mib, '... and goes on when it reads');
	my $before_cpu = $slow->cpu_ticks;
	select undef, undef, undef, 1;
	cmp_ok($slow->cpu_ticks - $before_cpu, '<', 30, '... a stalled tunnel does not spin');
	$_->close for @readers;
};

# The client's octets lie read within TLS, the origin takes no more; then the origin speaks, and the client does not read.
subtest 'both ways stalled' => sub {
	my $deaf = $t->origin(sub { my ($s, $say) = @_; sysread $s, my $x, 1; sleep 4; Sekisho::Peers::flood($s, $say) });
	my ($d, $port2) = ($deaf->port, $t->port);
	my $px2 = $t->daemon(Sekisho::TLS::listen($t->host . ":$port2", $certs, 'server') . policy("to a.test tcp:$d"), port => $port2);
	my $c = Sekisho::TLS->connect($px2, "a.test:$d", @trust);
	$c->sock->blocking(0);
	my $piece = 'x' x 65536;
	syswrite $c->sock, $piece while IO::Select->new($c->sock)->can_write(1);
	like($deaf->line(30) // 'nothing', qr/^stalled \d+/, 'neither end reads');
	my $before = $px2->cpu_ticks;
	select undef, undef, undef, 2;
	cmp_ok($px2->cpu_ticks - $before, '<', 50, '... and the proxy waits without spinning');
	$c->close;
};

subtest 'plain HTTP inside' => sub {
	my $c = Sekisho::TLS->dial($px, @trust);
	my %conn;
	for my $i (1 .. 5) {
		my ($a) = Sekisho::Web::exchange($c, "GET http://web.test:$w/$i HTTP/1.1\r\nHost: web.test:$w\r\n\r\n", 'GET');
		is(($a // {})->{status}, 200, "request $i on one connection");
		$conn{ $a->{field}{'x-conn'} // '' }++;
	}
	is(scalar keys %conn, 1, '... and one connection to the origin');
	my @a = Sekisho::Web::exchange($c, join('', map { "GET http://web.test:$w/p$_ HTTP/1.1\r\nHost: web.test:$w\r\n\r\n" } 1 .. 3), qw(GET GET GET));
	is(join(' ', map { $_->{status} } @a), '200 200 200', 'three in one go');
	my ($a) = Sekisho::Web::exchange($c, "POST http://web.test:$w/c HTTP/1.1\r\nHost: web.test:$w\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 'POST');
	like(($a // {})->{body} // '', qr/hello/, 'a body in chunks');
	($a) = Sekisho::Web::exchange($c, "GET http://b.test:$w/ HTTP/1.1\r\nHost: b.test:$w\r\n\r\n", 'GET');
	is(($a // {})->{status}, 403, 'a refusal in between');
	eventually { $px->ends_of($c) >= 10 };
	my @ends = $px->ends_of($c);
	is(scalar(grep { $_->{client_tls} eq 'TLS 1.3' } @ends), 10, 'a record each, with client_tls');
};

# ---- what is no TLS ----------------------------------------------------------------------------

subtest 'no TLS' => sub {
	for my $bytes ("GET http://web.test:$w/ HTTP/1.1\r\nHost: web.test:$w\r\n\r\n", "CONNECT a.test:$e HTTP/1.1\r\nHost: a.test:$e\r\n\r\n") {
		my $c = $px->dial;
		$c->send($bytes);
		my $got = $c->read_all(5);
		unlike($got, qr/HTTP/, 'plain HTTP gets no answer in the clear');
		my $end = $px->end_of($c);
		is("$end->{reason}, " . ($end->{detail} // ''), 'tls_failed, plain HTTP on a TLS listener', '... and the log says what it was');
		is($end->{closed_by}, 'proxy', '... and who ended it');
	}
	my $c = $px->dial;
	$c->close;
	my $end = $px->end_of($c);
	is($end->{reason}, 'client_gone', 'a probe that says nothing');
};

# ---- limits and deadlines ----------------------------------------------------------------------

subtest 'limits' => sub {
	my $port2 = $t->port;
	my $tight = $t->daemon(Sekisho::TLS::listen($t->host . ":$port2", $certs, 'server')
		. "max-sessions 6;\nmax-sessions-per-source 4;\ntls-timeout 1s;\nhead-timeout 1s;\nlog-probes on;\n"
		. policy("to a.test tcp:$e"), port => $port2);
	my @open = map { Sekisho::TLS->connect($tight, "a.test:$e", @trust) } 1 .. 4;
	is(join(' ', map { $_->status } @open), '200 200 200 200', 'up to the limit of a source');
	my $c = $tight->dial;
	$c->send("\x16\x03\x01");
	is($c->read_all(5), '', 'one more is turned away without a word in the clear');
	ok($c->at_end, '... at once');
	is($tight->end_of($c)->{reason}, 'too_many_from_source', '... with the reason in the log');
	my @more = map { Sekisho::TLS->connect($tight, "a.test:$e", @trust, from => $t->address($_)) } 2, 3;
	is(join(' ', map { $_->status } @more), '200 200', 'others have room');
	$c = $tight->dial(from => $t->address(4));
	$c->fate(5);
	is($tight->end_of($c)->{reason}, 'too_many_sessions', '... until all is full');
	$_->close for @open, @more;

	$c = $tight->dial;
	$c->send("\x16\x03\x01\x02\x00\x01");
	is($c->fate(5), 'eof', 'half a ClientHello');
	is($tight->end_of($c)->{reason}, 'tls_timeout', '... ends by tls-timeout');
	$c = $tight->dial;
	is($c->fate(5), 'eof', 'nothing at all');
	is($tight->end_of($c)->{reason}, 'client_gone', '... is a probe');
	$c = Sekisho::TLS->dial($tight, @trust);
	$c->send("CONNECT a.test:$e HT");
	$c->read_response;
	is($c->status, 408, 'half a head: 408 by head-timeout, inside TLS');
	is($c->fault, 'close_notify', '... ended as TLS ends');
	my $end = $tight->end_of($c);
	is("$end->{reason} $end->{client_tls}", 'head_timeout TLS 1.3', '... in the log');
	$c = Sekisho::TLS->dial($tight, @trust);
	is($c->fate(5), 'eof', 'a handshake and then nothing');
	is($tight->end_of($c)->{reason}, 'client_gone', '... is a probe as well');
	$port2 = $t->port;
	my $idle = $t->daemon(Sekisho::TLS::listen($t->host . ":$port2", $certs, 'server') . "idle-timeout 1s;\n" . policy("to a.test tcp:$e"), port => $port2);
	$c = Sekisho::TLS->connect($idle, "a.test:$e", @trust);
	ok($c->echoes, 'a tunnel that falls silent');
	isnt($c->fate(5), 'open', '... is ended');
	isnt($c->fault, 'close_notify', '... and not as if it were whole');
	is($idle->end_of($c)->{reason}, 'idle_timeout', '... by idle-timeout');
};

# ---- the PROXY protocol ------------------------------------------------------------------------

subtest 'behind a balancer' => sub {
	my $port2 = $t->port;
	my $listen2 = Sekisho::TLS::listen($t->host . ":$port2", $certs, 'server') =~ s{;$}{ proxy-protocol 127.0.0.1/32;}mr;
	my $px2 = $t->daemon($listen2 . "tls-timeout 1s;\n" . policy("to a.test tcp:$e http:$w"), port => $port2);
	my $c = Sekisho::TLS->connect($px2, "a.test:$e", @trust, before => "PROXY TCP4 192.0.2.7 192.0.2.9 40000 3129\r\n");
	is($c->status, 200, 'the PROXY header stands before TLS');
	ok($c->echoes, '... and octets pass');
	$c->shut_write;
	$c->fate;
	my $end = $px2->wait_record(sub { $_->{event} eq 'end' && ($_->{client_port} // 0) == 40000 });
	is("$end->{client_ip} $end->{client_tls}", '192.0.2.7 TLS 1.3', '... with the client it names') or diag(explain($end));
	$c = $px2->dial;
	$c->send("PROXY TCP4 192.0.2.7 192.0.2.9 40001 3129\r\n");
	is($c->fate(6), 'eof', 'a header and no handshake');
	$c = Sekisho::TLS->connect($px2, "a.test:$e", @trust);
	ok(!$c->status, 'TLS without the header is refused');
	$c = Sekisho::TLS->connect($px2, "a.test:$e", @trust, from => $t->address(2));
	is($c->status, 200, '... but those who are no balancer need none');
};

$t->done;
