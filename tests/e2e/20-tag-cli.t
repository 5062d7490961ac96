# The catalog from the command line: listing, showing, comparing, importing; and how long the whole takes to load.
use FindBin;
use lib "$FindBin::Bin/lib";
use Cwd qw(abs_path);
use JSON::PP;
use Sekisho::Test;
use Time::HiRes qw(time);

my $t = Sekisho::Test->new;
my $dir = $t->dir;
my $catalog = abs_path("$FindBin::Bin/../../policies/catalog");
my $write = sub {
	my ($name, $text) = @_;
	open my $f, '>', "$dir/$name" or die "$name: $!";
	print $f $text;
	close $f or die "$name: $!";
	return "$dir/$name";
};
my $read = sub { open my $f, '<', $_[0] or return ''; local $/; return scalar <$f> };
my $tag = sub { $t->command('tag', @_) };
my $check = sub { $t->command('check', '-c', $write->($_[0], $_[1])) };

# ---- calls -------------------------------------------------------------------------------------

is($tag->()->{exit}, 2, 'no action is a wrong call');
my $r = $tag->('shw', 'X');
is($r->{exit}, 2, 'a misspelt action is a wrong call');
like($r->{err}, qr/did you mean "show"/, '... with the right one');
is($tag->('import', 'sqid', '/dev/null')->{exit}, 2, 'a misspelt kind is a wrong call');
is($tag->('show')->{exit}, 2, 'show wants a name');
is($tag->('list', '-c', 'x', '--catalog', 'y')->{exit}, 2, 'one place at a time');
is($tag->('list', '--catalog', "$dir/none")->{exit}, 1, 'a folder that is not there');
is($tag->('import', 'squid', "$dir/none")->{exit}, 1, 'a file that is not there');
like($tag->('--help')->{out}, qr/sekisho tag import KIND FILE/, 'help');

# ---- list and show -----------------------------------------------------------------------------

$r = $tag->('list', '--catalog', $catalog);
is($r->{exit}, 0, 'the shipped catalog can be listed') or diag $r->{err};
is($r->{err}, '', '... and every entry has a source');
like($r->{out}, qr/^AzureBackupMARS +13 +8 +3 +0 +1 +2021-06-04 +current +profiles: government$/m, '... with counts, date, state');
like($r->{out}, qr/^LogAnalyticsAgent .* deprecated$/m, '... and what is deprecated');
my $list = decode_json($tag->('list', '--catalog', $catalog, '--json')->{out});
cmp_ok(scalar @$list, '>', 40, 'as JSON too');

my $own = <<'TAGS';
tag Outer {
    entry a.example https:443 "the front" source "page 1" as-of 2026-01-02;
    entry ${who}.example https:443 "yours" source "page 1";
    entry ${nobody}.example https:443 optional source "page 1";
    entry b.example https:443 optional "extra" source "page 2";
    entry c.example https:443 profile p1,p2 source "page 2";
    entry d.example tcp:443 direct source "page 3";
    entry g.example https:443 profile government source "page 3";
    entry service-tag:Storage.${region} tcp:443 source "page 4";
    include Inner;
}
tag Inner { entry in.example https:443 "inside"; }
tag Old { deprecated "use Outer"; entry o.example https:443 source "x"; }
TAGS
mkdir "$dir/tags" or die;
$write->('tags/own.tag', $own);
$r = $tag->('list', '--catalog', "$dir/tags");
is($r->{exit}, 0, 'a folder of one');
like($r->{err}, qr/own\.tag:12:\d+: warning: "in\.example" of tag "Inner" names no source/, 'an entry without source is warned of');

my @params = ('--set', 'who=me', '--set', 'region=japaneast');
$r = $tag->('show', 'Outer', '--catalog', "$dir/tags", @params, '--json');
is($r->{exit}, 0, 'show') or diag $r->{err};
my $shown = decode_json($r->{out});
my %fate = map { $_->{pattern} => $_->{fate} } @{ $shown->{entries} };
is_deeply(\%fate, {
	'a.example' => 'open', '${who}.example' => 'open', '${nobody}.example' => 'optional', 'b.example' => 'optional',
	'c.example' => 'profile', 'd.example' => 'direct', 'g.example' => 'profile',
	'service-tag:Storage.${region}' => 'service-tag', 'in.example' => 'open' }, '... says what becomes of each entry');
my %entry = map { $_->{pattern} => $_ } @{ $shown->{entries} };
is_deeply($entry{'${who}.example'}{resolved}, ['me.example'], '... with parameters resolved');
is_deeply($entry{'service-tag:Storage.${region}'}{resolved}, ['service-tag:Storage.japaneast'], '... in service tags too');
is_deeply($entry{'in.example'}{through}, ['Outer'], '... with the way by which it came in');
is($entry{'a.example'}{source} . $entry{'a.example'}{as_of} . $entry{'a.example'}{purpose}, 'page 12026-01-02the front',
	'... with source, date and purpose');
like($entry{'c.example'}{left_out}, qr/tag:Outer\+p1/, '... and with what would open it');
like($entry{'service-tag:Storage.${region}'}{left_out}, qr/sekisho tag import service-tags/, '... or load it');
$r = $tag->('show', 'tag:Outer+optional+p2', '--catalog', "$dir/tags", @params, '--set', 'cloud=government', '--json');
%fate = map { $_->{pattern} => $_->{fate} } @{ decode_json($r->{out})->{entries} };
is_deeply([ @fate{qw(b.example c.example g.example d.example), '${nobody}.example'} ], [qw(open open open direct parameter)],
	'parts and the cloud open their entries');
$r = $tag->('show', 'Outr', '--catalog', "$dir/tags");
is($r->{exit}, 1, 'an unknown tag');
like($r->{err}, qr/unknown tag "Outr"; did you mean "Outer"/, '... with a better one');
is($tag->('show', 'Outer+nix', '--catalog', "$dir/tags")->{exit}, 1, 'an unknown profile');
like($tag->('show', 'Outer', '--catalog', "$dir/tags", @params)->{out}, qr/in\.example.*\n +through Inner\n +for inside/, 'as text');
$write->('with.conf', "include tags/*.tag;\nparam who me;\n");
like($tag->('show', 'Outer', '-c', "$dir/with.conf")->{out}, qr/is me\.example/, 'in a configuration, with its parameters');

# ---- diff --------------------------------------------------------------------------------------

is($tag->('diff', $catalog, $catalog)->{exit}, 0, 'a catalog is the same as itself');
mkdir "$dir/newer" or die;
(my $newer = $own) =~ s/entry a\.example https:443/entry a.example https:443,http:80/;
$newer =~ s/    entry b\.example https:443 optional/    entry b.example https:443/;
$newer =~ s/    entry c\.example.*\n//;
$newer =~ s/the front/the entrance/;
$newer =~ s/^tag Old.*\n//m;
$write->('newer/own.tag', "${newer}tag New { entry n.example https:443; }\n");
$r = $tag->('diff', "$dir/tags", "$dir/newer");
is($r->{exit}, 1, 'a difference: exit code 1');
my ($more, $less, $words) = $r->{out} =~ /^Opens more.*?\n(.*)^Opens less.*?\n(.*)^Opens the same.*?\n(.*)/ms;
like($more, qr/~ Outer: a\.example https:443,http:80 \(ports "https:443" -> "https:443,http:80"\)/, '... a port more');
like($more, qr/~ Outer: b\.example https:443 \(standing "optional" -> "required"\)/, '... needed where it was optional');
like($more, qr/\+ New: n\.example/, '... a tag more');
like($less, qr/- Outer: c\.example https:443 \(required profile p1,p2\)/, '... an entry less');
like($less, qr/- Old: o\.example/, '... a tag less');
like($words, qr/purpose "the front" -> "the entrance"/, '... other words');
my $differences = decode_json($tag->('diff', "$dir/tags", "$dir/newer", '--json')->{out});
is(scalar(grep { $_->{effect} eq 'opens' } @$differences), 3, '... as JSON too');
$r = $tag->('diff', "$dir/newer", "$dir/tags");
is($r->{out} =~ /Opens more \((\d+)\)/ && $1, 2, 'the way back opens what was closed');

# ---- service tags ------------------------------------------------------------------------------

my $small = { changeNumber => 7, cloud => 'Public', surprise => 1, values => [
	{ name => 'Storage.JapanEast', id => 'x', properties => { addressPrefixes => [ '41.1.2.0/24', '41.1.0.0/24',
		'41.1.2.0/24', '41.1.2.3/24', 'nonsense', '41.1.2.0/99', 5, '2c0f:f000::/48' ] } },
	{ name => 'AzureCloud.centralfrance', properties => { addressPrefixes => ['41.2.0.0/16'], novel => {} } },
	{ name => 'storage.japaneast', properties => { addressPrefixes => ['41.3.0.0/16'] } },
	{ name => 'Empty', properties => { addressPrefixes => [] } },
	{ name => 'bad name', properties => { addressPrefixes => ['41.3.0.0/16'] } },
	{ name => 5 }, 'text', { name => 'None' }, { name => 'NoList', properties => { addressPrefixes => 'x' } } ] };
my $json = $write->('ServiceTags_Public_20251028.json', "\xef\xbb\xbf" . encode_json($small));
$r = $tag->('import', 'service-tags', $json, '-o', "$dir/small.txt");
is($r->{exit}, 0, 'a file with much that is wrong in it is imported') or diag $r->{err};
like($r->{err}, qr/2 tags with 4 prefixes; skipped 7 tags and 4 prefixes/, '... and what was skipped is counted');
like($r->{err}, $_, "... and named: $_") for qr/"storage\.japaneast": an earlier entry has this name/,
	qr/"41\.1\.2\.3\/24" has bits set/, qr/"nonsense" is no address/, qr/"surprise"; it is ignored/, qr/"novel"/,
	qr/values\[7\] "None": it has no list/;
is($read->("$dir/small.txt") =~ s/^#.*\n//r, <<'TEXT', '... and what comes out is sorted');
sekisho-service-tags 1
cloud Public
change-number 7
date 2025-10-28
tag AzureCloud.centralfrance
	41.2.0.0/16
tag Storage.JapanEast
	41.1.0.0/24
	41.1.2.0/24
	2c0f:f000::/48
TEXT
for my $bad ('', '[', '[]', '{}', '{"values": {}}', '{"values": []}', "\xff\xfe{") {
	is($tag->('import', 'service-tags', $write->('bad.json', $bad), '-o', "$dir/bad.txt")->{exit}, 1, "refused: $bad");
}
ok(!-e "$dir/bad.txt", 'a failed import writes no file');

my $rule = sub { "collection c { priority 100; action allow; rule r { $_[0] } }\n" };
my $with = "service-tags small.txt;\nparam region japaneast francecentral;\n";
$r = $check->('st.conf', $with . $rule->('from 41.2.0.0/16; to service-tag:storage.JAPANEAST tcp:443; to service-tag:AzureCloud.francecentral udp:53;')
	. "expect allow 41.2.9.9 41.1.2.9 tcp:443;\nexpect allow 41.2.9.9 [2c0f:f000::1] tcp:443;\nexpect deny 41.2.9.9 41.1.1.9 tcp:443;\n"
	. "expect allow 41.2.9.9 41.2.0.1 udp:53;\nexpect deny 41.2.9.9 41.1.2.9 tcp:80;\n");
$r = $check->('st.conf', ($read->("$dir/st.conf") =~ s/\[2c0f:f000::1\]/2c0f:f000::1/r)) if $r->{exit};
is($r->{exit}, 0, 'a rule opens the prefixes of a service tag, however it is spelled') or diag $r->{err};
$r = $check->('st.conf', $with . $rule->('from service-tag:AzureCloud.${azurecloud}; to a.example https:443;') . "expect allow 41.2.9.9 a.example https:443;\n");
is($r->{exit}, 1, 'one of two regions is not in the file');
like($r->{err}, qr/st\.conf:3:\d+: error: unknown service tag "AzureCloud\.japaneast"/, '... which is said');
$r = $check->('st.conf', $with . $rule->('from service-tag:AzureCloud.centralfrance; to a.example https:443;')
	. "expect allow 41.2.9.9 a.example https:443;\nexpect deny 41.3.9.9 a.example https:443;\n");
is($r->{exit}, 0, 'sources are service tags as well') or diag $r->{err};
$r = $check->('st.conf', $with . $rule->('from any; to service-tag:Storage.JapanWest tcp:443;'));
like($r->{err}, qr/unknown service tag "Storage\.JapanWest"; did you mean "Storage\.JapanEast"/, 'did you mean');
$r = $check->('st.conf', $rule->('from any; to service-tag:Storage tcp:443;'));
like($r->{err}, qr/no file of service tags is loaded; make one with "sekisho tag import/, 'without a file');
$r = $check->('st.conf', $with . $rule->('from any; to service-tag:Storage.JapanEast;'));
like($r->{err}, qr/has no PROTO:PORT/, 'without a port');
$r = $check->('st.conf', "service-tags ServiceTags_Public_20251028.json;\n");
like($r->{err}, qr/looks like Microsoft's JSON file itself; "sekisho tag import/, "Microsoft's file itself is refused");
$r = $check->('st.conf', "service-tags small.txt;\nservice-tags small.txt;\n");
like($r->{err}, qr/:2:\d+: warning: a second file of the cloud Public/, 'two files of one cloud');
$write->('tags/st.tag', "tag S { entry service-tag:Storage.JapanEast tcp:443 source \"x\"; entry service-tag:Nix tcp:443 source \"x\"; }\n");
$r = $check->('st.conf', "include tags/*.tag;\n$with" . $rule->('from any; to tag:S;') . "expect allow 10.0.0.1 41.1.2.9 tcp:443;\n");
is($r->{exit}, 0, 'a tag opens its service tags') or diag $r->{err};
like($r->{err}, qr/note: "service-tag:Nix" of tag "S" is left out: unknown service tag/, '... and leaves out what no file has');
for my $bad ("", "nonsense\n", "sekisho-service-tags 2\n", "sekisho-service-tags 1\n\t10.0.0.0/8\n",
	"sekisho-service-tags 1\ntag A\n\t10.0.0.0/99\n", "sekisho-service-tags 1\ntag A\ntag a\n", "sekisho-service-tags 1\ntag A\n10.0.0.0/8\n") {
	$write->('broken.txt', $bad);
	is($check->('st.conf', "service-tags broken.txt;\n")->{exit}, 1, 'a broken prefix file is refused: ' . $bad =~ s/\s+/ /gr);
}

# The real file's size: 3,000 tags, 100,500 prefixes.
my (@values, $n);
for my $i (0 .. 2999) {
	my @prefixes = map { my $x = $n++; $x % 4 ? sprintf('%d.%d.%d.0/24', 20 + ($x >> 16), $x >> 8 & 255, $x & 255)
		: sprintf('2603:%x:%x::/48', 0x1000 + ($x >> 16), $x & 0xffff) } 1 .. ($i % 2 ? 30 : 37);
	push @values, { name => 'Service' . int($i / 60) . '.Region' . $i % 60, id => 'x', properties => { changeNumber => 1,
		region => '', regionId => 0, platform => 'Azure', systemService => '', addressPrefixes => \@prefixes, networkFeatures => undef } };
}
my $big = $write->('ServiceTags_Public_20251104.json', encode_json({ changeNumber => 376, cloud => 'Public', values => \@values }));
my $start = time;
$r = $tag->('import', 'service-tags', $big, '-o', "$dir/big.txt");
my $took = time - $start;
is($r->{exit}, 0, 'a file of 3,000 tags and 100,500 prefixes is imported');
like($r->{err}, qr/3000 tags with 100500 prefixes; skipped 0/, '... whole');
note sprintf 'import: %.0f ms', $took * 1000;
my $all = join ' ', map { "service-tag:$_->{name}" } @values;
my $params = join '', map { "param $_ x$_;\n" } qw(vault storage_account tenant dce mdi_workspace arc_gateway_prefix wsus_server);
my $everything = "include $catalog/*.tag;\nservice-tags big.txt;\nparam region japaneast;\n$params"
	. "param workspace_id 1f2e3d4c-0000-4000-8000-00000000aaaa;\nparam aks_api_server_ip 20.43.64.9;\nparam dns_server 20.43.64.53;\n";
my $cpu = sub { my @t = times; return $t[2] + $t[3] };         # of commands that have ended
my %least;
for my $case ([ 'catalog and file, one service tag used' => 'from any; to service-tag:Service3.Region4 tcp:443;' ],
	[ 'every tag and every service tag used' => "from any; to $all tcp:443; " . join ' ', map { "to tag:$_->{tag}+optional;" } @$list ]) {
	my ($what, $body) = @$case;
	my $wall;
	for (1 .. 3) {
		$start = time;
		my $before = $cpu->();
		$r = $check->('big.conf', $everything . $rule->($body));
		my ($took, $used) = (time - $start, $cpu->() - $before);
		$wall = $took if !defined $wall || $took < $wall;
		$least{$what} = $used if !defined $least{$what} || $used < $least{$what};
	}
	is($r->{exit}, 0, $what) or diag substr $r->{err}, 0, 2000;
	note sprintf '%s: %.0f ms, of it %.0f ms on the processor', $what, $wall * 1000, $least{$what} * 1000;
}
SKIP: {
	skip 'timing means nothing under sanitizers', 2 if $t->sanitized || $t->slow > 1;
	cmp_ok($_, '<', 0.3, 'loads in under 300 ms of processor time') for values %least;
}
like($r->{out}, qr/\b1\d{5} addresses/, '... and all prefixes are in');

# ---- Office 365 --------------------------------------------------------------------------------

my $sets = $write->('endpoints-20240426.json', <<'JSON');
[{"id":11,"serviceArea":"Skype","serviceAreaDisplayName":"Teams","ips":["52.112.0.0/14","2603:1063::/38","x"],"udpPorts":"3478,3480-3481",
  "category":"Optimize","required":true},
 {"id":56,"serviceArea":"Common","urls":["*.msidentity.com","login.microsoftonline.com"],"ips":["20.190.128.0/18"],"tcpPorts":"80,443","category":"Allow","required":true},
 {"id":59,"serviceArea":"Common","urls":["login.microsoftonline.com"],"tcpPorts":"80,443","category":"Allow","required":true},
 {"id":97,"serviceArea":"Common","urls":["*cdn.onenote.net","autodiscover.*.onmicrosoft.com","bad name",7],"tcpPorts":"443, 587","category":"Default",
  "required":false,"notes":"free \"text\"\nand ${more}"},
 {"id":31,"serviceArea":"SharePoint","urls":["*.sharepoint.com"],"tcpPorts":"443","category":"Optimize","required":true},
 {"id":1,"serviceArea":"X Y","urls":["a.b"],"tcpPorts":"443","category":"Optimize"},
 {"id":2,"serviceArea":"Common","urls":["q.example"],"tcpPorts":"99999","category":"Default"}, 5]
JSON
mkdir "$dir/o365" or die;
$r = $tag->('import', 'office365', $sets, '-o', "$dir/o365");
is($r->{exit}, 0, 'Office 365 endpoints are imported') or diag $r->{err};
like($r->{err}, $_, "... with a finding: $_") for qr/"\*\.sharepoint\.com" opens the sites of every tenant/, qr/the name "bad name" is left out/,
	qr/the address "x" is left out/, qr/service area "X Y"/, qr/ports "99999"/, qr/1 stand in several sets/;
$r = $tag->('show', 'Office365+optional', '--catalog', "$dir/o365", '--json');
my %o365 = map { ("$_->{tag} $_->{pattern}" => $_->{ports}) } @{ decode_json($r->{out})->{entries} };
is_deeply(\%o365, {
	'Office365.Skype.Optimize 52.112.0.0/14' => 'udp:3478,3480-3481', 'Office365.Skype.Optimize 2603:1063::/38' => 'udp:3478,3480-3481',
	'Office365.Common.Allow.Required *.msidentity.com' => 'https:443,http:80',
	'Office365.Common.Allow.Required login.microsoftonline.com' => 'https:443,http:80',
	'Office365.Common.Allow.Required 20.190.128.0/18' => 'tcp:80,443',
	'Office365.Common.Default.NotRequired *cdn.onenote.net' => 'https:443,tcp:587',
	'Office365.Common.Default.NotRequired autodiscover.*.onmicrosoft.com' => 'https:443,tcp:587',
	'Office365.SharePoint.Optimize *.sharepoint.com' => 'https:443' }, '... into tags by area, category and required flag');
$r = $tag->('import', 'office365', $sets, '--tenant', 'contoso');
like($r->{out}, qr/entry contoso-my\.sharepoint\.com/, 'a tenant narrows its sites');
unlike($r->{out}, qr/entry \*\.sharepoint\.com|entry autodiscover\.\*/, '... and opens no others');
is($tag->('import', 'office365', $sets, '--tenant', 'a; b')->{exit}, 2, 'a tenant is a name');

# ---- other people's rules ----------------------------------------------------------------------

$r = $tag->('import', 'squid', $write->('squid.conf', <<'CONF'));
acl localnet src 10.0.0.0/8 192.168.1.7
acl SSL_ports port 443
acl good dstdomain .example.com www.Example.net.  # trailing
acl good dstdomain *.wild.example *glued.example 41.9.9.9
acl bad dstdomain evil.example.com
acl rx dstdom_regex \.foo$
http_access deny bad
http_access deny CONNECT !SSL_ports
http_access allow localnet good
http_access allow good rx
http_access deny all
CONF
is($r->{exit}, 0, 'squid.conf') or diag $r->{err};
like($r->{err}, $_, "... with a finding: $_") for qr/:4:1: warning: "\*\.wild\.example" is left out: squid's dstdomain knows no "\*"/,
	qr/"\*glued\.example" is left out/, qr/acl "rx" of the type dstdom_regex/, qr/:8:1: .*what it denied may be allowed/, qr/:10:1: .*is not translated/;
$r = $check->('squid.policy', $r->{out} . <<'EXPECT');
expect allow 10.1.1.1 example.com https:443;
expect allow 10.1.1.1 a.b.example.com http:80;
expect allow 192.168.1.7 www.example.net https:443;
expect allow 10.1.1.1 41.9.9.9 https:443;
expect deny 10.1.1.1 evil.example.com https:443;
expect deny 11.1.1.1 example.com https:443;
expect deny 10.1.1.1 x.wild.example https:443;
expect deny 10.1.1.1 aglued.example https:443;
EXPECT
is($r->{exit}, 0, '... and what comes out means the same') or diag $r->{err};
$r = $tag->('import', 'squid', $write->('list', ".a.example\nb.example # b\n"), '--from', '10.0.0.0/8');
is($check->('list.policy', "$r->{out}expect allow 10.1.1.1 a.example https:443;\nexpect deny 11.1.1.1 b.example https:443;\n")->{exit}, 0, 'a plain list');
is($tag->('import', 'squid', $write->('list', "# nothing\n"))->{exit}, 1, 'an empty list is refused');
$r = $tag->('import', 'squid', $write->('long.conf', 'acl many dstdomain ' . join(' ', map { "n$_.example" } 1 .. 1000) . "\n"));
is(scalar(() = $r->{out} =~ /n\d+\.example;/g), 1000, 'a long line is not cut');
is($tag->('import', 'squid', "$dir/long.conf", '-o', '/nonexistent/x')->{exit}, 1, 'where nothing can be written');
is($tag->('import', 'squid', "$dir/long.conf", '-o', '/dev/null')->{exit}, 0, 'a device is written as it is');

$r = $tag->('import', 'azure-firewall', $write->('arm.json', <<'JSON'));
{ "resources": [
 { "type": "Microsoft.Network/ipGroups", "name": "[parameters('ipGroups_vms_name')]", "properties": {"ipAddresses": ["10.1.0.0/24","10.2.0.4-10.2.0.9"]}},
 { "type": "Microsoft.Network/azureFirewalls", "name": "fw", "properties": {
  "applicationRuleCollections": [ { "name": "app", "properties": {"priority": 200, "action": {"type":"Allow"}, "rules": [
    {"name":"names","sourceAddresses":["10.0.0.0/24"],"targetFqdns":["www.a.example","*.b.example","*c.example",".d.example","e*.example"],
     "protocols":[{"protocolType":"Https","port":443},{"protocolType":"Http","port":80}]},
    {"name":"tags","sourceIpGroups":["[parameters('ipGroups_vms_externalid')]"],"fqdnTags":["WindowsUpdate"]},
    {"name":"sql","sourceAddresses":["*"],"targetFqdns":["x.database.windows.net"],"protocols":[{"protocolType":"mssql","port":1433}]},
    {"name":"url","sourceAddresses":["*"],"targetUrls":["a.example/x"],"protocols":[{"protocolType":"Https","port":443}]} ]}}],
  "networkRuleCollections": [ { "name": "net", "properties": {"priority": 300, "action": {"type":"Deny"}, "rules": [
    {"name":"tag","sourceAddresses":["10.0.0.0/8"],"destinationAddresses":["41.5.0.0/16","Storage.JapanEast"],"destinationPorts":["443","8000-8100"],"protocols":["TCP","ICMP"]} ]}}],
  "natRuleCollections": [{"name":"nat"}] } },
 { "type": "Microsoft.Network/firewallPolicies/ruleCollectionGroups", "name": "g", "properties": {"priority": 300, "ruleCollections": [
   {"name":"app","priority":110,"action":{"type":"Allow"},"rules":[
     {"ruleType":"ApplicationRule","name":"p1","protocols":[{"protocolType":"Https","port":443}],"targetFqdns":["p.example"],"sourceAddresses":["10.9.0.0/16"]}]},
   {"name":"time","priority":120,"action":{"type":"Allow"},"rules":[
     {"ruleType":"NetworkRule","name":"p2","ipProtocols":["UDP"],"destinationAddresses":["41.6.0.1"],"destinationPorts":["123"],
      "sourceIpGroups":["/subscriptions/x/resourceGroups/y/providers/Microsoft.Network/ipGroups/vms"]}]} ]}} ]}
JSON
is($r->{exit}, 0, 'Azure Firewall') or diag $r->{err};
like($r->{err}, $_, "... with a finding: $_") for qr/evilc\.example too; narrowed to "\.c\.example"/, qr/leading dot is no wildcard in Azure Firewall.*"\.d\.example"/,
	qr/at the left end only.*"e\*\.example"/, qr/"ICMP"/, qr/NAT rule/, qr/target URLs are left out/, qr/it denies, so what was left out/, qr/FQDN tags become tags/;
$r = $check->('arm.policy', "include $catalog/*.tag;\nservice-tags small.txt;\n$r->{out}" . <<'EXPECT');
expect allow 10.0.0.9 www.a.example https:443;
expect allow 10.0.0.9 x.y.b.example http:80;
expect allow 10.0.0.9 c.example https:443;
expect allow 10.0.0.9 x.c.example https:443;
expect deny 10.0.0.9 evilc.example https:443;
expect deny 10.0.0.9 d.example https:443;
expect deny 10.0.0.9 eve.example https:443;
expect allow 10.2.0.9 download.windowsupdate.com http:80;
expect deny 10.2.0.10 download.windowsupdate.com http:80;
expect allow 41.0.0.1 x.database.windows.net tcp:1433;
expect deny 10.0.0.9 41.1.2.9 tcp:443;
expect allow 10.9.1.1 p.example https:443;
expect allow 10.1.0.1 41.6.0.1 udp:123;
EXPECT
is($r->{exit}, 0, '... and what comes out means the same') or diag $r->{err};
is($tag->('import', 'azure-firewall', $write->('arm.json', '{"resources": []}'))->{exit}, 1, 'no rules at all is refused');

$r = $tag->('import', 'smokescreen', $write->('acl.yaml', <<'YAML'));
---
version: v1
services:
  - name: web
    project: users
    action: enforce
    allowed_domains:
      - api.example.com
      - "*.example.org"
      - .dot.example
  - name: watched
    project: security
    action: report
    allowed_domains: [b.example]
    allowed_external_proxies: [p.example]
  - name: free
    action: open
default: { project: other, action: enforce, allowed_domains: [default.example.com] }
global_deny_list: ["*.evil.example"]
global_allow_list: [ok.example]
YAML
is($r->{exit}, 0, 'Smokescreen') or diag $r->{err};
like($r->{err}, $_, "... with a finding: $_") for qr/:10:9: warning: "\.dot\.example" is left out/, qr/"allowed_external_proxies" is not translated/, qr/:18:\d+: warning: the default applies/;
my $acl = $r->{out};
is($check->('acl.policy', $acl . "expect deny 10.0.0.1 api.example.com https:443;\nexpect deny 10.0.0.3 x.example https:443;\n")->{exit}, 0,
	'... opens nothing before addresses are filled in');
my $address = 0;
$acl =~ s/192\.0\.2\.1;/'10.0.0.' . ++$address . ';'/ge;
$r = $check->('acl.policy', $acl . <<'EXPECT');
expect allow 10.0.0.1 api.example.com https:443;
expect allow 10.0.0.1 x.y.example.org https:443;
expect deny 10.0.0.1 example.org https:443;
expect deny 10.0.0.1 dot.example https:443;
expect allow 10.0.0.1 ok.example https:443;
expect deny 10.0.0.3 x.evil.example https:443;
expect allow 10.0.0.3 any.example https:443;
expect audit 10.0.0.2 any.example https:443;
expect allow 10.0.0.4 default.example.com https:443;
expect deny 10.0.0.1 default.example.com https:443;
EXPECT
is($r->{exit}, 0, '... and then means the same') or diag $r->{err};
for my $bad ('a: [', 'x', 'version: v2', "version: v2\nservices: []") {
	is($tag->('import', 'smokescreen', $write->('bad.yaml', $bad))->{exit}, 1, 'refused: ' . $bad =~ s/\n/ /gr);
}
$t->done;
