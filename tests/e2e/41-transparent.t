# Clients without a proxy setting: their route leads to this host, nftables redirects them to the transparent
# listener, and names in the stream or the address itself decide. Over REDIRECT and TPROXY, IPv4 and IPv6.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Net;
use Sekisho::Test;

my $t = Sekisho::Test->new->needs(qw(curl nginx dnsmasq openssl));
my $net = Sekisho::Net->new;
my @names = qw(www.shop.test evil.test plain.shop.test);
my $certs = $t->certs(@names);

# What the names lead to, and where a client believes them to be: two addresses of the same servers.
my ($real, $believed, $literal) = ('20.10.0.1', '20.10.0.2', '20.118.99.224');
my ($real6, $believed6) = ('2a01:111:1::1', '2a01:111:1::2');
$net->add_address(map({ "$_/32" } $real, $believed, $literal), map { "$_/128" } $real6, $believed6);
$net->inside(internet => sub {
	for my $host ($real, $believed, "[$real6]", "[$believed6]") {
		$t->nginx('location / { return 200 "tls at $server_addr for $host\n"; }', host => $host, port => 443, certs => $certs);
		$t->nginx('location / { return 200 "http at $server_addr for $host\n"; }', host => $host, port => 80);
	}
	$t->echo(host => $literal, port => 1688);
	$t->origin(sub { syswrite $_[0], "220 I speak first\n"; sysread $_[0], my $b, 100 }, host => $literal, port => 25);
	$t->{dns} = $t->_keep($net->is_root
		? Sekisho::Peers->dnsmasq('52.0.0.1', 53, "$t->{dir}/dnsmasq.log",
			map { ("--address=/$_/$real", "--address=/$_/$real6") } 'shop.test', 'evil.test')
		: Sekisho::DNS->new('52.0.0.1', 53, map { $_ => [ $real, $real6 ] } '*.shop.test', 'evil.test'));
});

my $conf = <<'CONF';
listen transparent 0.0.0.0:3130;
listen transparent [::]:3130;
sniff-timeout 300ms;
ip-group clients { 10.1.0.0/24; fd01::/64; }
collection out {
    priority 200;
    action allow;
    rule web   { from clients; to www.shop.test https:443 http:80; }
    rule plain { from clients; to plain.shop.test http:80; }
    rule kms   { from clients; to 20.118.99.224 tcp:1688,25; }
}
CONF

# curl in the client's network, which believes that $name stands at $at.
sub curl {
	my ($url, $at, @args) = @_;
	my ($scheme, $name) = $url =~ m{^(https?)://([^/]+)};
	my $port = $scheme eq 'https' ? 443 : 80;
	my $at_text = $at =~ /:/ ? "[$at]" : $at;
	my @cmd = ('curl', '--silent', '--show-error', '--noproxy', '*', '--max-time', 10, '--cacert', "$certs/ca.crt",
		'--resolve', "$name:$port:$at_text", '--write-out', '%{http_code}', @args, $url);
	open my $out, '-|', @cmd or die "curl: $!";
	local $/;
	my $said = <$out>;
	close $out;
	return ($said // '') . ($? ? ' exit ' . ($? >> 8) : '');
}

# Sends each text once the answer to the one before has begun; all that came back.
sub talk {
	my ($host, $port, @texts) = @_;
	my $s = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Timeout => 5) or return "no connection: $!";
	my $all = '';
	for (@texts) {
		syswrite $s, $_;
		IO::Select->new($s)->can_read(5) and sysread $s, $all, 65536, length $all;
	}
	1 while IO::Select->new($s)->can_read(0.5) && sysread $s, $all, 65536, length $all;
	return $all;
}

sub raw {
	my ($host, $port, $send, $from) = @_;
	my $s = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Timeout => 5, $from ? (LocalHost => $from) : ()) or return $!{ECONNRESET} ? "reset" : "no connection: $!";
	syswrite $s, $send if length $send;
	my $n = IO::Select->new($s)->can_read(5) ? sysread $s, my $got, 4096 : return 'silence';
	return defined $n ? $n ? $got : 'closed' : 'reset';
}

sub try_all {
	my ($px, $how, $proto) = @_;
	my $at = $proto == 4 ? $believed : $believed6;
	my $there = qr/(?:\Q$real\E|\Q$real6\E)/;             # whichever answers first, as anywhere
	my $in = sub { my $code = shift; $net->inside(client => $code) };

	like($in->(sub { curl('https://www.shop.test/', $at) }), qr/^tls at $there for www.shop.test\n200$/,
		"$how: an allowed https name passes, to the address that we resolved");
	like($in->(sub { curl('http://www.shop.test/a?b', $at) }), qr/^http at $there for www.shop.test\n200$/,
		"$how: an allowed http name passes");
	like($in->(sub { curl('https://evil.test/', $at) }), qr/^000 exit 35/, "$how: a denied https name gets an alert");
	like($in->(sub { curl('http://evil.test/', $at) }), qr/no_rule.*403$/s, "$how: a denied http name gets a page");
	like($in->(sub { talk($at, 80, map { "GET / HTTP/1.1\r\nHost: $_\r\n\r\n" } qw(plain.shop.test evil.test)) }),
		qr{^HTTP/1.1 200 OK.*http at.*HTTP/1.1 403 Forbidden}s, "$how: each request is decided by its own Host");
	my $ok = $px->wait_record(sub { ($_->{mode} // '') eq 'transparent' && $_->{host} eq 'www.shop.test' && $_->{port} == 443 && $_->{orig_ip} eq $at }) // {};
	like(join(' ', map { $ok->{$_} // '-' } qw(action reason rule orig_ip orig_port name_from sni origin_ip)),
		qr/^allow completed web \Q$at\E 443 sni www.shop.test $there$/, "$how: the record has the original destination") or diag explain $ok;
	ok(exists $ok->{orig_in_answer} && !$ok->{orig_in_answer}, '... that it was not in our answer');
	ok(!exists $ok->{status}, '... and no status that nobody sent');
	my $bad = $px->wait_record(sub { $_->{host} eq 'evil.test' && $_->{port} == 443 && $_->{orig_ip} eq $at }) // {};
	is(join(' ', map { $bad->{$_} // '-' } qw(action reason name_from sni)), 'deny no_rule sni evil.test', '... and the refusal');
}

# ---- REDIRECT ------------------------------------------------------------------------------------

my $px = $t->daemon($conf);
my $rules = $t->command('firewall', 'nft', '-c', $px->path('sekisho.conf'));
is($rules->{exit}, 0, 'firewall nft prints a ruleset') or diag $rules->{err};
ok($net->load_ruleset($rules->{out}), '... that nft loads') or diag $rules->{out};
try_all($px, 'REDIRECT', 4);
try_all($px, 'REDIRECT over IPv6', 6);

is($net->inside(client => sub { raw($literal, 1688, "activate") }), 'activate', 'a literal address that a rule allows');
is($net->inside(client => sub { raw($literal, 25, '') }), "220 I speak first\n", 'a server that speaks first does not hang');
my $r = $px->wait_record(sub { ($_->{orig_port} // 0) == 1688 }) // {};
is(join(' ', map { $r->{$_} // '-' } qw(host name_from origin_ip rule)), "$literal address $literal kms", '... was dialled as it is');
is($net->inside(client => sub { raw($literal, 1689, 'x') }), 'reset', 'an unlisted port is refused by a reset');
$r = $px->wait_record(sub { ($_->{orig_port} // 0) == 1689 }) // {};
is($r->{reason}, 'no_learned_name', '... and the reason says that nothing is known of it');
is($net->inside(client => sub { raw($real, 443, "\x16\x03\x01\x00\x05hello") }) =~ /^\x15\x03.\x00\x02\x02/ ? 1 : 0, 1,
	'a malformed hello gets an alert');
is(($px->wait_record(sub { ($_->{reason} // '') eq 'bad_hello' }) // {})->{orig_ip}, $real, '... and its reason');
# The reset may come before the client has sent anything; then it meets the sending, and the reading finds the end.
like($net->inside(client => sub { raw('10.1.0.4', 3130, "GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n") }), qr/^(?:reset|closed)$/,
	'the listener itself is no destination');
is(($px->wait_record(sub { ($_->{orig_port} // 0) == 3130 }) // {})->{reason}, 'own_address', '... and the log says so');
is(raw('10.1.0.4', 3130, 'x'), 'reset', 'nor is this host a client');
is(($px->wait_record(sub { ($_->{reason} // '') eq 'loop' }) // {})->{client_ip}, '10.1.0.4', '... it would be a loop');
$px->stop;

# ---- TPROXY ---------------------------------------------------------------------------------------

$net->flush_rulesets;
my $px2 = $t->daemon($conf =~ s/0\.0\.0\.0:3130/127.0.0.1:3131 tproxy/r =~ s/\[::\]:3130/[::1]:3131 tproxy/r);
$rules = $t->command('firewall', 'nft', '-c', $px2->path('sekisho.conf'));
ok($net->load_ruleset($rules->{out}), 'the ruleset for TPROXY') or diag $rules->{out}, $rules->{err};
try_all($px2, 'TPROXY', 4);
try_all($px2, 'TPROXY over IPv6', 6);
is($net->inside(client => sub { raw($literal, 1688, "activate") }), 'activate', 'a literal address over TPROXY');

$t->done;
