# The admin service: what happened shows in /metrics, health in /healthz, and nothing can be changed there.
use FindBin;
use lib "$FindBin::Bin/lib";
use Sekisho::Test;

my $t = Sekisho::Test->new->needs('curl');
my $echo = $t->echo;
my ($p, $admin) = ($echo->port, $t->port);
$t->dns('a.test' => $t->host);
my $px = $t->daemon("admin @{[$t->host]}:$admin;\nworkers 2;\n" . policy("to a.test tcp:$p"));
my $url = "http://@{[$t->host]}:$admin";

sub metric {
	my ($name) = @_;
	my ($line) = grep { index($_, "sekisho_$name ") == 0 } split /\n/, `curl -s $url/metrics`;
	return defined $line ? (split / /, $line)[-1] : undef;
}

is(metric('generation'), 1, 'the first generation');
is(metric('sessions_open'), 0, 'nothing is open');
my $c = $px->connect("a.test:$p");
ok($c->echoes, 'a tunnel');
is(metric('sessions_open'), 1, '... is counted while it is open');
is(metric('tunnels_total'), 1, '... and as a tunnel');
is(metric('decisions_total{action="allow"}'), 1, '... and as allowed');
$px->connect("evil.test:$p");
is(metric('sessions_ended_total{reason="no_rule"}'), 1, 'a refusal is counted by its reason');
is(metric('decisions_total{action="deny"}'), 1, '... and as denied');
$px->dial->close;
ok(eventually { metric('probes_total') == 1 }, 'a connection without a byte is a probe');
$c->close;
ok(eventually { metric('sessions_open') == 0 }, 'what ended is not open');
ok(metric('bytes_total{direction="up"}') > 0 && metric('bytes_total{direction="down"}') > 0, 'octets are counted both ways');

like(`curl -si $url/healthz`, qr{^HTTP/1.1 200 .*\bok$}ms, 'healthy');
like(`curl -si -X DELETE $url/metrics`, qr{^HTTP/1.1 (?:405|501) }, 'nothing can be changed');
like(`curl -si $url/other`, qr{^HTTP/1.1 404 }, 'nothing else is there');




$t->done;
