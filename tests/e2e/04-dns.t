# Every way in which DNS can fail gets its own reason; what is ready is not held back by what is not;
# answers are cached and asked for once.
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::IP;
use Sekisho::Test;
use Time::HiRes qw(time);

my $t = Sekisho::Test->new;
my $host = $t->host;
my $echo = $t->echo;
my $p = $echo->port;
my @deep = map { ("c$_.deep.test" => { cname => 'c' . ($_ + 1) . '.deep.test' }) } 1 .. 40;
my $dns = $t->dns(
	'a.test' => { a => { list => [$host], ttl => 600 } },
	'chain.test' => { cname => 'c1.other.example' }, 'c1.other.example' => { cname => 'c2.other.example' },
	'c2.other.example' => $host,
	'alone.test' => { cname => 'a.elsewhere.example', alone => 1 }, 'a.elsewhere.example' => $host,
	'loop.test' => { cname => 'loop2.test' }, 'loop2.test' => { cname => 'loop.test' },
	'truncated.test' => { kind => 'truncated', a => $host },
	'many.test' => { kind => 'truncated', a => [ $host, map { "127.7.7.$_" } 1 .. 200 ] },
	'mixed.test' => [ '10.9.8.7', $host ],
	'imdsmix.test' => [ '169.254.169.254', $host ],
	'slow.test' => { a => { list => [$host], delay => 0.4 } },
	'halfsilent.test' => { a => $host, aaaa => 'silent' },
	'halffailed.test' => { a => $host, aaaa => 'servfail' },
	'short.test' => { a => { list => [$host], ttl => 1 } },
	'later.test' => 'nxdomain',
	'gone.test' => 'nxdomain', 'empty.test' => 'nodata', 'failed.test' => 'servfail', 'refused.test' => 'refused',
	'silent.test' => 'silent', 'six.test' => ['::1'], 'private.test' => '10.1.2.3', 'cgnat.test' => '100.64.1.2',
	'multicast.test' => '224.0.0.1', 'zero.test' => '0.0.0.0', 'imds.test' => '169.254.169.254',
	'privchain.test' => { cname => 'internal.example' }, 'internal.example' => '192.168.3.4',
	'garbage.test' => { kind => 'garbage', a => $host }, 'wrongid.test' => { kind => 'wrong-id', a => $host },
	'noanswer.test' => { kind => 'not-an-answer', a => $host }, 'wrongq.test' => { kind => 'wrong-question', a => $host },
	@deep,
);
my $conf = "ipv6 off;\nresolver-timeout 800ms;\n" . policy("to *.test *.deep.test tcp:$p");
my $px = $t->daemon("workers 1;\n$conf");           # one cache

# ---- what leads to a tunnel --------------------------------------------------------------------

for my $name (qw(a.test chain.test truncated.test many.test mixed.test imdsmix.test slow.test halfsilent.test halffailed.test)) {
	my $c = $px->connect("$name:$p");
	ok(($c->status // 0) == 200 && $c->echoes, "$name is reached") or diag $c->head // 'no answer';
	$c->close;
}
my $record = sub { my $name = shift; $px->wait_record(sub { $_->{event} eq 'end' && ($_->{host} // '') eq $name }) };
is_deeply($record->('chain.test')->{cname}, [qw(c1.other.example c2.other.example)], 'the record has the CNAME chain');
is_deeply($record->('chain.test')->{resolved}, [$host], '... and the addresses');
like($record->('mixed.test')->{guarded}, qr/^10\.9\.8\.7\b/, 'a name with one private address loses that one, and the record says so');
is($record->('mixed.test')->{origin_ip}, $host, '... and the other is dialled');
like($record->('imdsmix.test')->{guarded}, qr/^169\.254\.169\.254\b/, 'the same for the platform address');
ok($dns->asked('truncated.test', 'a tcp'), 'a truncated answer was asked for again over TCP');

# ---- what does not -----------------------------------------------------------------------------

for my $case (
	# name, status, reasons
	[ 'gone.test', 502, 'dns_nxdomain' ],
	[ 'empty.test', 502, 'dns_no_address' ],
	[ 'six.test', 502, 'dns_no_address' ],
	[ 'failed.test', 502, 'dns_servfail' ],
	[ 'refused.test', 502, 'dns_refused' ],
	[ 'silent.test', 504, 'dns_timeout' ],
	[ 'private.test', 403, 'private_address' ],
	[ 'cgnat.test', 403, 'private_address' ],
	[ 'privchain.test', 403, 'private_address' ],
	[ 'multicast.test', 403, 'forbidden_address' ],
	[ 'zero.test', 403, 'forbidden_address' ],
	[ 'imds.test', 403, 'platform_address' ],
	[ 'loop.test', 502, 'dns_bad_answer|dns_no_address' ],
	[ 'c1.deep.test', 502, 'dns_bad_answer|dns_no_address' ],
	[ 'garbage.test', 502, 'dns_bad_answer', 504, 'dns_timeout' ],
	[ 'wrongid.test', 504, 'dns_timeout' ],
	[ 'wrongq.test', 504, 'dns_timeout', 502, 'dns_bad_answer' ],
	[ 'noanswer.test', 504, 'dns_timeout', 502, 'dns_bad_answer' ],
) {
	my ($name, @allowed) = @$case;
	my $start = time;
	my $c = $px->connect("$name:$p");
	my $took = time - $start;
	my $end = $px->end_of($c) // {};
	my %reason = @allowed;
	subtest $name => sub {
		my $wanted = $reason{ $c->status // 0 };
		ok($wanted, 'status ' . ($c->status // 'none')) or diag "expected one of @allowed";
		like($end->{reason} // '', qr/^(?:$wanted)$/, 'the reason') if $wanted;
		cmp_ok($took, '<', 3 * $t->slow, 'within the bound on lookups');
		is($end->{origin_ip}, undef, 'nothing was dialled');
		my $proxy_error = ($end->{reason} // '') =~ /^dns_timeout$/ ? 'dns_timeout' : 'dns_error|destination_ip_prohibited';
		like($c->header('Proxy-Status') // '', qr/error=(?:$proxy_error)\b/, 'the Proxy-Status');
	};
}
is($dns->asked('gone.test.test') + $dns->asked('gone'), 0, 'no search domain was tried');

# ---- the cache ---------------------------------------------------------------------------------

my $one = $t->daemon("workers 1;\n" . $conf =~ s/800ms/3s/r);
my $asked = $dns->asked('a.test');
$one->connect("a.test:$p")->close for 1 .. 5;
is($dns->asked('a.test') - $asked, 1, 'five connections, one question');
ok($one->wait_record(sub { ($_->{host} // '') eq 'a.test' && $_->{dns_cached} }), '... and the record says that it was cached');
$asked = $dns->asked('slow.test');
my @many = map { my $c = $one->dial; $c->send("CONNECT slow.test:$p HTTP/1.1\r\nHost: slow.test:$p\r\n\r\n"); $c } 1 .. 10;
is(scalar(grep { ($_->read_response->status // 0) == 200 } @many), 10, 'ten at once for a slow name all get through');
is($dns->asked('slow.test') - $asked, 1, '... by one question in flight');
$one->connect("short.test:$p")->close;
select undef, undef, undef, 2.2;
$asked = $dns->asked('short.test');
$one->connect("short.test:$p")->close;
is($dns->asked('short.test') - $asked, 1, 'after its TTL a name is asked for again');
is($one->connect("later.test:$p")->status, 502, 'a name that does not exist yet');
$asked = $dns->asked('later.test');
is($one->connect("later.test:$p")->status, 502, '... is remembered as such');
is($dns->asked('later.test'), $asked, '... without another question');
$dns->set('later.test' => $host);
ok(eventually { $one->connect("later.test:$p")->status == 200 }, '... until the negative TTL of its SOA has passed');

# ---- IPv6 --------------------------------------------------------------------------------------

SKIP: {
	IO::Socket::IP->new(LocalAddr => '::1', Listen => 1) or skip 'no IPv6 on loopback', 6;
	my $echo6 = $t->echo(host => '::1');
	my $p6 = $echo6->port;
	my $six = $t->daemon("ipv6 on;\nallow-address 127.0.0.0/8 ::1/128;\nresolver-timeout 2s;\n" . policy('to *.test tcp:any'));
	my $c = $six->connect("six.test:$p6");
	ok($c->status == 200 && $c->echoes, 'a name with only AAAA is reached over IPv6');
	my $start = time;
	$c = $six->connect("halfsilent.test:$p");
	ok($c->status == 200 && $c->echoes, 'a silent AAAA');
	cmp_ok(time - $start, '<', 1 * $t->slow, '... does not hold back a ready A');
	is($six->connect("empty.test:$p")->status, 502, 'neither type: no address');
	$dns->set('both.test' => [ $host, '::1' ]);
	$c = $six->connect("both.test:$p");
	ok($c->status == 200 && $c->echoes, 'IPv6 refuses, IPv4 is tried next');
	is($six->end_of(do { $c->close; $c })->{origin_ip}, $host, '... and is what the record names');
}

# ---- the server dies ---------------------------------------------------------------------------

my $open = $px->connect("a.test:$p");
ok($open->echoes, 'a tunnel before the DNS server dies');
$dns->kill_hard;
my $start = time;
my $c = $px->connect("new.test:$p");
like($c->status, qr/^50[24]$/, 'then a new name is refused');
like($px->end_of($c)->{reason}, qr/^dns_(?:timeout|unreachable)$/, '... with a reason of DNS');
cmp_ok(time - $start, '<', 3 * $t->slow, '... in time');
ok($open->echoes, '... while open tunnels go on');
$c = $px->connect("a.test:$p");
is($c->status, 200, '... and so do names in the cache') or diag(explain($px->end_of($c)));
ok($c->echoes, '... which carry data');

$t->done;
