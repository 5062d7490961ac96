/* users_test -- the password file: what it may hold, what is said of the rest, and how one line of it is changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/password.h"
#include "auth/users.h"
#include "auth/users_file.h"
#include "base/arena.h"
#include "config/source.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Of "secret", as cheap as each method gets. */
#define BCRYPT "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
#define SHA256 "$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2"
#define SHA512 "$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/"
#define YESCRYPT "$y$j75$saltsaltsalt$jyf/lxrpdyAIshWRo1x5DRC6KIE7sNRRtjcomR3PgHA"

static const char *const strong[] = {
	BCRYPT, SHA256, SHA512, YESCRYPT,
	"$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
	"$2a$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
	"$gy$j75$saltsaltsalt$Hr8NZO3YbGYYImkNKbG9HW7NVc2mSlRUKsEKqTUd2R4",
};

static struct users *read_good(const char *text)
{
	struct diag_list why = { 0 };
	struct users *u = NULL;

	assert_int_equal(users_read(&u, sv_of(text), "users", &why), 0);
	assert_int_equal(why.n, 0);
	assert_non_null(u);
	return u;
}

static void hashes(void **state UNUSED)
{
	static const struct { const char *hash, *error; } rows[] = {
		{ "", "missing" }, { "*", "locked" }, { "!" BCRYPT, "locked" },
		{ "abNANd1rDfiNc", "weak" }, { "$1$saltsalt$9xy1btjgzLYfb7hivXtC//", "weak" },
		{ "$apr1$saltsalt$9xy1btjgzLYfb7hivXtC//", "weak" },
		{ "$3$$878d8014606cda29677a44efa1353fc7", "weak" },
		{ "$7$5..../....saltsalt$uDdXKdhM0cP7yuOfhUjclOXmS4wttujOXrWd2PaEfK7", "weak" },
		{ "$sha1$100$saltsalt$Ha3.cIN7/tE/BC10wmSUA1dp.M5W", "weak" },
		{ "$2x$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "weak" },
		{ "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "crypt(3)" }, { "secret word", "crypt(3)" },
		{ "$6$saltsalt$short", "cut" }, { "$y$j9T$saltsaltsalt", "cut" }, { "$2b$04$abc", "cut" },
		{ BCRYPT "x", "too long" }, { SHA256 "xx", "too long" },
		{ "$2b$99$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "malformed" },
		{ "$2b$20$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "cost" },
		{ "$5$rounds=999999999$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2", "cost" },
	};

	for (size_t i = 0; i < COUNT(strong); i++)
		assert_null(password_hash_error(sv_of(strong[i])));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *said = password_hash_error(sv_of(rows[i].hash));

		assert_non_null(said);
		assert_non_null(strstr(said, rows[i].error));
	}
}

static void passwords(void **state UNUSED)
{
	struct password_scratch *s = password_scratch_create();
	char hash[PASSWORD_HASH_MAX], other[PASSWORD_HASH_MAX];

	for (size_t i = 0; i < COUNT(strong); i++) {
		assert_int_equal(password_matches(s, "secret", strong[i]), 1);
		assert_int_equal(password_matches(s, "Secret", strong[i]), 0);
		assert_int_equal(password_matches(s, "", strong[i]), 0);
	}
	assert_true(password_matches(s, "secret", "*0") < 0);
	assert_int_equal(password_make_hash(s, "open sesame", hash), 0);
	assert_int_equal(password_make_hash(s, "open sesame", other), 0);
	assert_string_not_equal(hash, other);           /* another salt */
	assert_memory_equal(hash, "$y$", 3);
	assert_null(password_hash_error(sv_of(hash)));
	assert_int_equal(password_matches(s, "open sesame", hash), 1);
	password_scratch_free(s);
	password_scratch_free(NULL);
	assert_true(password_same(SV("abc"), SV("abc")));
	assert_true(password_same(SV(""), SV("")));
	assert_false(password_same(SV("abc"), SV("abd")));
	assert_false(password_same(SV("abc"), SV("xbc")));
	assert_false(password_same(SV("abc"), SV("abcd")));
}

static void a_file(void **state UNUSED)
{
	struct users *u = read_good("\xef\xbb\xbf# users\n\nzoe:" SHA256 "\r\n  alice : " BCRYPT " \n"
				    "Bob Smith:" SHA512 "\n# mallory:$1$old\nbob@corp.example:" YESCRYPT);
	struct users *none = read_good("# nobody\n"), *other = read_good("zoe:" BCRYPT "\nalice:" BCRYPT "\n");

	assert_int_equal(users_count(u), 4);
	assert_string_equal(users_find(u, SV("alice")), BCRYPT);
	assert_string_equal(users_find(u, SV("zoe")), SHA256);
	assert_string_equal(users_find(u, SV("Bob Smith")), SHA512);
	assert_string_equal(users_find(u, SV("bob@corp.example")), YESCRYPT);
	assert_null(users_find(u, SV("Alice")));        /* names have case */
	assert_null(users_find(u, SV("ali")));
	assert_null(users_find(u, SV("alicex")));
	assert_null(users_find(u, SV("mallory")));
	assert_null(users_find(u, SV("")));
	assert_null(users_find(none, SV("alice")));
	assert_non_null(users_decoy(u, SV("mallory")));
	assert_ptr_equal(users_decoy(u, SV("mallory")), users_decoy(u, SV("mallory")));
	assert_null(password_hash_error(sv_of(users_decoy(none, SV("alice")))));
	assert_true(users_proof(u, SV("alice")) != 0);
	assert_true(users_proof(u, SV("alice")) == users_proof(other, SV("alice")));
	assert_true(users_proof(u, SV("zoe")) != users_proof(other, SV("zoe")));
	assert_true(users_proof(none, SV("zoe")) == 0 && users_proof(NULL, SV("zoe")) == 0);
	users_free(u);
	users_free(none);
	users_free(other);
	users_free(NULL);
}

static void mistakes_have_a_place(void **state UNUSED)
{
	static const struct { const char *text; unsigned line, col; const char *said; } rows[] = {
		{ "alice\n", 1, 1, "without a colon" },
		{ "\n  alice\n", 2, 3, "without a colon" },
		{ "# x\nalice:$1$saltsalt$9xy1btjgzLYfb7hivXtC//\n", 2, 7, "too weak" },
		{ "alice: secret word\n", 1, 8, "not a crypt(3) hash" },
		{ ":" BCRYPT "\n", 1, 1, "no user name" },
		{ "a\x01:" BCRYPT "\n", 1, 1, "no user name" },
		{ "alice:\n", 1, 7, "missing" },
		{ "alice:" BCRYPT ":x\n", 1, 7, "crypt(3)" },
		{ "alice:" BCRYPT "\nbob:" BCRYPT "\nalice:" SHA256 "\n", 3, 1, "stands on line 1 already" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct diag_list why = { 0 };
		struct users *u = (struct users *)&why;

		assert_int_equal(users_read(&u, sv_of(rows[i].text), "users", &why), -EINVAL);
		assert_null(u);
		assert_int_equal(why.n, 1);
		assert_string_equal(why.items[0].file, "users");
		assert_int_equal(why.items[0].line, rows[i].line);
		assert_int_equal(why.items[0].col, rows[i].col);
		assert_non_null(strstr(why.items[0].text, rows[i].said));
		assert_null(strstr(why.items[0].text, "9xy1"));         /* no hash in a message */
		assert_null(strstr(why.items[0].text, "secret"));
		diag_fini(&why);
	}
}

static void many_mistakes_are_summed_up(void **state UNUSED)
{
	struct diag_list why = { 0 };
	struct users *u;
	char text[4096] = "";

	for (int i = 0; i < 50; i++)
		strcat(text, "x\n");
	assert_int_equal(users_read(&u, sv_of(text), "users", &why), -EINVAL);
	assert_int_equal(why.n, 21);
	assert_non_null(strstr(why.items[20].text, "30 more"));
	diag_fini(&why);
}

/* ---- the file itself --------------------------------------------------------------------------- */

static char folder[] = "/tmp/users_test-XXXXXX";
static char path[64], link_path[64];

static int make_folder(void **state UNUSED)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/users", folder);
	snprintf(link_path, sizeof(link_path), "%s/link", folder);
	return 0;
}

static int remove_folder(void **state UNUSED)
{
	unlink(path);
	unlink(link_path);
	return rmdir(folder);                   /* fails when something is left beside */
}

static void write_file(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void expect_file(const char *text, mode_t mode)
{
	struct arena *a = arena_create();
	struct file_id id;
	struct stat st;
	struct sv is;

	assert_int_equal(source_read(path, false, a, &is, &id), 0);
	assert_true(sv_eq(is, sv_of(text)));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, mode);
	arena_free(a);
}

static void modes(void **state UNUSED)
{
	static const struct { mode_t mode; const char *said; } rows[] = {
		{ 0600, NULL }, { 0640, NULL }, { 0660, NULL }, { 0400, NULL }, { 0644, "read" }, { 0602, "written" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct diag_list why = { 0 };

		write_file("", rows[i].mode);
		users_check_mode(path, (struct place){ "main.conf", 7, 3 }, &why);
		assert_int_equal(why.errors, rows[i].said != NULL);
		if (rows[i].said) {
			assert_non_null(strstr(why.items[0].text, rows[i].said));
			assert_non_null(strstr(why.items[0].text, "chmod o= "));
			assert_int_equal(why.items[0].line, 7);
		}
		diag_fini(&why);
	}
	unlink(path);
}

static void lines_are_changed_in_place(void **state UNUSED)
{
	const struct sv alice = SV("alice"), bob = SV("bob");

	assert_int_equal(users_file_change(path, alice, NULL), -ENOENT);
	assert_int_equal(users_file_change(path, alice, "A1"), 0);
	expect_file("alice:A1\n", 0600);
	write_file("# staff\nalice:A1\n\n  bob : B1\n# end", 0640);
	assert_int_equal(users_file_change(path, bob, "B2"), 1);
	expect_file("# staff\nalice:A1\n\nbob:B2\n# end\n", 0640);
	assert_int_equal(users_file_change(path, SV("carol"), "C1"), 0);
	expect_file("# staff\nalice:A1\n\nbob:B2\n# end\ncarol:C1\n", 0640);
	assert_int_equal(users_file_change(path, alice, NULL), 1);
	assert_int_equal(users_file_change(path, alice, NULL), 0);
	expect_file("# staff\n\nbob:B2\n# end\ncarol:C1\n", 0640);
	write_file("bob:B1\nbob:B2\n#bob:B3\n", 0644);   /* one of each is left, and others lose their right */
	assert_int_equal(users_file_change(path, bob, "B4"), 1);
	expect_file("bob:B4\n#bob:B3\n", 0640);
	assert_int_equal(symlink("users", link_path), 0);
	assert_int_equal(users_file_change(link_path, bob, "B5"), 1);
	expect_file("bob:B5\n#bob:B3\n", 0640);
	unlink(link_path);
	unlink(path);
	assert_true(users_file_change("/nowhere/users", bob, "B1") < 0);
	assert_true(users_file_change(folder, bob, "B1") < 0);
}

enum { CHANGERS = 4, CHANGES = 25 };

static void *change(void *arg)
{
	for (unsigned i = 0; i < CHANGES; i++) {
		char name[32];
		int n = snprintf(name, sizeof(name), "%s%u", (const char *)arg, i);

		if (users_file_change(path, (struct sv){ name, (size_t)n }, "H") != 0)
			return arg;
	}
	return NULL;
}

static void changes_at_once_are_all_there(void **state UNUSED)
{
	static char names[CHANGERS][2] = { "a", "b", "c", "d" };
	pthread_t threads[CHANGERS];
	struct arena *a = arena_create();
	struct file_id id;
	size_t lines = 0;
	struct sv text;

	for (int i = 0; i < CHANGERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, change, names[i]), 0);
	for (int i = 0; i < CHANGERS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(source_read(path, false, a, &text, &id), 0);
	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	assert_int_equal(lines, CHANGERS * CHANGES);
	arena_free(a);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes),
		cmocka_unit_test(passwords),
		cmocka_unit_test(a_file),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(many_mistakes_are_summed_up),
		cmocka_unit_test(modes),
		cmocka_unit_test(lines_are_changed_in_place),
		cmocka_unit_test(changes_at_once_are_all_there),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
