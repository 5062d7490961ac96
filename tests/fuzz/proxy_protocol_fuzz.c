/* PROXY protocol headers: a prefix wants more or agrees with the whole; what is accepted has two ends of one family. */
#include <errno.h>

#include "wire/proxy_protocol.h"
#include "wire_fuzz.h"

static void check_accepted(const struct proxy_header *h, size_t n)
{
	CHECK(h->version == 1 ? n <= PROXY_V1_MAX : h->version == 2 && n <= PROXY_V2_MAX);
	CHECK(h->local == (h->source.ip.family == 0) && h->local == (h->destination.ip.family == 0));
	CHECK(h->local || h->source.ip.family == 4 || h->source.ip.family == 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv whole = exact_copy((struct sv){ (const char *)data, size });
	struct proxy_header h, part;
	enum proxy_error why, reason;
	int n = proxy_header_parse(&h, whole, &why);

	CHECK(n == -EAGAIN || n == -EBADMSG || (n > 0 && (size_t)n <= size));
	CHECK((why == PROXY_OK) == (n != -EBADMSG));
	CHECK(n != -EAGAIN || size < PROXY_V2_MAX);
	if (n > 0)
		check_accepted(&h, (size_t)n);
	for (size_t i = 0; i < 4; i++) {
		size_t cut = some_cut(whole, i);
		struct sv prefix = exact_copy(sv_slice(whole, 0, cut));
		int now = proxy_header_parse(&part, prefix, &reason);

		CHECK(now == -EAGAIN || (now == n && reason == why));
		if (n > 0)
			CHECK(now == (cut < (size_t)n ? -EAGAIN : n));
		exact_free(prefix);
	}
	exact_free(whole);
	return 0;
}
