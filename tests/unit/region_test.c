/* The table of Azure regions. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/region.h"

#define UNUSED __attribute__((unused))
#define N(a) (sizeof(a) / sizeof((a)[0]))

static void known_regions(void **state UNUSED)
{
	static const struct { const char *name, *geo, *azurecloud, *cloud; } cases[] = {
		{ "japaneast", "jpe", "japaneast", "public" },
		{ "JapanEast", "jpe", "japaneast", "public" },
		{ "francecentral", "frc", "centralfrance", "public" },
		{ "norwaywest", "nww", "norwayw", "public" },
		{ "westus3", "wus3", "westus3", "public" },
		{ "polandcentral", NULL, "polandcentral", "public" },
		{ "chilecentral", NULL, "chilec", "public" },
		{ "usgovvirginia", "ugv", "usgovvirginia", "government" },
		{ "chinaeast3", "sha3", "chinaeast3", "china" },
	};

	for (size_t i = 0; i < N(cases); i++) {
		const struct region *r = region_find(sv_of(cases[i].name));

		assert_non_null(r);
		assert_string_equal(r->azurecloud, cases[i].azurecloud);
		assert_string_equal(r->cloud, cases[i].cloud);
		assert_int_equal(r->geo == NULL, cases[i].geo == NULL);
		if (r->geo)
			assert_string_equal(r->geo, cases[i].geo);
	}
}

static void the_table_is_sorted_and_whole(void **state UNUSED)
{
	size_t n, without_code = 0, government = 0, china = 0;
	const struct region *all = region_all(&n);

	for (size_t i = 0; i < n; i++) {
		if (i)
			assert_true(strcmp(all[i - 1].name, all[i].name) < 0);
		for (size_t j = 0; j < i && all[i].geo; j++)
			assert_true(!all[j].geo || strcmp(all[j].geo, all[i].geo) != 0);
		without_code += !all[i].geo;
		government += strcmp(all[i].cloud, "government") == 0;
		china += strcmp(all[i].cloud, "china") == 0;
	}
	assert_int_equal(n, 50 + 17 + 6 + 6);
	assert_int_equal(without_code, 17);
	assert_int_equal(government, 6);
	assert_int_equal(china, 6);
}

static void unknown_regions(void **state UNUSED)
{
	static const struct { const char *name, *near; } cases[] = {
		{ "japaneest", "japaneast" }, { "japan east", "japaneast" }, { "westeuorpe", "westeurope" },
		{ "swedencentre", "swedencentral" }, { "atlantis", NULL }, { "", NULL },
	};

	for (size_t i = 0; i < N(cases); i++) {
		const char *near = region_suggest(sv_of(cases[i].name));

		assert_null(region_find(sv_of(cases[i].name)));
		assert_int_equal(near == NULL, cases[i].near == NULL);
		if (near)
			assert_string_equal(near, cases[i].near);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_regions),
		cmocka_unit_test(the_table_is_sorted_and_whole),
		cmocka_unit_test(unknown_regions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
