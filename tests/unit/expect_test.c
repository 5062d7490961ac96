#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/policy_help.h"

#define POLICY \
	"collection w { priority 100; action audit; rule watch { from any; to watched.example https:443; } }\n" \
	"collection c { priority 200; action allow; rule r { from 10.1.0.0/16; to a.example watched.example https:443;\n" \
	"to a.example http:80; to 20.1.1.1 tcp:22; to s.example tcp:443; to u.example udp:123; }\n" \
	"rule who { from 10.0.0.0/8 identity:\"spiffe://site/vm/*\" user:alice; to who.example https:443; }\n" \
	"rule cn { from identity:cn:\"Backup Server 1\"; to cn.example https:443; }\n" \
	"rule jit { from any; to jit.example https:443; until 2026-05-01T00:00:00Z; } }\n"

enum { QUIET = 2 };                     /* the warnings that no file says who is who */

static const struct {
	const char *line, *part;        /* NULL: holds without a word */
} cases[] = {
	{ "expect allow 10.1.0.9 a.example https:443;", NULL },
	{ "expect allow 10.1.0.9 A.Example. https:443;", NULL },
	{ "expect allow ::ffff:10.1.0.9 a.example https:443;", NULL },
	{ "expect allow 10.1.0.9 a.example http:80;", NULL },
	{ "expect allow 10.1.0.9 20.1.1.1 tcp:22;", NULL },
	{ "expect allow 10.1.0.9 u.example udp:123;", NULL },
	{ "expect deny 10.2.0.9 a.example https:443;", NULL },
	{ "expect deny 10.1.0.9 a.example https:444;", NULL },
	{ "expect deny 10.1.0.9 [2001:db8::1] https:443;", NULL },
	{ "expect deny 10.1.0.9 2001:db8::1 https:443;", NULL },
	{ "expect audit 10.1.0.9 watched.example https:443;", NULL },
	{ "param h a.example;\nexpect allow 10.1.0.9 ${h} https:443;", NULL },
	{ "expect allow 10.1.0.9 jit.example https:443;", "note: this expectation holds only while an \"until\"" },
	{ "expect deny 10.1.0.9 jit.example https:443;", "got allow, by rule c/jit (" },
	{ "expect allow 10.1.0.9 b.example https:443;", ":8:1: error: broken expectation: expected allow for b.example https:443, got deny, for no rule matches" },
	{ "expect deny 10.1.0.9 a.example https:443;", "got allow, by rule c/r (" },
	{ "expect allow 10.1.0.9 s.example https:443;", "got allow as tcp, by rule c/r (" },
	{ "expect allow 10.1.0.9 a.example tcp:443;", "got allow as https, by rule c/r (" },
	{ "expect allow 10.1.0.9 watched.example https:443;", "got audit: it passes, but rule w/watch (" },
	{ "expect audit 10.1.0.9 a.example https:443;", "expected audit" },
	{ "default audit;\nexpect allow 10.1.0.9 b.example https:443;", "by \"default audit\" alone" },
	{ "default audit;\nexpect audit 10.1.0.9 b.example https:443;", NULL },
	{ "expect allow vms a.example https:443;", ":8:14: error: \"vms\" is no source address" },
	{ "expect allow 10.1.0.9 a..example https:443;", ":8:23: error: \"a..example\" cannot be asked for" },
	{ "expect allow 10.1.0.9 a.example https:443,444;", ":8:33: error: " },
	{ "expect allow 10.1.0.9 a.example tcp:any;", "is more than one port" },
	{ "expect allow 10.1.0.9 ${x}.example tcp:1;", "${x} has no value" },
	{ "expect deny 10.1.0.9 who.example https:443;", NULL },
	{ "expect deny 10.1.0.9 user:alice who.example https:443;", NULL },
	{ "expect deny 10.1.0.9 identity:spiffe://site/vm/x user:bob who.example https:443;", NULL },
	{ "expect deny 11.1.0.9 identity:spiffe://site/vm/x user:alice who.example https:443;", NULL },
	{ "expect allow 10.1.0.9 identity:spiffe://site/vm/x user:alice who.example https:443;", NULL },
	{ "expect allow 10.1.0.9 user:alice identity:\"spiffe://site/vm/x\" who.example https:443;", NULL },
	{ "expect allow 10.1.0.9 identity:cn:\"Backup Server 1\" cn.example https:443;", NULL },
	{ "param u alice bob;\nexpect deny 10.1.0.9 user:${u} who.example https:443;", NULL },
	{ "expect allow 10.1.0.9 user:alice who.example https:443;", "expected allow for who.example https:443, got deny" },
	{ "expect allow 10.1.0.9 alice who.example https:443;", ":8:1: error: expected \"expect allow|deny|audit SOURCE [identity:TEXT] [user:NAME]" },
	{ "expect allow 10.1.0.9 user:a user:b who.example https:443;", ":8:30: error: a question has one user at most" },
	{ "expect allow 10.1.0.9 identity:a identity:b who.example https:443;", "a question has one identity at most" },
	{ "expect allow 10.1.0.9 user:a:b who.example https:443;", ":8:23: error: \"a:b\" is no name of a user" },
	{ "expect allow 10.1.0.9 identity:*.x who.example https:443;", ":8:23: error: \"*.x\" is no identity" },
	{ "expect allow 10.1.0.9 user:${x} who.example https:443;", "${x} has no value" },
};

static void expectations(void **state UNUSED)
{
	char text[4096];
	struct bed b;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *part = cases[i].part;
		bool fails = part && strncmp(part, "note:", 5) != 0;
		int err;

		snprintf(text, sizeof(text), POLICY "\n%s\n", cases[i].line);
		bed_start(&b);
		bed_file(&b, "main.conf", text);
		err = bed_build(&b);
		if ((err != 0) != fails || (!part && b.why.n != QUIET))
			fail_msg("%s:\n%s", cases[i].line, bed_findings(&b));
		if (part)
			bed_must_say(&b, part);
		bed_end(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expectations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
