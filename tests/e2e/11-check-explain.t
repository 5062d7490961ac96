# The offline commands: exit codes, places of errors, and explanations that agree with the daemon.
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Sekisho::Test;

my $t = Sekisho::Test->new;
my $dir = $t->dir;
my $write = sub { my ($name, $text) = @_; open my $f, '>', "$dir/$name" or die $!; print $f $text; close $f; "$dir/$name" };

my $good = <<'CONF';
# a comment
listen explicit 127.0.0.1:3128;
resolver 127.0.0.1:53;
access-log off;
param region japaneast;
ip-group vms {
    10.1.0.0/24;
    10.2.0.4;
}
fqdn-group names {
    a.example;
    *.b.example;
}
collection blocks {
    priority 100;
    action deny;
    rule no {
        from any;
        to evil.example tcp:any;
    }
}
collection main {
    priority 200;
    action allow;
    rule web {
        from vms;
        to group:names https:443;
        to pod*-rec2.${geo}.backup.windowsazure.com tcp:3260;
        to ~"r\d+\.example" https:443,8443;
        until 2099-01-01T00:00:00Z;
    }
}
expect allow 10.1.0.9 a.example https:443;
expect deny 10.1.0.9 evil.example tcp:22;
CONF
my $file = $write->('good.conf', $good);

# ---- check -------------------------------------------------------------------------------------

my $r = $t->command('check', '-c', $file);
is($r->{exit}, 0, 'a good file: exit code 0') or diag $r->{err};
my @lines = split /^/, $good;
my @wrong;
for my $n (1 .. @lines) {
	my @broken = @lines;
	$broken[$n - 1] = "!bad! x; $broken[$n - 1]";
	my $path = $write->('broken.conf', join '', @broken);
	my $r = $t->command('check', '-c', $path);
	push @wrong, "line $n: exit $r->{exit}: $r->{err}" if $r->{exit} ne '1' || $r->{err} !~ /broken\.conf:$n:\d+: error: /;
}
is(join("\n", @wrong), '', 'broken at any one line: exit code 1, and the line is named');
my @survives;
for my $n (1 .. @lines) {               # cut off anywhere: never a crash, never silently half a policy
	my $r = $t->command('check', '-c', $write->('cut.conf', join '', @lines[0 .. $n - 1]));
	my $depth = () = join('', @lines[0 .. $n - 1]) =~ /(?<!\$)\{/g;
	$depth -= () = join('', @lines[0 .. $n - 1]) =~ /^\s*\}/mg;
	push @survives, "line $n: exit $r->{exit}" if $r->{exit} !~ /^[01]$/ || $depth > 0 && $r->{exit} != 1;
}
is(join("\n", @survives), '', 'cut off after any line: refused inside a block, and never a crash');

for my $case (
	# what, text instead of the line that matches, line, what is said
	[ 'a misspelt action', qr/action allow/, "    action alow;\n", qr/did you mean "allow"/ ],
	[ 'a misspelt directive', qr/priority 200/, "    priorty 200;\n", qr/did you mean "priority"/ ],
	[ 'a missing port', qr/to group:names/, "        to group:names;\n", qr/https:443|PROTO:PORT/ ],
	[ 'an unknown group', qr/from vms/, "        from vmz;\n", qr/vmz/ ],
	[ 'two collections with one priority', qr/priority 200/, "    priority 100;\n", qr/priority/ ],
	[ 'a port out of range', qr/to group:names/, "        to group:names https:65536;\n", qr/65536/ ],
	[ 'a bad regular expression', qr/to ~/, "        to ~\"a(\" https:443;\n", qr/offset|parenthes/ ],
	[ 'a double star', qr/to group:names/, "        to **.example https:443;\n", qr/\*\*/ ],
	[ 'a bad date', qr/until/, "        until tomorrow;\n", qr/tomorrow/ ],
	[ 'a broken expectation', qr/^expect allow/, "expect allow 10.9.9.9 a.example https:443;\n", qr/a\.example/ ],
	[ 'an unknown region where ${geo} is used', qr/param region/, "param region atlantis;\n", qr/atlantis/ ],
) {
	my ($what, $match, $with, $said) = @$case;
	my ($n) = grep { $lines[$_ - 1] =~ $match } 1 .. @lines;
	my @broken = @lines;
	$broken[$n - 1] = $with;
	my $r = $t->command('check', '-c', $write->('broken.conf', join '', @broken));
	is($r->{exit}, 1, "$what: exit code 1");
	like($r->{err}, $said, '... and what is wrong');
	like($r->{err}, qr/broken\.conf:(?:$n|\d+):\d+: error/, '... and where');
}
$r = $t->command('check', '-c', $write->('broken.conf', $good =~ s/action/actoin/gr));
is(scalar(() = $r->{err} =~ /: error: /g) >= 2 ? 1 : 0, 1, 'several errors in one run');
is($t->command('check', '-c', "$dir/missing.conf")->{exit}, 1, 'a missing file: exit code 1');
is($t->command('check', '--nonsense')->{exit}, 2, 'an unknown option: exit code 2');
is($t->command('nonsense')->{exit}, 2, 'an unknown command: exit code 2');
is($t->command()->{exit}, 2, 'no command: exit code 2');
is($t->command('serve', '-c', $write->('broken.conf', "nonsense;\n"))->{exit}, 1, 'serve ends with 1 on a broken file');

# ---- --dump and --set --------------------------------------------------------------------------

$r = $t->command('check', '-c', $file, '--dump');
is($r->{exit}, 0, 'check --dump');
like($r->{out}, qr/collection main/, '... prints the configuration');
like($r->{out}, qr/idle-timeout\s+1h/, '... with the presets of what is absent');
my $again = $t->command('check', '-c', $write->('dumped.conf', $r->{out}), '--dump');
is($again->{exit}, 0, '... which can be loaded again') or diag $again->{err};
is($again->{out} =~ s/^\s*#.*\n//mgr, $r->{out} =~ s/^\s*#.*\n//mgr, '... and means the same');
$r = $t->command('explain', '-c', $file, '--set', 'region=westeurope', '--from', '10.1.0.9', 'HOST', 'tcp:3260');
is($r->{exit}, 1, 'explain HOST PROTO:PORT takes a name as it is');
is($t->command('explain', '-c', $file, '--from', '10.1.0.9', 'pod01-rec2.jpe.backup.windowsazure.com', 'tcp:3260')->{exit}, 0, 'the region\'s code from the file');
is($t->command('explain', '-c', $file, '--set', 'region=westeurope', '--from', '10.1.0.9', 'pod01-rec2.we.backup.windowsazure.com', 'tcp:3260')->{exit}, 0, '--set wins over it');

# ---- explain -----------------------------------------------------------------------------------

for my $case (
	# from, question, exit, what is said
	[ '10.1.0.9', 'a.example:443', 0, qr/good\.conf:25\b/ ],
	[ '10.1.0.9', 'x.b.example:443', 0, qr/web/ ],
	[ '10.1.0.9', 'R7.example:8443', 0, qr/web/ ],
	[ '10.1.0.9', 'b.example:443', 1, qr/no rule|no_rule/ ],
	[ '10.1.0.9', 'a.example:444', 1, qr/443/ ],
	[ '10.3.0.9', 'a.example:443', 1, qr/10\.3\.0\.9|source/ ],
	[ '10.1.0.9', 'evil.example:443', 1, qr/good\.conf:17\b/ ],
	[ '10.1.0.9', '1.2.3.4:443', 1, qr/./ ],
) {
	my ($from, $ask, $exit, $said) = @$case;
	my $r = $t->command('explain', '-c', $file, '--from', $from, $ask);
	is($r->{exit}, $exit, "explain $from $ask: exit code $exit") or diag $r->{out} . $r->{err};
	like($r->{out}, $said, '... and says why');
}
$r = $t->command('explain', '-c', $file, '--json', '--from', '10.1.0.9', 'a.example:443');
my $json = eval { decode_json($r->{out}) };
is(ref $json, 'HASH', 'explain --json prints JSON') or diag $r->{out};
like($r->{out}, qr/"allow"/, '... with the action');
like($r->{out}, qr/good\.conf/, '... and the place');
is($t->command('explain', '-c', $file, 'a.example:443')->{exit}, 2, 'without --from: exit code 2');
is($t->command('explain', '-c', $file, '--from', 'nowhere', 'a.example:443')->{exit}, 2, 'a bad source: exit code 2');

my $who = $write->('who.conf', <<'CONF');
listen explicit 127.0.0.1:3128;
collection c { priority 200; action allow; rule r {
	from 10.0.0.0/8 identity:"spiffe://site/vm/*" user:alice;
	to a.example https:443;
} }
expect allow 10.1.0.9 identity:spiffe://site/vm/x user:alice a.example https:443;
expect deny 10.1.0.9 user:alice a.example https:443;
CONF
for my $case (
	[ '', 1, qr/nearest miss: .* it needs a client certificate: it has identity:spiffe:.*; it needs a user: it has user:alice/ ],
	[ '--user alice', 1, qr/but it needs a client certificate/ ],
	[ '--user bob --identity spiffe://site/vm/x', 1, qr/but not the user: it has user:alice/ ],
	[ '--user alice --identity spiffe://site/vm/x/y', 1, qr/but the identity does not match: it has identity:spiffe/ ],
	[ '--user alice --identity vm.example', 1, qr/but the identity does not match/ ],
	[ '--user alice --identity cn:spiffe://site/vm/x', 1, qr/but the identity does not match/ ],
	[ '--user alice --identity spiffe://site/vm/x', 0, qr/allow as https by c\/r/ ],
	[ '--user a:b', 2, qr/^$/ ], [ '--identity *.example', 2, qr/^$/ ],
) {
	my ($options, $exit, $said) = @$case;
	my $r = $t->command('explain', '-c', $who, '--from', '10.1.0.9', split(/ /, $options), 'a.example:443');
	is($r->{exit}, $exit, "explain $options: exit code $exit") or diag $r->{out} . $r->{err};
	like($r->{out}, $said, '... and says why');
}
my $dump = $write->('dumped.conf', $t->command('check', '--dump', '-c', $who)->{out});
is($t->command('check', '--dump', '-c', $dump)->{out}, Sekisho::Daemon::slurp($dump), 'identities come through a dump and mean the same');

# ---- what ships --------------------------------------------------------------------------------

my $main = $write->('ships.conf', "listen explicit 127.0.0.1:3128;\nparam region japaneast;\n"
	. "include $Sekisho::Test::TOP/policies/catalog/*.tag;\ninclude $Sekisho::Test::TOP/policies/azure-backup.policy;\n");
$r = $t->command('check', '-c', $main);
is($r->{exit}, 0, 'the Azure Backup policy loads and its expectations hold') or diag $r->{err};
for my $region (qw(westeurope eastus2 francecentral)) {
	is($t->command('check', '-c', $main, '--set', "region=$region")->{exit}, 0, "... in $region");
}
$r = $t->command('explain', '-c', $main, '--from', '10.1.0.9', 'pod01-rec2.jpe.backup.windowsazure.com:443');
is($r->{exit}, 0, 'file restore is allowed');
$r = $t->command('explain', '-c', $main, '--from', '10.1.0.9', 'evilwindowsazure.com:443');
is($r->{exit}, 1, 'a look-alike is not');

$t->done;
