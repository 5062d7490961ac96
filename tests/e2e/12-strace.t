# Nothing on the loops blocks: strace of a daemon at work shows no call that could.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;

my $t = Sekisho::Test->new->needs('strace');
plan(skip_all => 'strace does not work under this build') if $t->sanitized;
system('strace -f -o /dev/null true 2>/dev/null') == 0 or plan(skip_all => 'strace may not trace here');
my $echo = $t->echo;
my $p = $echo->port;
$t->dns('*.test' => $t->host);
my $trace = $t->dir . '/trace';
# Two workers: with 20 tunnels both get some.
my $px = $t->daemon("workers 2;\nlog-events end start;\n" . policy("to *.test tcp:$p"),
	wrap => [ 'strace', '-f', '-y', '-o', $trace ]);
my $from = -s $trace;
my @c = map { $px->connect("n$_.test:$p") } 1 .. 20;
is(scalar(grep { $_->echoes('x' x 30_000) } @c), 20, '20 tunnels at work under strace');
$px->connect("denied.example:$p");
is($px->reload, 2, '... and a reload');
is(scalar(grep { $_->echoes } @c), 20, '... and on');
$_->close for @c;
$px->end_of($c[-1]);

# Only the workers' threads count: they are the ones that accept.  strace splits a call that another
# thread interrupts into "<unfinished ...>" and "<... resumed>"; the second part has the result.
my @lines = split /\n/, substr Sekisho::Daemon::slurp($trace), $from;
my %worker = map { /^(\d+) .*\baccept4?\b/ ? ($1 => 1) : () } @lines;
my @work = grep { /^(\d+)/ && $worker{$1} } @lines;
my $calls = sub { my $names = shift; grep { /^\d+ +(?:<\.\.\. )?(?:$names)\b/ } @work };

is(scalar keys %worker, 2, 'two workers accept');
my @accepted = grep { /= \d+/ } $calls->('accept4?');
cmp_ok(scalar @accepted, '>=', 21, 'strace saw the work');
is(join("\n", grep { !/SOCK_NONBLOCK/ } @accepted), '', 'every accepted socket is non-blocking');
my $work = join "\n", @work;
my @blocking = grep {
	my ($fd) = /= (\d+)/;
	!/SOCK_NONBLOCK/ && defined $fd && $work !~ /(?:fcntl\($fd<[^\n]*O_NONBLOCK|ioctl\($fd<[^\n]*FIONBIO)/;
} $calls->('socket');
is(join("\n", @blocking), '', 'every other socket is, or is made so');
my @resolving = grep { m{"/etc/(?:hosts|host\.conf|resolv\.conf|nsswitch\.conf|gai\.conf)"} } @work;
is(join("\n", @resolving), '', 'no hosts file and no resolver configuration is read');
is(join("\n", $calls->('poll|ppoll|select|pselect6|nanosleep|clock_nanosleep|flock|fsync|fdatasync|wait4')), '', 'nothing waits but the loop itself');
my @contended = grep { /FUTEX_WAIT/ } $calls->('futex');
cmp_ok(scalar @contended, '<', 20, 'hardly ever does a worker wait for a lock') or diag join "\n", @contended;

$t->done;
