# What clients must show changes by a reload while one is in its handshake, and while one has its connection open.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Sekisho::TLS;
use Sekisho::Web;

my $t = Sekisho::Test->new->needs(qw(openssl python3));
$t->dns('a.test' => $t->host);
my $certs = Sekisho::TLS::certs($t, [ 'proxy.test', $t->host ], kinds => 'server,client,client-cn,client-revoked');
my ($e, $w, $port) = ($t->echo->port, Sekisho::Web::origin($t)->port, $t->port);
my $rest = "client-ca $certs/ca.crt;\n";
my $rules = "collection a { priority 100; action allow; rule r { from identity:*; to a.test tcp:$e http:$w; } }\n";
my $px = $t->daemon(Sekisho::TLS::listen($t->host . ":$port", $certs, 'server') . $rest . $rules, port => $port);
my $conf = Sekisho::Daemon::slurp($px->path('sekisho.conf'));
my $conf_with = sub { my ($lines) = @_;
	return sub { $px->replace('sekisho.conf', $conf =~ s/^(?=client-ca)/$lines/mr) } };
my @trust = (ca => "$certs/ca.crt", sni => 'proxy.test');
my $as = sub { (cert => "$certs/$_[0].crt", key => "$certs/$_[0].key") };
my $head = "CONNECT a.test:$e HTTP/1.1\r\nHost: a.test:$e\r\n\r\n";

# ---- in the middle of a handshake ----------------------------------------------------------------

# Starts one that stops before its certificate is shown; reloads; goes on, and asks for a tunnel: the first line of the answer.
my $n = 0;
my $over_reload = sub { my ($kind, $change) = @_;
	my $go = "$t->{dir}/go" . ++$n;
	my ($process, $sock) = Sekisho::TLS::peer('bridge', $px->addr, @trust, $as->($kind), hold => $go);
	Sekisho::TLS::said($process);
	select undef, undef, undef, 0.3;
	ok($px->reload($change), 'a reload comes into a handshake') or diag($px->refusal);
	$px->write($go, '');
	print $sock $head;
	my $answer = <$sock> // 'no answer';
	close $sock;
	$process->stop(2);
	return $answer };
like($over_reload->('client', $conf_with->("client-crl $certs/crl.pem;\n")), qr/^HTTP\/1.1 200 /, 'a client that both let in gets in');
ok($px->reload($conf_with->('')), 'without a list');
is($over_reload->('client-revoked', $conf_with->("client-crl $certs/crl.pem;\n")), 'no answer', 'a client that the new list revokes does not');
my $seen = $px->wait_record(sub { $_->{reason} eq 'client_cert_revoked' }) // {};
is(($seen->{identity} // '') . " $seen->{detail}", 'client.invalid certificate revoked', '... and the record says why');

# ---- on an open connection -----------------------------------------------------------------------

ok($px->reload($conf_with->("client-identity cn;\n")), 'the common name is the identity');
my $c = Sekisho::TLS->connect($px, "a.test:$e", @trust, $as->('client-cn'));
is($c->status, 200, '... and opens a tunnel');
ok($c->echoes, '... which works');
ok($px->reload($conf_with->("client-identity uri cn;\n")), 'another order, in which this client is who it was');
ok($c->echoes, '... leaves it alone');
ok($px->reload($conf_with->("client-identity uri dns;\n")), 'the common name is no identity any more');
is(eventually { $px->end_of($c, 0.1)->{reason} }, 'client_cert_bad', '... and the tunnel ends');

# ---- a connection that is kept between two requests ------------------------------------------------

ok($px->reload($conf_with->("on-reload keep;\n")), 'open tunnels stay as they are');
$c = Sekisho::TLS->dial($px, @trust, $as->('client-revoked'));
my $get = sub { my ($r) = Sekisho::Web::exchange($c, "GET http://a.test:$w/ HTTP/1.1\r\nHost: a.test:$w\r\n\r\n", 'GET');
	return ($r // {})->{status} // 'no answer' };
is($get->(), 200, 'a request by a client');
my $tunnel = Sekisho::TLS->connect($px, "a.test:$e", @trust, $as->('client-revoked'));
ok($tunnel->echoes, '... and a tunnel');
ok($px->reload($conf_with->("on-reload keep;\nclient-crl $certs/crl.pem;\n")), 'it is revoked');
is($get->(), 'no answer', '... and asks no more');
ok($tunnel->echoes, 'its tunnel stays, as was said');
$tunnel->close;
$t->done;
