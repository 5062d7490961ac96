/* dns_help -- what tests of the resolver's parts have in common. Include it behind cmocka.h. */
#ifndef SEKISHO_TESTS_DNS_HELP_H
#define SEKISHO_TESTS_DNS_HELP_H

#include "wire/dns.h"

static inline struct dns_name name_of(const char *text)
{
	struct dns_name n;

	assert_true(dns_name_from_text(&n, sv_of(text)));
	return n;
}

#endif
