/* check -- reads a configuration as the daemon would, and says what is wrong with it, or what it means. */
#include "base/strbuf.h"
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

static const char help[] =
	"Usage: sekisho check [-c FILE] [--dump] [--json] [--set NAME=VALUE]...\n"
	"Reads the configuration and all it includes, compiles the policy, runs its expectations.\n\n"
	"  -c, --config FILE   the main configuration (" DEFAULT_CONF ")\n"
	"      --dump          prints the effective configuration\n"
	"      --json          prints the findings as one JSON object\n"
	"      --set NAME=VAL  gives a parameter a value; wins over \"param\" in the files\n"
	"  -h, --help          this text\n\n"
	"Exit code: 0 when it can be loaded, 1 when not, 2 for a wrong call.\n";

static void print_json(const struct diag_list *why, bool ok)
{
	size_t size = 256;
	struct strbuf b;
	char *memory;

	for (size_t i = 0; i < why->n; i++)
		size += 256 + 6 * strlen(why->items[i].text) + 6 * strlen(why->items[i].file ? why->items[i].file : "");
	memory = xmalloc(size);
	strbuf_init(&b, memory, size);
	json_open(&b, NULL, '{');
	json_member_bool(&b, "ok", ok);
	json_open(&b, "findings", '[');
	for (size_t i = 0; i < why->n; i++) {
		const struct diag *d = &why->items[i];

		json_open(&b, NULL, '{');
		json_member(&b, "severity", sv_of(severity_name(d->severity)));
		if (d->file)
			json_member(&b, "file", sv_of(d->file));
		if (d->line) {
			json_member_u(&b, "line", d->line);
			json_member_u(&b, "column", d->col);
		}
		if (d->code)
			json_member(&b, "code", sv_of(d->code));
		json_member(&b, "text", sv_of(d->text));
		json_close(&b, '}');
	}
	json_close(&b, ']');
	json_close(&b, '}');
	printf("%.*s\n", SV_ARG(strbuf_sv(&b)));
	free(memory);
}

static void print_summary(const struct generation *gen, const char *path)
{
	struct policy_counts n;

	policy_count(gen->policy, &n);
	printf("%s: ok: %zu collections, %zu rules, %zu names, %zu addresses, %zu expressions, %zu expectations hold\n",
	       path, n.collections, n.rules, n.names, n.addresses, n.regexes, n.expectations);
}

static int run(const struct common_options *o, bool dump)
{
	struct conf_options conf = common_conf(o);
	struct diag_list why = { 0 };
	struct generation *gen = NULL;
	bool ok = generation_load(&gen, o->conf_path, &conf, 1, &why) == 0;

	diag_sort(&why);
	if (o->json)
		print_json(&why, ok);
	else
		diag_print(&why, stderr);
	if (ok && dump)
		conf_dump(gen->conf, stdout);
	else if (ok && !o->json)
		print_summary(gen, o->conf_path);
	diag_fini(&why);
	generation_unref(gen);
	return ok ? EXIT_YES : EXIT_NO;
}

int cmd_check(int argc, char **argv)
{
	static const struct option options[] = { COMMON_LONG, { "dump", no_argument, NULL, OPT_OWN }, { 0 } };
	struct common_options o = { .conf_path = DEFAULT_CONF };
	bool dump = false;
	int option;

	while ((option = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_YES;
		}
		if (option == OPT_OWN)
			dump = true;
		else if (!common_take(&o, option, optarg))
			return EXIT_USAGE;
	}
	if (optind < argc)
		return usage_error("check", "unexpected argument \"%s\"", argv[optind]);
	return run(&o, dump);
}
