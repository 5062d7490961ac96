/*
 * pattern -- reads one `to` entry and matches it alone.
 * Text goes one way: address, or label by label into canonical form (case, U-labels), then to its kind.
 * What looks like an address is never tried as a name: a misspelt prefix must not become a name that
 * nobody owns.
 */
#include "policy/pattern.h"

#include "base/strbuf.h"
#include "policy/name.h"

#include <idn2.h>

enum { GLOB_TEXT_MAX = 2 * FQDN_MAX + 2, SHOWN_MAX = 100 };

struct reader {
	struct sv text;         /* the entry as written */
	struct arena *arena;
	struct sv *why;
};

static bool refuse(struct reader *r, struct sv sentence)
{
	*r->why = sentence;
	return false;
}

/* For "%.*s" in a sentence: not longer than a person wants to read. */
static struct sv shown(struct sv s)
{
	return sv_slice(s, 0, SHOWN_MAX);
}

static bool has(struct sv s, char c)
{
	return sv_find(s, c) < s.n;
}

static bool all_of(struct sv s, const char *set)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || !strchr(set, s.p[i]))
			return false;
	return true;
}

static struct sv last_label(struct sv name)
{
	const char *dot = name.n ? memrchr(name.p, '.', name.n) : NULL;

	return dot ? sv_slice(name, (size_t)(dot - name.p) + 1, name.n) : name;
}

static struct sv without_final_dot(struct sv s)
{
	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

/* ---- addresses ---------------------------------------------------------------------------- */

static bool looks_like_address(struct sv text)
{
	if (has(text, ':') || has(text, '/') || text.p[0] == '[')
		return true;
	text = without_final_dot(text);
	if (label_is_numeric(last_label(text)))
		return true;
	return all_of(text, "0123456789.*") && !all_of(text, ".*");     /* 10.1.*.* */
}

/* What a text meant that has the marks of an address and is none. Tried from the top. */
static bool is_url(struct sv t)
{
	for (size_t i = 0; i + 3 <= t.n; i++)
		if (sv_eq(sv_slice(t, i, 3), SV("://")))
			return true;
	return false;
}

static bool is_wildcard_address(struct sv t)
{
	return has(t, '*') && all_of(t, "0123456789.*/");
}

static bool is_number_with_wildcard(struct sv t)
{
	return has(t, '*') && label_is_numeric(last_label(without_final_dot(t)));
}

static bool is_v6_attempt(struct sv t)
{
	size_t first = sv_find(t, ':');

	return t.n && (t.p[0] == '[' || (first < t.n && has(sv_slice(t, first + 1, t.n), ':')));
}

static bool is_name_with_port(struct sv t)
{
	return has(t, ':');
}

static bool is_path(struct sv t)
{
	return has(t, '/') && !label_is_numeric(last_label(sv_slice(t, 0, sv_find(t, '/'))));
}

static bool is_other(struct sv t)
{
	return t.n > 0;
}

static const struct {
	bool (*is)(struct sv text);
	const char *sentence;
} complaints[] = {
	{ is_url, "is a URL; write the host name alone, then its port, as in \"example.com https:443\"" },
	{ is_wildcard_address, "has a wildcard in an address; write a prefix, as in \"10.1.0.0/16\"" },
	{ is_number_with_wildcard, "ends in a number and can match no name; write an address or a prefix" },
	{ is_v6_attempt, "is not an IPv6 address; write it as in \"2001:db8::1\" or \"2001:db8::/32\", "
			 "without zone or port" },
	{ is_name_with_port, "joins a host and a port; write them apart, as in \"example.com https:443\"" },
	{ is_path, "is a name with a path; write the host name alone, or an address if a prefix is meant" },
	{ is_other, "is not a proper address; write four decimal numbers from 0 to 255 without "
		    "leading zeros, as in \"192.0.2.1\"" },
};

static bool refuse_address(struct reader *r)
{
	size_t i = 0;

	while (!complaints[i].is(r->text))
		i++;
	return refuse(r, arena_printf(r->arena, "\"%.*s\" %s", SV_ARG(shown(r->text)),
				      complaints[i].sentence));
}

/* "[2001:db8::]/32" reads as "2001:db8::/32"; any other bracket makes it no address. */
static struct sv without_brackets(struct reader *r)
{
	struct sv t = r->text;
	size_t close = sv_find(t, ']');
	struct sv inside, rest;

	if (t.p[0] != '[' || close == t.n)
		return t;
	inside = sv_slice(t, 1, close - 1);
	rest = sv_slice(t, close + 1, t.n);
	if (!has(inside, ':') || has(inside, '/') || (rest.n && rest.p[0] != '/'))
		return t;
	return arena_printf(r->arena, "%.*s%.*s", SV_ARG(inside), SV_ARG(rest));
}

/* Sources and targets are unmapped before they are compared: a mapped prefix would match nothing. */
static bool refuse_mapped(struct reader *r, const struct prefix *p)
{
	struct prefix v4 = { .addr = ip_unmapped(&p->addr), .bits = (uint8_t)(p->bits - 96) };
	char meant[PREFIX_TEXT_MAX];

	prefix_format(&v4, meant);
	return refuse(r, arena_printf(r->arena, "\"%.*s\" is an IPv4 address in IPv6 clothes; write \"%s\"",
				      SV_ARG(shown(r->text)), meant));
}

static bool parse_address(struct reader *r, struct pattern *out)
{
	struct prefix p;
	char meant[PREFIX_TEXT_MAX];

	switch (prefix_parse(&p, without_brackets(r))) {
	case PREFIX_OK:
		break;
	case PREFIX_HOST_BITS:
		prefix_format(&p, meant);
		return refuse(r, arena_printf(r->arena,
			"\"%.*s\" has bits set behind its length; did you mean \"%s\"?",
			SV_ARG(shown(r->text)), meant));
	case PREFIX_BAD_LENGTH:
		return refuse(r, arena_printf(r->arena,
			"\"%.*s\" has a bad prefix length; expected a number from 0 to %u",
			SV_ARG(shown(r->text)), p.addr.family == 4 ? 32u : 128u));
	case PREFIX_BAD_ADDRESS:
		return refuse_address(r);
	}
	if (p.bits >= 96 && p.addr.family == 6 && ip_unmapped(&p.addr).family == 4)
		return refuse_mapped(r, &p);
	out->kind = PATTERN_ADDRESS;
	out->prefix = p;
	return true;
}

/* ---- regular expressions ------------------------------------------------------------------ */

static bool parse_regex(struct reader *r, struct pattern *out, bool quoted, size_t quote_at)
{
	struct sv source = sv_slice(r->text, 1, r->text.n);

	if (r->text.p[0] != '~')
		return refuse(r, SV("quotes in the middle of a name; only a regular expression has them, "
				    "as in ~\"pod\\d+\\.example\""));
	if (!quoted || quote_at != 1)
		return refuse(r, arena_printf(r->arena, "a regular expression stands in quotes behind "
			"its ~; write ~\"%.*s\"", SV_ARG(shown(source))));
	if (source.n == 0)
		return refuse(r, SV("an empty regular expression matches no name; write * for any name"));
	out->kind = PATTERN_REGEX;
	out->regex = arena_sv(r->arena, source);
	return true;
}

/* ---- names -------------------------------------------------------------------------------- */

static bool refuse_name(struct reader *r, enum name_error e)
{
	static const char *const hints[] = {
		[NAME_EMPTY] = "write a host name",
		[NAME_TOO_LONG] = "no such name can exist",
		[NAME_EMPTY_LABEL] = "leave out the second dot",
		[NAME_LABEL_TOO_LONG] = "no such name can exist",
		[NAME_BAD_CHARACTER] = "\"*\" is the only wildcard, and a port stands apart",
		[NAME_NOT_ASCII] = "write the xn-- form",
		[NAME_HYPHEN] = "no such name can exist",
		[NAME_NUMERIC] = "write an address or a prefix",
	};

	return refuse(r, arena_printf(r->arena, "bad name \"%.*s\": %s; %s", SV_ARG(shown(r->text)),
				      name_error_text(e), hints[e]));
}

static bool is_ascii(struct sv s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > 127)
			return false;
	return true;
}

/* The A-label of one U-label. What it maps to must be one label too: there are characters that become
 * a dot, a slash or a star. */
static bool add_u_label(struct reader *r, struct strbuf *b, struct sv label)
{
	char *ascii = NULL;
	int rc;

	if (has(label, '*'))
		return refuse(r, arena_printf(r->arena, "\"%.*s\" has a wildcard and non-ASCII letters in "
			"one label; write the label in its xn-- form", SV_ARG(shown(label))));
	rc = idn2_to_ascii_8z(arena_strdup(r->arena, label), &ascii,
			      IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc != IDN2_OK)
		return refuse(r, arena_printf(r->arena, "\"%.*s\" is no label of an internationalised "
			"name: %s; write the label in its xn-- form", SV_ARG(shown(label)),
			idn2_strerror(rc)));
	if (label_check(sv_of(ascii)) != NAME_OK)
		refuse(r, arena_printf(r->arena, "\"%.*s\" becomes \"%s\", which is no label; write the "
			"label in its xn-- form", SV_ARG(shown(label)), ascii));
	else
		strbuf_add(b, sv_of(ascii));
	idn2_free(ascii);
	return r->why->n == 0;
}

static bool add_label(struct reader *r, struct strbuf *b, struct sv label)
{
	if (!is_ascii(label))
		return add_u_label(r, b, label);
	for (size_t i = 0; i < label.n; i++)
		strbuf_addc(b, ascii_lower(label.p[i]));
	return true;
}

static bool add_labels(struct reader *r, struct strbuf *b, struct sv text)
{
	struct sv rest = text;

	do {
		if (!add_label(r, b, sv_cut(&rest, '.')))
			return false;
		if (rest.p)
			strbuf_addc(b, '.');
	} while (rest.p);
	return !b->full || refuse_name(r, NAME_TOO_LONG);
}

/* As label_check(), for a label in which a `*` may stand; *shortest is what it matches at least. */
static enum name_error check_glob_label(struct sv label, size_t *shortest)
{
	size_t literal = 0;

	for (size_t i = 0; i < label.n; i++) {
		if (label.p[i] != '*' && !label_has_octet(label.p[i]))
			return NAME_BAD_CHARACTER;
		literal += label.p[i] != '*';
	}
	*shortest = literal ? literal : 1;
	if (label.n == 0)
		return NAME_EMPTY_LABEL;
	if (literal > LABEL_MAX)
		return NAME_LABEL_TOO_LONG;
	return label.p[0] == '-' || label.p[label.n - 1] == '-' ? NAME_HYPHEN : NAME_OK;
}

static enum name_error check_glob(struct sv glob)
{
	struct sv rest = glob, label;
	size_t total = 0;

	do {
		size_t shortest;
		enum name_error e;

		label = sv_cut(&rest, '.');
		e = check_glob_label(label, &shortest);
		if (e != NAME_OK)
			return e;
		total += shortest + (rest.p != NULL);
	} while (rest.p);
	if (label_is_numeric(label))
		return NAME_NUMERIC;
	return total > FQDN_MAX ? NAME_TOO_LONG : NAME_OK;
}

static bool finish_plain(struct reader *r, struct pattern *out, enum pattern_kind kind, struct sv name)
{
	struct fqdn checked;
	enum name_error e = fqdn_parse(&checked, name);

	if (e != NAME_OK)
		return refuse_name(r, e);
	out->kind = kind;
	out->name = arena_sv(r->arena, fqdn_sv(&checked));
	return true;
}

static bool finish_glob(struct reader *r, struct pattern *out, struct sv glob)
{
	enum name_error e = check_glob(glob);
	const char *star, *dot;
	struct sv name;

	if (e != NAME_OK)
		return refuse_name(r, e);
	name = arena_sv(r->arena, glob);
	star = memrchr(name.p, '*', name.n);
	dot = memchr(star, '.', (size_t)(name.p + name.n - star));
	out->kind = PATTERN_GLOB;
	out->name = name;
	out->suffix = dot ? sv_slice(name, (size_t)(dot - name.p) + 1, name.n) : SV("");
	return true;
}

static bool has_double_star(struct sv s)
{
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] == '*' && s.p[i - 1] == '*')
			return true;
	return false;
}

/* `name` is in lower case and ASCII, without a final dot; a leading dot still stands. */
static bool finish_name(struct reader *r, struct pattern *out, struct sv name)
{
	bool tree = name.n && name.p[0] == '.';
	struct sv below = sv_slice(name, 2, name.n);

	if (name.n == 0)
		return refuse_name(r, NAME_EMPTY);
	if (sv_eq(name, SV("*")) || sv_eq(name, SV(".*")))
		return refuse(r, arena_printf(r->arena, "\"%.*s\" names nothing below its wildcard; write * "
			"for any name, or a domain behind it, as in \"*.example.com\"",
			SV_ARG(shown(r->text))));
	if (has_double_star(name))
		return refuse(r, SV("\"**\" has no meaning; a * stands for part of one label, a leading "
				    "*. for one or more labels"));
	if (tree && has(name, '*'))
		return refuse(r, arena_printf(r->arena, "a leading dot and a wildcard cannot stand together; "
			"write \"%.*s\" and \"*%.*s\" as two entries", SV_ARG(shown(sv_slice(name, 1, name.n))),
			SV_ARG(shown(name))));
	if (tree)
		return finish_plain(r, out, PATTERN_TREE, sv_slice(name, 1, name.n));
	if (!has(name, '*'))
		return finish_plain(r, out, PATTERN_EXACT, name);
	if (sv_starts_with(name, SV("*.")) && !has(below, '*'))
		return finish_plain(r, out, PATTERN_BELOW, below);
	return finish_glob(r, out, name);
}

static bool parse_name(struct reader *r, struct pattern *out)
{
	char memory[GLOB_TEXT_MAX];
	struct strbuf b;
	struct sv text = without_final_dot(r->text);

	strbuf_init(&b, memory, sizeof(memory));
	if (has(text, '\0'))
		return refuse(r, SV("a NUL octet in a name; leave it out"));
	if (text.n && text.p[text.n - 1] == '.')
		return refuse_name(r, NAME_EMPTY_LABEL);
	if (!add_labels(r, &b, text))
		return false;
	if (b.n && looks_like_address(strbuf_sv(&b)))   /* made of fullwidth digits, say */
		return refuse_name(r, NAME_NUMERIC);
	return finish_name(r, out, strbuf_sv(&b));
}

bool pattern_parse(struct pattern *out, struct sv text, bool quoted, size_t quote_at, struct arena *a,
		   struct sv *why)
{
	struct reader r = { .text = text, .arena = a, .why = why };

	*out = (struct pattern){ .suffix = SV("") };
	*why = (struct sv){ 0 };
	if (text.n == 0)
		return refuse_name(&r, NAME_EMPTY);
	if (text.p[0] == '~' || (quoted && quote_at > 0))
		return parse_regex(&r, out, quoted, quote_at);
	if (sv_eq(text, SV("*"))) {
		out->kind = PATTERN_ANY;
		return true;
	}
	return looks_like_address(text) ? parse_address(&r, out) : parse_name(&r, out);
}

/* ---- matching ----------------------------------------------------------------------------- */

/*
 * One label.  On a mismatch only the last `*` is extended: what an earlier one took is the shortest that
 * works, and taking more would leave less.  At most 63 times 63 steps.
 */
static bool label_match(struct sv glob, struct sv label)
{
	size_t g = 0, l = 0, star = SIZE_MAX, taken = 0;

	while (l < label.n) {
		if (g < glob.n && glob.p[g] == '*') {
			star = g++;
			taken = l;
		} else if (g < glob.n && glob.p[g] == label.p[l]) {
			g++;
			l++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			l = ++taken;
		} else {
			return false;
		}
	}
	while (g < glob.n && glob.p[g] == '*')
		g++;
	return g == glob.n;
}

static struct sv cut_last_label(struct sv *name)
{
	struct sv label = last_label(*name);

	name->n -= label.n;
	name->n -= name->n > 0;         /* its dot */
	return label;
}

/* From the right, label by label, so that only a leading `*` has to know about several labels. */
bool glob_match(struct sv glob, struct sv name)
{
	while (glob.n && name.n) {
		struct sv want = cut_last_label(&glob), have = cut_last_label(&name);

		if (have.n == 0)
			return false;
		if (glob.n == 0 && sv_eq(want, SV("*")))
			return true;
		if (!label_match(want, have))
			return false;
	}
	return glob.n == 0 && name.n == 0;
}
