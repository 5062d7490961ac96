#include "proxy/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>

enum {
	TURN_OCTETS = 1 << 20,          /* one direction's budget for one call */
	BULK_LEAST = 16 * 1024,         /* octets in one read that are worth a pipe */
	BULK_STREAK = 4,                /* that many such reads in a row are bulk */
};

static unsigned wants_of(const struct side *s, const struct side *peer)
{
	unsigned wants = 0;

	if (!s->eof && !side_holds(peer))
		wants |= SOCK_READ;
	if (side_holds(s) || s->shutting)
		wants |= SOCK_WRITE;
	return wants;
}

void relay_want(struct side *a, struct side *b)
{
	side_want(a, wants_of(a, b));
	side_want(b, wants_of(b, a));
}

/* ---- by copy ------------------------------------------------------------------------------- */

/* Octets moved, 0 at the end, or a negative errno; *write_failed tells whose. */
static int copy_some(struct side *from, struct side *to, char *buffer, bool *write_failed)
{
	int n = side_read(from, buffer, RELAY_BUFFER), err;

	if (n <= 0)
		return n;
	if (n < BULK_LEAST)
		from->streak = 0;
	else if (from->streak < BULK_STREAK)
		from->streak++;
	err = side_send(to, (struct sv){ buffer, (size_t)n });
	*write_failed = err < 0;
	return err < 0 ? err : n;
}

/* ---- by splice ----------------------------------------------------------------------------- */

/* Empties the pipe in front of `to`. 0 when it is empty and given back, -EAGAIN, or a negative errno. */
static int drain_pipe(struct side *to, struct pipes *pool)
{
	unsigned more = to->more ? SPLICE_F_MORE : 0;

	while (to->piped) {
		ssize_t n;

		if (!(side_can(to) & SOCK_WRITE))
			return -EAGAIN;
		n = splice(to->pipe.out, NULL, side_fd(to), NULL, to->piped, SPLICE_F_MOVE | SPLICE_F_NONBLOCK | more);

		if (n < 0 && errno == EAGAIN)
			side_note_full(to);
		else if (n < 0 && errno != EINTR)
			return -errno;
		else if (n > 0)
			to->piped -= (uint32_t)n;
	}
	if (to->pipe.in >= 0)
		pipes_give(pool, &to->pipe);
	return 0;
}

/* As copy_some(). A splice that cannot be done ends the streak, and the next turn copies; so does a short one with which a
 * turn begins. One behind others is the tail of a burst. A short one does not say that the socket is empty: a pipe has so
 * many slots, and packets may be small. Nor is none at all the end: it may have met urgent octets, which only a copy gets past. */
static int splice_some(struct side *from, struct side *to, struct pipes *pool, bool first, bool *write_failed)
{
	ssize_t n;
	int err;

	if (!(side_can(from) & SOCK_READ) || pipes_take(pool, &to->pipe) != 0) {
		from->streak = 0;
		return -EAGAIN;
	}
	n = splice(side_fd(from), NULL, to->pipe.in, NULL, PIPE_OCTETS, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	err = errno;
	if (n >= 0 ? n == 0 || (first && n < BULK_LEAST) : err != EAGAIN || from->sock->ready & SOCK_ENDED)
		from->streak = 0;
	if (n <= 0) {
		pipes_give(pool, &to->pipe);
		if (n < 0 && err == EAGAIN)
			side_note_empty(from);
		return n == 0 || err == EINVAL || err == EINTR ? -EAGAIN : -err;
	}
	to->piped = (uint32_t)n;
	to->more = n == PIPE_OCTETS;            /* a full pipe: the rest of a segment can wait for the next one */
	err = drain_pipe(to, pool);
	*write_failed = err < 0 && err != -EAGAIN;
	return *write_failed ? err : (int)n;
}

/* ---- one direction ------------------------------------------------------------------------- */

/* 0 when `to` can take more, -EAGAIN, or another negative errno. */
static int make_room(struct side *to, struct pipes *pool)
{
	int err = to->piped ? drain_pipe(to, pool) : 0;

	return err == 0 && side_holds(to) ? side_flush(to) : err;
}

/* FIN goes on. When the other direction has ended as well, the close that follows sends it. */
static enum relay_result finish(const struct side *from, struct side *to)
{
	int err;

	if (from->shut && to->eof && side_is_plain(to))
		to->shut = true;
	err = side_shut(to);
	return err == 0 ? RELAY_FINISHED : err == -EAGAIN ? RELAY_WAITS : RELAY_TO_FAILED;
}

/* Nothing more for now. What was kept back for it goes: the option, though it is on already, makes the kernel send. */
static enum relay_result rest(struct side *to)
{
	if (to->more)
		side_set_nodelay(side_fd(to));
	to->more = false;
	return RELAY_WAITS;
}

enum relay_result relay_pump(struct side *from, struct side *to, struct relay_tools *tools, uint64_t *moved)
{
	uint64_t start = *moved;

	while (*moved - start < TURN_OCTETS) {
		bool bulk = from->streak >= BULK_STREAK && side_is_plain(from) && side_is_plain(to), write_failed = false;
		int room = make_room(to, &tools->pipes), n;

		if (room == -EAGAIN)
			return RELAY_WAITS;
		if (room < 0)
			return RELAY_TO_FAILED;
		if (from->eof)
			return finish(from, to);
		n = bulk ? splice_some(from, to, &tools->pipes, *moved == start, &write_failed)
			 : copy_some(from, to, tools->buffer, &write_failed);
		if (n == -EAGAIN && !write_failed)
			return rest(to);
		if (n < 0)
			return write_failed ? RELAY_TO_FAILED : RELAY_FROM_FAILED;
		*moved += (uint64_t)n;
		if (n > 0 && !(side_can(from) & SOCK_READ))
			return rest(to);
		if (n > 0 && bulk && n < PIPE_OCTETS)
			return RELAY_WAITS;     /* after a round of the others there is more to take at once */
	}
	return RELAY_WAITS;
}
