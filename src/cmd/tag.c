/* tag -- the catalog from the command line: list, show, diff, and the import of other people's lists. */
#include "base/suggest.h"
#include "catalog/catalog.h"
#include "catalog/import.h"
#include "cmd/cmd.h"
#include "config/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
	"Usage: sekisho tag list [-c FILE | --catalog DIR] [--json]\n"
	"       sekisho tag show NAME[+PART]... [-c FILE | --catalog DIR] [--json] [--set NAME=VALUE]...\n"
	"       sekisho tag diff OLDDIR NEWDIR [--json]\n"
	"       sekisho tag import KIND FILE [-o OUT] [--tenant NAME] [--from SOURCE]\n"
	"What each system needs to reach: looks at the catalog, compares two states of it, and\n"
	"translates lists that come from elsewhere.\n\n"
	"  list                every tag with its counts, its newest date and its state\n"
	"  show                what a tag opens, and why each other entry stays closed\n"
	"  diff                what an update opens, closes and rewords; exit code 1 on a difference\n"
	"  import              KIND is service-tags, office365, squid, azure-firewall or smokescreen\n\n"
	"  -c, --config FILE   the tags of this configuration\n"
	"      --catalog DIR   the *.tag files of a folder (" DEFAULT_CATALOG ")\n"
	"      --from SOURCE   squid: what stands behind \"from\" where the lists name no source (any)\n"
	"      --json          prints JSON\n"
	"  -o, --output OUT    where to write; office365: a folder or a file; else standard output\n"
	"      --set NAME=VAL  gives a parameter a value\n"
	"      --tenant NAME   office365: the tenant whose sites are opened, instead of everybody's\n"
	"  -h, --help          this text\n\n"
	"Exit code: 0 done (diff: no difference), 1 not done (diff: a difference), 2 for a wrong call.\n";

enum { OPT_CATALOG = OPT_OWN, OPT_TENANT, OPT_FROM, WORDS_MAX = 8 };

struct call {
	struct common_options common;
	const char *catalog, *output, *tenant, *from;
	const char *words[WORDS_MAX];   /* what is no option */
	int n_words;
};

/* ---- list, show, diff ----------------------------------------------------------------------- */

static bool open_catalog(const struct call *c, struct catalog *out, struct diag_list *why)
{
	struct conf_options opt = common_conf(&c->common);

	if (c->common.conf_path)
		return catalog_open_file(out, c->common.conf_path, &opt, why) == 0;
	return catalog_open_folder(out, c->catalog ? c->catalog : DEFAULT_CATALOG, &opt, why) == 0;
}

static int finish(struct catalog *catalog, struct diag_list *why, bool ok)
{
	diag_sort(why);
	diag_print(why, stderr);
	catalog_close(catalog);
	diag_fini(why);
	return ok ? EXIT_YES : EXIT_NO;
}

static int run_list(const struct call *c)
{
	struct diag_list why = { 0 };
	struct catalog catalog;
	bool ok = open_catalog(c, &catalog, &why);

	if (ok)
		catalog_list(&catalog, c->common.json, stdout);
	return finish(&catalog, &why, ok);
}

static int run_show(const struct call *c)
{
	struct diag_list why = { 0 };
	struct catalog catalog;
	struct sv spec = sv_of(c->words[1]);
	bool ok = open_catalog(c, &catalog, &why);

	if (sv_starts_with(spec, SV("tag:")))
		spec = sv_slice(spec, 4, spec.n);
	if (ok)
		ok = catalog_show(&catalog, spec, c->common.json, stdout);
	return finish(&catalog, &why, ok);
}

static int run_diff(const struct call *c)
{
	struct conf_options opt = common_conf(&c->common);
	struct diag_list why = { 0 };
	struct catalog before, after = { 0 };
	bool ok = catalog_open_folder(&before, c->words[1], &opt, &why) == 0;
	size_t differences = 0;

	ok = catalog_open_folder(&after, c->words[2], &opt, &why) == 0 && ok;
	if (ok)
		differences = catalog_diff(&before, &after, c->common.json, stdout);
	catalog_close(&before);
	return finish(&after, &why, ok && differences == 0);
}

/* ---- import --------------------------------------------------------------------------------- */

static const struct kind {
	const char *name;
	int (*run)(const struct import *in);
	const char *folder_name;        /* of the file in a folder given by -o, or NULL */
} kinds[] = {
	{ "azure-firewall", import_azure_firewall, NULL },
	{ "office365", import_office365, "office365.tag" },
	{ "service-tags", import_service_tags, NULL },
	{ "smokescreen", import_smokescreen, NULL },
	{ "squid", import_squid, NULL },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static bool write_all(FILE *to, const char *text, size_t n)
{
	return fwrite(text, 1, n, to) == n && fflush(to) == 0;
}

/* Beside the old file, then in its place: a reader sees the one or the other. What is no file is written as it is. */
static bool replace_file(const char *path, const char *text, size_t n)
{
	struct arena *a = arena_create();
	const char *beside = arena_printf(a, "%s.new-%ld", path, (long)getpid()).p;
	struct stat st;
	bool plain = stat(path, &st) != 0 || S_ISREG(st.st_mode);
	FILE *to = plain ? fopen(beside, "wxe") : fopen(path, "we");
	bool ok = to && write_all(to, text, n) && (!plain || fsync(fileno(to)) == 0);

	if (to && fclose(to) != 0)
		ok = false;
	ok = ok && (!plain || rename(beside, path) == 0);
	if (!ok)
		fprintf(stderr, "sekisho: cannot write \"%s\": %s\n", path, strerror(errno));
	if (!ok && plain && to)
		unlink(beside);
	arena_free(a);
	return ok;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool deliver(const struct call *c, const struct kind *kind, const char *text, size_t n)
{
	char path[4096];

	if (!c->output || strcmp(c->output, "-") == 0)
		return write_all(stdout, text, n);
	if (!kind->folder_name || !is_folder(c->output))
		return replace_file(c->output, text, n);
	if (snprintf(path, sizeof(path), "%s/%s", c->output, kind->folder_name) >= (int)sizeof(path))
		return false;
	return replace_file(path, text, n);
}

static bool import_text(const struct call *c, const struct kind *kind, struct sv text, struct diag_list *why)
{
	char *out = NULL;
	size_t n = 0;
	struct import in = { .file = c->words[2], .text = text, .why = why, .tenant = c->tenant, .from = c->from };
	bool ok;

	in.out = open_memstream(&out, &n);
	if (!in.out)
		return false;
	ok = kind->run(&in) == 0;
	ok = fclose(in.out) == 0 && ok;
	diag_print(why, stderr);
	ok = ok && deliver(c, kind, out, n);
	free(out);
	return ok;
}

static int run_import(const struct call *c)
{
	struct arena *a = arena_create();
	struct diag_list why = { 0 };
	const char *names[KINDS], *near;
	struct file_id id;
	struct sv text;
	size_t i = 0;
	bool ok;
	int err;

	for (size_t k = 0; k < KINDS; k++)
		names[k] = kinds[k].name;
	while (i < KINDS && strcmp(kinds[i].name, c->words[1]) != 0)
		i++;
	near = suggest_among(sv_of(c->words[1]), names, KINDS);
	if (i == KINDS) {
		arena_free(a);
		return usage_error("tag", "no import \"%s\"%s%s%s", c->words[1], near ? "; did you mean \"" : "",
				   near ? near : "", near ? "\"?" : "");
	}
	err = source_read(c->words[2], true, a, &text, &id);
	ok = err == 0 && import_text(c, &kinds[i], text, &why);
	if (err)
		fprintf(stderr, "sekisho: cannot read \"%s\": %s\n", c->words[2], source_error(err));
	diag_fini(&why);
	arena_free(a);
	return ok ? EXIT_YES : EXIT_NO;
}

/* ---- the call ------------------------------------------------------------------------------- */

static const struct verb {
	const char *name;
	int n_words;                    /* itself and what follows it */
	int (*run)(const struct call *c);
} actions[] = {
	{ "diff", 3, run_diff }, { "import", 3, run_import }, { "list", 1, run_list }, { "show", 2, run_show },
};

enum { ACTIONS = sizeof(actions) / sizeof(actions[0]) };

static int run(const struct call *c)
{
	const char *names[ACTIONS], *near;

	for (size_t i = 0; i < ACTIONS; i++) {
		names[i] = actions[i].name;
		if (c->n_words == 0 || strcmp(actions[i].name, c->words[0]) != 0)
			continue;
		if (c->n_words != actions[i].n_words)
			return usage_error("tag", "\"%s\" takes %d argument%s", actions[i].name, actions[i].n_words - 1,
					   actions[i].n_words == 2 ? "" : "s");
		return actions[i].run(c);
	}
	if (c->n_words == 0)
		return usage_error("tag", "say what to do: list, show, diff or import");
	near = suggest_among(sv_of(c->words[0]), names, ACTIONS);
	return usage_error("tag", "no action \"%s\"%s%s%s", c->words[0], near ? "; did you mean \"" : "",
			   near ? near : "", near ? "\"?" : "");
}

static bool take_option(struct call *c, int option, const char *value)
{
	switch (option) {
	case 1:                         /* a word between the options */
		if (c->n_words < WORDS_MAX)
			c->words[c->n_words++] = value;
		return true;
	case 'o':
		c->output = value;
		return true;
	case OPT_CATALOG:
		c->catalog = value;
		return true;
	case OPT_TENANT:
		c->tenant = value;
		return true;
	case OPT_FROM:
		c->from = value;
		return true;
	default:
		return common_take(&c->common, option, value);
	}
}

/* They are written into policy text. */
static bool is_plain(const char *value, const char *marks)
{
	for (const char *p = value; p && *p; p++)
		if (!ascii_is_alpha(*p) && !ascii_is_digit(*p) && !strchr(marks, *p))
			return false;
	return !value || *value;
}

int cmd_tag(int argc, char **argv)
{
	static const struct option options[] = {
		COMMON_LONG, { "catalog", required_argument, NULL, OPT_CATALOG },
		{ "from", required_argument, NULL, OPT_FROM }, { "output", required_argument, NULL, 'o' },
		{ "tenant", required_argument, NULL, OPT_TENANT }, { 0 },
	};
	struct call c = { 0 };
	int option;

	while ((option = getopt_long(argc, argv, "-c:ho:", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_YES;
		}
		if (!take_option(&c, option, optarg))
			return EXIT_USAGE;
	}
	for (; optind < argc; optind++)
		take_option(&c, 1, argv[optind]);
	if (c.common.conf_path && c.catalog)
		return usage_error("tag", "--config and --catalog exclude each other");
	if (!is_plain(c.tenant, "-"))
		return usage_error("tag", "\"%s\" is no tenant's name; it is the contoso of contoso.onmicrosoft.com", c.tenant);
	if (!is_plain(c.from, " -_./:"))
		return usage_error("tag", "\"%s\" is no source", c.from);
	return run(&c);
}
