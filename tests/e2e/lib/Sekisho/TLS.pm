# Sekisho::TLS -- clients of a TLS listener: real curl and openssl s_client, and connections that a test drives as it
# does a Sekisho::Tunnel.
#
# Such a connection is a Tunnel whose socket leads to a child, tests/e2e/tls_peer, which does TLS (Debian's Python
# has it, its plain Perl has not).  What the child says of the handshake and of the end is in facts().
package Sekisho::TLS;

use strict;
use warnings;
use parent 'Sekisho::Tunnel';
use IO::Select;
use JSON::PP;
use POSIX ();
use Sekisho::Process;
use Socket qw(AF_UNIX SOCK_STREAM);
use Time::HiRes qw(time sleep);

our $PEER = "$Sekisho::Test::TOP/tests/e2e/tls_peer";

# ---- certificates and configuration ----------------------------------------------------------------

# certs($t, [names], kinds => 'server,client', options => ['--days', 20], dir => 'certs'): the folder.
sub certs {
	my ($t, $names, %o) = @_;
	my $dir = "$t->{dir}/" . ($o{dir} // 'certs');
	system("$Sekisho::Test::TOP/certs/make-test-certs", '--kinds', $o{kinds} // 'server', @{ $o{options} // [] },
		$dir, @$names) == 0 or die "make-test-certs failed\n";
	return $dir;
}

# "listen explicit ADDRESS tls cert= key= ...;" with these kinds of the folder.
sub listen {
	my ($addr, $dir, @kinds) = @_;
	return "listen explicit $addr tls" . join('', map { " cert=$dir/$_.crt key=$dir/$_.key" } @kinds) . ";\n";
}

# ---- the child that speaks TLS ---------------------------------------------------------------------

# peer(mode, addr, %options): a process whose standard input is ours to close and whose lines we read.
sub peer {
	my ($mode, $addr, %o) = @_;
	my ($host, $port) = $addr =~ /^(.*):(\d+)$/;
	pipe my $in, my $out or die "pipe: $!";
	socketpair my $mine, my $its, AF_UNIX, SOCK_STREAM, 0 or die "socketpair: $!";
	my $process = Sekisho::Process->_start("tls_peer $mode", sub {
		POSIX::dup2(fileno $its, 0);
		POSIX::dup2(fileno $out, 1);
		exec { 'python3' } 'python3', $PEER, $mode, $host, $port, encode_json(\%o) or die "python3: $!";
	});
	CORE::close($_) for $its, $out;
	@$process{qw(lines buffer)} = ($in, '');
	binmode $mine;
	$mine->autoflush(1);
	return ($process, $mine);
}

# What it says next, as a hash; empty when nothing comes in time.
sub said {
	my ($process, $timeout) = @_;
	my $line = $process->line(($timeout // 15) * ($ENV{SEKISHO_SLOW} // 1)) // return {};
	return decode_json($line);
}

# Runs one that ends by itself, and gives all that it said in one hash.
sub run {
	my ($mode, $addr, %o) = @_;
	my ($process, $sock) = peer($mode, $addr, %o);
	my %all;
	while (my %more = %{ said($process, 60) }) {
		%all = (%all, %more);
	}
	CORE::close($sock);
	$process->stop(2);
	return \%all;
}

# ---- one connection ----------------------------------------------------------------------------------

# dial($px, ca =>, sni =>, cert =>, key =>, alpn => [...], min =>, max =>, addr =>, before =>, linger => 1, cut => 1).
# failed() is set when there was no handshake; a client of TLS 1.3 learns of its certificate's fate later: see fault().
sub dial {
	my ($class, $px, %o) = @_;
	my $began = time;
	my $addr = delete $o{addr} // $px->addr;
	my ($process, $sock) = peer('bridge', $addr, %o);
	my $first = said($process);
	my $self = Sekisho::Tunnel::adopt($class, $sock, local => $first->{port}, began => $began);
	$self->{process} = $process;
	$self->{facts} = $first->{error} ? $first : said($process);
	return $self;
}

sub process { $_[0]{process} }
sub facts { $_[0]{facts} }
sub failed { $_[0]{facts}{error} }

# How the server ended it, as far as TLS goes: 'close_notify', 'cut', or the error's name.
sub fault {
	my ($self, $timeout) = @_;
	return $self->failed if $self->failed;
	my $last = said($self->{process}, $timeout // 10);
	return $last->{end} // $last->{error} // 'nothing';
}

# connect($px, 'host:port', %options of dial): its status and all as with Sekisho::Daemon::connect.
sub connect {
	my ($class, $px, $target, %o) = @_;
	my $fields = join '', map { "$_\r\n" } @{ delete $o{fields} // [] };
	my $early = delete $o{early} // '';
	my $c = $class->dial($px, %o);
	$c->send("CONNECT $target HTTP/1.1\r\nHost: $target\r\n$fields\r\n$early");
	return $c->read_response;
}

sub request {
	my ($class, $px, $bytes, %o) = @_;
	my $c = $class->dial($px, %o);
	$c->send($bytes);
	return $c->read_response;
}

sub close {
	my $self = shift;
	$self->SUPER::close;
	$self->{process}->stop(2) if $self->{process};
}

# By RST; needs linger => 1.
sub reset {
	my $self = shift;
	$self->{process}->kill_hard;
	$self->SUPER::close;
}

# ---- openssl s_client --------------------------------------------------------------------------------

# s_client($addr, @arguments): send() types, wait_for() reads until it matches, finish() ends it; text() is all it said.
sub s_client {
	my ($addr, @args) = @_;
	pipe my $in, my $out or die "pipe: $!";
	pipe my $stdin, my $typing or die "pipe: $!";
	my $process = Sekisho::Process->_start('s_client', sub {
		POSIX::dup2(fileno $stdin, 0);
		POSIX::dup2(fileno $out, $_) for 1, 2;
		exec { 'openssl' } 'openssl', 's_client', '-connect', $addr, @args or die "openssl: $!";
	});
	CORE::close($_) for $stdin, $out;
	$typing->autoflush(1);
	return bless { process => $process, in => $in, typing => $typing, text => '' }, 'Sekisho::TLS::SClient';
}

package Sekisho::TLS::SClient;

use Time::HiRes qw(time);

sub text { $_[0]{text} }
sub send { my ($self, $text) = @_; print { $self->{typing} } $text; return $self }

sub wait_for {
	my ($self, $re, $timeout) = @_;
	my $end = time + ($timeout // 10) * ($ENV{SEKISHO_SLOW} // 1);
	while ($self->{text} !~ $re) {
		my $left = $end - time;
		return 0 if $left <= 0 || !IO::Select->new($self->{in})->can_read($left);
		sysread($self->{in}, $self->{text}, 65536, length $self->{text}) or return $self->{text} =~ $re;
	}
	return 1;
}

# Closes its standard input, waits for its end, gives all that it said.
sub finish {
	my ($self, $timeout) = @_;
	close $self->{typing};
	$self->wait_for(qr/\z./, $timeout // 5);
	$self->{process}->stop(2);
	return $self->{text};
}

1;
