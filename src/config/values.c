/*
 * values -- durations, sizes, and one check per argument type.  A check says what is wrong in the
 * user's words and what would be right; ranges are printed the way that people write them.
 */
#include "config/values.h"

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "config/lexer.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- numbers with a unit ------------------------------------------------------------------ */

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit duration_units[] = {   /* the largest first */
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { NULL, 0 },
};
static const struct unit size_units[] = {
	{ "g", 1u << 30 }, { "m", 1u << 20 }, { "k", 1u << 10 }, { "", 1 }, { NULL, 0 },
};

static bool parse_with_unit(struct sv text, const struct unit *units,
			    bool same(struct sv, struct sv), uint64_t *out)
{
	size_t digits = 0;
	struct sv unit;

	while (digits < text.n && ascii_is_digit(text.p[digits]))
		digits++;
	unit = sv_slice(text, digits, text.n);
	for (; units->name; units++)
		if (same(unit, sv_of(units->name)))
			break;
	if (!units->name || !sv_to_u64(sv_slice(text, 0, digits), UINT64_MAX / units->factor, out))
		return false;
	*out *= units->factor;
	return true;
}

static bool sv_same(struct sv a, struct sv b)
{
	return sv_eq(a, b);
}

bool duration_parse(struct sv text, uint64_t *ms)
{
	return parse_with_unit(text, duration_units, sv_same, ms);
}

bool size_parse(struct sv text, uint64_t *octets)
{
	return parse_with_unit(text, size_units, sv_eq_nocase, octets);
}

enum { VALUE_TEXT_MAX = 32 };

static void format_value(enum arg_type type, uint64_t value, char out[VALUE_TEXT_MAX])
{
	static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };
	const struct unit *u = type == ARG_DURATION ? duration_units : type == ARG_SIZE ? size_units : plain;

	if (value == 0) {
		snprintf(out, VALUE_TEXT_MAX, "%s", type == ARG_DURATION ? "0s" : "0");
		return;
	}
	while (value % u->factor)
		u++;
	snprintf(out, VALUE_TEXT_MAX, "%" PRIu64 "%s", value / u->factor, u->name);
}

/* ---- checks ------------------------------------------------------------------------------- */

struct check {
	const struct directive *d;
	const struct conf_word *word;
	struct sv text;                 /* the word's, short enough to be shown */
	struct diag_list *why;
};

#define WRONG(c, fmt, ...) \
	(diag_error((c)->why, (c)->word->at, fmt, __VA_ARGS__), false)

static bool check_range(const struct check *c, enum arg_type type, uint64_t value)
{
	char low[VALUE_TEXT_MAX], high[VALUE_TEXT_MAX];

	if (c->d->max == 0 || (value >= c->d->min && value <= c->d->max))
		return true;
	format_value(type, c->d->min, low);
	format_value(type, c->d->max, high);
	return WRONG(c, "\"%.*s\" is out of range for \"%s\"; write a value from %s to %s",
		     SV_ARG(c->text), c->d->name, low, high);
}

static bool check_name(const struct check *c)
{
	return name_is_valid(c->word->text) ||
	       WRONG(c, "\"%.*s\" is not a name; write letters, digits, \"-\", \"_\" and \".\", a letter or digit first",
		     SV_ARG(c->text));
}

static bool check_number(const struct check *c)
{
	uint64_t value;

	if (!sv_to_u64(c->word->text, UINT64_MAX, &value))
		return WRONG(c, "\"%.*s\" is not a number; write digits only%s%s", SV_ARG(c->text),
			     c->d->values ? ", or " : "", c->d->values ? c->d->values : "");
	return check_range(c, ARG_NUMBER, value);
}

static bool check_duration(const struct check *c)
{
	uint64_t ms;

	if (duration_parse(c->word->text, &ms))
		return check_range(c, ARG_DURATION, ms);
	if (sv_to_u64(c->word->text, UINT64_MAX, &ms))
		return WRONG(c, "\"%.*s\" has no unit; did you mean \"%.*ss\"?", SV_ARG(c->text),
			     SV_ARG(c->text));
	return WRONG(c, "\"%.*s\" is not a duration; write it as 500ms, 10s, 5m, 1h or 2d",
		     SV_ARG(c->text));
}

static bool check_size(const struct check *c)
{
	uint64_t octets;

	if (!size_parse(c->word->text, &octets))
		return WRONG(c, "\"%.*s\" is not a size; write it as 512, 64k, 16m or 1g", SV_ARG(c->text));
	return check_range(c, ARG_SIZE, octets);
}

static bool check_onoff(const struct check *c)
{
	return value_is_among(c->word->text, "on off") ||
	       WRONG(c, "\"%.*s\" is neither on nor off; write \"on\" or \"off\"", SV_ARG(c->text));
}

static bool check_endpoint(const struct check *c)
{
	struct endpoint e;

	if (endpoint_parse(&e, c->word->text, (uint16_t)c->d->min))
		return true;
	if (c->d->min)
		return WRONG(c, "\"%.*s\" is not an address; write 192.0.2.1, 192.0.2.1:%u or [2001:db8::1]:%u",
			     SV_ARG(c->text), (unsigned)c->d->min, (unsigned)c->d->min);
	return WRONG(c, "\"%.*s\" is not an address and a port; write 192.0.2.1:3128 or [2001:db8::1]:3128",
		     SV_ARG(c->text));
}

static bool check_address(const struct check *c)
{
	struct ip ip;

	return ip_parse(&ip, c->word->text) ||
	       WRONG(c, "\"%.*s\" is not an address; write 192.0.2.1 or 2001:db8::1", SV_ARG(c->text));
}

static bool check_prefix(const struct check *c)
{
	char meant[PREFIX_TEXT_MAX];
	struct prefix p;

	switch (prefix_parse(&p, c->word->text)) {
	case PREFIX_OK:
		return true;
	case PREFIX_HOST_BITS:
		prefix_format(&p, meant);
		return WRONG(c, "\"%.*s\" has bits set behind its length; did you mean \"%s\"?",
			     SV_ARG(c->text), meant);
	case PREFIX_BAD_LENGTH:
		return WRONG(c, "\"%.*s\" has a wrong length; write /0 to /32 for IPv4, /0 to /128 for IPv6",
			     SV_ARG(c->text));
	case PREFIX_BAD_ADDRESS:
		break;
	}
	return WRONG(c, "\"%.*s\" is not an address or prefix; write 192.0.2.0/24 or 2001:db8::/32",
		     SV_ARG(c->text));
}

static bool check_time(const struct check *c)
{
	int64_t ms;

	return time_parse(c->word->text, &ms) ||
	       WRONG(c, "\"%.*s\" is not a time; write it as 2026-12-01T00:00:00Z", SV_ARG(c->text));
}

static bool check_path(const struct check *c)
{
	return c->word->text.n > 0 ||
	       WRONG(c, "an empty path for \"%s\"; write the name of a file", c->d->name);
}

/* The words of a row's `values`, apart. */
struct choices {
	char text[128];
	const char *words[8];
	size_t n;
};

static void split_choices(struct choices *out, const char *values)
{
	char *save = NULL;

	out->n = 0;
	snprintf(out->text, sizeof(out->text), "%s", values);
	for (char *w = strtok_r(out->text, " ", &save); w && out->n < 8; w = strtok_r(NULL, " ", &save))
		out->words[out->n++] = w;
}

static bool check_enum(const struct check *c)
{
	struct choices all;
	struct strbuf list;
	char memory[160];
	const char *near;

	if (value_is_among(c->word->text, c->d->values))
		return true;
	split_choices(&all, c->d->values);
	near = suggest_among(c->word->text, all.words, all.n);
	if (near)
		return WRONG(c, "unknown %s \"%.*s\"; did you mean \"%s\"?", c->d->name,
			     SV_ARG(c->text), near);
	strbuf_init(&list, memory, sizeof(memory));
	for (size_t i = 0; i < all.n; i++)
		strbuf_printf(&list, "%s%s", i == 0 ? "" : i + 1 < all.n ? ", " : " or ", all.words[i]);
	return WRONG(c, "unknown %s \"%.*s\"; expected %.*s", c->d->name, SV_ARG(c->text),
		     SV_ARG(strbuf_sv(&list)));
}

bool value_is_among(struct sv word, const char *values)
{
	struct sv rest = sv_of(values), one;

	if (!values)
		return false;
	for (one = sv_cut(&rest, ' '); one.p; one = sv_cut(&rest, ' '))
		if (sv_eq(one, word))
			return true;
	return false;
}

size_t value_file_at(const struct directive *d, size_t arg, struct sv word)
{
	struct sv rest = sv_of(d->file_words), one;
	enum arg_type type = arg ? directive_arg(d, arg) : ARG_WORD;

	if (type == ARG_FILE)
		return value_is_among(word, d->values) ? word.n : 0;
	if (type != ARG_WORD || arg == 0 || !d->file_words)
		return word.n;
	for (one = sv_cut(&rest, ' '); one.p; one = sv_cut(&rest, ' '))
		if (sv_starts_with(word, one))
			return one.n;
	return word.n;
}

bool value_check(const struct directive *d, size_t arg, const struct conf_word *word,
		 struct diag_list *why)
{
	static bool (*const checks[])(const struct check *) = {
		[ARG_NAME] = check_name, [ARG_NUMBER] = check_number, [ARG_DURATION] = check_duration,
		[ARG_SIZE] = check_size, [ARG_ONOFF] = check_onoff, [ARG_ENUM] = check_enum,
		[ARG_ENDPOINT] = check_endpoint, [ARG_ADDRESS] = check_address,
		[ARG_PREFIX] = check_prefix, [ARG_TIME] = check_time, [ARG_PATH] = check_path,
		[ARG_CONTENT] = check_path, [ARG_FILE] = check_path,
	};
	const struct check c = { .d = d, .word = word, .text = excerpt(word->text), .why = why };
	enum arg_type type = directive_arg(d, arg);

	if (word->has_params && d->params && (type == ARG_WORD || type == ARG_PREFIX))
		return true;                    /* checked by its reader, once expanded */
	if (word->has_params)
		return WRONG(&c, "a parameter in \"%s\"; write the value itself", d->name);
	if (type != ARG_ENUM && value_is_among(word->text, d->values))
		return true;
	return !checks[type] || checks[type](&c);
}
