/*
 * pattern_fuzz -- a pattern on the first line, a name on the second.
 * What is accepted must be canonical and give itself again; a glob must say what a plain recursive
 * matcher says; a regular expression must end.
 */
#include "policy/name.h"
#include "policy/pattern.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)

enum { INPUT_MAX = 600, REFERENCE_MAX = 24 };

/* A `*` tries every length. With `leads`, the glob's first octet begins its first label. */
static bool reference(const char *g, const char *n, bool leads)
{
	if (leads && g[0] == '*' && (g[1] == '.' || g[1] == '\0')) {
		if (*n == '\0' || *n == '.')
			return false;
		if (g[1] == '\0')
			return true;
		for (; *n; n++)
			if (*n == '.' && reference(g + 1, n, false))
				return true;
		return false;
	}
	if (g[0] == '*') {
		for (;; n++) {
			if (reference(g + 1, n, false))
				return true;
			if (*n == '\0' || *n == '.')
				return false;
		}
	}
	if (g[0] == '\0' || n[0] == '\0')
		return g[0] == n[0];
	return g[0] == n[0] && reference(g + 1, n + 1, false);
}

static void check_glob(struct sv glob, const struct fqdn *name, struct arena *a)
{
	bool found = glob_match(glob, fqdn_sv(name));

	if (glob.n <= REFERENCE_MAX && name->n <= REFERENCE_MAX)
		MUST(found == reference(arena_strdup(a, glob), name->text, true));
}

static void check_again(const struct pattern *p, struct sv text, struct arena *a)
{
	struct pattern again;
	struct sv why;

	MUST(pattern_parse(&again, text, false, text.n, a, &why));
	MUST(again.kind == p->kind && sv_eq(again.name, p->name) && sv_eq(again.suffix, p->suffix));
}

static void check_regex(struct sv source, struct sv name, struct arena *a)
{
	struct sv why;
	struct regex *r = regex_compile(source, a, &why);

	MUST((r == NULL) == (why.n > 0));
	if (r)
		regex_match(r, name);
	regex_free(r);
}

static void check_pattern(const struct pattern *p, const struct fqdn *name, struct arena *a)
{
	struct fqdn f;
	struct prefix again;
	char text[PREFIX_TEXT_MAX];

	switch (p->kind) {
	case PATTERN_EXACT:
	case PATTERN_BELOW:
	case PATTERN_TREE:
		MUST(fqdn_parse(&f, p->name) == NAME_OK && sv_eq(fqdn_sv(&f), p->name));
		check_again(p, arena_printf(a, "%s%.*s", p->kind == PATTERN_BELOW ? "*." :
					    p->kind == PATTERN_TREE ? "." : "", SV_ARG(p->name)), a);
		check_glob(arena_printf(a, "*.%.*s", SV_ARG(p->name)), name, a);
		break;
	case PATTERN_GLOB:
		MUST(sv_ends_with(p->name, p->suffix) && sv_find(p->suffix, '*') == p->suffix.n);
		MUST(p->suffix.n == 0 || p->name.p[p->name.n - p->suffix.n - 1] == '.');
		check_again(p, p->name, a);
		check_glob(p->name, name, a);
		break;
	case PATTERN_ADDRESS:
		MUST(prefix_format(&p->prefix, text) > 0);
		MUST(prefix_parse(&again, sv_of(text)) == PREFIX_OK);
		MUST(again.bits == p->prefix.bits && ip_eq(&again.addr, &p->prefix.addr));
		break;
	case PATTERN_REGEX:
		check_regex(p->regex, fqdn_sv(name), a);
		break;
	case PATTERN_ANY:
		MUST(p->name.n == 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv rest = { (const char *)data, size < INPUT_MAX ? size : INPUT_MAX };
	struct sv text = sv_cut(&rest, '\n'), why;
	bool regex = text.n && text.p[0] == '~';
	struct arena *a = arena_create();
	struct pattern p;
	struct fqdn name;

	if (fqdn_parse(&name, rest) != NAME_OK)
		fqdn_parse(&name, SV("pod01-rec2.jpe.example"));
	if (pattern_parse(&p, text, regex, regex ? 1 : text.n, a, &why))
		check_pattern(&p, &name, a);
	else
		MUST(why.n > 0);
	arena_free(a);
	return 0;
}
