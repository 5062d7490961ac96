/*
 * identity_fuzz -- what stands behind "identity:" on the first line, a certificate's identity on the second.
 * The first octet says whether the word stands in quotes. What is accepted must give itself again; a glob of a URI
 * must say what a plain recursive matcher says, and never match over a slash.
 */
#include "policy/identity.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)

enum { INPUT_MAX = 600, REFERENCE_MAX = 40 };

static bool may_be_taken(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || (c && strchr("-._~!$&'()*+,;=:@", c));
}

/* A `*` tries every length. */
static bool reference(const char *g, const char *n)
{
	if (*g == '*') {
		for (;; n++) {
			if (reference(g + 1, n))
				return true;
			if (!may_be_taken(*n))
				return false;
		}
	}
	return *g == *n && (*g == '\0' || reference(g + 1, n + 1));
}

/* No segment that a `*` made is empty, "." or "..". */
static bool reference_segments(struct sv glob, struct sv uri)
{
	while (glob.p && uri.p) {
		struct sv g = sv_cut(&glob, '/'), u = sv_cut(&uri, '/');

		if (sv_find(g, '*') < g.n && (u.n == 0 || sv_eq(u, SV(".")) || sv_eq(u, SV(".."))))
			return false;
	}
	return true;
}

static size_t count_slashes(struct sv s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '/';
	return n;
}

static void check_glob(struct sv glob, struct sv uri, struct arena *a)
{
	bool found = uri_glob_match(glob, uri);

	if (found)
		MUST(count_slashes(glob) == count_slashes(uri));
	if (glob.n <= REFERENCE_MAX && uri.n <= REFERENCE_MAX && sv_find(uri, '\0') == uri.n)
		MUST(found == (reference(arena_strdup(a, glob), arena_strdup(a, uri)) && reference_segments(glob, uri)));
}

static void check_pattern(const struct identity_pattern *p, struct sv identity, struct arena *a)
{
	struct identity_pattern again;
	struct sv why;

	switch (p->kind) {
	case IDENTITY_WORD_URI_GLOB:
		check_glob(p->text, identity, a);
		check_glob(p->text, p->text, a);
		/* fall through */
	case IDENTITY_WORD_URI:
		MUST(p->text.n <= URI_MAX);
		MUST(identity_pattern_parse(&again, p->text, true, 0, a, &why));
		MUST(again.kind == p->kind && sv_eq(again.text, p->text));
		break;
	case IDENTITY_WORD_NAME:
		MUST(p->name.kind != PATTERN_ADDRESS);
		break;
	case IDENTITY_WORD_CN:
		MUST(p->text.n > 0 && sv_find(p->text, '*') == p->text.n);
		break;
	case IDENTITY_WORD_ANY:
		break;
	}
}

static void check_one(struct sv text, struct arena *a)
{
	struct identity id;
	struct fqdn memory;
	struct sv why = { NULL, 0 };

	if (identity_parse(&id, &memory, text, a, &why))
		MUST(id.kind != IDENTITY_NONE && id.text.n > 0);
	else
		MUST(why.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv rest = { (const char *)data, size < INPUT_MAX ? size : INPUT_MAX }, text, why;
	struct identity_pattern p;
	struct arena *a;
	bool quoted;

	if (rest.n == 0)
		return 0;
	quoted = rest.p[0] == '"';
	rest = sv_slice(rest, quoted, rest.n);
	text = sv_cut(&rest, '\n');
	a = arena_create();
	if (identity_pattern_parse(&p, text, quoted, text.n && text.p[0] == '~', a, &why))
		check_pattern(&p, rest.p ? rest : SV(""), a);
	else
		MUST(why.n > 0);
	check_one(text, a);
	user_name_is_valid(text);
	arena_free(a);
	return 0;
}
