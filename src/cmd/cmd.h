/*
 * cmd -- what the sub-commands share: options, usage errors, exit codes, loading a configuration.
 * A command takes its own argv (argv[0] is its name) and returns the process' exit code.
 */
#ifndef SEKISHO_CMD_CMD_H
#define SEKISHO_CMD_CMD_H

#include "config/conf.h"
#include "proxy/generation.h"

#include <getopt.h>

enum { EXIT_YES = 0, EXIT_NO = 1, EXIT_USAGE = 2, SETS_MAX = 64 };

struct common_options {
	const char *conf_path;
	const char *sets[SETS_MAX];
	size_t n_sets;
	bool json;
};

#define COMMON_SHORT "+c:h"
/* Rows for getopt_long(); values above 255 so that no letter collides. */
enum { OPT_SET = 256, OPT_JSON, OPT_OWN };
#define COMMON_LONG \
	{ "config", required_argument, NULL, 'c' }, { "help", no_argument, NULL, 'h' }, \
	{ "set", required_argument, NULL, OPT_SET }, { "json", no_argument, NULL, OPT_JSON }

/* Takes one option that getopt_long() returned. True when it was a common one. */
bool common_take(struct common_options *o, int option, const char *value);
struct conf_options common_conf(const struct common_options *o);
/* "sekisho: TEXT" and a hint at --help, on stderr; EXIT_USAGE. */
int usage_error(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Loads everything a running daemon would load. Findings are printed on stderr. NULL on errors. */
struct generation *load_generation(const struct common_options *o);

int cmd_serve(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_firewall(int argc, char **argv);
int cmd_learn(int argc, char **argv);
int cmd_passwd(int argc, char **argv);
int cmd_tag(int argc, char **argv);

#ifndef DEFAULT_CATALOG
#define DEFAULT_CATALOG "/usr/local/share/sekisho/policies/catalog"
#endif
#ifndef DEFAULT_CONF
#define DEFAULT_CONF "/etc/sekisho/sekisho.conf"
#endif

#endif
