/*
 * emit -- the wildcard table of other products, and the writing of collections.
 */
#include "catalog/emit.h"

#include "policy/pattern.h"

#include <stdarg.h>

/* ---- texts ---------------------------------------------------------------------------------- */

struct sv emit_plain_name(struct arena *a, struct sv wanted)
{
	struct sv name = wanted.n ? sv_slice(wanted, 0, 80) : SV("unnamed");
	char *text = arena_strdup(a, name);

	for (size_t i = 0; i < name.n; i++)
		if (!ascii_is_alpha(text[i]) && !ascii_is_digit(text[i]) && text[i] != '_' && text[i] != '.')
			text[i] = '-';
	if (!ascii_is_alpha(text[0]) && !ascii_is_digit(text[0]))
		return arena_printf(a, "x%s", text);
	return (struct sv){ text, name.n };
}

struct sv emit_name(struct arena *a, struct symtab *taken, struct sv wanted)
{
	struct sv base = emit_plain_name(a, wanted), name = base;
	bool added;

	for (unsigned n = 2;; n++) {
		symtab_add(taken, name, &added);
		if (added)
			return name;
		name = arena_printf(a, "%.*s-%u", SV_ARG(base), n);
	}
}

struct sv emit_comment(struct arena *a, struct sv text, size_t max)
{
	char *p = arena_strdup(a, sv_slice(text, 0, max));
	size_t n = text.n < max ? text.n : max;

	while (n && n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;                            /* not in the middle of a character */
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < ' ' || p[i] == 127)
			p[i] = ' ';
		else if (p[i] == '"')
			p[i] = '\'';
	if (n && p[n - 1] == '\\')
		n--;
	return (struct sv){ p, n };
}

void emit_head(const struct import *in, const char *what)
{
	const char *slash = strrchr(in->file, '/');
	struct arena *a = arena_create();

	fprintf(in->out, "# %s, translated from %.*s by \"sekisho tag import\".\n# Read it before you use it: what could "
		"not be translated was reported then.\n\n", what,
		SV_ARG(emit_comment(a, sv_of(slash ? slash + 1 : in->file), 100)));
	arena_free(a);
}

/* ---- wildcards ------------------------------------------------------------------------------ */

static size_t count_stars(struct sv text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '*';
	return n;
}

static bool squid(struct sv text, struct arena *a, struct sv *out, struct sv *why)
{
	(void)a;
	*out = text;
	if (count_stars(text) == 0)
		return true;
	*why = SV("squid's dstdomain knows no \"*\", so this never matched anything; here it would open names");
	return false;
}

static bool azure_firewall(struct sv text, struct arena *a, struct sv *out, struct sv *why)
{
	struct sv rest = sv_slice(text, 1, text.n);

	*out = text;
	if (sv_eq(text, SV("*")) || (count_stars(text) == 0 && !sv_starts_with(text, SV("."))))
		return true;
	if (sv_starts_with(text, SV("*.")) && count_stars(text) == 1)
		return true;
	if (sv_starts_with(text, SV("*")) && count_stars(text) == 1 && rest.n) {
		*out = arena_printf(a, ".%.*s", SV_ARG(rest));
		*why = arena_printf(a, "Azure Firewall opens every name that ends in it, evil%.*s too; narrowed to "
				    "\".%.*s\", the name itself and all below it", SV_ARG(rest), SV_ARG(rest));
		return true;
	}
	*why = sv_starts_with(text, SV(".")) ?
	       SV("a leading dot is no wildcard in Azure Firewall; here it would open the name and all below it") :
	       SV("Azure Firewall takes a \"*\" at the left end only");
	return false;
}

static bool smokescreen(struct sv text, struct arena *a, struct sv *out, struct sv *why)
{
	(void)a;
	*out = text;
	if (count_stars(text) == 0 && !sv_starts_with(text, SV(".")))
		return true;
	if (sv_starts_with(text, SV("*.")) && count_stars(text) == 1 && text.n > 2)
		return true;
	*why = sv_starts_with(text, SV(".")) ?
	       SV("Smokescreen reads a leading dot literally and never matches it; here it would open the name and all "
		  "below it") :
	       SV("Smokescreen takes \"*.\" at the left end only and refuses this");
	return false;
}

static bool is_ascii(struct sv s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* The pattern in A-labels. */
static struct sv canonical(const struct pattern *p, struct arena *a)
{
	const char *lead = p->kind == PATTERN_BELOW ? "*." : p->kind == PATTERN_TREE ? "." : "";

	return arena_printf(a, "%s%.*s", lead, SV_ARG(p->name));
}

bool emit_translate(enum dialect d, struct sv text, struct arena *a, struct sv *out, struct sv *why)
{
	static bool (*const readers[])(struct sv, struct arena *, struct sv *, struct sv *) = {
		[DIALECT_SQUID] = squid, [DIALECT_AZURE_FIREWALL] = azure_firewall,
		[DIALECT_SMOKESCREEN] = smokescreen,
	};
	struct pattern p;
	struct sv bad;

	*why = SV("");
	if (!readers[d](text, a, out, why))
		return false;
	for (size_t i = 0; i < out->n; i++)
		if (strchr(" \t;{}\"#$", out->p[i]) || (unsigned char)out->p[i] < ' ') {
			*why = SV("it is no name");
			return false;
		}
	if (!pattern_parse(&p, *out, false, out->n, a, &bad)) {
		*why = bad;
		return false;
	}
	if (!is_ascii(*out))
		*out = canonical(&p, a);        /* what a name is mapped to, never what it looks like */
	return true;
}

bool emit_target(const struct import *in, enum dialect d, struct sv text, struct place at, struct arena *a,
		 struct sv *out)
{
	struct sv why, shown = emit_comment(a, text, 100);
	bool ok = emit_translate(d, text, a, out, &why);

	if (why.n)
		diag_add(in->why, DIAG_WARNING, at, "\"%.*s\"%s: %.*s", SV_ARG(shown), ok ? "" : " is left out",
			 SV_ARG(why));
	return ok;
}

/* ---- collections ---------------------------------------------------------------------------- */

void emit_collection(struct emitter *e, struct sv name, const char *action)
{
	emit_end(e);
	e->priority = e->priority ? e->priority + 10 : 1000;
	fprintf(e->out, "collection %.*s {\n\tpriority %u;\n\taction %s;\n",
		SV_ARG(emit_name(e->a, &e->collections, name)), e->priority, action);
	e->open = true;
}

void emit_rule(struct emitter *e, struct sv name)
{
	fprintf(e->out, "\trule %.*s {\n", SV_ARG(emit_name(e->a, &e->rules, name)));
}

void emit_line(struct emitter *e, const char *fmt, ...)
{
	va_list ap;

	fputs("\t\t", e->out);
	va_start(ap, fmt);
	vfprintf(e->out, fmt, ap);
	va_end(ap);
	fputc('\n', e->out);
}

void emit_rule_end(struct emitter *e)
{
	fputs("\t}\n", e->out);
}

void emit_end(struct emitter *e)
{
	if (e->open)
		fputs("}\n\n", e->out);
	e->open = false;
	symtab_fini(&e->rules);
}
