# Bench::Works -- what is measured, on whom, and against which bar.
#
# A work is a row of @WORKS: who takes part, what the load generator does, which reference its figure is divided by,
# and the bar for Sekisho.  Works that are not a matter of rounds (memory, start, reload, system calls) have a function of
# their own.  run() returns plain data; table() turns it into Markdown.
package Bench::Works;

use strict;
use warnings;
use Bench::Peers;
use Bench::Subject;
use JSON::PP;
use List::Util qw(max min sum0);
use Time::HiRes qw(sleep time);

my $MILLION = 1_000_000;
my %SLOW = (tinyproxy => 0.06, apache2 => 0.25, squid => 0.5, sniproxy => 0.5);    # fewer operations, same share of time

my @WORKS = (
	{ key => 'connect', title => 'CONNECT tunnel, 517-octet ClientHello echoed', unit => 'CPU µs',
		subjects => [qw(min-connect-rw sekisho trafficserver squid apache2 tinyproxy)],
		mode => 'connect', count => 4000, reference => 'min-connect-rw', bar => 1.2 },
	{ key => 'workers', title => 'the same with two workers', unit => 'CPU µs',
		subjects => [qw(sekisho sekisho-2)], mode => 'connect', count => 4000, reference => 'sekisho', bar => 1.1,
		judged => 'sekisho-2' },
	{ key => 'refuse', title => 'refused CONNECT, record written', unit => 'CPU µs',
		subjects => [qw(min-connect-rw sekisho squid apache2 tinyproxy)],
		mode => 'refuse', count => 4000, reference => 'min-connect-rw', reference_mode => 'connect', bar => 0.4 },
	{ key => 'sni', title => 'transparent SNI tunnel', unit => 'CPU µs',
		subjects => [qw(raw-rw nginx haproxy sniproxy sekisho)], via => 'none',
		mode => 'connect', count => 4000, reference => 'raw-rw', bar_beside => [qw(nginx haproxy)] },
	{ key => 'sni-refuse', title => 'refused SNI', unit => 'CPU µs',
		subjects => [qw(nginx haproxy sniproxy sekisho)], via => 'none',
		mode => 'refuse', count => 4000, reference => 'nginx' },
	{ key => 'get', title => 'plain GET, client connection kept alive, 1 KiB body', unit => 'CPU µs',
		subjects => [qw(trafficserver sekisho squid apache2)], args => [ '--name', 'n#.http.example', '--names', 64 ],
		mode => 'get', count => 12_000, reference => 'trafficserver', bar => 1.0 },
	{ key => 'bulk-down', title => 'bulk, from the origin', unit => 'CPU s/GiB', bulk => 'down',
		subjects => [qw(raw-splice raw-rw sekisho squid trafficserver haproxy nginx)], plain => 1,
		mode => 'bulk', reference => 'raw-splice', bar => 1.15 },
	{ key => 'bulk-up', title => 'bulk, to the origin', unit => 'CPU s/GiB', bulk => 'up',
		subjects => [qw(raw-splice raw-rw sekisho squid trafficserver haproxy nginx)], plain => 1,
		mode => 'bulk', reference => 'raw-splice', bar => 1.15 },
	{ key => 'rtt', title => '64-octet round trip, 8 tunnels', unit => 'CPU µs', plain => 1,
		subjects => [qw(raw-rw raw-splice sekisho haproxy nginx squid trafficserver)],
		args => [ '--name', 'n#.tcp.example', '--names', 8, '--conns', 8, '--warmup', 1000 ],
		mode => 'rtt', count => 20_000, reference => 'raw-rw', bar => 1.1 },
	{ key => 'cold', title => 'CONNECT, every name new, A asked', unit => 'CPU µs',
		subjects => [qw(squid sekisho trafficserver)], cold => 1,
		mode => 'connect', count => 3000, reference => 'squid', bar => 0.5 },
	{ key => 'cold-both', title => 'CONNECT, every name new, A and AAAA asked', unit => 'CPU µs',
		subjects => [qw(squid sekisho-v6)], cold => 1, judged => 'sekisho-v6',
		mode => 'connect', count => 3000, reference => 'squid', bar => 0.6 },
	{ key => 'idle', title => '9,000 idle tunnels', unit => 'KiB each', run => \&run_idle },
	{ key => 'million', title => 'a policy of 1,000,000 names', run => \&run_million },
	{ key => 'reload', title => 'reload of 1,000,000 names under load', run => \&run_reload },
	{ key => 'syscalls', title => 'system calls per CONNECT tunnel', unit => 'calls', run => \&run_syscalls,
		of => 'connect', subjects => [qw(min-connect-rw sekisho squid trafficserver)], most => [ 'min-connect-rw', 2 ] },
	{ key => 'syscalls-sni', title => 'system calls per transparent SNI tunnel', unit => 'calls', run => \&run_syscalls,
		of => 'sni', subjects => [qw(raw-rw nginx haproxy sekisho)] },
	{ key => 'profile', title => "where a CONNECT tunnel's time goes", unit => 'CPU µs', run => \&run_profile,
		of => 'connect', subjects => [qw(min-connect-rw sekisho)] },
	{ key => 'profile-sni', title => "where a transparent SNI tunnel's time goes", unit => 'CPU µs', run => \&run_profile,
		of => 'sni', subjects => [qw(raw-rw nginx haproxy sekisho)] },
	{ key => 'profile-refuse', title => "where a refused CONNECT's time goes", unit => 'CPU µs', run => \&run_profile,
		of => 'refuse', subjects => [qw(sekisho)] },
	{ key => 'profile-rtt', title => "where a 64-octet round trip's time goes", unit => 'CPU µs', run => \&run_profile,
		of => 'rtt', subjects => [qw(raw-rw sekisho)] },
	{ key => 'profile-workers', title => 'where it goes with one worker and with two', unit => 'CPU µs', run => \&run_profile,
		of => 'workers', subjects => [qw(sekisho sekisho-2)] },
	{ key => 'profile-bulk', title => "where bulk's time goes, from the origin", unit => 'CPU s/GiB', run => \&run_profile,
		of => 'bulk-down', subjects => [qw(raw-splice sekisho)] },
);

sub new {
	my ($class, %o) = @_;
	my $self = bless { %o, origin => 9001, missing => [], failed => [], subject => {} }, $class;
	$self->{dns} = $> == 0 ? '127.0.0.53:53' : '127.0.0.1:5353';
	$self->{names} = [ map { sprintf 'n%07d.bench.example', $_ } 0 .. 999 ];
	$self->{peers} = Bench::Peers->new(%$self{qw(dir bin srcdir sekisho origin dns names)});
	return $self;
}

sub wanted {
	my $self = shift;
	return @WORKS if !$self->{only};
	my %only = map { $_ => 1 } split /,/, $self->{only};
	return grep { $only{ $_->{key} } } @WORKS;
}

sub run {
	my $self = shift;
	my @done;
	for my $work ($self->wanted) {
		$self->{progress}->("$work->{title} ");
		my $begin = time;
		my $result = eval { $work->{run} ? $work->{run}->($self, $work) : $self->run_rounds($work) };
		my $error = $@;
		$self->redirect_off;
		die $error if $error =~ /^interrupted/;
		push @{ $self->{failed} }, "$work->{key}: $error" if $error;
		push @done, { %$work{qw(key title unit)}, %{ $result // {} } } if $result;
		$self->{progress}->(sprintf " %.0f s\n", time - $begin);
	}
	return { works => \@done, missing => [ sort @{ $self->{missing} } ], failed => $self->{failed} };
}

# ---- subjects ----------------------------------------------------------------------------------

# A running subject, or undef: started when first needed, kept until the end.
sub subject {
	my ($self, $name) = @_;
	return $self->{subject}{$name} if exists $self->{subject}{$name};
	my $s = $self->make($name);
	if (!$s) {
		push @{ $self->{missing} }, $name;
	} elsif (!$s->start) {
		push @{ $self->{failed} }, "$name did not start: " . $s->words;
		$s = undef;
	}
	return $self->{subject}{$name} = $s;
}

sub make {
	my ($self, $name) = @_;
	my $p = $self->{peers};
	return $p->reference($name) if $name =~ /^(?:raw|min-connect)-/;
	return $p->sekisho($self->transparent) if $name eq 'sekisho';
	return $p->sekisho(label => $name, workers => 2) if $name eq 'sekisho-2';
	return $p->sekisho(label => $name, ipv6 => 'on') if $name eq 'sekisho-v6';
	return $p->peer($name);
}

# Transparent listeners, once the daemon knows them.
sub transparent {
	my $self = shift;
	$self->{can_transparent} //= do {
		my $conf = Bench::Peers::write_file("$self->{dir}/probe.conf",
			"listen explicit 127.0.0.1:1;\nlisten transparent 127.0.0.1:2;\n");
		system("$self->{sekisho} check -c $conf >/dev/null 2>&1") == 0 ? 1 : 0;
	};
	return $self->{can_transparent} ? (transparent => 1) : ();
}

# Sekisho's transparent listener asks the kernel where a connection was going, so somebody must have redirected it.
# All subjects of the work get the same: 192.0.2.N is redirected to the Nth one, and the client's address becomes one
# that is not the proxy's own (it would suspect a loop). What the proxies send on to the origin is not tracked.
sub redirect {
	my ($self, @names) = @_;
	$ENV{SEKISHO_BENCH_NAMESPACE} ne 'none' && Bench::Peers::find_program('nft') or return 0;
	for my $net ('192.0.2.0/24', '198.51.100.0/24') {
		system("ip route replace $net dev lo src 127.0.0.1 2>/dev/null") == 0 or return 0;
	}
	my $rules = '';
	for my $i (0 .. $#names) {
		my $s = $self->subject($names[$i]);
		$rules .= "ip daddr 192.0.2.@{[ $i + 1 ]} tcp dport $self->{origin} redirect to :@{[ $s->{sni_port} // $s->port ]}\n";
	}
	my $file = Bench::Peers::write_file("$self->{dir}/nft", <<"END");
table ip bench {
	chain plain {
		type filter hook output priority raw; policy accept;
		ip daddr 127.0.0.1 tcp dport $self->{origin} notrack
		ip saddr 127.0.0.1 tcp sport $self->{origin} notrack
	}
	chain away {
		type nat hook output priority -100; policy accept;
		$rules
	}
	chain from {
		type nat hook postrouting priority 100; policy accept;
		ct original ip daddr 192.0.2.0/24 snat to 198.51.100.9
	}
}
END
	system("nft -f $file 2>/dev/null") == 0 or return 0;
	for my $state (qw(time_wait close last_ack fin_wait close_wait)) {     # or the table of connections fills up
		open my $f, '>', "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_$state" or next;
		print $f "1\n";
	}
	$self->{redirected} = { map { $names[$_] => sprintf '192.0.2.%d:%d', $_ + 1, $self->{origin} } 0 .. $#names };
	return 1;
}

sub redirect_off {
	my $self = shift;
	system('nft delete table ip bench') if delete $self->{redirected};
}

# ---- the load generator ------------------------------------------------------------------------

sub load_command {
	my ($self, $s, $mode, @args) = @_;
	return ('timeout', 120, 'taskset', '-c', 1, "$self->{bin}/load", $mode, '--proxy', $s->proxy,
		'--origin', "127.0.0.1:$self->{origin}", '--dns', $self->{dns},
		($s->pid ? ('--watch', $s->pids) : ()), '--via', $s->via, '--names', 900, @args);
}

sub load {
	my ($self, $s, $mode, @args) = @_;
	return finish_load(start_load($self, $s, $mode, @args));
}

sub start_load {
	my ($self, @what) = @_;
	my @command = $self->load_command(@what);
	open my $out, '-|', @command or die "$command[0]: $!\n";
	return $out;
}

sub finish_load {
	my $out = shift;
	my $text = join '', <$out>;
	close $out;
	return $text =~ /^\{/ ? decode_json($text) : undef;
}

# ---- rounds ------------------------------------------------------------------------------------

sub run_rounds {
	my ($self, $work) = @_;
	my (%values, %rates);
	my @names = grep { $self->takes_part($work, $_) } @{ $work->{subjects} };
	@names = grep { $_ ne 'sekisho' } @names if ($work->{via} // '') eq 'none' && !$self->redirect(@names);
	for my $round (1 .. min($work->{rounds} // 99, $self->{rounds})) {
		for my $name ($round % 2 ? @names : reverse @names) {
			my $r = $self->one($work, $name);
			$self->{progress}->($r && !$r->{failed} ? '.' : '!');
			if (!$r || $r->{failed}) {
				push @{ $self->{failed} }, "$work->{key}: $name, round $round";
				next;
			}
			$values{$name}[$round] = figure($work, $r);
			$rates{$name}[$round] = $r->{ops_per_s};
		}
	}
	my $result = summarize($work, \@names, \%values, \%rates);
	$result->{note} = 'sekisho takes no part: this build has no transparent listener, or connections cannot be redirected here'
		if ($work->{via} // '') eq 'none' && !grep { $_ eq 'sekisho' } @names;
	return $result;
}

sub takes_part {
	my ($self, $work, $name) = @_;
	my $s = $self->subject($name) or return 0;
	return 0 if ($work->{via} // '') eq 'none' && $s->via eq 'connect' && !$s->{sni_port};
	return 1;
}

sub figure {
	my ($work, $r) = @_;
	return $r->{cpu_ns} / 1e9 / $r->{gib} if $work->{bulk};
	return $r->{cpu_us_per_op};
}

# The subject as this work sees it: SNI and plain relaying may have ports of their own.
sub seen_by {
	my ($self, $work, $s) = @_;
	my $port = ($work->{via} // '') eq 'none' ? $s->{sni_port} : $work->{plain} ? $s->{plain_port} : undef;
	my $via = ($work->{via} // '') eq 'none' ? 'none' : $s->via;
	return bless { %$s, port => $port // $s->port, via => $via, address => ($self->{redirected} // {})->{ $s->name } }, ref $s;
}

sub one {
	my ($self, $work, $name) = @_;
	my $s = $self->seen_by($work, $self->subject($name));
	my $mode = $name eq ($work->{reference} // '') && $work->{reference_mode} || $work->{mode};
	my $factor = $self->{scale} * ($SLOW{$name} // 1);
	my @args = @{ $work->{args} // [] };
	if ($work->{bulk}) {
		my $bytes = int(400 * 1024 * 1024 * $self->{scale});
		my $r = $self->load($s, $mode, '--direction', $work->{bulk}, '--bytes', $bytes, '--count', 2, '--conns', 1,
			'--warmup', 0, '--name', 'n#.tcp.example', '--names', 8);
		$r->{gib} = 2 * $bytes / 2**30 if $r;
		return $r;
	}
	my $count = max(200, int($work->{count} * $factor));
	push @args, '--name', 'c#.cold.example', '--names', 0, '--first', $self->fresh(2 * $count) if $work->{cold};
	# Everyone's caches are filled before the first round: a thousand names, each once.
	push @args, '--warmup', $self->{warm}{"$work->{key} $name"}++ || $work->{cold} ? 200 : 1100
		if !grep { $_ eq '--warmup' } @args;
	return $self->load($s, $mode, '--count', $count, @args);
}

# Names that nobody has asked for yet.
sub fresh {
	my ($self, $n) = @_;
	my $first = $self->{fresh} //= int rand 1_000_000;
	$self->{fresh} += $n + 1000;
	return $first;
}

sub median {
	my @v = sort { $a <=> $b } grep { defined } @_;
	return undef if !@v;
	return @v % 2 ? $v[$#v / 2] : ($v[@v / 2 - 1] + $v[@v / 2]) / 2;
}

# The middle half of the values, as a part of their median.
sub spread {
	my @v = sort { $a <=> $b } grep { defined } @_;
	return 0 if @v < 3;
	my $cut = int(@v / 4);
	return ($v[$#v - $cut] - $v[$cut]) / median(@v);
}

sub summarize {
	my ($work, $names, $values, $rates) = @_;
	my $ref = $values->{ $work->{reference} };
	my @rows;
	for my $name (@$names) {
		my $v = $values->{$name} or next;
		my @ratio = map { defined $v->[$_] && $ref && defined $ref->[$_] ? $v->[$_] / $ref->[$_] : undef } 0 .. $#$v;
		push @rows, { name => $name, median => median(@$v), spread => spread(@$v), ratio => median(@ratio),
			ratio_spread => spread(@ratio), rate => median(@{ $rates->{$name} }), values => [ grep { defined } @$v ] };
	}
	judge($work, \@rows);
	return { reference => $work->{reference}, rows => \@rows };
}

sub judge {
	my ($work, $rows) = @_;
	my ($mine) = grep { $_->{name} eq ($work->{judged} // 'sekisho') } @$rows or return;
	if ($work->{bar_beside}) {
		my %beside = map { $_ => 1 } @{ $work->{bar_beside} };
		my $best = min(map { $_->{ratio} // () } grep { $beside{ $_->{name} } } @$rows) // return;
		$mine->{bar} = sprintf 'at most %s (%.2f)', join(' and ', @{ $work->{bar_beside} }), $best;
		$mine->{met} = $mine->{ratio} <= $best ? 1 : 0;
	} elsif (defined $work->{bar} && defined $mine->{ratio}) {
		$mine->{bar} = "≤ $work->{bar} × $work->{reference}";
		$mine->{met} = $mine->{ratio} <= $work->{bar} ? 1 : 0;
	}
}

# ---- works of their own ------------------------------------------------------------------------

sub pss_kib {
	my $s = shift;
	my $sum = 0;
	for my $pid (split /,/, $s->pids) {
		open my $f, '<', "/proc/$pid/smaps_rollup" or next;
		/^Pss:\s+(\d+)/ and $sum += $1 for <$f>;
	}
	return $sum;
}

# Fresh processes, so that nothing is left over from other works. One tunnel first: what is made at the first
# use is not a tunnel's memory.
sub run_idle {
	my ($self, $work) = @_;
	my $most = int(9000 * min(1, $self->{scale})) || 100;
	my @rows;
	for my $name (qw(min-connect-rw sekisho squid trafficserver haproxy nginx sniproxy)) {
		my $s = $self->make($name) or next;
		my $n = $name eq 'trafficserver' ? int($most / 2) : $most;      # its own limit of descriptors is in the way
		$s->start or next;
		$self->load($s, 'connect', '--count', 1000, '--warmup', 0);
		my $r = $self->load($s, 'idle', '--count', $n, '--warmup', 0);
		$s->stop;
		$self->{progress}->($r && !$r->{failed} ? '.' : '!');
		if (!$r || $r->{failed}) {
			push @{ $self->{failed} }, "idle: $name";
			next;
		}
		my ($before, $held, $after) = @{ $r->{pss_kib} };
		push @rows, { name => $name, median => ($held - $before) / $n, values => [ $before, $held, $after ],
			note => sprintf('%.1f MiB before, %.1f with %d, %.1f after', $before / 1024, $held / 1024, $n, $after / 1024) };
		next if $name ne 'sekisho';
		$rows[-1]{bar} = '≤ 1.5 KiB, given back';
		$rows[-1]{met} = $rows[-1]{median} <= 1.5 && $after - $before <= 0.1 * ($held - $before) ? 1 : 0;
	}
	return { rows => \@rows };
}

sub fact {
	my ($name, $value, $unit, $bar, $met, $note) = @_;
	return { name => $name, median => $value, unit => $unit, bar => $bar, met => defined $bar ? $met ? 1 : 0 : undef,
		note => $note };
}

sub run_million {
	my ($self, $work) = @_;
	my $p = $self->{peers};
	my $small = $p->sekisho(label => 'sekisho-1k');
	my $big = $p->sekisho(label => 'sekisho-1m', million => $MILLION);
	my (@start, @ratio);
	for my $s ($small, $big) {
		for (1 .. 3) {
			$s->stop;
			$s->start or die "$s->{name} did not start: " . $s->words;
			push @{ $start[$s == $big] }, $s->start_seconds;
		}
	}
	my @memory = map { pss_kib($_) / 1024 } $small, $big;
	for my $round (1 .. $self->{rounds}) {
		my %us;
		for my $s ($round % 2 ? ($small, $big) : ($big, $small)) {
			my @names = $s == $big ? ('--name', 'm#.million.example') : ();
			my $r = $self->load($s, 'connect', '--count', int(4000 * $self->{scale}), '--warmup', 1000, @names) or next;
			$us{ $s->name } = $r->{cpu_us_per_op};
			$self->{progress}->('.');
		}
		push @ratio, $us{'sekisho-1m'} / $us{'sekisho-1k'} if keys %us == 2;
	}
	$small->stop;
	$self->{million} = $big;
	my ($first, $again) = (median(@{ $start[1] }), median(@{ $start[0] }));
	my @rows = (
		fact('start until it accepts', $first, 's', '< 1 s', $first < 1, sprintf '%.2f s with 1,000 rules', $again),
		fact('more memory than with 1,000 rules', $memory[1] - $memory[0], 'MiB', '≤ 64 MiB', $memory[1] - $memory[0] <= 64,
			sprintf '%.1f MiB and %.1f MiB', $memory[1], $memory[0]),
		fact('CPU per tunnel against 1,000 rules', median(@ratio), 'x', '≤ 1.05', (median(@ratio) // 9) <= 1.05,
			sprintf 'spread %.0f %%', 100 * spread(@ratio)));
	push @rows, $self->lookup_facts;
	return { rows => \@rows };
}

# decide_bench prints a TSV with one line for each size.
sub lookup_facts {
	my $self = shift;
	return () if !$self->{decide} || !-x $self->{decide};
	my @lines = map { [ split /\t/ ] } split /\n/, `taskset -c 0 timeout 60 $self->{decide} 1000 $MILLION 2>/dev/null`;
	my %column = map { $lines[0][$_] => $_ } 0 .. $#{ $lines[0] // [] };
	my ($small, $big) = map { my $n = $_; grep { $_->[0] eq $n } @lines } 1000, $MILLION;
	$big && exists $column{there_ns} or return ();
	my ($there, $absent) = @$big[ @column{qw(there_ns absent_ns)} ];
	return fact('lookup, uniformly random names', $there, 'ns', '≤ 300 ns', $there <= 300,
		"$absent ns for absent ones; $small->[$column{there_ns}] ns among 1,000");
}

sub await_generation {
	my ($s, $n, $end) = @_;
	while (time < $end) {
		open my $f, '<', "$s->{dir}/$s->{name}.out" or return 0;
		return 1 if grep { /generation $n\b/ } <$f>;
		sleep 0.01;
	}
	return 0;
}

# The load runs for six seconds; a second and a half in, the list is replaced by one with a name more. `direct`, the
# same without a proxy, is measured before and after: the longer of its two waits counts.
sub run_reload {
	my ($self, $work) = @_;
	my $big = $self->{million} // $self->{peers}->sekisho(label => 'sekisho-1m', million => $MILLION);
	$big->is_alive or $big->start or die "sekisho with a million names did not start: " . $big->words;
	my $direct = bless { name => 'direct', port => $self->{origin}, via => 'none' }, 'Bench::Subject';
	my @stall = ('--name', 'n#.tcp.example', '--names', 100, '--conns', 9, '--seconds', 6, '--warmup', 500);
	my $base = $self->load($direct, 'stall', @stall) or die "direct failed\n";
	my $before = pss_kib($big) / 1024;
	my $run = start_load($self, $big, 'stall', @stall);
	sleep 1.5;
	my $list = "$big->{dir}/million.list";
	system("cp $list $list.new && echo one-more.million.example >> $list.new && mv $list.new $list") == 0 or die "cp\n";
	my $begin = time;
	kill HUP => $big->pid;
	my $changed = await_generation($big, 2, time + 30);
	my $took = time - $begin;
	my $r = finish_load($run) or die "the load failed\n";
	my $again = $self->load($direct, 'stall', @stall) or die "direct failed\n";
	$base = $again if $again->{worst_rtt_ms} > $base->{worst_rtt_ms};
	$changed or die "there was no second generation: " . $big->words;
	my $after;
	for (1 .. 10) {         # the old policy goes when the last session has left it
		sleep 0.5;
		$after = pss_kib($big) / 1024;
		last if $after <= 1.1 * $before;
	}
	$big->stop;
	delete $self->{million};
	my ($worst, $limit) = ($r->{worst_rtt_ms}, $base->{worst_rtt_ms} + 10);
	return { rows => [
		fact('refused or broken during the reload', $r->{failed}, '', 'none', $r->{failed} == 0, "$r->{done} tunnels meanwhile"),
		fact('longest wait of an open tunnel', $worst, 'ms', 'direct + 10 ms', $worst <= $limit,
			sprintf 'direct: %.1f ms', $base->{worst_rtt_ms}),
		fact('longest new tunnel', $r->{worst_ms}, 'ms', undef, undef, sprintf 'direct: %.1f ms', $base->{worst_ms}),
		fact('until the new policy is in force', $took, 's'),
		fact('memory afterwards', $after, 'MiB', 'as before', $after <= 1.1 * $before, sprintf '%.1f MiB before', $before) ] };
}

# Counts by strace, which slows everything down; the number of calls is hardly touched by that.
# The spec of the work that `of` names, and those of the subjects that can take part in it.
sub looked_at {
	my ($self, $work) = @_;
	my ($of) = grep { $_->{key} eq $work->{of} } @WORKS;
	my @names = grep { $self->takes_part($of, $_) } @{ $work->{subjects} };
	@names = () if ($of->{via} // '') eq 'none' && !$self->redirect(@names);
	return ($of, @names);
}

sub run_syscalls {
	my ($self, $work) = @_;
	Bench::Peers::find_program('strace') or return undef;
	my ($of, @names) = $self->looked_at($work);
	my (@rows, %calls);
	for my $name (@names) {
		my $s = $self->seen_by($of, $self->subject($name));
		my ($n, $file) = (1000, "$self->{dir}/strace.$of->{key}.$name");
		$self->load($s, $of->{mode}, '--count', 1000, '--warmup', 0);
		my $pid = fork // die "fork: $!";
		if (!$pid) {
			exec 'strace', '-qq', '-f', '-c', '-S', 'calls', '-o', $file, map { ('-p', $_) } split /,/, $s->pids or POSIX::_exit(127);
		}
		sleep 0.7;
		my $r = $self->load($s, $of->{mode}, '--count', $n, '--warmup', 0);
		kill INT => $pid;
		waitpid $pid, 0;
		$self->{progress}->($r ? '.' : '!');
		my %by_name = syscalls_of($file);
		if (!$r || $r->{failed} || !%by_name) {
			push @{ $self->{failed} }, "$work->{key}: $name";
			next;
		}
		$calls{$name} = sum0(values %by_name) / $n;
		push @rows, { name => $name, median => $calls{$name}, values => [],
			note => join ', ', map { sprintf '%s %.1f', $_, $by_name{$_} / $n } grep { $by_name{$_} >= $n / 4 }
				sort { $by_name{$b} <=> $by_name{$a} } keys %by_name };
		my ($reference, $more) = @{ $work->{most} // [] };
		next if $name ne 'sekisho' || !$reference || !$calls{$reference};
		$rows[-1]{bar} = "≤ $reference + $more";
		$rows[-1]{met} = $calls{sekisho} <= $calls{$reference} + $more ? 1 : 0;
	}
	$self->redirect_off;
	return { rows => \@rows };
}

sub syscalls_of {
	my $file = shift;
	open my $f, '<', $file or return ();
	my %n;
	for (<$f>) {
		$n{$2} += $1 if /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?([a-z_0-9]+)$/ && $2 ne 'total';
	}
	return %n;
}

# Samples by perf, as parts of the CPU time per tunnel that the same run measured: each system call with all that
# the kernel does in it (the delivery over the loopback too), then the parts outside the kernel.
sub run_profile {
	my ($self, $work) = @_;
	Bench::Peers::find_program('perf') or return undef;
	my ($of, @names) = $self->looked_at($work);
	my @rows = grep { $_ } map { $self->profile_of($of, $_) } @names;
	$self->redirect_off;
	return { rows => \@rows };
}

sub profile_of {
	my ($self, $of, $name) = @_;
	my $s = $self->subject($name);
	my $file = "$self->{dir}/perf.$of->{key}.$name";
	$self->one($of, $name);
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		my @command = (qw(perf record -e cpu-clock -F 5000 -g -p), $s->pids, '-o', $file);
		exec @command or POSIX::_exit(127);
	}
	sleep 0.7;
	local $self->{scale} = 3 * $self->{scale};
	my $r = $self->one($of, $name);
	kill INT => $pid;
	waitpid $pid, 0;
	$self->{progress}->($r ? '.' : '!');
	my @calls = perf_shares($file, '--children', '--sort', 'sym', qr/__x64_sys_(\w+)/);
	my @places = perf_shares($file, '--no-children', '--sort', 'dso', qr/(\S+)\s*$/);
	return undef if !@places || !$r;
	system("perf report -i $file -g none --stdio --no-children --sort dso,sym 2>/dev/null | head -n 400 >$self->{out}/profile-$of->{key}-$name.txt");
	my $cost = figure($of, $r);
	return { name => $name, median => $cost, values => [], calls => { map { @$_ } @calls }, places => { map { @$_ } @places },
		note => join '; ', map { join ', ', map { sprintf $cost < 2 ? '%s %.3f' : '%s %.1f', $_->[0], $cost * $_->[1] } @$_ }
			[ grep { $_->[1] >= 0.005 } @calls ], [ grep { $_->[1] >= 0.003 } @places ] };
}

# [name, share] for each line of the report that matches, the largest first.
sub perf_shares {
	my ($file, @args) = @_;
	my $re = pop @args;
	open my $f, '-|', 'sh', '-c', 'exec "$@" 2>/dev/null', 'sh', 'perf', 'report', '-i', $file, '-g', 'none', '--stdio', @args or return ();
	my @shares;
	for my $line (grep { /^\s+\d/ } <$f>) {
		my ($percent) = $line =~ /([\d.]+)%/;
		push @shares, [ $1 =~ s/^\[?kernel.*/kernel/r =~ s/-[\d.]+\.so.*|\.so.*//r, $percent / 100 ] if $line =~ $re;
	}
	return sort { $b->[1] <=> $a->[1] } @shares;
}

# ---- the table ---------------------------------------------------------------------------------

sub number {
	my $v = shift;
	return '' if !defined $v;
	return $v == int $v && abs $v < 1e6 ? "$v" : abs $v >= 100 ? sprintf '%.0f', $v : abs $v >= 10 ? sprintf '%.1f', $v : sprintf '%.2f', $v;
}

sub table {
	my $results = shift;
	my $m = $results->{machine};
	my $text = "$m->{cpu}, $m->{cores} cores, $m->{os}, Linux $m->{kernel}, load $m->{load_at_start} at the start, "
		. "TCP $m->{congestion_control}, $results->{rounds} rounds, $results->{date}\n\n"
		. "| work | subject | median | spread | of the reference | per second | bar | met |\n|---|---|---:|---:|---:|---:|---|---|\n";
	for my $w (@{ $results->{works} }) {
		my $title = $w->{title};
		for my $r (@{ $w->{rows} }) {
			my $unit = $r->{unit} // $w->{unit} // '';
			my @cells = ($title, $r->{name}, join(' ', grep { $_ ne '' } number($r->{median}), $unit),
				$r->{spread} ? sprintf('%.0f %%', 100 * $r->{spread}) : '',
				defined $r->{ratio} ? sprintf('%.2f', $r->{ratio}) : '',
				$r->{rate} && ($w->{unit} // '') =~ /µs/ ? sprintf('%.0f', $r->{rate}) : '',
				join('; ', grep { defined && $_ ne '' } $r->{bar}, $r->{note}), !defined $r->{met} ? '' : $r->{met} ? 'yes' : '**no**');
			$text .= '| ' . join(' | ', @cells) . " |\n";
			$title = '';
		}
	}
	$text .= join '', map { $_->{note} ? "\n$_->{title}: $_->{note}\n" : () } @{ $results->{works} };
	$text .= "\nNot installed: @{ $results->{missing} }\n" if @{ $results->{missing} };
	$text .= "\nFailed: $_\n" for @{ $results->{failed} };
	return $text;
}

1;
