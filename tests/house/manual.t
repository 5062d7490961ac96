# The manual says what the program does: every directive with its range and preset, every command and
# option, every reason; and every example in it loads.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use Test::More;

my $root = abs_path($ENV{SEKISHO_SRCDIR} // '.');
my $sekisho = $ENV{SEKISHO};
my $runs = defined $sekisho && -x $sekisho;

sub slurp {
	my $file = shift;
	open my $in, '<:encoding(UTF-8)', $file or die "$file: $!\n";
	local $/;
	return scalar <$in>;
}

# What a command prints, on both outputs.
sub output {
	my $pid = open(my $pipe, '-|') // die "fork: $!\n";
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		exec { $_[0] } @_ or exit 127;
	}
	local $/;
	my $text = <$pipe>;
	close $pipe;
	return $text // '';
}

sub none {
	my ($what, @found) = @_;
	is(scalar @found, 0, $what) or diag map { "  $_\n" } @found;
}

my $conf5 = slurp("$root/docs/sekisho.conf.5");
my $page8 = slurp("$root/docs/sekisho.8");

# ---- the table of directives -------------------------------------------------------------------

my %unit = (SECONDS => 1000, HOURS => 3_600_000, DAYS => 86_400_000, KIB => 1 << 10, MIB => 1 << 20, GIB => 1 << 30);

sub number {
	my $text = shift;
	return $text =~ /^(\w+)\((\d+)\)$/ ? $2 * $unit{$1} : $text;
}

# As the program itself writes a value of that type in its messages.
sub written {
	my ($type, $value) = @_;
	my @units = $type eq 'DURATION' ? ([d => 86_400_000], [h => 3_600_000], [m => 60_000], [s => 1000], [ms => 1])
		: $type eq 'SIZE' ? ([g => 1 << 30], [m => 1 << 20], [k => 1 << 10], ['' => 1]) : (['' => 1]);
	return $type eq 'DURATION' ? '0s' : '0' if $value == 0;
	for my $u (@units) {
		return $value / $u->[1] . $u->[0] if $value % $u->[1] == 0;
	}
}

sub rows {
	my ($table) = slurp("$root/src/config/directives.c") =~ /directives\[\] = \{\n(.*?)\n\};/s;
	my @rows;
	for my $text (split /\n\t(?=\{ \.name = )/, "\n$table") {
		next unless $text =~ /^\{ \.name = "([^"]+)"/;
		my %row = (name => $1);
		($row{type}) = $text =~ /ARG_(NUMBER|DURATION|SIZE)/;
		($row{preset}) = $text =~ /(?:\.preset = |SETTING\(\w+, |CHOICE\("[^"]*", )"([^"]*)"/;
		($row{values}) = $text =~ /(?:\.values = |CHOICE\()"([^"]*)"/;
		@row{qw(min max)} = ($1, $2) if $text =~ /RANGE\(((?:\w+\(\d+\)|\d+)), ((?:\w+\(\d+\)|\d+))\)/;
		push @rows, \%row;
	}
	return @rows;
}

# name => all that stands under its `.It Ic name`
sub entries {
	my %entry;
	my $name;
	for my $line (split /\n/, $conf5) {
		$name = $1 if $line =~ /^\.It Ic (\S+)/;
		undef $name if $line =~ /^\.S[hs] /;
		next unless defined $name;
		$line =~ s/\\-/-/g;
		$entry{$name} .= "$line\n";
	}
	return %entry;
}

my @rows = grep { $_->{name} ne 'item' } rows();
my %entry = entries();
my %known = map { $_->{name} => 1 } @rows;
cmp_ok(scalar @rows, '>', 40, 'the table of directives can be read');
none('every directive stands in sekisho.conf.5', grep { !$entry{$_} } map { $_->{name} } @rows);
none('every directive in sekisho.conf.5 exists', grep { !$known{$_} } sort keys %entry);

my (@presets, @ranges, @values);
for my $row (@rows) {
	my $text = $entry{ $row->{name} } // next;
	push @presets, "$row->{name}: $row->{preset}"
		if defined $row->{preset} && $text !~ /^\.?.*[Pp]reset\n?(?:\.(?:Ql|Cm|Li) |[ ])\Q$row->{preset}\E(?=[\s,;.]|$)/m;
	if (defined $row->{min}) {
		my ($lo, $hi) = map { written($row->{type}, number($_)) } @{$row}{qw(min max)};
		push @ranges, "$row->{name}: $lo to $hi" if $text !~ /\b\Q$lo\E to \Q$hi\E\b/;
	}
	for my $word (split / /, $row->{values} // '') {
		push @values, "$row->{name}: $word" if $text !~ /(?<![\w-])\Q$word\E(?![\w-])/;
	}
}
none('every preset is told', @presets);
none('every range is told', @ranges);
none('every word that may stand as an argument is told', @values);

# ---- commands and options ----------------------------------------------------------------------

# The help texts, from the program when there is one, else out of its source.
sub help_texts {
	my ($table) = slurp("$root/src/main.c") =~ /commands\[\] = \{\n(.*?)\n\};/s;
	my @commands = $table =~ /\{ "([\w-]+)", cmd_/g;
	my %help;
	for my $c (@commands) {
		$help{$c} = $runs ? output($sekisho, $c, '--help')
			: join '', slurp("$root/src/cmd/$c.c") =~ /help\[\] =\n(.*?);\n/s;
	}
	return %help;
}

my %help = help_texts();
cmp_ok(scalar keys %help, '>=', 3, 'the commands can be listed');
my (@commands, @options);
for my $c (sort keys %help) {
	my ($section) = $page8 =~ /^\.It Ic \Q$c\E\b(.*?)(?=^\.It Ic |^\.El\n\.S[hs] )/ms;
	if (!defined $section) {
		push @commands, $c;
		next;
	}
	my %seen;
	for my $o (grep { !$seen{$_}++ } $help{$c} =~ /(?<![\w-])(--?[a-z][a-z-]*)/g) {
		(my $fl = $o) =~ s/^-//;
		my $text = "$section\n" . common_options();
		push @options, "$c $o" if $text !~ /\bFl \Q$fl\E(?![\w-])/;
	}
}
sub common_options { return $page8 =~ /^\.Ss Options of every command\n(.*?)^\.S[hs] /ms ? $1 : '' }
none('every command stands in sekisho.8', @commands);
none('every option stands in sekisho.8', @options);
SKIP: {
	skip 'SEKISHO is not set', 1 unless $runs;
	my $help = output($sekisho, '--help');
	none('sekisho --help lists the same commands', grep { $help !~ /^\s+\Q$_\E\s/m } sort keys %help);
}

# ---- examples ----------------------------------------------------------------------------------

my $dir = tempdir(CLEANUP => 1);

sub passes {
	my ($name, $text) = @_;
	open my $out, '>:encoding(UTF-8)', "$dir/$name.conf" or die "$dir/$name.conf: $!\n";
	print $out $text;
	close $out or die "$dir/$name.conf: $!\n";
	my $said = output($sekisho, 'check', '-c', "$dir/$name.conf");
	is($? >> 8, 0, "example $name passes sekisho check") or diag map { "  $_\n" } grep { defined } (split /\n/, $said)[0 .. 9];
}

my %example = $conf5 =~ /^\.\\" example (\S+)\n(.*?)^\.\\" end$/gms;
cmp_ok(scalar keys %example, '>=', 3, 'the manual has complete examples');
SKIP: {
	skip 'SEKISHO is not set', scalar keys %example unless $runs;
	for my $name (sort keys %example) {
		(my $text = $example{$name}) =~ s/^\.Bd.*\n|^\.Ed.*\n//gm;
		$text =~ s/\\&//g;
		$text =~ s/\\e/\\/g;
		$text =~ s/\\-/-/g;
		$text =~ s{/usr/local/share/sekisho/policies}{$root/policies}g;
		passes($name, $text);
	}
}

# ---- README ------------------------------------------------------------------------------------

my $readme = slurp("$root/README.md");
my ($first) = $readme =~ /^`first\.conf`:\n\n((?:    .*\n)+)/m;
ok($first, 'README.md has a first policy');
SKIP: {
	skip 'SEKISHO is not set', 1 unless $runs;
	$first =~ s/^    //gm;
	passes('first', $first);
}

# Azure's two platform addresses only answer the machine that asks: no setting without their bypass.
my ($clients) = $readme =~ /^## Pointing clients at it\n(.*?)^## /ms;
my @settings = split /^(?=\*\*)/m, $clients // '';
shift @settings;
cmp_ok(scalar @settings, '>', 10, 'README.md has settings for clients');
none('every setting bypasses the platform addresses',
	map { /^(.*)/ } grep { !/168\.63\.129\.16/ || !/169\.254\.169\.254/ } @settings);

# ---- reasons -----------------------------------------------------------------------------------

my ($reasons) = slurp("$root/src/log/reason.c") =~ /rows\[REASONS\] = \{\n(.*?)\n\};/s;
my @words = grep { $_ ne 'none' } $reasons =~ /\[REASON_\w+\] = \{ "(\w+)"/g;
my $log = slurp("$root/docs/LOG.md");
cmp_ok(scalar @words, '>', 30, 'the reasons can be read');
none('every reason stands in docs/LOG.md', grep { $log !~ /^\| `\Q$_\E` \|/m } @words);

# ---- the pages themselves ----------------------------------------------------------------------

for my $page (qw(sekisho.8 sekisho.conf.5)) {
	SKIP: {
		my ($man) = grep { -x } map { "$_/man" } split /:/, $ENV{PATH} // '';
		skip 'man is not installed', 1 unless $man;
		local @ENV{qw(MANWIDTH LC_ALL MANPAGER)} = (80, 'C.UTF-8', 'cat');
		my $pid = open(my $pipe, '-|') // die "fork: $!\n";
		if (!$pid) {
			open STDERR, '>&', \*STDOUT;
			open STDOUT, '>', '/dev/null';
			exec $man, '--warnings', '-l', "$root/docs/$page" or exit 127;
		}
		my @said = <$pipe>;
		close $pipe;
		none("$page is rendered without a warning", @said);
	}
}
done_testing;
