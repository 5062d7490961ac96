/*
 * import_fuzz -- the first octet chooses the importer, the rest is its file. What an importer of rules or tags
 * writes loads; a failure has an error that says why.
 */
#include "catalog/import.h"
#include "config/conf_impl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int (*const importers[])(const struct import *in) = {
	import_service_tags, import_office365, import_squid, import_azure_firewall, import_smokescreen,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_list why = { 0 }, refused = { 0 };
	struct conf *conf = NULL;
	size_t kind = size ? (size_t)(data[0] - '0') % 5 : 0, n = 0;
	char *out = NULL;
	struct import in = { .file = "input-20260102", .why = &why };
	int err;

	if (size == 0)
		return 0;
	in.text = (struct sv){ (const char *)data + 1, size - 1 };
	in.out = open_memstream(&out, &n);
	err = importers[kind](&in);
	fclose(in.out);
	if (err && why.errors == 0)
		abort();
	if (!err && kind != 0 && conf_load_text(&conf, "out", (struct sv){ out, n }, NULL, &refused) != 0)
		abort();
	conf_free(conf);
	diag_fini(&why);
	diag_fini(&refused);
	free(out);
	return 0;
}
