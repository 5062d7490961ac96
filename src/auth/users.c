#include "auth/users.h"

#include "auth/basic.h"
#include "base/arena.h"
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { ERRORS_MAX = 20 };

/* A well-formed hash that no password has been made for: what an empty file lets strangers wait for. */
static const char no_password[] =
	"$y$j9T$F5Jx5fExrKuPp53xLKQ..1$tnSYvahCwPBHKZUspmcxMfb0.WiB9W.zEaKlOBL35rC";

struct user {
	struct sv name;
	const char *hash;
	unsigned line;
};

struct users {
	struct arena *arena;
	struct user *items;             /* sorted by name */
	size_t n, cap;
};

struct reader {
	struct users *u;
	const char *file;
	struct diag_list *why;
	unsigned line;
	size_t errors;
};

/* ---- reading ----------------------------------------------------------------------------------- */

static struct place place_of(struct reader *r, struct sv line, const char *at)
{
	return (struct place){ r->file, r->line, (unsigned)(at - line.p) + 1 };
}

static bool may_report(struct reader *r)
{
	return ++r->errors <= ERRORS_MAX;
}

static void add_user(struct reader *r, struct sv name, struct sv hash)
{
	struct users *u = r->u;

	if (u->n == u->cap) {
		u->cap = u->cap * 2 + 16;
		u->items = xrealloc(u->items, u->cap * sizeof(u->items[0]));
	}
	u->items[u->n++] = (struct user){ arena_sv(u->arena, name), arena_strdup(u->arena, hash), r->line };
}

static struct sv without_end(struct sv line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool says_nothing(struct sv text)
{
	return text.n == 0 || text.p[0] == '#';
}

struct sv users_line_name(struct sv line)
{
	struct sv text = sv_trim(without_end(line)), rest = text, name = sv_cut(&rest, ':');

	return says_nothing(text) || !rest.p ? (struct sv){ NULL, 0 } : sv_trim(name);
}

static void read_line(struct reader *r, struct sv line)
{
	struct sv text = sv_trim(without_end(line)), hash = text, name;
	const char *wrong;

	if (says_nothing(text))
		return;
	name = sv_trim(sv_cut(&hash, ':'));
	hash = sv_trim(hash);
	if (!hash.p) {
		if (may_report(r))
			diag_error(r->why, place_of(r, line, text.p), "a line without a colon; expected NAME:HASH, "
				   "as \"sekisho passwd\" writes it");
		return;
	}
	if (!user_name_is_good(name)) {
		if (may_report(r))
			diag_error(r->why, place_of(r, line, text.p), "this is no user name; expected 1 to %d octets "
				   "without control characters", BASIC_USER_MAX);
		return;
	}
	wrong = password_hash_error(hash);
	if (!wrong)
		add_user(r, name, hash);
	else if (may_report(r))                 /* without the hash: messages are read by many */
		diag_error(r->why, place_of(r, line, hash.p), "the hash of user \"%.*s\" is %s; make a new one with "
			   "\"sekisho passwd %s %.*s\"", SV_ARG(name), wrong, r->file, SV_ARG(name));
}

static int compare_names(struct sv a, struct sv b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_users(const void *a, const void *b)
{
	const struct user *x = a, *y = b;
	int order = compare_names(x->name, y->name);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static void check_twice(struct reader *r)
{
	const struct user *items = r->u->items;

	for (size_t i = 1; i < r->u->n; i++)
		if (sv_eq(items[i - 1].name, items[i].name) && may_report(r))
			diag_error(r->why, (struct place){ r->file, items[i].line, 1 }, "user \"%.*s\" stands on line %u "
				   "already; remove one of the two", SV_ARG(items[i].name), items[i - 1].line);
}

int users_read(struct users **out, struct sv text, const char *file, struct diag_list *why)
{
	struct users *u = xcalloc(1, sizeof(*u));
	struct reader r = { .u = u, .file = file, .why = why };

	*out = NULL;
	u->arena = arena_create();
	if (sv_starts_with(text, SV("\xef\xbb\xbf")))
		text = sv_slice(text, 3, text.n);
	while (text.p) {
		r.line++;
		read_line(&r, sv_cut(&text, '\n'));
	}
	if (u->n)
		qsort(u->items, u->n, sizeof(u->items[0]), compare_users);
	check_twice(&r);
	if (r.errors > ERRORS_MAX)
		diag_error(why, (struct place){ file, 0, 0 }, "%zu more lines are wrong", r.errors - ERRORS_MAX);
	if (r.errors) {
		users_free(u);
		return -EINVAL;
	}
	*out = u;
	return 0;
}

void users_free(struct users *u)
{
	if (!u)
		return;
	arena_free(u->arena);
	free(u->items);
	free(u);
}

void users_check_mode(const char *file, struct place at, struct diag_list *why)
{
	struct stat st;

	if (stat(file, &st) != 0 || !(st.st_mode & (S_IROTH | S_IWOTH)))
		return;
	diag_error(why, at, "\"%s\" can be %s by everybody (mode %03o); mend it with \"chmod o= %s\"", file,
		   st.st_mode & S_IROTH ? "read" : "written", st.st_mode & 0777u, file);
}

/* ---- asking ------------------------------------------------------------------------------------ */

size_t users_count(const struct users *u)
{
	return u->n;
}

const char *users_find(const struct users *u, struct sv name)
{
	size_t low = 0, high = u->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare_names(name, u->items[middle].name);

		if (order == 0)
			return u->items[middle].hash;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* Some user's hash, the same one for the same name: methods and costs may differ from line to line. */
const char *users_decoy(const struct users *u, struct sv name)
{
	return u->n ? u->items[hash_bytes(name.p, name.n) % u->n].hash : no_password;
}

uint64_t users_proof(const struct users *u, struct sv name)
{
	const char *hash = u ? users_find(u, name) : NULL;
	uint64_t proof = hash ? hash_bytes(hash, strlen(hash)) : 0;

	return hash && proof == 0 ? 1 : proof;
}
