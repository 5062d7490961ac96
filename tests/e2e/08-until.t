# A rule's `until`: its tunnels end on time, also across a reload, and an expired one blocks no load.
use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX qw(strftime);
use Sekisho::Test;
use Time::HiRes qw(time);

my $t = Sekisho::Test->new;
my $echo = $t->echo;
my $p = $echo->port;
$t->dns('*.test' => $t->host);
my $stamp = sub { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) };
my $conf = sub { my ($until) = @_;
	policy("to brief.test tcp:$p; until " . $stamp->($until), "to always.test tcp:$p")
		. "expect allow 10.0.0.1 brief.test tcp:$p;\n" };

# ---- on time -----------------------------------------------------------------------------------

my $until = int(time) + 4;
my $px = $t->daemon($conf->($until), allow_stderr => [qr/until|expired/]);
my @brief = map { $px->connect("brief.test:$p") } 1 .. 3;
my $always = $px->connect("always.test:$p");
is(scalar(grep { $_->echoes } @brief, $always), 4, 'before its time a rule holds like any other');
is($px->reload, 2, 'a reload meanwhile');
is(scalar(grep { $_->echoes } @brief), 3, '... changes nothing about it');
my $half = $until - time;
isnt($brief[0]->fate(10 * $t->slow), 'open', 'then its tunnels are closed');
my $late = time - $until;
cmp_ok($late, '>=', -0.01, '... not before');
cmp_ok($late, '<', 1 * $t->slow, '... and on time');
isnt($_->fate(1), 'open', '... each of them') for @brief[1, 2];
is($px->end_of($brief[0])->{reason}, 'policy_revoked', '... with policy_revoked');
is($px->connect("brief.test:$p")->status, 403, 'a new request is refused');
ok($always->echoes, 'the tunnel of another rule goes on');

# ---- expired -----------------------------------------------------------------------------------

is($px->reload, 3, 'a reload with an expired rule whose expectation holds only through it');
is($px->connect("brief.test:$p")->status, 403, '... opens nothing');
ok($always->echoes, '... and closes nothing');
my $later = $t->daemon($conf->($until), allow_stderr => [qr/until|expired/]);
is($later->connect("always.test:$p")->status, 200, 'so does a start');
my $check = $t->command('check', '-c', $later->path('sekisho.conf'));
is($check->{exit}, 0, 'and a check');
like($check->{out} . $check->{err}, qr/note.*(?:until|expired)|(?:until|expired).*note/i, '... which notes it');

# ---- moved while it runs -----------------------------------------------------------------------

$until = int(time) + 2;
my $moved = $t->daemon($conf->($until));
my $c = $moved->connect("brief.test:$p");
is($moved->reload(sub { $moved->replace('sekisho.conf',
	Sekisho::Daemon::slurp($moved->path('sekisho.conf')) =~ s/until \S+;/'until ' . $stamp->($until + 3600) . ';'/er) }),
	2, 'its time is moved by a reload');
select undef, undef, undef, $until - time + 1;
ok($c->echoes, '... and the old time closes nothing');

$t->done;
