# Verified origins on connections that know no proxy: a refusal is a TLS alert, a good server answers for itself, by
# the name that was said or by the address that was meant.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Net;
use Sekisho::Test;

my $t = Sekisho::Test->new->needs(qw(nginx openssl));
my $net = Sekisho::Net->new;
my ($web, $evil) = ('20.10.0.1', '20.10.0.2');
my $certs = $t->certs('www.test', 'audit.test', $web);
mkdir $t->dir . '/evil';
system("$Sekisho::Test::TOP/certs/make-test-certs", '--kinds', 'server', $t->dir . '/evil', 'www.test', $evil) == 0 or die;      # of another CA
$net->add_address("$web/32", "$evil/32");
$net->inside(internet => sub {
	$t->{dns} = $t->_keep(Sekisho::DNS->new('52.0.0.1', 53, 'www.test' => { a => $web, ttl => 1 }, 'audit.test' => $evil));
	$t->nginx('location / { return 200 "the real one\n"; }', host => $web, port => 443, certs => $certs);
	$t->nginx('location / { return 200 "another\n"; }', host => $evil, port => 443, certs => $t->dir . '/evil');
});
my $px = $t->daemon(<<"CONF");
listen transparent 0.0.0.0:3130;
ipv6 off;
dns-ttl-ceiling 1s;
origin-ca $certs/ca.crt;
verify-timeout 2s;
collection out {
    priority 200;
    action allow;
    verify origin;
    rule audit { from any; to audit.test https:443; verify origin audit; }
    rule web { from any; to www.test $web $evil https:443; }
}
CONF
my $nft = $t->command('firewall', 'nft', '-c', $px->path('sekisho.conf'));
ok($net->load_ruleset($nft->{out}), 'the ruleset is loaded') or diag $nft->{out}, $nft->{err};

# What a client sees that says this name (or none) to that address.
sub get {
	my ($to, $name) = @_;
	my $sni = defined $name ? "-servername $name" : '-noservername';
	return $net->inside(client => sub { scalar `printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -connect $to:443 $sni -quiet 2>&1` });
}
my $seen = 0;
sub next_record {
	my @ends;
	eventually { @ends = grep { $_->{event} eq 'end' } $px->log_records; @ends > $seen } 5;
	$seen = @ends;
	return $ends[-1] // {};
}

like(get($web, 'www.test'), qr/the real one/, 'the real server answers');
my $r = next_record();
ok($r->{origin_tls}{verified}, '... and is verified') or diag explain $r;
like(get($web), qr/the real one/, 'so it does for its address');
ok(next_record()->{origin_tls}{verified}, '... which stands in its certificate');

like(get($evil), qr/alert number 49/, 'another server for an address: the client gets an alert');
$r = next_record();
is("$r->{reason}: $r->{detail}", 'origin_unverified: unable to get local issuer certificate', '... and the log the reason');
is("$r->{bytes_up} $r->{bytes_down}", '0 0', '... and nothing has passed');

$t->{dns}->set('www.test' => { a => $evil, ttl => 1 });
my $got;
ok(eventually { $got = get($web, 'www.test'); $r = next_record(); $got =~ /alert number 49/ }, 'a name whose DNS answer leads elsewhere: an alert') or diag $got;
is("$r->{reason} $r->{origin_ip}", "origin_unverified $evil", '... and the log says where');

like(get($evil, 'audit.test'), qr/another/, 'audit: served');
$r = next_record();
ok($r->{action} eq 'allow' && !$r->{origin_tls}{verified} && $r->{origin_tls}{error}, '... and logged') or diag explain $r;

$t->done;
