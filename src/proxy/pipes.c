#include "proxy/pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int pipes_take(struct pipes *p, struct pipe_pair *out)
{
	int fds[2];

	if (p->lent == PIPES_LENT)
		return -EMFILE;
	if (p->n) {
		*out = p->kept[--p->n];
		p->lent++;
		return 0;
	}
	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0)
		return -errno;
	p->lent++;
	fcntl(fds[0], F_SETPIPE_SZ, PIPE_OCTETS);       /* a smaller one works, too */
	*out = (struct pipe_pair){ .in = fds[1], .out = fds[0] };
	return 0;
}

void pipes_discard(struct pipes *p, struct pipe_pair *pair)
{
	if (pair->in < 0)
		return;
	close(pair->in);
	close(pair->out);
	p->lent--;
	*pair = (struct pipe_pair){ -1, -1 };
}

void pipes_give(struct pipes *p, struct pipe_pair *pair)
{
	if (p->n == PIPES_KEPT) {
		pipes_discard(p, pair);
		return;
	}
	p->kept[p->n++] = *pair;
	p->lent--;
	*pair = (struct pipe_pair){ -1, -1 };
}

void pipes_fini(struct pipes *p)
{
	while (p->n) {
		struct pipe_pair *pair = &p->kept[--p->n];

		close(pair->in);
		close(pair->out);
	}
}
