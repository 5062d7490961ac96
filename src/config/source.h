/*
 * source -- the files that a configuration is made of: reading them, joining their paths, and the
 * list of what a reload watches.
 */
#ifndef SEKISHO_CONFIG_SOURCE_H
#define SEKISHO_CONFIG_SOURCE_H

#include "config/conf.h"

#include <sys/types.h>

struct file_id {                /* one file, however it is called */
	dev_t dev;
	ino_t ino;
};

/* The whole of a file, in the arena, at most 64 MiB. 0 or a negative errno: -EISDIR for a folder,
 * -EFBIG for a larger one, -ENOTSUP for what is no file (a socket, a device). A pipe is read only if
 * `pipes`, since waiting for one can take for ever. */
int source_read(const char *path, bool pipes, struct arena *a, struct sv *text, struct file_id *id);
const char *source_error(int err);      /* what a negative errno of source_read means to people */

/* The folder part of `path` with its final slash, "" when there is none. */
struct sv path_folder(const char *path);
/* `path` itself when it is absolute, else behind `folder`. */
const char *path_join(struct arena *a, struct sv folder, struct sv path);
/* As path_join(), with the wildcard characters of `folder` made literal. */
const char *path_join_glob(struct arena *a, struct sv folder, struct sv glob);
bool path_has_wildcards(struct sv path);

struct source_list {
	struct conf_source *items;      /* in the arena's memory, like their paths */
	size_t n, cap;
	const char *cwd;                /* with a final slash */
};

void source_list_init(struct source_list *l, struct arena *a);
/* Makes it absolute; one that is there already is left out. */
void source_list_add(struct source_list *l, struct arena *a, const char *path, const char *pattern);
/* Every folder in which a file could appear that `glob` then matches. */
void source_list_add_glob(struct source_list *l, struct arena *a, const char *glob);

#endif
