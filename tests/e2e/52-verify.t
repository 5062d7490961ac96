# `verify origin` and `pin`: before a tunnel opens, the proxy has a look at the certificate of the very address that it
# leads to. Real servers with good and bad certificates; what is refused, what only logged, and how often they are asked.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Time::HiRes qw(sleep time);

my $t = Sekisho::Test->new->needs(qw(openssl nginx curl));
my $dir = $t->dir;
my @names = map { "$_.test" } qw(good expired wrong own weak audit plain pin1 pin2 pinown moving silent many turned);
my $port = $t->port;
my %at = map { state_address($_) } qw(good expired wrong own weak evil);
$t->dns((map { ("$_.test" => { a => $at{$_}, ttl => 1 }) } qw(good expired wrong own weak)),
	'audit.test' => $at{wrong}, 'plain.test' => $at{expired}, 'pin1.test' => $at{good}, 'pin2.test' => $at{good},
	'pinown.test' => $at{own}, 'moving.test' => { a => $at{good}, ttl => 1 }, map { ("$_.test" => $t->host) } qw(silent many turned));

my $n_address;
sub state_address { return ($_[0] => $t->address(10 + $n_address++)) }
BEGIN { $n_address = 0 }

# ---- certificates and servers ----------------------------------------------------------------------

sub run { system("@_ >$dir/run.out 2>&1") == 0 or die "@_: " . Sekisho::Daemon::slurp("$dir/run.out") }
my $certs = "$dir/certs";
run("$Sekisho::Test::TOP/certs/make-test-certs --kinds server,expired,wrong-name,weak $certs @names $at{good}");
run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $certs/own.key -out $certs/own.crt -days 30 -subj /CN=own.test -addext subjectAltName=DNS:own.test,DNS:pinown.test");
run("$Sekisho::Test::TOP/certs/make-test-certs --kinds server $dir/other-ca @names");

# The folder that nginx is to take its server.crt from.
sub folder {
	my $kind = shift;
	return $certs if $kind eq 'server';
	mkdir "$dir/$kind";
	symlink "$certs/$kind.$_", "$dir/$kind/server.$_" for qw(crt key);
	return "$dir/$kind";
}
sub pin { my $file = shift; chomp(my $p = `openssl x509 -in $file -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`); return "sha256:$p" }
my %kind = (good => 'server', expired => 'expired', wrong => 'wrong-name', own => 'own', evil => 'wrong-name');
$t->nginx("location / { return 200 \"$_\\n\"; }", certs => folder($kind{$_}), host => $at{$_}, port => $port) for sort keys %kind;
$t->nginx('ssl_ciphers ALL:@SECLEVEL=0; location / { return 200 "weak\n"; }', certs => folder('weak'), host => $at{weak}, port => $port);
# Tells of each connection, and of the first octets that come over it; never says a word.
my $silent = $t->origin(sub { my ($s, $say) = @_; $say->('connection'); my $n = sysread $s, my $hello, 65536; $say->($n ? 'hello' : 'end'); 1 while sysread $s, my $x, 65536 });
# A server that turns away whoever comes with an end.
my $turns = $t->origin(sub { my ($s, $say) = @_; sysread $s, my $hello, 65536; close $s });

my $pin = pin("$certs/server.crt");
my $own_pin = pin("$certs/own.crt");
my $other_pin = pin("$dir/other-ca/server.crt");
my $admin = $t->host . ':' . $t->port;
my $conf = sub {
	my %o = @_;
	return <<"CONF";
admin $admin;
origin-ca @{[ $o{ca} // "$certs/ca.crt" ]};
verify-timeout 2s;
hello-timeout 60s;
dns-ttl-ceiling 1s;
dns-ttl-floor 0s;
verify @{[ $o{verify} // 'origin' ]};
collection out {
    priority 200;
    action allow;
    rule all { from any; to good.test expired.test wrong.test own.test weak.test moving.test silent.test many.test turned.test $at{good} $at{expired} https:1024-65535; }
    rule audit { from any; to audit.test https:1024-65535; verify @{[ $o{audit} // 'origin audit' ]}; }
    rule plain { from any; to plain.test https:1024-65535; verify @{[ $o{plain} // 'off' ]}; }
    rule pin1 { from any; to pin1.test https:1024-65535; pin $other_pin $pin; }
    rule pin2 { from any; to pin2.test https:1024-65535; pin $other_pin; }
    rule pinown { from any; to pinown.test https:1024-65535; verify off; pin $own_pin; }
}
CONF
};
my $px = $t->daemon($conf->());
$px->{ca} = "$certs/ca.crt";

# Asks and gives the status of the CONNECT, or the reason of its refusal, and the record.
my $last;
sub ask {
	my ($name, $to) = @_;
	my $c = $px->connect("$name:" . ($to // $port));
	my $status = $c->status;
	$c->close;
	$last = $px->end_of($c);
	return $status == 200 ? 200 : "$status $last->{reason}: " . ($last->{detail} // '');
}

# ---- good and bad --------------------------------------------------------------------------------------

my $r = $px->curl("https://good.test:$port/");
is("$r->{connect} $r->{body}", "200 good\n", 'a good server is reached, end to end') or diag $r->{err};
is(ask('good.test'), 200, '... and again');
my $tls = $last->{origin_tls};
ok($tls->{verified} && !exists $tls->{error}, '... verified') or diag explain $tls;
is($tls->{key}, $pin, '... the log has its key, as `pin` takes it');
is($tls->{issuer}, 'CN=Sekisho test CA', '... its issuer');
like($tls->{expires}, qr/^2049-12-31T23:59:59/, '... its end');
cmp_ok($tls->{age_ms}, '<', 10_000 * $t->slow, '... and how old the verdict is');

my @bad = (
	[ expired => 'certificate has expired' ],
	[ wrong => 'hostname mismatch' ],
	[ own => 'self-signed certificate' ],
	[ weak => 'EE certificate key too weak' ],
);
for my $case (@bad) {
	my ($name, $why) = @$case;
	like(ask("$name.test"), qr/^502 origin_unverified: \Q$why\E$/i, "$name: refused");
	ok(!$last->{origin_tls}{verified} && lc $last->{origin_tls}{error} eq lc $why, '... with the reason in origin_tls') or diag explain $last;
	like($last->{origin_tls}{key}, qr/^sha256:.{44}$/, '... and with its key');
}
my $c = $px->connect("expired.test:$port");
like($c->head, qr/^Proxy-Status: sekisho; error=tls_certificate_error; details="origin_unverified"\r$/m, 'Proxy-Status says what it was');
is($px->curl("https://plain.test:$port/", '--insecure')->{body}, "expired\n", 'the same server is served where the rule says `verify off`');
ok(!exists $px->wait_record(sub { ($_->{host} // '') eq 'plain.test' })->{origin_tls}, '... without a look at it');
is(ask('audit.test'), 200, 'audit: served');
like($last->{origin_tls}{error}, qr/hostname mismatch/i, '... and logged');
is($last->{reason} . $last->{action}, 'client_goneallow', '... as an ordinary tunnel');

# ---- addresses ----------------------------------------------------------------------------------------

is(ask($at{good}), 200, 'an address that stands in the certificate');
like(ask($at{expired}), qr/^502 origin_unverified: (?:certificate has expired|IP address mismatch)$/i, 'one that does not');

# ---- what is no certificate at all ----------------------------------------------------------------------

like(ask('turned.test', $turns->port), qr/^502 origin_unverified: the origin closed the connection during the TLS handshake$/, 'a server that hangs up');

my $began = time;
like(ask('silent.test', $silent->port), qr/^502 origin_unverified: timed out during the TLS handshake$/, 'a server that says nothing');
cmp_ok(time - $began, '>', 1.9, '... is waited for') && cmp_ok(time - $began, '<', 5 * $t->slow, '... but not for long');
$began = time;
like(ask('silent.test', $silent->port), qr/timed out/, '... and the next who asks need not wait');
cmp_ok(time - $began, '<', 1.5, '... for the same');
1 while defined $silent->line(0.3);

# ---- one check for all who ask ----------------------------------------------------------------------------

my @many = map { my $c = $px->dial; $c->send("CONNECT many.test:" . $silent->port . " HTTP/1.1\r\nHost: many.test\r\n\r\n"); $c } 1 .. 40;
is(join(' ', map { $_->read_response(20)->status } @many), join(' ', (502) x 40), 'forty tunnels at once to the silent server: refused');
my %heard;
while (defined(my $line = $silent->line(0.5))) {
	$heard{$line}++;
}
is($heard{hello} // 0, 1, '... after one handshake') or diag explain \%heard;
is($heard{connection}, 41, '... and no other connection than theirs and that one');
$_->close for @many;

# A client that goes while its origin is looked at.
my @gone = map { my $c = $px->dial; $c->send("CONNECT silent.test:" . $silent->port . " HTTP/1.1\r\nHost: silent.test\r\n\r\n"); $c } 1 .. 3;
sleep 0.2;
$_->reset for @gone;

# ---- pins ---------------------------------------------------------------------------------------------------

is(ask('pin1.test'), 200, 'the key is one of the pinned ones');
like(ask('pin2.test'), qr/^502 origin_unverified: the origin's key is none of the pinned ones$/, 'it is none of them, whatever its certificate says');
is(ask('pinown.test'), 200, 'without `verify` a pin asks for the key alone');
ok($last->{origin_tls}{verified}, '... which was proved');

# ---- a DNS answer that is moved elsewhere -------------------------------------------------------------------

is(ask('moving.test'), 200, 'a name at its own server');
$t->{dns}->set('moving.test' => { a => $at{evil}, ttl => 1 });
ok(eventually { ask('moving.test') =~ /^502 origin_unverified: hostname mismatch/i }, 'led to another server it is refused, while the old verdict is still warm');
is($last->{origin_ip}, $at{evil}, '... which is that server');
is(ask('good.test'), 200, '... and the real one is served');

# ---- reload: what is asked of open tunnels -------------------------------------------------------------------

my ($looked_at, $unseen, $good) = map { $px->connect("$_.test:$port") } qw(audit plain good);
$px->reload(sub { $px->write('sekisho.conf', $px->_presets('') . $conf->(audit => 'origin', plain => 'origin')) });
is($px->end_of($looked_at)->{reason}, 'policy_revoked', 'a tunnel whose server has shown too little for the new rule ends');
like(ask('plain.test'), qr/^502 origin_unverified/, 'a rule that verifies now refuses who is new');
ok($unseen->fate(0.5) eq 'open' && $good->fate(0.5) eq 'open', '... the others go on: one has shown enough, one nothing') or diag 'one has ended';
$px->reload(sub { $px->write('sekisho.conf', $px->_presets('') . $conf->()) });
$_->close for $unseen, $good, $looked_at;

# ---- reload: whom to trust ------------------------------------------------------------------------------------

my $before = $px->generation;
$px->reload(sub { $px->write('sekisho.conf', $px->_presets('') . $conf->(ca => "$dir/other-ca/ca.crt $dir/watched.pem")) });
like($px->refusal, qr{sekisho\.conf:\d+:\d+: error: cannot read "\Q$dir\E/watched\.pem": no such file}, 'a CA file that is not there keeps the old configuration');
slurp_copy("$dir/other-ca/ca.crt", "$dir/watched.pem");
is($px->reload, $before + 1, 'with the file it is taken');
like(ask('good.test'), qr/^502 origin_unverified: unable to get local issuer certificate$/, '... in which the server is signed by a stranger');
$before = $px->generation;
slurp_copy("$certs/ca.crt", "$dir/watched.pem");
ok(eventually { $px->generation > $before }, 'the file changes');
is(ask('good.test'), 200, '... and the server is trusted at once');
open my $pem, '>>', "$dir/watched.pem";
print $pem "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
close $pem;
ok($px->wait_stderr(qr{(watched\.pem:\d+:1: error: this certificate cannot be read)}), 'a broken one is told with its line') or diag $px->stderr;
is(ask('good.test'), 200, '... and changes nothing');
$px->allow(qr/watched\.pem/, qr/reload failed, keeping/);

sub slurp_copy { my ($from, $to) = @_; my $text = Sekisho::Daemon::slurp($from); open my $f, '>', $to; print $f $text; close $f; return $text }

# ---- counters ----------------------------------------------------------------------------------------------

my %metric = `curl -s http://$admin/metrics` =~ /^sekisho_origin_checks_(\w+) (\d+)$/mg;
ok($metric{total} > 8 && $metric{failed_total} > 4 && $metric{failed_total} < $metric{total}, 'checks are counted, and those that failed') or diag explain \%metric;
cmp_ok($metric{cached_total}, '>', 3, '... and those that were not needed');
is("$metric{in_flight} $metric{queued} $metric{overloaded_total}", '0 0 0', '... and none is under way or was turned away');

# ---- a stop in the midst of it -----------------------------------------------------------------------------

1 while defined $silent->line(0.2);
my $stops = $t->daemon($conf->() =~ s/^admin .*\n//mr =~ s/^verify-timeout 2s;/verify-timeout 60s;\ndrain-timeout 0s;/mr);
my @caught = map { my $c = $stops->dial; $c->send("CONNECT $_.test:" . $silent->port . " HTTP/1.1\r\nHost: $_.test\r\n\r\n"); $c } qw(silent many turned silent);
my $hellos = 0;
while ($hellos < 3 && defined(my $line = $silent->line(5))) {
	$hellos++ if $line eq 'hello';
}
is($hellos, 3, 'three origins are being looked at');
$began = time;
is($stops->stop, 0, 'a stop does not wait for them');
cmp_ok(time - $began, '<', 5 * $t->slow, '... at all');
is(join(' ', map { $stops->end_of($_)->{reason} } @caught), join(' ', ('shutdown') x 4), '... and each who waited has its record');
$_->close for @caught;

# ---- what the commands say ---------------------------------------------------------------------------------

my $file = "$dir/check.conf";
sub conf_says {
	my ($text, @words) = @_;
	open my $f, '>', $file;
	print $f $text;
	close $f;
	my $got = $t->command(@words ? @words : ('check', '-c', $file));
	return $got->{out} . $got->{err};
}
my $rule = sub { "origin-ca $certs/ca.crt;\n$_[1]\ncollection c {\n    priority 200;\n    action @{[ $_[2] // 'allow' ]};\n    rule r { from any; $_[0] }\n}\n" };
like(conf_says($rule->('to a.test https:443; verify origin;', '')), qr/, 1 rules that verify origins by 1 CA certificates/, 'check counts rules and CAs');
my @explain = ('explain', '-c', $file, '--from', '10.0.0.1', 'a.test:443');
like(conf_says($rule->("to a.test https:443; pin $pin;", 'verify origin;'), @explain), qr/^then the origin is looked at: verify origin, its key is one of 1 pinned$/m, 'explain shows what is asked of the origin');
like(conf_says($rule->("to a.test https:443; pin $pin;", 'verify origin audit;'), 'explain', '--json', @explain[1 .. 5]), qr/"verify":"origin audit","pins":\["\Q$pin\E"\]/, '... also as JSON');
unlike(conf_says($rule->('to a.test https:443; verify off;', 'verify origin;'), @explain), qr/looked at/, 'the nearest word wins');
my @wrong = (
	[ 'to a.test tcp:443; verify origin;', '', qr/check\.conf:6:\d+: error: "verify" stands in a rule with a tcp entry/, 'verify with tcp' ],
	[ 'to a.test https:443 tcp:22; verify origin audit;', '', qr/check\.conf:6:\d+: error: "verify" stands in a rule with a tcp entry/, 'verify with tcp beside https' ],
	[ "to a.test udp:123; pin $pin;", '', qr/check\.conf:6:\d+: error: "pin" stands in a rule without an https entry/, 'a pin for udp' ],
	[ 'to a.test http:80; verify origin;', '', qr/check\.conf:6:\d+: error: "verify" stands in a rule without an https entry/, 'verify for http' ],
	[ 'to a.test https:443; verify audit;', '', qr/check\.conf:6:\d+: error: unexpected "audit"; expected "verify off"/, 'half a word' ],
	[ 'to a.test https:443; verify off audit;', '', qr/check\.conf:6:\d+: error: unexpected "audit"/, 'a word too many' ],
	[ 'to a.test https:443; pin sha256:abcd;', '', qr/check\.conf:6:\d+: error: "sha256:abcd" is not a pin/, 'a short pin' ],
	[ 'to a.test https:443; pin sha1:abcd;', '', qr/is not a pin/, 'another hash' ],
	[ "to a.test https:443; pin $pin;", '', qr/check\.conf:6:\d+: error: "pin" has no effect in a collection whose action is deny/, 'a pin on a denial', 'deny' ],
);
for my $case (@wrong) {
	my ($in, $main, $like, $what, $action) = @$case;
	like(conf_says($rule->($in, $main, $action)), $like, "check: $what");
}
like(conf_says($rule->('to a.test tcp:443;', 'verify origin;')), qr/: ok: /, 'an inherited word does not concern tcp');
like(conf_says("origin-ca $file;\n"), qr/check\.conf:1:1: error: no certificate in this file/, 'a file without a certificate');
SKIP: {
	skip 'no CAs on this system', 1 if !-r '/etc/ssl/certs/ca-certificates.crt';
	like(conf_says("origin-ca system $certs/ca.crt;\n" . ($rule->('to a.test https:443; verify origin;', '') =~ s/^.*\n//r)), qr/by \d{2,} CA certificates/, 'the system\'s CAs and one more');
}

$t->done;
