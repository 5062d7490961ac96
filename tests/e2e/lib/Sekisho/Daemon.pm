# Sekisho::Daemon -- one running `sekisho serve` in a folder of its own.
#
# Owns the folder with its configuration, policies, access log and captured stderr.  Waits by what
# the daemon says, never by the clock: "ready, generation N" and "keeping generation N" on stderr.
#
# Environment: SEKISHO_WORKERS, how many workers a daemon has whose test does not say so itself; 2
# when it is not set. Every test passes with 1, 2 and 8. One that needs a certain number writes
# `workers N;` and says why.
package Sekisho::Daemon;

use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Sekisho::Process;
use Sekisho::Tunnel;
use Time::HiRes qw(time sleep);

# How many workers a daemon has unless its configuration says otherwise.
sub workers { $ENV{SEKISHO_WORKERS} || 2 }

# new(dir, binary, port, conf, %opt): writes conf (main file) and $opt{files} and starts it.
sub new {
	my ($class, %o) = @_;
	my $self = bless { %o, addr => "$o{host}:$o{port}", allowed => [ @{ $o{allow_stderr} // [] } ] }, $class;
	mkdir $self->{dir};
	$self->write($_, $o{files}{$_}) for sort keys %{ $o{files} // {} };
	$self->write('sekisho.conf', $self->_presets($o{conf}) . $o{conf});
	$self->start if !$o{hold};
	return $self;
}

# What every test needs and few want to say; a directive of the same name in the test's text wins.
sub _presets {
	my ($self, $conf) = @_;
	my @preset = (
		[ 'listen explicit', $self->{addr} ], [ 'access-log', $self->log_path ],
		[ 'workers', workers() ], [ 'reload-quiet', '100ms' ], [ 'allow-address', '127.0.0.0/8' ],
		$self->{resolver} ? [ 'resolver', $self->{resolver} ] : (),
	);
	return join '', map { $conf =~ /^\s*\Q$_->[0]\E\s/m ? '' : "$_->[0] $_->[1];\n" } @preset;
}

sub start {
	my $self = shift;
	my $args = $self->{args} // [];
	$self->{stderr_seen} = -s $self->stderr_path // 0;
	$self->{process} = Sekisho::Process->run(
		name => 'sekisho', stderr => $self->stderr_path, stdout => "$self->{dir}/stdout",
		env => $self->{env}, limits => $self->{limits},
		cmd => [ @{ $self->{wrap} // [] }, $self->{binary}, 'serve', '-c', $self->path('sekisho.conf'), @$args ]);
	return $self if $self->{no_wait};
	$self->wait_stderr(qr/ready, generation (\d+)/, 20)
		or die 'sekisho did not become ready (wait status ' . ($self->{process}{status} // 'none: it runs')
			. "):\n" . $self->stderr;
	return $self;
}

sub addr { $_[0]{addr} }
sub port { $_[0]{port} }
sub dir { $_[0]{dir} }
sub path { "$_[0]{dir}/$_[1]" }
sub log_path { "$_[0]{dir}/access.jsonl" }
sub stderr_path { "$_[0]{dir}/stderr" }
sub process { $_[0]{process} }
# The daemon itself, also under a wrapper like strace.
sub pid {
	my $self = shift;
	my $pid = $self->{process}->pid;
	return $pid if !$self->{wrap};
	my ($child) = split / /, slurp("/proc/$pid/task/$pid/children");
	return $child // $pid;
}

# ---- files -------------------------------------------------------------------------------------

sub slurp {
	open my $f, '<', $_[0] or return '';
	local $/;
	return <$f> // '';
}

# Writes in place, as `cat >` does. Folders are made as needed.
sub write {
	my ($self, $name, $text) = @_;
	my $path = $name =~ m{^/} ? $name : $self->path($name);
	my ($folder) = $path =~ m{^(.*)/};
	-d $folder or mkdir $folder or die "$folder: $!";
	open my $f, '>', $path or die "$path: $!";
	print $f $text;
	close $f or die "$path: $!";
	return $path;
}

# Writes beside and renames over it, as editors do.
sub replace {
	my ($self, $name, $text) = @_;
	my $new = $self->write("$name.new~", $text);
	rename $new, $self->path($name) or die "$name: $!";
}

# The number of the first line of the main file that matches.
sub conf_line {
	my ($self, $re) = @_;
	my $n = 0;
	for (split /\n/, slurp($self->path('sekisho.conf'))) {
		$n++;
		return $n if $_ =~ $re;
	}
	return undef;
}

# ---- what it says ------------------------------------------------------------------------------

sub stderr { slurp($_[0]->stderr_path) }

# Waits for a match in what stderr got since the last mark; returns the first group, or 1.
sub wait_stderr {
	my ($self, $re, $timeout) = @_;
	my $end = time + ($timeout // 10) * $self->{slow};
	while (1) {
		my $new = substr $self->stderr, $self->{stderr_seen};
		if ($new =~ /$re/) {
			return $1 // 1;
		}
		return undef if time > $end;
		return undef if !$self->{process}->alive && substr($self->stderr, $self->{stderr_seen}) !~ /$re/;
		sleep 0.02;
	}
}

sub mark { $_[0]{stderr_seen} = -s $_[0]->stderr_path }
sub allow { my $self = shift; push @{ $self->{allowed} }, @_; return $self }

# The generation in force: the last one that stderr speaks of.
sub generation {
	my @all = $_[0]->stderr =~ /generation (\d+)/g;
	return $all[-1] // 0;
}

# Runs $change (or sends SIGHUP) and waits for the outcome: the new generation's number, or undef
# when it was refused; then refusal() has what was said.
sub reload {
	my ($self, $change) = @_;
	my $before = $self->generation;
	$self->mark;
	$change ? $change->() : $self->signal('HUP');
	$self->wait_stderr(qr/keeping generation|generation (?!$before\b)\d+/, 15)
		// die "nothing was said about a reload:\n" . $self->stderr;
	my $said = substr $self->stderr, $self->{stderr_seen};
	$self->{refusal} = $said;
	return $said =~ /keeping generation/ ? undef : $self->generation;
}

sub refusal { $_[0]{refusal} }

# ---- the process -------------------------------------------------------------------------------

sub signal { kill $_[1], $_[0]->pid }

sub memory_kib { slurp("/proc/$_[0]{process}{pid}/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0 }
# How many descriptors are open; of one kind only with a pattern for what /proc says of them (qr/^socket:/).
sub descriptors {
	my ($self, $kind) = @_;
	return scalar grep { !$kind || (readlink // '') =~ $kind } glob '/proc/' . $self->pid . '/fd/*';
}
sub cpu_ticks {
	my @f = split / /, slurp('/proc/' . $_[0]->pid . '/stat') =~ s/^.*\) //sr;
	return $f[11] + $f[12];
}

# SIGTERM; the wait status. A second SIGTERM after 10 s, as an operator would.
sub stop {
	my $self = shift;
	my $p = $self->{process} or return 0;
	return $p->{status} if !$p->alive;
	$self->{children} = slurp('/proc/' . $self->pid . '/task/' . $self->pid . '/children');
	for (1, 2) {
		$self->signal('TERM');
		defined $p->wait_end(10 * $self->{slow}) and last;
		$self->{needed_second} = 1;
	}
	return $p->{status} // do { $p->kill_hard; 'had to be killed' };
}

# ---- clients -----------------------------------------------------------------------------------

sub dial {
	my ($self, %o) = @_;
	return Sekisho::Tunnel->dial($o{addr} // $self->{addr}, %o) // die "cannot reach the proxy: $!\n";
}

# Sends exactly these bytes and reads the answer.
sub request {
	my ($self, $bytes, %o) = @_;
	my $c = $self->dial(%o);
	$c->send($bytes);
	return $c->read_response($o{timeout});
}

# CONNECT to "host:port"; `early` goes right behind the head, `fields` are further header lines.
sub connect {
	my ($self, $target, %o) = @_;
	my $fields = join '', map { "$_\r\n" } @{ $o{fields} // [] };
	my $bytes = "CONNECT $target HTTP/1.1\r\nHost: $target\r\n$fields\r\n" . ($o{early} // '');
	return $self->request($bytes, %o);
}

# Real curl through the proxy: { connect => status, code => status, exit => n, body => text }.
sub curl {
	my ($self, $url, @args) = @_;
	my $body = "$self->{dir}/curl.body";
	unlink $body;
	my @cmd = ('curl', '--silent', '--show-error', '--proxy', "http://$self->{addr}", '--noproxy', '',
		'--max-time', 30, '--output', $body, '--write-out', '%{http_connect} %{http_code}',
		($self->{ca} ? ('--cacert', $self->{ca}) : ()), @args, $url);
	open my $err, '>', "$self->{dir}/curl.err";
	my $pid = open(my $out, '-|') // die "fork: $!";
	if (!$pid) {
		open STDERR, '>&', $err;
		exec @cmd or POSIX::_exit(127);
	}
	my $said = join '', <$out>;
	close $out;
	my $exit = $? >> 8;
	my ($connect, $code) = $said =~ /(\d+) (\d+)/;
	return { connect => $connect, code => $code, exit => $exit, body => slurp($body),
		err => slurp("$self->{dir}/curl.err") };
}

# ---- the access log ----------------------------------------------------------------------------

sub log_lines {
	my ($self, $path) = @_;
	return slurp($path // $self->log_path) =~ /^(.*)\n/mg;
}

sub log_records { map { decode_json($_) } shift->log_lines(@_) }

# The first record for which $test is true (in $_ and as argument), waiting for it.
sub wait_record {
	my ($self, $test, $timeout) = @_;
	my $end = time + ($timeout // 10) * $self->{slow};
	while (1) {
		for ($self->log_records) {
			return $_ if $test->($_);
		}
		return undef if time > $end;
		sleep 0.03;
	}
}

# Whether a record is this tunnel's: of its client port, and not from before it began, since ports come round again.
sub _is_of {
	my ($tunnel) = @_;
	my $port = $tunnel->local_port;
	my $ms = int(1000 * $tunnel->began) - 20;
	my $since = POSIX::strftime('%Y-%m-%dT%H:%M:%S', gmtime $ms / 1000) . sprintf '.%03dZ', $ms % 1000;
	return sub { ($_->{client_port} // 0) == $port && $_->{time} ge $since };
}

# The end record of the session that this tunnel was; an empty one if none comes in time.
sub end_of {
	my ($self, $tunnel, $timeout) = @_;
	my $is_of = _is_of($tunnel);
	return $self->wait_record(sub { ($_->{event} // '') eq 'end' && $is_of->() }, $timeout) // {};
}

# The end records so far of every request on this connection.
sub ends_of {
	my ($self, $tunnel) = @_;
	my $is_of = _is_of($tunnel);
	return grep { $_->{event} eq 'end' && $is_of->() } $self->log_records;
}

1;
