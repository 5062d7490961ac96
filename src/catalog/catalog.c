/*
 * catalog -- opening and closing.
 */
#include "catalog/catalog.h"

#include <errno.h>

static int read_catalog(struct catalog *c, int err, struct diag_list *why)
{
	size_t errors = why->errors;

	if (err)
		return err;
	c->r = (struct reading){ .conf = c->conf, .scratch = arena_create(), .why = why };
	c->service_tags = service_tags_read(c->conf, c->r.scratch, why);
	c->r.service_tags = c->service_tags;
	c->tags = tags_read(&c->r);
	return why->errors == errors ? 0 : -EINVAL;
}

int catalog_open_file(struct catalog *out, const char *path, const struct conf_options *opt,
		      struct diag_list *why)
{
	*out = (struct catalog){ 0 };
	return read_catalog(out, conf_load(&out->conf, path, opt, why), why);
}

int catalog_open_folder(struct catalog *out, const char *folder, const struct conf_options *opt,
			struct diag_list *why)
{
	*out = (struct catalog){ 0 };
	return read_catalog(out, conf_load_folder(&out->conf, folder, "*.tag", opt, why), why);
}

void catalog_close(struct catalog *c)
{
	tags_fini(c->tags);
	service_tags_fini(c->service_tags);
	arena_free(c->r.scratch);
	conf_free(c->conf);
	*c = (struct catalog){ 0 };
}
