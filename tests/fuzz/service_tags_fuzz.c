/*
 * service_tags_fuzz -- a prefix file. What is read without an error can be found by its name, with as many prefixes as
 * lines; no file draws more than a dozen complaints.
 */
#include "config/conf_impl.h"
#include "policy/service_tags.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_found(const struct service_tags *t, struct sv text)
{
	struct sv rest = text, line, name = { NULL, 0 };
	struct service_prefixes all;
	size_t n = 0;

	while (rest.p) {
		line = sv_cut(&rest, '\n');
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (sv_starts_with(line, SV("\t")))
			n++;
		if (!sv_starts_with(line, SV("tag ")) && rest.p)
			continue;
		if (name.p && name.n < 200 && (!service_tags_find(t, name, &all) || all.n != n))
			abort();
		name = sv_slice(line, 4, line.n);
		if (!sv_starts_with(line, SV("tag ")))
			name.p = NULL;
		n = 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_list why = { 0 };
	struct arena *a = arena_create();
	struct sv text = { (const char *)data, size };
	struct conf_node *node;
	struct service_tags *t;
	struct conf *conf;

	if (conf_load_text(&conf, "main", SV("service-tags f;"), NULL, &why) != 0)
		abort();
	node = (struct conf_node *)(uintptr_t)conf_first(conf);         /* what a file would hold */
	node->content = text;
	t = service_tags_read(conf, a, &why);
	if (why.n > 12)
		abort();
	if (why.errors == 0)
		check_found(t, text);
	service_tags_suggest(t, SV("Storage.JapanEast"));
	service_tags_fini(t);
	arena_free(a);
	conf_free(conf);
	diag_fini(&why);
	return 0;
}
