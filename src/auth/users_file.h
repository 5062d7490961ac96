/*
 * users_file -- changes one line of a password file, for `sekisho passwd`.
 * Comments, blank lines and the order stay.  The new file is written beside the old one and takes its place at once,
 * with the owner, group and mode of the old one (less what others could read); a new file is the owner's
 * alone.  Two changes at a time wait for each other.
 */
#ifndef SEKISHO_AUTH_USERS_FILE_H
#define SEKISHO_AUTH_USERS_FILE_H

#include "base/sv.h"

/* Gives the user that hash, or with NULL takes the user's line out. 1: there was a line; 0: there was none (a new
 * one stands at the end); or a negative errno and nothing was changed. */
int users_file_change(const char *path, struct sv name, const char *hash);

#endif
