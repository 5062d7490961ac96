# What a client is told when it is refused: status, Proxy-Status, session id, body and a closed
# connection; and a record with the same words.
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Sekisho::Test;

my $t = Sekisho::Test->new->needs('curl');
my $echo = $t->echo;
my $p = $echo->port;
my $host = $t->host;
my $dns = $t->dns('a.test' => $host, 'imds.test' => '169.254.169.254', 'mixed.test' => [ '10.1.2.3', $host ]);
my $px = $t->daemon("head-size 4k;\nhead-fields 20;\nhead-timeout 700ms;\n"
	. policy("to a.test imds.test tcp:any", "to 169.254.169.254 168.63.129.16 tcp:80", "to 192.168.0.0/16 tcp:80"),
	allow_stderr => [ qr/this can never connect/ ]);

# ---- the form of a refusal ---------------------------------------------------------------------

my $c = $px->connect("b.test:$p");
is($c->status, 403, 'a denied name gets 403');
like($c->header('Proxy-Status'), qr/^[\w.-]+; *error=http_request_denied\b/, '... with a Proxy-Status of RFC 9209');
is($c->header('Proxy-Authenticate'), undef, '... and nothing that asks for credentials');
is($c->header('Connection'), 'close', '... and says that it closes');
is($c->fate, 'eof', '... and does, in order');
my $record = $px->end_of($c);
like($c->body, qr/\Q$record->{session}\E/, 'the body quotes the session id of the record');
like($c->body, qr/no_rule/, '... and the reason');
unlike($c->body, qr/a\.test|collection|sekisho\.conf/, '... and nothing about rules or files');

my $json = $px->connect("b.test:$p", fields => ['Accept: application/problem+json']);
is($json->header('Content-Type'), 'application/problem+json', 'problem+json for whom accepts it');
my $body = decode_json($json->body);
is("$body->{status} $body->{reason}", '403 no_rule', '... is JSON and says the same');
is($body->{session}, $px->end_of($json)->{session}, '... with the session');

my $curl = $px->curl("https://b.test:$p/");
is("$curl->{connect} $curl->{exit}", '403 56', 'curl understands it');

# ---- every refusal of a request head -----------------------------------------------------------

my $long = 'x' x 5000;
my $label64 = 'l' x 64;
my $name254 = join '.', ('n' x 49) x 5, 'test';
my $many = join '', map { "X-$_: y\r\n" } 1 .. 30;
my @heads = (
	# what, bytes, status, reason
	[ 'GET in absolute form', "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n", 403, 'no_rule' ],
	[ 'GET in origin form', "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", 400, 'bad_request' ],
	[ 'POST', "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n", 403, 'no_rule' ],
	[ 'HTTP/2.0', "CONNECT a.test:$p HTTP/2.0\r\nHost: a.test\r\n\r\n", 505, 'version_not_supported' ],
	[ 'no Host in HTTP/1.1', "CONNECT a.test:$p HTTP/1.1\r\n\r\n", 400, 'bad_request' ],
	[ 'two Hosts', "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\nHost: a.test:$p\r\n\r\n", 400, 'bad_request' ],
	[ 'another Host', "CONNECT a.test:$p HTTP/1.1\r\nHost: b.test:$p\r\n\r\n", 421, 'host_mismatch' ],
	[ 'no version', "CONNECT a.test:$p\r\nHost: a.test\r\n\r\n", 400, 'bad_request' ],
	[ 'rubbish', "\x01\x02\x03\x04 rubbish\r\n\r\n", 400, 'bad_request' ],
	[ 'a bare LF', "CONNECT a.test:$p HTTP/1.1\nHost: a.test:$p\n\n", 400, 'bad_request' ],
	[ 'a folded field', "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\nX: a\r\n b\r\n\r\n", 400, 'bad_request' ],
	[ 'a blank before a colon', "CONNECT a.test:$p HTTP/1.1\r\nHost : a.test:$p\r\n\r\n", 400, 'bad_request' ],
	[ 'a control byte', "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\nX: \x00\r\n\r\n", 400, 'bad_request' ],
	[ 'a long field', "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\nX: $long\r\n\r\n", 431, 'head_too_large' ],
	[ 'many fields', "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\n$many\r\n", 431, 'head_too_large' ],
	[ 'a head that ends nowhere', "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\nX: $long$long", 431, 'head_too_large' ],
	[ 'half a head', "CONNECT a.test:$p HTTP/1.1\r\nHo", 408, 'head_timeout' ],
	map({ [ "port \"$_->[0]\"", connect_head("a.test$_->[0]"), 400, 'bad_port|bad_request|bad_host' ] }
		[''], [':'], [':0'], [':65536'], [':4294967739'], [':44x'], [':+443'], [':-1'], [': 443'], [':000443']),
	map({ [ "host \"" . substr($_, 0, 40) . '"', connect_head("$_:$p"), 400, 'bad_host|bad_request' ] }
		'', 'a..test', '.a.test', 'a.test..', '-a.test', 'a-.test', "$label64.test", $name254, 'a%2etest', 'a test',
		"\xc3\xa4.test", 'user@a.test', '[a.test]', 'a.test/x', 'a.test#', 'a.1', 'a.0x7f',
		'127.1', '0177.0.0.1', '0x7f.0.0.1', '2130706433', '127.0.0.01', '1.2.3.4.5', '[::ffff:127.0.0.1]', '[fe80::1%25lo]',
		'::1', '[::1', '[]'),
);
sub connect_head { "CONNECT $_[0] HTTP/1.1\r\nHost: $_[0]\r\n\r\n" }

for my $case (@heads) {
	my ($what, $bytes, $status, $reason) = @$case;
	my $c = $px->request($bytes);
	my $end = $px->end_of($c) // {};
	subtest $what => sub {
		like($c->status // '', qr/^(?:$status)$/, "status $status");
		like($c->header('Proxy-Status') // '', qr/error=\w+/, 'a Proxy-Status');
		is($c->fate, 'eof', 'the connection is closed in order');
		like($end->{reason} // '', qr/^(?:$reason)$/, "reason $reason");
		is($end->{status}, $c->status, 'the record has the status');
		is($end->{action}, 'deny', '... and the action');
	};
}
is($dns->asked('b.test'), 0, 'none of this was asked for in DNS');

# ---- heads that are right ----------------------------------------------------------------------

for my $case (
	[ 'HTTP/1.0 without Host', "CONNECT a.test:$p HTTP/1.0\r\n\r\n" ],
	[ 'HTTP/1.0 with Host', "CONNECT a.test:$p HTTP/1.0\r\nHost: a.test:$p\r\n\r\n" ],
	[ 'Host without port', "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test\r\n\r\n" ],
	[ 'Host in another case', "CONNECT a.test:$p HTTP/1.1\r\nhOST: A.TEST:$p\r\n\r\n" ],
	[ 'other fields', "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\nUser-Agent: x\r\nProxy-Connection: keep-alive\r\n\r\n" ],
	[ 'an empty line in front', "\r\nCONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\n\r\n" ],
) {
	my $c = $px->request($case->[1]);
	ok(($c->status // 0) == 200 && $c->echoes, "$case->[0] is accepted");
}
my $slowly = $px->dial;
for my $byte (split //, "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\n\r\n") {
	$slowly->send($byte);
}
ok($slowly->read_response->status == 200 && $slowly->echoes, 'a head in pieces of one octet is accepted');

# ---- the address guard -------------------------------------------------------------------------

for my $case (
	[ 'imds.test:80', 403, 'platform_address' ],
	[ '169.254.169.254:80', 403, 'platform_address' ],
	[ '168.63.129.16:80', 403, 'platform_address' ],
	[ '192.168.1.1:80', 403, 'private_address' ],
	[ 'a.test:' . $px->port, 403, 'own_address' ],
) {
	my ($target, $status, $reason) = @$case;
	my $c = $px->connect($target);
	is($c->status, $status, "$target is refused");
	is($px->end_of($c)->{reason}, $reason, "... with $reason");
}
$c = $px->connect('imds.test:80');
$px->end_of($c);
like($c->body, qr/bypass/, 'who asks for the platform is told to bypass the proxy');

# ---- probes ------------------------------------------------------------------------------------

my $before = () = $px->log_lines;
$px->dial->close;
my $after = $px->connect("b.test:$p");
$px->end_of($after);
is(scalar(() = $px->log_lines), $before + 1, 'a connection without a byte leaves no record');

$t->done;
