# Few connections that last are spread over the workers: nobody has a processor to itself while others share one.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;

my $t = Sekisho::Test->new;
my $echo = $t->echo;
my $p = $echo->port;
$t->dns('a.test' => $t->host);
my $px = $t->daemon("workers 4;\nlog-events end start;\n" . policy("to a.test tcp:$p"));

# By the hash alone, four of four on workers of their own are 9 in 100; ten times in a row, never.
for my $round (1 .. 10) {
	my @c = map { $px->connect("a.test:$p") } 1 .. 4;
	is(scalar(grep { $_->echoes } @c), 4, "round $round: all are served");
	$_->close for @c;
	my %n;
	$n{ $px->end_of($_)->{worker} }++ for @c;
	cmp_ok((sort { $b <=> $a } values %n)[0], '<=', 2, '... and no worker has more than two of them');
}

my @c = map { $px->connect("a.test:$p") } 1 .. 32;
is(scalar(grep { $_->echoes } @c), 32, 'more of them');
my %n = map { $_ => 0 } 0 .. 3;
$_->close for @c;
$n{ $px->end_of($_)->{worker} }++ for @c;
my ($least, $most) = (sort { $a <=> $b } values %n)[0, -1];
cmp_ok($most, '<=', 2 * $least + 2, "... none has far more than another ($least to $most)");
done_testing;
