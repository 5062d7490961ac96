# `sekisho learn`: what it makes of a real log and of made ones, that its output loads and is the same each
# time, and that nothing of a log becomes policy.
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Sekisho::Test;

my $t = Sekisho::Test->new;
my $dir = $t->dir;
my $top = $Sekisho::Test::TOP;
my $write = sub { my ($name, $text) = @_; open my $f, '>', "$dir/$name" or die $!; print $f $text; close $f; "$dir/$name" };
my $json = sub { my $r = $t->command('learn', '--json', @_); return eval { decode_json($r->{out}) } // { why => $r->{err} } };
my $listen = "listen explicit 127.0.0.1:3128;\naccess-log off;\n";

# The output as text, checked: it loads, behind `conf`, without a warning besides those that were there.
my $proposal = sub {
	my ($conf, @args) = @_;
	my $r = $t->command('learn', '-c', $conf, @args);
	is($r->{exit}, 0, 'learn: exit code 0') or diag $r->{err};
	my $policy = $write->('learned.policy', $r->{out});
	my $c = $t->command('check', '-c', $write->('both.conf', "include $conf;\ninclude $policy;\n"));
	is($c->{exit}, 0, '... and what it proposes loads') or diag $c->{err}, $r->{out};
	is($t->command('learn', '-c', $conf, @args)->{out}, $r->{out}, '... and is the same every time');
	return $r->{out};
};

# ---- a real run --------------------------------------------------------------------------------

my $echo = $t->echo;
my $p = $echo->port;
$t->dns(map { $_ => $t->host } qw(a.test b.test one.wild.test two.wild.test c.audited.test));
my $px = $t->daemon(<<"CONF");
default audit;
ip-group here { 127.0.0.0/8; }
tag Both { entry a.test tcp:$p; entry b.test tcp:$p; }
collection no { priority 110; action deny; rule never { from any; to denied.test tcp:any; } }
collection watch { priority 200; action audit; rule w { from any; to *.audited.test tcp:any; } }
collection main {
	priority 300;
	action allow;
	rule wild { from here; to *.wild.test *.audited.test tcp:$p; }
	rule idle { from here; to idle.test tcp:$p; }
}
CONF
for my $name (qw(a.test a.test b.test one.wild.test two.wild.test one.wild.test c.audited.test)) {
	my $c = $px->connect("$name:$p");
	is($c->status, 200, "$name passes") or next;
	ok($c->echoes('x'), '... and is used');
	$c->close;
	$px->end_of($c);
}
$px->end_of($px->connect('denied.test:443'));
my $real = $px->path('sekisho.conf');
my $said = $proposal->($real, $px->log_path);
like($said, qr/^# From 8 sessions between \d{4}-/m, 'it says how much it has read');
like($said, qr/# 1 session was refused for other reasons/, '... and what it is not about');
like($said, qr/rule tag-Both-from-here \{\n\t+from here;\n\t+to   tag:Both;\n/, 'a tag explains what passed by default audit');
like($said, qr/^\t#   a\.test tcp:$p  2 times by 1 source, last \d{4}-/m, '... with counts and times');
like($said, qr/collection learned-audited \{\n\tpriority 199;.*?\n\t+to   c\.audited\.test tcp:$p;/s,
	'what an audit collection would deny goes before it');
like($said, qr/\*\.wild\.test .* matched 2 in 3 sessions.*\n#\t+to   one\.wild\.test tcp:$p;\n#\t+to   two\.wild\.test tcp:$p;\n/,
	'names in place of a wildcard');
like($said, qr/# Rules that nothing used.*\n#   main\/idle \(.*sekisho\.conf:\d+\)\n\n/, 'the rule that nothing used, and no other');
unlike($said, qr/^[^#]*denied\.test/m, 'what a deny rule decided is left alone');

# With the proposal in force nothing is left to propose.
my $next = $json->('-c', "$dir/both.conf", $px->log_path);
is(join(' ', sort map { "$_->{host}=$_->{proposal}" } @{ $next->{refused} }),
	'a.test=open b.test=open c.audited.test=open', 'once it is in force, all of it is open') or diag $next->{why};
is_deeply($json->('-c', $real, '--few', 1, $px->log_path)->{narrower}[0]{names}, [ "c.audited.test tcp:$p" ],
	'--few says how many names are few');

# ---- made logs ---------------------------------------------------------------------------------

my @lines;
sub rec {
	my %r = (schema => 1, type => 'access', time => '2026-11-20T10:00:00.000Z', event => 'end', client_ip => '10.1.0.9',
		method => 'CONNECT', port => 443, action => 'deny', reason => 'no_rule', @_);
	push @lines, JSON::PP->new->canonical->encode(\%r);
}
my $conf = $write->('made.conf', <<"CONF");
$listen
param region japaneast;
include $top/policies/catalog/*.tag;
ip-group vms { 10.1.0.0/24; }
ip-group wide { 10.0.0.0/8; }
collection no { priority 150; action deny; rule never { from any; to evil.example tcp:any; } }
collection main {
	priority 65000;
	action allow;
	rule all { from vms wide; to now-open.example https:443; }
	rule mars { from vms; to tag:AzureBackupMARS; }
	rule known { from vms user:alice; to users-only.example https:443; }
}
expect deny 10.1.0.77 closed.example https:443;
expect deny 10.1.0.77 user:mallory closed-to-one.example https:443;
expect deny 10.1.0.77 nodes.\${region}.example https:443;
CONF
rec(host => $_) for qw(mcr.microsoft.com eastus.data.mcr.microsoft.com packages.aks.azure.com acs-mirror.azureedge.net);
rec(host => $_, client_ip => '10.200.0.9') for qw(www.example docs.microsoft.com);
rec(host => 'www.example', client_ip => "10.200.0.$_", time => "2026-11-21T00:00:0$_.000Z") for 1 .. 3;
rec(host => 'old.example', client_ip => '192.0.2.9', port => 3260);
rec(host => 'old.example', client_ip => '192.0.2.200', port => 80, method => 'GET');
rec(host => 'six.example', client_ip => '2001:db8:5::9');
rec(host => '93.184.216.34', client_ip => '192.0.2.9');
rec(host => '10.9.9.9', client_ip => '192.0.2.9');
rec(host => 'closed.example');
rec(host => 'nodes.japaneast.example');
rec(host => 'now-open.example');
rec(host => 'users-only.example');
rec(host => 'closed-to-one.example');
rec(host => 'evil.example');
my %mars = (action => 'allow', reason => 'completed', proto => 'https', collection => 'main', rule => 'mars');
rec(host => $_, %mars) for qw(one.blob.core.windows.net one.blob.core.windows.net);
rec(host => 'gone.example', %mars);
my $log = $write->('made.jsonl', join '', map { "$_\n" } @lines);
$said = $proposal->($conf, $log);
like($said, qr/\tfrom vms;\n\t+to   tag:AzureKubernetesService;/, 'four names of one system: its tag, for the smallest group');
like($said, qr/\tfrom wide;\n\t+to   docs\.microsoft\.com https:443;.*\n\t+to   www\.example https:443;   # 4 times by 4 sources, last 2026-11-21T00:00:03\.000Z\n/,
	'a wide wildcard of a tag explains nothing; counts and times are summed up');
like($said, qr/\trule net-192-0-2-0-24 \{\n\t+from 192\.0\.2\.0\/24;\n\t+to   93\.184\.216\.34 https:443;.*\n\t+to   old\.example http:80;.*\n\t+to   old\.example tcp:3260;/,
	'others by their /24, with the protocol that fits');
like($said, qr/\tfrom 2001:db8:5::\/64;/, '... or /64');
for my $case ([ '10.9.9.9', qr/the address guard/ ], [ 'closed.example', qr/"expect deny" at .*made\.conf:\d+/ ],
	[ 'users-only.example', qr/the policy allows it by now, to some at least/ ], [ 'closed-to-one.example', qr/"expect deny" at / ],
	[ 'nodes.japaneast.example', qr/"expect deny"/ ], [ 'now-open.example', qr/the policy allows it by now/ ],
	[ 'evil.example', qr/a deny rule decides/ ]) {
	like($said, qr/^#   \Q$case->[0]\E https:443 from [^\n]*: $case->[1]/m, "$case->[0] is not proposed");
	unlike($said, qr/^[^#\n]*\Q$case->[0]\E/m, '... in no other line either');
}
like($said, qr/# 1 session would be decided by another rule by now/, 'a rule that decides otherwise by now is said');
like($said, qr/blob\.core\.windows\.net|windows\.net .*matched 1 in 2 sessions/, 'a wildcard of a tag that matched one name');
like($said, qr/collection learned \{\n\tpriority 64999;/, 'a free priority, though the last one is taken');

my $shuffled = $write->('shuffled.jsonl', join '', map { "$_\n" } reverse @lines);
is($t->command('learn', '-c', $conf, $shuffled)->{out}, $said, 'the order of the log does not matter');
my $half = $write->('half.jsonl', join '', map { "$_\n" } @lines[0 .. 9]);
my $rest = $write->('rest.jsonl', join '', map { "$_\n" } @lines[10 .. $#lines]);
is($t->command('learn', '-c', $conf, $rest, $half)->{out}, $said, 'several logs are one');
my $data = $json->('-c', $conf, $log);
is(scalar @{ $data->{refused} }, 17, '--json lists every destination') or diag $data->{why};
is($data->{tags}[0]{tag}, 'AzureKubernetesService', '... the tags');
is($data->{log}{sessions}, scalar @lines, '... and what was read');

# ---- the catalog alone -------------------------------------------------------------------------

my $r = $t->command('learn', '--catalog', "$top/policies/catalog", '--set', 'region=japaneast', $log);
is($r->{exit}, 0, 'with --catalog no configuration is needed') or diag $r->{err};
like($r->{out}, qr/^include "\Q$top\E\/policies\/catalog\/\*\.tag";$/m, '... the output includes the tags');
$r = $t->command('check', '--set', 'region=japaneast', '-c', $write->('alone.policy', $r->{out}));
is($r->{exit}, 0, '... and loads by itself') or diag $r->{err};
$r = $t->command('learn', '--catalog', "$top/policies/catalog", $log);
unlike($r->{out}, qr/^[^#]*tag:AzureKubernetesService/m, 'a tag that needs a parameter without a value is not proposed');

# ---- a log is untrusted ------------------------------------------------------------------------

my @clean = @lines;
my $evil = "x.example https:443; }\n} collection evil { priority 101; action allow; rule r { from any; to * tcp:any;";
@lines = ();
for my $bad ($evil, "a.example\nto b.example https:443;", "a.example # b", '${region}.example', '*.com', '.com', '~"a"',
	'tag:AzurePortal', 'EVIL.example', "m\x{fc}nchen.example", '0x7f.1', '127.1', '1.2.3.4:443', 'a' x 300, '', ' ') {
	rec(host => $bad);
	rec(host => 'a.example', client_ip => $bad);
	rec(host => 'a.example', time => $bad);
	rec(host => 'a.example', %mars, collection => $bad, rule => $bad);
	rec(host => 'a.example', would_deny => { collection => $bad, rule => $bad, file => $bad, line => 1 }, action => 'allow');
	rec(host => $bad, proto => $bad, method => $bad, reason => $bad, sni => $bad);
	rec(host => 'a.example', port => $bad);
}
rec(host => 'a.example', port => $_) for 0, -1, 65536, 4294967739, 1e300, [], {};
push @lines, '', '{', '[]', 'null', '{"type":"access"}', "\x00\x01\xff", '[' x 100000, '{"type":"lost","lost":"many"}',
	'{"schema":1,"type":"access","event":"end","host":"' . 'h' x 70000 . '"}', substr $clean[0], 0, 60;
my $dirty = $write->('dirty.jsonl', join '', map { utf8::encode(my $line = $_); "$line\n" } @lines);
$said = $proposal->($conf, $dirty);
unlike($said, qr/[^\n -~\t]/, 'only plain characters come out');
my @out = grep { !/^\s*(#|$)/ } split /\n/, $said;
is(join('|', grep { !/^(collection learned(-audited)? \{|\t(priority \d+;|action   allow;|rule [\w-]+ \{|\})|\t\tfrom vms;|\t\tto   a\.example https:443;   # [^\n]*|\})$/ } @out),
	'', 'and nothing but what the one valid name needs');
$r = $t->command('learn', '-c', $conf, $dirty);
like($r->{err}, qr/\d+ of \d+ lines could not be read and were passed over/, 'the lines that were passed over are counted');
like($r->{out}, qr/^# \d+ sessions had no valid name or port/m, '... and so are the names');
$r = $t->command('check', '--dump', '-c', "$dir/both.conf");
unlike($r->{out}, qr/collection evil/, 'no line of the log has become policy');

# ---- calls -------------------------------------------------------------------------------------

is($t->command('learn', '-c', $conf)->{exit}, 2, 'no log: exit code 2');
is($t->command('learn', '-c', $conf, '--few', 'x', $log)->{exit}, 2, 'a bad number: exit code 2');
is($t->command('learn', '-c', $conf, '--catalog', $dir, $log)->{exit}, 2, 'configuration and catalog: exit code 2');
$r = $t->command('learn', '-c', $conf, "$dir/none.jsonl");
is($r->{exit}, 1, 'a log that is not there: exit code 1');
like($r->{err}, qr/none\.jsonl: No such file/, '... with its name');
is($r->{out}, '', '... and no half a proposal');
$r = $t->command('learn', '-c', $conf, $write->('empty.jsonl', ''));
is($r->{exit}, 0, 'an empty log');
like($r->{out}, qr/# Nothing to open\./, '... proposes nothing');
my $piped = `'$t->{binary}' learn -c '$conf' - < '$log'`;
is($piped, $t->command('learn', '-c', $conf, $log)->{out}, '"-" is standard input');

$t->done;
