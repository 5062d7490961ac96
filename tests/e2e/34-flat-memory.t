# Bodies of any size pass in flat memory: plain HTTP down and up, by length and in chunks, with fast and
# with slow ends.  SEKISHO_FLAT_MIB sets the size of each; 4096 is the full measure.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Sekisho::Web;
use Time::HiRes qw(time);

my $t = Sekisho::Test->new;
my $mib = 1 << 20;
my $mibs = $ENV{SEKISHO_FLAT_MIB} // ($t->sanitized ? 128 : 512);
my $size = $mibs * $mib;
my $piece = join '', map { pack 'N', $_ } 1 .. $mib / 4;
alarm 1800 * $t->slow;
$t->dns('*.test' => $t->host);

sub pour { my ($sock, $frame) = @_; for (1 .. $mibs) { Sekisho::Peers::write_all($sock, $frame ? "100000\r\n$piece\r\n" : $piece) or return } Sekisho::Peers::write_all($sock, "0\r\n\r\n") if $frame; 1 }
my $web = Sekisho::Web::origin($t, raw => {
	down => sub { Sekisho::Peers::write_all($_[0], "HTTP/1.1 200 OK\r\nContent-Length: $size\r\n\r\n"); pour($_[0], 0) },
	chunks => sub { Sekisho::Peers::write_all($_[0], "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"); pour($_[0], 1) },
	close => sub { Sekisho::Peers::write_all($_[0], "HTTP/1.1 200 OK\r\n\r\n"); pour($_[0], 0); shutdown $_[0], 1 },
	up => sub {
		my ($sock, undef, $buffer) = @_;
		my $got = length $$buffer;
		while ($got < $size && (my $n = sysread $sock, my $some, $mib)) { $got += $n }
		Sekisho::Peers::write_all($sock, "HTTP/1.1 200 OK\r\nContent-Length: " . length($got) . "\r\n\r\n$got");
	},
});
my $w = $web->port;
my $px = $t->daemon(policy("to a.test http:$w"));
is($px->request("GET http://a.test:$w/r/none HTTP/1.0\r\n\r\n")->status, 200, 'it works');

my ($base, $most);
sub watch { my $now = $px->memory_kib; $most = $now if $now > ($most // 0) }
sub report {
	my ($what, $start) = @_;
	my $s = time - $start;
	my $limit = ($t->sanitized ? 64 : 4) * 1024;
	cmp_ok($most - $base, '<', $limit, sprintf '%s: %d MiB in flat memory', $what, $mibs);
	diag(sprintf '%s: %d MiB in %.1f s (%.0f MiB/s), from %d to at most %d KiB resident', $what, $mibs, $s, $mibs / $s, $base, $most) if $ENV{SEKISHO_FLAT_MIB};
}

for my $how (qw(down chunks close)) {
	($base, $most) = ($px->memory_kib, 0);
	my $start = time;
	my $c = $px->dial;
	$c->send("GET http://a.test:$w/r/$how HTTP/1.1\r\nHost: a.test:$w\r\n\r\n");
	is($c->read_response->status, 200, "$how: an answer");
	$c->sock->blocking(1);
	my ($got, $turns, $wrong, $slow) = (length $c->{buffer}, 0, 0, 0);
	while (($how eq 'chunks' ? $got < $size : 1) && (my $n = sysread $c->sock, my $some, 4 * $mib)) {
		$got += $n;
		watch() if !($turns++ % 64);
		select(undef, undef, undef, 0.3), watch() if !$slow++;
		last if $how ne 'close' && $got == $size;
	}
	$c->close;
	watch();
	$how eq 'chunks' ? cmp_ok($got, '>=', $size, '... of all octets and the frames of chunks') : is($got, $size, '... of all octets');
	is($px->end_of($c)->{bytes_down}, $size, '... counted right') if $how ne 'chunks';
	report($how, $start);
}
for my $how ('by length', 'in chunks') {
	($base, $most) = ($px->memory_kib, 0);
	my $start = time;
	my $c = $px->dial;
	my $chunked = $how eq 'in chunks';
	if ($chunked) {         # the origin must understand them: the sink counts what is inside
		$c->send("POST http://a.test:$w/r/up HTTP/1.1\r\nHost: a.test:$w\r\nTransfer-Encoding: chunked\r\n\r\n");
	} else {
		$c->send("POST http://a.test:$w/r/up HTTP/1.1\r\nHost: a.test:$w\r\nContent-Length: $size\r\n\r\n");
	}
	$c->sock->blocking(1);
	for my $n (1 .. $mibs) {
		Sekisho::Peers::write_all($c->sock, $chunked ? "100000\r\n$piece\r\n" : $piece) or last;
		watch() if !($n % 32);
	}
	Sekisho::Peers::write_all($c->sock, "0\r\n\r\n") if $chunked;
	is($c->read_response(30)->status, 200, "up $how: an answer");
	$c->close;
	watch();
	is($px->end_of($c)->{bytes_up}, $size, '... counted right') if !$chunked;
	report("up $how", $start);
}
my $c = $px->connect("a.test:$w");
is($c->status, 403, 'and the proxy goes on');
$t->done;
