# The files of TLS listeners: what is wrong with them is said with a place, and a renewal is loaded by itself in
# whatever way it comes, or changes nothing.
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy qw(copy);
use POSIX qw(strftime);
use Sekisho::Test;

my $t = Sekisho::Test->new->needs(qw(openssl));
my $certs = $t->certs({ kinds => 'server,server-rsa,wrong-name,expired,client-revoked' }, 'localhost');
my $dir = $t->dir . '/tls';
mkdir $dir or die;
my $take = sub { my ($kind, $as) = @_;
	for my $end (qw(crt key)) {
		copy("$certs/$kind.$end", "$dir/$as.$end") or die "$kind.$end: $!";
		chmod 0600, "$dir/$as.$end";
	} };
$take->('server', 'proxy');
copy("$certs/$_", "$dir/$_") or die for qw(ca.crt crl.pem);
my $listen = 'listen explicit ' . $t->host . ':' . $t->port . " tls cert=$dir/proxy.crt key=$dir/proxy.key;\n";

# ---- sekisho check -----------------------------------------------------------------------------

my $check = sub { my ($text) = @_;
	open my $f, '>', $t->dir . '/check.conf' or die;
	print $f $text;
	close $f;
	return `$ENV{SEKISHO} check -c @{[ $t->dir ]}/check.conf 2>&1` };
like($check->($listen), qr/: ok: /, 'a good listener');
is(system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -sha256 -days 5 -subj /CN=soon"
	. " -keyout $dir/soon-ca.key -out $dir/soon-ca.crt -addext basicConstraints=critical,CA:TRUE 2>/dev/null"), 0,
	'a CA that ends soon');
open my $books, '>', "$dir/books" or die;
print $books <<"TEXT";
[ca]
default_ca = soon
[soon]
database = $dir/index
crlnumber = $dir/number
default_md = sha256
certificate = $dir/soon-ca.crt
private_key = $dir/soon-ca.key
TEXT
close $books;
my $list = sub { my ($name, $age, $left) = @_;
	my ($from, $to) = map { strftime('%y%m%d%H%M%SZ', gmtime(time + 3600 * $_)) } -$age, $left;
	return system("openssl ca -config $dir/books -gencrl -crl_lastupdate $from -crl_nextupdate $to -out $dir/$name 2>$dir/openssl") };
system("echo 01 >$dir/number; : >$dir/index");
is($list->('soon.crl', 24 * 21, 24 * 7 - 1) || $list->('today.crl', 24 * 3, 5) || $list->('fresh.crl', 24, 24 * 2), 0, '... and its lists');
open my $users, '>', "$dir/open-users" or die;
close $users;
chmod 0644, "$dir/open-users";
my @wrong = (
	[ $listen =~ s/ cert=\S+ key=\S+;/;/r, qr/:1:\d+: error: tls without a certificate; write tls cert=FILE key=FILE/ ],
	[ $listen =~ s/ key=\S+;/;/r, qr/:1:\d+: error: cert= without its key/ ],
	[ $listen =~ s/ cert=\S+//r, qr/:1:\d+: error: key= without its certificate/ ],
	[ $listen =~ s/cert=\S+/cert=/r, qr/:1:\d+: error: no file behind "cert="/ ],
	[ $listen =~ s/;/ more;/r, qr/:1:\d+: error: "more" is unknown here; expected cert=FILE key=FILE, proxy-protocol/ ],
	[ $listen =~ s/ cert=\S+ key/ crt=x key/r, qr/\A\S+:1:\d+: error: "crt=x" is unknown here; expected cert=FILE key=FILE[^\n]*\n\z/ ],
	[ $listen =~ s/;/ proxy-protocol;/r, qr/:1:\d+: error: proxy-protocol without an address; write the load balancers'/ ],
	[ $listen =~ s/explicit/transparent/r, qr/:1:\d+: error: "tls" is unknown here/ ],
	[ $listen =~ s/proxy.crt/absent.crt/r, qr/:1:\d+: error: cannot read "\S+absent.crt": no such file/ ],
	[ "$listen\nclient-cert optional;\n", qr/:3:1: error: "client-cert" without "client-ca"/ ],
	[ "${listen}client-ca $dir/ca.crt;\nclient-identity uri uri;\n", qr/:3:21: error: "uri" twice/ ],
	[ "${listen}client-ca $dir/ca.crt;\nclient-cert maybe;\n", qr/:3:13: error: unknown client-cert "maybe"; expected require or optional/ ],
	[ "${listen}client-ca $dir/proxy.crt;\n", qr/:2:11: error: "CN=sekisho test server" in "\S+" is not a CA/ ],
	[ "${listen}client-ca $dir/soon-ca.crt;\n", qr/:2:11: warning: the CA "CN=soon" in "\S+" ends in 4 days, and then no certificate/ ],
	[ "${listen}client-ca $dir/soon-ca.crt;\nclient-crl $dir/soon.crl;\n", qr/:3:12: warning: the list of "CN=soon" in "\S+" ends in 6 days, and/ ],
	[ "${listen}client-ca $dir/soon-ca.crt;\nclient-crl $dir/today.crl;\n", qr/:3:12: warning: the list of "CN=soon" in "\S+" ends within a day, and/ ],
	[ "${listen}auth-realm x;\nauth tls-only;\n", qr/:2:1: warning: "auth-realm" has no effect without "auth-users"/ ],
	[ "${listen}auth-users $dir/open-users;\n", qr/:2:12: error: "\S+" can be read by everybody/ ],
	[ "listen explicit 127.0.0.1:1;\nclient-ca $dir/ca.crt;\n", qr/:2:1: warning: "client-ca" has no effect/ ],
	[ $listen =~ s/$dir\/proxy/$certs\/expired/gr, qr/:1:\d+: warning: the certificate "CN=sekisho test expired" in "\S+" is expired/ ],
);
my @missed = grep { $check->($_->[0]) !~ $_->[1] } @wrong;
unlike($check->("${listen}client-ca $dir/soon-ca.crt;\nclient-crl $dir/fresh.crl;\n"), qr/the list of/, 'a list that is young says nothing');
is(scalar @missed, 0, 'each mistake is said with its place') or diag map { $check->($_->[0]) . "  not $_->[1]\n" } @missed;
chmod 0644, "$dir/proxy.key";
like($check->($listen), qr/error: the key "\S+" is open to everybody \(mode 0644\); chmod 600 \Q$dir\E\/proxy\.key$/m,
	'a key that all may read is refused, with the chmod that mends it');
system(split / /, $1) if $check->($listen) =~ /; (chmod 600 \S+)$/m;
like($check->($listen), qr/: ok: /, '... which does');
like($check->("include part/*.conf;\n${listen}client-ca tls/ca.crt;\nclient-crl tls/crl.pem;\n"), qr/: ok: /,
	'relative paths begin at the folder of the file');
my $dump = `$ENV{SEKISHO} check --dump -c @{[ $t->dir ]}/check.conf 2>&1`;
like($dump, qr/^client-crl \/\S+\/tls\/crl\.pem;$/m, 'a dump has them whole');

# ---- the example in the README, as written but for its folders -----------------------------------

my $source = "$FindBin::Bin/../..";
copy("$certs/ca.crt", "$dir/corp-ca.crt") or die;
copy("$certs/crl.pem", "$dir/corp.crl") or die;
open my $passwd, '|-', $ENV{SEKISHO}, 'passwd', "$dir/users", 'backup' or die;
print $passwd "secret\n";
ok(close $passwd, 'a user is made as the README says');
open my $readme, '<', "$source/README.md" or die;
my ($example) = join('', <$readme>) =~ /^## Who may ask.*?^(    listen .*?)^    \$ curl/ms;
$example =~ s/\/etc\/sekisho/$dir/g;
$example =~ s/^( *include +)policies/$1$source\/policies/gm;
unlike($check->($example), qr/error|warning/, 'the example for TLS loads') or diag $check->($example);
my $explain = sub { scalar `$ENV{SEKISHO} explain -c @{[ $t->dir ]}/check.conf --from 10.1.0.9 @_ 2>&1` };
like($explain->('--identity', 'spiffe://corp.example/vm/vm1', 'login.microsoftonline.com:443'),
	qr/^allow .* azure-backup\/vault .*\nthen the origin is looked at: verify origin/m, '... and allows what it says by identity');
like($explain->('--user', 'backup', 'download.microsoft.com:443'), qr/^allow .* azure-backup\/updates /m, '... and by user');
like($explain->('login.microsoftonline.com:443'), qr/^deny/m, '... and nobody else');

# ---- renewals ----------------------------------------------------------------------------------

my $px = $t->daemon("${listen}listen explicit " . $t->host . ':' . $t->port . ";\nclient-ca $dir/ca.crt;\nclient-crl $dir/crl.pem;\n",
	allow_stderr => [qr/error|keeping generation/]);
is($px->generation, 1, 'the daemon takes them');
my $put = sub { my ($kind, $end) = @_; Sekisho::Daemon::slurp("$certs/$kind.$end") };
$px->write("$dir/proxy.crt", $put->('server-rsa', 'crt'));
ok($px->wait_stderr(qr/keeping generation 1/), 'a certificate without its key changes nothing');
like($px->stderr, qr/sekisho\.conf:\d+:\d+: error: the key "\Q$dir\E\/proxy\.key" does not belong to the certificate "\Q$dir\E\/proxy\.crt"/,
	'... and it is said which');
is($px->reload(sub { $px->write("$dir/proxy.key", $put->('server-rsa', 'key')) }), 2, 'written in place: loaded with its key');
is($px->reload(sub { for my $end (qw(key crt)) {
	$px->write("$dir/new.$end", $put->('server', $end));
	chmod 0600, "$dir/new.$end";
	rename "$dir/new.$end", "$dir/proxy.$end" or die } }), 3, 'renamed over the old ones');
is($px->reload(sub { $px->write("$dir/proxy.key", substr $put->('server', 'key'), 0, 100) }), undef, 'a key cut short');
like($px->refusal, qr/error: the key "\Q$dir\E\/proxy\.key" is damaged/, '... is named');
is($px->reload(sub { $px->write("$dir/proxy.key", $put->('server', 'key')) }), 4, '... and mended by itself');
is($px->reload(sub { unlink "$dir/proxy.crt" }), undef, 'a file that is gone');
is($px->reload(sub { $px->write("$dir/proxy.crt", $put->('server', 'crt')) }), 5, '... and is back');
is($px->reload(sub { $px->write("$dir/ca.crt", Sekisho::Daemon::slurp("$certs/ca.crt") . "\n") }), 6, 'the CA of clients');
is($px->reload(sub { $px->write("$dir/crl.pem", 'nothing') }), undef, 'a broken list');
like($px->refusal, qr/error: no revocation list in "\Q$dir\E\/crl\.pem"/, '... is named');
is($px->reload(sub { $px->write("$dir/crl.pem", Sekisho::Daemon::slurp("$certs/crl.pem")) }), 7, '... and mended');

# ---- as certbot does: links in live/ to files in archive/, and a link of ours to live/ ----------------

mkdir "$t->{dir}/$_" or die for qw(le le/live le/live/x le/archive le/archive/x);
my $le = "$t->{dir}/le";
my $issue = sub { my ($kind, $n) = @_;
	for my $end (qw(key crt)) {
		$px->write("$le/archive/x/$end$n.pem", $put->($kind, $end));
		chmod 0600, "$le/archive/x/$end$n.pem";
	}
	for my $end (qw(key crt)) {
		symlink "../../archive/x/$end$n.pem", "$le/live/x/$end.new" or die;
		rename "$le/live/x/$end.new", "$le/live/x/$end.pem" or die;
	} };
$issue->('server', 1);
for my $end (qw(crt key)) {
	symlink "$le/live/x/$end.pem", "$dir/linked.$end" or die;
}
is($px->reload(sub { $px->write('sekisho.conf', Sekisho::Daemon::slurp($px->path('sekisho.conf')) =~ s/proxy\.(crt|key)/linked.$1/gr) }),
	8, 'links to links');
is($px->reload(sub { $issue->('server-rsa', 2) }), 9, 'a renewal behind them is noticed');
is($px->reload(sub { for my $end (qw(crt key)) {        # back, without a new file anywhere
	symlink "../../archive/x/${end}1.pem", "$le/live/x/$end.new" or die;
	rename "$le/live/x/$end.new", "$le/live/x/$end.pem" or die } }), 10, 'and the turning of a link alone');
is($px->reload, 11, 'SIGHUP still works');
$t->done;
