/* observed_fuzz -- a log of any octets: nothing but canonical names, ports and known rules comes out. */
#include "catalog/observed.h"
#include "policy/name.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct observed o;
	struct fqdn name;
	FILE *f = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;

	if (!f)
		return 0;
	observed_init(&o);
	observed_add_rule(&o, SV("main"), SV("web"));
	assert(observed_read(&o, f));
	fclose(f);
	assert(o.broken + o.sessions <= o.lines && o.bad_names <= o.sessions && o.n_rules == 1);
	for (size_t i = 0; i < o.n; i++) {
		const struct observation *x = &o.all[i];

		assert(x->port && x->count && x->last_ms > 0 && x->source.family);
		assert((x->name.n == 0) == (x->ip.family != 0));
		assert((x->kind == OBSERVED_ALLOWED) == (x->rule == 0));
		assert(x->name.n == 0 || (fqdn_parse(&name, x->name) == NAME_OK && sv_eq(fqdn_sv(&name), x->name)));
	}
	observed_fini(&o);
	return 0;
}
