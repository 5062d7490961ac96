/* check -- reads a configuration as the daemon would, and says what is wrong or doubtful with it, or what it means. */
#include "base/clock.h"
#include "base/strbuf.h"
#include "catalog/lint.h"
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

static const char help[] =
	"Usage: sekisho check [-c FILE] [--strict] [--dump] [--json] [--set NAME=VALUE]...\n"
	"Reads the configuration and all it includes, compiles the policy, runs its expectations, and looks\n"
	"for what loads and is still doubtful. A finding with a code is silenced by a comment at the end of\n"
	"its line: \"# lint: SK009\".\n\n"
	"  -c, --config FILE   the main configuration (" DEFAULT_CONF ")\n"
	"      --strict        fails on warnings too\n"
	"      --dump          prints the effective configuration\n"
	"      --json          prints the findings as one JSON object\n"
	"      --set NAME=VAL  gives a parameter a value; wins over \"param\" in the files\n"
	"  -h, --help          this text\n\n"
	"Exit code: 0 when it can be loaded, 1 when not (or, with --strict, when there are warnings),\n"
	"2 for a wrong call.\n";

struct check {
	struct common_options common;
	bool dump, strict;
	size_t silenced;
};

static void print_json(const struct check *c, const struct diag_list *why, bool ok)
{
	size_t size = 256;
	struct strbuf b;
	char *memory;

	for (size_t i = 0; i < why->n; i++)
		size += 256 + 6 * strlen(why->items[i].text) + 6 * strlen(why->items[i].file ? why->items[i].file : "");
	memory = xmalloc(size);
	strbuf_init(&b, memory, size);
	json_open(&b, JSON_NO_KEY, '{');
	json_member_bool(&b, JSON_KEY("ok"), ok);
	json_open(&b, JSON_KEY("findings"), '[');
	for (size_t i = 0; i < why->n; i++) {
		const struct diag *d = &why->items[i];

		json_open(&b, JSON_NO_KEY, '{');
		json_member(&b, JSON_KEY("severity"), sv_of(severity_name(d->severity)));
		if (d->file)
			json_member(&b, JSON_KEY("file"), sv_of(d->file));
		if (d->line) {
			json_member_u(&b, JSON_KEY("line"), d->line);
			json_member_u(&b, JSON_KEY("column"), d->col);
		}
		if (d->code)
			json_member(&b, JSON_KEY("code"), sv_of(d->code));
		json_member(&b, JSON_KEY("text"), sv_of(d->text));
		json_close(&b, '}');
	}
	json_close(&b, ']');
	json_member_u(&b, JSON_KEY("silenced"), c->silenced);
	json_close(&b, '}');
	printf("%.*s\n", SV_ARG(strbuf_sv(&b)));
	free(memory);
}

static void print_summary(const struct generation *gen, const char *path, bool ok)
{
	struct policy_counts n;

	policy_count(gen->policy, &n);
	printf("%s: %s: %zu collections, %zu rules, %zu names, %zu addresses, %zu expressions, ", path,
	       ok ? "ok" : "refused for its warnings", n.collections, n.rules, n.names, n.addresses, n.regexes);
	if (n.identities)
		printf("%zu identities, ", n.identities);
	if (n.users)
		printf("%zu users, ", n.users);
	if (n.verified)
		printf("%zu rules that verify origins by %zu CA certificates, ", n.verified, trust_count(gen->trust));
	printf("%zu expectations hold", n.expectations);
}

/* " (2 warnings; 1 finding silenced)", for people who see only the last line. */
static void print_findings(const struct check *c, const struct diag_list *why)
{
	if (why->warnings)
		printf("; %zu warning%s", why->warnings, why->warnings == 1 ? "" : "s");
	if (c->silenced)
		printf("; %zu silenced", c->silenced);
	puts("");
}

static int run(struct check *c)
{
	struct conf_options conf = common_conf(&c->common);
	struct diag_list why = { 0 };
	struct generation *gen = NULL;
	bool loads = generation_load(&gen, c->common.conf_path, &conf, 1, &why) == 0, ok;

	if (loads)
		lint_run(gen->conf, clock_wall_ms(), &why);
	diag_sort(&why);
	c->silenced = lint_silence(&why);
	ok = loads && !(c->strict && why.warnings);
	if (c->common.json)
		print_json(c, &why, ok);
	else
		diag_print(&why, stderr);
	if (loads && c->dump)
		conf_dump(gen->conf, stdout);
	else if (loads && !c->common.json) {
		print_summary(gen, c->common.conf_path, ok);
		print_findings(c, &why);
	}
	diag_fini(&why);
	generation_unref(gen);
	return ok ? EXIT_YES : EXIT_NO;
}

int cmd_check(int argc, char **argv)
{
	enum { OPT_DUMP = OPT_OWN, OPT_STRICT };
	static const struct option options[] = { COMMON_LONG, { "dump", no_argument, NULL, OPT_DUMP },
						 { "strict", no_argument, NULL, OPT_STRICT }, { 0 } };
	struct check c = { .common.conf_path = DEFAULT_CONF };
	int option;

	while ((option = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_YES;
		}
		if (option == OPT_DUMP)
			c.dump = true;
		else if (option == OPT_STRICT)
			c.strict = true;
		else if (!common_take(&c.common, option, optarg))
			return EXIT_USAGE;
	}
	if (optind < argc)
		return usage_error("check", "unexpected argument \"%s\"", argv[optind]);
	return run(&c);
}
