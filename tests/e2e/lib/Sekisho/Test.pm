# Sekisho::Test -- the harness of the end-to-end tests: one object per test file.
#
#   use FindBin; use lib "$FindBin::Bin/lib";
#   use Sekisho::Test;                               # strict, warnings and Test::More come along
#   my $t   = Sekisho::Test->new->needs('curl');
#   my $dns = $t->dns('a.test' => $t->host);
#   my $web = $t->echo;
#   my $px  = $t->daemon(policy("to a.test tcp:" . $web->port));
#   is($px->connect('a.test:' . $web->port)->status, 200, 'an allowed name passes');
#   $t->done;
#
# Owns a temporary folder, a loopback address of its own (127.x.y.1, made of the pid, so that test
# files run side by side without sharing ports) and every process that the file starts.  done() ends
# them and checks what no test may leave behind: a child, a daemon that does not stop, a sanitizer
# report, an unexpected word on stderr, a log line that the schema refuses.
#
# Environment: SEKISHO (the binary), SEKISHO_LOGS (a folder that gets a copy of every access log),
# SEKISHO_SLOW (a factor for time limits, for sanitizers and slow machines), SEKISHO_WORKERS (see
# Sekisho::Daemon).
package Sekisho::Test;

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Copy qw(copy);
use File::Temp;
use IO::Socket::INET;
use POSIX qw(:sys_wait_h);
use Sekisho::DNS;
use Sekisho::Daemon;
use Sekisho::Peers;
use Sekisho::Process;
use Sekisho::Tunnel;
use Test::More ();
use Time::HiRes qw(time sleep);

our $TOP = abs_path(dirname(__FILE__) . '/../../../..');
my $the_one;            # for END: a test that dies must not leave processes

sub import {
	strict->import;
	warnings->import;
	Test::More->export_to_level(1);
	no strict 'refs';
	*{ caller() . '::policy' } = \&policy;
	*{ caller() . '::eventually' } = \&eventually;
}

sub new {
	my $class = shift;
	my $pid = $$;
	my $self = bless {
		dir => File::Temp->newdir('sekisho-XXXXXX', TMPDIR => 1),
		host => sprintf('127.%d.%d.1', 1 + ($pid >> 8) % 126, $pid % 256),
		next_port => 20000 + $pid % 397 * 30,
		binary => $ENV{SEKISHO} // "$TOP/build/sekisho",
		slow => $ENV{SEKISHO_SLOW} // 1,
		daemons => [], peers => [],
	}, $class;
	$self->{name} = basename($0, '.t');
	$self->{path} = $ENV{PATH} = "$ENV{PATH}:/usr/sbin:/sbin";
	-x $self->{binary} or die "no daemon at $self->{binary}; build it, or set SEKISHO\n";
	$SIG{PIPE} = 'IGNORE';
	$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);         # END cleans up
	$SIG{ALRM} = sub { print "Bail out! $self->{name} hangs\n"; exit 1 };
	alarm 300 * $self->{slow};
	return $the_one = $self;
}

# Skips the whole file unless every program is there. "root" is a condition too.
sub needs {
	my ($self, @tools) = @_;
	for my $tool (@tools) {
		next if $tool eq 'root' ? $> == 0 : grep { -x "$_/$tool" } split /:/, $self->{path};
		Test::More::plan(skip_all => "needs $tool");
	}
	return $self;
}

# Skips the whole file: it would take minutes under this build.
sub not_under_sanitizers {
	my $self = shift;
	Test::More::plan(skip_all => 'too slow under a sanitizer') if $self->sanitized;
	return $self;
}

sub sanitized { $_[0]{sanitized} //= Sekisho::Daemon::slurp($_[0]{binary}) =~ /__(?:asan|tsan)_init/ ? 1 : 0 }
sub slow { $_[0]{slow} }
sub workers { Sekisho::Daemon::workers() }
sub dir { "$_[0]{dir}" }
sub host { $_[0]{host} }
# Another address of this file's own: 127.x.y.$n.
sub address { my ($self, $n) = @_; return $self->{host} =~ s/\d+$/$n/r }

# A port on which nothing listens at host().
sub port {
	my $self = shift;
	while (1) {
		my $port = $self->{next_port}++;
		my $probe = IO::Socket::INET->new(LocalAddr => $self->{host}, LocalPort => $port,
			Proto => 'tcp', Listen => 1, ReuseAddr => 1) or next;
		return $port;
	}
}

# ---- what a test starts ------------------------------------------------------------------------

sub _keep { my ($self, $peer) = @_; push @{ $self->{peers} }, $peer; return $peer }

sub dns {
	my ($self, %zone) = @_;
	$self->{dns} = $self->_keep(Sekisho::DNS->new($self->host, $self->port, %zone));
}

sub dnsmasq {
	my ($self, @options) = @_;
	$self->{dns} = $self->_keep(Sekisho::Peers->dnsmasq($self->host, $self->port,
		"$self->{dir}/dnsmasq.log", @options));
}

# origin(sub ($socket, $say) { ... }, host => ADDRESS, backlog => N, rcvbuf => OCTETS)
sub origin {
	my ($self, $code, %o) = @_;
	$self->_keep(Sekisho::Peers->each($o{host} // $self->host, $o{port} // $self->port, $code, %o));
}
sub echo {
	my ($self, %o) = @_;
	$self->_keep(Sekisho::Peers->echo($o{host} // $self->host, $o{port} // $self->port));
}
sub unresponsive {
	my ($self, %o) = @_;
	$self->_keep(Sekisho::Peers->unresponsive($o{host} // $self->host, $o{port} // $self->port));
}
sub nginx {
	my ($self, $inside, %o) = @_;
	$self->_keep(Sekisho::Peers->nginx($o{host} // $self->host, $o{port} // $self->port,
		"$self->{dir}/nginx" . @{ $self->{peers} }, $inside, %o));
}

# The folder with ca.crt, server.crt and so on for these names. A hash of options may stand first:
# { kinds => 'server,client', args => [ '--days', 90 ] }
sub certs {
	my ($self, @names) = @_;
	my $o = ref $names[0] ? shift @names : {};
	$self->{certs} = "$self->{dir}/certs";
	system("$TOP/certs/make-test-certs", '--kinds', $o->{kinds} // 'server', @{ $o->{args} // [] },
		$self->{certs}, @names) == 0
		or die "make-test-certs failed\n";
	return $self->{certs};
}

# daemon(conf, files => {name => text}, allow_stderr => [qr/.../], limits => "-n 64", args => [...],
#        env => {...}, wrap => [...], hold => 1 (do not start), no_wait => 1, port => N)
sub daemon {
	my ($self, $conf, %o) = @_;
	my $n = @{ $self->{daemons} };
	my $daemon = Sekisho::Daemon->new(
		dir => "$self->{dir}/sekisho$n", binary => $self->{binary}, slow => $self->{slow},
		host => $self->host, port => $o{port} // $self->port, conf => $conf, hold => 1,
		resolver => $self->{dns} ? $self->{dns}->addr : undef,
		ca => $self->{certs} ? "$self->{certs}/ca.crt" : undef, %o{ grep { $_ ne 'hold' } keys %o });
	push @{ $self->{daemons} }, $daemon;
	$daemon->start if !$o{hold};
	return $daemon;
}

# Runs a sub-command: { exit => n, out => text, err => text }.
sub command {
	my ($self, @args) = @_;
	my ($out, $err) = map { "$self->{dir}/command.$_" } qw(out err);
	unlink $out, $err;
	my $p = Sekisho::Process->run(cmd => [ $self->{binary}, @args ], stdout => $out, stderr => $err);
	my $status = $p->wait_end(30 * $self->{slow}) // $p->kill_hard;
	return { exit => $status & 127 ? "signal " . ($status & 127) : $status >> 8,
		out => Sekisho::Daemon::slurp($out), err => Sekisho::Daemon::slurp($err) };
}

# ---- small words for tests ---------------------------------------------------------------------

# One allowing collection with a rule for each argument: "to a.test tcp:443; until ..." and so on.
# Rules are named r1, r2, ... and hold for any source.
sub policy {
	my $n = 0;
	my $rules = join '', map { $n++; "    rule r$n {\n        from any;\n        $_;\n    }\n" } @_;
	return "collection test {\n    priority 200;\n    action allow;\n$rules}\n";
}

# Polls until true or too late.
sub eventually(&;$) {
	my ($code, $timeout) = @_;
	my $end = time + ($timeout // 10) * ($ENV{SEKISHO_SLOW} // 1);
	while (1) {
		my $value = $code->();
		return $value if $value || time > $end;
		sleep 0.03;
	}
}

# ---- the last checks ---------------------------------------------------------------------------

sub done {
	my $self = shift;
	Sekisho::Tunnel::close_everything();
	my @reports;
	for my $d (@{ $self->{daemons} }) {
		push @reports, $self->_ended_well($d);
		push @reports, $self->_said_nothing_bad($d);
	}
	$self->_stop_peers;
	push @reports, 'a child process is left' if waitpid(-1, WNOHANG) != -1;
	Test::More::is(join("\n", @reports), '', 'nothing is left behind');
	$self->_check_logs;
	Test::More::done_testing();
	alarm 0;
}

sub _ended_well {
	my ($self, $d) = @_;
	return if !$d->process || $d->{expect_exit};
	my @bad;
	my $was_alive = $d->process->alive;
	my $status = $d->stop;
	push @bad, "the daemon had children: $d->{children}" if $was_alive && $d->{children} =~ /\d/ && !$d->{wrap};
	push @bad, 'the daemon needed a second SIGTERM' if $d->{needed_second};
	push @bad, "the daemon ended with status $status" if $status ne '0';
	return @bad;
}

sub _said_nothing_bad {
	my ($self, $d) = @_;
	my @bad;
	my $text = $d->stderr;
	push @bad, "a sanitizer reports:\n$text"
		if $text =~ /(?:Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:/;
	for my $line (split /\n/, $text) {
		next if grep { $line =~ $_ } @{ $d->{allowed} };
		push @bad, "unexpected on stderr: $line" if $line =~ /\b(?:error|warning|fatal|assert\w*|abort\w*)\b/i;
	}
	return @bad;
}

sub _stop_peers {
	my $self = shift;
	$_->stop for values %Sekisho::Process::live;
}

# Every line the daemons wrote against the schema, which is that of log-format json; skipped without Python's jsonschema.
sub _check_logs {
	my $self = shift;
	my @json = grep { $_->{conf} !~ /^\s*log-format azfw\b/m } @{ $self->{daemons} };
	my @logs = grep { -s } map { glob "$_->{dir}/*.jsonl*" } @json;
	$self->_collect(@logs) if $ENV{SEKISHO_LOGS};
	return if !@logs;
	my @cmd = ("$TOP/tests/e2e/validate_log", "$TOP/docs/access-log.schema.json", @logs);
	my $said = `@{[ join ' ', map { "'$_'" } @cmd ]} 2>&1`;
	SKIP: {
		Test::More->builder->skip('needs python3-jsonschema'), last SKIP if $? >> 8 == 77;
		Test::More::is($?, 0, 'every log line fits the schema') or Test::More::diag($said);
	}
}

sub _collect {
	my ($self, @logs) = @_;
	my $n = 0;
	copy($_, "$ENV{SEKISHO_LOGS}/$self->{name}.$$." . $n++ . '.jsonl') for @logs;
}

END {
	if ($the_one) {
		my $status = $?;
		$_->kill_hard for values %Sekisho::Process::live;
		$? = $status;
	}
}

1;
