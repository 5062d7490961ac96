# Protocols without a name: the proxy's own DNS answers say which name a client means by an address. Activation by
# KMS, a real iSCSI initiator and target, rotating answers, two names on one address, and clients that did not ask.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Net;
use Sekisho::Test;

my $t = Sekisho::Test->new->needs(qw(curl getent nginx openssl));
my $net = Sekisho::Net->new;
my ($pod, $pod2, $kms) = map { "pod0$_-rec2.jpe.backup.windowsazure.com" } 1, 2;
$kms = 'azkms.core.windows.net';
my $certs = $t->certs($pod2);
my @cdn = map { "20.30.0.$_" } 1 .. 8;
$net->add_address(map { "$_/32" } '20.20.0.1', '20.20.0.2', '20.20.0.9', '20.118.99.224', '20.118.99.225', '20.40.0.1', @cdn);

my $has_iscsi = !grep { my $tool = $_; !grep { -x "$_/$tool" } split /:/, $ENV{PATH} } qw(tgtd tgtadm iscsi-ls iscsi-inq);
$net->inside(internet => sub {
	$t->{dns} = $t->_keep(Sekisho::DNS->new('52.0.0.1', 53,
		$pod => '20.20.0.1', $pod2 => '20.20.0.2', $kms => '20.118.99.224',
		'cdn.test' => { list => \@cdn, rotate => 1, ttl => 1 },
		'one.test' => '20.40.0.1', 'two.test' => '20.40.0.1', 'evil.test' => '20.40.0.1'));
	$t->echo(host => '0.0.0.0', port => $_) for 1688, 8443;
	$t->nginx('location / { return 200 "tls on 3260\n"; }', host => '20.20.0.2', port => 3260, certs => $certs);
	$t->nginx('location / { return 200 "cdn\n"; }', host => '0.0.0.0', port => 80);
	start_target('20.20.0.1') if $has_iscsi;
});

# A real target: one LUN, for everybody.
sub start_target {
	my $host = shift;
	my $dir = $t->dir . '/tgt';
	mkdir $dir;
	$ENV{TGT_IPC_SOCKET} = "$dir/ipc";
	open my $f, '>', "$dir/disk";
	truncate $f, 8 << 20;
	Sekisho::Process->run(name => 'tgtd', stderr => "$dir/log", cmd => [ 'tgtd', '-f', '-C', 7, '-p', "$dir/pid", '--iscsi', "portal=$host:3260" ]);
	eventually { scalar(() = glob "$dir/ipc*") };
	for ('--op new --mode target --tid 1 -T iqn.2026-01.test:restore',
		"--op new --mode logicalunit --tid 1 --lun 1 -b $dir/disk", '--op bind --mode target --tid 1 -I ALL') {
		my $cmd = "tgtadm -C 7 --lld iscsi $_ 2>>$dir/log";
		eventually { system('sh', '-c', $cmd) == 0 } or die "$cmd failed";
	}
}

my $rules = <<"CONF";
listen dns 10.1.0.4:53;
listen transparent 0.0.0.0:3130;
ipv6 off;
sniff-timeout 300ms;
ip-group clients { 10.1.0.0/24; }
collection out {
    priority 200;
    action allow;
    rule restore    { from clients; to $pod $pod2 tcp:3260; }
    rule activation { from clients; to $kms tcp:1688; }
    rule cdn        { from clients; to cdn.test http:80 tcp:8443; }
    rule one        { from clients; to one.test tcp:1688; }
    rule two        { from clients; to two.test tcp:9999; }
}
CONF
my $px = $t->daemon($rules);
my $nft = $t->command('firewall', 'nft', '-c', $px->path('sekisho.conf'));
ok($net->load_ruleset($nft->{out}), 'the ruleset') or diag $nft->{out}, $nft->{err};

# What a command of the client prints, and its exit code; its DNS server is this host.
sub client {
	my @cmd = $net->with_dns('10.1.0.4', @_);
	return $net->inside(client => sub {
		my $pid = open(my $out, '-|') // die "fork: $!";
		if (!$pid) {
			open STDERR, '>&', \*STDOUT;
			exec @cmd or POSIX::_exit(127);
		}
		local $/;
		my $said = <$out> // '';
		close $out;
		return $said . ($? ? 'exit ' . ($? >> 8) : '');
	});
}

sub address_of { (client('getent', 'ahostsv4', $_[0]) =~ /^(\S+)\s+STREAM/m)[0] // '' }

sub try_echo {
	my ($host, $port, %o) = @_;
	return $net->inside(client => sub {
		my $s = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Timeout => 5, LocalHost => $o{from} // '10.1.0.9')
			or return $!{ECONNRESET} ? 'reset' : "no connection: $!";
		syswrite $s, 'echo';
		IO::Select->new($s)->can_read(5) or return 'silence';
		my $n = sysread $s, my $got, 100;
		return defined $n ? $n ? $got : 'closed' : 'reset';
	});
}

sub record_to { my ($ip, $port, $from) = @_;
	my $r = $px->wait_record(sub { ($_->{orig_ip} // '') eq $ip && $_->{orig_port} == $port && (!$from || $_->{client_ip} eq $from) });
	return $r // {} }
sub fields { my $r = shift; join ' ', map { ref $r->{$_} eq 'ARRAY' ? "[@{ $r->{$_} }]" : $r->{$_} // '-' } @_ }

# ---- activation -----------------------------------------------------------------------------------

is(try_echo('20.118.99.224', 1688, from => '10.1.0.10'), 'reset', 'a client that never asked is refused');
is(fields(record_to('20.118.99.224', 1688), qw(action reason name_from host)), 'deny no_learned_name address 20.118.99.224', '... for exactly that');
is(address_of($kms), '20.118.99.224', 'our DNS answers an allowed name');
is(try_echo('20.118.99.224', 1688), 'echo', 'KMS by its learned name');
is(fields($px->wait_record(sub { ($_->{action} // '') eq 'allow' && ($_->{orig_port} // 0) == 1688 }), qw(reason host name_from learned orig_in_answer origin_ip rule)),
	"completed $kms learned [$kms] 1 20.118.99.224 activation", '... and its record');
is(try_echo('20.118.99.225', 1688), 'reset', 'the address beside it is refused');
is(fields(record_to('20.118.99.225', 1688), qw(action reason)), 'deny not_learned_address', '... for it is none that this client got');
is(try_echo('20.118.99.224', 1688, from => '10.1.0.10'), 'reset', 'what one client learned is nothing to another');
is(try_echo('20.118.99.224', 1689), 'reset', 'another port of the same name is refused');
is(fields(record_to('20.118.99.224', 1689), qw(action reason host name_from)), "deny no_rule $kms learned", '... and the log has the name');

# ---- file restore -----------------------------------------------------------------------------------

SKIP: {
	skip 'needs tgt and libiscsi-bin', 5 if !$has_iscsi;
	my $said = client('iscsi-ls', '-s', "iscsi://$pod:3260");
	like($said, qr/Target:iqn\.2026-01\.test:restore.*Lun:1/s, 'a real iSCSI initiator lists the LUNs of a real target');
	like(client('iscsi-inq', "iscsi://$pod:3260/iqn.2026-01.test:restore/1"), qr/Vendor:IET/, '... and asks one who it is');
	is(fields(record_to('20.20.0.1', 3260), qw(action host name_from proto origin_ip)), "allow $pod learned tcp 20.20.0.1", '... by the learned name');
	$px->reload(sub { $px->replace('sekisho.conf', $px->_presets($rules) . $rules =~ s/\$pod \$pod2 tcp/$pod2 tcp/r =~ s/\Q$pod \E//r) });
	like(client('iscsi-ls', '-s', 'iscsi://20.20.0.1:3260'), qr/exit|[Ff]ailed/, 'without the rule it is refused');
	is(fields($px->wait_record(sub { ($_->{orig_port} // 0) == 3260 && $_->{action} eq 'deny' }) // {}, qw(reason host)), "no_rule $pod", '... and the log says why');
	$px->reload(sub { $px->replace('sekisho.conf', $px->_presets($rules) . $rules) });
}
is($net->inside(client => sub {
	my $said = `curl -s --interface 10.1.0.10 --cacert $certs/ca.crt --resolve $pod2:3260:20.20.0.9 https://$pod2:3260/ 2>&1`;
	$said . $? }), "tls on 3260\n0", 'TLS on 3260 by its SNI, of a client that never asked');
is(fields(record_to('20.20.0.9', 3260), qw(action host name_from proto sni origin_ip orig_in_answer)), "allow $pod2 sni tcp $pod2 20.20.0.2 0",
	'... goes to our own answer');

# ---- two names on one address -------------------------------------------------------------------------

address_of('one.test');
is(try_echo('20.40.0.1', 1688), 'echo', 'one name of an address');
is(address_of('evil.test'), '', 'a name that no rule has is not answered');
is(try_echo('20.40.0.1', 1688), 'echo', '... and changes nothing');
address_of('two.test');
is(try_echo('20.40.0.1', 1688), 'reset', 'a second name that this port is not open for');
my $two = $px->wait_record(sub { ($_->{orig_ip} // '') eq '20.40.0.1' && $_->{action} eq 'deny' }) // {};
is(fields($two, qw(reason learned)), 'no_rule [two.test one.test]', '... takes it away, and the log lists both');
$px->reload(sub { $px->replace('sekisho.conf', $px->_presets($rules) . "learned-match any;\n$rules") });
is(try_echo('20.40.0.1', 1688), 'echo', 'learned-match any is content with one');

# ---- rotation -----------------------------------------------------------------------------------------

my ($n, $fine, %seen) = (0, 0);
my $end = time + 20 * $t->slow;         # a worker that is alone asks once a second, and may do 500 within one
while ($n < 500 || (keys %seen < 2 && time < $end)) {   # the name is asked every time, and the address used that came
	$n++;
	my $at = lookup('cdn.test') // next;
	$seen{$at}++;
	$fine++ if try_echo($at, 8443) eq 'echo';
}
is($fine, $n, '500 connections to an address that rotates at every question, by learned name');
my $page = "GET / HTTP/1.1\r\nHost: cdn.test\r\nConnection: close\r\n\r\n";
$fine = 0;
$net->inside(client => sub {            # and addresses that we never told anybody just now
	for my $n (1 .. 500) {
		my $s = IO::Socket::IP->new(PeerHost => $cdn[ $n % 8 ], PeerPort => 80, Timeout => 5) or next;
		syswrite $s, $page;
		my $got = '';
		1 while IO::Select->new($s)->can_read(5) && sysread $s, $got, 4096, length $got;
		$fine++ if $got =~ /\r\n\r\ncdn\n$/;
	}
});
is($fine, 500, '500 by their Host, at addresses that our answer need not have');
cmp_ok(scalar keys %seen, '>', 1, '... while the answer did rotate');
is(scalar(grep { ($_->{host} // '') eq 'cdn.test' && ($_->{type} // '') eq 'access' && $_->{action} ne 'allow' } $px->log_records), 0, 'none was refused');

# One question to our DNS from the client; the address.
sub lookup {
	my $name = shift;
	my $query = pack('n6', 7, 0x0100, 1, 0, 0, 0) . Sekisho::DNS::wire_name($name) . pack 'nn', 1, 1;
	return $net->inside(client => sub {
		my $s = IO::Socket::INET->new(PeerAddr => '10.1.0.4:53', Proto => 'udp', LocalAddr => '10.1.0.9') or return undef;
		$s->send($query);
		IO::Select->new($s)->can_read(5) or return undef;
		$s->recv(my $answer, 1500);
		return length $answer > length $query ? join '.', unpack 'C4', substr $answer, -4 : undef;
	});
}

$t->done;
