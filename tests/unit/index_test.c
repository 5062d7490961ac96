#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/index.h"
#include "policy/name.h"

#include <stdio.h>
#include <stdlib.h>

#define UNUSED __attribute__((unused))

enum { PATTERNS_MAX = 4096, RANKS_MAX = 8192 };

/* ---- a naive index beside the real one ------------------------------------------------------ */

struct naive {
	struct pattern p[PATTERNS_MAX];
	uint32_t rank[PATTERNS_MAX];
	struct regex *regex[PATTERNS_MAX];
	size_t n;
};

struct pair {
	struct arena *a;
	struct index_builder *b;
	struct index *x;
	struct naive naive;
};

static void pair_start(struct pair *t)
{
	memset(t, 0, sizeof(*t));
	t->a = arena_create();
	t->b = index_builder_create();
}

static void pair_add(struct pair *t, const char *text, bool regex, const uint32_t *ranks, size_t n)
{
	struct sv s = arena_sv(t->a, sv_of(text)), why = { NULL, 0 };
	struct pattern p;

	if (!pattern_parse(&p, s, regex, regex ? 1 : s.n, t->a, &why))
		fail_msg("%s: %.*s", text, SV_ARG(why));
	assert_true(index_add(t->b, index_ranks(t->b, ranks, n), &p, t->a, &why));
	for (size_t i = 0; i < n; i++) {
		assert_true(t->naive.n < PATTERNS_MAX);
		t->naive.p[t->naive.n] = p;
		t->naive.rank[t->naive.n] = ranks[i];
		if (regex)
			t->naive.regex[t->naive.n] = regex_compile(p.regex, t->a, &why);
		t->naive.n++;
	}
}

static void pair_end(struct pair *t)
{
	for (size_t i = 0; i < t->naive.n; i++)
		regex_free(t->naive.regex[i]);
	index_free(t->x);
	arena_free(t->a);
}

static bool is_below(struct sv name, struct sv apex)
{
	return name.n > apex.n + 1 && sv_ends_with(name, apex) && name.p[name.n - apex.n - 1] == '.';
}

static bool naive_matches(const struct naive *t, size_t i, struct sv name, const struct ip *ip)
{
	const struct pattern *p = &t->p[i];

	if (p->kind == PATTERN_ADDRESS)
		return name.n == 0 && prefix_contains(&p->prefix, ip);
	if (name.n == 0)
		return false;
	switch (p->kind) {
	case PATTERN_EXACT: return sv_eq(name, p->name);
	case PATTERN_BELOW: return is_below(name, p->name);
	case PATTERN_TREE: return sv_eq(name, p->name) || is_below(name, p->name);
	case PATTERN_GLOB: return glob_match(p->name, name);
	case PATTERN_REGEX: return regex_match(t->regex[i], name) == REGEX_YES;
	case PATTERN_ANY: return true;
	case PATTERN_ADDRESS: break;
	}
	return false;
}

struct seen {
	unsigned char rank[RANKS_MAX];
	struct sv name;
};

static bool on_hit(void *arg, const struct index_hit *hit)
{
	struct seen *s = arg;

	for (size_t i = 1; i < hit->n; i++)
		assert_true(hit->ranks[i - 1] < hit->ranks[i]);
	if (hit->kind == PATTERN_GLOB && !glob_match(hit->pattern, s->name))
		return true;
	if (hit->kind == PATTERN_REGEX && regex_match(hit->regex, s->name) != REGEX_YES)
		return true;
	for (size_t i = 0; i < hit->n; i++)
		s->rank[hit->ranks[i]] = 1;
	return true;
}

static void same_answer(const struct pair *t, struct sv name, const struct ip *ip)
{
	static struct seen got, want;

	memset(&got, 0, sizeof(got));
	memset(&want, 0, sizeof(want));
	got.name = name;
	if (name.n)
		index_walk_name(t->x, name, on_hit, &got);
	else
		index_walk_address(t->x, ip, on_hit, &got);
	for (size_t i = 0; i < t->naive.n; i++)
		if (naive_matches(&t->naive, i, name, ip))
			want.rank[t->naive.rank[i]] = 1;
	for (size_t i = 0; i < RANKS_MAX; i++)
		if (got.rank[i] != want.rank[i])
			fail_msg("%.*s: rank %zu %s", SV_ARG(name), i,
				 got.rank[i] ? "found, should not" : "not found");
}

/* ---- cases ---------------------------------------------------------------------------------- */

static void an_empty_index_finds_nothing(void **state UNUSED)
{
	struct index *x = index_finish(index_builder_create());
	struct seen s = { .name = SV("a.example") };
	struct ip ip = { 4, { 10, 0, 0, 1 } };

	index_walk_name(x, s.name, on_hit, &s);
	index_walk_address(x, &ip, on_hit, &s);
	assert_null(memchr(s.rank, 1, sizeof(s.rank)));
	assert_false(index_has_exact(x, s.name));
	index_free(x);
}

static void a_builder_can_be_dropped(void **state UNUSED)
{
	struct pair t;
	uint32_t rank = 0;

	pair_start(&t);
	pair_add(&t, "a.example", false, &rank, 1);
	pair_add(&t, "~a+", true, &rank, 1);
	pair_add(&t, "10.0.0.0/8", false, &rank, 1);
	index_builder_free(t.b);
	pair_end(&t);
}

static void a_bad_regex_is_refused(void **state UNUSED)
{
	struct arena *a = arena_create();
	struct index_builder *b = index_builder_create();
	struct pattern p = { .kind = PATTERN_REGEX, .regex = SV("a(") };
	struct sv why = { NULL, 0 };

	assert_false(index_add(b, 0, &p, a, &why));
	assert_true(why.n > 0);
	index_builder_free(b);
	arena_free(a);
}

static void texts_are_kept(void **state UNUSED)
{
	struct pair t;
	uint32_t rank = 7, kept[4];

	pair_start(&t);
	pair_add(&t, "download.example", false, &rank, 1);
	kept[0] = index_keep_text(t.b, SV("download.example"));         /* shared with the node */
	kept[1] = index_keep_text(t.b, SV("Download.Example"));
	kept[2] = index_keep_text(t.b, SV(""));
	kept[3] = index_keep_text(t.b, SV("tag:A+optional"));
	t.x = index_finish(t.b);
	assert_true(sv_eq(index_text(t.x, kept[0]), SV("download.example")));
	assert_true(sv_eq(index_text(t.x, kept[1]), SV("Download.Example")));
	assert_int_equal(index_text(t.x, kept[2]).n, 0);
	assert_true(sv_eq(index_text(t.x, kept[3]), SV("tag:A+optional")));
	pair_end(&t);
}

static void lookups_for_people(void **state UNUSED)
{
	struct pair t;
	uint32_t ranks[] = { 1, 2, 3 };

	pair_start(&t);
	pair_add(&t, "download.example", false, ranks, 1);
	pair_add(&t, "*.below.example", false, ranks, 1);
	pair_add(&t, "both.example", false, ranks, 2);
	pair_add(&t, "*.both.example", false, ranks + 2, 1);
	t.x = index_finish(t.b);
	assert_true(index_has_exact(t.x, SV("download.example")));
	assert_false(index_has_exact(t.x, SV("below.example")));
	assert_true(index_has_below(t.x, SV("below.example")));
	assert_true(index_has_exact(t.x, SV("both.example")));
	assert_true(index_has_below(t.x, SV("both.example")));
	assert_true(sv_eq(index_nearest_exact(t.x, SV("downlaod.example")), SV("download.example")));
	assert_true(sv_eq(index_nearest_exact(t.x, SV("botth.example")), SV("both.example")));
	assert_int_equal(index_nearest_exact(t.x, SV("elsewhere.test")).n, 0);
	assert_int_equal(index_nearest_exact(t.x, SV("download.example")).n, 0);
	pair_end(&t);
}

static void equal_lists_are_shared(void **state UNUSED)
{
	struct pair t;
	struct index_counts small, large;
	uint32_t ranks[500], handle;
	struct pattern p = { .kind = PATTERN_EXACT };
	char name[32];

	for (uint32_t i = 0; i < 500; i++)
		ranks[i] = i;
	for (int round = 0; round < 2; round++) {
		pair_start(&t);
		handle = index_ranks(t.b, ranks, 500);
		for (int i = 0; i < (round ? 1000 : 10); i++) {
			p.name = (struct sv){ name, (size_t)snprintf(name, sizeof(name), "n%d.example", i) };
			assert_true(index_add(t.b, handle, &p, t.a, NULL));
		}
		t.x = index_finish(t.b);
		index_count(t.x, round ? &large : &small);
		pair_end(&t);
	}
	assert_int_equal(large.names, 1000);
	assert_true(large.octets - small.octets < 64 * 1024);   /* not 990 lists of 2000 octets */
}

static void every_label_count(void **state UNUSED)
{
	struct pair t;
	char name[FQDN_MAX + 1];
	uint32_t rank = 0;
	size_t n = 0;

	pair_start(&t);
	memset(name, 0, sizeof(name));
	while (n < FQDN_MAX) {          /* a, a.a, a.a.a ... up to 127 labels */
		name[n++] = 'a';
		pair_add(&t, name, false, &rank, 1);
		rank++;
		name[n++] = '.';
	}
	assert_int_equal(rank, 127);
	t.x = index_finish(t.b);
	for (size_t len = 1; len <= FQDN_MAX; len += 2)
		same_answer(&t, (struct sv){ name, len }, NULL);
	same_answer(&t, SV("b.a.a"), NULL);
	pair_end(&t);
}

/* ---- random --------------------------------------------------------------------------------- */

static uint64_t seed = 42;

static unsigned pick(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static void random_name(char *out, size_t size)
{
	static const char *const labels[] = {
		"a", "b", "ab", "example", "longlabel", "longerlabel-16xy", "com", "x1", "exampl", "aexample",
	};
	size_t n = 0;

	for (unsigned i = 0, count = 1 + pick(5); i < count; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i ? "." : "", labels[pick(10)]);
}

static bool random_pattern(char *out, size_t size)
{
	char name[256];

	random_name(name, sizeof(name));
	switch (pick(10)) {
	case 0: case 1: snprintf(out, size, "*.%s", name); return false;
	case 2: snprintf(out, size, ".%s", name); return false;
	case 3: snprintf(out, size, "*%s", name); return false;
	case 4: snprintf(out, size, "a*.%s", name); return false;
	case 5: snprintf(out, size, "a.*.%s", name); return false;
	case 6: snprintf(out, size, "~[ab]+\\.%.60s", name); return true;
	case 7: snprintf(out, size, "10.%u.0.0/%u", pick(2), 15 + pick(2) * 1 + 0); return false;
	case 8: snprintf(out, size, pick(8) ? "a*" : "*"); return false;
	default: snprintf(out, size, "%s", name); return false;
	}
}

static void random_against_naive(void **state UNUSED)
{
	static struct pair t;
	char text[300];

	for (int round = 0; round < 30; round++) {
		pair_start(&t);
		for (unsigned i = 0, n = pick(300); i < n; i++) {
			uint32_t ranks[3] = { pick(900) };
			bool regex = random_pattern(text, sizeof(text));

			if (strstr(text, "/15"))
				snprintf(text, sizeof(text), "10.0.0.0/15");
			ranks[1] = ranks[0] + 1 + pick(50);
			ranks[2] = ranks[1] + 1 + pick(50);
			pair_add(&t, text, regex, ranks, 1 + pick(3));
		}
		t.x = index_finish(t.b);
		for (int i = 0; i < 1000; i++) {
			random_name(text, sizeof(text));
			same_answer(&t, sv_of(text), NULL);
		}
		for (uint8_t i = 0; i < 4; i++)
			same_answer(&t, (struct sv){ NULL, 0 }, &(struct ip){ 4, { 10, i, 1, 1 } });
		pair_end(&t);
	}
}

static void many_names_all_found(void **state UNUSED)
{
	enum { MANY = 200000 };
	struct index_builder *b = index_builder_create();
	struct arena *a = arena_create();
	struct pattern p = { .kind = PATTERN_EXACT };
	struct index *x;
	char name[64];

	for (uint32_t i = 0; i < MANY; i++) {
		p.name = (struct sv){ name, (size_t)snprintf(name, sizeof(name), "h%u.z%u.example", i, i % 7) };
		assert_true(index_add(b, i % RANKS_MAX, &p, a, NULL));
	}
	x = index_finish(b);
	for (uint32_t i = 0; i < MANY; i += 7) {
		struct seen s = { .name = { name, 0 } };

		s.name.n = (size_t)snprintf(name, sizeof(name), "h%u.z%u.example", i, i % 7);
		index_walk_name(x, s.name, on_hit, &s);
		assert_int_equal(s.rank[i % RANKS_MAX], 1);
		s.name.n = (size_t)snprintf(name, sizeof(name), "h%u.z%u.example", i, i % 7 + 1);
		assert_false(index_has_exact(x, s.name));
	}
	index_free(x);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_index_finds_nothing),
		cmocka_unit_test(a_builder_can_be_dropped),
		cmocka_unit_test(a_bad_regex_is_refused),
		cmocka_unit_test(texts_are_kept),
		cmocka_unit_test(lookups_for_people),
		cmocka_unit_test(equal_lists_are_shared),
		cmocka_unit_test(every_label_count),
		cmocka_unit_test(random_against_naive),
		cmocka_unit_test(many_names_all_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
