# What Debian's testssl.sh finds at a TLS listener: nothing of severity MEDIUM or above.  Its whole report, as JSON and as
# text, goes beside the folder SEKISHO_LOGS (the build folder, in a selftest).
#
# Sections that are run: protocols, cipher categories, forward secrecy, preferences, server defaults with the certificates,
# vulnerabilities.  Not run, for time: each cipher by itself, client simulations.  Not run, since a proxy has none:
# HTTP headers.  Nothing else is left out: the test CA is made known by --add-ca.  It takes a minute, which is mostly testssl's
# own waiting, and so runs in the plain build only.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Sekisho::TLS;
use File::Copy qw(copy);
use JSON::PP;

my $t = Sekisho::Test->new->needs(qw(testssl openssl bash))->not_under_sanitizers;
$t->dns('*.test' => $t->host);
my $certs = Sekisho::TLS::certs($t, [ 'proxy.test', $t->host ], kinds => 'server,server-rsa', options => [ '--days', 90, '--crl-uri', 'http://crl.test/crl.pem' ]);
my $port = $t->port;
my $px = $t->daemon(Sekisho::TLS::listen($t->host . ":$port", $certs, 'server', 'server-rsa') . policy('to a.test tcp:1'), port => $port);

my ($json, $text) = map { "$t->{dir}/testssl.$_" } qw(json txt);
my $scan = Sekisho::Process->run(name => 'testssl', stdout => $text, stderr => $text, env => { TERM => 'dumb', HOME => $t->dir },
	cmd => [ 'testssl', '--color', 0, '--quiet', '--warnings', 'off', '--nodns', 'none', '--ip', $t->host, '--add-ca', "$certs/ca.crt",
		'--connect-timeout', 10, '--openssl-timeout', 10, '--jsonfile', $json, '-p', '-s', '-f', '-P', '-S', '-U', "proxy.test:$port" ]);
my $status = $scan->wait_end(280 * $t->slow);
defined $status or $scan->kill_hard;
ok(defined $status, 'testssl comes to its end');
if ($ENV{SEKISHO_LOGS}) {
	copy($_, "$ENV{SEKISHO_LOGS}/../") or diag("$_: $!") for grep { -s } $json, $text;
}

my $all = eval { decode_json(Sekisho::Daemon::slurp($json)) } // [];
cmp_ok(scalar @$all, '>', 80, '... with ' . @$all . ' findings') or diag(Sekisho::Daemon::slurp($text));
my %of = map { $_->{id} => $_ } @$all;
for my $id (qw(SSLv2 SSLv3 secure_renego secure_client_renego heartbleed ROBOT SWEET32 LUCKY13 ticketbleed CRIME_TLS)) {
	is(($of{$id} // {})->{severity}, 'OK', "$id: " . (($of{$id} // {})->{finding} // 'not looked at'));
}
is(($of{$_} // {})->{finding}, 'not offered', "$_ is not offered") for qw(TLS1 TLS1_1);
like(($of{TLS1_3} // {})->{finding}, qr/^offered/, 'TLS 1.3 was spoken');
like(($of{'cert_crlDistributionPoints <cert#1>'} // {})->{finding}, qr{http://crl\.test}, 'the CRL\'s URI was seen');

# Its s_client may go before the first ticket of TLS 1.3 is there; testssl then resumes from an empty file, fails, and
# says so by WARN. 50-tls-listener resumes for certain.
my @found = grep { $_->{id} ne 'sessionresumption_ticket' || $_->{finding} !~ /^check failed because of connect problem/ } @$all;
my @bad = map { "$_->{severity} $_->{id}: $_->{finding}" } grep { $_->{severity} !~ /^(?:OK|INFO|LOW)$/ } @found;
is(join("\n", @bad), '', 'no finding of severity MEDIUM or above');
$t->done;
