# The house keeps its shape: no layer includes one to its right, each module says what it owns, and
# none grows beyond what a person reads in one sitting.
use strict;
use warnings;
use File::Find;
use Test::More;

my $root = $ENV{SEKISHO_SRCDIR} // '.';
my $LINES_MAX = 900;

# layer => the layers it may include besides itself
my %may = (
	base    => [],
	wire    => [qw(base)],
	config  => [qw(base)],
	policy  => [qw(base wire config)],
	catalog => [qw(base wire config policy)],
	log     => [qw(base wire config policy)],
	dns     => [qw(base wire config policy log)],
	tls     => [qw(base wire config policy log)],
	auth    => [qw(base wire config policy log)],
	proxy   => [qw(base wire config policy catalog log dns tls auth)],
	admin   => [qw(base wire config policy catalog log dns tls auth proxy)],
	cmd     => [qw(base wire config policy catalog log dns tls auth proxy admin)],
);
# A policy must be linkable into a test, a fuzzer or the CLI alone; so must a parser.
my %forbidden = (
	base   => qr{^(event2/|ares|openssl/|pcre2|idn2)},
	wire   => qr{^(event2/|ares|openssl/|sys/socket|netinet/|pcre2|idn2)},
	config => qr{^(event2/|ares|openssl/|sys/socket|netinet/)},
	policy => qr{^(event2/|ares|openssl/|sys/socket|netinet/|fcntl|sys/stat|unistd)},
	proxy  => qr{^(openssl/|crypt\.h)},
);

my @files;
find({ no_chdir => 1, wanted => sub { push @files, $File::Find::name if /\.[ch]$/ } }, "$root/src");
@files = sort @files;
cmp_ok(scalar @files, '>', 50, 'the sources are where they should be') or BAIL_OUT("no sources in $root/src");

my (@arrows, @systems, @strangers, @broken, @silent, @long, %seen);
for my $file (@files) {
	(my $name = $file) =~ s{^\Q$root\E/src/}{};
	my ($layer) = $name =~ m{^([^/]+)/};
	open my $in, '<', $file or die "$file: $!\n";
	my @lines = <$in>;
	close $in;
	my $text = join '', @lines;

	push @long, "$name has " . @lines . ' lines' if @lines > $LINES_MAX;
	push @silent, $name unless opens_well($name, $text);
	for my $i (0 .. $#lines) {
		if ($lines[$i] =~ /^\s*#\s*include\s*"([^"]+)"/) {
			my $target = $1;
			push @broken, "$name:" . ($i + 1) . ": $target" unless -e "$root/src/$target";
			my ($to) = $target =~ m{^([^/]+)/};
			next if !defined $layer;                # main.c: anything
			push @arrows, "$name:" . ($i + 1) . ": $target"
				unless defined $to && grep { $_ eq $to } $layer, @{ $may{$layer} // [] };
		} elsif ($lines[$i] =~ /^\s*#\s*include\s*<([^>]+)>/ && defined $layer && $forbidden{$layer}) {
			push @systems, "$name:" . ($i + 1) . ": $1" if $1 =~ $forbidden{$layer} && !excused($name, $1);
		}
	}
	defined $layer ? $seen{$layer}++ : $name eq 'main.c' || push @strangers, $name;
}

# base knows what a socket address looks like, so that everybody else need not.
sub excused {
	my ($name, $header) = @_;
	return $name =~ m{^base/} && $header =~ m{^(sys/socket|netinet/)};
}

# A header opens with "name -- what it owns"; a source file with a comment, or with the header that has it.
sub opens_well {
	my ($name, $text) = @_;
	my ($folder, $module) = $name =~ m{^(?:([^/]+)/)?([^/]+)\.[ch]$};

	return $text =~ m{\A/\*\s+(?:\* )?\Q$module\E -- \S} if $name =~ /\.h$/;
	return 1 if $text =~ m{\A/\*\s*(?:\*\s*)?\S};
	return defined $folder && $text =~ m{\A#include "\Q$folder\E/[^"]+\.h"};
}

sub none {
	my ($what, @found) = @_;
	is(scalar @found, 0, $what) or diag map { "  $_\n" } @found;
}

none('no arrow runs back', @arrows);
none('every quoted include is written from src/ and exists', @broken);
none('what has to be pure includes no sockets, loops or TLS', @systems);
none('every file lies in a layer', @strangers, grep { !$may{$_} } sort keys %seen);
none('every module opens by saying what it owns', @silent);
none("no source file is longer than $LINES_MAX lines", @long);
done_testing;
