# Passwords of explicit clients: who is asked for one and who is not, what a wrong one costs, a password file that changes,
# and that no password goes where it does not belong.
use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);
use Sekisho::Test;
use Sekisho::Web;

my $t = Sekisho::Test->new->needs(qw(curl openssl));
my $host = $t->host;
my $certs = $t->certs({ kinds => 'server' }, 'localhost', $host);
chmod 0600, "$certs/server.key";
$t->dns('*.test' => $host);
my $web = Sekisho::Web::origin($t);
my $echo = $t->echo;
my ($w, $p) = ($web->port, $echo->port);

my $passwd = sub { my ($password, @args) = @_;
	open my $to, '|-', "$ENV{SEKISHO} passwd @args 2>" . $t->dir . '/passwd.err' or die;
	print $to "$password\n";
	close $to;
	return $? >> 8 };
my $users = $t->dir . '/users';
my $said = sub { Sekisho::Daemon::slurp($t->dir . '/passwd.err') };

# ---- sekisho passwd ----------------------------------------------------------------------------

is($passwd->('secret of alice', $users, 'alice'), 0, 'passwd makes a file');
is(sprintf('%03o', (stat $users)[2] & 0777), '600', '... for its owner alone');
is($passwd->('b:b', $users, 'bob'), 0, '... and adds to it');
like(Sekisho::Daemon::slurp($users), qr/\Aalice:\$y\$\S+\nbob:\$y\$\S+\n\z/, '... a yescrypt hash each');
is(join(' ', map { $passwd->(@$_) } [ 'b:b', '--verify', $users, 'bob' ], [ 'b', $users, 'bob', '--verify' ],
	[ 'b:b', '--verify', $users, 'carol' ]), '0 1 1', 'passwd --verify tells right from wrong');
is($passwd->('', $users, 'bob'), 1, 'an empty password is refused');
like($said->(), qr/password: it is empty/, '... and said so');
is($passwd->('x', $users, "'a:b'"), 2, 'so is a name with a colon');
is($passwd->('b:b', '--verify', $users, 'bob'), 0, '... and nothing was changed');

# ---- the configuration -------------------------------------------------------------------------

my $check = sub { my ($text) = @_;
	open my $f, '>', $t->dir . '/check.conf' or die;
	print $f $text;
	close $f;
	return `$ENV{SEKISHO} check -c @{[ $t->dir ]}/check.conf 2>&1` };
my $tls = "tls cert=$certs/server.crt key=$certs/server.key";
my $plain_conf = "listen explicit 127.0.0.1:1;\nauth allow-cleartext;\n";
like($check->("listen explicit 127.0.0.1:1 $tls;\nauth-users users;\n"), qr/: ok: /, 'users and a TLS listener');
unlike($check->("${plain_conf}auth-users users;\n"), qr/warning|error/, 'users and cleartext, allowed');
like($check->("listen explicit 127.0.0.1:1;\nauth-users users;\n"), qr/:2:1: warning: no listener takes passwords/, '... or not');
like($check->("${plain_conf}auth-users absent;\n"), qr/:3:12: error: cannot read "\S+absent": no such file/, 'no file');
like($check->("${plain_conf}auth-realm \"a\\\"b\";\n"), qr/:3:12: error: this is no realm/, 'a realm with a quote');
like($check->("${plain_conf}auth-failures 5000;\n"), qr/:3:15: error: .*1000/, 'a limit out of range');
chmod 0644, $users;
like($check->("${plain_conf}auth-users users;\n"), qr/:3:12: error: "\S+users" can be read by everybody \(mode 644\); mend it with "chmod o= /,
	'a file that all may read');
system(split / /, $1) if $check->("${plain_conf}auth-users users;\n") =~ /"(chmod o= [^"]+)"/;
unlike($check->("${plain_conf}auth-users users;\n"), qr/error/, '... which is mended by what is said');
open my $weak, '>', $t->dir . '/weak';
print $weak "# old\nalice:\$1\$saltsalt\$9xy1btjgzLYfb7hivXtC//\n";
close $weak;
chmod 0600, $t->dir . '/weak';
like($check->("${plain_conf}auth-users weak;\n"), qr/weak:2:7: error: the hash of user "alice" is of a method that is too weak/, 'a weak hash');

# ---- the proxy: one listener with TLS, one without ---------------------------------------------

my $rules = <<"END";
collection free { priority 200; action allow; rule free { from any; to free.test http:$w tcp:$p; } }
collection named {
    priority 300;
    action   allow;
    rule alice { from user:alice; to alice.test http:$w tcp:$p; }
    rule anyone { from user:*; to user.test http:$w tcp:$w,$p; }
}
END
my $tls_port = $t->port;
my $px = $t->daemon("auth-users $users;\nauth-realm \"The Corp\";\nauth-failures 0;\nlisten explicit $host:" . $t->port . ";\n"
	. "listen explicit $host:$tls_port $tls;\n$rules", allow_stderr => [qr/error|keeping generation/]);
my ($plain_port) = $px->stderr =~ /listening on \Q$host\E:(?!$tls_port\b)(\d+)/;
my $over_tls = sub { my ($url, @args) = @_;
	return $px->curl($url, '--proxy', "https://$host:$tls_port", '--proxy-cacert', "$certs/ca.crt", @args) };
my $over_plain = sub { my ($url, @args) = @_;
	return $px->curl($url, '--proxy', "http://$host:$plain_port", @args) };
my $code = sub { my $r = shift; return $r->{connect} eq '000' ? $r->{code} : "$r->{connect}/$r->{code}" };
my $end = sub { my ($reason, $name) = @_;
	$px->wait_record(sub { $_->{event} eq 'end' && $_->{reason} eq $reason && $_->{host} eq $name }) // {} };
my @alice = ('--proxy-user', 'alice:secret of alice');

is($code->($over_tls->("http://free.test:$w/")), 200, 'without a password, what needs none');
is($code->($over_tls->("http://alice.test:$w/")), 407, 'a rule for a user asks for one');
my $asked = $end->('auth_required', 'alice.test');
is($asked->{status} . ($asked->{user} // ''), 407, '... and the record says so');
like($over_tls->("http://alice.test:$w/", '-i')->{body},
	qr/^Proxy-Authenticate: Basic realm="The Corp", charset="UTF-8"\r$/m, '... with the realm');
is($code->($over_tls->("http://nobody.test:$w/")), 403, 'what no user may reach is 403');
is($code->($over_tls->("http://alice.test:$w/a", @alice)), 200, 'the right password, GET');
is($end->('completed', 'alice.test')->{user}, 'alice', '... and the record names the user');
is($code->($over_tls->("http://alice.test:$w/b", @alice, '--proxy-anyauth')), 200, '... and as an answer to the 407');
is($code->($over_tls->("http://nobody.test:$w/", @alice)), 403, '... does not open what no rule opens');
is($code->($over_tls->("http://alice.test:$w/", '--proxy-user', 'bob:b:b')), 403, 'another user: 403, since a 407 would loop');
is($code->($over_tls->("http://user.test:$w/", '--proxy-user', 'bob:b:b')), 200, 'a password with a colon');
is($code->($over_tls->("http://alice.test:$w/", '--proxy-user', 'alice:secret')), 407, 'a wrong password');
is($end->('auth_failed', 'alice.test')->{user}, undef, '... names nobody');
is($code->($over_tls->("http://user.test:$w/", '--proxy-user', 'mallory:x')), 407, 'a stranger');
is($code->($over_tls->("http://free.test:$w/", '--proxy-user', 'alice:x')), 407, 'a wrong password, where none was needed');
is($code->($over_tls->("http://user.test:$w/", '-p', @alice)), '200/200', 'the right password, CONNECT');
is($code->($over_tls->("http://user.test:$w/", '-p')), '407/000', 'none, CONNECT');
is($code->($over_tls->("http://user.test:$w/", '-p', @alice, '--proxy-anyauth')), '200/200', '... and then the right one');
my $verbose = $over_tls->("http://user.test:$w/", '-p', @alice, '--proxy-anyauth', '-v')->{err};
is(join(' ', $verbose =~ m{^< HTTP/1.1 (407|200) (?:Proxy|Connection est)}mg) . ' ' . (() = $verbose =~ /^\* Connected to/mg), '407 200 1',
	'... over the same connection');

# ---- without TLS -------------------------------------------------------------------------------

is($code->($over_plain->("http://alice.test:$w/")), 403, 'without TLS nobody is asked for a password');
is($code->($over_plain->("http://alice.test:$w/", @alice)), 403, '... and none is taken');
like($px->wait_record(sub { ($_->{detail} // '') =~ /without TLS/ })->{reason} // '', qr/^no_rule$/, '... which the record explains');
is($code->($over_plain->("http://free.test:$w/", '--proxy-user', 'alice:wrong')), 200, '... nor looked at');

# ---- fields that are no good -------------------------------------------------------------------

my $open = $t->daemon("auth-users $users;\nauth allow-cleartext;\nauth-failures 3;\n$rules");
my $get = sub { my ($name, @fields) = @_;
	return $open->request(join "\r\n", "GET http://$name:$w/ HTTP/1.1", "Host: $name:$w", @fields, '', '') };
my $basic = sub { 'Proxy-Authorization: Basic ' . encode_base64($_[0], '') };
is($get->('user.test', 'Proxy-Authorization: NTLM TlRMTVNTUAABAAAA')->status, 407, 'another scheme counts as none');
is($get->('free.test', 'Proxy-Authorization: NTLM TlRMTVNTUAABAAAA')->status, 200, '... and where none is needed, it passes');
is($get->('free.test', $basic->('no colon'))->status, 407, 'no colon');
is($get->('free.test', 'Proxy-Authorization: Basic ????')->status, 407, 'no base64');
is($get->('free.test', $basic->("al\0ice:x"))->status, 407, 'a NUL');
is($get->('free.test', ($basic->('alice:secret of alice')) x 2)->status, 400, 'two fields');

# ---- the connection stays for the next try -----------------------------------------------------

my $c = $open->dial;
$c->send("CONNECT user.test:$p HTTP/1.1\r\nHost: user.test:$p\r\n\r\n");
is($c->read_response->status, 407, 'a CONNECT without a password');
$c->send("CONNECT user.test:$p HTTP/1.1\r\nHost: user.test:$p\r\n" . $basic->('bob:b:b') . "\r\n\r\n");
is($c->read_response->status, 200, '... and with one, on the same connection');
ok($c->echoes, '... is a tunnel');
my @ends = sub { $c->close; eventually { $open->ends_of($c) == 2 }; $open->ends_of($c) }->();
is(join(' ', map { "$_->{reason}:" . ($_->{user} // '') } @ends), 'auth_required: completed:bob', '... two requests, two records');
$c = $open->dial;
$c->send("POST http://user.test:$w/ HTTP/1.1\r\nHost: user.test:$w\r\nContent-Length: 5\r\n\r\n12345");
my $r = $c->read_response;
like($r->status . ' ' . ($r->{head} // ''), qr/^407/, 'a request with a body');
is($c->fate(5), 'eof', '... is the last one of its connection');
my $many = $open->request(join('', ("GET http://user.test:$w/ HTTP/1.1\r\nHost: user.test:$w\r\n\r\n") x 200));
is($many->status, 407, 'two hundred requests at once get one answer');

# ---- too many wrong ones -----------------------------------------------------------------------

is(join(' ', map { $get->('user.test', $basic->("bob:guess $_"))->status } 1 .. 5), '407 407 407 429 429', 'three wrong ones, and then 429');
my $limited = $open->curl("http://user.test:$w/", '-i', '--proxy-user', 'bob:b:b');
like($limited->{body}, qr{^HTTP/1.1 429 .*^Retry-After: ([1-9]|[1-5]\d|60)\r$}ms, '... also for the right one, with Retry-After');
is($get->('free.test')->status, 200, 'without credentials one is not concerned');
ok(eventually { 3 == grep { $_->{reason} eq 'auth_limited' } $open->log_records }, '... each with its record');

# ---- another password file ---------------------------------------------------------------------

my $late = $t->daemon("auth-users $users;\nauth allow-cleartext;\nauth-failures 0;\n$rules");
my $tunnel = sub { my ($who) = @_; $late->connect("user.test:$p", fields => [ $basic->($who) ]) };
my %of = (alice => $tunnel->('alice:secret of alice'), bob => $tunnel->('bob:b:b'));
is(join(' ', map { $_->status } @of{qw(alice bob)}), '200 200', 'two tunnels');
is($late->reload(sub { $passwd->('new of alice', $users, 'alice') }), 2, 'a new password is loaded by itself');
is(eventually { $late->end_of($of{alice}, 0.1)->{reason} }, 'policy_revoked', 'the tunnel that rested on the old one ends');
ok($of{bob}->echoes, '... and the other goes on');
is($tunnel->('alice:secret of alice')->status, 407, 'the old one is wrong now');
is($tunnel->('alice:new of alice')->status, 200, '... and the new one right');
is($late->reload(sub { $passwd->('', '--delete', $users, 'bob') }), 3, 'a user is taken out');
is(eventually { $late->end_of($of{bob}, 0.1)->{reason} }, 'policy_revoked', '... and its tunnel ends');
is($tunnel->('bob:b:b')->status, 407, '... and does not come back');

# ---- a kept origin that speaks while a password is checked --------------------------------------

# It answers the first request, and half a second later, unasked, as if it had been sent the next one.
my $hasty = $t->origin(sub { my $s = shift;
	my $head = '';
	while ($head !~ /\r\n\r\n/) { sysread $s, $head, 4096, length $head or return }
	Sekisho::Peers::write_all($s, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
	select undef, undef, undef, 0.5;
	Sekisho::Peers::write_all($s, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nunasked") if $head =~ m{^GET /speaks};
	});
my $h = $hasty->port;
my $pass = 'slow one';
open my $slow, '>', "$t->{dir}/slow" or die;
print $slow "bob:" . crypt('b:b', '$5$rounds=5000$saltsalt$') . "\nslow:" . crypt($pass, '$5$rounds=2500000$saltsalt$') . "\n";
close $slow;
chmod 0600, "$t->{dir}/slow";
my $keep = $t->daemon("auth-users $t->{dir}/slow;\nauth allow-cleartext;\nauth-failures 0;\n"
	. "collection a { priority 100; action allow; rule r { from user:*; to hasty.test http:$h; } }\n");
my $ask = sub { my ($c, $path, $who) = @_;
	my ($r) = Sekisho::Web::exchange($c, "GET http://hasty.test:$h/$path HTTP/1.1\r\nHost: hasty.test:$h\r\n" . $basic->($who) . "\r\n\r\n", 'GET');
	return $r // { status => 'nothing', body => '' } };
for my $case ([ 'speaks', 'wrong', 407, 'what it says is no answer to a request whose password is wrong' ],
	[ 'speaks', $pass, 200, '... nor to one whose is right' ], [ 'closes', $pass, 200, 'one that closes meanwhile is dialled anew' ]) {
	my ($path, $password, $status, $what) = @$case;
	my $c = $keep->dial;
	is($ask->($c, $path, 'bob:b:b')->{body}, 'first', "a kept connection to an origin ($path)");
	my $second = $ask->($c, $path, "slow:$password");
	is($second->{status} . ($second->{body} =~ /unasked/ ? ' unasked' : ''), $status, $what);
	$c->close;
}

# ---- where no password goes --------------------------------------------------------------------

my @secret = map { my $s = $_; ($s, encode_base64($s, '')) } 'alice:secret of alice', 'bob:b:b', 'alice:secret', 'secret of alice';
my $logs = join '', map { Sekisho::Daemon::slurp($_->log_path), $_->stderr } $px, $open, $late;
is(join(' ', grep { index($logs, $_) >= 0 } @secret), '', 'no password in any log or message');
my $echoed = $over_tls->("http://alice.test:$w/fields", '--proxy-user', 'alice:new of alice')->{body};
like($echoed, qr{^GET /fields HTTP/1.1}m, 'what an origin sees');
unlike($echoed, qr/Proxy-Auth|Basic|new of alice/i, '... has no credentials');
$t->done;
