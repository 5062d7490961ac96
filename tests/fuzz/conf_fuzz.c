/*
 * The directive language from memory: any bytes either load or give an error with a place inside the
 * text; what loads can be dumped, loaded again and dumped to the same text; every word expands or says why.
 */
#include "config/conf_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(what) do { if (!(what)) abort(); } while (0)

static void check_findings(const struct diag_list *why, struct sv text)
{
	unsigned lines = 1;

	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	for (size_t i = 0; i < why->n; i++) {
		CHECK(why->items[i].text[0]);
		CHECK(!strchr(why->items[i].text, '\n'));
		CHECK(why->items[i].line >= 1 && why->items[i].line <= lines);
		CHECK(why->items[i].col >= 1 && why->items[i].col <= text.n + 1);
	}
}

static void check_word(const struct conf *c, const struct conf_word *w)
{
	struct arena *a = arena_create();
	struct expansion x;

	CHECK(w->quote_at <= w->text.n);
	CHECK(w->at.line >= 1 && w->at.col >= 1);
	switch (conf_expand(c, w, w->quoted, a, &x)) {
	case EXPAND_OK:
		CHECK(w->has_params || (x.n == 1 && sv_eq(x.texts[0], w->text)));
		break;
	case EXPAND_UNSET:
		CHECK(!conf_has_param(c, x.missing));
		break;
	case EXPAND_NO_CODE:
	case EXPAND_TOO_MANY:
		CHECK(x.missing.n);
		break;
	}
	arena_free(a);
}

static void check_nodes(const struct conf *c, const struct conf_node *n, const struct conf_node *parent)
{
	for (; n; n = n->next) {
		unsigned in = parent ? (unsigned)parent->directive->opens : IN_MAIN;

		CHECK(n->parent == parent);
		CHECK(n->directive->places & in);
		CHECK(n->n_words > n->directive->min_args && !directive_overflows(n->directive, n->n_words - 1));
		CHECK(n->has_block == (n->directive->opens != IN_NONE));
		for (size_t i = 0; i < n->n_words; i++)
			check_word(c, &n->words[i]);
		check_nodes(c, n->children, n);
	}
}

static char *dump(const struct conf *c, size_t *n)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, n);

	CHECK(f);
	conf_dump(c, f);
	CHECK(fclose(f) == 0);
	return text;
}

static void check_round_trip(const struct conf *c)
{
	struct diag_list why = { 0 };
	size_t n, again_n;
	char *text = dump(c, &n), *again_text;
	struct conf *again;

	CHECK(conf_load_text(&again, "dump", (struct sv){ text, n }, NULL, &why) == 0);
	again_text = dump(again, &again_n);
	CHECK(n == again_n && memcmp(text, again_text, n) == 0);
	conf_free(again);
	diag_fini(&why);
	free(text);
	free(again_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size };
	struct diag_list why = { 0 };
	struct conf *c;
	int err = conf_load_text(&c, "fuzz", text, NULL, &why);

	CHECK(err == (why.errors ? -EINVAL : 0));
	CHECK((c != NULL) == (err == 0));
	check_findings(&why, text);
	if (c) {
		check_nodes(c, conf_first(c), NULL);
		check_round_trip(c);
	}
	conf_free(c);
	diag_fini(&why);
	return 0;
}
