# The access log: which records there are, that nothing can forge one, rotation, and a full disk.
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Sekisho::Test;

my $t = Sekisho::Test->new;
my $echo = $t->echo;
my $p = $echo->port;
$t->dns('a.test' => $t->host);
my $policy = policy("to a.test tcp:$p");

# ---- start, interim, end -----------------------------------------------------------------------

my $px = $t->daemon("log-events start interim end;\nlog-interval 1s;\n$policy");
my $c = $px->connect("a.test:$p");
my $port = $c->local_port;
ok($c->echoes('12345'), 'a tunnel');
my $mine = sub { my $event = shift; sub { $_->{event} eq $event && $_->{client_port} == $port } };
my $start = $px->wait_record($mine->('start'));
is("$start->{action} $start->{host} $start->{port}", "allow a.test $p", 'a start record while it is open');
ok(!exists $start->{reason} && !exists $start->{closed_by}, '... that does not know the end yet');
my $interim = $px->wait_record($mine->('interim'));
is($interim->{session}, $start->{session}, 'an interim record of the same session');
cmp_ok($interim->{bytes_up}, '>=', 5, '... with what has passed so far');
$c->shut_write;
$c->fate;
my $end = $px->end_of($c);
is($end->{session}, $start->{session}, 'an end record of the same session');
is("$end->{bytes_up} $end->{bytes_down} $end->{reason}", '5 5 completed', '... with the totals');
cmp_ok($end->{duration_ms}, '>=', 900, '... and how long it took');
is($end->{start}, $start->{start}, '... and when it began');
like($end->{time}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'times are RFC 3339 with milliseconds');
my %count;
$count{ $_->{event} }++ for grep { $_->{client_port} == $port } $px->log_records;
is("$count{start} $count{end}", '1 1', 'exactly one start and one end');
$c = $px->connect("b.test:$p");
$px->end_of($c);
is(scalar(grep { $_->{client_port} == $c->local_port } $px->log_records), 1, 'a refusal has one record');

my %session = map { $_->{session} => 1 } $px->log_records;
cmp_ok(scalar keys %session, '>=', 2, 'sessions have ids of their own');

# ---- nothing from the network forges a line ----------------------------------------------------

my $evil = '"} {"event":"end';
for my $bytes (
	"CONNECT a.test\\u0000$evil:443 HTTP/1.1\r\nHost: x\r\n\r\n",
	"CONNECT \x1b[31m\xff\xfe\xc0\x80$evil HTTP/1.1\r\nHost: x\r\n\r\n",
	"$evil\x00\x07\x7f HTTP/1.1\r\n\r\n", "CONNECT " . ('h' x 9000) . ":1 HTTP/1.1\r\nHost: x\r\n\r\n",
	"CONNECT x:1 HTTP/1.1\nHost: x\n{\"event\":\"end\"}\n\n",
) {
	my $before = () = $px->log_lines;
	my $c = $px->request($bytes);
	ok($px->end_of($c)->{session}, 'an evil request has its record');
	my @lines = $px->log_lines;
	is(scalar @lines, $before + 1, '... on one line');
	cmp_ok(length $lines[-1], '<', 8192, '... of bounded length');
	ok(eval { decode_json($lines[-1])->{action} eq 'deny' }, '... that is JSON and says deny');
	unlike($lines[-1], qr/[\x00-\x1f\x7f]/, '... without control bytes');
}

# ---- rotation ----------------------------------------------------------------------------------

my $old = $px->log_path . '.1';
rename $px->log_path, $old;
$c = $px->connect("b.test:$p");
ok(eventually { grep { $_->{client_port} == $c->local_port } $px->log_records($old) }, 'after a rename the old file is still written');
$px->signal('USR1');
ok(eventually { -e $px->log_path }, 'SIGUSR1 opens a new one');
my @then = $px->log_lines($old);
$c = $px->connect("b.test:$p");
ok($px->end_of($c)->{session}, '... that gets the next record');
is(scalar(() = $px->log_lines($old)), scalar @then, '... and the old one gets no more');

my $out = $t->daemon("access-log -;\n$policy");
$out->connect("b.test:$p");
ok(eventually { Sekisho::Daemon::slurp($out->path('stdout')) =~ /"no_rule"/ }, 'the log can go to stdout');
my $off = $t->daemon("access-log off;\n$policy");
is($off->connect("a.test:$p")->status, 200, 'or be off');

# ---- a full disk -------------------------------------------------------------------------------

SKIP: {
	-w '/dev/full' or skip 'no /dev/full', 6;
	my $full = "access-log /dev/full;\nlog-queue 64k;\n$policy";
	my $deny = $t->daemon("on-full deny;\n$full", allow_stderr => [qr/log|No space/]);
	my $open = $deny->connect("a.test:$p");
	is($open->status, 200, 'with a log that cannot be written, the queue takes the first sessions');
	my ($refused) = grep { ($_->status // 0) == 503 } map { my $c = $deny->connect("a.test:$p"); $c->close; $c } 1 .. 600;
	ok($refused, 'on-full deny: when the queue is full, sessions are refused');
	SKIP: {
		skip 'nothing was refused', 2 if !$refused;
		like($refused->body, qr/log_full/, '... with log_full');
		ok($refused->header('Retry-After'), '... and a Retry-After');
	}
	ok($open->echoes, '... and an open tunnel goes on');
	my $drop = $t->daemon("on-full drop;\n$full", allow_stderr => [qr/log|No space/]);
	my %status;
	$status{ $drop->connect("b.test:$p")->status }++ for 1 .. 600;
	is(join(' ', %status), '403 600', 'on-full drop: sessions are served on');
}

$t->done;
