/*
 * net -- the little that the benchmark's programs share: one epoll loop, TCP sockets, and a way to give up.
 * An actor is a descriptor with a function; whoever embeds it owns it.  The loop never frees anything: what
 * dies inside a callback goes on a list of its owner, to be freed when loop_turn() has returned, because
 * another event for it may lie in the same batch.
 */
#ifndef SEKISHO_BENCH_NET_H
#define SEKISHO_BENCH_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define CONTAINER(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

struct actor {
	int fd;
	void (*on)(struct actor *a, uint32_t events);
};

void loop_init(void);
void loop_add(struct actor *a, uint32_t events);
void loop_change(struct actor *a, uint32_t events);
int loop_turn(int timeout_ms);                          /* one epoll_wait() and its callbacks; how many */

/* "127.0.0.1:80"; ends the program on anything else. */
struct sockaddr_in net_address(const char *text);
int net_listen(struct sockaddr_in at);                  /* non-blocking; ends the program on failure */
int net_dial(struct sockaddr_in to);                    /* non-blocking; -errno when it failed at once */
void net_take_descriptors(void);                        /* as many as the hard limit gives */

uint64_t now_ns(void);
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
