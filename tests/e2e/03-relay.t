# The tunnel carries bytes and their ends exactly: both ways, early, half-closed, in bulk, and with
# a peer that stops reading.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;

my $t = Sekisho::Test->new;
my $host = $t->host;
$t->dns('a.test' => $host);
my $px = $t->daemon("log-events end start;\n" . policy('to a.test tcp:any'));
my $descriptors = $px->descriptors;
my $echo = $t->echo;
my $through = sub { my ($peer, %o) = @_; $px->connect('a.test:' . $peer->port, %o) };

# ---- small -------------------------------------------------------------------------------------

my $c = $through->($echo);
is($c->status, 200, 'the tunnel opens');
unlike($c->head, qr/^(?:Content-Length|Transfer-Encoding):/mi, '... with a 200 that frames no body (RFC 9110 9.3.6)');
ok($c->echoes("line $_\n"), "round trip $_") for 1 .. 3;
ok($c->echoes(join '', map { chr } 0 .. 255), 'every octet passes unchanged');
$c->shut_write;
is($c->fate, 'eof', 'the end comes back when both sides have closed');
my $end = $px->end_of($c);
is("$end->{action} $end->{reason}", 'allow completed', 'the record: completed');
my $octets = 256 + 3 * length "line 1\n";
is("$end->{bytes_up} $end->{bytes_down}", "$octets $octets", '... with the octets each way, heads not counted');

$c = $through->($echo, early => 'early bytes');
is($c->read(11), 'early bytes', 'bytes right behind the head go into the tunnel');
ok($c->echoes, '... and it goes on after them');
$c = $px->dial;
my $head = 'CONNECT a.test:' . $echo->port . " HTTP/1.1\r\nHost: a.test:" . $echo->port . "\r\n\r\n";
my $early = 'e' x 100_000;
$c->send($head . $early);
is($c->read_response->status, 200, 'so many early bytes that they cannot all be held back');
is($c->read(length $early), $early, '... arrive in full');
$c = $px->dial;
$c->send($head . 'all I have to say');
$c->shut_write;
$c->read_response;
is($c->read_all, 'all I have to say', 'early bytes and a FIN before the answer');

# ---- half-close --------------------------------------------------------------------------------

my $after_eof = $t->origin(sub {
	my ($sock) = @_;
	my $all = '';
	1 while sysread $sock, $all, 4096, length $all;
	Sekisho::Peers::write_all($sock, "got $all");
});
$c = $through->($after_eof);
$c->send('question');
$c->shut_write;
is($c->read_all, 'got question', 'the client closes its half first and still gets the answer');

my $first_eof = $t->origin(sub {
	my ($sock, $say) = @_;
	Sekisho::Peers::write_all($sock, 'greeting');
	shutdown $sock, 1;
	my $all = '';
	1 while sysread $sock, $all, 4096, length $all;
	$say->("got $all");
});
$c = $through->($first_eof);
is($c->read_all(5), 'greeting', 'the origin closes its half first');
ok($c->at_end, '... and the client sees that end');
$c->send('late words');
$c->shut_write;
is($first_eof->line, 'got late words', '... but can go on sending');
is($px->end_of($c)->{reason}, 'completed', '... which is a complete session');

# ---- bulk --------------------------------------------------------------------------------------

my $mib = 1 << 20;
my $size = 64 * $mib;
my $source = $t->origin(Sekisho::Peers::source('down', $size));
my $sink = $t->origin(\&Sekisho::Peers::sink);
$c = $through->($source);
my ($n, $digest) = $c->digest_all(120 * $t->slow);
is("$n $digest", "$size " . Sekisho::Peers::data_digest('down', $size), '64 MiB down, each octet right');
$c->close;
$end = $px->end_of($c);
is($end->{bytes_down}, $size, '... and counted');
$c = $through->($sink);
Sekisho::Peers::data('up', $size, sub { $c->send($_[0], 60) == length $_[0] });
$c->shut_write;
is($sink->line(60 * $t->slow), "$size " . Sekisho::Peers::data_digest('up', $size), '64 MiB up, each octet right');
$c = $through->($echo);
($n, $digest) = $c->exchange('both', 16 * $mib, 120 * $t->slow);
is("$n $digest", 16 * $mib . ' ' . Sekisho::Peers::data_digest('both', 16 * $mib), '16 MiB both ways at once');
$c->close;

# ---- back-pressure -----------------------------------------------------------------------------

my $watch = $through->($echo);
ok($watch->echoes, 'a tunnel to watch meanwhile');
my $flood = $t->origin(\&Sekisho::Peers::flood, rcvbuf => 65536);
my $before = $px->memory_kib;
my @stuck = map { $through->($flood, rcvbuf => 32768) } 1 .. 20;
my @stalled = map { $flood->line(30 * $t->slow) // 'nothing' } @stuck;
is(scalar(grep { /^stalled/ } @stalled), 20, '20 clients that do not read: each origin is held back');
my ($most) = sort { $b <=> $a } map { /(\d+)/ } @stalled;
cmp_ok($most, '<', 64 * $mib, '... after a bounded number of octets');
my $limit = $t->sanitized ? 96 * 1024 : 16 * 1024;
cmp_ok($px->memory_kib - $before, '<', $limit, '... and the memory stays bounded');
my $ticks = $px->cpu_ticks;
select undef, undef, undef, 0.5;
cmp_ok($px->cpu_ticks - $ticks, '<', 15, '... without spinning');
ok($watch->echoes, '... while others go on');

my $deaf = $t->origin(sub { my ($sock, $say) = @_; $say->('here'); sleep 60 }, rcvbuf => 8192);
$c = $through->($deaf);
my $took = $c->send('x' x (128 * $mib), 2);
cmp_ok($took, '<', 64 * $mib, 'an origin that does not read holds the client back');
ok($watch->echoes, '... and nobody else');
$c->reset;
is($px->end_of($c)->{reason}, 'client_reset', '... until the client breaks it off');
$_->close for @stuck;
is($px->end_of($stuck[0])->{reason}, 'client_reset', 'a client that closes over unread bytes has reset');
is(join(' ', map { $flood->line(10) // 'nothing' } @stuck), join(' ', ('ended') x 20), '... and each origin is let go');
ok($watch->echoes, 'the watched tunnel has seen all of it');
$watch->close;
ok(eventually { $px->descriptors < $descriptors + 28 }, 'all descriptors come back, but for a few pipes that are kept');

$t->done;
