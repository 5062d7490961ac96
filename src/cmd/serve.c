/* serve -- runs the proxy in the foreground, as systemd and containers want it. */
#include "admin/admin.h"
#include "base/report.h"
#include "cmd/cmd.h"
#include "proxy/server.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
	"Usage: sekisho serve [-c FILE] [--set NAME=VALUE]...\n"
	"Runs the proxy in the foreground.\n\n"
	"  -c, --config FILE   the main configuration (" DEFAULT_CONF ")\n"
	"      --set NAME=VAL  gives a parameter a value; wins over \"param\" in the files\n"
	"  -h, --help          this text\n\n"
	"SIGHUP reloads the files, SIGUSR1 reopens the access log, SIGTERM drains and stops.\n";

static int start_admin(void **out, const struct server *server, struct event_base *base,
		       const struct settings *settings)
{
	char text[ENDPOINT_TEXT_MAX];
	struct admin *a;
	int err;

	if (!settings->admin.ip.family)
		return 0;
	err = admin_create(&a, base, server, &settings->admin);
	if (err) {
		endpoint_format(&settings->admin, text);
		report_error("admin: cannot listen on %s: %s", text, strerrordesc_np(-err));
		return err;
	}
	*out = a;
	return 0;
}

static void stop_admin(void *admin)
{
	admin_free(admin);
}

int cmd_serve(int argc, char **argv)
{
	static const struct option options[] = { COMMON_LONG, { 0 } };
	struct common_options o = { .conf_path = DEFAULT_CONF };
	int option;

	while ((option = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_YES;
		}
		if (!common_take(&o, option, optarg))
			return EXIT_USAGE;
	}
	if (optind < argc)
		return usage_error("serve", "unexpected argument \"%s\"", argv[optind]);
	return server_run(&(struct server_options){ .conf_path = o.conf_path, .conf = common_conf(&o),
						    .started = start_admin, .ended = stop_admin });
}
