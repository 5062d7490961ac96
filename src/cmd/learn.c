/* learn -- proposes changes to a policy from its access logs. */
#include "catalog/learn.h"

#include "cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const char help[] =
	"Usage: sekisho learn [-c FILE | --catalog FOLDER] [--few N] [--json] [--set NAME=VALUE]... LOG...\n"
	"Reads access logs (\"-\" is standard input) and prints a policy file with what could be changed: tags and\n"
	"rules for what was refused or would be, names in place of wildcards that matched few, rules never used.\n\n"
	"  -c, --config FILE   the main configuration that the logs come from (" DEFAULT_CONF ")\n"
	"      --catalog FOLDER  no configuration, only the tags of this folder\n"
	"      --few N         wildcards that matched at most so many names (8) are worth replacing\n"
	"      --json          prints one JSON object\n"
	"      --set NAME=VAL  gives a parameter a value; wins over \"param\" in the files\n"
	"  -h, --help          this text\n\n"
	"Exit code: 0 done, 1 when a file cannot be read or is broken, 2 for a wrong call.\n";

struct learn_options {
	struct common_options common;
	const char *catalog;
	size_t few;
	char *const *logs;
	size_t n_logs;
};

static bool read_log(struct observed *o, const char *path)
{
	bool from_stdin = strcmp(path, "-") == 0;
	FILE *log = from_stdin ? stdin : fopen(path, "re");
	bool ok;

	if (!log) {
		fprintf(stderr, "sekisho: %s: %s\n", path, strerror(errno));
		return false;
	}
	ok = observed_read(o, log);
	if (!ok)
		fprintf(stderr, "sekisho: %s: %s\n", path, strerror(errno));
	if (!from_stdin)
		fclose(log);
	return ok;
}

static bool read_logs(struct observed *seen, const struct learn_options *o)
{
	for (size_t i = 0; i < o->n_logs; i++)
		if (!read_log(seen, o->logs[i]))
			return false;
	if (seen->broken)
		fprintf(stderr, "sekisho: %ju of %ju lines could not be read and were passed over\n",
			(uintmax_t)seen->broken, (uintmax_t)seen->lines);
	return true;
}

/* A configuration that holds nothing but the folder's tags; `folder` is absolute. */
static struct conf *load_catalog(const struct learn_options *o, const char *folder)
{
	struct conf_options opt = common_conf(&o->common);
	struct diag_list why = { 0 };
	struct conf *conf = NULL;
	char path[64];
	int fd = memfd_create("catalog", MFD_CLOEXEC);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || dprintf(fd, "include \"%s/*.tag\";\n", folder) < 0) {
		fprintf(stderr, "sekisho: %s: %s\n", folder, strerror(errno));
	} else {
		conf_load(&conf, path, &opt, &why);
		diag_print(&why, stderr);
		diag_fini(&why);
	}
	if (fd >= 0)
		close(fd);
	return conf;
}

static int propose(const struct learn_options *o, const struct conf *conf, const struct policy *policy,
		   const char *folder)
{
	struct observed seen;
	struct learned learned;
	bool ok;

	observed_init(&seen);
	learn_rules(&seen, conf);
	ok = read_logs(&seen, o);
	if (ok) {
		learn_run(&learned, conf, policy, &seen, o->few);
		if (o->common.json)
			learn_print_json(&learned, stdout);
		else
			learn_print(&learned, folder, stdout);
		learn_fini(&learned);
		ok = fflush(stdout) == 0;
	}
	observed_fini(&seen);
	return ok ? EXIT_YES : EXIT_NO;
}

static int with_catalog(const struct learn_options *o)
{
	char *folder = realpath(o->catalog, NULL);
	struct conf *conf = NULL;
	int result = EXIT_NO;

	if (!folder)
		fprintf(stderr, "sekisho: %s: %s\n", o->catalog, strerror(errno));
	else if (strpbrk(folder, "\"\\*?[]{}\n"))
		fprintf(stderr, "sekisho: %s: a folder with such a name cannot be included\n", folder);
	else
		conf = load_catalog(o, folder);
	if (conf)
		result = propose(o, conf, NULL, folder);
	conf_free(conf);
	free(folder);
	return result;
}

static int with_configuration(const struct learn_options *o)
{
	struct conf_options opt = common_conf(&o->common);
	struct generation *gen = NULL;
	struct diag_list why = { 0 };
	int result;

	if (generation_load(&gen, o->common.conf_path, &opt, 1, &why) != 0) {
		diag_sort(&why);
		diag_print(&why, stderr);
	}
	diag_fini(&why);
	result = gen ? propose(o, gen->conf, gen->policy, NULL) : EXIT_NO;
	generation_unref(gen);
	return result;
}

int cmd_learn(int argc, char **argv)
{
	enum { OPT_CATALOG = OPT_OWN, OPT_FEW };
	static const struct option options[] = { COMMON_LONG, { "catalog", required_argument, NULL, OPT_CATALOG },
						 { "few", required_argument, NULL, OPT_FEW }, { 0 } };
	struct learn_options o = { .few = LEARN_FEW };
	uint64_t few = LEARN_FEW;
	int option;

	while ((option = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_YES;
		}
		if (option == OPT_CATALOG)
			o.catalog = optarg;
		else if (option == OPT_FEW && !sv_to_u64(sv_of(optarg), 10000, &few))
			return usage_error("learn", "\"%s\" is not a number up to 10000", optarg);
		else if (option != OPT_FEW && !common_take(&o.common, option, optarg))
			return EXIT_USAGE;
	}
	if (o.catalog && o.common.conf_path)
		return usage_error("learn", "--catalog is for when there is no configuration; leave one of them out");
	if (optind == argc)
		return usage_error("learn", "an access log is wanted, or \"-\" for standard input");
	o.few = few;
	o.logs = argv + optind;
	o.n_logs = (size_t)(argc - optind);
	if (o.catalog)
		return with_catalog(&o);
	o.common.conf_path = o.common.conf_path ? o.common.conf_path : DEFAULT_CONF;
	return with_configuration(&o);
}
