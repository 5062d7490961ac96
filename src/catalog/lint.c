/* lint -- the table of codes, running the parts, and the comments that silence. */
#include "catalog/lint_impl.h"

#include "config/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct lint_row rows[LINTS] = {
	[LINT_RULE_COVERED] = { "SK001", "a rule never decides: earlier ones take all of it" },
	[LINT_ENTRY_COVERED] = { "SK002", "an entry never decides: an earlier one takes all of it" },
	[LINT_DUPLICATE] = { "SK003", "an entry, address or name stands twice in one place" },
	[LINT_UNUSED_IPS] = { "SK004", "an ip-group that no rule uses" },
	[LINT_UNUSED_NAMES] = { "SK005", "an fqdn-group that no rule uses" },
	[LINT_UNUSED_PARAM] = { "SK006", "a parameter that nothing uses" },
	[LINT_UNUSED_TAG] = { "SK007", "a tag of your own that no rule uses" },
	[LINT_PUBLIC_SUFFIX] = { "SK008", "a wildcard at or above a public suffix" },
	[LINT_SHARED_SUFFIX] = { "SK009", "a wildcard on a suffix that all customers of a service share" },
	[LINT_OVERLAP] = { "SK010", "an allow and a deny collection have the same entry" },
	[LINT_NO_SUFFIX] = { "SK011", "a pattern that does not end with a domain written out" },
	[LINT_MANY_REGEXES] = { "SK012", "more than 50 regular expressions" },
	[LINT_ODD_PORT] = { "SK013", "https on port 80, or http on port 443" },
	[LINT_EXPIRED] = { "SK014", "a rule whose until has passed" },
	[LINT_TAG_SOURCE] = { "SK015", "a service tag as a source" },
	[LINT_DEPRECATED] = { "SK016", "a deprecated tag is used" },
	[LINT_UNREACHABLE] = { "SK017", "an allowed address that the address guard keeps closed" },
	[LINT_NO_USERS] = { "SK018", "a rule wants a user, and no auth-users says who is one" },
	[LINT_NO_CLIENT_CA] = { "SK019", "a rule wants an identity, and no client-ca vouches for any" },
};

const struct lint_row *lint_row(enum lint which)
{
	return &rows[which];
}

void lint_find(const struct linter *l, enum lint which, enum severity sev, struct place at, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_add_code(l->why, sev, rows[which].code, at, "%s", text);
}

void lint_run(const struct conf *conf, int64_t now_ms, struct diag_list *why)
{
	struct linter l = { .now_ms = now_ms, .why = why };

	flat_make(&l.flat, conf);
	l.arena = l.flat.arena;
	lint_order(&l);
	lint_names(&l);
	lint_uses(&l);
	flat_fini(&l.flat);
}

/* ---- silencing ------------------------------------------------------------------------------ */

/* What stands behind the `#` that begins a comment; p == NULL: none. */
static struct sv comment_of(struct sv line)
{
	bool quoted = false;

	for (size_t i = 0; i < line.n; i++) {
		char before = i ? line.p[i - 1] : ' ';

		if (line.p[i] == '"' && before != '\\')
			quoted = !quoted;
		else if (line.p[i] == '#' && !quoted && strchr(" \t;{}", before))
			return sv_slice(line, i + 1, line.n);
	}
	return (struct sv){ NULL, 0 };
}

static bool line_silences(struct sv line, const char *code)
{
	struct sv rest = sv_trim(comment_of(line));

	if (!rest.p || !sv_starts_with(rest, SV("lint:")))
		return false;
	rest = sv_trim(sv_slice(rest, 5, rest.n));
	while (rest.n >= 5 && sv_starts_with(rest, SV("SK"))) {
		if (sv_eq(sv_slice(rest, 0, 5), sv_of(code)))
			return true;
		rest = sv_slice(rest, 5, rest.n);
		while (rest.n && strchr(" \t,", rest.p[0]))
			rest = sv_slice(rest, 1, rest.n);
	}
	return false;
}

static struct sv nth_line(struct sv text, unsigned n)
{
	struct sv rest = text, line = { NULL, 0 };

	while (n-- && rest.p)
		line = sv_cut(&rest, '\n');
	return line;
}

struct reread {                         /* findings come file by file: the last one read is enough */
	struct arena *arena;
	const char *file;
	struct sv text;
};

static struct sv text_of(struct reread *x, const char *file)
{
	struct file_id id;

	if (x->file && strcmp(x->file, file) == 0)
		return x->text;
	arena_free(x->arena);
	x->arena = arena_create();
	x->file = arena_strdup(x->arena, sv_of(file));
	if (source_read(file, false, x->arena, &x->text, &id) != 0)
		x->text = SV("");
	return x->text;
}

size_t lint_silence(struct diag_list *why)
{
	struct reread x = { .arena = NULL };
	size_t kept = 0, before = why->n;

	for (size_t i = 0; i < why->n; i++) {
		struct diag *d = &why->items[i];

		if (d->code && d->file && d->line && d->severity != DIAG_ERROR &&
		    line_silences(nth_line(text_of(&x, d->file), d->line), d->code)) {
			why->warnings -= d->severity == DIAG_WARNING;
			free(d->file);
			free(d->text);
			continue;
		}
		why->items[kept++] = *d;
	}
	why->n = kept;
	arena_free(x.arena);
	return before - kept;
}
