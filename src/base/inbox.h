/*
 * inbox -- how one thread gives another something to do: a list without locks, and a bell.
 * Any thread puts, one thread takes.  The bell is an eventfd that the taker's loop waits for; it rings when
 * something comes into an empty inbox.  An item is the first member of what is given, and whoever takes it owns it.
 */
#ifndef SEKISHO_BASE_INBOX_H
#define SEKISHO_BASE_INBOX_H

#include <stdatomic.h>

struct inbox_item {
	struct inbox_item *next;
};

struct inbox {
	_Atomic(struct inbox_item *) newest;
	int bell;                       /* readable when there is something to take; -1: none */
};

/* 0 or a negative errno. */
int inbox_init(struct inbox *in);
void inbox_put(struct inbox *in, struct inbox_item *item);
/* Rings with nothing new inside: the taker is to look at something else. */
void inbox_ring(struct inbox *in);
/* Silences the bell and takes everything: a list by `next`, in the order in which it was given. NULL: nothing. */
struct inbox_item *inbox_take(struct inbox *in);
/* Closes the bell. Nothing may be left inside. */
void inbox_fini(struct inbox *in);

#endif
