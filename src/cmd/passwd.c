/* passwd -- the password file of `auth-users` from the command line: sets, removes and tries passwords. */
#include "auth/basic.h"
#include "auth/users.h"
#include "auth/users_file.h"
#include "base/arena.h"
#include "cmd/cmd.h"
#include "config/source.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

static const char help[] =
	"Usage: sekisho passwd FILE NAME\n"
	"       sekisho passwd --delete FILE NAME\n"
	"       sekisho passwd --verify FILE NAME\n"
	"Changes the password file that auth-users names. On a terminal the password is asked for,\n"
	"twice and without an echo; otherwise it is the first line of standard input.\n"
	"A file that is not there is made, readable by its owner alone.\n\n"
	"      --delete        removes the user\n"
	"      --verify        changes nothing and says whether the password is right\n"
	"  -h, --help          this text\n\n"
	"Exit code: 0 done (verify: the password is right), 1 not done (it is not), 2 for a wrong call.\n";

enum { OPT_DELETE = OPT_OWN, OPT_VERIFY, LINE_MAX_OCTETS = PASSWORD_MAX + 1 };

enum mode { MODE_SET, MODE_DELETE, MODE_VERIFY };

struct secret {
	char text[LINE_MAX_OCTETS + 1];
	size_t n;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "sekisho: %s: %s\n", what, why);
	return EXIT_NO;
}

/* ---- asking for a password ------------------------------------------------------------------------ */

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

/* One line, octet by octet: what follows it belongs to somebody else. -1: none, or too long. */
static int read_line(struct secret *s)
{
	ssize_t got;
	char c = '\0';

	s->n = 0;
	while ((got = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') {
		if (s->n == LINE_MAX_OCTETS)
			return -1;
		s->text[s->n++] = c;
	}
	s->text[s->n] = '\0';
	return got < 0 || (got == 0 && s->n == 0) ? -1 : 0;
}

/* A signal that ends the process must not leave the terminal without echo: it is sent again afterwards. */
static int ask_once(const char *prompt, struct secret *s)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	enum { N = sizeof(numbers) / sizeof(numbers[0]) };
	struct sigaction act = { .sa_handler = on_signal }, before[N];
	struct termios shown, hidden;
	int err;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return -1;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	hidden.c_lflag |= ECHONL;
	for (size_t i = 0; i < N; i++)
		sigaction(numbers[i], &act, &before[i]);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fputs(prompt, stderr);
	err = read_line(s);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	for (size_t i = 0; i < N; i++)
		sigaction(numbers[i], &before[i], NULL);
	if (caught)
		raise(caught);
	return err;
}

static const char *secret_error(const struct secret *s)
{
	if (s->n == 0)
		return "it is empty";
	if (s->n > PASSWORD_MAX)
		return "it is too long";
	for (size_t i = 0; i < s->n; i++)
		if ((unsigned char)s->text[i] < 0x20 || s->text[i] == 0x7f)
			return "it has a control character";
	return NULL;
}

static int ask(struct secret *s, bool twice)
{
	struct secret again;
	bool same;

	if (!isatty(STDIN_FILENO)) {
		if (read_line(s) != 0)
			return fail("password", "nothing to read, or too long");
	} else if (ask_once("Password: ", s) != 0) {
		return fail("password", "nothing was entered, or it is too long");
	}
	if (secret_error(s))
		return fail("password", secret_error(s));
	if (!twice || !isatty(STDIN_FILENO))
		return EXIT_YES;
	same = ask_once("Again: ", &again) == 0 &&
	       password_same((struct sv){ s->text, s->n }, (struct sv){ again.text, again.n });
	explicit_bzero(&again, sizeof(again));
	return same ? EXIT_YES : fail("password", "the two are not the same; nothing was changed");
}

/* ---- what is done --------------------------------------------------------------------------------- */

static int set(const char *file, const char *name)
{
	char hash[PASSWORD_HASH_MAX];
	struct password_scratch *scratch;
	struct secret secret;
	int err = ask(&secret, true);

	if (err == EXIT_YES) {
		scratch = password_scratch_create();
		err = password_make_hash(scratch, secret.text, hash);
		password_scratch_free(scratch);
		if (err == 0)
			err = users_file_change(file, sv_of(name), hash);
		err = err < 0 ? fail(file, source_error(err)) : EXIT_YES;
	}
	explicit_bzero(&secret, sizeof(secret));
	return err;
}

static int delete(const char *file, const char *name)
{
	int found = users_file_change(file, sv_of(name), NULL);

	if (found < 0)
		return fail(file, source_error(found));
	return found ? EXIT_YES : fail(name, "no such user");
}

static struct users *load(const char *file)
{
	struct arena *a = arena_create();
	struct diag_list why = { 0 };
	struct users *users = NULL;
	struct file_id id;
	struct sv text;
	int err = source_read(file, false, a, &text, &id);

	if (err)
		fail(file, source_error(err));
	else
		users_read(&users, text, file, &why);
	diag_print(&why, stderr);
	diag_fini(&why);
	arena_free(a);
	return users;
}

static int verify(const char *file, const char *name)
{
	struct password_scratch *scratch = password_scratch_create();
	struct users *users = load(file);
	const char *hash = users ? users_find(users, sv_of(name)) : NULL;
	struct secret secret;
	int err = !users ? EXIT_NO : hash ? ask(&secret, false) : fail(name, "no such user");

	if (err == EXIT_YES) {
		if (password_matches(scratch, secret.text, hash) != 1)
			err = fail(name, "the password is wrong");
		explicit_bzero(&secret, sizeof(secret));
	}
	users_free(users);
	password_scratch_free(scratch);
	return err;
}

int cmd_passwd(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' }, { "delete", no_argument, NULL, OPT_DELETE },
		{ "verify", no_argument, NULL, OPT_VERIFY }, { NULL, 0, NULL, 0 } };
	enum mode mode = MODE_SET;
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (o == 'h') {
			fputs(help, stdout);
			return EXIT_YES;
		}
		if (o == '?')
			return usage_error("passwd", "unknown option \"%s\"", argv[optind - 1]);
		if (mode != MODE_SET)
			return usage_error("passwd", "--delete and --verify exclude each other, and stand once");
		mode = o == OPT_DELETE ? MODE_DELETE : MODE_VERIFY;
	}
	if (argc - optind != 2)
		return usage_error("passwd", "expected FILE and NAME");
	if (!user_name_is_good(sv_of(argv[optind + 1])))
		return usage_error("passwd", "\"%s\" is no user name (1 to %d octets, no colon, no control characters)",
				   argv[optind + 1], BASIC_USER_MAX);
	switch (mode) {
	case MODE_DELETE:
		return delete(argv[optind], argv[optind + 1]);
	case MODE_VERIFY:
		return verify(argv[optind], argv[optind + 1]);
	case MODE_SET:
		break;
	}
	return set(argv[optind], argv[optind + 1]);
}
