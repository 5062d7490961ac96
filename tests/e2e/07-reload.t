# Hot reload: whatever way the files change, a good change takes hold without touching what is still
# allowed, and a bad one changes nothing.
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Sekisho::Test;

my $t = Sekisho::Test->new;
my $host = $t->host;
my $echo = $t->echo;
my $p = $echo->port;
$t->dns('*.test' => $host);

my $rule = sub { my ($name, @to) = @_; "    rule $name {\n        from any;\n        to   @to tcp:$p;\n    }\n" };
my $collection = sub { my ($name, $priority, @rules) = @_;
	"collection $name {\n    priority $priority;\n    action   allow;\n" . join('', @rules) . "}\n" };
my $keep = $collection->('keep', 200, $rule->('stays', 'keep.test'));
my $both = $collection->('both', 300, $rule->('one', 'one.test'), $rule->('two', 'two.test'));
my $only_one = $collection->('both', 300, $rule->('one', 'one.test'));
my $main = "include policies/*.policy;\n";
my $px = $t->daemon($main, files => { 'policies/10-keep.policy' => $keep, 'policies/20-both.policy' => $both },
	allow_stderr => [qr/error|keeping generation/]);
my $status = sub { my $name = shift; my $c = $px->connect("$name:$p"); my $s = $c->status; $c->close; $s };

# ---- a change by SIGHUP revokes exactly what it must --------------------------------------------

is($px->generation, 1, 'the first generation');
my %tunnel = map { my $n = $_; $n => [ map { $px->connect("$n.test:$p") } 1 .. 5 ] } qw(keep one two);
is(scalar(grep { $_->echoes } map { @$_ } values %tunnel), 15, 'fifteen tunnels');
$px->write('policies/20-both.policy', $only_one);
is($px->reload, 2, 'SIGHUP loads the next generation');
is(join(' ', map { $_->fate(5) } @{ $tunnel{two} }) =~ tr/ //cdr, '    ', 'the tunnels of the removed rule are closed');
is($px->end_of($tunnel{two}[0])->{reason}, 'policy_revoked', '... with policy_revoked');
is($px->end_of($tunnel{two}[4])->{closed_by}, 'proxy', '... by the proxy');
is($status->('two.test'), 403, '... and it opens no more');
is(scalar(grep { $_->echoes } map { @$_ } @tunnel{qw(keep one)}), 10, 'the ten others are as they were');

# ---- a broken file changes nothing -------------------------------------------------------------

my @lines = split /^/, $only_one;
my ($named, $same) = (0, 0);
for my $n (1 .. @lines) {
	my @broken = @lines;
	$broken[$n - 1] = "!bad! x; $broken[$n - 1]";
	my $refused = $px->reload(sub { $px->replace('policies/20-both.policy', join '', @broken) });
	$named++ if !defined $refused && $px->refusal =~ /20-both\.policy:$n:\d+: /;
	$same++ if $status->('one.test') == 200 && $status->('two.test') == 403 && $tunnel{one}[0]->echoes;
}
is($named, scalar @lines, 'broken at any line: the reload is refused and names file, line and column');
is($same, scalar @lines, '... and verdicts and tunnels stay as they were');
$px->replace('policies/20-both.policy', $only_one . "expect allow 10.0.0.1 three.test tcp:$p;\n");
is($px->reload, undef, 'so does a broken expectation');
like($px->refusal, qr/20-both\.policy:\d+:\d+: .*three\.test/s, '... which is named');
is(scalar(grep { $_->echoes } map { @$_ } @tunnel{qw(keep one)}), 10, 'still ten tunnels');

# ---- without a signal: inotify -----------------------------------------------------------------

my $settle = sub { my ($name, $want, $what, $change) = @_;
	my $g = $px->reload($change);
	ok(defined $g && eventually { $status->($name) == $want }, $what) or diag $px->refusal };
$settle->('two.test', 200, 'a file written in place is noticed', sub { $px->write('policies/20-both.policy', $both) });
$settle->('two.test', 403, 'a file renamed over it, as editors do', sub { $px->replace('policies/20-both.policy', $only_one) });
$settle->('new.test', 200, 'a new file that the glob names',
	sub { $px->write('policies/30-new.policy', $collection->('new', 400, $rule->('new', 'new.test'))) });
my $on_new = $px->connect("new.test:$p");
ok($on_new->echoes, '... which opens a tunnel');
$settle->('new.test', 403, 'a removed file', sub { unlink $px->path('policies/30-new.policy') });
isnt($on_new->fate(5), 'open', '... closes it');
$px->write('policies/notes.txt', '!not a policy!');
$settle->('slowly.test', 200, 'a file copied in pieces is loaded when it is whole', sub {
	my $text = $collection->('slowly', 500, $rule->('slowly', 'slowly.test'));
	for my $n (1 .. 10) {
		$px->write('policies/40-slowly.policy', substr $text, 0, $n * length($text) / 10);
		select undef, undef, undef, 0.03;
	}
});
unlike($px->refusal, qr/keeping/, '... and not before; a file beside it that no glob names is not read');
is(scalar(grep { $_->echoes } map { @$_ } @tunnel{qw(keep one)}), 10, 'still the same ten tunnels');

# ---- symbolic links swapped, as Kubernetes does with a ConfigMap --------------------------------

my $map = $px->path('map');
mkdir $_ for $map, "$map/..2026_1", "$map/..2026_2";
$px->write("$map/..2026_1/p.policy", $collection->('map', 600, $rule->('m', 'first.test')));
$px->write("$map/..2026_2/p.policy", $collection->('map', 600, $rule->('m', 'second.test')));
symlink '..2026_1', "$map/..data";
symlink '..data/p.policy', "$map/p.policy";
$px->mark;
$settle->('first.test', 200, 'the main file itself: another include', sub { $px->replace('sekisho.conf',
	Sekisho::Daemon::slurp($px->path('sekisho.conf')) . "include map/*.policy;\n") });
$settle->('second.test', 200, 'a ConfigMap\'s links are swapped', sub {
	symlink '..2026_2', "$map/..data_tmp";
	rename "$map/..data_tmp", "$map/..data";
});
is($status->('first.test'), 403, '... and the old content is gone');
$settle->('third.test', 200, '... and swapped again', sub {
	mkdir "$map/..2026_3";
	$px->write("$map/..2026_3/p.policy", $collection->('map', 600, $rule->('m', 'third.test')));
	symlink '..2026_3', "$map/..data_tmp";
	rename "$map/..data_tmp", "$map/..data";
	unlink "$map/..2026_1/p.policy";
	rmdir "$map/..2026_1";
});

# ---- lists, settings, listeners ----------------------------------------------------------------

$settle->('listed.test', 200, 'a list file of an fqdn-group', sub {
	$px->write('names.list', "listed.test\n");
	$px->write('policies/50-list.policy', "fqdn-group names { file ../names.list; }\n"
		. $collection->('list', 700, $rule->('l', 'group:names')));
});
$settle->('listed2.test', 200, '... is watched too', sub { $px->replace('names.list', "listed.test\nlisted2.test\n") });

my $conf = Sekisho::Daemon::slurp($px->path('sekisho.conf'));
my $second = $t->host . ':' . $t->port;
ok($px->reload(sub { $px->replace('sekisho.conf', $conf . "listen explicit $second;\n") }), 'a listener is added');
my $via_second = $px->connect("keep.test:$p", addr => $second);
ok($via_second->status == 200 && $via_second->echoes, '... and serves');
is($status->('keep.test'), 200, '... beside the first');
ok($px->reload(sub { $px->replace('sekisho.conf', $conf) }), 'it is removed');
ok(eventually { !IO::Socket::INET->new(PeerAddr => $second, Timeout => 1) }, '... and refuses');
ok($via_second->echoes, '... but its tunnels go on');
my $blocked = $t->echo;
is($px->reload(sub { $px->replace('sekisho.conf', $conf . 'listen explicit ' . $blocked->addr . ";\n") }), undef,
	'a listener that cannot be opened: the reload is refused');
like($px->refusal, qr/\Q@{[ $blocked->addr ]}\E|sekisho\.conf:\d+/, '... and says which');
is($status->('keep.test'), 200, '... and the first serves on');
$px->allow(qr/workers|restart/);
$px->reload(sub { $px->replace('sekisho.conf', $conf =~ s/workers \K\d+/$& + 1/er) });
like($px->refusal, qr/restart/, 'another number of workers asks for a restart');
is($status->('keep.test'), 200, '... and serves on');
$px->reload(sub { $px->replace('sekisho.conf', $conf) });
is(scalar(grep { $_->echoes } map { @$_ } @tunnel{qw(keep one)}), 10, 'through all of this, the same ten tunnels');

# ---- on-reload keep ----------------------------------------------------------------------------

my $kept = $t->daemon("on-reload keep;\n$main", files => { 'policies/p.policy' => $both });
my $old = $kept->connect("two.test:$p");
my $line = 8;
is($kept->reload(sub { $kept->replace('policies/p.policy', $only_one) }), 2, 'on-reload keep: the rule goes');
is($kept->connect("two.test:$p")->status, 403, '... for new requests');
ok($old->echoes, '... but its tunnel stays');
$old->close;
my $end = $kept->end_of($old);
is("$end->{rule} $end->{rule_line}", "two $line", '... and its record still knows the rule\'s place');

# Kept, then decided again, then kept again: each time its rule is another one.
my $conf_of = Sekisho::Daemon::slurp($kept->path('sekisho.conf'));
my $both_below = "# one more line\n$both";
$kept->reload(sub { $kept->replace('policies/p.policy', $both) });
$old = $kept->connect("two.test:$p");
$kept->reload(sub { $kept->replace('policies/p.policy', $only_one) });
$kept->reload(sub { $kept->replace('policies/p.policy', $both_below); $kept->replace('sekisho.conf', $conf_of =~ s/on-reload keep/on-reload recheck/r) });
$kept->reload(sub { $kept->replace('sekisho.conf', $conf_of) });
$kept->reload(sub { $kept->replace('policies/p.policy', $only_one . "# $_\n") }) for 1 .. 3;
ok($old->echoes, 'a tunnel through reloads of both kinds');
$old->close;
$end = $kept->end_of($old);
is("$end->{collection} $end->{rule} $end->{rule_line}", 'both two ' . ($line + 1), '... whose rule is the one of the last decision');

# ---- many tunnels, many reloads ----------------------------------------------------------------

my @all = map { $px->connect("keep.test:$p") } 1 .. 200;
is(scalar(grep { ($_->status // 0) == 200 } @all), 200, '200 tunnels');
my ($bad_tunnels, $bad_reloads, $refused) = (0, 0, 0);
for my $n (1 .. 20) {
	$_->send("round $n of " . $_->local_port . ';') for @all;
	my $fresh = $px->dial;
	$fresh->send("CONNECT keep.test:$p HTTP/1.1\r\nHost: keep.test:$p\r\n\r\n");
	$px->replace('policies/20-both.policy', $n % 2 ? $both : $only_one);
	$bad_reloads++ if !$px->reload;
	$refused++ if ($fresh->read_response->status // 0) != 200 || $status->('keep.test') != 200;
	for my $c (@all) {
		my $sent = "round $n of " . $c->local_port . ';';
		$bad_tunnels++ if $c->read(length $sent) ne $sent;
	}
}
is($bad_reloads, 0, '20 reloads in a row take hold');
is($bad_tunnels, 0, '... and not one of 200 tunnels lost a byte');
is($refused, 0, '... and no connection was refused');
my $before = $px->memory_kib;
$px->reload for 1 .. 20;
my $limit = $t->sanitized ? 40_000 : 4_000;
cmp_ok($px->memory_kib - $before, '<', $limit, 'old generations give their memory back');
ok($px->reload(sub { $px->replace('policies/10-keep.policy', $keep =~ s/keep\.test/other.test/r) }), 'their rule goes');
is(scalar(grep { $_->fate(5) ne 'open' } @all), 200, '... and so do all 200');
is(scalar(grep { $_->echoes } @{ $tunnel{one} }), 5, '... but not those of another rule');

$t->done;
