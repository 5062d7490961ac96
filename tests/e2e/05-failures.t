# Peers that refuse, stay silent, die or misbehave: each session ends with the right reason, and no
# other one notices.
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Sekisho::Test;
use Time::HiRes qw(time);

my $t = Sekisho::Test->new;
my $host = $t->host;
my ($second, $third) = map { $t->address($_) } 2, 3;
my $echo = $t->echo;
my $p = $echo->port;
my $stuck = $t->unresponsive(host => $second, port => $p);
$t->dns('a.test' => $host, 'refused.test' => $third, 'silent.test' => $second,
	'first-refuses.test' => [ $third, $host ], 'first-silent.test' => [ $second, $host ],
	'all-bad.test' => [ $third, $second ], map { ("slow-$_.test" => { a => { list => [$host], delay => 1 } }) } qw(close reset));
my $px = $t->daemon("connect-timeout 800ms;\nidle-timeout 1s;\nhead-timeout 5s;\n" . policy('to *.test tcp:any'));
my $long = $t->daemon(policy('to *.test tcp:any'));
my $watch = $long->connect("a.test:$p");
ok($watch->echoes, 'a tunnel to watch meanwhile');

# ---- connecting --------------------------------------------------------------------------------

for my $case (
	[ 'refused.test', 502, 'connect_refused', 'connection_refused' ],
	[ 'silent.test', 504, 'connect_timeout', 'connection_timeout' ],
	[ 'all-bad.test', 504, 'connect_timeout', 'connection_timeout' ],
) {
	my ($name, $status, $reason, $error) = @$case;
	my $start = time;
	my $c = $px->connect("$name:$p");
	is($c->status, $status, "$name: $status");
	cmp_ok(time - $start, '<', 2.5 * $t->slow, '... in time');
	like($c->header('Proxy-Status') // '', qr/error=$error\b/, "... $error");
	my $end = $px->end_of($c);
	is($end->{reason}, $reason, "... $reason in the record");
	is("$end->{action} $end->{rule}", 'deny r1', '... of a request that did not get out, though a rule allowed it');
}
for my $name (qw(first-refuses.test first-silent.test)) {
	my $start = time;
	my $c = $px->connect("$name:$p");
	ok($c->status == 200 && $c->echoes, "$name: the second address is used");
	cmp_ok(time - $start, '<', 0.75 * $t->slow, '... without waiting for the first');
	$c->close;
	is($px->end_of($c)->{origin_ip}, $host, '... and recorded');
}

# ---- the origin breaks -------------------------------------------------------------------------

my $resets = $t->origin(sub { my $s = shift; sysread $s, my $x, 4; Sekisho::Peers::close_with_reset($s) });
my $c = $long->connect('a.test:' . $resets->port);
$c->send('boom');
is($c->fate, 'reset', 'a RST from the origin reaches the client as one');
my $end = $long->end_of($c);
is("$end->{reason} $end->{closed_by}", 'origin_reset origin', '... origin_reset in the record');

my $mute = $t->origin(sub { my ($s, $say) = @_; $say->('here'); sleep 60 });
my @held = map { $long->connect('a.test:' . $mute->port) } 1 .. 5;
$mute->line for @held;
$_->send('unread words') for @held;
select undef, undef, undef, 0.2;
$mute->kill_hard;
is(join(' ', map { $_->fate } @held), join(' ', ('reset') x 5), 'kill -9 of an origin with unread bytes resets its clients');
is($long->end_of($held[0])->{reason}, 'origin_reset', '... origin_reset');
my $calm = $t->echo;
@held = map { $long->connect('a.test:' . $calm->port) } 1 .. 5;
is(scalar(grep { $_->echoes } @held), 5, 'five calm tunnels');
$calm->kill_hard;
is(join(' ', map { $_->fate } @held), join(' ', ('eof') x 5), 'kill -9 of a calm origin is an orderly end');
$_->close for @held;
is($long->end_of($held[0])->{reason}, 'completed', '... completed');
is($long->connect('a.test:' . $calm->port)->status, 502, '... and then it refuses');

# ---- the client breaks -------------------------------------------------------------------------

my $tells = $t->origin(sub {
	my ($s, $say) = @_;
	$say->('open');
	my $n = sysread $s, my $x, 10;
	$n = sysread $s, $x, 10 if $n;
	$say->(defined $n ? 'eof' : "reset");
});
$c = $long->connect('a.test:' . $tells->port);
$tells->line;
$c->send('x');
$c->reset;
is($tells->line, 'reset', 'a RST from the client reaches the origin as one');
$end = $long->end_of($c);
is("$end->{reason} $end->{closed_by}", 'client_reset client', '... client_reset in the record');
for my $how (qw(close reset)) {
	$c = $long->dial;
	$c->send("CONNECT slow-$how.test:$p HTTP/1.1\r\nHost: slow-$how.test:$p\r\n\r\n");
	select undef, undef, undef, 0.2;
	$c->$how;
	my $reason = $long->end_of($c)->{reason};
	$how eq 'reset' ? is($reason, 'client_gone', 'a client that resets while its name is looked up is gone')
		: like($reason, qr/^(?:client_gone|completed|client_reset)$/, 'one that closes may be gone or half-closed');
}

# ---- time --------------------------------------------------------------------------------------

$c = $px->connect("a.test:$p");
for (1 .. 4) {
	select undef, undef, undef, 0.5;
	ok($c->echoes, "a tunnel that is used stays open ($_)");
}
my $start = time;
isnt($c->fate(5 * $t->slow), 'open', 'one that is idle is closed');
cmp_ok(time - $start, '>', 0.5, '... not at once');
is($px->end_of($c)->{reason}, 'idle_timeout', '... idle_timeout');
$c = $px->connect("a.test:$p");
$c->shut_write;
is($c->fate, 'eof', 'a half-closed tunnel ends with its other half');
my $half = $t->origin(sub { my ($s, $say) = @_; shutdown $s, 1; sleep 60 });
$c = $px->connect('a.test:' . $half->port);
isnt($c->fate(5), 'open', 'the origin closes its half, the client stays silent');
is($px->end_of($c, 8)->{reason}, 'idle_timeout', '... and is not waited for for ever');

# ---- nobody else -------------------------------------------------------------------------------

ok($watch->echoes, 'the watched tunnel has seen all of it');
my $before = $long->descriptors;
for my $round (1 .. 3) {
	my @all = map { $long->connect("a.test:$p") } 1 .. 50;
	is(scalar(grep { $_->echoes } @all), 50, "50 tunnels, round $round");
	$_->reset for @all;
	ok(eventually { $long->descriptors <= $before + 8 }, '... give their descriptors back');
}
ok($watch->echoes, 'and still goes on');

$t->done;
