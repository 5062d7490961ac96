# Sekisho::Process -- one child process of a test: a program, or a forked piece of Perl.
#
# Owns its pid and, for forked Perl, a pipe on which it reports lines.  Every child leads a process
# group of its own, so that stopping it takes its children along and nothing else.
package Sekisho::Process;

use strict;
use warnings;
use IO::Select;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(time sleep);

our %live;      # pid => object, for the last check of a test file

# run(cmd => [...], stdout => FILE, stderr => FILE, env => {...}, limits => "ulimit words")
sub run {
	my ($class, %o) = @_;
	my @cmd = @{ $o{cmd} };
	@cmd = ('sh', '-c', "ulimit $o{limits}; exec \"\$@\"", 'sh', @cmd) if $o{limits};
	return $class->_start($o{name} // $cmd[0], sub {
		$ENV{$_} = $o{env}{$_} for keys %{ $o{env} // {} };
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', $o{stdout} // '/dev/null' or die "$o{stdout}: $!\n";
		open STDERR, '>>', $o{stderr} // '/dev/null' or die "$o{stderr}: $!\n";
		no warnings 'exec';
		exec { $cmd[0] } @cmd or die "$cmd[0]: $!\n";
	});
}

# perl(name, sub ($say) {...}, handles to keep open): runs the sub in a child. $say->("text") sends
# one line to the test, which reads it with line().
sub perl {
	my ($class, $name, $code, @keep) = @_;
	pipe my $in, my $out or die "pipe: $!";
	my $self = $class->_start($name, sub {
		close_all_but($out, @keep);
		$SIG{PIPE} = 'IGNORE';
		$code->(sub { syswrite $out, "$_[0]\n" });
	});
	$self->{lines} = $in;
	$self->{buffer} = '';
	return $self;
}

sub _start {
	my ($class, $name, $code) = @_;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		$SIG{$_} = 'DEFAULT' for qw(ALRM TERM INT HUP PIPE USR1 CHLD);
		setpgrp;
		eval { $code->(); 1 } or print STDERR "# child $name: $@";
		POSIX::_exit($@ ? 127 : 0);
	}
	setpgrp $pid, $pid;     # both sides do it: whoever comes first wins the race
	return $live{$pid} = bless { name => $name, pid => $pid }, $class;
}

# A forked child holds copies of the test's sockets; a peer would never see them close.  /dev/null goes
# over them rather than closing them: Perl counts uses by number, and would not close a socket that
# got the number of one closed behind its back.
sub close_all_but {
	my %keep = map { fileno($_) => 1 } @_;
	open my $null, '<', '/dev/null' or die "/dev/null: $!";
	opendir my $dir, '/proc/self/fd' or die "/proc/self/fd: $!";
	my @fds = grep { /^\d+$/ && $_ > 2 && !$keep{$_} } readdir $dir;
	closedir $dir;
	-e "/proc/self/fd/$_" and POSIX::dup2(fileno $null, $_) for @fds;
}

sub pid { $_[0]{pid} }

# One line that the child said, or undef after $timeout seconds or at its end.
sub line {
	my ($self, $timeout) = @_;
	my $end = time + ($timeout // 10);
	while (1) {
		return $1 if $self->{buffer} =~ s/^(.*?)\n//;
		my $left = $end - time;
		return undef if $left <= 0 || !IO::Select->new($self->{lines})->can_read($left);
		sysread($self->{lines}, $self->{buffer}, 4096, length $self->{buffer}) or return undef;
	}
}

# Whether it still runs; reaps it once it does not.
sub alive {
	my $self = shift;
	return 0 if defined $self->{status};
	if (waitpid($self->{pid}, WNOHANG) == $self->{pid}) {
		$self->{status} = $?;
		delete $live{ $self->{pid} };
		return 0;
	}
	return 1;
}

sub signal {
	my ($self, $name) = @_;
	return $self->alive && kill $name, $self->{pid};
}

# The wait status, or undef when it still runs after $timeout.
sub wait_end {
	my ($self, $timeout) = @_;
	my $end = time + ($timeout // 10);
	sleep 0.01 while $self->alive && time < $end;
	return $self->{status};
}

# SIGKILL to the whole group: how a power cut looks to the others.
sub kill_hard {
	my $self = shift;
	kill 'KILL', -$self->{pid};
	return $self->wait_end(10);
}

sub stop {
	my ($self, $timeout) = @_;
	return $self->{status} if !$self->alive;
	kill 'TERM', -$self->{pid};
	return $self->wait_end($timeout // 5) // $self->kill_hard;
}

1;
