/*
 * learned -- which name a client means by an address.
 *
 *   shard = hash(client)      its entries: a table of chains by (client, address), newest first in each chain;
 *                             and a list of all, the one that was told longest ago last
 *   client                    exists while it has entries; a list of them, again the oldest last
 *
 * The bound is on all shards together. Who makes the table overflow pays: a shard that holds its share or more
 * gives up an entry itself, for others the fullest does; and in a shard it is the client with the most entries that
 * loses its oldest. So one noisy client cannot push the others out.
 */
#include "dns/learned.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "policy/name.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SHARDS = 64, BUCKETS_MIN = 16,
	LINE_OCTETS = 2 * IP_TEXT_MAX + LEARNED_NAME_MAX + 32,
	LEFT_MAX_S = 7 * 86400,         /* a file that says more was not written by us */
};
static const char first_line[] = "sekisho learned names 1\n";

struct learned_hold {                   /* an entry of the table; outside of here it is only held */
	TAILQ_ENTRY(learned_hold) by_age, of_client;
	struct learned_hold *next;      /* in its bucket */
	struct client *client;
	uint64_t hash;                  /* of client and address */
	uint64_t expires_us;
	struct ip address;
	uint32_t holds;
	uint8_t n;
	char name[];
};
TAILQ_HEAD(entries, learned_hold);

struct client {
	LIST_ENTRY(client) in_bucket;
	struct ip address;
	struct entries by_age;
	size_t n, held;
};
LIST_HEAD(clients, client);

struct shard {
	pthread_mutex_t lock;
	struct entries by_age;
	struct learned_hold **buckets;
	struct clients *clients;        /* a table of chains by address */
	size_t n_buckets;               /* of each table; a power of two */
	_Atomic size_t n;               /* written under the lock; read by anybody */
	size_t held;
	uint64_t added, renewed, evicted;
};

struct learned {
	_Atomic uint32_t grace_s;
	_Atomic size_t limit, total;
	struct shard shards[SHARDS];
};

/* ---- life ----------------------------------------------------------------------------------- */

void learned_configure(struct learned *l, const struct learned_config *cfg)
{
	atomic_store_explicit(&l->grace_s, cfg->grace_s, memory_order_relaxed);
	atomic_store_explicit(&l->limit, cfg->entries ? cfg->entries : 1, memory_order_relaxed);
}

struct learned *learned_create(const struct learned_config *cfg)
{
	struct learned *l = xcalloc(1, sizeof(*l));

	learned_configure(l, cfg);
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &l->shards[i];

		pthread_mutex_init(&s->lock, NULL);
		TAILQ_INIT(&s->by_age);
		s->n_buckets = BUCKETS_MIN;
		s->buckets = xcalloc(s->n_buckets, sizeof(struct learned_hold *));
		s->clients = xcalloc(s->n_buckets, sizeof(*s->clients));
	}
	return l;
}

/* ---- one shard, its lock held ---------------------------------------------------------------- */

static uint64_t hash_of_client(const struct ip *client)
{
	return hash_bytes(client, sizeof(*client));
}

static struct shard *shard_of(struct learned *l, const struct ip *client)
{
	return &l->shards[hash_of_client(client) % SHARDS];
}

static uint64_t hash_of(const struct ip *client, const struct ip *address)
{
	struct ip both[2] = { *client, *address };

	return hash_bytes(both, sizeof(both));
}

static bool is_live(const struct learned_hold *e, uint64_t now_us)
{
	return e->holds || e->expires_us > now_us;
}

static bool is_about(const struct learned_hold *e, uint64_t hash, const struct ip *client, const struct ip *address)
{
	return e->hash == hash && ip_eq(&e->client->address, client) && ip_eq(&e->address, address);
}

static struct learned_hold **bucket_of(struct shard *s, uint64_t hash)
{
	return &s->buckets[hash & (s->n_buckets - 1)];
}

static struct learned_hold *find(struct shard *s, const struct ip *client, const struct ip *address, struct sv name)
{
	uint64_t hash = hash_of(client, address);
	struct learned_hold *e = *bucket_of(s, hash);

	while (e && !(is_about(e, hash, client, address) && sv_eq((struct sv){ e->name, e->n }, name)))
		e = e->next;
	return e;
}

static void unchain(struct shard *s, struct learned_hold *e)
{
	struct learned_hold **at = bucket_of(s, e->hash);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
}

static void chain(struct shard *s, struct learned_hold *e)
{
	struct learned_hold **head = bucket_of(s, e->hash);

	e->next = *head;
	*head = e;
}

static struct clients *client_bucket_of(struct shard *s, const struct ip *client)
{
	return &s->clients[hash_of_client(client) / SHARDS & (s->n_buckets - 1)];
}

static struct client *find_client(struct shard *s, const struct ip *address)
{
	struct client *c;

	LIST_FOREACH(c, client_bucket_of(s, address), in_bucket)
		if (ip_eq(&c->address, address))
			break;
	return c;
}

static struct client *client_for(struct shard *s, const struct ip *address)
{
	struct client *c = find_client(s, address);

	if (!c) {
		c = xcalloc(1, sizeof(*c));
		c->address = *address;
		TAILQ_INIT(&c->by_age);
		LIST_INSERT_HEAD(client_bucket_of(s, address), c, in_bucket);
	}
	return c;
}

static void make_newest(struct shard *s, struct learned_hold *e)
{
	TAILQ_INSERT_HEAD(&s->by_age, e, by_age);
	TAILQ_INSERT_HEAD(&e->client->by_age, e, of_client);
}

static void take_out(struct shard *s, struct learned_hold *e)
{
	unchain(s, e);
	TAILQ_REMOVE(&s->by_age, e, by_age);
	TAILQ_REMOVE(&e->client->by_age, e, of_client);
}

static void drop(struct learned *l, struct shard *s, struct learned_hold *e)
{
	take_out(s, e);
	if (--e->client->n == 0) {
		LIST_REMOVE(e->client, in_bucket);
		free(e->client);
	}
	atomic_fetch_sub_explicit(&s->n, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&l->total, 1, memory_order_relaxed);
	free(e);
}

static void rechain_clients(struct shard *s, struct clients *old, size_t n)
{
	struct client *c;

	for (size_t i = 0; i < n; i++)
		while ((c = LIST_FIRST(&old[i]))) {
			LIST_REMOVE(c, in_bucket);
			LIST_INSERT_HEAD(client_bucket_of(s, &c->address), c, in_bucket);
		}
}

/* Twice the buckets. Oldest first, so that in each chain the newest comes to stand in front again. */
static void grow(struct shard *s)
{
	struct clients *old = s->clients;
	struct learned_hold *e;

	free(s->buckets);
	s->n_buckets *= 2;
	s->buckets = xcalloc(s->n_buckets, sizeof(struct learned_hold *));
	s->clients = xcalloc(s->n_buckets, sizeof(*s->clients));
	rechain_clients(s, old, s->n_buckets / 2);
	free(old);
	TAILQ_FOREACH_REVERSE(e, &s->by_age, entries, by_age)
		chain(s, e);
}

/* A few that are over go with each one that comes. */
static void drop_old(struct learned *l, struct shard *s, uint64_t now_us)
{
	enum { A_FEW = 3 };
	struct learned_hold *e = TAILQ_LAST(&s->by_age, entries), *newer;

	for (int i = 0; e && i < A_FEW; i++, e = newer) {
		newer = TAILQ_PREV(e, entries, by_age);
		if (!is_live(e, now_us))
			drop(l, s, e);
	}
}

void learned_free(struct learned *l)
{
	struct learned_hold *e;

	if (!l)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		while ((e = TAILQ_FIRST(&l->shards[i].by_age)))
			drop(l, &l->shards[i], e);
		free(l->shards[i].buckets);
		free(l->shards[i].clients);
		pthread_mutex_destroy(&l->shards[i].lock);
	}
	free(l);
}

/* ---- making room ----------------------------------------------------------------------------- */

static struct shard *who_pays(struct learned *l, struct shard *own, size_t limit)
{
	struct shard *fullest = own;

	if (atomic_load_explicit(&own->n, memory_order_relaxed) >= limit / SHARDS + 1)
		return own;
	for (size_t i = 0; i < SHARDS; i++)
		if (atomic_load_explicit(&l->shards[i].n, memory_order_relaxed) >
		    atomic_load_explicit(&fullest->n, memory_order_relaxed))
			fullest = &l->shards[i];
	return fullest;
}

static struct learned_hold *oldest_of(const struct client *c)
{
	struct learned_hold *e = NULL;

	TAILQ_FOREACH_REVERSE(e, &c->by_age, entries, of_client)
		if (!e->holds)
			break;
	return e;
}

static bool pays_before(const struct client *a, const struct client *b)
{
	size_t na = a->n - a->held, nb = b->n - b->held;

	return na != nb ? na > nb : na > 0 && oldest_of(a)->expires_us < oldest_of(b)->expires_us;
}

/* The client with the most entries that nobody holds, of several the one whose oldest ends first; NULL: a shard
 * without a client. Looks at them all: only when the table is full, and a shard has a 64th of the clients. */
static struct client *fullest_client(const struct shard *s)
{
	struct client *c, *fullest = NULL;

	for (size_t i = 0; i < s->n_buckets; i++)
		LIST_FOREACH(c, &s->clients[i], in_bucket)
			if (!fullest || pays_before(c, fullest))
				fullest = c;
	return fullest;
}

static bool evict_one(struct learned *l, struct shard *s, uint64_t now_us)
{
	struct learned_hold *e = NULL;
	struct client *c;

	pthread_mutex_lock(&s->lock);
	c = fullest_client(s);
	if (c)
		e = oldest_of(c);
	if (e) {
		s->evicted += is_live(e, now_us);
		drop(l, s, e);
	}
	pthread_mutex_unlock(&s->lock);
	return e != NULL;
}

/* No lock is held here: two shards are never locked at once. */
static bool make_room(struct learned *l, struct shard *own, uint64_t now_us)
{
	size_t limit = atomic_load_explicit(&l->limit, memory_order_relaxed);

	while (atomic_load_explicit(&l->total, memory_order_relaxed) >= limit)
		if (!evict_one(l, who_pays(l, own, limit), now_us))
			return false;
	return true;
}

/* ---- adding and asking ------------------------------------------------------------------------ */

static void renew(struct shard *s, struct learned_hold *e, uint64_t expires_us)
{
	if (expires_us > e->expires_us)
		e->expires_us = expires_us;
	s->renewed++;
	take_out(s, e);
	chain(s, e);
	make_newest(s, e);
}

static void insert(struct learned *l, struct shard *s, const struct ip *client, const struct ip *address,
		   struct sv name, uint64_t expires_us)
{
	struct learned_hold *e = xcalloc(1, sizeof(*e) + name.n);

	e->hash = hash_of(client, address);
	e->client = client_for(s, client);
	e->client->n++;
	e->address = *address;
	e->expires_us = expires_us;
	e->n = (uint8_t)name.n;
	s->added++;
	memcpy(e->name, name.p, name.n);
	make_newest(s, e);
	atomic_fetch_add_explicit(&l->total, 1, memory_order_relaxed);
	if (atomic_fetch_add_explicit(&s->n, 1, memory_order_relaxed) + 1 > s->n_buckets)
		grow(s);
	else
		chain(s, e);
}

static bool put(struct learned *l, const struct ip *client, const struct ip *address, struct sv name,
		uint64_t expires_us, uint64_t now_us)
{
	struct shard *s = shard_of(l, client);
	struct learned_hold *e;

	pthread_mutex_lock(&s->lock);
	e = find(s, client, address, name);
	if (e) {
		renew(s, e, expires_us);
		pthread_mutex_unlock(&s->lock);
		return true;
	}
	drop_old(l, s, now_us);
	pthread_mutex_unlock(&s->lock);
	if (!make_room(l, s, now_us))
		return false;
	pthread_mutex_lock(&s->lock);
	e = find(s, client, address, name);     /* another worker may have been quicker */
	if (e)
		renew(s, e, expires_us);
	else
		insert(l, s, client, address, name, expires_us);
	pthread_mutex_unlock(&s->lock);
	return true;
}

static uint64_t after(uint64_t now_us, uint64_t seconds)
{
	return now_us + seconds * 1000000;
}

static uint32_t grace_of(const struct learned *l)
{
	return atomic_load_explicit(&l->grace_s, memory_order_relaxed);
}

static bool is_canonical(struct sv name)
{
	struct fqdn f;

	return fqdn_parse(&f, name) == NAME_OK && sv_eq(fqdn_sv(&f), name);
}

bool learned_add(struct learned *l, const struct ip *client, const struct ip *address, struct sv name,
		 uint32_t ttl_s, uint64_t now_us)
{
	if (!client->family || !address->family || !is_canonical(name))
		return false;
	return put(l, client, address, name, after(now_us, (uint64_t)ttl_s + grace_of(l)), now_us);
}

static void copy_name(struct learned_name *out, const struct learned_hold *e, uint64_t now_us)
{
	out->n = e->n;
	memcpy(out->text, e->name, e->n);
	out->text[e->n] = '\0';
	out->left_s = e->expires_us > now_us ? (uint32_t)((e->expires_us - now_us + 999999) / 1000000) : 0;
}

size_t learned_find(struct learned *l, const struct ip *client, const struct ip *address,
		    struct learned_name *out, size_t max, uint64_t now_us)
{
	struct shard *s = shard_of(l, client);
	uint64_t hash = hash_of(client, address);
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	for (const struct learned_hold *e = *bucket_of(s, hash); e; e = e->next) {
		if (!is_about(e, hash, client, address) || !is_live(e, now_us))
			continue;
		if (n < max)
			copy_name(&out[n], e, now_us);
		n++;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

bool learned_knows(struct learned *l, const struct ip *client, const struct ip *address, struct sv name,
		   uint64_t now_us)
{
	struct shard *s = shard_of(l, client);
	const struct learned_hold *e;
	bool knows;

	pthread_mutex_lock(&s->lock);
	e = find(s, client, address, name);
	knows = e && is_live(e, now_us);
	pthread_mutex_unlock(&s->lock);
	return knows;
}

bool learned_has_client(struct learned *l, const struct ip *client, uint64_t now_us)
{
	struct shard *s = shard_of(l, client);
	const struct learned_hold *e = NULL;
	const struct client *c;

	pthread_mutex_lock(&s->lock);
	c = find_client(s, client);
	if (c)
		TAILQ_FOREACH(e, &c->by_age, of_client)
			if (is_live(e, now_us))
				break;
	pthread_mutex_unlock(&s->lock);
	return e != NULL;
}

/* ---- holding --------------------------------------------------------------------------------- */

struct learned_hold *learned_hold(struct learned *l, const struct ip *client, const struct ip *address,
				  struct sv name, uint64_t now_us)
{
	struct shard *s = shard_of(l, client);
	struct learned_hold *e;

	pthread_mutex_lock(&s->lock);
	e = find(s, client, address, name);
	if (e && !is_live(e, now_us))
		e = NULL;
	if (e && e->holds++ == 0) {
		s->held++;
		e->client->held++;
	}
	pthread_mutex_unlock(&s->lock);
	return e;
}

void learned_release(struct learned *l, struct learned_hold *e, uint64_t now_us)
{
	struct shard *s;
	uint64_t least = after(now_us, grace_of(l));

	if (!e)
		return;
	s = shard_of(l, &e->client->address);   /* does not change while it is held */
	pthread_mutex_lock(&s->lock);
	if (--e->holds == 0) {
		s->held--;
		e->client->held--;
		if (e->expires_us < least)
			e->expires_us = least;
	}
	pthread_mutex_unlock(&s->lock);
}

void learned_count(struct learned *l, struct learned_counts *out)
{
	*out = (struct learned_counts){ .entries = 0 };
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &l->shards[i];

		pthread_mutex_lock(&s->lock);
		out->entries += atomic_load_explicit(&s->n, memory_order_relaxed);
		out->held += s->held;
		out->added += s->added;
		out->renewed += s->renewed;
		out->evicted += s->evicted;
		pthread_mutex_unlock(&s->lock);
	}
}

/* ---- on disk: a first line, "CLIENT ADDRESS NAME EXPIRES_MS" each, oldest first, and "end COUNT" -- */

struct text {
	char *p;
	size_t n, cap, lines;
};

static void add_line(struct text *t, const struct learned_hold *e, int64_t expires_ms)
{
	char client[IP_TEXT_MAX], address[IP_TEXT_MAX];

	if (t->cap - t->n < LINE_OCTETS) {
		t->cap = t->cap * 2 + LINE_OCTETS;
		t->p = xrealloc(t->p, t->cap);
	}
	ip_format(&e->client->address, client);
	ip_format(&e->address, address);
	t->n += (size_t)snprintf(t->p + t->n, t->cap - t->n, "%s %s %.*s %lld\n", client, address, (int)e->n,
				 e->name, (long long)expires_ms);
	t->lines++;
}

static void collect(struct learned *l, struct text *t, int64_t wall_ms, uint64_t now_us)
{
	uint64_t grace_us = grace_of(l) * UINT64_C(1000000);
	const struct learned_hold *e;

	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &l->shards[i];

		pthread_mutex_lock(&s->lock);
		TAILQ_FOREACH_REVERSE(e, &s->by_age, entries, by_age) {
			uint64_t left_us = e->expires_us > now_us ? e->expires_us - now_us : 0;

			if (e->holds && left_us < grace_us)
				left_us = grace_us;
			if (left_us)
				add_line(t, e, wall_ms + (int64_t)(left_us / 1000));
		}
		pthread_mutex_unlock(&s->lock);
	}
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

static int write_file(const char *path, const struct text *t)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), err;
	char last[40];
	int n = snprintf(last, sizeof(last), "end %zu\n", t->lines);

	if (fd < 0)
		return -errno;
	err = write_all(fd, first_line, sizeof(first_line) - 1);
	if (!err)
		err = write_all(fd, t->p, t->n);
	if (!err)
		err = write_all(fd, last, (size_t)n);
	if (!err && fsync(fd) != 0)
		err = -errno;
	if (close(fd) != 0 && !err)
		err = -errno;
	return err;
}

int learned_save(struct learned *l, const char *path, int64_t wall_ms, uint64_t now_us)
{
	size_t n = strlen(path) + sizeof(".new");
	char *beside = xmalloc(n);
	struct text t = { .p = NULL };
	int err;

	snprintf(beside, n, "%s.new", path);
	collect(l, &t, wall_ms, now_us);
	err = write_file(beside, &t);
	if (!err && rename(beside, path) != 0)
		err = -errno;
	if (err)
		unlink(beside);
	free(t.p);
	free(beside);
	return err;
}

struct saved {
	struct ip client, address;
	struct sv name;
	uint64_t expires_ms;
};

static bool read_saved(struct saved *out, struct sv line)
{
	struct sv client = sv_cut(&line, ' '), address = sv_cut(&line, ' ');

	out->name = sv_cut(&line, ' ');
	return line.p && ip_parse(&out->client, client) && ip_parse(&out->address, address) &&
	       is_canonical(out->name) && sv_to_u64(line, INT64_MAX, &out->expires_ms);
}

static void take_saved(struct learned *l, const struct saved *s, int64_t wall_ms, uint64_t now_us)
{
	uint64_t now_ms = (uint64_t)wall_ms, left_ms;

	if (s->expires_ms <= now_ms)
		return;
	left_ms = s->expires_ms - now_ms;
	if (left_ms > LEFT_MAX_S * UINT64_C(1000))
		left_ms = LEFT_MAX_S * UINT64_C(1000);  /* the clock was set back meanwhile */
	put(l, &s->client, &s->address, s->name, now_us + left_ms * 1000, now_us);
}

static bool is_last_line(struct sv line, size_t count)
{
	uint64_t n;

	return sv_starts_with(line, SV("end ")) && sv_to_u64(sv_slice(line, 4, line.n), SIZE_MAX, &n) && n == count;
}

/* Goes over the whole text, and takes it in when `l` is given. The number of the bad line, or 0. */
static unsigned walk_saved(struct learned *l, struct sv text, int64_t wall_ms, uint64_t now_us)
{
	struct sv line = sv_cut(&text, '\n');
	unsigned number = 1;
	struct saved s;

	if (line.n != sizeof(first_line) - 2 || memcmp(line.p, first_line, line.n) != 0)
		return number;
	while (text.p) {
		line = sv_cut(&text, '\n');
		number++;
		if (is_last_line(line, number - 2))
			return text.p && text.n == 0 ? 0 : number;
		if (!read_saved(&s, line))
			return number;
		if (l)
			take_saved(l, &s, wall_ms, now_us);
	}
	return number;
}

static int read_file(int fd, struct text *out)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > 1 << 30)
		return -EINVAL;
	out->cap = (size_t)st.st_size + 1;
	out->p = xmalloc(out->cap);
	while (out->n < out->cap && (n = read(fd, out->p + out->n, out->cap - out->n)) > 0)
		out->n += (size_t)n;
	return 0;
}

int learned_load(struct learned *l, const char *path, int64_t wall_ms, uint64_t now_us,
		 struct diag_list *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
	struct text t = { .p = NULL };
	unsigned bad = 0;

	if (fd < 0 && errno == ENOENT)
		return 0;
	err = fd < 0 ? -errno : read_file(fd, &t);
	if (fd >= 0)
		close(fd);
	if (!err)
		bad = walk_saved(NULL, (struct sv){ t.p, t.n }, 0, 0);
	if (err)
		diag_add(why, DIAG_WARNING, (struct place){ .file = path }, "cannot be read: %s",
			 strerrordesc_np(-err));
	else if (bad)
		diag_add(why, DIAG_WARNING, (struct place){ .file = path, .line = bad, .col = 1 },
			 "not as it was saved; nothing of it is used");
	else
		walk_saved(l, (struct sv){ t.p, t.n }, wall_ms, now_us);
	free(t.p);
	return bad ? -EBADMSG : err;
}
