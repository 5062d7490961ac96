# Bench::Subject -- one program under test: started on its core, watched, stopped.
#
# Owns its process group and a folder of its own. A subject is usable once its port accepts.
package Bench::Subject;

use strict;
use warnings;
use IO::Socket::INET;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);

my %live;       # pid => subject, so that nothing outlives the run

# new(name, dir, port, cmd => [...], env => {...}, cpu => "0", patience => seconds)
sub new {
	my ($class, %o) = @_;
	return bless { cpu => '0', patience => 20, env => {}, %o }, $class;
}

sub name { $_[0]{name} }
sub port { $_[0]{port} }
sub proxy { $_[0]{address} // "127.0.0.1:$_[0]{port}" }
sub via { $_[0]{via} // 'connect' }
sub pid { $_[0]{pid} }
sub is_alive { $_[0]{pid} && waitpid($_[0]{pid}, WNOHANG) == 0 }

sub start {
	my $self = shift;
	$self->{started} = time;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		setpgrp;
		$ENV{$_} = $self->{env}{$_} for keys %{ $self->{env} };
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$self->{dir}/$self->{name}.out" or POSIX::_exit(126);
		open STDERR, '>&', \*STDOUT;
		exec 'taskset', '-c', $self->{cpu}, @{ $self->{cmd} } or POSIX::_exit(127);
	}
	setpgrp $pid, $pid;
	$live{$pid} = $self;
	$self->{pid} = $pid;
	return $self->_wait_ready;
}

# Seconds from start() until the port accepted.
sub start_seconds { $_[0]{ready} - $_[0]{started} }

sub _wait_ready {
	my $self = shift;
	my $end = time + $self->{patience};
	while (time < $end && $self->is_alive) {
		if (IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 1)) {
			$self->{ready} = time;
			return 1;
		}
		sleep 0.01;
	}
	$self->stop;
	return 0;
}

# The process and all its descendants: what squid, apache and trafficserver start belongs to them.
sub pids {
	my $self = shift;
	my @all = my @next = ($self->{pid});
	while (defined(my $pid = shift @next)) {
		for my $file (glob "/proc/$pid/task/*/children") {
			open my $f, '<', $file or next;
			push @next, split ' ', <$f> // '';
		}
		push @all, @next;
	}
	my %seen;
	return join ',', grep { !$seen{$_}++ } @all;
}

# The last lines it wrote, for the report of a failure.
sub words {
	my $self = shift;
	open my $f, '<', "$self->{dir}/$self->{name}.out" or return '';
	my @lines = grep { !/note:/ } <$f>;
	return join '', @lines > 5 ? @lines[-5 .. -1] : @lines;
}

sub stop {
	my $self = shift;
	my $pid = delete $self->{pid} // return;
	kill TERM => -$pid;
	for (1 .. 150) {
		last if waitpid($pid, WNOHANG) != 0;
		sleep 0.02;
	}
	kill KILL => -$pid;
	waitpid $pid, 0;
	delete $live{$pid};
}

sub stop_all { $_->stop for values %live }

1;
