#include "proxy/relay.h"

#include <errno.h>

enum { READS_PER_TURN = 16 };

static short wants_of(const struct side *s, const struct side *peer)
{
	short wants = 0;

	if (!s->eof && !side_holds(peer))
		wants |= EV_READ;
	if (side_holds(s))
		wants |= EV_WRITE;
	return wants;
}

void relay_want(struct side *a, struct side *b)
{
	side_want(a, wants_of(a, b));
	side_want(b, wants_of(b, a));
}

enum relay_result relay_pump(struct side *from, struct side *to, char *buffer, uint64_t *moved)
{
	for (int turn = 0; turn < READS_PER_TURN; turn++) {
		int err = side_holds(to) ? side_flush(to) : 0, n;

		if (err == -EAGAIN)
			return RELAY_WAITS;
		if (err < 0)
			return RELAY_TO_FAILED;
		if (from->eof)
			return side_shut(to) == 0 ? RELAY_FINISHED : RELAY_TO_FAILED;
		n = side_read(from, buffer, RELAY_BUFFER);
		if (n == -EAGAIN)
			return RELAY_WAITS;
		if (n < 0)
			return RELAY_FROM_FAILED;
		*moved += (uint64_t)n;
		if (n > 0 && side_send(to, (struct sv){ buffer, (size_t)n }) < 0)
			return RELAY_TO_FAILED;
		if (n > 0 && n < RELAY_BUFFER)
			return RELAY_WAITS;     /* the socket is empty; if not, its event comes again */
	}
	return RELAY_WAITS;
}
