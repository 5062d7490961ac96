# Sessions torn apart at any moment, by either end, in any order: nothing crashes, nothing is left, every
# request that was begun has its one record.  The moments are drawn from a seed that is printed.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Sekisho::Web;
use Time::HiRes qw(time sleep);

my $t = Sekisho::Test->new;
my $seed = $ENV{SEKISHO_SEED} // time % 100000;
my $seconds = $ENV{SEKISHO_TORN_S} // 6;
my $most = $ENV{SEKISHO_TORN_S} ? 1e9 : 2000;
alarm 300 * $t->slow + $seconds;
diag("SEKISHO_SEED=$seed");
srand $seed;
$t->dns('*.test' => $t->host);

# Every origin reads a little, says a little, and ends as the dice want.
my $dice = sub {
	my ($sock, $say) = @_;
	srand($seed ^ $$ ^ int(time * 1000));
	sysread $sock, my $x, 1 + int rand 4096 if rand() < .9;
	my @said = ("HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "\x16\x03\x03\0\x5a\2", 'y' x rand 200_000, 'z' x 50000, '');
	$sock->blocking(0);
	for (1 .. rand 4) {
		syswrite $sock, $said[ rand @said ];
		sleep rand .01;
		sysread $sock, $x, 65536 if rand() < .7;
	}
	shutdown $sock, 1 if rand() < .3;
	sleep rand .02;
	rand() < .3 ? Sekisho::Peers::close_with_reset($sock) : close $sock;
};
my $torn = $t->origin($dice);
my $web = Sekisho::Web::origin($t);
my ($p, $w) = ($torn->port, $web->port);
my $rules = sub { policy("to a.test http:$p,$w tcp:$p", "to b.test https:$p", "to c.test http:$p; upgrade on", $_[0] ? "to d.test http:$p" : "to d.test http:1") };
my $px = $t->daemon("log-probes on;\n" . $rules->(0));
is($px->request("GET http://a.test:$w/ HTTP/1.0\r\n\r\n")->status, 200, "it works");
my $descriptors = $px->descriptors;

my $hello = do {
	my $name = 'b.test';
	my $sni = pack 'n n/a*', 0, pack 'n/a*', pack 'C n/a*', 0, $name;
	my $body = "\3\3" . 'r' x 32 . "\0" . pack('n/a*', "\x13\1") . "\1\0" . pack 'n/a*', $sni;
	pack 'C n n/a*', 22, 0x0301, pack('C', 1) . substr(pack('N', length $body), 1) . $body;
};
my @scripts = (
	map({ my $host = $_; (
		"GET http://$host:$p/ HTTP/1.1\r\nHost: $host:$p\r\n\r\n" x 3,
		"POST http://$host:$p/ HTTP/1.1\r\nHost: $host:$p\r\nContent-Length: 100000\r\n\r\n" . 'b' x 100_000,
		"POST http://$host:$p/ HTTP/1.1\r\nHost: $host:$p\r\nTransfer-Encoding: chunked\r\n\r\n" . "1000\r\n" . 'b' x 4096 . "\r\n0\r\n\r\nGET http://$host:$p/ HTTP/1.1\r\nHost: $host:$p\r\n\r\n",
		"GET http://$host:$p/ HTTP/1.1\r\nHost: $host:$p\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nraw octets",
	) } qw(a.test c.test d.test)),
	"CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\n\r\n" . 't' x 100_000,
	"CONNECT b.test:$p HTTP/1.1\r\nHost: b.test:$p\r\n\r\n" . $hello . 'u' x 1000,
	"CONNECT b.test:$p HTTP/1.1\r\nHost: b.test:$p\r\n\r\nGET /",
	"GET http://a.test:$w/ HTTP/1.1\r\nHost: a.test:$w\r\n\r\nCONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\n\r\nabc",
	"GET http://a.test:$w/ HTTP/1.1\r\nHost: a.test:$w\r\n\r\nGET http://a.test:$p/ HTTP/1.1\r\nHost: a.test:$p\r\n\r\nGET http://a.test:$w/ HTTP/1.1\r\nHost: a.test:$w\r\n\r\n",
	"rubbish\r\n\r\n",
);
my $end = time + $seconds;
my ($n, @open, $reloads) = (0);
while (time < $end && $n < $most) {
	if (@open < 40) {
		my $script = $scripts[ rand @scripts ];
		my $c = $px->dial(rcvbuf => rand() < .3 ? 4096 : 65536);
		push @open, { c => $c, left => $script, steps => int rand 6 };
		$n++;
	}
	my $i = rand @open;
	my $o = $open[$i];
	my $sock = $o->{c}->sock;
	$sock->blocking(0);
	if (length $o->{left} && rand() < .7) {
		my $piece = rand() < .5 ? length $o->{left} : 1 + int rand 400;
		my $sent = syswrite($sock, $o->{left}, $piece) // 0;
		substr $o->{left}, 0, $sent, '';
	}
	sysread $sock, my $x, 65536 if rand() < .6;
	shutdown $sock, 1 if rand() < .05;
	if ($o->{steps}-- <= 0) {
		rand() < .5 ? $o->{c}->reset : $o->{c}->close;
		splice @open, $i, 1;
	}
	if (rand() < .002) {
		my $text = Sekisho::Daemon::slurp($px->path('sekisho.conf'));
		$px->replace('sekisho.conf', $reloads++ % 2 ? $text =~ s/to d\.test http:$p/to d.test http:1/r : $text =~ s/to d\.test http:1;/to d.test http:$p;/r);
	}
}
$_->{c}->close for @open;
cmp_ok($n, '>', 20, "$n sessions torn");
ok($px->process->alive, 'the proxy lives');
ok(eventually(sub { $px->descriptors <= $descriptors + 6 }, 20), 'all descriptors come back') or diag($px->descriptors . " after $descriptors");
my $ticks = $px->cpu_ticks;
sleep 0.5;
cmp_ok($px->cpu_ticks - $ticks, '<', 15, 'and nothing spins');
my ($answer) = Sekisho::Web::exchange($px->dial, "GET http://a.test:$w/after HTTP/1.1\r\nHost: a.test:$w\r\nConnection: close\r\n\r\n", 'GET');
is($answer->{status}, 200, 'it goes on');
my %seen;
$seen{ join ' ', $_->{session}, $_->{request} // 0, $_->{method} // '', $_->{host} // '', $_->{time} }++ for grep { $_->{event} eq 'end' } $px->log_records;
is(scalar(grep { $_ > 1 } values %seen), 0, 'no request has two records');
my %reasons;
$reasons{ $_->{reason} }++ for $px->log_records;
diag(join ' ', map { "$_:$reasons{$_}" } sort keys %reasons);
is($reasons{internal} // 0, 0, 'none was "internal"');
$t->done;
