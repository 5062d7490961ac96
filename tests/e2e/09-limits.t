# Limits: sessions in all, sessions of one source, descriptors.  Beyond one the client is told to come
# back, nothing spins, and what is open goes on.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;

my $t = Sekisho::Test->new;
my $echo = $t->echo;
my $p = $echo->port;
$t->dns('a.test' => $t->host);
my $policy = policy("to a.test tcp:$p");
my $open = sub { my ($px, %o) = @_; $px->connect("a.test:$p", %o) };

# ---- all sessions ------------------------------------------------------------------------------

my $px = $t->daemon("max-sessions 5;\n$policy");
my @c = map { $open->($px) } 1 .. 5;
is(scalar(grep { $_->echoes } @c), 5, 'as many as the limit says');
my $over = $open->($px);
is($over->status, 503, 'one more is refused');
like($over->header('Retry-After') // '', qr/^\d+$/, '... and told when to come back');
is($px->end_of($over)->{reason}, 'too_many_sessions', '... with a record');
is(scalar(grep { $_->echoes } @c), 5, '... and the others go on');
(shift @c)->close;
ok(eventually { my $c = $open->($px); ($c->status // 0) == 200 && push @c, $c }, 'a place that becomes free is used');
is($open->($px)->status, 503, '... once');

# ---- one source --------------------------------------------------------------------------------

$px = $t->daemon("max-sessions-per-source 3;\n$policy");
@c = map { $open->($px, from => '127.0.0.21') } 1 .. 3;
is(scalar(grep { $_->echoes } @c), 3, 'as many as one source may have');
$over = $open->($px, from => '127.0.0.21');
is($over->status, 503, 'its next is refused');
is($px->end_of($over)->{reason}, 'too_many_from_source', '... with a record');
my $other = $open->($px, from => '127.0.0.22');
ok($other->echoes, 'another source is not concerned');
(shift @c)->close;
ok(eventually { my $c = $open->($px, from => '127.0.0.21'); ($c->status // 0) == 200 && push @c, $c }, 'a free place is used');
my $plain = $t->daemon($policy);
@c = map { $open->($plain) } 1 .. 60;
is(scalar(grep { $_->echoes } @c), 60, 'without the directive there is no such limit');
$_->close for @c;

# ---- descriptors -------------------------------------------------------------------------------

# The proxy sets 32 aside for each worker; there is always room for 64 sessions beside them.
my $limit = 192 + 32 * $t->workers;
my $few = $t->daemon($policy, limits => "-n $limit", allow_stderr => [qr/descriptor|files|sessions/i]);
my $first = $open->($few);
ok($first->echoes, "with $limit descriptors it starts and serves");
@c = map { $few->dial } 1 .. 400;
my $ticks = $few->cpu_ticks;
select undef, undef, undef, 1;
cmp_ok($few->cpu_ticks - $ticks, '<', 25, '400 connections at once: it does not spin');
ok($first->echoes, '... the open tunnel goes on');
my @said = grep { defined } map { $_->send("CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\n\r\n"); $_->read_response(0.3)->status } @c[0 .. 70];
ok(@said > 20, 'those that were taken are answered (' . @said . ' of 71)');
is(join(' ', grep { !/^(?:200|503)$/ } @said), '', '... with 200 or 503');
$_->close for @c;
ok(eventually { my $c = $open->($few); my $s = $c->status // 0; $c->close; $s == 200 }, 'when they have gone, it serves as before');
ok($first->echoes, '... and the first tunnel has seen it all');
unlike($few->stderr, qr/descriptors/, '... it had no reason to warn');
my $fewer = $t->daemon("workers 4;\n$policy", limits => '-n 200', allow_stderr => [qr/descriptors/]);
like($fewer->stderr, qr/200 descriptors and 4 workers: no more than 4 sessions/, 'a limit that leaves next to nothing is warned about');
my @few = map { $open->($fewer) } 1 .. 5;
is(join(' ', map { $_->status } @few), '200 200 200 200 503', '... and is as small as it says');
like(Sekisho::Daemon::slurp('/proc/' . $plain->pid . '/limits'), qr/^Max open files\s+(\d+)\s+\1\s/m, 'elsewhere it has raised its limit');

$t->done;
