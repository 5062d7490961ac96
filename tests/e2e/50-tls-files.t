# Certificates and keys are part of what is loaded: renewed without a signal, whole or not at all, and what is wrong with
# them is said with the file and the remedy.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Sekisho::TLS;
use File::Copy qw(copy);

my $t = Sekisho::Test->new->needs(qw(openssl python3));
$t->dns('*.test' => $t->host);
my $certs = Sekisho::TLS::certs($t, [ 'proxy.test', $t->host ], kinds => 'server,server-rsa,client,expired,weak');
my $soon = Sekisho::TLS::certs($t, [ 'proxy.test' ], options => [ '--days', 20 ], dir => 'soon');
my @trust = (ca => "$certs/ca.crt", sni => 'proxy.test');
my $e = $t->echo->port;

my $live = "$t->{dir}/live";            # what the configuration names
mkdir $live;
sub install {
	my ($from, $to, $mode) = @_;
	copy($from, "$to.new") or die "$from: $!";
	chmod $mode // 0600, "$to.new";
	rename "$to.new", $to or die "$to: $!";
}
sub install_pair { install("$_[0].crt", "$live/proxy.crt", 0644); install("$_[0].key", "$live/proxy.key") }
sub fingerprint { my $f = qx(openssl x509 -in $_[0] -noout -fingerprint -sha256); $f =~ s/\s+\z//r }
sub shown {     # the certificate that a new connection is shown
	my $c = Sekisho::TLS->dial($_[0], sni => 'proxy.test');
	my $pem = $c->facts->{peer} // return 'none: ' . ($c->failed // 'nothing');
	open my $f, '>', "$t->{dir}/shown.crt";
	print $f $pem;
	close $f;
	$c->close;
	return fingerprint("$t->{dir}/shown.crt");
}

install_pair("$certs/server");
my ($ecdsa, $rsa) = map { fingerprint("$certs/$_.crt") } qw(server server-rsa);
my $port = $t->port;
my $listen = "listen explicit ${\$t->host}:$port tls cert=$live/proxy.crt key=$live/proxy.key;\n";
my $policy = policy("to a.test tcp:$e");
my $px = $t->daemon($listen . $policy, port => $port, allow_stderr => [ qr/: error: |keeping generation|: warning: the certificate/ ]);
sub conf { $px->write('sekisho.conf', $px->_presets($_[0]) . $_[0]) }

subtest 'renewal' => sub {
	my $old = Sekisho::TLS->connect($px, "a.test:$e", @trust);
	ok($old->echoes, 'a tunnel');
	is(shown($px), $ecdsa, 'the first certificate is shown');
	ok($px->reload(sub { install_pair("$certs/server-rsa") }), 'a renewed pair is loaded without a signal');
	is(shown($px), $rsa, '... new connections are shown it');
	ok($old->echoes, '... and the old tunnel lives on');
	$old->shut_write;
	is($old->fate, 'eof', '... to its end');
};

subtest 'links' => sub {        # as Kubernetes and certbot do
	mkdir "$t->{dir}/v1"; mkdir "$t->{dir}/v2"; mkdir "$t->{dir}/mount";
	for ([ v1 => 'server' ], [ v2 => 'server-rsa' ]) {
		install("$certs/$_->[1].crt", "$t->{dir}/$_->[0]/tls.crt", 0644);
		install("$certs/$_->[1].key", "$t->{dir}/$_->[0]/tls.key");
	}
	symlink '../v1', "$t->{dir}/mount/..data" or die;
	symlink "..data/$_", "$t->{dir}/mount/$_" or die for qw(tls.crt tls.key);
	ok($px->reload(sub { conf($listen =~ s{$live/proxy\.(crt|key)}{$t->{dir}/mount/tls.$1}gr . $policy) }), 'files behind links');
	is(shown($px), $ecdsa, '... are read');
	ok($px->reload(sub {
		symlink '../v2', "$t->{dir}/mount/..next" or die;
		rename "$t->{dir}/mount/..next", "$t->{dir}/mount/..data" or die;
	}), 'a link is turned to another folder');
	is(shown($px), $rsa, '... and the pair behind it is shown');
	ok($px->reload(sub { conf($listen . $policy) }), 'back again');
};

# ---- what cannot be used -----------------------------------------------------------------------

sub refused {
	my ($what, $re, $spoil, $mend) = @_;
	subtest $what => sub {
		my $c = Sekisho::TLS->connect($px, "a.test:$e", @trust);
		my $before = shown($px);
		my $generation = $px->generation;
		is($px->reload($spoil), undef, 'is refused');
		like($px->refusal, $re, '... with the file and the reason');
		like($px->refusal, qr/\S*sekisho\.conf:\d+:\d+: error: /m, '... and the place that names it');
		is(shown($px), $before, '... what was loaded before is shown');
		ok($c->echoes, '... and the open tunnel lives on');
		my $r = $t->command('check', '-c', $px->path('sekisho.conf'));
		is($r->{exit}, 1, '... check says no, too');
		like($r->{out} . $r->{err}, $re, '... in the same words');
		ok($px->reload($mend // sub { install_pair("$certs/server") }), '... and mended, it is loaded');
		$c->close;
	};
}

refused('a key of another certificate', qr{the key "$live/proxy\.key" does not belong to the certificate "$live/proxy\.crt"},
	sub { install("$certs/client.key", "$live/proxy.key"); });
refused('a damaged certificate', qr{"$live/proxy\.crt"}, sub {
	my $text = Sekisho::Daemon::slurp("$certs/server.crt");
	open my $f, '>', "$t->{dir}/broken" or die;
	print $f substr $text, 0, length($text) / 2;
	close $f;
	install("$t->{dir}/broken", "$live/proxy.crt", 0644);
});
refused('an empty file', qr{"$live/proxy\.crt"}, sub { open my $f, '>', "$t->{dir}/empty"; close $f; install("$t->{dir}/empty", "$live/proxy.crt", 0644) });
refused('a file that is gone', qr{"$live/proxy\.key".*no such file}si, sub { unlink "$live/proxy.key" });
refused('a client\'s certificate', qr{"$live/proxy\.crt" is not for TLS servers.*serverAuth}s, sub { install_pair("$certs/client") });
refused('a weak key', qr{too weak \(1024 bits\)}, sub { install_pair("$certs/weak") });
refused('a key that others may read', qr{the key "$live/proxy\.key" is open to everybody \(mode 0644\); chmod 600 $live/proxy\.key},
	sub { install("$certs/server-rsa.crt", "$live/proxy.crt", 0644); install("$certs/server-rsa.key", "$live/proxy.key", 0644) });
refused('a key that is opened to others', qr{is open to everybody.*chmod 600}s, sub { chmod 0604, "$live/proxy.key"; $px->signal('HUP') });

# ---- warnings ------------------------------------------------------------------------------------

subtest 'the end comes near' => sub {
	install_pair("$soon/server");
	my $r = $t->command('check', '-c', $px->path('sekisho.conf'));
	is($r->{exit}, 0, 'a certificate that ends within 30 days can be loaded');
	like($r->{out} . $r->{err}, qr{sekisho\.conf:\d+:\d+: warning: the certificate "CN=sekisho test server" in "$live/proxy\.crt" ends in (19|20) days; renew it}, '... with a warning');
	is($t->command('check', '--strict', '-c', $px->path('sekisho.conf'))->{exit}, 1, '... which --strict does not take');
	install_pair("$certs/expired");
	like(join('', @{ $t->command('check', '-c', $px->path('sekisho.conf')) }{qw(out err)}), qr/is expired; clients refuse it/, 'one that has ended');
	install_pair("$certs/server");
	$r = $t->command('check', '-c', $px->path('sekisho.conf'));
	unlike($r->{out} . $r->{err}, qr/warning: the certificate/, 'one with time left: no word');
	ok($px->reload(sub { conf($listen . $policy) }), 'the good pair is back');
	is(shown($px), $ecdsa, '... and shown');
};

# ---- with and without ------------------------------------------------------------------------------

subtest 'TLS comes and goes' => sub {
	my $plain = "listen explicit ${\$t->host}:$port;\n";
	my $inside = Sekisho::TLS->connect($px, "a.test:$e", @trust);
	ok($inside->echoes, 'a tunnel inside TLS');
	ok($px->reload(sub { conf($plain . $policy) }), 'the listener loses its TLS by a reload');
	my $outside = $px->connect("a.test:$e");
	is($outside->status, 200, '... plain clients are served');
	ok($inside->echoes, '... and the tunnel inside TLS lives on');
	my $c = Sekisho::TLS->dial($px, @trust);
	ok($c->failed, '... new TLS clients are not');
	ok($px->reload(sub { conf($listen . $policy) }), 'and gets it back');
	ok($outside->echoes, '... the plain tunnel lives on');
	is(Sekisho::TLS->connect($px, "a.test:$e", @trust)->status, 200, '... TLS clients are served');
	is($px->request("CONNECT a.test:$e HTTP/1.1\r\nHost: a.test:$e\r\n\r\n", timeout => 5)->status, undef, '... and plain ones are not');
	$_->close for $inside, $outside, $c;
};

subtest 'mistakes in the language' => sub {
	my $check = sub {
		my $name = $px->write('try.conf', $px->_presets($_[0]) . $_[0]);
		my $r = $t->command('check', '-c', $name);
		return "$r->{exit} $r->{out}$r->{err}";
	};
	my $at = $t->host . ':' . $t->port;
	for ([ "tls" => qr/tls without a certificate; write tls cert=FILE key=FILE/ ],
	     [ "tls cert=$live/proxy.crt" => qr/cert= without its key; write key=FILE/ ],
	     [ "tls key=$live/proxy.key" => qr/key= without its certificate; write cert=FILE/ ],
	     [ "tls cert= key=$live/proxy.key" => qr/no file behind "cert="/ ],
	     [ "tls cert=/nowhere/x.crt key=$live/proxy.key" => qr{"/nowhere/x\.crt"} ]) {
		like($check->("listen explicit $at $_->[0];\n$policy"), qr/^1 .*error: .*$_->[1]/s, $_->[0]);
	}
	like($check->("listen dns $at tls cert=$live/proxy.crt key=$live/proxy.key;\n$policy"), qr/^1 .*error: /s, 'TLS for another mode');
	like($check->("listen explicit $at tls cert=$live/proxy.crt key=$live/proxy.key;\nclient-cert require;\n$policy"), qr/^1 .*"client-cert" without "client-ca"/s, 'client-cert alone');
	like($check->("listen explicit $at;\nclient-ca $certs/ca.crt;\n$policy"), qr/^0 .*warning: .*no listener has "tls"/s, 'client-ca without TLS');
};

$t->done;
