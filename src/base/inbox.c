#include "base/inbox.h"

#include <errno.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

int inbox_init(struct inbox *in)
{
	atomic_init(&in->newest, NULL);
	in->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return in->bell < 0 ? -errno : 0;
}

void inbox_put(struct inbox *in, struct inbox_item *item)
{
	struct inbox_item *head = atomic_load_explicit(&in->newest, memory_order_relaxed);

	do
		item->next = head;
	while (!atomic_compare_exchange_weak_explicit(&in->newest, &head, item, memory_order_release,
						      memory_order_relaxed));
	if (!head)
		inbox_ring(in);
}

void inbox_ring(struct inbox *in)
{
	eventfd_write(in->bell, 1);
}

struct inbox_item *inbox_take(struct inbox *in)
{
	struct inbox_item *newest, *oldest = NULL;
	eventfd_t rung;

	eventfd_read(in->bell, &rung);          /* before the exchange: what comes after it rings again */
	newest = atomic_exchange_explicit(&in->newest, NULL, memory_order_acquire);
	while (newest) {                        /* turn the list round */
		struct inbox_item *item = newest;

		newest = item->next;
		item->next = oldest;
		oldest = item;
	}
	return oldest;
}

void inbox_fini(struct inbox *in)
{
	if (in->bell >= 0)
		close(in->bell);
	in->bell = -1;
}
