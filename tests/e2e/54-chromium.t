# A real browser uses the proxy over TLS: headless Chromium, to an origin with TLS and to a plain one, with the CA in
# its own data base of trust.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Sekisho::TLS;

my $t = Sekisho::Test->new->needs(qw(chromium nginx openssl));
$t->dns('*.test' => $t->host);
my $certs = Sekisho::TLS::certs($t, [ 'proxy.test', 'web.test', 'denied.test', $t->host ], options => [ '--days', 90 ]);
my $page = '<html><title>t</title><body><p id=p>waiting</p><script src=/script.js></script></body></html>';
my $inside = 'location / { default_type text/html; return 200 \'' . $page . '\'; }'
	. ' location /script.js { default_type text/javascript; return 200 \'document.getElementById("p").textContent = "it ran at " + location.protocol;\'; }'
	. ' location /big { default_type text/plain; root ' . "$t->{dir}" . '; }';
my $tls = $t->nginx($inside, certs => $certs);
my $plain = $t->nginx($inside);
my ($s, $p, $port) = ($tls->port, $plain->port, $t->port);
my $px = $t->daemon(Sekisho::TLS::listen($t->host . ":$port", $certs, 'server')
	. policy("to web.test https:$s http:$p"), port => $port);

# The browser trusts what is in the NSS data base of its home; without certutil it is told the one key.
my $home = "$t->{dir}/home";
mkdir $home;
my @trust;
if (grep { -x "$_/certutil" } split /:/, $ENV{PATH}) {
	mkdir "$home/.pki"; mkdir "$home/.pki/nssdb";
	system("certutil -d sql:$home/.pki/nssdb -N --empty-password && certutil -d sql:$home/.pki/nssdb -A -t C,, -n test -i $certs/ca.crt") == 0
		or die "certutil failed\n";
	note('trust by the NSS data base');
} else {
	my $hash = qx(openssl x509 -in $certs/server.crt -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64);
	chomp $hash;
	@trust = ("--ignore-certificate-errors-spki-list=$hash");
	note('trust by the key, since there is no certutil');
}

# What the browser has made of a page; undef when it does not end in time.
sub browse {
	my ($url, @more) = @_;
	my $out = "$t->{dir}/dom";
	unlink $out;
	my $process = Sekisho::Process->run(name => 'chromium', stdout => $out, stderr => "$t->{dir}/chromium.err",
		env => { HOME => $home, XDG_CONFIG_HOME => "$home/.config", XDG_CACHE_HOME => "$home/.cache" },
		cmd => [ 'chromium', '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
			'--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-default-apps', '--metrics-recording-only',
			"--user-data-dir=$home/profile", "--proxy-server=https://proxy.test:$port",
			"--host-resolver-rules=MAP proxy.test ${\$t->host}, MAP * ~NOTFOUND, EXCLUDE ${\$t->host}",
			@trust, @more, '--timeout=20000', '--virtual-time-budget=5000', '--dump-dom', $url ]);
	my $status = $process->wait_end(60 * $t->slow);
	$process->kill_hard if !defined $status;
	return defined $status ? Sekisho::Daemon::slurp($out) : undef;
}
sub said { diag(join '', map { "$_\n" } (grep { !/dbus|gpu|vaapi/i } split /\n/, Sekisho::Daemon::slurp("$t->{dir}/chromium.err"))[ 0 .. 10 ]) }

my $dom = browse("https://web.test:$s/");
like($dom, qr/it ran at https:/, 'a page with TLS inside TLS') or said();
my $end = $px->wait_record(sub { $_->{event} eq 'end' && ($_->{host} // '') eq 'web.test' && ($_->{method} // '') eq 'CONNECT' });
is($end->{client_tls}, 'TLS 1.3', '... the browser spoke TLS to the proxy');
is($end->{sni}, 'web.test', '... and through it to the origin');
like($end->{tls_version} // '', qr/1\.3/, '... in TLS of its own');

$dom = browse("http://web.test:$p/");
like($dom, qr/it ran at http:/, 'a plain page') or said();
ok($px->wait_record(sub { $_->{event} eq 'end' && ($_->{path} // '') eq '/script.js' && $_->{status} == 200 }), '... whose script came the same way');

$dom = browse("http://denied.test:$p/");
like($dom, qr/Reason: <code>no_rule|reason: no_rule/i, 'a refusal is shown to the user') or said();
$dom = browse("https://denied.test:$s/");
unlike($dom // '', qr/it ran/, 'a refused CONNECT shows no page');
ok($px->wait_record(sub { $_->{event} eq 'end' && ($_->{host} // '') eq 'denied.test' && ($_->{method} // '') eq 'CONNECT' && $_->{status} == 403 }), '... and is in the log');
my @failed = grep { $_->{event} eq 'end' && $_->{reason} =~ /^tls_|internal/ } $px->log_records;
is(scalar @failed, 0, 'no handshake failed') or diag(explain(\@failed));

$t->done;
