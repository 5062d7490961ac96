#!/usr/bin/perl
# compare.pl -- measures any relays against each other: for experiments that are no part of `make bench`.
#
#     compare.pl --bin DIR [--rounds N] [--veth] [--connect NAME] --load 'MODE --OPTION VALUE ...' NAME='COMMAND ...' ...
#
# DIR has `load` and `refs` (make tests/bench/load tests/bench/refs). COMMAND has {listen} and {origin} where its addresses
# go, and {bin} for DIR. The first one is the reference. Rounds go through all of them, there and back; a ratio is taken within a
# round. What begins with the NAME of --connect is a proxy and gets CONNECT first; its port is 3201 for the first subject and
# counts up. --veth puts the relay into a namespace of its own, with a veth pair between it and the load. As root:
#
#     unshare -nm perl tests/bench/compare.pl --bin build/plain/tests/bench --rounds 9 \
#         --load 'bulk --direction down --bytes 419430400 --count 2 --conns 1 --warmup 0' \
#         splice='{bin}/refs raw-splice {listen} {origin}' uring='./uring recv {listen} {origin}'
#
# Printed: CPU-s/GiB for bulk, else CPU µs per operation; the middle half of the values as a part of the median; the ratio;
# what core 0's ksoftirqd spent besides, in the same unit (the kernel's work that no process is charged for); GiB or operations
# per second.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bench::Subject;
use Bench::Works;
use File::Temp qw(tempdir);
use Getopt::Long;
use JSON::PP;

my %opt = (rounds => 7, bin => '.', connect => 'none');
GetOptions(\%opt, 'bin=s', 'rounds=i', 'load=s', 'veth', 'connect=s') && $opt{load} && @ARGV or die "compare.pl: see the head of the file\n";
my ($mode, @load) = split ' ', $opt{load};
my $dir = tempdir('compare-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $hosts = $opt{veth} ? veth() : { load => '127.0.0.1', relay => '127.0.0.1' };
system(qw(ip link set lo up)) == 0 or die "run it with unshare -nm, as root\n";
if (open my $f, '>', '/proc/sys/net/ipv4/tcp_congestion_control') {
	print $f "reno\n";
}

my (@subjects, %values, %softirq, %rate);
END { local $?; $_->stop for @subjects }
$SIG{$_} = sub { exit 1 } for qw(INT TERM);

my $port = 3200;
for (@ARGV) {
	my ($name, $command) = /^([^=]+)=(.*)$/s or die "$_: not NAME=COMMAND\n";
	my %in = (listen => "$hosts->{relay}:" . ++$port, origin => "$hosts->{load}:9001", bin => $opt{bin});
	$command =~ s/\{(\w+)\}/$in{$1}/g;
	my @inside = $opt{veth} ? ("nsenter", "--net=/run/netns/relay") : ();
	my $s = Bench::Subject->new(name => $name, dir => $dir, port => $port, cmd => [ @inside, split ' ', $command ]);
	$s->{address} = $in{listen};
	push @subjects, $s;
	start($s) or die "$name did not start: " . $s->words;
}
for my $round (1 .. $opt{rounds}) {
	for my $s ($round % 2 ? @subjects : reverse @subjects) {
		my $before = ksoftirqd();
		my $r = one($s);
		print STDERR $r && !$r->{failed} ? '.' : '!';
		next if !$r || $r->{failed};
		$values{ $s->name }[$round] = $r->{figure};
		$softirq{ $s->name }[$round] = (ksoftirqd() - $before) / $r->{units};
		$rate{ $s->name }[$round] = $r->{units} * ($mode eq 'bulk' ? 1 : 1e6) * 1e9 / $r->{wall_ns};
	}
}
print STDERR "\n";
my $reference = $values{ $subjects[0]->name };
for my $s (@subjects) {
	my $v = $values{ $s->name } or next;
	my @ratio = map { defined $v->[$_] && defined $reference->[$_] ? $v->[$_] / $reference->[$_] : undef } 0 .. $#$v;
	printf "%-24s %8.3f  spread %3.0f %%  ratio %.2f (spread %.0f %%)  ksoftirqd %.3f  rate %.5g  n %d\n", $s->name,
		Bench::Works::median(@$v), 100 * Bench::Works::spread(@$v), Bench::Works::median(@ratio),
		100 * Bench::Works::spread(@ratio), Bench::Works::median(@{ $softirq{ $s->name } }),
		Bench::Works::median(@{ $rate{ $s->name } }), scalar grep { defined } @$v;
}

# In a namespace of its own nobody can be asked whether the port accepts: it has a moment instead.
sub start {
	my $s = shift;
	return $s->start if !$opt{veth};
	$s->{patience} = 0.5;
	my $pid = fork // die "fork: $!\n";
	if (!$pid) {
		setpgrp;
		open STDOUT, '>>', "$dir/" . $s->name . '.out';
		open STDERR, '>&', \*STDOUT;
		exec 'taskset', '-c', 0, @{ $s->{cmd} } or exit 127;
	}
	$s->{pid} = $pid;
	select undef, undef, undef, 0.3;
	return $s->is_alive;
}

sub one {
	my $s = shift;
	open my $out, '-|', 'timeout', 120, 'taskset', '-c', 1, "$opt{bin}/load", $mode, '--proxy', $s->proxy,
		'--origin', "$hosts->{load}:9001", '--watch', $s->pids,
		'--via', $s->name =~ /^\Q$opt{connect}/ ? 'connect' : 'none', '--dns', '127.0.0.1:5353', @load or die "load: $!\n";
	my $text = join '', <$out>;
	close $out;
	my $r = $text =~ /^\{/ ? decode_json($text) : return;
	my %given = @load;
	$r->{units} = $mode eq 'bulk' ? ($given{'--bytes'} // 2**30) * $r->{done} / 2**30 : $r->{done} / 1e6;
	$r->{units} *= 2 if ($given{'--direction'} // '') eq 'both';
	$r->{figure} = $r->{cpu_ns} / 1e9 / ($r->{units} || 1);
	return $r;
}

# Seconds of CPU time.
sub ksoftirqd {
	my ($pid) = map { m{/proc/(\d+)/} } grep { slurp($_) eq "ksoftirqd/0\n" } glob '/proc/[0-9]*/comm';
	return $pid ? (split ' ', slurp("/proc/$pid/schedstat"))[0] / 1e9 : 0;
}

sub slurp {
	open my $f, '<', $_[0] or return '';
	local $/;
	return <$f> // '';
}

sub veth {
	for ('mount -t tmpfs none /run', 'ip netns add relay', 'ip link add out type veth peer name in netns relay',
		'ip addr add 10.9.0.1/24 dev out', 'ip link set out up', 'ip -n relay addr add 10.9.0.2/24 dev in',
		'ip -n relay link set in up', 'ip -n relay link set lo up', 'ip netns exec relay sysctl -qw net.ipv4.tcp_congestion_control=reno') {
		system($_) == 0 or die "$_: $?\n";
	}
	return { load => '10.9.0.1', relay => '10.9.0.2' };
}
