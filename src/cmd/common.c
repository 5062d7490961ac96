#include "cmd/cmd.h"

#include <stdarg.h>
#include <stdio.h>

bool common_take(struct common_options *o, int option, const char *value)
{
	switch (option) {
	case 'c':
		o->conf_path = value;
		return true;
	case OPT_SET:
		if (o->n_sets == SETS_MAX) {
			fprintf(stderr, "sekisho: more than %d --set\n", SETS_MAX);
			return false;
		}
		o->sets[o->n_sets++] = value;
		return true;
	case OPT_JSON:
		o->json = true;
		return true;
	default:
		return false;
	}
}

struct conf_options common_conf(const struct common_options *o)
{
	return (struct conf_options){ .sets = o->sets, .n_sets = o->n_sets };
}

int usage_error(const char *command, const char *fmt, ...)
{
	va_list ap;

	fputs("sekisho: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; try \"sekisho %s --help\"\n", command);
	return EXIT_USAGE;
}

struct generation *load_generation(const struct common_options *o)
{
	struct conf_options conf = common_conf(o);
	struct diag_list why = { 0 };
	struct generation *gen = NULL;

	generation_load(&gen, o->conf_path, &conf, 1, &why);
	diag_sort(&why);
	diag_print(&why, stderr);
	diag_fini(&why);
	return gen;
}
