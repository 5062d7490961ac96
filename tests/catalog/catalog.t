#!/usr/bin/perl
# catalog.t -- every fact of facts.tsv against the built catalog.
# For each tag a configuration is written in which every way of using the tag (as it is, +optional, each
# profile, each cloud by `param cloud`) is a rule with a source address of its own, followed by one `expect` line per question:
#   - a fact is allowed on its port, where its class says so, and nowhere else by the plain tag;
#   - the same name or address is denied on a neighbouring port;
#   - what looks alike (glued on, appended to, a label short, a digit for a letter) is denied;
#   - a direct entry is denied in every way of using the tag.
# What a tag includes follows the choice made for the tag.
# `sekisho check` must then hold all of them at once.  A look-alike that another fact of the same tag
# really covers is left out; that is decided here, from the facts alone.
#
# Service tags are asked as well: a file of Microsoft's form is made in which each has two prefixes of its own, goes
# through `sekisho tag import service-tags`, and is loaded.
#
# SEKISHO names the binary (default ./sekisho); CATALOG_KEEP=FOLDER keeps the written configurations.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use FindBin;
use JSON::PP;
use Socket qw(inet_pton inet_ntop AF_INET AF_INET6);
use Test::More;

my $sekisho  = $ENV{SEKISHO} // './sekisho';
my $top      = abs_path("$FindBin::Bin/../..");
my $folder   = "$top/policies/catalog";
my $facts_in = "$FindBin::Bin/facts.tsv";
my $out      = $ENV{CATALOG_KEEP} // tempdir(CLEANUP => 1);

my %param = (
	region             => 'japaneast',
	workspace_id       => '1f2e3d4c-0000-4000-8000-00000000aaaa',
	dce                => 'sample-x1yz',
	storage_account    => 'samplestore',
	vault              => 'sample-vault',
	tenant             => 'sampletenant',
	mdi_workspace      => 'sample-corp',
	arc_gateway_prefix => 'sample-gw',
	aks_api_server_ip  => '20.43.64.9',
	dns_server         => '20.43.64.53',
	wsus_server        => 'wsus.sample.example',
);
my %derived = (geo => 'jpe', azurecloud => 'japaneast');      # what ${region} brings along

my %facts;              # tag => [ fact ... ]
my %includes;           # tag => [ tag ... ]

sub filled { my ($text) = @_; $text =~ s/\$\{(\w+)\}/$param{$1} \/\/ $derived{$1} \/\/ die "no $1"/ge; $text }

# ---- service tags -------------------------------------------------------------------------------

my %service_tag;        # name => [ two prefixes that nothing else has ]

sub prefixes_of {
	my ($name) = @_;
	my $n = 2 * keys %service_tag;          # even: the prefix beside it belongs to nobody
	return @{ $service_tag{$name} //= [ "41.200.$n.0/24", sprintf '2c0f:f000:%x::/48', $n ] };
}

# As Microsoft spells them: regions in mixed case, but for those of AzureCloud.
sub import_service_tags {
	my @values;
	for my $name (sort keys %service_tag) {
		my $spelt = $name =~ /^AzureCloud/ ? $name : $name =~ s/\.japaneast$/.JapanEast/r;
		push @values, { name => $spelt, id => $spelt, properties => {
			changeNumber => 1, region => '', regionId => 0, platform => 'Azure', systemService => '',
			addressPrefixes => $service_tag{$name}, networkFeatures => undef } };
	}
	open my $to, '>', "$out/ServiceTags_Public_20251028.json" or die "$out: $!";
	print $to encode_json({ changeNumber => 375, cloud => 'Public', values => \@values });
	close $to or die "$out: $!";
	return qx{'$sekisho' tag import service-tags '$out/ServiceTags_Public_20251028.json' -o '$out/service-tags' 2>&1};
}

# ---- facts --------------------------------------------------------------------------------------

sub read_facts {
	open my $in, '<', $facts_in or die "$facts_in: $!";
	while (my $line = <$in>) {
		next if $line =~ /^#/;
		chomp $line;
		my ($tag, $pattern, $port, $class) = split /\t/, $line;
		die "$facts_in:$.: four columns expected" unless defined $class;
		$facts{$tag} //= [];
		if ($class eq 'include') { push @{ $includes{$tag} }, $pattern; next }
		my ($proto, $number) = $port =~ /^(https|http|tcp|udp):(\d+)$/ or die "$facts_in:$.: port $port";
		my ($profiles) = $class =~ /profile:(\S+)/;
		my @patterns = filled($pattern);
		@patterns = prefixes_of($1) if $patterns[0] =~ /^service-tag:(.+)/;
		push @{ $facts{$tag} }, {
			pattern  => $_, proto => $proto, port => $number, line => $.,
			direct   => $class eq 'direct',
			optional => scalar($class =~ /^optional/),
			profiles => [ split /,/, $profiles // '' ],
		} for @patterns;
	}
	close $in;
}

# ---- patterns, told anew ------------------------------------------------------------------------

# Family, first octets and length of an address or prefix; nothing for a name.
my %prefix_of;
sub as_prefix { my ($text) = @_; return @{ $prefix_of{$text} //= [ parse_prefix($text) ] } }

sub parse_prefix {
	my ($text) = @_;
	my ($address, $length) = split m{/}, $text;
	return unless $address =~ /^[0-9.]+$/ || $address =~ /:/;
	my $family = $address =~ /:/ ? AF_INET6 : AF_INET;
	my $octets = inet_pton($family, $address) // die "address $text";
	return ($family, $octets, $length // 8 * length $octets);
}

sub name_regex {
	my ($pattern) = @_;
	my $head = $pattern =~ s/^\*\.// ? '(?:[^.]+\.)+' : '';
	my $body = join '\.', map { $_ eq '*' ? '[^.]+' : join '[^.]*', map { quotemeta } split /\*/, $_, -1 }
		split /\./, $pattern;
	return qr/^$head$body$/;
}

sub covers {
	my ($fact, $asked) = @_;
	my ($family, $octets, $length) = as_prefix($fact->{pattern});
	my ($asked_family, $asked_octets) = as_prefix($asked);
	return 0 if !defined $family != !defined $asked_family;
	if (defined $family) {
		return 0 if $family != $asked_family;
		return unpack("B$length", $octets) eq unpack("B$length", $asked_octets);
	}
	$fact->{regex} //= name_regex($fact->{pattern});
	return $asked =~ $fact->{regex};
}

# https and http ask for tcp as well, so for a deny those pairs count as the same door.
sub same_door {
	my ($fact, $proto, $port) = @_;
	return 0 if $fact->{port} != $port;
	return $fact->{proto} eq $proto || ($fact->{proto} ne 'udp' && $proto ne 'udp'
		&& ($fact->{proto} eq 'tcp' || $proto eq 'tcp'));
}

# ---- ways of using a tag ------------------------------------------------------------------------

sub uses_of {
	my ($tag) = @_;
	my %profile = map { $_ => 1 } map { @{ $_->{profiles} } } everything_in($tag);
	my @uses = ({ choices => [] }, { choices => ['optional'] });
	push @uses, { choices => [$_] }, { choices => [ $_, 'optional' ] } for sort keys %profile;
	push @uses, { choices => [$_], cloud => $_ } for grep { $profile{$_} } qw(china government);
	return @uses;
}

# A cloud is chosen by a parameter, not by a part behind the tag's name.
sub reference {
	my ($tag, $use) = @_;
	return join '+', "tag:$tag", grep { $_ ne ($use->{cloud} // '') } @{ $use->{choices} };
}

# Facts of a tag and of all that it includes.
sub everything_in {
	my ($tag, $seen) = @_;
	$seen //= {};
	return () if $seen->{$tag}++;
	return (@{ $facts{$tag} }, map { everything_in($_, $seen) } @{ $includes{$tag} // [] });
}

# Whether this use surely opens the fact, and whether it may (optional entries of a profile that is named).
sub opens {
	my ($use, $fact) = @_;
	return 0 if $fact->{direct};
	my %chosen = map { $_ => 1 } @{ $use->{choices} };
	return 0 if @{ $fact->{profiles} } && !grep { $chosen{$_} } @{ $fact->{profiles} };
	return !$fact->{optional} || $chosen{optional} || 0;
}

sub may_open {
	my ($use, $fact) = @_;
	return 1 if opens($use, $fact);
	my %chosen = map { $_ => 1 } @{ $use->{choices} };
	return !$fact->{direct} && scalar grep { $chosen{$_} } @{ $fact->{profiles} };
}

# ---- questions ----------------------------------------------------------------------------------

# One name or address that the pattern stands for.
sub sample_of {
	my ($pattern) = @_;
	my ($family, $octets, $length) = as_prefix($pattern);
	if (defined $family) {
		return '20.112.52.29' if $length == 0;
		substr($octets, -1) = chr(ord(substr $octets, -1) | 1) if $length < 8 * length $octets;
		return inet_ntop($family, $octets);
	}
	$pattern =~ s/^\*\./quiz7./;
	$pattern =~ s/\*/q7/g;
	return $pattern;
}

sub neighbours {
	my ($pattern) = @_;
	my ($family, $octets, $length) = as_prefix($pattern);
	return () if $length == 0;
	my $bits = unpack 'B*', $octets;
	substr($bits, $length - 1, 1) =~ tr/01/10/;             # the prefix beside it
	return inet_ntop($family, pack 'B*', $bits);
}

# A digit for a letter in the label before the last: rnicrosoft's cousin, micros0ft.
sub homoglyph {
	my ($name) = @_;
	my @labels = split /\./, $name;
	my $label = \$labels[ @labels > 1 ? -2 : 0 ];
	my ($put) = grep { $$label =~ /$_->[0]/ } [ o => 0 ], [ l => 1 ], [ i => 1 ], [ e => 3 ], [ s => 5 ],
		[ a => 4 ], [ t => 7 ], [ b => 8 ], [ g => 9 ], [ 0 => 'o' ], [ 1 => 'l' ], [ '.' => 'x' ];
	$$label =~ s/$put->[0]/$put->[1]/;
	return join '.', @labels;
}

sub look_alikes {
	my ($fact, $sample) = @_;
	return neighbours($fact->{pattern}) if defined((as_prefix($fact->{pattern}))[0]);
	my $apex = $fact->{pattern} =~ /^\*\.(.*)/ ? sample_of($1) : undef;
	my @list = (
		$apex ? "evil$apex" : "evil$sample",            # glued on
		"$sample.evil.example",                         # appended to
		$apex // ($sample =~ /^[^.]+\.(.*\..*)/),       # a label short
		homoglyph($sample),
	);
	return grep { defined } @list;
}

# The nearest port above on which no fact of the tag speaks for this name.
sub closed_port {
	my ($all, $fact, $asked) = @_;
	my $port = $fact->{port} + 1;
	$port++ while grep { same_door($_, $fact->{proto}, $port) && covers($_, $asked) } @$all;
	return $port;
}

# A tag made of includes alone is asked what they are asked.
sub own_facts { my ($tag) = @_; return @{ $facts{$tag} } ? @{ $facts{$tag} } : everything_in($tag) }

sub questions {
	my ($tag, $uses) = @_;
	my @all = everything_in($tag);
	my (@lines, %asked);
	my $say = sub {
		my ($verdict, $use, $name, $proto, $port) = @_;
		my $line = "expect $verdict $use->{source} $name $proto:$port;";
		push @lines, $line unless $asked{$line}++;
	};
	for my $use (@$uses) {
		my @open = grep { may_open($use, $_) } @all;
		my $deny = sub {
			my ($name, $proto, $port) = @_;
			return if grep { same_door($_, $proto, $port) && covers($_, $name) } @open;
			$say->('deny', $use, $name, $proto, $port);
		};
		for my $fact (own_facts($tag)) {
			my $sample = sample_of($fact->{pattern});
			if (!opens($use, $fact)) {
				$deny->($sample, $fact->{proto}, $fact->{port});
				next;
			}
			$say->('allow', $use, $sample, $fact->{proto}, $fact->{port});
			$deny->($sample, $fact->{proto}, closed_port(\@all, $fact, $sample));
			$deny->($_, $fact->{proto}, $fact->{port}) for look_alikes($fact, $sample);
		}
	}
	return @lines;
}

# ---- configurations -----------------------------------------------------------------------------

sub write_config {
	my ($name, $tag, $uses, @expectations) = @_;
	my $path = "$out/$name.conf";
	open my $to, '>', $path or die "$path: $!";
	print $to "include $folder/*.tag;\nservice-tags $out/service-tags;\n\n";
	print $to "param $_ $param{$_};\n" for sort keys %param;
	my $priority = 100;
	for my $cloud ('', qw(china government)) {
		my @here = grep { ($_->{cloud} // '') eq $cloud } @$uses or next;
		printf $to "\ncollection catalog%s {\n\tpriority %d;\n\taction allow;\n", $cloud && "-$cloud", $priority++;
		print $to "\tparam cloud $cloud;\n" if $cloud;
		for my $n (0 .. $#here) {
			printf $to "\trule use-%d {\n\t\tfrom %s;\n\t\tto   %s;\n\t}\n",
				$n, $here[$n]{source}, reference($tag, $here[$n]);
		}
		print $to "}\n";
	}
	print $to "\n", map { "$_\n" } @expectations;
	close $to or die "$path: $!";
	return $path;
}

sub check {
	my ($path) = @_;
	my $said = qx{'$sekisho' check -c '$path' 2>&1};
	return ($? >> 8, $said);
}

# The first lines that matter: errors about expectations, or whatever there is.
sub shorten {
	my ($said) = @_;
	my @lines = split /\n/, $said;
	my @errors = grep { /expect/i } @lines;
	@lines = @errors if @errors;
	splice @lines, 20 if @lines > 20;
	return join "\n", @lines;
}

# ---- the tests ----------------------------------------------------------------------------------

plan skip_all => "no binary at $sekisho" unless -x $sekisho;
read_facts();

my (%defined_in, %source_missing);
for my $file (sort glob "$folder/*.tag") {
	open my $in, '<', $file or die "$file: $!";
	my ($tag, $entry) = ('', '');
	while (my $line = <$in>) {
		next if $line =~ /^\s*#/;
		$defined_in{ $tag = $1 } = $file if $line =~ /^tag (\S+)/;
		$entry = "$file:$." if $line =~ /^\s*entry\s/;
		$source_missing{$entry} = 1 if $entry;
		if ($line =~ /\ssource "[^"]+"/) { delete $source_missing{$entry}; $entry = '' }
	}
	close $in;
}
is_deeply([ sort keys %defined_in ], [ sort keys %facts ], 'the catalog has the tags of the facts, and no others');
is_deeply([ sort keys %source_missing ], [], 'every entry names its source');

my $imported = import_service_tags();
is($?, 0, 'the service tags of the facts are imported') or diag($imported);
cmp_ok(scalar keys %service_tag, '>', 20, 'there are service tags among the facts');

for my $tag (sort keys %facts) {
	my @uses = uses_of($tag);
	my $n = 0;
	$_->{source} = '10.20.30.' . ++$n for @uses;
	my @expectations = questions($tag, \@uses);
	my ($status, $said) = check(write_config($tag, $tag, \@uses, @expectations));
	is($status, 0, "$tag: " . @expectations . ' questions in ' . @uses . ' uses') or diag(shorten($said));
}

# Every tag has a source for each entry, a date unless it only includes, and a state.
my $list = decode_json(scalar qx{'$sekisho' tag list --catalog '$folder' --json});
is_deeply([ map { $_->{tag} } grep { $_->{without_source} } @$list ], [], 'no tag without source');
is_deeply([ sort map { $_->{tag} } @$list ], [ sort keys %facts ], 'tag list has every tag');
is_deeply([ map { $_->{tag} } grep { !defined $_->{newest} && !@{ $_->{includes} } } @$list ], [],
	'every tag with entries has a date');
is_deeply([ sort map { $_->{tag} } grep { $_->{state} ne 'current' } @$list ],
	[qw(AzureDiskEncryption LogAnalyticsAgent)], 'what goes away is marked');

# That all of this would notice: one wrong word must make it fail.
my @use = ({ choices => [], source => '10.20.30.1' });
my ($status) = check(write_config('wrong-name', 'AzureBackupFileRestore', \@use,
	'expect allow 10.20.30.1 evil.example https:443;'));
is($status, 1, 'a name outside of the catalog is noticed');
($status) = check(write_config('wrong-port', 'AzureBackupFileRestore', \@use,
	'expect allow 10.20.30.1 download.microsoft.com tcp:3260;'));
is($status, 1, 'a port outside of the catalog is noticed');

done_testing();
