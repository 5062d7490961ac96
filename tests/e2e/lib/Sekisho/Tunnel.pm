# Sekisho::Tunnel -- one client connection through the proxy, from the request head to the last byte.
#
# Owns its socket.  Every wait is bounded: a read that gets nothing in time returns what it has, so
# that a test fails with a sentence instead of hanging.
package Sekisho::Tunnel;

use strict;
use warnings;
use Digest::SHA;
use IO::Select;
use IO::Socket::INET;
use Scalar::Util qw(weaken);
use Socket qw(SOL_SOCKET SO_LINGER SO_RCVBUF IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

my @all;        # weak references: the last check of a file closes what a test left open

# dial(addr, from => LOCAL ADDRESS, rcvbuf => OCTETS): a plain connection, nothing sent yet.
sub dial {
	my ($class, $addr, %o) = @_;
	my $began = time;
	my $sock = IO::Socket::INET->new(
		PeerAddr => $addr, Proto => 'tcp', Timeout => 5,
		$o{from} ? (LocalAddr => $o{from}) : (),
	) or return undef;
	setsockopt $sock, SOL_SOCKET, SO_RCVBUF, pack 'i', $o{rcvbuf} if $o{rcvbuf};
	setsockopt $sock, IPPROTO_TCP, TCP_NODELAY, pack 'i', 1;
	binmode $sock;
	return adopt($class, $sock, local => $sock->sockport, began => $began);
}

# Takes over a socket that leads to the proxy in another way; `local` is the port that the proxy sees.
sub adopt {
	my ($class, $sock, %o) = @_;
	my $self = bless { sock => $sock, buffer => '', %o }, $class;
	push @all, $self;
	weaken $all[-1];
	return $self;
}

sub close_everything {
	$_ && $_->close for @all;
	@all = ();
}

sub sock { $_[0]{sock} }
sub local_port { $_[0]{local} }
sub began { $_[0]{began} }
sub status { $_[0]{status} }
sub head { $_[0]{head} }
sub header { $_[0]{headers}{ lc $_[1] } }
sub body { $_[0]{body} }

# Sends all of it; the number of octets that went out before $timeout.
sub send {
	my ($self, $bytes, $timeout) = @_;
	my $end = time + ($timeout // 10);
	my $done = 0;
	my $select = IO::Select->new($self->{sock});
	$self->{sock}->blocking(0);
	while ($done < length $bytes) {
		my $left = $end - time;
		last if $left <= 0 || !$select->can_write($left);
		my $n = syswrite $self->{sock}, $bytes, length($bytes) - $done, $done;
		next if !defined $n && $!{EAGAIN};
		last if !$n;
		$done += $n;
	}
	return $done;
}

# Reads some more into the buffer: true, or false at the end, at an error or after $timeout.
sub _more {
	my ($self, $timeout) = @_;
	return 0 if $self->{eof};
	return 0 if $timeout <= 0 || !IO::Select->new($self->{sock})->can_read($timeout);
	my $n = sysread $self->{sock}, $self->{buffer}, 65536, length $self->{buffer};
	return 1 if $n;
	$self->{eof} = 1;
	$self->{error} = defined $n ? '' : "$!";
	return 0;
}

# Exactly $n octets, or fewer when the peer stops or $timeout passes.
sub read {
	my ($self, $n, $timeout) = @_;
	my $end = time + ($timeout // 10);
	while (length $self->{buffer} < $n) {
		last if !$self->_more($end - time);
	}
	return substr $self->{buffer}, 0, $n, '';
}

# Everything up to the end of the stream. at_end() then tells whether the end was seen.
sub read_all {
	my ($self, $timeout) = @_;
	my $end = time + ($timeout // 10);
	1 while $self->_more($end - time);
	my $bytes = $self->{buffer};
	$self->{buffer} = '';
	return $bytes;
}

# Sends $n octets of Sekisho::Peers::data($seed) while reading what comes; after the last one a FIN.
# (octets, SHA-256) of what came.
sub exchange {
	my ($self, $seed, $n, $timeout) = @_;
	my $end = time + ($timeout // 60);
	my ($sha, $octets, @out) = (Digest::SHA->new(256), 0);
	my $select = IO::Select->new($self->{sock});
	Sekisho::Peers::data($seed, $n, sub { push @out, $_[0] });
	$self->{sock}->blocking(0);
	while (time < $end && !$self->{eof}) {
		my ($r, $w) = IO::Select->select($select, @out ? $select : undef, undef, $end - time);
		if (@{ $w // [] }) {
			my $sent = syswrite $self->{sock}, $out[0];
			substr $out[0], 0, $sent // 0, '';
			shift @out if $out[0] eq '';
			$self->shut_write if !@out;
		}
		$self->_more(1) if @{ $r // [] };
		$octets += length $self->{buffer};
		$sha->add($self->{buffer});
		$self->{buffer} = '';
	}
	return ($octets, $sha->hexdigest);
}

sub at_end { $_[0]{eof} }
sub error { $_[0]{error} }      # '' for an orderly end, else the text of the error

# Waits for the end of the stream, whatever comes before: 'eof', 'reset' or 'open'.
sub fate {
	my ($self, $timeout) = @_;
	$self->read_all($timeout // 10);
	return 'open' if !$self->{eof};
	return $self->{error} eq '' ? 'eof' : 'reset';
}

# Counts and digests the stream without keeping it: (octets, SHA-256 in hex).
sub digest_all {
	my ($self, $timeout) = @_;
	my $end = time + ($timeout // 60);
	my $sha = Digest::SHA->new(256);
	my $octets = 0;
	do {
		$octets += length $self->{buffer};
		$sha->add($self->{buffer});
		$self->{buffer} = '';
	} while $self->_more($end - time);
	return ($octets, $sha->hexdigest);
}

# Reads a response head, and for anything but a 2xx its body.
sub read_response {
	my ($self, $timeout) = @_;
	my $end = time + ($timeout // 15);
	while ($self->{buffer} !~ /\r\n\r\n/) {
		return $self if !$self->_more($end - time);
	}
	$self->{buffer} =~ s/^(.*?\r\n)\r\n//s;
	$self->{head} = $1;
	($self->{status}) = $self->{head} =~ m{^HTTP/1\.[01] (\d{3})};
	$self->{headers} = { map { /^([^:]+):[ \t]*(.*?)[ \t]*$/ ? (lc $1, $2) : () }
		split /\r\n/, $self->{head} };
	if (($self->{status} // 200) !~ /^2/) {
		my $n = $self->{headers}{'content-length'};
		$self->{body} = defined $n ? $self->read($n, $end - time) : $self->read_all($end - time);
	}
	return $self;
}

sub shut_write { shutdown $_[0]{sock}, 1 }

sub close {
	my $self = shift;
	CORE::close($self->{sock}) if $self->{sock};
	$self->{sock} = undef;
	$self->{eof} = 1;
}

# Closes with a RST instead of a FIN.
sub reset {
	my $self = shift;
	setsockopt $self->{sock}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
	$self->close;
}

# One round trip through an echoing origin.
sub echoes {
	my ($self, $text, $timeout) = @_;
	$text //= 'ping ' . rand;
	$self->send($text, $timeout);
	return $self->read(length $text, $timeout) eq $text;
}

1;
