# Sekisho::Web -- plain HTTP in tests: an origin that shows what reached it, and a reader of answers.
#
# The origin answers every request with the very octets that came, so that a test can see what the
# proxy made of its own; X-Conn tells connections apart.  A path "/r/NAME" gives raw octets instead.
package Sekisho::Web;

use strict;
use warnings;
use IO::Select;
use JSON::PP ();
use Time::HiRes qw(time);

# origin($test, raw => { NAME => octets or sub ($socket) }, host => ..., port => ...)
sub origin {
	my ($test, %o) = @_;
	my $raw = delete $o{raw} // {};
	return $test->origin(sub { serve(@_, $raw) }, %o);
}

sub serve {
	my ($sock, $say, $raw) = @_;
	my $buffer = '';
	while (defined(my $head = take_head($sock, \$buffer))) {
		my ($method, $path) = $head =~ m{^(\S+) (\S+)};
		$say->("$method $path");
		if ($path =~ m{^/r/([^?]+)} && exists $raw->{$1}) {
			my $answer = $raw->{$1};
			ref $answer ? $answer->($sock, $head, \$buffer) : Sekisho::Peers::write_all($sock, $answer);
			return if $path !~ /stay/;
			next;
		}
		Sekisho::Peers::write_all($sock, "HTTP/1.1 100 Continue\r\n\r\n") if $head =~ /^Expect: 100-continue\r$/mi;
		my $body = take_body($sock, $head, \$buffer) // return;
		my $seen = $head . $body;
		my $answer = $method eq 'HEAD' ? '' : $seen;
		Sekisho::Peers::write_all($sock, "HTTP/1.1 200 OK\r\nX-Conn: $$\r\nContent-Length: "
			. length($seen) . "\r\n\r\n$answer") or return;
	}
}

sub more {
	my ($sock, $buffer) = @_;
	return sysread($sock, $$buffer, 65536, length $$buffer);
}

sub take_head {
	my ($sock, $buffer) = @_;
	while (1) {
		return $1 if $$buffer =~ s/^(.*?\r\n\r\n)//s;
		more($sock, $buffer) or return undef;
	}
}

# The body in its framing as it came, or undef when it was cut.
sub take_body {
	my ($sock, $head, $buffer) = @_;
	if ($head =~ /^Transfer-Encoding: chunked\r$/mi) {
		while (1) {
			return $1 if $$buffer =~ s/^((?:[0-9a-f]+\r\n.*?\r\n)*?0\r\n\r\n)//s;
			more($sock, $buffer) or return undef;
		}
	}
	my ($n) = $head =~ /^Content-Length: (\d+)\r$/mi;
	while (length $$buffer < ($n // 0)) {
		more($sock, $buffer) or return undef;
	}
	return substr $$buffer, 0, $n // 0, '';
}

# The end record of this tunnel, looked for from where the log ended at the last call: a file of hundreds of
# sessions is not read again for each of them.
my %seen;
sub end_of {
	my ($daemon, $tunnel) = @_;
	my ($path, $port) = ($daemon->log_path, $tunnel->local_port);
	my $end = time + 10 * $daemon->{slow};
	while (time < $end) {
		open my $f, '<', $path or return {};
		seek $f, $seen{$path} // 0, 0;
		while (my $line = <$f>) {
			next if $line !~ /"client_port":$port\b/ || $line !~ /"event":"end".*\n/;
			$seen{$path} = tell $f;
			return JSON::PP::decode_json($line);
		}
		select undef, undef, undef, 0.005;
	}
	return {};
}

# Sends $bytes and reads the final answers to these methods ("GET HEAD ..."), as far as they come:
# { status, head, body, interim => [...], cut => 1 when the body did not come whole }.
sub exchange {
	my ($tunnel, $bytes, @methods) = @_;
	$tunnel->send($bytes) if length $bytes;
	return map { answer($tunnel, $_) // () } @methods;
}

sub answer {
	my ($t, $method, $timeout) = @_;
	my %a = (interim => []);
	while (1) {
		my $head = '';
		while ($head !~ /\r\n\r\n\z/) {
			my $c = $t->read(1, $timeout // 8 * ($ENV{SEKISHO_SLOW} // 1));
			return undef if $c eq '';
			$head .= $c;
		}
		return undef if $head !~ m{^HTTP/1\.[01] (\d{3})};
		@a{qw(status head)} = ($1, $head);
		last if $a{status} >= 200 || $a{status} == 101;
		push @{ $a{interim} }, $a{status};
	}
	$a{field} = { map { /^([^:]+):[ \t]*(.*?)[ \t]*$/ ? (lc $1, $2) : () } split /\r\n/, $a{head} };
	($a{body}, $a{cut}) = $method eq 'HEAD' || $a{status} =~ /^(?:101|204|304)$/ ? ('', 0) : body($t, \%a);
	return \%a;
}

sub body {
	my ($t, $a) = @_;
	my $n = $a->{field}{'content-length'};
	if (($a->{field}{'transfer-encoding'} // '') eq 'chunked') {
		return chunks($t);
	} elsif (defined $n) {
		my $body = $t->read($n);
		return ($body, length $body < $n ? 1 : 0);
	}
	my $body = $t->read_all;
	return ($body, $t->at_end && $t->error eq '' ? 0 : 1);
}

sub chunks {
	my $t = shift;
	my $body = '';
	while (1) {
		my $line = '';
		while ($line !~ /\r\n\z/) {
			my $c = $t->read(1);
			return ($body, 1) if $c eq '';
			$line .= $c;
		}
		my $n = hex($line =~ s/\r\n//r);
		my $chunk = $t->read($n + 2);
		return ($body, 1) if length $chunk < $n + 2;
		return ($body, 0) if !$n;
		$body .= substr $chunk, 0, $n;
	}
}

1;
