# What the policy allows passes, with real curl, nginx and dnsmasq; everything else is refused, its
# name never reaches DNS, and the record names the rule and its line.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;

my $t = Sekisho::Test->new->needs(qw(curl nginx dnsmasq openssl));
my $certs = $t->certs('www.shop.test', '*.blob.shop.test', 'pod01-rec2.shop.test', 'shop.test');
my $web = $t->nginx('location / { return 200 "hello from $ssl_server_name\n"; }', certs => $certs);
my $port = $web->port;
my $host = $t->host;

# ---- with real peers ---------------------------------------------------------------------------

$t->dnsmasq("--address=/shop.test/$host", "--address=/evilshop.test/$host");
my $px = $t->daemon("include policies/*.policy;\n", files => { 'policies/shop.policy' => <<"POLICY" });
ip-group clients { 127.0.0.0/8; }
collection shop {
    priority 200;
    action   allow;
    rule web {
        from clients;
        to   www.shop.test https:$port;
    }
    rule storage {
        from clients;
        to   *.blob.shop.test pod*-rec2.shop.test https:$port;
    }
}
POLICY

for my $name (qw(www.shop.test a.blob.shop.test pod01-rec2.shop.test)) {
	my $r = $px->curl("https://$name:$port/");
	is("$r->{connect} $r->{code} $r->{exit}", '200 200 0', "curl reaches $name") or diag $r->{err};
	is($r->{body}, "hello from $name\n", '... and the right server answers inside the tunnel');
}
for my $name (qw(shop.test blob.shop.test other.shop.test www.shop.test.evil.test evilshop.test
	www.evilshop.test xwww.shop.test pod01-rec2x.shop.test a.pod01-rec2.shop.test)) {
	is($px->curl("https://$name:$port/")->{connect}, 403, "curl is refused $name");
}
is($px->curl("https://www.shop.test:" . ($port + 1) . '/')->{connect}, 403, 'another port is refused');

my $allow = $px->wait_record(sub { $_->{event} eq 'end' && $_->{host} eq 'a.blob.shop.test' });
is($allow->{action}, 'allow', 'the record of an allowed tunnel says so');
is("$allow->{collection} $allow->{rule}", 'shop storage', '... with collection and rule');
like($allow->{rule_file}, qr{policies/shop\.policy$}, '... the file');
is($allow->{rule_line}, 9, '... and the line of the rule');
is($allow->{reason}, 'completed', '... and how it ended');
cmp_ok($allow->{bytes_down}, '>', 500, '... with the octets that came');
is($allow->{origin_ip}, $host, '... and the address that was dialled');
my $deny = $px->wait_record(sub { $_->{host} eq 'evilshop.test' });
is("$deny->{action} $deny->{reason} $deny->{status}", 'deny no_rule 403', 'the record of a refusal');
ok(!exists $deny->{rule}, '... names no rule, since none decided');

# ---- order, addresses, and what DNS gets to see ------------------------------------------------

my $echo = $t->echo;
my $p = $echo->port;
my $dns = $t->dns('*.good.test' => $host, '*.bad.test' => $host);
my $px2 = $t->daemon(<<"CONF");
collection first {
    priority 100;
    action   deny;
    rule blocked { from any; to blocked.good.test tcp:any; }
}
collection second {
    priority 300;
    action   allow;
    rule good    { from any; to *.good.test tcp:$p; }
    rule literal { from any; to $host/32 tcp:$p; }
    rule regex   { from any; to ~"r\\d+\\.bad\\.test" tcp:$p; }
    rule mine    { from 127.0.0.77; to mine.bad.test tcp:$p; }
}
collection watch {
    priority 200;
    action   audit;
    rule seen { from any; to seen.good.test tcp:any; }
}
CONF

my $said = sub {
	my ($target, %o) = @_;
	my $c = $px2->connect($target, %o);
	return $c->status . ($c->status == 200 ? $c->echoes ? ' echo' : ' dead' : '');
};
is($said->("a.good.test:$p"), '200 echo', 'a name below the wildcard');
is($said->("A.Good.TEST:$p"), '200 echo', 'case does not matter');
is($said->("a.good.test.:$p"), '200 echo', 'nor does one final dot');
is($said->("blocked.good.test:$p"), 403, 'the lower priority number is tried first');
is($said->("seen.good.test:$p"), '200 echo', 'an audit rule decides nothing');
is($said->("$host:$p"), '200 echo', 'an address that is allowed as an address');
is($said->($t->address(2) . ":$p"), 403, 'its neighbour is not');
is($said->("r42.bad.test:$p"), '200 echo', 'a regular expression');
is($said->("xr42.bad.test:$p"), 403, '... is anchored in front');
is($said->("r42.bad.test.evil.test:$p"), 403, '... and behind');
is($said->("mine.bad.test:$p", from => '127.0.0.77'), '200 echo', 'a rule for one source');
is($said->("mine.bad.test:$p"), 403, '... holds for no other');

is(join(' ', grep { !/\.good\.test$|^r42\.bad\.test$|^mine\./ } $dns->names_asked), '', 'no refused name was asked for in DNS');
is($dns->asked('blocked.good.test'), 0, '... nor one that a deny rule names');
is($dns->asked('mine.bad.test', 'a'), 1, '... and a source without the rule causes no question');
my $seen = $px2->wait_record(sub { ($_->{host} // '') eq 'seen.good.test' });
is($seen->{would_deny}{rule}, 'seen', 'the audit rule is in the record');
is($seen->{rule}, 'good', '... beside the rule that decided');
my $blocked = $px2->wait_record(sub { ($_->{host} // '') eq 'blocked.good.test' });
is("$blocked->{reason} $blocked->{rule}", 'rule blocked', 'a deny by rule names its rule');
is($blocked->{rule_line}, ($px2->conf_line(qr/rule blocked/)), '... and its line');

# ---- learning mode -----------------------------------------------------------------------------

my $px3 = $t->daemon("default audit;\n" . policy("to a.good.test tcp:$p"));
my $c = $px3->connect("unknown.bad.test:$p");
is($c->status, 200, 'default audit: what no rule decides passes');
is($px3->connect("10.0.0.1:$p")->status, 403, '... but not past the address guard');
$c->close;
is($px3->end_of($c)->{would_deny}{reason}, 'no_rule', '... and is recorded as would_deny');

$t->done;
