/* main -- the command table, nothing else. */
#include "base/suggest.h"
#include "cmd/cmd.h"

#include <stdio.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "check", cmd_check, "reads the configuration and says what is wrong with it" },
	{ "explain", cmd_explain, "says whether a client may reach a target, and why" },
	{ "firewall", cmd_firewall, "prints the packet filter for transparent listeners" },
	{ "learn", cmd_learn, "proposes changes to the policy from access logs" },
	{ "passwd", cmd_passwd, "sets, removes and tries passwords of users" },
	{ "serve", cmd_serve, "runs the proxy in the foreground" },
	{ "tag", cmd_tag, "lists, shows, compares and imports what systems need to reach" },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *to)
{
	fputs("Usage: sekisho COMMAND [OPTIONS]\n"
	      "A forward proxy that lets out only what a policy of wildcard FQDNs allows.\n\n", to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\n  --version  the version\n\nsekisho(8) and sekisho.conf(5) tell the rest.\n", to);
}

static int unknown(const char *name)
{
	struct suggest s;

	suggest_init(&s, sv_of(name));
	for (size_t i = 0; i < COMMANDS; i++)
		suggest_offer(&s, commands[i].name);
	fprintf(stderr, "sekisho: unknown command \"%s\"", name);
	if (suggest_best(&s))
		fprintf(stderr, "; did you mean \"%s\"?", suggest_best(&s));
	fputs("\n", stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct sv name = sv_of(argc > 1 ? argv[1] : "");

	for (size_t i = 0; i < COMMANDS; i++)
		if (sv_eq(name, sv_of(commands[i].name)))
			return commands[i].run(argc - 1, argv + 1);
	if (sv_eq(name, SV("--version")) || sv_eq(name, SV("version"))) {
		puts("sekisho " PACKAGE_VERSION);
		return EXIT_YES;
	}
	if (sv_eq(name, SV("--help")) || sv_eq(name, SV("-h")) || sv_eq(name, SV("help"))) {
		print_help(stdout);
		return EXIT_YES;
	}
	if (argc > 1)
		return unknown(argv[1]);
	print_help(stderr);
	return EXIT_USAGE;
}
