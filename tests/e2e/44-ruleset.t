# What is no TCP, and what is no client's, does not pass the printed ruleset; without it everything would. And the
# explicit listener over IPv6.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Net;
use Sekisho::Test;
use Net::Ping;

my $t = Sekisho::Test->new;
my $net = Sekisho::Net->new;
my ($v4, $v6) = ('20.10.0.1', '2a01:111:1::1');
$net->add_address("$v4/32", "$v6/128", '168.63.129.16/32', '169.254.169.254/32');
$net->inside(internet => sub {
	$t->echo(host => $_, port => 7000) for $v4, $v6, '168.63.129.16', '169.254.169.254';
	for my $host ($v4, $v6) {
		my $udp = IO::Socket::IP->new(LocalHost => $host, LocalPort => 443, Proto => 'udp') or die "udp $host: $!";
		Sekisho::Process->perl("udp $host", sub {
			while (1) {
				my $from = $udp->recv(my $got, 1500) // next;
				$udp->send("answer to $got", 0, $from);
			}
		}, $udp);
	}
	$t->{dns} = $t->_keep(Sekisho::DNS->new('52.0.0.1', 53, 'six.test' => $v6, 'four.test' => $v4));
});

my $conf = <<'CONF';
listen explicit [fd01::4]:3128;
listen transparent 0.0.0.0:3130;
listen transparent [::]:3130;
ipv6 on;
sniff-timeout 100ms;
collection out {
    priority 200;
    action allow;
    rule six { from 10.1.0.0/24 fd01::/64; to six.test four.test tcp:7000; }
}
CONF
my $px = $t->daemon($conf);

sub tcp {
	my ($host, $port) = @_;
	return $net->inside(client => sub {
		my $s = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Timeout => 1) or return $!{ECONNRESET} ? 'reset' : 'nothing';
		syswrite $s, 'echo';
		IO::Select->new($s)->can_read(2) or return 'nothing';
		my $n = sysread $s, my $got, 100;
		return $n ? $got : defined $n ? 'closed' : 'reset';
	});
}

sub udp {
	my ($host, $port) = @_;
	return $net->inside(client => sub {
		my $s = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Proto => 'udp') or die "$!";
		$s->send('quic');
		return 'nothing' if !IO::Select->new($s)->can_read(1);
		my $from = $s->recv(my $got, 100);
		return defined $from ? $got : $!{ECONNREFUSED} ? 'refused' : "$!";
	});
}

sub ping {
	my $host = shift;
	return $net->inside(client => sub {
		my $p = Net::Ping->new({ proto => $host =~ /:/ ? 'icmpv6' : 'icmp', timeout => 1, family => $host =~ /:/ ? 'ipv6' : 'ipv4' });
		$p->ping($host) ? 'echo' : 'nothing' });
}

# ---- without a ruleset this is a router ---------------------------------------------------------------

for my $host ($v4, $v6) {
	is(tcp($host, 7000), 'echo', "without the ruleset TCP passes to $host");
	is(udp($host, 443), 'answer to quic', '... UDP too');
	is(ping($host), 'echo', '... and ICMP');
}

# ---- with it nothing passes ---------------------------------------------------------------------------

my $nft = $t->command('firewall', 'nft', '-c', $px->path('sekisho.conf'));
ok($net->load_ruleset($nft->{out}), 'the ruleset') or diag $nft->{out}, $nft->{err};
ok($net->load_ruleset($nft->{out}), '... can be loaded again');
for my $host ($v4, $v6) {
	is(tcp($host, 7000), 'reset', "TCP to $host is the proxy's, and refused");
	is(($px->wait_record(sub { ($_->{orig_ip} // '') eq $host }) // {})->{reason}, 'no_learned_name', '... with a record');
	is(udp($host, 443), 'refused', 'UDP 443 is rejected, so that QUIC falls back');
	is(udp($host, 4433), 'nothing', 'other UDP is dropped');
	is(ping($host), 'nothing', 'ICMP is dropped');
}
is(tcp($_, 7000), 'nothing', "$_ is neither redirected nor forwarded") for '168.63.129.16', '169.254.169.254';
is(scalar(grep { ($_->{orig_ip} // '') =~ /^16[89]\./ } $px->log_records), 0, '... and the proxy did not see it');

$net->inside(client => sub { system('ip addr add 10.9.0.9/32 dev lo') });
system('ip route add 10.9.0.9/32 via 10.1.0.9');
is($net->inside(client => sub {
	my $s = IO::Socket::IP->new(PeerHost => $v4, PeerPort => 7000, Timeout => 1, LocalHost => '10.9.0.9');
	$s ? 'connected' : 'nothing' }), 'nothing', 'a source that is no client does not pass either');

# ---- explicit over IPv6 ---------------------------------------------------------------------------------

sub connect6 {
	my $target = shift;
	return $net->inside(client => sub {
		my $s = IO::Socket::IP->new(PeerHost => 'fd01::4', PeerPort => 3128, Timeout => 5) or return "no connection: $!";
		syswrite $s, "CONNECT $target HTTP/1.1\r\nHost: $target\r\n\r\n";
		my $got = '';
		1 while $got !~ /\r\n\r\n/ && IO::Select->new($s)->can_read(5) && sysread $s, $got, 4096, length $got;
		my ($status) = $got =~ m{^HTTP/1.1 (\d+)} or return 'no answer';
		return $status if $status != 200;
		syswrite $s, 'echo';
		IO::Select->new($s)->can_read(5) && sysread $s, my $back, 100 or return "$status dead";
		return "$status $back";
	});
}
is(connect6('six.test:7000'), '200 echo', 'an explicit client over IPv6 reaches a name over IPv6');
is(connect6('four.test:7000'), '200 echo', '... and one over IPv4');
is(connect6("[$v6]:7000"), 403, '... and no address that no rule has');
my $r = $px->wait_record(sub { ($_->{host} // '') eq 'six.test' }) // {};
is("$r->{client_ip} $r->{origin_ip} $r->{mode}", "fd01::9 $v6 explicit", 'its record');

# ---- what cannot work is said ---------------------------------------------------------------------------

my $no = $t->command('firewall', 'nft', '-c', $px->write('no.conf', "listen explicit 127.0.0.1:1;\n"));
is($no->{exit}, 1, 'no ruleset without a transparent listener');
$no = $t->command('firewall', 'nft', '-c', $px->write('no.conf', "listen transparent 127.0.0.1:1;\n"));
like($no->{err}, qr/no\.conf:1:1: error: nothing can be redirected to a loopback address/, 'nor for one on loopback');
is($t->command('firewall', $_)->{exit}, 2, "firewall $_ is a wrong call") for 'iptables', '--json=1';

$t->done;
