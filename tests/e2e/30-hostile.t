# Hostile and odd requests, and origins that are no better: a table of raw octets, each with the
# status and the reason that it gets.  No answer repeats anything of what was sent.
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Sekisho::Test;
use Sekisho::Web;
use Time::HiRes qw(time);

my $t = Sekisho::Test->new;
my $host = $t->host;
my $echo = $t->echo;
my $p = $echo->port;
my $dns = $t->dns('*.test' => $host);

# ---- what a hostile origin says ----------------------------------------------------------------

my $ok = "HTTP/1.1 200 OK\r\n";
my $body = 'the whole body';
my $n = length $body;
my $reset = sub { my $first = shift; sub { Sekisho::Peers::write_all($_[0], $first); select undef, undef, undef, 0.2; Sekisho::Peers::close_with_reset($_[0]) } };
my $chunked = "${ok}Transfer-Encoding: chunked\r\n\r\n";
my @answers = (
	# what, what the origin sends, status for the client, reason, the body or 'cut'
	[ 'a good answer', "${ok}Content-Length: $n\r\n\r\n$body", 200, 'completed', $body ],
	[ 'an answer until the end', "$ok\r\n$body", 200, 'completed', $body ],
	[ 'an HTTP/1.0 answer', "HTTP/1.0 200 OK\r\n\r\n$body", 200, 'completed', $body ],
	[ 'an answer in chunks', "${chunked}5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: dropped\r\n\r\n", 200, 'completed', 'hello world' ],
	[ 'no reason phrase', "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, 'completed', '' ],
	[ 'status 599', "HTTP/1.1 599 Odd\r\nContent-Length: 1\r\n\r\nx", 599, 'completed', 'x' ],
	[ 'two 1xx first', "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok}Content-Length: 2\r\n\r\nok", 200, 'completed', 'ok' ],
	[ '204 with a length', "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", 204, 'completed', '' ],
	[ '304 with a length', "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, 'completed', '' ],
	[ 'octets behind the body', "${ok}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 200, 'completed', 'ok' ],
	[ 'octets behind the last chunk', "${chunked}2\r\nok\r\n0\r\n\r\nevil", 200, 'completed', 'ok' ],
	[ 'nothing at all', '', 502, 'origin_closed' ],
	[ 'half a status line', 'HTTP/1.1 2', 502, 'origin_closed' ],
	[ 'half a head', "${ok}Content-Le", 502, 'origin_closed' ],
	[ 'a reset at once', $reset->(''), 502, 'origin_closed' ],
	[ 'a reset inside the head', $reset->($ok), 502, 'origin_closed' ],
	[ 'rubbish', "\x00\x01rubbish\r\n\r\n", 502, 'bad_response' ],
	[ 'HTTP/0.9', 'just text', 502, 'bad_response' ],
	[ 'ICY', "ICY 200 OK\r\n\r\n", 502, 'bad_response' ],
	[ 'a TLS alert', "\x15\x03\x01\x00\x02\x02\x28", 502, 'bad_response' ],
	[ 'an SSH greeting', "SSH-2.0-OpenSSH_9.2\r\n", 502, 'bad_response' ],
	[ 'HTTP/2.0', "HTTP/2.0 200 OK\r\n\r\n", 502, 'bad_response' ],
	[ 'a status of two digits', "HTTP/1.1 20 OK\r\n\r\n", 502, 'bad_response' ],
	[ 'a status of four digits', "HTTP/1.1 2000 OK\r\n\r\n", 502, 'bad_response' ],
	[ 'status 099', "HTTP/1.1 099 X\r\n\r\n", 502, 'bad_response' ],
	[ 'two spaces before the status', "HTTP/1.1  200 OK\r\n\r\n", 502, 'bad_response' ],
	[ 'bare LFs', "HTTP/1.1 200 OK\nContent-Length: 0\n\n", 502, 'bad_response' ],
	[ 'a bare CR in a value', "${ok}X: a\rb\r\n\r\n", 502, 'bad_response' ],
	[ 'a NUL in a value', "${ok}X: a\0b\r\n\r\n", 502, 'bad_response' ],
	[ 'a folded field', "${ok}X: a\r\n b\r\n\r\n", 502, 'bad_response' ],
	[ 'a blank before a colon', "${ok}Content-Length : 0\r\n\r\n", 502, 'bad_response' ],
	[ 'a field without a name', "${ok}: x\r\n\r\n", 502, 'bad_response' ],
	[ 'a line without a colon', "${ok}nothing\r\n\r\n", 502, 'bad_response' ],
	[ 'two lengths', "${ok}Content-Length: 2\r\nContent-Length: 4\r\n\r\nevil", 502, 'bad_response' ],
	[ 'the same length twice', "${ok}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", 502, 'bad_response' ],
	[ 'a list of lengths', "${ok}Content-Length: 2, 2\r\n\r\nok", 502, 'bad_response' ],
	[ 'a signed length', "${ok}Content-Length: +2\r\n\r\nok", 502, 'bad_response' ],
	[ 'a length beyond 2^63', "${ok}Content-Length: 9223372036854775808\r\n\r\n", 502, 'bad_response' ],
	[ 'a length and chunks', "${ok}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502, 'bad_response' ],
	[ 'gzip as a transfer coding', "${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 502, 'bad_response' ],
	[ 'chunked twice', "${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502, 'bad_response' ],
	[ 'chunks in HTTP/1.0', "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502, 'bad_response' ],
	[ '1xx without end', sub { my $s = shift; for (1 .. 1000) { Sekisho::Peers::write_all($s, "HTTP/1.1 100 Continue\r\n\r\n") or last } }, 502, 'bad_response' ],
	[ 'a 101 that nobody asked for', "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw", 502, 'bad_response' ],
	[ 'a head without end', sub { my $s = shift; Sekisho::Peers::write_all($s, $ok); for (1 .. 5000) { Sekisho::Peers::write_all($s, "X-$_: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n") or last } }, 502, 'bad_response' ],
	[ 'one field without end', sub { my $s = shift; Sekisho::Peers::write_all($s, "${ok}X: "); for (1 .. 100) { Sekisho::Peers::write_all($s, 'y' x 4096) or last } }, 502, 'bad_response' ],
	[ 'fewer octets than said', "${ok}Content-Length: 100\r\n\r\nshort", 200, 'response_cut', 'cut' ],
	[ 'a reset inside the body', $reset->("${ok}Content-Length: 100\r\n\r\nshort"), 200, 'origin_reset', 'cut' ],
	[ 'chunks without the last one', "${chunked}5\r\nhello\r\n", 200, 'response_cut', 'cut' ],
	[ 'half a chunk', "${chunked}5\r\nhel", 200, 'response_cut', 'cut' ],
	[ 'a reset of an unframed body', $reset->("$ok\r\n$body"), 200, 'origin_reset', 'cut' ],
	[ 'a chunk size that is none', "${chunked}zz\r\n", 200, 'bad_response', 'cut' ],
	[ 'a chunk size beyond 2^63', "${chunked}8000000000000000\r\n", 200, 'bad_response', 'cut' ],
	[ 'a chunk without its CRLF', "${chunked}5\r\nhelloXX", 200, 'bad_response', 'cut' ],
	[ 'a chunk line with a bare LF', "${chunked}5\nhello\r\n0\r\n\r\n", 200, 'bad_response', 'cut' ],
	[ 'a long chunk extension', "${chunked}5;" . 'x' x 400 . "\r\nhello\r\n0\r\n\r\n", 200, 'bad_response', 'cut' ],
	[ 'a flood of trailers', "${chunked}0\r\n" . join('', map { "T$_: x\r\n" } 1 .. 40) . "\r\n", 200, 'bad_response', 'cut' ],
);
my $web = Sekisho::Web::origin($t, raw => { map { ($_ => $answers[$_][1]) } 0 .. $#answers });
my $w = $web->port;
my $px = $t->daemon("head-timeout 1s;\nidle-timeout 10s;\n" . policy('to a.test tcp:any http:any', 'to up.test http:any; upgrade on'));
my $px_slow = $t->daemon("head-timeout 30s;\nhead-rate 2000;\nhead-size 4k;\nhead-fields 10;\n" . policy('to a.test tcp:any http:any'));

# ---- requests ----------------------------------------------------------------------------------

sub connect_to { my ($target, $rest) = @_; $rest //= ''; "CONNECT $target HTTP/1.1\r\nHost: $target\r\n$rest\r\n" }
sub get { my ($url, $rest) = @_; my ($h) = $url =~ m{^\w+://([^/?]*)}; $h //= 'a.test'; $rest //= ''; "GET $url HTTP/1.1\r\nHost: $h\r\nConnection: close\r\n$rest\r\n" }
sub post { my ($rest, $what) = @_; "POST http://a.test:$w/p HTTP/1.1\r\nHost: a.test:$w\r\nConnection: close\r\n$rest\r\n" . ($what // '') }
sub chunks { post("Transfer-Encoding: chunked\r\n", $_[0]) }
sub quoted { my $s = substr $_[0], 0, 50; $s =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger }

my $label63 = 'l' x 63;
my $name253 = join '.', ('n' x 49) x 4, 'm' x 48, 'test';
length $name253 == 253 or die length $name253;
my $u = "http://a.test:$w/";
my $h = "Host: a.test:$w\r\n";
my $c = "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\n";
my @requests = (
	# ---- spellings of addresses: none but dotted decimal and bracketed IPv6 is one
	map({ [ "address $_", connect_to("$_:$p"), 400, 'bad_host' ] }
		qw(0177.0.0.1 0x7f.0.0.1 0x7f000001 2130706433 017700000001 127.1 127.0.1 127.0.0.01 127.0.0.1. 1.2.3.4.5
		256.1.1.1 1.2.3.256 1.2.3. 0 1 0x a.1 a.0x7f a.123. 127.0.0.1%00 [::ffff:127.0.0.1] [::ffff:7f00:1] [fe80::1%25lo] [fe80::1%lo]
		[a.test] [127.0.0.1] [1:2] [::1::] [v1.x])),
	map({ [ "address $_", connect_to("$_:$p"), 400, 'bad_request' ] }
		'::1', '[::1', '[]', '[::1]x', '::ffff:1.2.3.4', 'user@127.0.0.1', 'user:pw@a.test', "a.test\@b.test", '[[::1]]'),
	map({ [ "address $_, no rule", connect_to("$_:$p"), 403, 'no_rule' ] } '127.0.0.1', '[::1]', '[::127.0.0.1]', '[2001:DB8::1]', '8.8.8.8'),
	# ---- names
	map({ [ "name \"" . quoted($_) . '"', connect_to("$_:$p"), 400, 'bad_host' ] }
		'a..test', '.a.test', 'a.test..', '.', '..', '-a.test', 'a-.test', "l$label63.test", "n$name253", '%61.test', 'a%2etest', 'a.test%00', 'a.test%', '*.test',
		'a!b.test', "a'b.test", 'a,b.test', 'a;b.test', 'a(b).test', 'a$b.test', 'a+b.test', 'a=b.test', 'a~b.test', 'a&b.test'),
	map({ [ "name \"" . quoted($_) . '"', connect_to("$_:$p"), 400, 'bad_request' ] }
		'', "\xc3\xa4.test", "\xe4.test", "a\xe3\x80\x82test", "a\0.test", "a.test\0.evil", "a\x01.test", "a\x7f.test", 'a"b.test', 'a<b.test', 'a\\b.test', 'a|b.test',
		'a{b}.test', 'a^b.test', 'a`b.test', 'a/b.test', 'a.test/', 'a.test?x', 'a.test#x', 'http://a.test', "a.test\tb", "a.test\rb", 'a test'),
	map({ [ "name \"" . quoted($_) . '", no rule', connect_to("$_:$p"), 403, 'no_rule' ] }
		"$label63.test", $name253, 'a_b.test', '_a.test', 'xn--4ca.test', 'localhost', 'a.test.evil.example', 'xa.test', 'b.a.test', '0x7f.a', 'A-B.TEST', 'b.test.'),
	map({ [ "name $_", connect_to("$_:$p"), 200 ] } 'a.test', 'A.Test', 'a.test.', 'A.TEST.'),
	# ---- ports
	map({ [ "port \"$_\"", connect_to("a.test$_"), 400, 'bad_port' ] } '', ':0', ':00', ':65536', ':99999', ':4294967739', ':000443', ":0$p", ':18446744073709551617'),
	map({ [ 'port "' . quoted($_) . '"', connect_to("a.test:$_"), 400, 'bad_request' ] }
		'', '+443', '-1', ' 443', '443 ', '44x', '0x1bb', '443.0', '1e3', '443:443', "\xef\xbc\x94", "443\0", '443/'),
	[ 'port 00080', connect_to('b.test:00080'), 403, 'no_rule' ],
	[ 'port 65535', connect_to('b.test:65535'), 403, 'no_rule' ],
	# ---- CONNECT with a body
	[ 'CONNECT with a length', "${c}Content-Length: 5\r\n\r\nhello", 400, 'bad_request' ],
	[ 'CONNECT in chunks', "${c}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, 'bad_request' ],
	[ 'CONNECT with a length and chunks', "${c}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 'bad_request' ],
	[ 'CONNECT with length 0', "${c}Content-Length: 0\r\n\r\n", 200 ],
	[ 'CONNECT in absolute form', "CONNECT $u HTTP/1.1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'connect in lower case', "connect a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\n\r\n", 400, 'bad_request' ],
	# ---- Host
	[ 'no Host', "CONNECT a.test:$p HTTP/1.1\r\n\r\n", 400, 'bad_request' ],
	[ 'no Host, plain', "GET $u HTTP/1.1\r\n\r\n", 400, 'bad_request' ],
	[ 'two Hosts', "${c}Host: a.test:$p\r\n\r\n", 400, 'bad_request' ],
	[ 'two Hosts, plain', "GET $u HTTP/1.1\r\n${h}${h}\r\n", 400, 'bad_request' ],
	map({ [ 'Host "' . quoted($_) . '" beside the target', "GET $u HTTP/1.1\r\nHost: $_\r\n\r\n", 421, 'host_mismatch' ] }
		'', 'b.test', "b.test:$w", 'a.test', "a.test:1$w", "a.test:0", "user\@a.test:$w", "a.test.evil:$w", "a.test:$w, b.test:$w", "127.0.0.1:$w", "[::1]:$w", "http://a.test:$w"),
	[ 'another Host for CONNECT', "CONNECT a.test:$p HTTP/1.1\r\nHost: evil.test:$p\r\n\r\n", 421, 'host_mismatch' ],
	[ 'another port in Host for CONNECT', "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:1\r\n\r\n", 421, 'host_mismatch' ],
	[ 'Host with a control byte', "GET $u HTTP/1.1\r\nHost: a.test\x01:$w\r\n\r\n", 400, 'bad_request' ],
	# ---- what is not HTTP/1
	[ 'HTTP/0.9', "GET $u\r\n", 400, 'bad_request' ],
	[ 'the preface of HTTP/2', "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 'version_not_supported' ],
	[ 'HTTP/2.0', "GET $u HTTP/2.0\r\n$h\r\n", 505, 'version_not_supported' ],
	[ 'HTTP/0.9 spelt out', "GET $u HTTP/0.9\r\n$h\r\n", 505, 'version_not_supported' ],
	[ 'HTTP/3.0', connect_to("a.test:$p") =~ s/1\.1/3.0/r, 505, 'version_not_supported' ],
	[ 'HTTP/1.2 for CONNECT', connect_to("a.test:$p") =~ s/1\.1/1.2/r, 200 ],
	[ 'HTTP/1.10', "GET $u HTTP/1.10\r\n$h\r\n", 400, 'bad_request' ],
	[ 'HTTP/1', "GET $u HTTP/1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'http/1.1', "GET $u http/1.1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'HTTP/1,1', "GET $u HTTP/1,1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'HTTPS/1.1', "GET $u HTTPS/1.1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'a TLS hello', "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, 'bad_request' ],
	[ 'SOCKS5', "\x05\x01\x00", 400, 'bad_request' ],
	[ 'SOCKS4', "\x04\x01\x00\x50\x7f\x00\x00\x01\x00", 400, 'bad_request' ],
	[ 'an SSH greeting', "SSH-2.0-OpenSSH_9.2\r\n", 400, 'bad_request' ],
	[ 'the PROXY protocol', "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" . connect_to("a.test:$p"), 400, 'bad_request' ],
	[ 'SMTP', "EHLO a.test\r\n", 400, 'bad_request' ],
	# ---- lines and fields
	[ 'a bare LF after the first line', "GET $u HTTP/1.1\n$h\r\n", 400, 'bad_request' ],
	[ 'a bare LF after a field', "GET $u HTTP/1.1\r\nHost: a.test:$w\n\r\n", 400, 'bad_request' ],
	[ 'a bare LF at the end', "GET $u HTTP/1.1\r\n$h\n", 400, 'bad_request' ],
	[ 'a bare CR in a field', "GET $u HTTP/1.1\r\n${h}X: a\rb\r\n\r\n", 400, 'bad_request' ],
	[ 'CR CR LF', "GET $u HTTP/1.1\r\r\n$h\r\n", 400, 'bad_request' ],
	[ 'a folded field', "GET $u HTTP/1.1\r\n${h}X: a\r\n b\r\n\r\n", 400, 'bad_request' ],
	[ 'a folded first field', "GET $u HTTP/1.1\r\n X: a\r\n$h\r\n", 400, 'bad_request' ],
	[ 'a blank before a colon', "GET $u HTTP/1.1\r\nHost : a.test:$w\r\n\r\n", 400, 'bad_request' ],
	[ 'a tab before a colon', "GET $u HTTP/1.1\r\nHost\t: a.test:$w\r\n\r\n", 400, 'bad_request' ],
	[ 'a field without a name', "GET $u HTTP/1.1\r\n${h}: x\r\n\r\n", 400, 'bad_request' ],
	[ 'a line without a colon', "GET $u HTTP/1.1\r\n${h}nothing\r\n\r\n", 400, 'bad_request' ],
	map({ my $o = $_; [ sprintf('octet %02x in a value', $o), "GET $u HTTP/1.1\r\n${h}X: a" . chr($o) . "b\r\n\r\n", 400, 'bad_request' ] } 0, 1, 8, 11, 12, 27, 127),
	map({ my $o = $_; [ sprintf('octet %02x in a name', $o), "GET $u HTTP/1.1\r\n${h}X" . chr($o) . "Y: b\r\n\r\n", 400, 'bad_request' ] } 0, 9, 32, 34, 40, 47, 64, 128, 255),
	[ 'two spaces in the first line', "GET  $u HTTP/1.1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'a tab in the first line', "GET\t$u HTTP/1.1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'a space at its end', "GET $u HTTP/1.1 \r\n$h\r\n", 400, 'bad_request' ],
	[ 'a space in front', " GET $u HTTP/1.1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'a method that is no token', "G(T $u HTTP/1.1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'an empty method', " $u HTTP/1.1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'a NUL first', "\0GET $u HTTP/1.1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'three empty lines first', "\r\n\r\n\r\n" . connect_to("a.test:$p"), 400, 'bad_request' ],
	[ 'a bare LF first', "\n" . connect_to("a.test:$p"), 400, 'bad_request' ],
	[ 'two empty lines first', "\r\n\r\n" . connect_to("a.test:$p"), 200 ],
	[ 'a head of 17 KiB', "GET $u HTTP/1.1\r\n${h}X: " . 'x' x 17000 . "\r\n\r\n", 431, 'head_too_large' ],
	[ 'a target of 17 KiB', 'GET ' . $u . 'x' x 17000 . " HTTP/1.1\r\n$h\r\n", 431, 'head_too_large' ],
	[ 'a method of 17 KiB', 'G' x 17000 . " $u HTTP/1.1\r\n$h\r\n", 431, 'head_too_large' ],
	[ 'a head without end', "GET $u HTTP/1.1\r\n$h" . "X: y\r\n" x 90 . 'X: ' . 'y' x 17000, 431, 'head_too_large' ],
	[ '101 fields', "GET $u HTTP/1.1\r\n$h" . "X: y\r\n" x 101 . "\r\n", 431, 'head_too_large' ],
	[ 'half a head and silence', "GET $u HTTP/1.1\r\nHo", 408, 'head_timeout' ],
	[ 'one octet and silence', 'G', 408, 'head_timeout' ],
	# ---- targets of plain requests
	map({ [ 'target "' . quoted($_) . '"', "GET $_ HTTP/1.1\r\n$h\r\n", 400, 'bad_request' ] }
		'/', '*', "https://a.test:$w/", "ftp://a.test:$w/", "ws://a.test:$w/", 'http:/a.test/', 'http:a.test/', 'http://', 'http:///x', 'http://:80/', 'http://a.test:/', "://a.test/",
		"http://user\@a.test:$w/", "http://user:pw\@a.test:$w/", "http://a.test:$w/#f", "http://a.test:${w}x/", "http://a.test:$w\\\@b.test/", "http://b.test\@a.test:$w/", "a.test:$w", 'a.test', 'javascript:x', "http://a.test:$w/\x01", "http://a.test:$w/\xff", "1http://a.test/"),
	map({ [ "target \"$_\"", get($_), 400, 'bad_port' ] } 'http://a.test:0/', 'http://a.test:65536/', 'http://a.test:4294967739/'),
	map({ [ "target \"$_\"", get($_), 400, 'bad_host' ] } 'http://0177.0.0.1/', 'http://a%2etest/', 'http://[::ffff:1.2.3.4]/', 'http://127.1/', 'http://a..test/', 'http://2130706433/'),
	[ 'a scheme in upper case', get("HTTP://a.test:$w/"), 200 ],
	[ 'a host in upper case', "GET http://A.TEST.:$w/ HTTP/1.1\r\n${h}Connection: close\r\n\r\n", 200 ],
	[ 'no path', get("http://a.test:$w"), 200 ],
	[ 'a query without a path', get("http://a.test:$w?q"), 200 ],
	[ 'OPTIONS of the proxy', "OPTIONS * HTTP/1.1\r\n$h\r\n", 400, 'bad_request' ],
	[ 'OPTIONS of the origin', "OPTIONS http://a.test:$w HTTP/1.1\r\n${h}Connection: close\r\n\r\n", 200 ],
	[ 'a name that no rule allows', get('http://evil.test/'), 403, 'no_rule' ],
	[ 'an address that no rule allows', get('http://127.0.0.1/'), 403, 'no_rule' ],
	[ 'an unknown method', "BREW $u HTTP/1.1\r\n${h}Connection: close\r\n\r\n", 200 ],
	[ 'TRACE', "TRACE $u HTTP/1.1\r\n$h\r\n", 501, 'method_not_supported' ],
	[ 'another expectation', "POST $u HTTP/1.1\r\n${h}Expect: 200-ok\r\nContent-Length: 0\r\n\r\n", 417, 'expectation' ],
	[ 'an upgrade', get($u, "Connection: upgrade\r\nUpgrade: websocket\r\n"), 403, 'upgrade_denied' ],
	[ 'an upgrade to h2c is left out', "GET $u HTTP/1.1\r\n${h}Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", 200 ],
	[ 'Upgrade that Connection does not name', get($u, "Upgrade: websocket\r\n"), 200 ],
	[ 'a Via of another proxy', get($u, "Via: 1.1 other\r\n"), 200 ],
	# ---- framing
	[ 'CL.TE', post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG"), 400, 'bad_request' ],
	[ 'TE.CL', post("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", "0\r\n\r\nG"), 400, 'bad_request' ],
	[ 'the same length twice', post("Content-Length: 2\r\nContent-Length: 2\r\n", 'ok'), 400, 'bad_request' ],
	[ 'two lengths', post("Content-Length: 2\r\nContent-Length: 3\r\n", 'ok!'), 400, 'bad_request' ],
	map({ [ 'length "' . quoted($_) . '"', post("Content-Length: $_\r\n", 'hello'), 400, 'bad_request' ] }
		'5, 5', '5,5', '+5', '-5', '0x5', '5 5', '', '5.0', '5;', '9223372036854775808', '99999999999999999999', "5\xa0", '٥'),
	[ 'a length of 0 with leading zeros', post("Content-Length: 000\r\n"), 200 ],
	map({ [ 'coding "' . quoted($_) . '"', post("Transfer-Encoding: $_\r\n", "0\r\n\r\n"), 400, 'bad_request' ] }
		'gzip', 'gzip, chunked', 'chunked, chunked', 'chunked, gzip', 'chunked;q=1', 'identity', 'xchunked', 'chunke', '', ',chunked', 'chunked,', '"chunked"', "chunked\x0b"),
	[ 'chunked on two lines', post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400, 'bad_request' ],
	[ 'chunked in HTTP/1.0', post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n") =~ s/1\.1/1.0/r, 400, 'bad_request' ],
	[ 'a folded coding', post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400, 'bad_request' ],
	[ 'Chunked with a tab', post("Transfer-Encoding:\tChunked\r\n", "2\r\nok\r\n0\r\n\r\n"), 200 ],
	map({ [ 'chunk size "' . quoted($_) . '"', chunks("$_\r\nhello\r\n0\r\n\r\n"), 400, 'bad_request' ] }
		'g', '', '-5', '+5', '0x5', ' 5', '5 ', '5h', '00000000000000005', '8000000000000000', 'ffffffffffffffff', '10000000000000005', '5;' . 'x' x 300, "5;\x01", "5\0", "5;a=\"\x7f\""),
	[ 'a chunk line that ends in LF', chunks("5\nhello\r\n0\r\n\r\n"), 400, 'bad_request' ],
	[ 'a chunk line that ends in CR', chunks("5\rhello\r\n0\r\n\r\n"), 400, 'bad_request' ],
	[ 'a chunk that is longer than it says', chunks("3\r\nhello\r\n0\r\n\r\n"), 400, 'bad_request' ],
	[ 'a chunk that ends in LF', chunks("5\r\nhello\n0\r\n\r\n"), 400, 'bad_request' ],
	[ 'a flood of chunk extensions', chunks(("1;" . 'x' x 250 . "\r\nx\r\n") x 300 . "0\r\n\r\n"), 400, 'bad_request' ],
	[ 'a flood of trailers', chunks("0\r\n" . join('', map { "T$_: x\r\n" } 1 .. 40) . "\r\n"), 400, 'bad_request' ],
	[ 'a long trailer', chunks("0\r\nT: " . 'x' x 9000 . "\r\n\r\n"), 400, 'bad_request' ],
	[ 'a trailer without a colon', chunks("0\r\nnothing\r\n\r\n"), 400, 'bad_request' ],
	[ 'a folded trailer', chunks("0\r\nT: x\r\n y\r\n\r\n"), 400, 'bad_request' ],
	[ 'a NUL in a trailer', chunks("0\r\nT: \0\r\n\r\n"), 400, 'bad_request' ],
	[ 'an extension and a trailer', chunks("5;a=b\r\nhello\r\n0;z\r\nT: x\r\n\r\n"), 200 ],
);
cmp_ok(scalar @requests, '>=', 150, scalar(@requests) . ' requests');

# Some of what was sent must not come back: the marker travels in a field, where the request has room.
my $mark = 'zzMARKzz';
for my $case (@requests) {
	my ($what, $bytes, $status, $reason) = @$case;
	$bytes =~ s/\r\n\r\n/\r\nX-Mark: $mark\r\n\r\n/ if $bytes =~ /^(?:GET|CONNECT|POST) \S+ HTTP/ && $status ne 431;
	my $c = $px->request($bytes);
	my $got = $c->status // 'nothing';
	if (!$reason) {
		is($got, $status, "$what: passes");
		$c->close;
		next;
	}
	my $end = Sekisho::Web::end_of($px, $c);
	my $fate = $c->fate;
	my $answer = ($c->head // '') . ($c->body // '');
	my $told = ($c->header('Proxy-Status') // '') =~ /^sekisho; error=\w+; details="(\w+)"$/ ? $1 : 'nothing';
	my $reflects = $answer =~ /$mark|a\.test|evil/ ? 'reflects' : 'plain';
	is("$got $told $end->{reason} $end->{status} $end->{action} $fate $reflects", "$status $reason $reason $status deny eof plain", "$what: $status $reason");
}
is(join(' ', grep { $_ ne 'a.test' } $dns->names_asked), '', 'no name but the allowed one was ever asked for');

# ---- answers of hostile origins ------------------------------------------------------------------

for my $i (0 .. $#answers) {
	my ($what, undef, $status, $reason, $want) = @{ $answers[$i] };
	my $c = $px->dial;
	my ($a) = Sekisho::Web::exchange($c, "GET http://a.test:$w/r/$i HTTP/1.1\r\nHost: a.test:$w\r\n\r\n", 'GET');
	$c->shut_write;
	my $end = Sekisho::Web::end_of($px, $c);
	my $got = !$a ? 'nothing' : $a->{status} == 502 || $a->{status} == 504 ? 'refused' : $a->{cut} ? 'cut' : $a->{body};
	is(($a->{status} // 0) . " $end->{reason} $end->{status} $got", "$status $reason $status " . ($want // 'refused'), "origin: $what");
	$c->close;
}
my ($a) = Sekisho::Web::exchange($px->dial, "GET http://a.test:$w/r/6 HTTP/1.1\r\nHost: a.test:$w\r\n\r\n", 'GET');
is(join(' ', @{ $a->{interim} }), '103 102', '1xx are passed on');
($a) = Sekisho::Web::exchange($px->dial, "GET http://a.test:$w/r/6 HTTP/1.0\r\n\r\n", 'GET');
is(join(' ', @{ $a->{interim} }, $a->{status}), '200', '... but not to HTTP/1.0');
($a) = Sekisho::Web::exchange($px->dial, "GET http://a.test:$w/r/7 HTTP/1.1\r\nHost: a.test:$w\r\n\r\n", 'GET');
is($a->{field}{'content-length'}, undef, '204 goes on without a length');

# ---- one connection, many requests -----------------------------------------------------------------

my $keep = sub { my ($n, $rest) = @_; "GET http://a.test:$w/$n HTTP/1.1\r\n$h" . ($rest // '') . "\r\n" };
my $one = $px->dial;
my @all = Sekisho::Web::exchange($one, join('', map { $keep->($_) } 1 .. 20), ('GET') x 20);
is(join(' ', map { $_->{body} =~ m{^GET /(\d+) } } @all), join(' ', 1 .. 20), '20 pipelined requests: 20 answers in order');
is(scalar(keys %{ { map { $_->{field}{'x-conn'} => 1 } @all } }), 1, '... over one connection to the origin');
ok(eventually { 20 == $px->ends_of($one) }, '... and a record for each');
is(join(' ', map { $_->{request} } $px->ends_of($one)), join(' ', 1 .. 20), '... numbered');

my $mixed = $px->dial;
@all = Sekisho::Web::exchange($mixed, $keep->(1) . "GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n" . $keep->(3), ('GET') x 3);
is(join(' ', map { $_->{status} } @all), '200 403', 'allowed, denied, allowed in one go: decided one by one, and the denial is the end');
is($mixed->fate, 'eof', '... in order');
eventually { 2 == $px->ends_of($mixed) };
is(join(' ', map { "$_->{host} $_->{reason}" } $px->ends_of($mixed)), 'a.test completed evil.test no_rule', '... with a record for each');

my $hidden = "GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n";
my $smuggle = $px->dial;
@all = Sekisho::Web::exchange($smuggle, "POST ${u}x HTTP/1.1\r\n${h}Content-Length: " . length($hidden) . "\r\n\r\n$hidden" . $keep->(2), ('POST', 'GET'));
is($all[0]{status}, 200, 'a request inside a body is a body');
like($all[0]{body}, qr/\r\n\r\n\Q$hidden\E$/, '... octet by octet');
is($all[1]{status}, 200, '... and the next request is the next');
$smuggle = $px->dial;
@all = Sekisho::Web::exchange($smuggle, "POST ${u}x HTTP/1.1\r\n${h}Transfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\n\r\n$hidden", ('POST', 'GET'));
is(join(' ', map { $_->{status} } @all), '200 403', 'a request behind the last chunk is decided anew');
like($all[0]{body}, qr/^Transfer-Encoding: chunked\r\n.*\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/ms, '... and the chunks are framed anew');
$smuggle = $px->dial;
@all = Sekisho::Web::exchange($smuggle, "GET ${u}x HTTP/1.1\r\n${h}Content-Length: 0\r\n\r\n" . connect_to("evil.test:$p"), ('GET', 'GET'));
is(join(' ', map { $_->{status} } @all), '200 403', 'a CONNECT behind a request is decided, too');
$smuggle = $px->dial;
@all = Sekisho::Web::exchange($smuggle, $keep->(1), 'GET');
$smuggle->send(connect_to("a.test:$p"));
is($smuggle->read_response->status, 200, 'a CONNECT to an allowed name on a kept connection');
ok($smuggle->echoes, '... is a tunnel to its own origin');
$smuggle->close;
is((eventually { (grep { $_->{method} eq 'CONNECT' } $px->ends_of($smuggle))[0] })->{reason}, 'completed', '... with its record');

my $two = $px->dial;
my $other = Sekisho::Web::origin($t);
@all = Sekisho::Web::exchange($two, $keep->(1) . "GET http://a.test:" . $other->port . "/2 HTTP/1.1\r\nHost: a.test:" . $other->port . "\r\n\r\n"
	. "GET http://up.test:$w/3 HTTP/1.1\r\nHost: up.test:$w\r\n\r\n", ('GET') x 3);
is(join(' ', map { $_->{status} } @all), '200 200 200', 'three origins on one connection');
is(scalar(keys %{ { map { $_->{field}{'x-conn'} => 1 } @all } }), 3, '... never share one');
my ($via) = $all[0]{head} =~ /^Via: 1\.1 (\S+)\r$/m;
ok($via, 'Via says who we are');
my $loop = $px->request(get($u, "Via: 1.0 x, 1.1 $via\r\n"));
is($loop->status . ' ' . $px->end_of($loop)->{reason}, '502 loop', 'and a request that has been here is refused');

# What reaches the origin.
($a) = Sekisho::Web::exchange($px->dial, "GET http://A.TEST.:$w/p?q=1 HTTP/1.0\r\nHost: a.test:$w\r\nProxy-Authorization: Basic c2VjcmV0\r\nProxy-Connection: keep-alive\r\n"
	. "Connection: X-Hop, Host, close\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nX-Stays: yes\r\nContent-Length: 0\r\n\r\n", 'GET');
is($a->{body}, "GET /p?q=1 HTTP/1.1\r\nHost: a.test:$w\r\nX-Stays: yes\r\nContent-Length: 0\r\nVia: 1.0 $via\r\n\r\n", 'the head that the origin gets is made anew');
is($a->{field}{connection}, 'close', 'an HTTP/1.0 client is told that this is the end');

# ---- slow heads ------------------------------------------------------------------------------------

my $start = time;
my $slow = $px_slow->dial;
for my $piece (map { "X-$_: y\r\n" } 1 .. 200) {
	$slow->send($start == 0 ? $piece : "GET $u HTTP/1.1\r\n"), $start = time if !$slow->{begun}++;
	last if IO::Select->new($slow->sock)->can_read(0.3);
	$slow->send('x');
}
is($slow->read_response->status, 408, 'a head below head-rate is given up');
cmp_ok(time - $start, '<', 6 * $t->slow, '... long before head-timeout');
is($px_slow->end_of($slow)->{reason}, 'head_timeout', '... head_timeout');
is($px_slow->request("GET $u HTTP/1.1\r\n$h" . "X: y\r\n" x 10 . "\r\n")->status, 431, 'head-fields is a limit');
is($px_slow->request("GET $u HTTP/1.1\r\n${h}X: " . 'y' x 4100 . "\r\n\r\n")->status, 431, 'head-size is a limit');

# ---- the form of the answer --------------------------------------------------------------------------

for my $case (
	[ 'nothing', undef, 'text/plain' ], [ 'all', '*/*', 'text/plain' ], [ 'JSON', 'application/json', 'application/problem+json' ],
	[ 'a problem', 'application/problem+json', 'application/problem+json' ], [ 'HTML', 'text/html,application/xhtml+xml,*/*;q=0.8', 'text/html' ],
	[ 'HTML switched off', 'text/html;q=0, application/json', 'application/problem+json' ], [ 'HTML q=0.000', 'text/html;q=0.000', 'text/plain' ],
	[ 'an odd one', '<script>alert(1)</script>', 'text/plain' ],
) {
	my ($what, $accept, $type) = @$case;
	my $c = $px->request(get('http://evil.test/<script>alert(1)</script>', defined $accept ? "Accept: $accept\r\n" : ''));
	like($c->header('Content-Type'), qr{^\Q$type\E(?:;|$)}, "Accept $what: $type");
	unlike($c->body, qr/script|evil/, '... without a word of the request');
	is(eval { decode_json($c->body)->{reason} }, 'no_rule', '... which is JSON') if $type =~ /json/;
}
my $head_only = $px->dial;
$head_only->send("HEAD http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n");
my $rest = $head_only->read_all;
like($rest, qr{^HTTP/1\.1 403 .*\r\nContent-Length: [1-9]\d*\r\n.*\r\n\r\n$}s, 'the refusal of HEAD has no body');

# ---- nothing of it hurt -------------------------------------------------------------------------------

my $ticks = $px->cpu_ticks;
select undef, undef, undef, 0.5;
cmp_ok($px->cpu_ticks - $ticks, '<', 15, 'no spinning is left behind');
ok($px->connect("a.test:$p")->echoes, 'and the proxy goes on');
$t->done;
