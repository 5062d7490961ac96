/* identity -- see identity.h. */
#include "policy/identity.h"

enum { SHOWN_MAX = 100 };

static bool refuse(struct sv *why, struct sv sentence)
{
	*why = sentence;
	return false;
}

static struct sv shown(struct sv s)
{
	return sv_slice(s, 0, SHOWN_MAX);
}

static bool has(struct sv s, char c)
{
	return sv_find(s, c) < s.n;
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* ---- octets of a URI (RFC 3986) -------------------------------------------------------------- */

/* What may stand in a path segment as itself; '*' is one of them, in the text that is asked about. */
static bool is_segment_octet(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || is_one_of(c, "-._~!$&'()*+,;=:@");
}

static bool is_uri_octet(char c)
{
	return is_segment_octet(c) || is_one_of(c, "/?#[]");
}

static bool is_hex(char c)
{
	return ascii_is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/* The length of "SCHEME:" at the start; 0: none. */
static size_t scheme_length(struct sv s)
{
	size_t n = 0;

	if (s.n == 0 || !ascii_is_alpha(s.p[0]))
		return 0;
	while (n < s.n && (ascii_is_alpha(s.p[n]) || ascii_is_digit(s.p[n]) || is_one_of(s.p[n], "+-.")))
		n++;
	return n < s.n && s.p[n] == ':' ? n + 1 : 0;
}

/* What is no part of a URI at all: its first octet, or s.n. */
static size_t first_foreign(struct sv s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '%' ? i + 2 >= s.n || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2]) : !is_uri_octet(s.p[i]))
			return i;
	return s.n;
}

/* From where to where the path goes. */
static struct sv path_of(struct sv uri)
{
	size_t from = scheme_length(uri), to;

	if (sv_starts_with(sv_slice(uri, from, uri.n), SV("//")))
		for (from += 2; from < uri.n && !is_one_of(uri.p[from], "/?#"); )
			from++;
	for (to = from; to < uri.n && !is_one_of(uri.p[to], "?#"); )
		to++;
	return sv_slice(uri, from, to - from);
}

/* ---- patterns -------------------------------------------------------------------------------- */

static bool has_double_star(struct sv s)
{
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] == '*' && s.p[i - 1] == '*')
			return true;
	return false;
}

static size_t count_stars(struct sv s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '*';
	return n;
}

static bool parse_uri(struct identity_pattern *out, struct sv text, struct arena *a, struct sv *why)
{
	size_t foreign = first_foreign(text);
	size_t scheme = scheme_length(text);

	if (scheme == 0)
		return refuse(why, arena_printf(a, "\"%.*s\" has no proper scheme; write the URI as it stands "
			"in the certificate, as in identity:\"spiffe://site/vm/*\"", SV_ARG(shown(text))));
	if (scheme == text.n || text.n > URI_MAX)
		return refuse(why, arena_printf(a, "\"%.*s\" is %s; write the URI as it stands in the certificate",
			SV_ARG(shown(text)),
			scheme == text.n ? "a scheme and nothing else" : "longer than 2048 octets"));
	if (foreign < text.n)
		return refuse(why, arena_printf(a, "\"%.*s\" is no URI from \"%.*s\" on; anything but letters, "
			"digits and -._~!$&'()*+,;=:@/?#[] is written as %% and two hexadecimal digits", SV_ARG(shown(text)),
			SV_ARG(shown(sv_slice(text, foreign, text.n)))));
	if (has_double_star(text))
		return refuse(why, SV("\"**\" has no meaning; a * stands for part of one segment of the path: write "
				      "one entry for each depth"));
	if (count_stars(text) != count_stars(path_of(text)))
		return refuse(why, arena_printf(a, "a * of \"%.*s\" stands outside the path; write scheme, host and "
			"query out: a * stands for part of one segment of the path", SV_ARG(shown(text))));
	out->kind = has(text, '*') ? IDENTITY_WORD_URI_GLOB : IDENTITY_WORD_URI;
	out->text = arena_sv(a, text);
	return true;
}

static bool parse_cn(struct identity_pattern *out, struct sv text, struct arena *a, struct sv *why)
{
	if (text.n == 0 || has(text, '*') || has(text, '\0'))
		return refuse(why, SV("a common name is written out, without wildcard, as in "
				      "identity:cn:\"Backup Server 1\""));
	out->kind = IDENTITY_WORD_CN;
	out->text = arena_sv(a, text);
	return true;
}

static bool parse_name(struct identity_pattern *out, struct sv text, bool quoted, size_t quote_at, struct arena *a,
		       struct sv *why)
{
	bool regex = text.n && text.p[0] == '~';

	if (!regex && (has(text, ' ') || has(text, '/') || has(text, ':')))
		return refuse(why, arena_printf(a, "\"%.*s\" is no name; a URI is written with its scheme and "
			"\"//\", or in quotes, as in identity:\"spiffe://site/vm/*\", a common name as in "
			"identity:cn:\"Backup Server 1\"", SV_ARG(shown(text))));
	out->kind = IDENTITY_WORD_NAME;
	if (!pattern_parse(&out->name, text, quoted, quote_at, a, why))
		return false;
	if (out->name.kind == PATTERN_ADDRESS)
		return refuse(why, arena_printf(a, "\"%.*s\" is an address, and an identity is a name or a URI; "
			"an address stands in \"from\" by itself", SV_ARG(shown(text))));
	return true;
}

static bool has_slashes(struct sv s)
{
	size_t colon = sv_find(s, ':');

	return sv_starts_with(sv_slice(s, colon, s.n), SV("://"));
}

bool identity_pattern_parse(struct identity_pattern *out, struct sv text, bool quoted, size_t quote_at,
			    struct arena *a, struct sv *why)
{
	*out = (struct identity_pattern){ .kind = IDENTITY_WORD_ANY };
	*why = (struct sv){ NULL, 0 };
	if (text.n == 0)
		return refuse(why, SV("nothing stands behind \"identity:\"; write a name, a URI or *, as in "
				      "identity:backup-*.corp.example"));
	if (sv_eq(text, SV("*")))
		return true;
	if (sv_starts_with(text, SV("cn:")))
		return parse_cn(out, sv_slice(text, 3, text.n), a, why);
	if (text.p[0] != '~' && (has_slashes(text) || (quoted && quote_at == 0 && scheme_length(text))))
		return parse_uri(out, text, a, why);
	return parse_name(out, text, quoted, quote_at, a, why);
}

/* ---- matching -------------------------------------------------------------------------------- */

/*
 * One segment with a `*` in it. As for labels of names, only the last `*` is extended: what an earlier one took is the
 * shortest that works. An octet that no `*` may take ends the attempt: whatever an earlier one took instead would
 * have to hold it as well.
 */
static bool wild_match(struct sv glob, struct sv text)
{
	size_t g = 0, t = 0, star = SIZE_MAX, taken = 0;

	while (t < text.n) {
		if (g < glob.n && glob.p[g] == '*') {
			star = g++;
			taken = t;
		} else if (g < glob.n && glob.p[g] == text.p[t]) {
			g++;
			t++;
		} else if (star != SIZE_MAX && is_segment_octet(text.p[taken])) {
			g = star + 1;
			t = ++taken;
		} else {
			return false;
		}
	}
	while (g < glob.n && glob.p[g] == '*')
		g++;
	return g == glob.n;
}

static bool segment_match(struct sv glob, struct sv text)
{
	if (!has(glob, '*'))
		return sv_eq(glob, text);
	if (sv_eq(text, SV(".")) || sv_eq(text, SV("..")) || text.n == 0)
		return false;
	return wild_match(glob, text);
}

/* All of it is cut at slashes, scheme, host and query too: there the glob has no `*`. */
bool uri_glob_match(struct sv glob, struct sv uri)
{
	do {
		if (!segment_match(sv_cut(&glob, '/'), sv_cut(&uri, '/')))
			return false;
	} while (glob.p && uri.p);
	return !glob.p && !uri.p;
}

/* ---- questions ------------------------------------------------------------------------------- */

bool identity_parse(struct identity *out, struct fqdn *memory, struct sv text, struct arena *a, struct sv *why)
{
	enum name_error e;

	if (sv_starts_with(text, SV("cn:"))) {
		*out = (struct identity){ IDENTITY_CN, sv_slice(text, 3, text.n) };
		return out->text.n > 0 || refuse(why, SV("nothing stands behind \"cn:\"; write the common name"));
	}
	if (has(text, ':')) {
		*out = (struct identity){ IDENTITY_URI, text };
		return scheme_length(text) || refuse(why, arena_printf(a, "\"%.*s\" is no URI; write its scheme too, as in "
			"spiffe://site/vm/x", SV_ARG(shown(text))));
	}
	e = fqdn_parse(memory, text);
	*out = (struct identity){ IDENTITY_DNS, fqdn_sv(memory) };
	return e == NAME_OK || refuse(why, arena_printf(a, "\"%.*s\" is no identity: %s; write a name, a URI or cn:TEXT",
		SV_ARG(shown(text)), name_error_text(e)));
}

bool user_name_is_valid(struct sv name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == ':' || (unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
			return false;
	return name.n > 0 && name.n <= USER_NAME_MAX;
}
