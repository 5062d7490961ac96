# What `sekisho check` says of policies that load and are still doubtful: each code has a policy in
# tests/lint that triggers it once and one that does not, and stands in the manual.
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Sekisho::Test;

my $t = Sekisho::Test->new;
my $dir = $t->dir;
my $top = $Sekisho::Test::TOP;
my $slurp = \&Sekisho::Daemon::slurp;
my $write = sub { my ($name, $text) = @_; open my $f, '>', "$dir/$name" or die $!; print $f $text; close $f; "$dir/$name" };
my $check = sub {
	my @args = @_;
	my $r = $t->command('check', '--json', @args);
	my $said = eval { decode_json($r->{out}) } // {};
	return { %$r, %$said, codes => [ grep { defined } map { $_->{code} } @{ $said->{findings} // [] } ] };
};

# ---- each code ---------------------------------------------------------------------------------

my ($table) = $slurp->("$top/src/catalog/lint.c") =~ /rows\[LINTS\] = \{\n(.*?)\n\};/s;
my @rows = map { [ /\{ "(SK\d+)", "([^"]+)" \}/ ] } split /\n/, $table;
my ($number) = $slurp->("$top/src/catalog/lint.h") =~ /enum lint \{(.*?)LINTS,/s;
is(scalar @rows, scalar(() = $number =~ /\bLINT_\w+/g), 'the table of codes can be read');
my $manual = $slurp->("$top/docs/sekisho.8") =~ s/\\-/-/gr;
for my $row (@rows) {
	my ($code, $summary) = @$row;
	my $r = $check->('-c', "$top/tests/lint/$code.conf");
	is("@{ $r->{codes} }", $code, "$code: $summary: once") or diag $r->{out} . $r->{err};
	is($r->{exit}, 0, '... which does not keep it from loading');
	ok($r->{findings}[0]{line} && $r->{findings}[0]{text} =~ /; | did you mean /, '... with a place and advice');
	is($t->command('check', '--strict', '-c', "$top/tests/lint/$code.conf")->{exit}, 1, '... but fails with --strict');
	$r = $check->('--strict', '-c', "$top/tests/lint/$code-ok.conf");
	is("@{ $r->{codes} }", '', '... and not where all is well') or diag $r->{out} . $r->{err};
	is($r->{exit}, 0, '... also with --strict');
	like($manual, qr/^\.It Li $code\n\Q$summary\E/m, '... and it stands in sekisho.8');
}

# ---- silencing ---------------------------------------------------------------------------------

my $one = sub { "listen explicit 127.0.0.1:3128;\ncollection c {\n\tpriority 200;\n\taction allow;\n"
	. "\trule r {\n\t\tfrom any;\n\t\tto *.github.io $_[0]\n\t}\n}\n" };
for my $case (
	[ 'https:443; # lint: SK009', 1, 'by its code' ],
	[ 'https:443;# lint:SK009', 1, 'written closely' ],
	[ 'https:443; # lint: SK013, SK009 our pages', 1, 'among several, with a reason' ],
	[ 'https:443; # lint: SK013', 0, 'not by another code' ],
	[ 'https:443; # SK009', 0, 'not without the word' ],
	[ 'https:443; # see SK009, lint: SK009', 0, 'not in the middle of a comment' ],
	[ "https:443;\n\t\t# lint: SK009", 0, 'not on another line' ],
	[ "~\"x # lint: SK009\\.example\\.com\" https:443;", 0, 'not inside quotes' ],
) {
	my ($text, $silent, $what) = @$case;
	my $r = $check->('-c', $write->('one.conf', $one->($text)));
	is("@{ $r->{codes} }", $silent ? '' : 'SK009', "silenced $what") or diag $r->{out} . $r->{err};
	is($r->{silenced}, $silent, '... and counted');
}
my $said = $t->command('check', '-c', $write->('one.conf', $one->('https:443; # lint: SK009')));
like($said->{out}, qr/ok: .*; 1 silenced$/, 'the summary says that something is silenced');
$said = $t->command('check', '--strict', '-c', $write->('one.conf', $one->('https:443;')));
like($said->{err}, qr/one\.conf:7:6: warning: .* \[SK009\]$/m, 'a finding ends with its code');
like($said->{out}, qr/refused for its warnings/, '... and the summary says why it fails');

# ---- what makes an entry unreachable -----------------------------------------------------------

sub rules {
	my ($first, $second, %o) = @_;
	return 'listen explicit 127.0.0.1:3128; ' . ($o{more} // '') . "\ncollection a { priority 200; action "
		. ($o{first} // 'allow') . "; rule r { $first } }\ncollection b { priority 300; action "
		. ($o{second} // 'allow') . "; rule s { $second } }\n";
}
for my $case (
	# earlier, later, codes
	[ 'from any; to * tcp:any;', 'from any; to a.example https:443;', 'SK008 SK001' ],
	[ 'from any; to .a.example https:443;', 'from any; to *.a.example https:443;', 'SK001' ],
	[ 'from any; to *.a.example https:443;', 'from any; to .a.example https:443;', '' ],
	[ 'from any; to *.a.example https:443;', 'from any; to a.example https:443;', '' ],
	[ 'from any; to *.a.example https:443;', 'from any; to b*.x.a.example https:443;', 'SK001' ],
	[ 'from any; to *.a.example https:443;', 'from any; to ~"b\d\.a\.example" https:443;', 'SK001' ],
	[ 'from any; to *.xa.example https:443;', 'from any; to ~"b\d\.a\.example" https:443;', '' ],
	[ 'from any; to *.pod*.a.example https:443;', 'from any; to *.pod7.a.example https:443;', 'SK001' ],
	[ 'from any; to ~"b\d\.a\.example" https:443;', 'from any; to b1.a.example https:443;', 'SK001' ],
	[ 'from any; to ~"b\d\.a\.example" https:443;', 'from any; to bx.a.example https:443;', '' ],
	[ 'from any; to 192.0.2.0/24 tcp:22; allow-address 192.0.2.0/24;',
	  'from any; to 192.0.2.7 tcp:22; allow-address 192.0.2.0/24;', 'SK001' ],
	[ 'from any; to * tcp:22;', 'from any; to 198.18.0.1 tcp:22; allow-address 198.18.0.0/15;', 'SK008' ],
	# ports
	[ 'from any; to a.example tcp:1-1000;', 'from any; to a.example https:443;', 'SK001' ],
	[ 'from any; to a.example https:443;', 'from any; to a.example tcp:443;', 'SK001' ],
	[ 'from any; to a.example https:80,443;', 'from any; to a.example http:80;', 'SK013' ],
	[ 'from any; to a.example tcp:443,444-500,501;', 'from any; to a.example tcp:443-501;', 'SK001' ],
	[ 'from any; to a.example tcp:443,445-500;', 'from any; to a.example tcp:443-500;', '' ],
	# sources
	[ 'from 10.0.0.0/8; to a.example https:443;', 'from 10.1.0.0/24; to a.example https:443;', 'SK001' ],
	[ 'from 10.0.0.0/9 10.128.0.0/9; to a.example https:443;', 'from 10.0.0.0/8; to a.example https:443;', 'SK001' ],
	[ 'from 10.1.0.0/24; to a.example https:443;', 'from 10.0.0.0/8; to a.example https:443;', '' ],
	[ 'from 10.1.0.0/24; to a.example https:443;', 'from any; to a.example https:443;', '' ],
	# identities and users
	[ 'from any; to a.example https:443;', 'from user:a; to a.example https:443;', 'SK001' ],
	[ 'from user:a; to a.example https:443;', 'from any; to a.example https:443;', '' ],
	[ 'from user:a; to a.example https:443;', 'from user:b; to a.example https:443;', '' ],
	[ 'from user:a; to a.example https:443;', 'from 10.1.0.0/24 user:a; to a.example https:443;', 'SK001' ],
	[ 'from 10.1.0.0/24 user:a; to a.example https:443;', 'from user:a; to a.example https:443;', '' ],
	[ 'from user:b user:a; to a.example https:443;', 'from user:a; to a.example https:443;', 'SK001' ],
	[ 'from user:a; to a.example https:443;', 'from user:b user:a; to a.example https:443;', '' ],
	[ 'from user:*; to a.example https:443;', 'from user:b; to a.example https:443;', 'SK001' ],
	[ 'from user:*; to a.example https:443;', 'from identity:b; to a.example https:443;', '' ],
	[ 'from user:*; to a.example https:443;', 'from identity:b user:b; to a.example https:443;', 'SK001' ],
	[ 'from identity:*; to a.example https:443;', 'from identity:"s://h/*"; to a.example https:443;', 'SK001' ],
	[ 'from identity:"s://h/a"; to a.example https:443;', 'from identity:"s://h/*"; to a.example https:443;', '' ],
	[ 'from identity:b user:a; to a.example https:443;', 'from identity:b; to a.example https:443;', '' ],
	[ 'from identity:b; to a.example https:443;', 'from identity:b user:a; to a.example https:443;', 'SK001' ],
) {
	my ($early, $late, $codes) = @$case;
	my $r = $check->('-c', $write->('two.conf', rules($early, $late)));
	my @codes = grep { !/SK01[89]/ } @{ $r->{codes} };      # nobody can be any of these here
	is("@codes", $codes, "$late behind $early") or diag $r->{out} . $r->{err};
}
for my $case (
	[ 'allow', 'deny', 'to *.a.example https:443;', 'to b.a.example https:443;', 'SK001' ],
	[ 'deny', 'allow', 'to b.a.example https:443;', 'to *.a.example https:443;', '' ],
	[ 'audit', 'allow', 'to *.a.example https:443;', 'to b.a.example https:443;', '' ],
	[ 'deny', 'audit', 'to *.a.example https:443;', 'to b.a.example https:443;', 'SK001' ],
	[ 'allow', 'deny', 'to 192.0.2.0/24 tcp:22; allow-address 192.0.2.0/24;', 'to 192.0.2.1 tcp:22;', '' ],
	[ 'deny', 'deny', 'to 192.0.2.0/24 tcp:22;', 'to 192.0.2.1 tcp:22;', 'SK001' ],
	[ 'allow', 'deny', 'to a.example https:443,8443;', 'to a.example https:443-9000;', 'SK010' ],
) {
	my ($a, $b, $early, $late, $codes) = @$case;
	my $r = $check->('-c', $write->('two.conf', rules("from any; $early", "from any; $late", first => $a, second => $b)));
	is("@{ $r->{codes} }", $codes, "$b $late behind $a $early") or diag $r->{out} . $r->{err};
}

for my $case (
	[ 'from user:a;', 'from user:a user:b;', 'SK010' ], [ 'from user:a;', 'from user:b;', '' ],
	[ 'from user:*;', 'from user:b;', 'SK001' ], [ 'from user:b;', 'from user:*;', 'SK010' ],
	[ 'from user:a;', 'from identity:a;', 'SK010' ], [ 'from identity:a;', 'from identity:b;', '' ],
	[ 'from 10.1.0.0/24 user:a;', 'from 10.2.0.0/24 user:a;', '' ],
) {
	my ($early, $late, $codes) = @$case;
	my $r = $check->('-c', $write->('two.conf', rules("$early to a.example https:443;",
		"$late to a.example https:443;", first => 'deny', second => 'allow')));
	my @codes = grep { !/SK01[89]/ } @{ $r->{codes} };
	is("@codes", $codes, "denied $early then allowed $late") or diag $r->{out} . $r->{err};
}

# ---- identities --------------------------------------------------------------------------------

is(system("'$top/certs/make-test-certs' --kinds client '$dir/certs' >/dev/null 2>&1"), 0, 'a CA for clients is made');
my $named = $check->('--strict', '-c', $write->('named.conf', <<'CONF'));
listen explicit 127.0.0.1:3128;
client-ca certs/ca.crt;
fqdn-group fleet { vm1.example.com; }
collection c { priority 200; action allow; rule r { from identity:group:fleet; to a.example.com https:443; } }
CONF
unlike("@{ $named->{codes} }", qr/SK019/, 'client-ca vouches for identities') or diag $named->{out} . $named->{err};
unlike("@{ $named->{codes} }", qr/SK005/, '... and a group of identities is used') or diag $named->{out} . $named->{err};
like($t->command('check', '-c', "$dir/named.conf")->{out}, qr/, 1 identities, 0 expectations hold/, '... which are counted');

# ---- users -------------------------------------------------------------------------------------

$write->('users', 'alice:' . crypt('secret', '$6$abcdefgh') . "\n");
chmod 0600, "$dir/users";
$named = $check->('-c', $write->('users.conf', <<'CONF'));
listen explicit 127.0.0.1:3128;
auth-users users;
auth allow-cleartext;
collection c { priority 200; action allow; rule r { from user:alice; to a.example.com https:443; } }
CONF
ok($named->{ok}, 'a policy with users loads') or diag $named->{out} . $named->{err};
unlike("@{ $named->{codes} }", qr/SK018/, '... and auth-users says who is one') or diag $named->{out} . $named->{err};
$named = $check->('-c', $write->('nobody.conf', <<'CONF'));
listen explicit 127.0.0.1:3128;
auth-users users;
auth allow-cleartext;
collection c { priority 200; action allow; rule r { from user:alice user:ali user:*; to a.example.com https:443; } }
CONF
is(scalar(grep { $_ eq 'SK018' } @{ $named->{codes} }), 1, 'a user who is not in the file is found');
like($named->{out} . $named->{err}, qr/user:ali\b.*has no such user; make one with/, '... by name');
for my $case ([ '', 'identity:cn:vm1', 1 ], [ 'client-identity uri dns cn;', 'identity:cn:vm1', 0 ],
	[ 'client-identity dns;', 'identity:spiffe://a/b', 1 ], [ '', 'identity:spiffe://a/b', 0 ],
	[ 'client-identity cn;', 'identity:vm1.example.com identity:*', 0 ]) {
	my ($setting, $word, $found) = @$case;
	my $r = $check->('-c', $write->('kinds.conf', "listen explicit 127.0.0.1:3128;\nclient-ca certs/ca.crt;\n$setting\n"
		. "collection c { priority 200; action allow; rule r { from $word; to a.example.com https:443; } }\n"));
	is(scalar(grep { $_ eq 'SK019' } @{ $r->{codes} }), $found, "$word with \"$setting\"") or diag $r->{out} . $r->{err};
}

# ---- groups, tags of one's own, tags of the catalog --------------------------------------------

$write->('wide.tag', "tag Wide { entry *.blob.core.windows.net https:443; entry a.example https:443; }\n");
$write->('names.list', "a.example\n*.github.io\nb.example   # lint: SK003\na.example\nb.example # lint: SK003\n");
my $mixed = $check->('-c', $write->('mixed.conf', <<'CONF'));
listen explicit 127.0.0.1:3128;
include wide.tag;
tag Mine { entry *.vault.azure.net https:443; }
ip-group vms { 10.1.0.0/24; 10.1.0.9; }
fqdn-group names { file names.list; }
collection c {
	priority 200;
	action allow;
	rule one { from vms; to group:names https:443; }
	rule two { from 10.2.0.0/24; to tag:Wide tag:Mine; }
	rule three { from 10.3.0.0/24; to tag:Wide tag:Mine; }
	rule four { from 10.3.0.0/25; to b.example https:443; to tag:Wide; }
}
CONF
my @found = map { ($_->{file} =~ m{([^/]+)$})[0] . ":$_->{line} $_->{severity} $_->{code}" } @{ $mixed->{findings} };
is(join("\n", sort @found), join("\n", sort
	'mixed.conf:3 warning SK009', 'mixed.conf:4 warning SK003', 'mixed.conf:10 note SK009',
	'mixed.conf:12 note SK002', 'names.list:2 warning SK009', 'names.list:4 warning SK003'),
	'each is found where it can be changed, and once') or diag $mixed->{out};

# ---- what ships --------------------------------------------------------------------------------

my $all = $write->('all.conf', "listen explicit 127.0.0.1:3128;\nparam region japaneast;\nparam workspace_id sample;\n"
	. "include $top/policies/catalog/*.tag;\ninclude $top/policies/*.policy;\n");
$said = $t->command('check', '--strict', '-c', $all);
is($said->{exit}, 0, 'all that ships passes --strict') or diag $said->{err};
unlike($said->{err}, qr/warning:/, '... without a warning');

$t->done;
