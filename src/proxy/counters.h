/*
 * counters -- what one worker counts.  Only its own thread writes, any thread may read: relaxed atomics,
 * which on the machines that matter are plain loads and stores.
 */
#ifndef SEKISHO_PROXY_COUNTERS_H
#define SEKISHO_PROXY_COUNTERS_H

#include "log/reason.h"

#include <stdatomic.h>
#include <stdint.h>

struct counters {
	_Atomic uint64_t accepted;              /* connections */
	_Atomic uint64_t probes;                /* of them closed without a byte */
	_Atomic uint64_t allowed, refused;      /* decisions */
	_Atomic uint64_t tunnels;               /* tunnels that were established */
	_Atomic uint64_t bytes_up, bytes_down;
	_Atomic uint64_t accept_pauses;         /* times that descriptors ran out */
	_Atomic uint64_t ended[REASONS];        /* sessions by how they ended */
	_Atomic int64_t open;                   /* sessions now */
};

static inline void counter_add(_Atomic uint64_t *c, uint64_t n)
{
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline uint64_t counter_get(const _Atomic uint64_t *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

#endif
