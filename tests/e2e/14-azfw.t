# log-format azfw: the rows of Azure Firewall's tables from a running daemon, and that a reload changes the form.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;

my $t = Sekisho::Test->new->needs('dig');
my $host = $t->host;
my $echo = $t->echo;
my $p = $echo->port;
$t->dns('a.test' => $host);
my $dns = $t->port;
my $policy = policy("to a.test $host tcp:$p");
my $conf = sub { "listen dns $host:$dns;\nlog-events start interim end;\n$_[0]$policy" };
my $px = $t->daemon($conf->("log-format azfw;\n"));
my $row = sub {
	my ($table, %want) = @_;
	return $px->wait_record(sub {
		my $r = $_;
		($r->{Type} // '') eq $table && !grep { ($r->{$_} // '') ne $want{$_} } keys %want;
	}) // {};
};
# Opens a tunnel, uses it if it may, closes it; the client's port.
my $visit = sub {
	my $c = $px->connect($_[0]);
	my $port = $c->local_port;
	ok($c->echoes('12345'), "a tunnel to $_[0]") if $c->status == 200;
	$c->close;
	return $port;
};

# ---- names --------------------------------------------------------------------------------------

my $r = $row->('AZFWApplicationRule', SourcePort => $visit->("a.test:$p"));
is("$r->{Action} $r->{ActionReason} $r->{Policy} $r->{RuleCollection} $r->{Rule}", 'Allow  sekisho test r1', 'an allowed name');
is("$r->{Protocol} $r->{Fqdn} $r->{DestinationPort}", "TCP a.test $p", '... what it was');
like($r->{SourceIp}, qr/^127\./, '... and who asked');
like($r->{TimeGenerated}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, '... and when');
ok($r->{IsExplicitProxyRequest} && !$r->{IsTlsInspected}, '... by the explicit proxy, and nothing was decrypted');
$r = $row->('AZFWApplicationRule', SourcePort => $visit->("evil.example:443"));
is("$r->{Action} $r->{ActionReason} $r->{Fqdn}", 'Deny Default Action evil.example', 'a name that no rule allows');
is("$r->{RuleCollection}$r->{Rule}", '', '... has no rule');

my $c = $px->request("GET http://evil.example:8080/a?secret HTTP/1.1\r\nHost: evil.example:8080\r\n\r\n");
$r = $row->('AZFWApplicationRule', SourcePort => $c->local_port);
is("$r->{Protocol} $r->{Fqdn} $r->{TargetUrl}", 'HTTP evil.example http://evil.example:8080/a', 'plain HTTP has its URL');

# ---- addresses ----------------------------------------------------------------------------------

$r = $row->('AZFWNetworkRule', SourcePort => $visit->("$host:$p"));
is("$r->{Action} $r->{Protocol} $r->{DestinationIp} $r->{DestinationPort} $r->{Rule}", "Allow TCP $host $p r1", 'an allowed address');
$r = $row->('AZFWNetworkRule', SourcePort => $visit->('203.0.113.7:443'));
is("$r->{Action} $r->{ActionReason} $r->{DestinationIp}", 'Deny Default Action 203.0.113.7', 'an address that no rule allows');

# ---- questions ----------------------------------------------------------------------------------

`dig \@$host -p $dns +tries=1 +bufsize=1400 a.test A`;
$r = $row->('AZFWDnsQuery', QueryName => 'a.test');
is("$r->{Protocol} $r->{QueryType} $r->{QueryClass} $r->{EDNS0BufferSize}", 'UDP A IN 1400', 'a question');
is("$r->{ResponseCode} $r->{ErrorNumber} $r->{ErrorMessage}", 'NOERROR 0 ', '... and its answer');
like($r->{ResponseFlags}, qr/^qr,rd,ra/, '... with its flags');
cmp_ok($r->{RequestSize}, '>', 24, '... the size of the one');
cmp_ok($r->{ResponseSize}, '>', $r->{RequestSize} - 16, '... and of the other');
`dig \@$host -p $dns +tries=1 +tcp evil.example AAAA`;
$r = $row->('AZFWDnsQuery', QueryName => 'evil.example');
is("$r->{Protocol} $r->{QueryType} $r->{ResponseCode} $r->{ErrorMessage}", 'TCP AAAA NXDOMAIN no_rule', 'a refused question');

# ---- the form as a whole ------------------------------------------------------------------------

my %types;
$types{ $_->{Type} // 'none' }++ for $px->log_records;
is(join(' ', map { "$_ $types{$_}" } sort keys %types), 'AZFWApplicationRule 3 AZFWDnsQuery 2 AZFWNetworkRule 2',
	'one row each, and none for starts');
$px->write('sekisho.conf', Sekisho::Daemon::slurp($px->path('sekisho.conf')) =~ s/^log-format azfw;\n//mr);
ok($px->reload, 'a reload');
$c = $px->connect("a.test:$p");
$c->close;
is($px->end_of($c)->{schema}, 1, '... changes the form');

$t->done;
