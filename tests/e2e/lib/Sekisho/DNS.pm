# Sekisho::DNS -- a DNS server that misbehaves on request.
#
# Owns a child process with a UDP and a TCP socket on one port.  It answers from a zone that the test
# can change while it runs, and counts what it was asked.  A zone maps a name, or '*.suffix', to
#
#   '127.0.0.1' or ['127.0.0.1', '::1']      those addresses, each for its own type
#   { a => SPEC, aaaa => SPEC, ... }         the two types apart
#   { cname => NAME }                        the alias and, in the same answer, what it leads to
#   'nxdomain' 'nodata' 'refused' 'servfail' 'silent'
#   { kind => KIND, a => SPEC, ... }         the data, spoiled in one of these ways:
#       'truncated'       TC and no data over UDP, all of it over TCP
#       'garbage'         the message is cut
#       'wrong-id', 'not-an-answer' (QR=0), 'wrong-question'
#
# A hash may also hold list (addresses), ttl (60), delay (seconds), alone (true: the alias
# without what it leads to), and rotate (true: one address of the list at a time, another at every question). Names that are not in the zone are 'nxdomain'.
package Sekisho::DNS;

use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Sekisho::Process;
use Socket qw(AF_INET AF_INET6 inet_pton);
use Time::HiRes qw(time);

my $turn = 0;
my %TYPE = (1 => 'a', 5 => 'cname', 28 => 'aaaa');
my %RCODE = (servfail => 2, nxdomain => 3, refused => 5);

sub new {
	my ($class, $host, $port, %zone) = @_;
	my %bind = (LocalAddr => $host, LocalPort => $port);
	my $udp = IO::Socket::INET->new(%bind, Proto => 'udp') or die "DNS on $host:$port: $!\n";
	my $tcp = IO::Socket::INET->new(%bind, Proto => 'tcp', Listen => 16, ReuseAddr => 1)
		or die "DNS on $host:$port: $!\n";
	socketpair my $test, my $child, Socket::AF_UNIX(), Socket::SOCK_STREAM(), 0 or die "$!";
	my $process = Sekisho::Process->perl('dns', sub {
		serve($udp, $tcp, $child, \%zone);
	}, $udp, $tcp, $child);
	$test->autoflush(1);
	return bless { process => $process, control => $test, addr => "$host:$port" }, $class;
}

sub addr { $_[0]{addr} }
sub process { $_[0]{process} }
sub kill_hard { $_[0]{process}->kill_hard }

# Changes names of the zone; returns when the server has taken them over.
sub set {
	my ($self, %names) = @_;
	return $self->_command({ set => \%names });
}

# How often NAME was asked for; with a type ('a', 'aaaa') only that.
sub asked {
	my ($self, $name, $type) = @_;
	my $counts = $self->_command({ counts => 1 });
	return $counts->{"$name $type"} // 0 if $type;
	my $sum = 0;
	/^\Q$name\E / and $sum += $counts->{$_} for keys %$counts;
	return $sum;
}

# Every name that was asked for at all.
sub names_asked {
	my %seen = map { (split / /)[0] => 1 } keys %{ $_[0]->_command({ counts => 1 }) };
	return sort keys %seen;
}

sub _command {
	my ($self, $what) = @_;
	my $sock = $self->{control};
	print $sock encode_json($what), "\n";
	return decode_json(scalar <$sock> // die "the DNS server is gone\n");
}

# ---- inside the child --------------------------------------------------------------------------

sub serve {
	my ($udp, $tcp, $control, $zone) = @_;
	my $select = IO::Select->new($udp, $tcp, $control);
	my (%counts, @later);
	$control->autoflush(1);
	while (1) {
		@later = sort { $a->{at} <=> $b->{at} } @later;
		my $wait = @later ? $later[0]{at} - time : undef;
		for my $sock ($select->can_read(defined $wait && $wait < 0 ? 0 : $wait)) {
			if ($sock == $control) {
				my $line = <$control> // return;
				print $control encode_json(obey(decode_json($line), $zone, \%counts)), "\n";
			} elsif ($sock == $udp) {
				my $from = recv $udp, my $query, 4096, 0;
				next if !defined $from;
				push @later, reply($query, $zone, \%counts, 0, sub { send $udp, $_[0], 0, $from });
			} else {
				my $c = $tcp->accept or next;
				push @later, reply(tcp_query($c), $zone, \%counts, 1,
					sub { syswrite $c, pack('n', length $_[0]) . $_[0] });
			}
		}
		(shift @later)->{send}->() while @later && $later[0]{at} <= time;
	}
}

sub tcp_query {
	my $c = shift;
	my $bytes = '';
	while (length $bytes < 2 || length $bytes < 2 + unpack 'n', $bytes) {
		IO::Select->new($c)->can_read(2) && sysread $c, $bytes, 4096, length $bytes or return '';
	}
	return substr $bytes, 2;
}

sub obey {
	my ($what, $zone, $counts) = @_;
	return $counts if $what->{counts};
	$zone->{$_} = $what->{set}{$_} for keys %{ $what->{set} };
	return {};
}

# One question: what to send, and when. Nothing for a silent name.
sub reply {
	my ($query, $zone, $counts, $is_tcp, $send) = @_;
	my ($name, $type, $end) = question($query) or return;
	$counts->{"$name " . ($TYPE{$type} // $type) . ($is_tcp ? ' tcp' : '')}++;
	my $spec = find($zone, $name);
	my $bytes = answer($query, $name, $TYPE{$type} // '', $end, $spec, $zone, $is_tcp) // return;
	my $delay = ref $spec eq 'HASH' ? part($spec, $TYPE{$type} // '')->{delay} // 0 : 0;
	return { at => time + $delay, send => sub { $send->($bytes) } };
}

sub question {
	my $query = shift;
	return if length $query < 17 || unpack('n', substr $query, 4) != 1;
	my ($at, @labels) = (12);
	while (my $n = ord substr $query, $at, 1) {
		push @labels, lc substr $query, $at + 1, $n;
		$at += 1 + $n;
		return if $at + 5 > length $query;
	}
	return (join('.', @labels), unpack('n', substr $query, $at + 1), $at + 5);
}

sub find {
	my ($zone, $name) = @_;
	return $zone->{$name} if exists $zone->{$name};
	while ($name =~ s/^[^.]+\.//) {
		return $zone->{"*.$name"} if exists $zone->{"*.$name"};
	}
	return 'nxdomain';
}

# A spec in its long form, for one type.
sub part {
	my ($spec, $type) = @_;
	return { kind => $spec } if !ref $spec && $spec =~ /^[a-z-]+$/;
	return { list => [$spec] } if !ref $spec;
	return { list => $spec } if ref $spec eq 'ARRAY';
	my %rest = map { $_ => $spec->{$_} } grep { defined $spec->{$_} } qw(list ttl delay cname alone kind rotate);
	return { %rest, %{ exists $spec->{$type} ? part($spec->{$type}, $type) : {} } };
}

sub answer {
	my ($query, $name, $type, $end, $spec, $zone, $is_tcp) = @_;
	my $part = part($spec, $type);
	my $kind = $part->{kind} // '';
	return undef if $kind eq 'silent';
	my @records = defined $RCODE{$kind} ? () : records($name, $type, $part, $zone, 0);
	my $cut = $kind eq 'truncated' && !$is_tcp;
	my $id = $kind eq 'wrong-id' ? pack('n', 1 + unpack('n', $query) & 0xffff) : substr $query, 0, 2;
	my $flags = 0x8180 | ($RCODE{$kind} // 0) | ($cut ? 0x0200 : 0);
	$flags &= 0x7fff if $kind eq 'not-an-answer';
	my $soa = !@records && ($kind eq 'nxdomain' || $kind eq 'nodata' || $kind eq '') ? soa() : '';
	my $asked = substr $query, 12, $end - 12;
	substr($asked, 1, 1) = 'z' if $kind eq 'wrong-question';
	my $bytes = $id . pack('n5', $flags, 1, $cut ? 0 : scalar @records, $soa eq '' ? 0 : 1, 0)
		. $asked . ($cut ? '' : join '', @records) . $soa;
	return $kind eq 'garbage' ? substr $bytes, 0, $end + 5 : $bytes;
}

sub records {
	my ($name, $type, $part, $zone, $depth) = @_;
	my $ttl = $part->{ttl} // 60;
	if (defined(my $target = $part->{cname})) {
		my $alias = record($name, 5, $ttl, wire_name($target));
		return ($alias) if $part->{alone} || $depth > 20;
		return ($alias, records($target, $type, part(find($zone, $target), $type), $zone, $depth + 1));
	}
	my ($family, $number) = $type eq 'a' ? (AF_INET, 1) : $type eq 'aaaa' ? (AF_INET6, 28) : return;
	my @mine = grep { ($family == AF_INET6) == /:/ } @{ $part->{list} // [] };
	@mine = ($mine[ $turn++ % @mine ]) if $part->{rotate} && @mine;
	return map { record($name, $number, $ttl, inet_pton($family, $_)) } @mine;
}

sub record {
	my ($name, $type, $ttl, $data) = @_;
	return wire_name($name) . pack('nnNn', $type, 1, $ttl, length $data) . $data;
}

sub wire_name { join('', map { chr(length) . $_ } split /\./, $_[0]) . "\0" }

# RFC 2308: the TTL of a negative answer; short, so that a test can outwait it.
sub soa {
	my $data = wire_name('ns.test') . wire_name('admin.test') . pack 'N5', 1, 60, 60, 60, 1;
	return record('test', 6, 1, $data);
}

1;
