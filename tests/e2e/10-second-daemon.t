# A second daemon on the same port is refused at start and disturbs the first in nothing.
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Sekisho::Test;

my $t = Sekisho::Test->new;
my $echo = $t->echo;
my $p = $echo->port;
$t->dns('a.test' => $t->host);
my $policy = policy("to a.test tcp:$p");
my $first = $t->daemon($policy);
my $c = $first->connect("a.test:$p");
ok($c->echoes, 'the first serves');

for my $round (1 .. 3) {
	my $second = $t->daemon($policy, port => $first->port, no_wait => 1, expect_exit => 1, allow_stderr => [qr/in use/]);
	my $status = $second->process->wait_end(10 * $t->slow);
	is($status // 'still running', 1 << 8, "the second ends at once with exit code 1 ($round)");
	like($second->stderr, qr/in use/i, '... and says why');
	like($second->stderr, qr/\Q@{[ $first->addr ]}\E/, '... and where');
}
my @new = map { $first->connect("a.test:$p") } 1 .. 40;
is(scalar(grep { ($_->status // 0) == 200 && $_->echoes } @new), 40, 'no connection went astray meanwhile');
ok($c->echoes, '... and the open tunnel goes on');
$_->close for @new;

my $other = $t->daemon($policy);
is($other->connect("a.test:$p")->status, 200, 'a second daemon on another port is welcome');

my $busy = $t->echo;
my $blocked = $t->daemon($policy, port => $busy->port, no_wait => 1, expect_exit => 1, allow_stderr => [qr/in use/]);
is($blocked->process->wait_end(10 * $t->slow), 1 << 8, 'a port that another program has is refused too');

# ---- after a crash -----------------------------------------------------------------------------

my $crashed = $t->daemon($policy, expect_exit => 1);
$crashed->process->kill_hard;
my $again = $t->daemon($policy, port => $crashed->port);
is($again->connect("a.test:$p")->status, 200, 'after kill -9 the next one starts on the same port');

# ---- the end -----------------------------------------------------------------------------------

my $draining = $t->daemon("drain-timeout 2s;\n$policy");
my $last = $draining->connect("a.test:$p");
$draining->signal('TERM');
ok(eventually { !IO::Socket::INET->new(PeerAddr => $draining->addr, Timeout => 1) }, 'SIGTERM: no new connections');
ok($last->echoes, '... while open tunnels may end by themselves');
$last->shut_write;
$last->fate;
$last->close;
is($draining->process->wait_end(10 * $t->slow), 0, '... and with the last one it is gone, with exit code 0');
is($draining->end_of($last)->{reason}, 'completed', '... its record written');
my $stubborn = $t->daemon("drain-timeout 300ms;\n$policy");
$last = $stubborn->connect("a.test:$p");
$stubborn->signal('TERM');
is($stubborn->process->wait_end(10 * $t->slow), 0, 'after drain-timeout it ends without waiting for the tunnels');
is($stubborn->end_of($last)->{reason}, 'shutdown', '... whose records say so');
my $twice = $t->daemon("drain-timeout 60s;\n$policy");
$last = $twice->connect("a.test:$p");
$twice->signal('TERM');
ok(eventually { !IO::Socket::INET->new(PeerAddr => $twice->addr, Timeout => 1) }, 'with a long drain-timeout');
$twice->signal('TERM');
is($twice->process->wait_end(10 * $t->slow), 0, 'a second SIGTERM ends it at once');
is($twice->end_of($last)->{reason}, 'shutdown', '... with every record written');

$t->done;
