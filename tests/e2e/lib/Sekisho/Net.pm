# Sekisho::Net -- three network namespaces: a client network, the NVA between, and an internet.
#
#     client  10.1.0.9, 10.1.0.10       fd01::9         <- no proxy setting, its route leads to the NVA
#       |
#      NVA    10.1.0.4 | 52.0.0.4       fd01::4 | 2a01:111::4     <- the test itself and the daemon run here
#       |
#    internet 52.0.0.1 and what add_address() gives it,  2a01:111::1
#
# The test moves between the three with inside('client', sub { ... }): what is started in there stays there,
# so every peer of Sekisho::Test can stand in any of them. Addresses are public ones on purpose (the guard treats
# them as such); no packet ever leaves the namespaces.
#
# Use it first of all, before Sekisho::Test: it starts the test anew in a namespace of its own, or skips it.
package Sekisho::Net;

use strict;
use warnings;
use Config;
use File::Temp;
use Sekisho::Process;

use constant CLONE_NEWNET => 0x40000000;
my %setns = (x86_64 => 308, aarch64 => 268);    # the system call's number

# `use Sekisho::Net;` begins the test again where it may make namespaces.
sub import {
	return if $ENV{SEKISHO_NET};
	local $ENV{PATH} = "$ENV{PATH}:/usr/sbin:/sbin";
	my @unshare = ('unshare', $> ? ('--user', '--map-root-user') : (), '--net');
	my $skip = sub { print "1..0 # SKIP $_[0]\n"; exit 0 };
	for my $tool (qw(unshare ip nft)) {
		grep { -x "$_/$tool" } split /:/, $ENV{PATH} or $skip->("needs $tool");
	}
	system("@unshare --mount sh -c 'ip link set lo up && ip link add veth-a type veth peer name veth-b' >/dev/null 2>&1") == 0
		or $skip->('network and mount namespaces are not permitted here');
	$ENV{SEKISHO_NET} = $> ? 'user' : 'root';
	exec @unshare, $^X, (map { "-I$_" } grep { !ref } @INC), $0, @ARGV or die "unshare: $!";
}

sub new {
	my $class = shift;
	$ENV{PATH} .= ':/usr/sbin:/sbin';
	my $self = bless { home => _open("/proc/$$/ns/net") }, $class;
	_run('ip link set lo up');
	_no_dad();
	for my $side (qw(client internet)) {
		$self->{holder}{$side} = Sekisho::Process->run(cmd => [ 'unshare', '--net', 'sleep', 600 ], name => "$side network");
		$self->_await($side);
		$self->inside($side => \&_no_dad);
	}
	$self->_link('client', '10.1.0.4/24', 'fd01::4/64', '10.1.0.9/24', 'fd01::9/64');
	$self->_link('internet', '52.0.0.4/24', '2a01:111::4/64', '52.0.0.1/24', '2a01:111::1/64');
	_run('ip route add default via 52.0.0.1', 'ip -6 route add default via 2a01:111::1');
	$self->inside(client => sub {
		_run('ip addr add 10.1.0.10/24 dev eth0', 'ip route add default via 10.1.0.4',
			'ip -6 route add default via fd01::4');
	});
	$self->inside(internet => sub {         # it knows the way back: only the NVA keeps packets from passing
		_run('ip route add 10.1.0.0/24 via 52.0.0.4', 'ip -6 route add fd01::/64 via 2a01:111::4');
	});
	_run('sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1');
	return $self;
}

sub _open { open my $f, '<', $_[0] or die "$_[0]: $!"; return $f }

sub _run {
	for (@_) {
		system('sh', '-c', $_) == 0 or die "$_ failed\n";
	}
}

# Nobody has our addresses; looking for duplicates would only take a second. (sysctl looks at the namespace that
# it runs in, as /proc/sys does for a process of its own.)
sub _no_dad { _run(map { "sysctl -qw net.ipv6.conf.$_.accept_dad=0" } qw(all default)) }

# Until the holder sits in a namespace that is not ours.
sub _await {
	my ($self, $side) = @_;
	my $file = '/proc/' . $self->{holder}{$side}->pid . '/ns/net';
	for (1 .. 500) {
		my $there = readlink $file;
		last if $there && $there ne readlink "/proc/$$/ns/net";
		select undef, undef, undef, 0.01;
	}
	$self->{ns}{$side} = _open($file);
}

sub _link {
	my ($self, $side, $near4, $near6, $far4, $far6) = @_;
	my $pid = $self->{holder}{$side}->pid;
	_run("ip link add to-$side type veth peer name eth0 netns $pid", "ip addr add $near4 dev to-$side",
		"ip addr add $near6 dev to-$side nodad", "ip link set to-$side up");
	$self->inside($side => sub {
		_run('ip link set lo up', "ip addr add $far4 dev eth0", "ip addr add $far6 dev eth0 nodad",
			'ip link set eth0 up');
	});
}

sub _enter {
	my $f = shift;
	my $number = $setns{ (split /-/, $Config{archname})[0] } // die "setns on $Config{archname}?\n";
	syscall($number, fileno $f, CLONE_NEWNET) == 0 or die "setns: $!\n";
}

# Runs $code in that namespace and comes back; returns what it returns.
sub inside {
	my ($self, $side, $code) = @_;
	_enter($self->{ns}{$side});
	my @result = eval { wantarray ? $code->() : scalar $code->() };
	my $error = $@;
	_enter($self->{home});
	die $error if $error;
	return wantarray ? @result : $result[0];
}

# More addresses of the internet.
sub add_address {
	my ($self, @addresses) = @_;
	$self->inside(internet => sub {
		_run(map { "ip addr add $_ dev lo" . (/:/ ? ' nodad' : '') } @addresses);
	});
}

# Loads a ruleset as nft -f does; the words behind "#     " lines that begin with ip are run as well.
sub load_ruleset {
	my ($self, $text) = @_;
	open my $nft, '|-', 'nft', '-f', '-' or die "nft: $!";
	print $nft $text;
	close $nft or return 0;
	_run($text =~ /^#\s+(ip (?:-6 )?(?:rule|route) add .*)$/mg);
	return 1;
}

# A command's words as run by a client whose DNS server is $server.
sub with_dns {
	my ($self, $server, @cmd) = @_;
	my $file = ($self->{files} //= File::Temp->newdir('sekisho-net-XXXXXX', TMPDIR => 1)) . "/resolv-$server";
	open my $f, '>', $file or die "$file: $!";
	print $f "nameserver $server\noptions timeout:2 attempts:1\n";
	close $f;
	return ('unshare', '--mount', 'sh', '-c', 'f=$1; shift; mount --bind "$f" /etc/resolv.conf && exec "$@"', 'sh', $file, @cmd);
}

# Whether root is root: dnsmasq will not start in a user namespace.
sub is_root { $ENV{SEKISHO_NET} eq 'root' }

sub flush_rulesets { _run('nft flush ruleset') }

1;
