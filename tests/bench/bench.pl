#!/usr/bin/perl
# bench.pl -- measures Sekisho beside references and peers, prints one table, writes JSON and draws an SVG.
#
#     bench.pl --sekisho PROGRAM --bin DIR --srcdir DIR [--out DIR] [--rounds N] [--only WORK,...] [--scale F]
#              [--decide PROGRAM] [--document]
#
# --document puts the table into docs/PERFORMANCE.md and the picture beside it.
#
# The subject under test runs on core 0, the load generator with its origin on core 1, all of it in a network
# namespace of its own where that is allowed: no ports to run out of, nobody's traffic, nobody's sysctls.  The figure is
# CPU time (user and system) of the subject's processes for one operation.  Rounds go through all subjects in turn, and
# each is compared with the reference of the same round: a machine that slows down slows both.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bench::Peers;
use Bench::Subject;
use Bench::Svg;
use Bench::Works;
use Cwd qw(abs_path);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use Getopt::Long;
use JSON::PP;
use POSIX qw(strftime);
use Time::HiRes qw(time);

my @argv = @ARGV;
my %opt = (rounds => 5, scale => 1, srcdir => "$FindBin::Bin/../..", bin => '.', out => 'build/bench');
GetOptions(\%opt, 'sekisho=s', 'bin=s', 'srcdir=s', 'out=s', 'rounds=i', 'only=s', 'scale=f', 'decide=s', 'document')
	or die "bench.pl: see the head of the file\n";
$opt{sekisho} //= "$opt{bin}/../../sekisho";
-x $opt{sekisho} or die "$opt{sekisho}: not there; build it first (make)\n";
make_path($opt{out});
$opt{$_} = abs_path($opt{$_}) for grep { defined $opt{$_} } qw(sekisho bin srcdir out decide);

enter_namespace();
my $dir = tempdir('sekisho-bench-XXXXXX', TMPDIR => 1);
chmod 0755, $dir;
own_resolver($dir) if $ENV{SEKISHO_BENCH_NAMESPACE} ne 'none';
# What runs is a copy: a build that goes on meanwhile must not change the subject halfway through.
system('cp', $opt{sekisho}, "$dir/sekisho") == 0 or die "cp: $?\n";
my $began = time;
my $works = eval {
	local $SIG{$_} = sub { die "interrupted\n" } for qw(INT TERM);
	Bench::Works->new(%opt, sekisho => "$dir/sekisho", dir => $dir, progress => \&progress)->run;
};
my $error = $@;
Bench::Subject->stop_all;
system('umount', '/etc/resolv.conf') if $ENV{SEKISHO_BENCH_NAMESPACE} ne 'none';
$ENV{SEKISHO_BENCH_KEEP} ? print "kept: $dir\n" : remove_tree($dir);
die $error if !$works;

my $results = { machine => machine(), date => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime),
	took_s => int(time - $began), rounds => $opt{rounds}, %$works };
write_out("$opt{out}/results.json", JSON::PP->new->canonical->pretty->encode($results));
write_out("$opt{out}/bench.svg", Bench::Svg::draw($results));
my $table = Bench::Works::table($results);
write_out("$opt{out}/table.md", $table);
document($table) if $opt{document};
print $table;
print "\n$opt{out}/results.json, $opt{out}/table.md, $opt{out}/bench.svg ($results->{took_s} s)\n";

sub progress { print STDERR @_ }

sub write_out {
	my ($path, $text) = @_;
	open my $f, '>', $path or die "$path: $!\n";
	print $f $text;
	close $f or die "$path: $!\n";
}

sub document {
	my $page = "$opt{srcdir}/docs/PERFORMANCE.md";
	my $text = slurp($page);
	$text =~ s/(<!-- table -->\n).*(<!-- end of table -->)/$1\n$_[0]\n$2/s or die "$page: there is no place for a table\n";
	write_out($page, $text);
	write_out("$opt{srcdir}/docs/bench.svg", slurp("$opt{out}/bench.svg"));
}

sub slurp {
	open my $f, '<', $_[0] or return '';
	local $/;
	return <$f> // '';
}

sub machine {
	my ($cpu) = slurp('/proc/cpuinfo') =~ /^model name\s*:\s*(.+)$/m;
	my $cores = () = slurp('/proc/cpuinfo') =~ /^processor\s*:/mg;
	my ($os) = slurp('/etc/os-release') =~ /^PRETTY_NAME="?([^"\n]+)/m;
	my ($load) = slurp('/proc/loadavg') =~ /^(\S+)/;
	return { cpu => $cpu // 'unknown', cores => $cores, kernel => (POSIX::uname())[2], os => $os // 'unknown',
		load_at_start => $ENV{SEKISHO_BENCH_LOAD} // $load,
		congestion_control => slurp('/proc/sys/net/ipv4/tcp_congestion_control') =~ s/\s+$//r,
		namespace => $ENV{SEKISHO_BENCH_NAMESPACE} // 'none' };
}

# Runs this script again inside `unshare`, once; without the right to do so it goes on as it is.
sub enter_namespace {
	if (!$ENV{SEKISHO_BENCH_NAMESPACE}) {
		($ENV{SEKISHO_BENCH_LOAD}) = slurp('/proc/loadavg') =~ /^(\S+)/;
		for my $how ('-nm', '-rnm') {
			next if system("unshare $how true 2>/dev/null") != 0;
			$ENV{SEKISHO_BENCH_NAMESPACE} = "unshare $how";
			exec 'unshare', $how, $^X, "$FindBin::Bin/$FindBin::Script", @argv;
		}
		$ENV{SEKISHO_BENCH_NAMESPACE} = 'none';
		print STDERR "bench: no network namespace of its own; other traffic may disturb\n";
		return;
	}
	return if $ENV{SEKISHO_BENCH_NAMESPACE} eq 'none';
	loopback_up();
	set('/proc/sys/net/ipv4/ip_local_port_range', '10000 65000');
	set('/proc/sys/net/ipv4/tcp_congestion_control', 'reno');       # no pacing timers on a loopback
}

# Peers that ask the system's resolver must reach the DNS stub too; the mount is ours alone.
sub own_resolver {
	my $mine = "$_[0]/resolv.conf";
	write_out($mine, "nameserver 127.0.0.53\n");
	system('mount', '--bind', $mine, '/etc/resolv.conf') == 0 or print STDERR "bench: the system's resolver stays\n";
}

sub set {
	my ($path, $value) = @_;
	open my $f, '>', $path or return;
	print $f "$value\n";
	close $f;
}

sub loopback_up {
	my ($SIOCGIFFLAGS, $SIOCSIFFLAGS, $IFF_UP) = (0x8913, 0x8914, 1);
	socket my $s, Socket::PF_INET(), Socket::SOCK_DGRAM(), 0 or die "socket: $!\n";
	my $request = pack 'a16 s x22', 'lo', 0;
	ioctl $s, $SIOCGIFFLAGS, $request or die "lo: $!\n";
	my (undef, $flags) = unpack 'a16 s', $request;
	$request = pack 'a16 s x22', 'lo', $flags | $IFF_UP;
	ioctl $s, $SIOCSIFFLAGS, $request or die "lo: $!\n";
}
