# Bench::Svg -- the comparison as a picture: a panel for each work, a bar for each subject.
#
# Bars are relative to the panel's own longest (a much longer one is broken off), the figure stands beside each;
# Sekisho's are dark, references are pale. Plain SVG 1.1, no script, no font of its own; on a white page of its own, so
# that it reads on a dark one too.
package Bench::Svg;

use strict;
use warnings;
use List::Util qw(max);

my $CUT = 5;            # a bar longer than this many times Sekisho's is broken off
my ($WIDTH, $COLUMNS, $ROW, $HEAD, $LABEL, $GAP) = (960, 2, 18, 30, 112, 24);
my @SHOWN = qw(connect refuse sni get bulk-down rtt cold idle);
my $PANEL = ($WIDTH - $GAP * ($COLUMNS + 1)) / $COLUMNS;

sub escape {
	my $t = shift;
	$t =~ s/&/&amp;/g;
	$t =~ s/</&lt;/g;
	$t =~ s/>/&gt;/g;
	return $t;
}

sub number {
	my $v = shift;
	return $v >= 100 ? sprintf '%.0f', $v : $v >= 10 ? sprintf '%.1f', $v : sprintf '%.2f', $v;
}

sub kind { $_[0] =~ /^sekisho/ ? 'ours' : $_[0] =~ /^(?:raw|min-connect)/ ? 'ref' : 'peer' }

sub panel {
	my ($work, $x, $y) = @_;
	my @rows = sort { $a->{median} <=> $b->{median} } grep { defined $_->{median} } @{ $work->{rows} };
	my ($ours) = map { $_->{median} } grep { kind($_->{name}) eq 'ours' } @rows;
	my $longest = max(map { $_->{median} } @rows);
	$longest = $CUT * $ours if $ours && $longest > $CUT * $ours;
	my $room = $PANEL - $LABEL - 56;
	my $text = sprintf qq{<text class="title" x="%.0f" y="%.0f">%s (%s)</text>\n}, $x, $y + 14, escape($work->{title}),
		escape($work->{unit});
	for my $i (0 .. $#rows) {
		my ($row, $top) = ($rows[$i], $y + $HEAD + $i * $ROW);
		my $cut = $row->{median} > $longest;
		my $w = $cut ? $room : max(1, $room * $row->{median} / $longest);
		$text .= sprintf qq{<text class="name" x="%.0f" y="%.0f">%s</text>}, $x + $LABEL - 8, $top + 11, escape($row->{name});
		$text .= sprintf qq{<rect class="%s" x="%.0f" y="%.0f" width="%.1f" height="12"/>}, kind($row->{name}), $x + $LABEL,
			$top + 1, $w;
		$text .= sprintf qq{<path class="break" d="M%.0f %.0f l6 -16 m4 0 l-6 16"/>}, $x + $LABEL + $w - 26, $top + 15 if $cut;
		$text .= sprintf qq{<text class="value" x="%.0f" y="%.0f">%s</text>\n}, $x + $LABEL + $w + 5, $top + 11,
			number($row->{median});
	}
	return $text;
}

sub draw {
	my $results = shift;
	my %work = map { $_->{key} => $_ } @{ $results->{works} };
	my @works = grep { @{ $_->{rows} } } map { $work{$_} // () } @SHOWN;
	my @bottom = (44) x $COLUMNS;
	my $body = '';
	for my $work (@works) {
		my ($column) = sort { $bottom[$a] <=> $bottom[$b] || $a <=> $b } 0 .. $COLUMNS - 1;
		$body .= panel($work, $GAP + $column * ($PANEL + $GAP), $bottom[$column]);
		$bottom[$column] += $HEAD + $ROW * @{ $work->{rows} } + $GAP;
	}
	my $height = max(@bottom) + 14;
	my $m = $results->{machine};
	my $where = escape("CPU time and memory of the proxy's processes: shorter is better. "
		. "$m->{cpu}, $m->{os}, Linux $m->{kernel}, " . substr $results->{date}, 0, 10);
	return <<"END";
<svg xmlns="http://www.w3.org/2000/svg" width="$WIDTH" height="$height" viewBox="0 0 $WIDTH $height" role="img">
<title>Sekisho beside other proxies</title>
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 13px }
.name { text-anchor: end }
.value, .where { fill: #57606a }
.where { font-size: 11px }
.ours { fill: #1f5fbf }
.ref { fill: #b8c4d0 }
.peer { fill: #d9a15b }
.page { fill: #ffffff }
.break { stroke: #ffffff; stroke-width: 2; fill: none }
</style>
<rect class="page" width="$WIDTH" height="$height"/>
<rect class="ours" x="$GAP" y="14" width="12" height="12"/><text x="42" y="24">Sekisho</text>
<rect class="peer" x="110" y="14" width="12" height="12"/><text x="128" y="24">other proxies</text>
<rect class="ref" x="226" y="14" width="12" height="12"/><text x="244" y="24">the least that a relay can do</text>
$body<text class="where" x="$GAP" y="@{[ $height - 8 ]}">$where</text>
</svg>
END
}

1;
