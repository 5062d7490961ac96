# The DNS listener: who may ask, for what, and what comes back, with real dig and real DNS servers.
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use IO::Socket::IP;
use Sekisho::Test;
use Time::HiRes qw(time);

my $t = Sekisho::Test->new->needs('dig');
my ($host, $other, $stranger) = ($t->host, $t->address(2), $t->address(9));

# dig, in the one form that is easy to read: { status, flags, answers => ["A 192.0.2.1", ...], ttls, ede, text }
sub dig_at {
	my ($at, $port, @args) = @_;
	my $text = join '', map { my $s = $_; $s } `dig \@$at -p $port +tries=1 +time=5 @args 2>&1`;
	my ($status) = $text =~ /status: (\w+)/;
	my ($flags) = $text =~ /;; flags: ([a-z ]*);/;
	my (@answers, @ttls);
	if ($text =~ /^;; ANSWER SECTION:\n(.*?)\n\n/ms) {
		for (split /\n/, $1) {
			my (undef, $ttl, undef, $type, $data) = split /\s+/, $_, 5;
			push @answers, "$type $data";
			push @ttls, $ttl;
		}
	}
	return { status => $status // 'none', flags => { map { $_ => 1 } split / /, $flags // '' }, text => $text,
		answers => \@answers, ttls => \@ttls, ede => $text =~ /EDE: (\d+)/ ? $1 : undef,
		source_ok => $text !~ /unexpected source/ };
}

my $corp = $t->dns('host.corp.example' => $host, 'www.corp.example' => '10.9.9.9');
my $dns = $t->dns(
	'a.test' => { list => ['192.0.2.1', '2001:db8::1'], ttl => 600 },
	'alias.test' => { cname => 'a.elsewhere.example' }, 'a.elsewhere.example' => '192.0.2.2',
	'alone.test' => { cname => 'b.elsewhere.example', alone => 1 }, 'b.elsewhere.example' => '192.0.2.3',
	'big.test' => { kind => 'truncated', a => [ map { "198.18.0.$_" } 1 .. 100 ] },
	'evil.example' => '203.0.113.6', 'mixed.example' => [ '192.0.2.9', '203.0.113.7' ],
	'failed.test' => 'servfail', 'silent.test' => 'silent', 'empty.test' => 'nodata', 'gone.test' => 'nxdomain',
	'short.test' => { a => { list => ['192.0.2.4'], ttl => 60 } }, 'zero.test' => { list => ['192.0.2.5'], ttl => 0 },
	'late.example' => '192.0.2.66', 'checked.example' => '203.0.113.8', 'poisoned.test' => '192.0.2.7',
	map { ("n$_.test" => '192.0.2.30') } 1 .. 40,
);
my $p = $t->port;
my $rules = <<"END";
allow-address 192.0.2.0/24 198.18.0.0/15;
collection names {
    priority 200;
    action   allow;
    rule some {
        from $host $other ::1;
        to *.test https:443;
    }
    rule some-address {
        from $host;
        to 192.0.2.0/24 tcp:1688;
    }
    rule internal {
        from $host;
        to host.corp.example tcp:any;
    }
}
END
my $common = <<"END";
listen dns 0.0.0.0:$p;
resolver-timeout 1500ms;
dns-zone corp.example forward @{[ $corp->addr ]};
dns-allow checked.example;
learned-file learned;
END
my $px = $t->daemon($common . $rules);
my $ask = sub { dig_at($host, $p, '-b', $host, @_) };
my $record = sub {
	my ($name, $type) = @_;
	return $px->wait_record(sub { $_->{type} eq 'dns' && $_->{name} eq $name && $_->{qtype} eq ($type // 'A') }) // {};
};

# ---- answers -----------------------------------------------------------------------------------

my $r = $ask->('a.test');
is_deeply([ $r->{status}, @{ $r->{answers} } ], [ 'NOERROR', 'A 192.0.2.1' ], 'an allowed name is answered');
ok($r->{flags}{ra} && $r->{flags}{rd} && !$r->{flags}{aa} && !$r->{flags}{tc}, '... with the flags of a resolver');
is($r->{ttls}[0], 300, '... and a TTL that is capped');
is_deeply($ask->('a.test', 'AAAA')->{answers}, ['AAAA 2001:db8::1'], 'AAAA');
is_deeply($ask->('alias.test')->{answers}, [ 'CNAME a.elsewhere.example.', 'A 192.0.2.2' ], 'a chain');
is_deeply($ask->('alone.test')->{answers}, [ 'CNAME b.elsewhere.example.', 'A 192.0.2.3' ],
	'a chain that the server does not follow is followed');
like($ask->('A.tEsT')->{text}, qr/^;A\.tEsT\.\s/m, 'the question comes back in the case it was asked in');
is($ask->('empty.test')->{status}, 'NOERROR', 'a name without an address: NOERROR');
is($ask->('gone.test')->{status}, 'NXDOMAIN', 'a name that does not exist: NXDOMAIN');
is($ask->('empty.test', '+nocookie', '+noedns')->{status}, 'NOERROR', 'without EDNS');
my $log = $record->('a.test');
is_deeply([ @$log{qw(action reason rule rcode client_ip transport records)} ],
	[ 'allow', 'rule', 'some', 'NOERROR', $host, 'udp', 1 ], 'the record of a question');
is_deeply($log->{answers}, ['192.0.2.1'], '... with the addresses that were told');
is($log->{listener}, "$host:$p", '... and the address that was asked');

# ---- the cache ---------------------------------------------------------------------------------

$ask->('short.test') for 1 .. 20 * $t->workers;         # each worker has a cache of its own
select undef, undef, undef, 2.1;
$r = $ask->('short.test');
cmp_ok($r->{ttls}[0], '<=', 58, 'a cached answer has aged');
cmp_ok($dns->asked('short.test'), '<=', $t->workers, '... and was asked for once by each worker');
is($ask->('zero.test')->{ttls}[0], 0, 'a TTL of 0 stays 0');

# ---- refusals ----------------------------------------------------------------------------------

my $before = $dns->asked('evil.example');
$r = dig_at($other, $p, '-b', $other, 'evil.example');
is_deeply([ $r->{status}, $r->{ede} ], [ 'NXDOMAIN', 15 ], 'a name that no rule allows: NXDOMAIN, and why');
ok(!@{ $r->{answers} }, '... without an answer');
is($dns->asked('evil.example') - $before, 0, '... and nobody outside was asked');
is_deeply([ @{ $record->('evil.example') }{qw(action reason rcode)} ], [ 'deny', 'no_rule', 'NXDOMAIN' ], '... and the record');
$r = dig_at($host, $p, '-b', $stranger, 'a.test');
is_deeply([ $r->{status}, $r->{ede} ], [ 'REFUSED', 18 ], 'a client that stands in no from: REFUSED');
ok($px->wait_record(sub { $_->{type} eq 'dns' && $_->{client_ip} eq $stranger && $_->{reason} eq 'unknown_client' }), '... and its record');
is(dig_at($host, $p, '-b', $stranger, '+tcp', 'a.test')->{status}, 'none', '... and over TCP nothing');
is($ask->('a.test', 'ANY')->{status}, 'NOTIMP', 'ANY is not answered');
is($ask->('a.test', 'AXFR')->{status}, 'none', 'nor is a zone transfer');
is($ask->('a.test', '-c', 'CH')->{status}, 'REFUSED', 'nor any class but IN');
is($ask->('a.test', '+edns=1', '+noednsneg')->{status}, 'BADVERS', 'EDNS of a later version');

# ---- address rules, zones, lists ----------------------------------------------------------------

$r = $ask->('mixed.example');
is_deeply($r->{answers}, ['A 192.0.2.9'], 'a name that only address rules help: the addresses that they hold');
is_deeply([ @{ $record->('mixed.example') }{qw(reason left_out)} ], [ 'address_rule', 1 ], '... and the record');
is($ask->('evil.example')->{status}, 'NXDOMAIN', 'none of its addresses: as if it did not exist');
is($ask->('mixed.example', 'TXT')->{status}, 'NXDOMAIN', 'other types are not asked for');
is(dig_at($other, $p, '-b', $other, 'mixed.example')->{status}, 'NXDOMAIN', '... nor anything for a client without address rules');
$before = $dns->asked('www.corp.example');
is_deeply($ask->('www.corp.example')->{answers}, ['A 10.9.9.9'], 'a zone has servers of its own');
is($dns->asked('www.corp.example') - $before, 0, '... and others are not asked');
is($record->('www.corp.example')->{reason}, 'zone', '... and the record says so');
is_deeply(dig_at($other, $p, '-b', $other, 'checked.example')->{answers}, ['A 203.0.113.8'], 'a name of dns-allow');
is($ask->('x.checked.example')->{status}, 'NXDOMAIN', '... and not what is below it');

# ---- sizes, streams ----------------------------------------------------------------------------

$r = $ask->('big.test', '+bufsize=512', '+ignore');
ok($r->{flags}{tc} && !@{ $r->{answers} }, 'too big for the datagram: truncated, without half an answer');
is(scalar @{ $ask->('big.test', '+bufsize=512')->{answers} }, 100, '... and dig asks again over TCP');
is(scalar @{ $ask->('big.test', '+noedns', '+tcp')->{answers} }, 100, 'TCP from the start');
ok($px->wait_record(sub { $_->{type} eq 'dns' && $_->{name} eq 'big.test' && $_->{tc} }), 'the record says that it did not fit');

# A question as octets.
sub question {
	my ($id, $name, $type) = @_;
	return pack('n6', $id, 0x0100, 1, 0, 0, 0) . join('', map { chr(length) . $_ } split /\./, $name) . pack 'Cnn', 0, $type, 1;
}
sub framed { join '', map { pack('n', length) . $_ } @_ }
sub stream {
	return IO::Socket::INET->new(PeerAddr => $host, PeerPort => $p, LocalAddr => $host, Proto => 'tcp', Timeout => 5);
}
sub read_ids {
	my ($sock, $n) = @_;
	my ($bytes, @ids) = ('');
	while (@ids < $n && IO::Select->new($sock)->can_read(5) && sysread $sock, $bytes, 65536, length $bytes) {
		while (length $bytes >= 2 && length $bytes >= 2 + unpack 'n', $bytes) {
			my $size = unpack 'n', substr $bytes, 0, 2, '';
			push @ids, unpack 'n', substr $bytes, 0, $size, '';
		}
	}
	return sort { $a <=> $b } @ids;
}
my $s = stream();
syswrite $s, framed(map { question($_, "n$_.test", 1) } 1 .. 20);
is_deeply([ read_ids($s, 20) ], [ 1 .. 20 ], 'twenty questions in one write are all answered');
for my $octet (split //, framed(question(77, 'a.test', 1))) {
	syswrite $s, $octet;
	select undef, undef, undef, 0.005;
}
is_deeply([ read_ids($s, 1) ], [77], 'a question that comes octet by octet');
syswrite $s, pack('n', 60000) . 'x' x 100;
is(sysread($s, my $rest, 100), 0, 'a question of 60,000 octets ends the connection');
$s = stream();
syswrite $s, framed(question(5, 'silent.test', 1));
close $s;                               # gone before its answer

# ---- what is no question ------------------------------------------------------------------------

my $udp = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $p, LocalAddr => $host, Proto => 'udp');
my $try = sub {
	my $bytes = shift;
	send $udp, $bytes, 0;
	return 'nothing' if !IO::Select->new($udp)->can_read(0.3);
	recv $udp, my $got, 65536, 0;
	return 'rcode ' . (unpack('x2n', $got) & 15) . ' of ' . length $got;
};
my $good = question(9, 'a.test', 1);
my $head = sub { pack 'n6', 9, @_ };
is($try->($good), 'rcode 0 of ' . (length($good) + 16), 'a good question from a bare socket');
is($try->(''), 'nothing', 'an empty datagram');
is($try->(substr $good, 0, 11), 'nothing', 'less than a header');
is($try->(pack('n', 9) . pack('n', 0x8180) . substr $good, 4), 'nothing', 'an answer that nobody asked for');
is($try->(pack('n', 9) . pack('n', 0x2100) . substr $good, 4), 'rcode 4 of 12', 'another opcode: NOTIMP');
is($try->(substr $good, 0, -3), 'rcode 1 of 12', 'cut short: FORMERR');
is($try->($head->(0x0100, 2, 0, 0, 0) . substr($good, 12) x 2), 'rcode 1 of 12', 'two questions: FORMERR');
is($try->($head->(0x0100, 0, 0, 0, 0)), 'rcode 1 of 12', 'none: FORMERR');
is($try->($head->(0x0300, 1, 0, 0, 0) . substr $good, 12), 'rcode 1 of 12', 'a truncated question: FORMERR');
is($try->($head->(0x0100, 1, 0, 0, 0) . "\xc0\x0c\0\1\0\1"), 'rcode 1 of 12', 'a name that points at itself: FORMERR');
is($try->($head->(0x0100, 1, 0, 0, 0) . "\3www\xc0\x0c\0\1\0\1"), 'rcode 1 of 12', 'a name that loops: FORMERR');
is($try->($head->(0x0100, 1, 0, 0, 0) . ("\x3f" . 'a' x 63) x 4 . "\0\0\1\0\1"), 'rcode 1 of 12', 'a name that is too long: FORMERR');
is($try->($good . "\0" x 5000), 'nothing', '5,000 octets');
like($try->($head->(0x0100, 1, 0, 0, 0) . "\4a b\n\4test\0\0\1\0\1"), qr/^rcode 3 of/, 'octets that no host name has: no such name');
is($record->('a\\032b\\010.test')->{reason}, 'not_a_host_name', '... and the record is one line');
is($try->($good), 'rcode 0 of ' . (length($good) + 16), 'good questions go on being answered');

# ---- the servers fail ---------------------------------------------------------------------------

is($ask->('failed.test')->{status}, 'SERVFAIL', 'a server that fails: SERVFAIL');
is($record->('failed.test')->{error}, 'servfail', '... and the record');
my $start = time;
is($ask->('silent.test')->{status}, 'SERVFAIL', 'a server that is silent: SERVFAIL');
cmp_ok(time - $start, '<', 3 * $t->slow, '... in time');
is($px->wait_record(sub { $_->{type} eq 'dns' && $_->{name} eq 'silent.test' })->{error}, 'timeout', '... and the record');
$dns->set('poisoned.test' => { kind => 'wrong-id', a => '203.0.113.99' });
is_deeply($ask->('poisoned.test')->{answers}, [], 'an answer with a wrong id is not believed');
$dns->set('poisoned2.test' => { kind => 'wrong-question', a => '203.0.113.99' });
is_deeply($ask->('poisoned2.test')->{answers}, [], '... nor one to another question');

# ---- a wildcard bind, several workers -----------------------------------------------------------

for my $at ($host, $other, $t->address(77)) {
	my $got = dig_at($at, $p, '-b', $host, 'a.test');
	ok($got->{source_ok} && $got->{status} eq 'NOERROR', "asked at $at, answered from there") or diag $got->{text};
}
is_deeply(dig_at($other, $p, '-b', $host, '+tcp', 'a.test')->{answers}, ['A 192.0.2.1'], '... and over TCP');
my %worker;
my $questions = 20 * $t->workers;       # (1 - 1/n)^(20 n) is never more than 1 in 10^8
for (1 .. $questions) {
	$ask->("n$_.test");
}
$px->wait_record(sub { $_->{type} eq 'dns' && $_->{name} eq "n$questions.test" });
$worker{ $_->{worker} }++ for grep { $_->{type} eq 'dns' && $_->{transport} eq 'udp' } $px->log_records;
is_deeply([ sort keys %worker ], [ 0 .. $t->workers - 1 ], 'every worker has answered');
SKIP: {
	IO::Socket::IP->new(LocalAddr => '::1', Listen => 1) or skip 'no IPv6 on loopback', 3;
	my $p6 = $t->port;
	my $six = $t->daemon("listen dns [::]:$p6;\n" . $rules);
	my $got = dig_at('::1', $p6, 'a.test', 'AAAA');
	is_deeply($got->{answers}, ['AAAA 2001:db8::1'], 'over IPv6');
	ok($got->{source_ok}, '... from the address that was asked');
	is_deeply(dig_at('::1', $p6, '+tcp', 'a.test')->{answers}, ['A 192.0.2.1'], '... and over TCP');
}

# ---- names that only a zone's servers know are dialled, too --------------------------------------

my $echo = $t->echo;
my $open = $t->daemon("dns-zone corp.example forward @{[ $corp->addr ]};\n" . policy('to host.corp.example tcp:' . $echo->port));
my $c = $open->connect('host.corp.example:' . $echo->port);
ok($c->status == 200 && $c->echoes, 'a CONNECT to a name within a zone asks the zone\'s servers');

# ---- a restart, reloads --------------------------------------------------------------------------

$px->stop;
my $kept = Sekisho::Daemon::slurp($px->path('learned'));
like($kept, qr/^\Q$host\E 192\.0\.2\.1 a\.test \d+$/m, 'what clients were told is kept over a restart');
unlike($kept, qr/203\.0\.113\.[67] /, '... and what they were not told is not there');
$px->start;
$px->stop;
like(Sekisho::Daemon::slurp($px->path('learned')), qr/^\Q$host\E 192\.0\.2\.1 a\.test \d+$/m, '... also over two');
$px->write('learned', "sekisho learned names 1\nnonsense\n");
$px->allow(qr/learned:2:1: warning/);
$px->start;
like($px->stderr, qr/learned:2:1: warning: not as it was saved/, 'a damaged file is not used, and that is said');
is($ask->('late.example', '-b', $other)->{status}, 'NXDOMAIN', 'a name before its rule comes');
ok($px->reload(sub { $px->replace('sekisho.conf', Sekisho::Daemon::slurp($px->path('sekisho.conf')) . policy('to late.example https:443') =~ s/200/300/r) }), 'a reload');
is_deeply(dig_at($other, $p, '-b', $other, 'late.example')->{answers}, ['A 192.0.2.66'], '... and it is answered at once');

my $later = $t->port;
my $conf = Sekisho::Daemon::slurp($px->path('sekisho.conf'));
ok($px->reload(sub { $px->replace('sekisho.conf', "listen dns $host:$later;\n$conf") }), 'a reload with another listener');
is_deeply(dig_at($host, $later, '-b', $host, 'a.test')->{answers}, ['A 192.0.2.1'], '... which answers');
is_deeply(dig_at($host, $later, '-b', $host, '+tcp', 'a.test')->{answers}, ['A 192.0.2.1'], '... over TCP, too');
my $second = $t->daemon("listen dns $host:$later;\n" . $rules, no_wait => 1, allow_stderr => [qr/Address already in use/]);
ok($second->process->wait_end(10), 'a second daemon on the same port ends');
$second->{expect_exit} = 1;
like($second->stderr, qr/cannot listen on \Q$host:$later\E: Address already in use/, '... and says why');
my $holder = IO::Socket::INET->new(LocalAddr => $host, LocalPort => my $taken = $t->port, Proto => 'udp');
ok(!$px->reload(sub { $px->replace('sekisho.conf', "listen dns $host:$taken;\n$conf") }), 'a port whose UDP half is taken');
$px->allow(qr/cannot listen on \Q$host:$taken\E: Address already in use/, qr/reload failed/);
is_deeply(dig_at($host, $later, '-b', $host, 'a.test')->{answers}, ['A 192.0.2.1'], '... changes nothing');
ok($px->reload(sub { $px->replace('sekisho.conf', $conf) }), 'a reload without it');
is(dig_at($host, $later, '-b', $host, 'a.test')->{status}, 'none', '... closes it');
is_deeply($ask->('a.test')->{answers}, ['A 192.0.2.1'], '... and the other one goes on');

# ---- the other words of dns-policy ----------------------------------------------------------------

my $q = $t->port;
my $names = $t->daemon("listen dns $host:$q;\ndns-policy names;\ndns-deny-answer refused;\ndns-log denied;\n" . $rules);
$before = $dns->asked('mixed.example');
is(dig_at($host, $q, '-b', $host, 'mixed.example')->{status}, 'REFUSED', 'dns-policy names, dns-deny-answer refused');
is($dns->asked('mixed.example') - $before, 0, '... asks nobody outside');
is_deeply(dig_at($host, $q, '-b', $host, 'a.test')->{answers}, ['A 192.0.2.1'], '... and answers what rules allow');
$names->wait_record(sub { $_->{type} eq 'dns' });
is_deeply([ map { $_->{name} } grep { $_->{type} eq 'dns' } $names->log_records ], ['mixed.example'], '... and dns-log denied records the refusals only');
$names->stop;
my $any = $t->daemon("listen dns $host:$q;\ndns-policy open;\n" . $rules);
is_deeply(dig_at($host, $q, '-b', $host, 'evil.example')->{answers}, ['A 203.0.113.6'], 'dns-policy open answers everything');
is($any->wait_record(sub { $_->{type} eq 'dns' })->{reason}, 'open', '... and the record says so');
is(dig_at($host, $q, '-b', $stranger, 'evil.example')->{status}, 'REFUSED', '... but not everybody');

# ---- HTTPS records, from dnsmasq -----------------------------------------------------------------

SKIP: {
	grep { -x "$_/dnsmasq" } split /:/, $ENV{PATH} or skip 'needs dnsmasq', 6;
	my $ech = '0001' . '00' . '000100030268 32' =~ s/ //gr . '00040004c0000201' . '0005000465636830';
	my $masq = $t->dnsmasq('--host-record=svc.test,192.0.2.1', "--dns-rr=svc.test,65,$ech", '--txt-record=svc.test,hello',
		'--mx-host=svc.test,mail.svc.test,10', '--srv-host=_ldap._tcp.svc.test,dc.svc.test,389');
	my $port = $t->port;
	my $svc = $t->daemon("listen dns $host:$port;\n" . $rules);
	my $see = sub { dig_at($host, $port, '-b', $host, @_)->{answers} };
	is_deeply($see->('svc.test', 'HTTPS'), ['HTTPS 1 . alpn="h2" ipv4hint=192.0.2.1'], 'an HTTPS record without its ech');
	is_deeply($see->('svc.test', 'TXT'), ['TXT "hello"'], 'TXT');
	is_deeply($see->('svc.test', 'MX'), ['MX 10 mail.svc.test.'], 'MX');
	is_deeply($see->('_ldap._tcp.svc.test', 'SRV'), ['SRV 0 0 389 dc.svc.test.'], 'SRV');
	is_deeply($svc->wait_record(sub { $_->{type} eq 'dns' && $_->{qtype} eq 'HTTPS' })->{answers}, ['192.0.2.1'], 'hints count as addresses that were told');
	$port = $t->port;
	my $with = $t->daemon("listen dns $host:$port;\ndns-strip-ech off;\n" . $rules);
	like(dig_at($host, $port, '-b', $host, 'svc.test', 'HTTPS')->{answers}[0], qr/ech=ZWNoMA==/, 'dns-strip-ech off leaves it in');
}

# ---- unbound ---------------------------------------------------------------------------------------

SKIP: {
	my ($unbound) = grep { -x } map { "$_/unbound" } split /:/, $ENV{PATH};
	$unbound or skip 'needs unbound', 5;
	my $port = $t->port;
	my $many = join '', map { "  local-data: \"many.test. 60 IN A 198.18.1.$_\"\n" } 1 .. 200;
	open my $f, '>', $t->dir . '/unbound.conf' or die "$!";
	print $f <<"END";
server:
  interface: $host\@$port
  do-daemonize: no
  chroot: ""
  username: ""
  pidfile: ""
  directory: "@{[ $t->dir ]}"
  use-syslog: no
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "test." static
  local-data: "u.test. 600 IN A 192.0.2.20"
  local-data: 'u.test. 600 IN CAA 0 issue "ca.example"'
$many
END
	close $f;
	Sekisho::Process->run(name => 'unbound', cmd => [ $unbound, '-d', '-c', $t->dir . '/unbound.conf' ], stderr => $t->dir . '/unbound.log');
	ok(eventually { dig_at($host, $port, 'u.test')->{status} eq 'NOERROR' }, 'unbound answers');
	my $mine = $t->port;
	$t->daemon("listen dns $host:$mine;\nresolver $host:$port;\n" . $rules);
	my $see = sub { dig_at($host, $mine, '-b', $host, @_) };
	is_deeply($see->('u.test')->{answers}, ['A 192.0.2.20'], 'unbound behind the listener');
	is_deeply($see->('u.test', 'CAA', '+dnssec')->{answers}, ['CAA 0 issue "ca.example"'], '... another type, with DO');
	is($see->('gone.test')->{status}, 'NXDOMAIN', '... NXDOMAIN');
	is(scalar @{ $see->('many.test')->{answers} }, 200, '... and 200 addresses: TCP on both sides');
}

# ---- configurations that cannot work ---------------------------------------------------------------

for my $case (
	[ "listen dns $host:$q;\nresolver $host:$q;\n", qr/the resolver \Q$host:$q\E is this listener itself/ ],
	[ "listen dns 0.0.0.0:$q;\nresolver 127.0.0.1:$q;\n", qr/is this listener itself/ ],
	[ "listen dns 0.0.0.0:$q;\nresolver 192.0.2.1;\ndns-zone a.test forward 127.0.0.1:$q;\n", qr/is this listener itself/ ],
	[ "dns-zone a.test to 127.0.0.1;\n", qr/:1:17: error: unknown word "to"; expected forward/ ],
	[ "dns-zone a.test forward;\n", qr/forward without a server/ ],
	[ "dns-zone a.test forward nowhere;\n", qr/"nowhere" is not an address/ ],
	[ "dns-allow a_b..test;\n", qr/"a_b\.\.test" is not a name/ ],
) {
	my ($text, $why) = @$case;
	my $got = $t->command('check', '-c', $px->write('bad.conf', $text));
	like($got->{out} . $got->{err}, $why, 'refused: ' . $text =~ s/\n.*//sr);
}

$t->done;
