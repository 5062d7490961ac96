# Certificates of clients: who is asked, who is let in, and that each bad one is refused by an alert of its own and a
# reason of its own; rules that ask for an identity; a new list of revoked ones that counts at once.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Sekisho::TLS;

my $t = Sekisho::Test->new->needs(qw(curl openssl python3));
$t->dns('*.test' => $t->host);
my $certs = Sekisho::TLS::certs($t, [ 'proxy.test', $t->host ], kinds => 'server,client,client-uri,client-cn,client-two,'
	. 'client-expired,client-revoked,client-weak,client-self-signed,client-sha1');
my $other = Sekisho::TLS::certs($t, ['other.test'], kinds => 'client', dir => 'other');
my ($e, $port) = ($t->echo->port, $t->port);
my $listen = Sekisho::TLS::listen($t->host . ":$port", $certs, 'server');
my $crl = "client-ca $certs/ca.crt;\nclient-crl $certs/crl.pem;\n";
my $policy = policy("to a.test tcp:$e");
my $px = $t->daemon($listen . $crl . $policy, port => $port);
my @trust = (ca => "$certs/ca.crt", sni => 'proxy.test');

sub conf { my ($conf, $d) = (shift, $px); ok($d->reload(sub { $d->write('sekisho.conf', $d->_presets($conf) . $conf) }), 'loaded') }
sub with { my ($kind, $dir) = (shift, shift // $certs); return (@trust, cert => "$dir/$kind.crt", key => "$dir/$kind.key") }
sub try { my ($target, @how) = @_; my $c = Sekisho::TLS->connect($px, $target // "a.test:$e", @how); return $c }
sub serial_of { lc(qx(openssl x509 -in $_[0] -noout -serial) =~ s/serial=(\S+)\s*/$1/r) }
sub serial { serial_of("$certs/$_[0].crt") }

# ---- good ones -----------------------------------------------------------------------------------

subtest 'good ones' => sub {
	for ([ 'client', 'client.invalid' ], [ 'client-uri', 'spiffe://site.invalid/vm/one' ]) {
		my ($kind, $identity) = @$_;
		for my $v ('1.2', '1.3') {
			my $c = try(undef, with($kind), min => $v, max => $v);
			is($c->status, 200, "$kind, TLS $v");
			ok($c->echoes, '... octets pass');
			$c->shut_write;
			$c->fate;
			my $end = $px->end_of($c);
			is($end->{identity}, $identity, '... its identity is in the log');
			is($end->{identity_issuer}, 'CN=Sekisho test CA', '... its issuer');
			is($end->{identity_serial}, serial($kind), '... its serial number');
		}
	}
	my $r = $px->curl("http://a.test:$e/", '--proxy', "https://proxy.test:$port", '--proxy-cacert', "$certs/ca.crt",
		'--resolve', "proxy.test:$port:${\$t->host}", '--proxy-cert', "$certs/client.crt", '--proxy-key', "$certs/client.key");
	is($r->{code}, 403, 'curl gets an answer with --proxy-cert');
	$r = $px->curl("http://a.test:$e/", '--proxy', "https://proxy.test:$port", '--proxy-cacert', "$certs/ca.crt",
		'--resolve', "proxy.test:$port:${\$t->host}");
	isnt($r->{exit}, 0, '... and none without');
	ok($px->wait_record(sub { $_->{reason} eq 'client_cert_missing' }), '... which is in the log');
	my $end = $px->wait_record(sub { $_->{reason} eq 'no_rule' });
	is($end->{identity}, 'client.invalid', 'the log of a refusal knows the identity');
};

# ---- bad ones ------------------------------------------------------------------------------------

sub bad {
	my ($what, $reason, $alert, @cert) = @_;
	subtest $what => sub {
		for my $v ('-tls1_3', '-tls1_2') {
			my $want = ref $alert ? $alert->[ $v eq '-tls1_2' ? 1 : 0 ] : $alert;
			my $s = Sekisho::TLS::s_client($px->addr, '-CAfile', "$certs/ca.crt", '-servername', 'proxy.test', $v, @cert);
			ok($s->wait_for(qr/SSL alert number (\d+)/), "$v: an alert");
			like($s->finish, qr/SSL alert number $want\b/, "... of number $want");
		}
		my @ends = eventually {
			my @all = grep { $_->{event} eq 'end' && $_->{reason} eq $reason } $px->log_records;
			@all >= 2 ? [ @all ] : undef;
		};
		my @all = @{ $ends[0] // [] };
		is(scalar @all, 2, "$reason, twice") or diag(explain([ map { [ @$_{qw(reason detail)} ] } grep { $_->{event} eq 'end' } $px->log_records ]));
		is($all[0]{action}, 'deny', '... as a refusal');
		ok(!defined $all[0]{host}, '... of nobody who asked for anything');
		ok(!defined $all[0]{identity}, '... whose identity nobody vouches for');
		my (undef, $file) = @cert;
		is($_->{identity_serial}, $file ? serial_of($file) : undef, "... but which certificate it was is told ($_->{client_tls})") for @all;
		is(join(' ', sort map { $_->{client_tls} } @all), 'TLS 1.2 TLS 1.3', '... in either version');
		note(join ' ', map { "$_=" . ($all[0]{$_} // '-') } qw(reason detail identity identity_issuer closed_by client_tls));
		forget_log();
	};
}
my $rotations = 0;
sub forget_log {        # each case counts its own
	rename $px->log_path, $px->log_path . '.old' . ++$rotations;
	$px->signal('USR1');
	eventually { -e $px->log_path };
}
sub pair { my ($kind, $dir) = (shift, shift // $certs); return ('-cert', "$dir/$kind.crt", '-key', "$dir/$kind.key", '-cipher', 'DEFAULT:@SECLEVEL=0') }

forget_log();
bad('none at all', 'client_cert_missing', [ 116, 40 ]);
bad('an expired one', 'client_cert_expired', 45, pair('client-expired'));
bad('a revoked one', 'client_cert_revoked', 44, pair('client-revoked'));
bad('a self-signed one', 'client_cert_untrusted', 48, pair('client-self-signed'));
bad('one of another CA', 'client_cert_untrusted', 48, pair('client', $other));
bad('a weak key', 'client_cert_weak', 42, pair('client-weak'));
bad('a weak signature', 'client_cert_weak', 42, pair('client-sha1'));
bad('one for servers', 'client_cert_bad', 43, pair('server'));
bad('two identities', 'client_cert_bad', 42, pair('client-two'));
bad('no identity at all', 'client_cert_bad', 42, pair('client-cn'));

# ---- settings ------------------------------------------------------------------------------------

subtest 'optional' => sub {
	conf($listen . $crl . "client-cert optional;\n" . $policy);
	my $c = try(undef, @trust);
	is($c->status, 200, 'none is needed');
	$c->shut_write; $c->fate;
	ok(!exists $px->end_of($c)->{identity}, '... and the log names nobody');
	$c = try(undef, with('client'));
	is($c->status, 200, 'but a good one counts');
	$c->shut_write; $c->fate;
	is($px->end_of($c)->{identity}, 'client.invalid', '... in the log');
	$c = try(undef, with('client-revoked'));
	is($c->status, undef, 'and a bad one is refused all the same');
	is($px->end_of($c)->{reason}, 'client_cert_revoked', '... for its reason');
};

subtest 'client-identity' => sub {
	conf($listen . $crl . "client-identity cn;\n" . $policy);
	my $c = try(undef, with('client-cn'));
	$c->shut_write; $c->fate;
	is($px->end_of($c)->{identity}, 'client one', 'a common name, where it is configured');
	conf($listen . $crl . "client-identity dns cn;\n" . $policy);
	$c = try(undef, with('client'));
	$c->shut_write; $c->fate;
	is($px->end_of($c)->{identity}, 'client.invalid', 'the first in the order given');
	$c = try(undef, with('client-two'));
	is($c->status, 200, 'two URIs do not matter where URIs do not');
	$c->close;
};

# ---- rules -----------------------------------------------------------------------------------------

subtest 'from identity' => sub {
	conf($listen . $crl . "client-cert optional;\n" . <<"POLICY");
collection test {
    priority 200;
    action allow;
    rule vms { from identity:"spiffe://site.invalid/vm/*"; to vm.test tcp:$e; }
    rule dns { from identity:*.invalid; to dns.test tcp:$e; }
    rule case { from identity:"spiffe://site.invalid/VM/*"; to case.test tcp:$e; }
    rule deep { from identity:"spiffe://site.invalid/*"; to deep.test tcp:$e; }
    rule both { from 192.0.2.0/24 identity:client.invalid; to both.test tcp:$e; }
    rule anyone { from any; to any.test tcp:$e; }
}
POLICY
	my %want = (
		'client-uri' => { vm => 200, dns => 403, case => 403, deep => 403, both => 403, any => 200 },
		client => { vm => 403, dns => 200, case => 403, deep => 403, both => 403, any => 200 },
		'' => { vm => 403, dns => 403, case => 403, deep => 403, both => 403, any => 200 },
	);
	for my $kind (sort keys %want) {
		for my $name (sort keys %{ $want{$kind} }) {
			my $c = try("$name.test:$e", $kind ? with($kind) : @trust);
			is($c->status, $want{$kind}{$name}, ($kind || 'nobody') . " to $name.test");
			$c->close;
		}
	}
	my $c = Sekisho::TLS->dial($px, with('client-uri'));
	for (1 .. 2) {
		$c->send("GET http://dns.test:$e/ HTTP/1.1\r\nHost: dns.test:$e\r\n\r\n");
		delete @$c{qw(status head)};
		is($c->read_response->status, 403, 'plain requests know the identity, too') if $_ == 1;
	}
	my @named = grep { ($_->{rule} // '') eq 'vms' && $_->{event} eq 'end' } $px->log_records;
	is($named[-1]{identity}, 'spiffe://site.invalid/vm/one', 'the log says which identity the rule met');
};

# ---- a reload ----------------------------------------------------------------------------------------

sub revoke_one {
	local $ENV{SAN} = 'DNS:unused.invalid';
	system("cd $certs && openssl ca -config ca.conf -revoke client.crt >/dev/null 2>&1 && openssl ca -config ca.conf -gencrl -out crl.new >/dev/null 2>&1 && mv crl.new crl.pem") == 0
		or die 'cannot revoke';
}

subtest 'a new list' => sub {
	conf($listen . $crl . $policy);
	my %session;
	for my $v ('-tls1_3', '-tls1_2') {
		$session{$v} = "$t->{dir}/session$v";
		my $s = Sekisho::TLS::s_client($px->addr, '-servername', 'proxy.test', $v, '-sess_out', $session{$v}, pair('client'));
		$s->wait_for(qr/Verify return code/);
		$s->send("CONNECT b.test:1 HTTP/1.1\r\nHost: b.test:1\r\n\r\n");
		ok($s->wait_for(qr{HTTP/1\.1 403}), "$v: a session with a ticket");
		$s->finish;
		forget_log();
		$s = Sekisho::TLS::s_client($px->addr, '-servername', 'proxy.test', $v, '-sess_in', $session{$v}, pair('client'));
		$s->wait_for(qr/Verify return code/);
		$s->send("CONNECT a.test:$e HTTP/1.1\r\nHost: a.test:$e\r\n\r\n");
		ok($s->wait_for(qr{HTTP/1\.1 200}), '... which is resumed');
		like($s->finish, qr/^Reused/m, '... by the ticket');
		my $end = $px->wait_record(sub { $_->{event} eq 'end' && ($_->{host} // '') eq 'a.test' }) // {};
		is($end->{identity}, 'client.invalid', '... with the identity of its first handshake');
	}
	my $stays = try(undef, with('client-uri'));
	my $goes = try(undef, with('client'));
	ok($stays->echoes && $goes->echoes, 'two tunnels');
	ok($px->reload(\&revoke_one), 'a new CRL is loaded without a signal');
	my $c = try(undef, with('client'));
	is($c->status, undef, 'who is revoked by it is refused');
	is($px->end_of($c)->{reason}, 'client_cert_revoked', '... for that reason');
	for my $v ('-tls1_3', '-tls1_2') {
		my $s = Sekisho::TLS::s_client($px->addr, '-servername', 'proxy.test', $v, '-sess_in', $session{$v}, pair('client'));
		$s->wait_for(qr/SSL alert number|Reused/);
		$s->send("CONNECT a.test:$e HTTP/1.1\r\nHost: a.test:$e\r\n\r\n");
		ok($s->wait_for(qr/SSL alert number 44/), "$v: ... also when it resumes its session");
		unlike($s->finish, qr{HTTP/1\.1 200}, '... and gets nothing');
	}
	ok($stays->echoes, 'the tunnel of another client lives on');
	isnt($goes->fate(10), 'open', '... that of the revoked one is ended');
	is($px->end_of($goes)->{reason}, 'client_cert_revoked', '... for that reason');
	$stays->close;
};

subtest 'an old ticket' => sub {
	my $file = "$t->{dir}/optional";
	conf($listen . $crl . "client-cert optional;\n" . $policy);
	my $s = Sekisho::TLS::s_client($px->addr, '-servername', 'proxy.test', '-tls1_2', '-sess_out', $file);
	$s->wait_for(qr/Verify return code/);
	$s->finish;
	conf($listen . $crl . $policy);
	$s = Sekisho::TLS::s_client($px->addr, '-servername', 'proxy.test', '-tls1_2', '-sess_in', $file);
	ok($s->wait_for(qr/SSL alert number 40/), 'a ticket made without a certificate does not help once one is required');
	$s->finish;
};

subtest 'mistakes' => sub {
	my $check = sub {
		my $name = $px->write('try.conf', $px->_presets($_[0]) . $_[0]);
		my $r = $t->command('check', '-c', $name);
		return "$r->{exit} $r->{out}$r->{err}";
	};
	like($check->("${listen}client-ca $certs/client.crt;\n$policy"), qr/^1 .*error: .*client\.crt/s, 'a CA that is none');
	like($check->("${listen}client-ca $certs/ca.crt;\nclient-crl $certs/ca.crt;\n$policy"), qr/^1 .*error: .*ca\.crt/s, 'a list that is none');
	like($check->("${listen}client-ca $certs/ca.crt;\nclient-crl $other/crl.pem;\n$policy"), qr/^1 .*error: /s, 'a list of another CA');
	like($check->("${listen}client-ca /nowhere/ca.pem;\n$policy"), qr{^1 .*error: .*/nowhere/ca\.pem}s, 'a file that is not there');
};

$t->done;
