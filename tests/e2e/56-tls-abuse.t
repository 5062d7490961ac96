# Clients that abuse the handshake and the records of TLS: slow, half, broken off in each state, empty, oversized, garbage,
# floods of messages without content, tickets of others. Survived, limited, logged for what it was; memory stays bounded.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;
use Sekisho::TLS;
use Time::HiRes qw(time);

my $t = Sekisho::Test->new->needs(qw(openssl python3));
$t->dns('*.test' => $t->host);
my $certs = Sekisho::TLS::certs($t, [ 'proxy.test', $t->host ], kinds => 'server,client');
my ($e, $port) = ($t->echo->port, $t->port);
my $many = $t->sanitized ? 200 : 1000;
my $px = $t->daemon(Sekisho::TLS::listen($t->host . ":$port", $certs, 'server')
	. "tls-timeout 2s;\nhead-timeout 3s;\nmax-sessions-per-source 4000;\nclient-ca $certs/ca.crt;\nclient-cert optional;\nlog-probes on;\n"
	. policy("to a.test tcp:$e"), port => $port);
my $idle = $px->descriptors;
my @trust = (ca => "$certs/ca.crt", sni => 'proxy.test');

sub still_serves {
	my $c = Sekisho::TLS->connect($px, "a.test:$e", @trust);
	ok($c->echoes, '... and others are served');
	$c->close;
}
sub record_of {
	my $port = shift // 0;
	return $px->wait_record(sub { $_->{event} eq 'end' && ($_->{client_port} // 0) == $port }, 15) // {};
}
sub broken { return Sekisho::TLS::run('break', $px->addr, @trust, @_) }

still_serves();

# ---- one at a time -------------------------------------------------------------------------------

# how => reason, detail, what the client sees.
my @rows = (
	[ { how => 'garbage' }, 'tls_failed', qr/./, 'garbage' ],
	[ { how => 'plain' }, 'tls_failed', qr/^plain HTTP on a TLS listener$/, 'plain HTTP' ],
	[ { how => 'connect' }, 'tls_failed', qr/^plain HTTP on a TLS listener$/, 'a plain CONNECT' ],
	[ { how => 'empty-records' }, 'tls_failed', qr/./, 'records without an octet' ],
	[ { how => 'oversized' }, 'tls_failed', qr/./, 'a record that is too long' ],
	[ { how => 'huge-hello' }, 'tls_failed', qr/./, 'a ClientHello that is too long' ],
	[ { how => 'data-first' }, 'tls_failed', qr/./, 'data before the handshake' ],
	[ { how => 'two-hellos' }, 'tls_failed', qr/./, 'two ClientHellos' ],
	[ { how => 'bad-finished' }, 'tls_failed', qr/./, 'a Finished that is wrong' ],
	[ { how => 'cut-hello' }, 'client_gone', undef, 'half a ClientHello and a FIN' ],
	[ { how => 'slow', every => 0.2 }, 'tls_timeout', undef, 'a ClientHello that trickles' ],
	[ { how => 'reset', flights => 1 }, 'client_reset', undef, 'a reset behind the ClientHello' ],
	[ { how => 'reset', flights => 1, min => '1.2', max => '1.2' }, 'client_reset', undef, '... in TLS 1.2' ],
	[ { how => 'reset', flights => 1, wait => 1 }, 'client_reset', undef, 'a reset behind our answer' ],
	[ { how => 'reset', flights => 1, wait => 1, min => '1.2', max => '1.2' }, 'client_reset', undef, '... in TLS 1.2' ],
	[ { how => 'reset', flights => 1, wait => 1, fin => 1 }, qr/^client_(?:gone|reset)$/, undef, 'a FIN behind our answer' ],
	[ { how => 'reset', flights => 2 }, qr/^client_(?:gone|reset)$/, undef, 'a reset behind the last flight' ],
	[ { how => 'reset', flights => 2, wait => 1 }, qr/^client_(?:gone|reset)$/, undef, 'a reset when all is done' ],
	[ { how => 'reset', flights => 2, wait => 1, min => '1.2', max => '1.2' }, qr/^client_(?:gone|reset)$/, undef, '... in TLS 1.2' ],
);
for my $row (@rows) {
	my ($how, $reason, $detail, $what) = @$row;
	my $saw = broken(%$how);
	my $end = record_of($saw->{port});
	like($end->{reason} // 'no record', ref $reason ? $reason : qr/^$reason$/, "$what: " . ($end->{reason} // 'no record')) or diag(explain([ $saw, $end ]));
	like($end->{detail} // '', $detail, '... ' . ($end->{detail} // '')) if $detail;
	ok(!defined $end->{client_tls}, '... of no version') if $how->{how} =~ /^(?:garbage|plain|connect|empty-records|data-first|slow)$/;
	note("$what: the client saw alert " . ($saw->{result}{alert} // 'none') . ', ' . ($saw->{result}{fate} // '-'));
	isnt($saw->{result}{fate} // '', 'open', '... and the connection is ended');
}
{                                       # both in the first event that we get
	$px->signal('STOP');
	my $c = IO::Socket::INET->new(PeerAddr => $px->addr) or die "connect: $!";
	syswrite $c, "\x16\x03\x01\x02\x00\x01" . 'x' x 50;
	shutdown $c, 1;
	$px->signal('CONT');
	my $end = record_of($c->sockport);
	is(($end->{reason} // 'no record') . ' ' . ($end->{closed_by} // ''), 'client_gone client', 'half a ClientHello and its FIN at one time');
}
is(broken(how => 'split')->{result}{shook}, 'TLSv1.3', 'a ClientHello in records of one octet is slow, but right');
still_serves();

# ---- thousands -----------------------------------------------------------------------------------

subtest 'half handshakes' => sub {
	my $before = $px->memory_kib;
	my %most;
	for my $o ([ 'that say nothing', 0 ], [ 'that stop behind the ClientHello', 1 ]) {
		my ($what, $flights) = @$o;
		my $cpu = $px->cpu_ticks;
		my ($p, $sock) = Sekisho::TLS::peer('half', $px->addr, @trust, count => $many, flights => $flights);
		my $held = Sekisho::TLS::said($p, 60);
		is($held->{held}, $many, "$many $what");
		$most{$flights} = $px->memory_kib;
		note(sprintf 'resident %d KiB more, %.1f KiB each; %.2f ms CPU each', $most{$flights} - $before, ($most{$flights} - $before) / $many,
			($px->cpu_ticks - $cpu) * 10 / $many);
		still_serves();
		ok(eventually(sub { $px->descriptors < $idle + 28 }, 10), '... all are ended by tls-timeout') or diag($px->descriptors . ' descriptors');
		close $sock;
		$p->stop(2);
	}
	cmp_ok($most{1} - $before, '<', $many * ($t->sanitized ? 512 : 64), '... of bounded cost');
	my @timeouts = grep { $_->{reason} eq 'tls_timeout' } $px->log_records;
	cmp_ok(scalar @timeouts, '>=', $many, '... each logged for what it was');
	my $again = $px->memory_kib;
	for (1 .. 2) {
		my ($p, $sock) = Sekisho::TLS::peer('half', $px->addr, @trust, count => $many, flights => 1, reset => 1);
		Sekisho::TLS::said($p, 60);
		close $sock;
		$p->wait_end(10 * $t->slow);
		eventually(sub { $px->descriptors < $idle + 28 }, 10);
	}
	note(sprintf "%d KiB before, %d after", $again, $px->memory_kib);
	cmp_ok($px->memory_kib - $again, '<', $t->sanitized ? 131072 : 4096, '... and they do not add up in memory');
	still_serves();
};

# ---- messages without content ---------------------------------------------------------------------

subtest 'KeyUpdate' => sub {
	my $s = Sekisho::TLS::s_client($px->addr, '-servername', 'proxy.test', '-tls1_3');
	$s->wait_for(qr/Verify return code/);
	$s->send("CONNECT a.test:$e HTTP/1.1\r\nHost: a.test:$e\r\n\r\n");
	ok($s->wait_for(qr{HTTP/1\.1 200}), 'a tunnel');
	for (1 .. 5) {
		$s->send("K\n");
		ok($s->wait_for(qr/KEYUPDATE(?s:.*?KEYUPDATE){${\($_ - 1)}}/), "KeyUpdate $_");
		$s->send("hello $_\n");
		ok($s->wait_for(qr/^hello $_$/m), '... and octets pass on');
	}
	for (1 .. 200) {
		$s->send("K\n");
		select undef, undef, undef, 0.004;
	}
	ok($s->wait_for(qr/errno|closed/, 10), 'a flood of them is ended');
	$s->finish(1);
	my $end = $px->wait_record(sub { $_->{event} eq 'end' && ($_->{detail} // '') =~ /^too many messages without content/ }, 5) // {};
	is("$end->{reason} $end->{closed_by}", 'tls_failed proxy', '... by us, for what it was');
	still_serves();
};

subtest 'renegotiation' => sub {
	my $s = Sekisho::TLS::s_client($px->addr, '-servername', 'proxy.test', '-tls1_2', '-legacy_renegotiation');
	$s->wait_for(qr/Verify return code/);
	$s->send("CONNECT a.test:$e HTTP/1.1\r\nHost: a.test:$e\r\n\r\n");
	ok($s->wait_for(qr{HTTP/1\.1 200}), 'a tunnel in TLS 1.2');
	$s->send("R\n");
	ok($s->wait_for(qr/no renegotiation|alert/), 'renegotiation is refused');
	$s->finish(1);
	still_serves();
};

# ---- tickets ---------------------------------------------------------------------------------------

subtest 'tickets of others' => sub {
	my $port2 = $t->port;
	my $twin = $t->daemon(Sekisho::TLS::listen($t->host . ":$port2", $certs, 'server')
		. "client-ca $certs/ca.crt;\nclient-cert optional;\n" . policy("to a.test tcp:$e"), port => $port2);
	for my $v ('-tls1_2', '-tls1_3') {
		my $file = "$t->{dir}/twin$v";
		my $s = Sekisho::TLS::s_client($twin->addr, '-servername', 'proxy.test', $v, '-sess_out', $file);
		$s->wait_for(qr/Verify return code/);
		$s->send("CONNECT b.test:1 HTTP/1.1\r\nHost: b.test:1\r\n\r\n");
		$s->wait_for(qr{HTTP/1\.1 403});
		$s->finish;
		$s = Sekisho::TLS::s_client($px->addr, '-servername', 'proxy.test', $v, '-sess_in', $file);
		ok($s->wait_for(qr/Verify return code/), "$v: a ticket of another process");
		$s->send("CONNECT a.test:$e HTTP/1.1\r\nHost: a.test:$e\r\n\r\n");
		ok($s->wait_for(qr{HTTP/1\.1 200}), '... does no harm');
		like($s->finish, qr/^New, /m, '... and no good: a full handshake');
	}
};

subtest 'early data' => sub {       # a ticket of a server that takes it, shown to ours, which does not
	my $other = $t->port;
	my ($file, $early) = map { "$t->{dir}/$_" } qw(early.session early.data);
	my $server = Sekisho::Process->run(name => 's_server', stdout => "$t->{dir}/s_server", stderr => "$t->{dir}/s_server", cmd => [ 'openssl', 's_server',
		'-accept', $t->host . ":$other", '-cert', "$certs/server.crt", '-key', "$certs/server.key", '-early_data', '-quiet', '-no_anti_replay', '-tls1_3' ]);
	ok(eventually(sub { IO::Socket::INET->new(PeerAddr => $t->host . ":$other") }), 'a server that takes early data') or diag(Sekisho::Daemon::slurp("$t->{dir}/s_server"));
	my $s = Sekisho::TLS::s_client($t->host . ":$other", '-servername', 'proxy.test', '-tls1_3', '-sess_out', $file);
	ok($s->wait_for(qr/Max Early Data: [1-9]/), '... and says so in its ticket');
	$s->finish;
	$server->stop;
	open my $f, '>', $early or die;
	print $f "CONNECT a.test:$e HTTP/1.1\r\nHost: a.test:$e\r\n\r\n";
	close $f;
	$s = Sekisho::TLS::s_client($px->addr, '-servername', 'proxy.test', '-tls1_3', '-sess_in', $file, '-early_data', $early);
	ok($s->wait_for(qr/Verify return code/), 'our handshake goes on without it');
	ok($s->wait_for(qr/Early data was rejected/), '... it is rejected');
	$s->send("CONNECT b.test:1 HTTP/1.1\r\nHost: b.test:1\r\n\r\n");
	ok($s->wait_for(qr{HTTP/1\.1 403}), '... and was not taken for a request: the next one is answered');
	unlike($s->finish, qr{HTTP/1\.1 200}, '... alone');
};

# ---- within a tunnel ---------------------------------------------------------------------------------

subtest 'in a tunnel' => sub {
	my $c = Sekisho::TLS->connect($px, "a.test:$e", @trust, linger => 1);
	ok($c->echoes, 'a tunnel');
	$c->send('x' x 500000, 2);
	$c->reset;
	is($px->end_of($c)->{reason}, 'client_reset', '... broken off in the middle');
	still_serves();
};

cmp_ok($px->descriptors, '<', $idle + 28, 'no descriptor is left over');
my @internal = grep { $_->{reason} =~ /^internal/ } $px->log_records;
is(scalar @internal, 0, 'nothing was our own fault') or diag(explain(\@internal));
$t->done;
