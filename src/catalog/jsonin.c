/*
 * jsonin -- loading, and looking into, JSON that other programs wrote.
 */
#include "catalog/jsonin.h"

#include "base/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <strings.h>

static json_t *load(const struct import *in)
{
	struct sv text = in->text;
	json_error_t e;
	json_t *root;

	if (sv_starts_with(text, SV("\xef\xbb\xbf")))
		text = sv_slice(text, 3, text.n);
	root = json_loadb(text.n ? text.p : "", text.n, JSON_ALLOW_NUL, &e);
	if (!root)
		diag_error(in->why, (struct place){ in->file, e.line > 0 ? (unsigned)e.line : 1,
						    e.column > 0 ? (unsigned)e.column : 1 },
			   "this is no JSON: %s", e.text);
	return root;
}

int jsonin_translate(const struct import *in, int (*translate)(void *work, json_t *root, struct arena *memory),
		     void *work)
{
	json_t *root = load(in);
	struct arena *memory;
	int err;

	if (!root)
		return -EINVAL;
	memory = arena_create();
	err = translate(work, root, memory);
	arena_free(memory);
	json_decref(root);
	return err;
}

struct sv jsonin_value(const json_t *value)
{
	if (!json_is_string(value))
		return (struct sv){ NULL, 0 };
	return (struct sv){ json_string_value(value), json_string_length(value) };
}

struct sv jsonin_text(const json_t *object, const char *key)
{
	return jsonin_value(jsonin_member(object, key));
}

json_t *jsonin_member(const json_t *object, const char *key)
{
	json_t *found = json_object_get(object, key), *value;
	const char *name;
	json_t *walked = (json_t *)(uintptr_t)object;   /* jansson's walk takes no const; nothing is changed */

	if (found || !json_is_object(object))
		return found;
	json_object_foreach(walked, name, value)
		if (strcasecmp(name, key) == 0)
			return value;
	return NULL;
}

static struct sv as_date(struct arena *a, const char *digits)
{
	struct sv date = arena_printf(a, "%.4s-%.2s-%.2s", digits, digits + 4, digits + 6);
	int64_t ms;

	return time_parse(arena_printf(a, "%.*sT00:00:00Z", SV_ARG(date)), &ms) ? date : SV("");
}

struct sv jsonin_file_date(const struct import *in, struct arena *a)
{
	const char *slash = strrchr(in->file, '/');
	struct sv name = sv_of(slash ? slash + 1 : in->file), date;

	for (size_t i = 0, digits = 0; i <= name.n; i++) {
		if (i < name.n && ascii_is_digit(name.p[i])) {
			digits++;
			continue;
		}
		date = digits == 8 ? as_date(a, name.p + i - 8) : SV("");
		if (date.n)
			return date;
		digits = 0;
	}
	return SV("");
}

void jsonin_say(const struct import *in, enum severity sev, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_add(in->why, sev, (struct place){ in->file, 0, 0 }, "%s", text);
}
