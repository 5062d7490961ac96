/*
 * hash -- a keyed 64-bit hash for tables whose keys may come from the network.
 * SipHash-1-3 with a key drawn once per process, so that nobody outside can aim at one bucket.
 */
#ifndef SEKISHO_BASE_HASH_H
#define SEKISHO_BASE_HASH_H

#include "base/sv.h"

uint64_t hash_bytes(const void *p, size_t n);
void hash_fix_key(uint64_t k0, uint64_t k1);    /* for tests and fuzzers that must be repeatable */

#endif
