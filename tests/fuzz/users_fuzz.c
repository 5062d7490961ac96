/*
 * users_fuzz -- a password file.
 * What is taken has good names only, each found again with a hash that can be used; what is refused says where.
 */
#include "wire_fuzz.h"

#include "auth/basic.h"
#include "auth/users.h"

enum { INPUT_MAX = 20000 };

static void check_lines(const struct users *u, struct sv text)
{
	size_t n = 0;

	while (text.p) {
		struct sv line = sv_cut(&text, '\n'), name = users_line_name(line);

		if (!name.p)
			continue;
		n++;
		CHECK(user_name_is_good(name));
		CHECK(users_find(u, name) && !password_hash_error(sv_of(users_find(u, name))));
		CHECK(users_proof(u, name) != 0);
	}
	CHECK(n == users_count(u));
	CHECK(!password_hash_error(sv_of(users_decoy(u, SV("stranger")))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = exact_copy((struct sv){ (const char *)data, size < INPUT_MAX ? size : INPUT_MAX });
	struct diag_list why = { 0 };
	struct users *u;

	if (users_read(&u, text, "users", &why) == 0) {
		CHECK(why.n == 0);
		if (!sv_starts_with(text, SV("\xef\xbb\xbf")))
			check_lines(u, text);
		users_free(u);
	} else {
		CHECK(why.errors > 0 && why.items[0].line > 0);
	}
	diag_fini(&why);
	exact_free(text);
	return 0;
}
