# A load balancer in front: listed sources say by PROXY protocol who the client is, nobody else may.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Socket qw(inet_aton);

my $t = Sekisho::Test->new->needs(qw(curl));
$t->dns('a.test' => $t->host);
my $echo = $t->echo;
my $p = $echo->port;
my ($port, $balancer) = ($t->port, $t->address(9));
my $addr = $t->host . ":$port";
my $px = $t->daemon(<<"CONF", port => $port);
listen explicit $addr proxy-protocol $balancer 127.255.0.0/16;
max-sessions-per-source 3;
collection c {
    priority 200;
    action allow;
    rule mine { from 10.1.0.9 2001:db8::9; to a.test tcp:$p; }
}
CONF

sub head2 { "\r\n\r\n\0\r\nQUIT\n" . pack('CCn', 0x20 | $_[0], $_[1], length $_[2]) . $_[2] }
sub tcp4 { head2(1, 0x11, inet_aton($_[0]) . inet_aton('192.0.2.1') . pack('nn', $_[1], 443)) }

my $connect = "CONNECT a.test:$p HTTP/1.1\r\nHost: a.test:$p\r\n\r\n";
sub tunnel {
	my ($header, %o) = @_;
	my $c = $px->dial(from => $o{from} // $balancer);
	$c->send($_) for ref $header ? @$header : "$header$connect";
	my $r = $c->read_response(3);
	return $r;
}

my $c = tunnel("PROXY TCP4 10.1.0.9 192.0.2.1 50112 443\r\n");
is($c->status . ($c->echoes ? ' echo' : ''), '200 echo', 'version 1: the client is allowed');
$c->close;
my $end = $px->wait_record(sub { $_->{client_port} == 50112 }) // {};
is(join(' ', map { $end->{$_} // '-' } qw(client_ip client_port balancer_ip rule)), "10.1.0.9 50112 $balancer mine",
	'... the record names it, and the load balancer');
is(tunnel("PROXY TCP4 10.1.0.8 192.0.2.1 50113 443\r\n")->status, 403, 'another client is not allowed');
is(($px->wait_record(sub { $_->{client_port} == 50113 }) // {})->{client_ip}, '10.1.0.8', '... and named');
is(tunnel(tcp4('10.1.0.9', 50114))->status, 200, 'version 2');
is(tunnel(head2(1, 0x21, pack('H*', '20010db8000000000000000000000009' x 2) . pack('nn', 50115, 443) . "\4\0\1z"))->status, 200,
	'version 2 over IPv6, with a TLV behind it');
is(tunnel([ 'PROXY TCP4 10.1.0', ".9 192.0.2.1 50116 443\r", "\n" . substr($connect, 0, 10), substr $connect, 10 ])->status, 200,
	'in pieces');
my $r = $px->curl("http://a.test:$p/", '--haproxy-protocol', '--interface', $balancer);
is($r->{code}, 403, 'curl --haproxy-protocol is read: its own address is no client here');

for my $bad ([ '', 'no header' ], [ "PROXY TCP4 10.1.0.9\r\n", 'half a header' ], [ head2(1, 0x12, 'x' x 12), 'UDP' ]) {
	my $d = $px->dial(from => $balancer);
	$d->send("$bad->[0]$connect");
	is($d->read_response(3)->status // '', '', "$bad->[1]: closed without a word");
}
ok(eventually { 3 == grep { ($_->{reason} // '') eq 'bad_proxy_header' } $px->log_records }, '... and the log says why');
is(tunnel("PROXY TCP4 10.1.0.9 192.0.2.1 50117 443\r\n", from => $t->address(8))->status, 400,
	'a header from a source that is not listed is a bad request');
is(tunnel('', from => $t->address(8))->status, 403, '... and such a source speaks for itself');

# ---- limits are the client's ------------------------------------------------------------------------

my @open = map { tunnel("PROXY TCP4 10.1.0.9 192.0.2.1 6000$_ 443\r\n") } 1 .. 3;
eventually { 0 } 0.1;
is($open[2]->status, 200, 'a client may have three sessions');
is(tunnel("PROXY TCP4 10.1.0.9 192.0.2.1 60004 443\r\n")->status, 503, '... and no fourth');
is(tunnel("PROXY TCP4 10.1.0.8 192.0.2.1 60005 443\r\n")->status, 403, 'another client of the same balancer has its own');
$_->close for @open;

# A health probe: the balancer's own connection, with a header or a silent close behind it.
$px->dial(from => $balancer)->close;
my $probe = $px->dial(from => $balancer);
$probe->send(head2(0, 0, ''));
$probe->close;
eventually { 0 } 0.2;
is(scalar(grep { ($_->{client_ip} // '') eq $balancer && $_->{reason} eq 'client_gone' } $px->log_records), 0, 'a health probe is no record');

is($t->command('check', '-c', $px->write('bad.conf', "listen explicit 127.0.0.1:1 proxy-protocol;\nlisten transparent 0.0.0.0:2 tprox;\n"))->{exit}, 1,
	'misspelt words behind an address are errors');

$t->done;
