# Plain HTTP as clients use it: curl, wget and nginx, ranges, uploads, upgrades, slow and broken origins, and
# a record for each request.
use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA;
use IO::Select;
use Sekisho::Test;
use Sekisho::Web;
use Time::HiRes qw(time);

my $t = Sekisho::Test->new->needs(qw(curl nginx));
my $host = $t->host;
my $dns = $t->dns('*.test' => $host);
my $mib = 1 << 20;
my $size = 24 * $mib;
my $seed = "$$";

# ---- origins ---------------------------------------------------------------------------------------

my $nginx = $t->nginx('client_max_body_size 1g; location / { } location /dav/ { dav_methods PUT; } location = /moved { return 302 http://a.test/big; } '
	. 'location = /slowly { limit_rate 200k; try_files /big =404; } keepalive_timeout 60s;');
my ($root) = grep { -f "$_/nginx.conf" } glob $t->dir . '/nginx*';
mkdir "$root/dav";
chmod 0777, "$root/dav";
open my $f, '>', "$root/big" or die "$root/big: $!";
Sekisho::Peers::data($seed, $size, sub { print $f $_[0] });
close $f;
my $digest = Sekisho::Peers::data_digest($seed, $size);
sub digest_of { my $sha = Digest::SHA->new(256); -f $_[0] or return 'no file'; $sha->addfile($_[0], 'b'); return $sha->hexdigest }

my %waits = (
	silent => sub { sleep 20 },
	late => sub { select undef, undef, undef, 0.5; Sekisho::Peers::write_all($_[0], "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate") },
	cut => sub { Sekisho::Peers::write_all($_[0], "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" . 'x' x 1000) },
	'cut-chunks' => sub { Sekisho::Peers::write_all($_[0], "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n") },
	stalls => sub { Sekisho::Peers::write_all($_[0], "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"); sleep 20 },
	flood => sub { Sekisho::Peers::write_all($_[0], "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"); Sekisho::Peers::flood($_[0], sub { }) },
	deaf => sub { sleep 20 },
	early => sub { Sekisho::Peers::write_all($_[0], "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge"); select undef, undef, undef, 0.5 },
	'early-close' => sub { Sekisho::Peers::write_all($_[0], "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge"); shutdown $_[0], 1; 1 while sysread $_[0], my $x, 65536 },
	stay1 => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
	once => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce",
	'ws' => sub {
		my ($sock, $head, $buffer) = @_;
		Sekisho::Peers::write_all($sock, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\nfirst");
		my $all = $$buffer;
		while (1) {
			Sekisho::Peers::write_all($sock, uc $all) if length $all;
			sysread $sock, $all, 65536 or last;
		}
	},
	'no-ws' => "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno switch",
);
my $web = Sekisho::Web::origin($t, raw => \%waits, rcvbuf => 32768);
my ($n, $w) = ($nginx->port, $web->port);
my $rules = policy("to a.test http:$n,$w", "to up.test http:$w; upgrade on", 'to refused.test http:1');
my $px = $t->daemon("response-timeout 1500ms;\nkeep-alive-timeout 2s;\nlog-events start end;\n$rules");
my $descriptors = $px->descriptors;
my $plain = $t->daemon("log-query on;\nidle-timeout 2s;\n$rules");
my $a = "http://a.test:$n";
my $b = "http://a.test:$w";
my $h = "Host: a.test:$w\r\n";

# ---- curl and wget -----------------------------------------------------------------------------------

my $get = $px->curl("$a/big");
is("$get->{code} $get->{exit}", '200 0', 'curl: GET');
is(Digest::SHA::sha256_hex($get->{body}), $digest, '... each octet of ' . $size / $mib . ' MiB right');
my $end = $px->wait_record(sub { $_->{event} eq 'end' && ($_->{path} // '') eq '/big' });
is(join(' ', map { $end->{$_} } qw(method host port path proto status reason action bytes_down bytes_up request)),
	"GET a.test $n /big http 200 completed allow $size 0 1", '... and the record says so');
is($px->wait_record(sub { $_->{event} eq 'start' })->{path}, '/big', '... a start record before it');
my $head = $px->curl("$a/big", '--head');
is("$head->{code} $head->{exit}", '200 0', 'curl: HEAD');
like($head->{body}, qr/^Content-Length: $size\r$/mi, '... with the length and no body');
my $range = $px->curl("$a/big", '--range', '1000-1999');
open $f, '<', "$root/big";
seek $f, 1000, 0;
read $f, my $piece, 1000;
is($range->{code} . ' ' . ($range->{body} eq $piece), '206 1', 'curl: a range');
$range = $px->curl("$a/big", '--range', '0-9,20-29');
is($range->{code} . ' ' . ($range->{body} =~ /multipart|Content-Range/i ? 'parts' : ''), '206 parts', 'curl: two ranges');
my ($etag) = $head->{body} =~ /^ETag: (.*?)\r$/mi;
my $same = $px->curl("$a/big", '-H', "If-None-Match: $etag");
is("$same->{code} $same->{exit} " . length $same->{body}, '304 0 0', 'curl: 304');
my $none = $px->curl("$a/none");
is($none->{code}, 404, "curl: the origin's own 404 passes");
is($px->curl("$a/moved")->{code}, 302, 'curl: a redirect passes as it is');
is($px->wait_record(sub { $_->{event} eq 'end' && ($_->{path} // '') eq '/none' })->{reason}, 'completed', '... and is no refusal in the record');
is($px->curl("$a/big?secret=1")->{code}, 200, 'curl: a query');
is($px->wait_record(sub { ($_->{path} // '') =~ /secret/ }, 0.3), undef, '... is not recorded');
is($plain->curl("$b/x?secret=1")->{code}, 200, '... but reaches the origin');
ok($plain->wait_record(sub { ($_->{path} // '') eq '/x?secret=1' }), '... and with log-query is recorded');
like($px->curl("$b/form", '--data', 'a=b')->{body}, qr/^POST \/form HTTP.*\r\n\r\na=b$/s, 'curl: POST');
my $put = $px->curl("$a/dav/put", '-T', "$root/big", '-H', 'Expect: 100-continue');
is("$put->{code} $put->{exit} " . digest_of("$root/dav/put"), "201 0 $digest", 'curl: PUT with 100-continue, each octet right');
$put = $px->curl("$a/dav/chunks", '-T', "$root/big", '-H', 'Transfer-Encoding: chunked', '-H', 'Expect:');
is("$put->{code} $put->{exit} " . digest_of("$root/dav/chunks"), "201 0 $digest", 'curl: PUT in chunks, each octet right');
$end = $px->wait_record(sub { $_->{event} eq 'end' && ($_->{path} // '') eq '/dav/chunks' });
is("$end->{method} $end->{status} $end->{bytes_up}", "PUT 201 $size", '... and the record counts the body without its framing');
is($px->curl("$b/x", '--http1.0')->{code}, 200, 'curl: HTTP/1.0');
is($px->curl("$b/x", '--http2')->{code}, 200, 'curl: HTTP/2 offered by Upgrade stays HTTP/1.1');
my $two = $px->curl("$b/1", "$b/2", '-o', $t->dir . '/second');
is($two->{exit}, 0, 'curl: two requests on one connection');
SKIP: {
	skip 'needs wget', 2 if !grep { -x "$_/wget" } split /:/, $ENV{PATH};
	my $to = $t->dir . '/wget';
	my $status = system('env', 'http_proxy=http://' . $px->addr, 'no_proxy=', 'wget', '-q', '-T', '20', '-O', $to, "$a/big");
	is("$status " . digest_of($to), "0 $digest", 'wget: GET');
	truncate $to, 10 * $mib;
	$status = system('env', 'http_proxy=http://' . $px->addr, 'no_proxy=', 'wget', '-q', '-c', '-T', '20', '-O', $to, "$a/big");
	is("$status " . digest_of($to), "0 $digest", 'wget: the rest of a half download');
}
is($px->curl('http://evil.test/')->{code}, 403, 'curl: a denied name');
is($px->curl('http://refused.test:1/')->{code}, 502, 'curl: an origin that refuses');

# ---- what is broken on the way ------------------------------------------------------------------------

for my $case (
	# path, curl's exit, its status, reason, ours
	[ 'cut', 56, 200, 'response_cut' ], [ 'cut-chunks', 56, 200, 'response_cut' ],
) {
	my ($path, $exit, $code, $reason) = @$case;
	my $got = $px->curl("$b/r/$path");
	like("$got->{code} $got->{exit}", qr/^$code (?:18|56)$/, "$path: the client sees an error");
	$end = $px->wait_record(sub { $_->{event} eq 'end' && ($_->{path} // '') eq "/r/$path" });
	is("$end->{reason} $end->{closed_by} $end->{status}", "$reason origin $code", "... $reason");
}
my $start = time;
$get = $px->curl("$b/r/silent");
is("$get->{code} $get->{exit}", '504 0', 'an origin that does not answer: 504');
cmp_ok(time - $start, '<', 4 * $t->slow, '... after response-timeout');
is($px->wait_record(sub { ($_->{path} // '') eq '/r/silent' && $_->{event} eq 'end' })->{reason}, 'response_timeout', '... response_timeout');
$start = time;
$get = $px->curl("$b/r/silent", '--data', 'x' x 10);
is("$get->{code}", '504', 'the same after a body');
cmp_ok(time - $start, '<', 4 * $t->slow, '... counted from its end');
is($px->curl("$b/r/late")->{body}, 'late', 'one that is late in time is waited for');
my $c = $plain->request("GET $b/r/stalls HTTP/1.1\r\n$h\r\n");
isnt($c->fate(6 * $t->slow), 'open', 'an origin that stops in the middle is closed');
is($plain->end_of($c)->{reason}, 'idle_timeout', '... idle_timeout');
$c = $plain->dial;
$c->send("POST $b/x HTTP/1.1\r\n${h}Content-Length: 100\r\n\r\nhalf");
is($c->read_response->status, 408, 'a client that stops in the middle of its body gets 408');
is($plain->end_of($c)->{reason}, 'request_timeout', '... request_timeout');
$c = $px->dial;
$c->send("POST $b/cut-body HTTP/1.1\r\n${h}Content-Length: 100\r\n\r\nhalf");
select undef, undef, undef, 0.1;
$c->close;
is($px->end_of($c)->{reason}, 'client_gone', 'a client that goes in the middle of its body is gone');
for my $how (qw(early early-close)) {
	$c = $px->dial(rcvbuf => 65536);
	my $sent = $c->send("POST $b/r/$how HTTP/1.1\r\n${h}Content-Length: " . 64 * $mib . "\r\n\r\n" . 'x' x (4 * $mib), 3);
	my $answer = Sekisho::Web::answer($c, 'POST');
	is(($answer->{status} // 'none') . ' ' . ($answer->{body} // ''), '413 large', "$how: an answer before the end of the request reaches the client");
	is($answer->{field}{connection}, 'close', '... which is told to close');
	isnt($c->fate, 'open', '... and is closed');
}

# ---- keep-alive -----------------------------------------------------------------------------------------

$c = $px->dial;
my ($one) = Sekisho::Web::exchange($c, "GET $b/1 HTTP/1.1\r\n$h\r\n", 'GET');
my ($next) = Sekisho::Web::exchange($c, "GET $b/2 HTTP/1.1\r\n$h\r\n", 'GET');
is($one->{field}{'x-conn'}, $next->{field}{'x-conn'}, "the origin's connection is used again for its client");
my ($else) = Sekisho::Web::exchange($px->dial, "GET $b/3 HTTP/1.1\r\n$h\r\n", 'GET');
isnt($else->{field}{'x-conn'}, $one->{field}{'x-conn'}, '... and never for another');
is($c->fate(6 * $t->slow), 'eof', 'a client that asks for nothing more is let go after keep-alive-timeout');
is(scalar(() = $px->ends_of($c)), 2, '... which is no record');
$c = $px->dial;
($one) = Sekisho::Web::exchange($c, "GET $b/r/once HTTP/1.1\r\n$h\r\n", 'GET');
select undef, undef, undef, 0.1;
($next) = Sekisho::Web::exchange($c, "GET $b/again HTTP/1.1\r\n$h\r\n", 'GET');
is("$one->{status} " . ($next->{status} // 'none'), '200 200', 'an origin that closed meanwhile is dialled again');
$c = $px->dial;
($one, $next) = Sekisho::Web::exchange($c, "GET $b/r/once HTTP/1.1\r\n$h\r\nGET $b/again HTTP/1.1\r\n$h\r\n", 'GET', 'GET');
is("$one->{status} " . ($next->{status} // 'none'), '200 200', '... also when the next request is there already');
$c = $px->dial;
for my $i (1 .. 40) {
	my ($r) = Sekisho::Web::exchange($c, "GET $b/r/once HTTP/1.1\r\n$h\r\n", 'GET');
	last if !$r || $r->{status} != 200;
	$c->{rounds} = $i;
}
is($c->{rounds}, 40, '... 40 times in a row, at any moment');
my @mixed = Sekisho::Web::exchange($px->dial, "HEAD $b/h HTTP/1.1\r\n$h\r\nGET $b/g HTTP/1.1\r\n$h\r\nPOST $b/p HTTP/1.1\r\n${h}Content-Length: 2\r\n\r\nokPUT $b/c HTTP/1.1\r\n${h}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nGET $b/last HTTP/1.1\r\n${h}Connection: close\r\n\r\n",
	qw(HEAD GET POST PUT GET));
is(join(' ', map { $_->{status} } @mixed), '200 200 200 200 200', 'five kinds of requests in one go');
is($mixed[-1]{field}{connection}, 'close', '... the last of which closes');

# ---- upgrades --------------------------------------------------------------------------------------------

sub upgrade { my ($px, $name, $path, $early) = @_; my $c = $px->dial; $c->send("GET http://$name:$w/r/$path HTTP/1.1\r\nHost: $name:$w\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n" . ($early // '')); return ($c, Sekisho::Web::answer($c, 'GET')) }
my ($ws, $answer) = upgrade($px, 'up.test', 'ws', 'early');
is($answer->{status}, 101, 'an upgrade where the rule allows it');
is(lc "$answer->{field}{connection} $answer->{field}{upgrade}", 'upgrade websocket', '... with its fields');
is($ws->read(10), 'firstEARLY', '... carries what came right behind both heads');
$ws->send('more');
is($ws->read(4), 'MORE', '... and goes on');
my ($ws2) = upgrade($px, 'up.test', 'ws');
$ws->shut_write;
is($ws->fate, 'eof', '... to its end');
$end = $px->end_of($ws);
is("$end->{status} $end->{reason} $end->{path}", '101 completed /r/ws', '... and the record says 101');
($c, $answer) = upgrade($px, 'a.test', 'ws');
is($answer->{status} . ' ' . $px->end_of($c)->{reason}, '403 upgrade_denied', 'where it does not: 403');
($c, $answer) = upgrade($px, 'up.test', 'no-ws');
is("$answer->{status} $answer->{body}", '200 no switch', 'an origin that does not switch');

# ---- back-pressure -----------------------------------------------------------------------------------------

my $before = $px->memory_kib;
my @stuck = map { my $c = $px->dial(rcvbuf => 32768); $c->send("GET $b/r/flood HTTP/1.1\r\n$h\r\n"); $c } 1 .. 20;
my @deaf = map { my $c = $px->dial; $c->send("POST $b/r/deaf HTTP/1.1\r\n${h}Content-Length: 9999999999\r\n\r\n" . 'x' x (8 * $mib), 0.15); $c } 1 .. 10;
my $ticks = $px->cpu_ticks;
select undef, undef, undef, 0.5;
cmp_ok($px->cpu_ticks - $ticks, '<', 15, '20 clients that do not read and 10 origins that do not: no spinning');
cmp_ok($px->memory_kib - $before, '<', ($t->sanitized ? 96 : 16) * 1024, '... and the memory stays bounded');
is($px->curl("$b/x")->{code}, 200, '... and others go on');
$_->reset for @stuck, @deaf;
ok(eventually { $px->descriptors < $descriptors + 28 }, 'all descriptors come back, but for a few pipes that are kept');

# ---- reload --------------------------------------------------------------------------------------------------

$c = $px->dial;
my $slowly = $px->dial(rcvbuf => 65536);
$slowly->send("GET $a/slowly HTTP/1.1\r\nHost: a.test:$n\r\n\r\n");
$slowly->read(1000);
my $kept = $px->dial;
($one) = Sekisho::Web::exchange($kept, "GET http://up.test:$w/1 HTTP/1.1\r\nHost: up.test:$w\r\n\r\n", 'GET');
Sekisho::Web::exchange($c, "GET $b/1 HTTP/1.1\r\n$h\r\n", 'GET');
my $conf = Sekisho::Daemon::slurp($px->path('sekisho.conf'));
ok($px->reload(sub { $px->replace('sekisho.conf', $conf =~ s/ upgrade on;//r =~ s/to a\.test http:$n,$w/to a.test http:$n/r) }), 'a reload takes a rule and an upgrade away');
$ws2->read(5);
isnt($ws2->fate, 'open', 'a WebSocket that the rule no longer allows is closed');
is($px->end_of($ws2)->{reason}, 'policy_revoked', '... policy_revoked');
($next) = Sekisho::Web::exchange($c, "GET $b/2 HTTP/1.1\r\n$h\r\n", 'GET');
is($next->{status}, 403, 'a kept connection serves the new policy');
($next) = Sekisho::Web::exchange($kept, "GET http://up.test:$w/2 HTTP/1.1\r\nHost: up.test:$w\r\n\r\n", 'GET');
is("$next->{status} " . ($next->{field}{'x-conn'} eq $one->{field}{'x-conn'} ? 'same' : 'other'), '200 same', '... and one that is still allowed goes on');
cmp_ok(length $slowly->read(100_000), '==', 100_000, 'a download that is still allowed goes on');
$px->reload(sub { $px->replace('sekisho.conf', $conf =~ s/to a\.test http:$n,$w/to none.test http:80/r) });
is($slowly->fate, 'reset', '... and when it is not, is cut, not ended');
is($px->end_of($slowly)->{reason}, 'policy_revoked', '... policy_revoked');
$t->done;
