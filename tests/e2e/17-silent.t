# Who connects and says nothing: for a second it is the kernel's affair alone; then it is a session that its deadline
# ends; and no word said meanwhile is lost.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Time::HiRes qw(sleep time);

my $t = Sekisho::Test->new;
my $echo = $t->echo;
my $p = $echo->port;
$t->dns('a.test' => $t->host);
my $px = $t->daemon("head-timeout 2s;\n" . policy("to a.test tcp:$p"));
my $head = "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\n\r\n";

my $sockets = $px->descriptors(qr/^socket/);
my $began = time;
my @silent = map { $px->dial } 1 .. 20;
my $seen = $px->descriptors(qr/^socket/);
SKIP: {
	skip 'the machine is too slow to tell', 1 if time - $began > 0.8;
	is($seen, $sockets, 'the silent hold nothing at first');
}
my $late = shift @silent;
sleep 0.3;
is($late->send($head) && $late->read_response->status, 200, 'who speaks a little later is served');
ok($late->echoes, '... and has a tunnel');
$late->close;

ok(eventually { $px->descriptors(qr/^socket/) > $sockets }, 'after a second the others are seen');
my $last = shift @silent;
is($last->send($head) && $last->read_response->status, 200, '... and served, when they speak at last');
$last->close;
is(scalar(grep { $_->fate eq 'eof' } @silent), scalar @silent, 'the rest end by the deadline');
ok(eventually { $px->descriptors(qr/^socket/) <= $sockets }, '... and leave nothing behind');
is(scalar(grep { $_->{event} eq 'end' } $px->log_records), 2, 'who said nothing has no record');

my $gone = $px->dial;
$gone->close;
is($px->connect("a.test:$p")->status, 200, 'one that leaves without a word disturbs nobody');
done_testing;
