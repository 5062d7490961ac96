# A hundred renewals of the certificate while many clients come and go: no connection is refused, none is broken, and old
# certificates do not pile up in memory.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Sekisho::TLS;
use File::Copy qw(copy);

my $t = Sekisho::Test->new->needs(qw(openssl python3));
my $times = $ENV{SEKISHO_RELOADS} // ($t->sanitized ? 30 : 100);
$t->dns('a.test' => $t->host);
my $certs = Sekisho::TLS::certs($t, [ 'proxy.test', $t->host ], kinds => 'server,server-rsa,client,client-revoked');
my $e = $t->echo->port;
my $live = "$t->{dir}/live";
mkdir $live;
sub install {
	my $kind = shift;
	for (qw(crt key)) {
		copy("$certs/$kind.$_", "$live/new") or die;
		chmod 0600, "$live/new";
		rename "$live/new", "$live/proxy.$_" or die;
	}
}
install('server');
my $port = $t->port;
my $px = $t->daemon("listen explicit ${\$t->host}:$port tls cert=$live/proxy.crt key=$live/proxy.key;\n"
	. "reload-quiet 0s;\nclient-ca $certs/ca.crt;\nclient-cert optional;\nclient-crl $certs/crl.pem;\n" . policy("to a.test tcp:$e"), port => $port);
my @trust = (ca => "$certs/ca.crt", sni => 'proxy.test');

my $lasting = Sekisho::TLS->connect($px, "a.test:$e", @trust);
ok($lasting->echoes, 'a tunnel from before');
my ($load, $stop) = Sekisho::TLS::peer('load', $px->addr, @trust, target => "a.test:$e", threads => 6, echoes => 2,
	cert => "$certs/client.crt", key => "$certs/client.key");
is(Sekisho::TLS::said($load)->{started}, 6, 'clients come and go');

my ($bad, @memory) = (0);
for my $n (1 .. $times) {
	install($n % 2 ? 'server-rsa' : 'server');
	$px->reload or $bad++;
	push @memory, $px->memory_kib if $n % 10 == 0;
}
is($bad, 0, "$times reloads");
close $stop;
my $said = Sekisho::TLS::said($load, 60);
is(join(', ', map { "$said->{errors}{$_} x $_" } keys %{ $said->{errors} // {} }), '', 'no connection is refused or broken')
	or diag($px->stderr =~ s/^.*\n(?=(?:.*\n){10})//sr);
cmp_ok($said->{rounds} // 0, '>', $times, "... of $said->{rounds}");
cmp_ok($said->{certs} // 0, '==', 2, '... and both certificates were seen');
ok($lasting->echoes, 'the old tunnel lives on');
$lasting->shut_write;                   # to close it at once could be a reset, with the answer unread
is($lasting->fate, 'eof', '... and ends well');
$px->end_of($lasting);
$lasting->close;
diag("resident after each ten reloads: @memory KiB") if $ENV{SEKISHO_RELOADS};
# ASan keeps 256 MiB of what was freed from use.
cmp_ok($memory[-1] - $memory[0], '<', $t->sanitized ? 360 * 1024 : 6 * 1024, "memory stays bounded (@memory KiB)");
my @bad = grep { $_->{event} eq 'end' && $_->{reason} !~ /^(?:completed|client_gone)$/ } $px->log_records;
is(join(', ', map { "$_->{reason} " . ($_->{detail} // '') } @bad), '', 'the log knows of no failure either');
$t->done;
