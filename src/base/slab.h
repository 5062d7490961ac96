/*
 * slab -- objects of one size, in chunks that go back to the system as soon as nobody lives in them.
 * For what comes and goes by the thousand beside what stays: from malloc, one small block that stays keeps the
 * pages of hundreds that have gone.
 *  - Objects are zeroed and aligned for any type. The fullest chunks are filled first, so that the others can empty.
 *  - One empty chunk is kept as a spare: a load that goes up and down by one object maps nothing.
 *  - Under AddressSanitizer objects that are not taken are poisoned, have a red zone behind them, and are taken
 *    again as late as possible.
 * Not thread-safe: a slab belongs to one worker. Without memory the process ends, as with xmalloc().
 */
#ifndef SEKISHO_BASE_SLAB_H
#define SEKISHO_BASE_SLAB_H

#include <stddef.h>

struct slab;

struct slab *slab_create(size_t size);
void slab_free(struct slab *s);                 /* with every object that is still out; NULL is fine */
void *slab_take(struct slab *s);                /* zeroed */
void slab_give(struct slab *s, void *object);   /* NULL is fine */
size_t slab_in_use(const struct slab *s);       /* objects */
size_t slab_octets(const struct slab *s);       /* mapped, the spare included */

#endif
