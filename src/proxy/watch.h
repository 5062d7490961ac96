/*
 * watch -- notices that the files a configuration was made of have changed, through inotify.
 * Watches folders, never files: editors replace files, and Kubernetes swaps symlinks.  Watched are the folder
 * of every file read, every folder on the way that is reached through a symlink, and every folder that an
 * include looks into.  A change is reported after a time of quiet, so that a half-copied file is not read, and
 * only when something is really different from what was loaded.
 */
#ifndef SEKISHO_PROXY_WATCH_H
#define SEKISHO_PROXY_WATCH_H

#include "config/conf.h"

struct event_base;
struct watch;

/* `changed` is called from the loop. 0 or a negative errno. */
int watch_create(struct watch **out, struct event_base *base, void (*changed)(void *arg), void *arg);
void watch_free(struct watch *w);                       /* NULL is fine */
/* From now on watches the sources of `conf`, as they are now on disk. `quiet_ms` 0: nothing is watched. */
void watch_set(struct watch *w, const struct conf *conf, uint64_t quiet_ms);

#endif
