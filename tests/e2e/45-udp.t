# Datagrams over TPROXY: a real NTP client and server, flows with records, and what may not pass.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Net;
use Sekisho::Test;

my $t = Sekisho::Test->new;
my $net = Sekisho::Net->new;
my ($v4, $v6) = ('20.50.0.1', '2a01:111:5::1');
$net->add_address("$v4/32", '20.50.0.2/32', "$v6/128");
my $has_chrony = grep { -x "$_/chronyd" } split /:/, $ENV{PATH};
$net->inside(internet => sub {
	$t->{dns} = $t->_keep(Sekisho::DNS->new('52.0.0.1', 53, 'ntp.test' => $v4, 'echo.test' => '20.50.0.2', 'other.test' => '20.50.0.2'));
	for my $at ([ '20.50.0.2', 1194 ], [ '20.50.0.2', 1195 ], [ $v6, 1194 ]) {
		my $udp = IO::Socket::IP->new(LocalHost => $at->[0], LocalPort => $at->[1], Proto => 'udp') or die "udp: $!";
		Sekisho::Process->perl("udp @$at", sub {
			while (1) {
				my $from = $udp->recv(my $got, 65536) // next;
				my (undef, $host) = Socket::getnameinfo($from, Socket::NI_NUMERICHOST() | Socket::NI_NUMERICSERV());
				$udp->send("$got from $host", 0, $from);
			}
		}, $udp);
	}
	start_ntp() if $has_chrony;
});

sub start_ntp {
	my $conf = $t->dir . '/chrony.conf';
	open my $f, '>', $conf;
	print $f "local stratum 8\nallow all\nbindaddress $v4\ncmdport 0\nbindcmdaddress /\npidfile " . $t->dir . "/chrony.pid\n";
	close $f;
	Sekisho::Process->run(name => 'chronyd', stderr => $t->dir . '/chrony.log', stdout => $t->dir . '/chrony.log',
		cmd => [ 'chronyd', '-d', '-x', '-U', '-u', 'root', '-f', $conf ]);
}

my $conf = <<'CONF';
listen dns 10.1.0.4:53;
listen transparent 127.0.0.1:3131 tproxy;
listen transparent [::1]:3131 tproxy;
udp-idle-timeout 1s;
ipv6 off;
collection out {
    priority 200;
    action allow;
    rule ntp { from 10.1.0.0/24; to ntp.test udp:123; }
    rule vpn { from 10.1.0.0/24; to echo.test udp:1194; }
    rule six { from fd01::/64; to 2a01:111:5::/48 udp:1194; }
    rule wide { from 10.1.0.10; to other.test udp:1194-1200; }
}
CONF
my $px = $t->daemon($conf);
my $nft = $t->command('firewall', 'nft', '-c', $px->path('sekisho.conf'));
like($nft->{out}, qr/udp dport \{ 123, 1194-1200 \} tproxy/, 'the ruleset catches the ports that udp rules have');
ok($net->load_ruleset($nft->{out}), '... and loads') or diag $nft->{out};

sub address_of { my $name = shift;
	my @cmd = $net->with_dns('10.1.0.4', 'getent', 'ahostsv4', $name);
	return $net->inside(client => sub { open my $p, '-|', @cmd or die; (join('', <$p>) =~ /^(\S+)/)[0] // '' });
}

# An open flow; $flow->("text") is the answer.
sub flow {
	my ($host, $port, %o) = @_;
	my $s = $net->inside(client => sub {
		IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Proto => 'udp', $o{from} ? (LocalHost => $o{from}) : ()) or die "$!" });
	return sub {
		$s->send($_[0]);
		IO::Select->new($s)->can_read($o{wait} // 3) or return 'nothing';
		my $from = $s->recv(my $got, 65536);
		return defined $from ? $got : "$!";
	};
}
sub record_to { my ($port, $test) = @_;
	return $px->wait_record(sub { ($_->{orig_port} // 0) == $port && ($_->{proto} // '') eq 'udp' && (!$test || $test->($_)) }) // {} }
sub fields { my $r = shift; join ' ', map { $r->{$_} // '-' } @_ }

# ---- flows ------------------------------------------------------------------------------------------

is(flow('20.50.0.2', 1194, from => '10.1.0.9', wait => 0.5)->('early'), 'nothing', 'without a learned name nothing passes');
is(fields(record_to(1194), qw(action reason client_ip)), 'deny no_learned_name 10.1.0.9', '... and the record says so');
is(address_of('echo.test'), '20.50.0.2', 'our DNS answers a name with a udp rule');
my ($one, $two) = map { flow('20.50.0.2', 1194, from => '10.1.0.9') } 1, 2;
is($one->('a'), 'a from 52.0.0.4', 'a datagram passes, and comes from this host');
is($two->('b'), 'b from 52.0.0.4', 'a second flow to the same destination');
is($one->("a$_"), "a$_ from 52.0.0.4", '... which does not disturb the first') for 1, 2;
is($two->('x' x 20000), 'x' x 20000 . ' from 52.0.0.4', 'a large one, in fragments');
my $r = record_to(1194, sub { $_[0]{action} eq 'allow' && $_[0]{bytes_up} == 5 });
is(fields($r, qw(mode host name_from reason rule origin_ip origin_port bytes_up bytes_down)),
	'transparent echo.test learned completed vpn 20.50.0.2 1194 5 47', 'one record for the flow, when it was idle');
is(scalar(grep { ($_->{orig_port} // 0) == 1194 && $_->{action} eq 'allow' && $_->{client_port} == $r->{client_port} } $px->log_records), 1, '... and no second');
is($one->('again'), 'again from 52.0.0.4', 'the client goes on in a new flow');
is(flow('20.50.0.2', 1195, from => '10.1.0.9', wait => 0.5)->('x'), 'nothing', 'a port that the name is not open for');
is(fields(record_to(1195), qw(action reason host)), 'deny no_rule echo.test', '... is refused by name');
is(flow('fd01::4', 1194, wait => 0.5)->('x'), 'Connection refused', 'this host itself is not relayed to');
my $six = flow($v6, 1194);
is($six->('six'), 'six from 2a01:111::4', 'IPv6, by an address rule');

# ---- NTP --------------------------------------------------------------------------------------------

SKIP: {
	skip 'needs chronyd', 2 if !$has_chrony;
	my @cmd = $net->with_dns('10.1.0.4', 'chronyd', '-Q', '-t', 15, '-f', '/dev/null', '-u', 'root', 'server ntp.test iburst minpoll 0 maxpoll 0',
		'pidfile ' . $t->dir . '/client.pid', 'cmdport 0', 'bindcmdaddress /');
	my $said = $net->inside(client => sub { my $c = join ' ', map { "'$_'" } @cmd; `$c 2>&1` . ($? ? "wait status $?" : '') });
	like($said, qr/System clock wrong by/, 'a real NTP client reads the clock of a real server') or diag $said, $t->dir && `cat @{[ $t->dir ]}/chrony.log`;
	is(fields(record_to(123), qw(action host name_from rule)), 'allow ntp.test learned ntp', '... and the record names it');
}

# ---- a reload takes a flow away -----------------------------------------------------------------------

my $late = flow('20.50.0.2', 1194, from => '10.1.0.9', wait => 0.7);
is($late->('x'), 'x from 52.0.0.4', 'a flow is open');
$px->reload(sub { $px->replace('sekisho.conf', $px->_presets($conf) . $conf =~ s/rule vpn.*//r) });
is($late->('y'), 'nothing', 'a reload without its rule ends it');
is(fields(record_to(1194, sub { ($_[0]{reason} // '') eq 'policy_revoked' }), qw(action host)), 'allow echo.test', '... with policy_revoked');

$t->done;
