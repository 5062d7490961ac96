#include "proxy/transparent.h"

#include "base/arena.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

/* SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST; the kernel's headers clash with those of the C library. */
enum { ORIGINAL_DST = 80 };

/* ---- the original destination ----------------------------------------------------------------- */

int transparent_original(int fd, const struct listener *l, struct endpoint *out)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	int r = l->tproxy ? getsockname(fd, (struct sockaddr *)&sa, &len)
			  : getsockopt(fd, l->at.ip.family == 6 ? SOL_IPV6 : SOL_IP, ORIGINAL_DST, &sa, &len);

	if (r != 0)
		return -errno;
	*out = endpoint_from_sockaddr(&sa);
	return 0;
}

/* ---- names ---------------------------------------------------------------------------------------- */

void transparent_find_names(struct detour *d, struct learned *table, const struct ip *client, uint64_t now_us)
{
	struct learned_name found[LEARNED_NAMES_MAX];

	free(d->names);
	d->names = NULL;
	d->n_names = d->n_known = 0;
	if (!table)
		return;
	d->n_known = learned_find(table, client, &d->original.ip, found, LEARNED_NAMES_MAX, now_us);
	d->n_names = d->n_known < LEARNED_NAMES_MAX ? d->n_known : LEARNED_NAMES_MAX;
	if (d->n_names)
		d->names = memcpy(xmalloc(d->n_names * sizeof(*found)), found, d->n_names * sizeof(*found));
}

enum reason transparent_denial(const struct detour *d, struct learned *table, const struct ip *client,
			       uint64_t now_us, enum reason plain, const char **detail)
{
	if (d->by == BY_LEARNED && d->another)
		*detail = "the client knows this address by several names, and not all of them are allowed";
	if (plain != REASON_NO_RULE)
		return plain;
	if (d->trouble != REASON_NONE) {
		*detail = d->trouble_detail;
		return d->trouble;
	}
	if (d->said.n || d->n_names)
		return plain;
	return table && learned_has_client(table, client, now_us) ? REASON_NOT_LEARNED_ADDRESS
								  : REASON_NO_LEARNED_NAME;
}

void transparent_describe(const struct detour *d, bool decided, int in_answer, struct access_record *r,
			  struct detour_texts *memory)
{
	r->original = d->original;
	r->original_in_answer = !decided || d->by == BY_ADDRESS ? -1 : d->by == BY_LEARNED ? 1 : in_answer;
	if (decided)
		r->name_from = d->by == BY_LEARNED ? SV("learned") : d->by == BY_ADDRESS ? SV("address") :
			       d->kind == STREAM_HTTP ? SV("host") : SV("sni");
	for (size_t i = 0; i < d->n_names; i++)
		memory->learned[i] = (struct sv){ d->names[i].text, d->names[i].n };
	r->learned = memory->learned;
	r->n_learned = d->n_names;
}

/* ---- the choice --------------------------------------------------------------------------------- */

/* What could not be read to its end is opaque at best. */
static unsigned protos_of(const struct detour *d)
{
	if (d->datagrams)
		return PROTO_UDP;
	if (d->trouble != REASON_NONE)
		return PROTO_TCP;
	return d->kind == STREAM_TLS ? PROTO_HTTPS | PROTO_TCP :
	       d->kind == STREAM_HTTP ? PROTO_HTTP | PROTO_TCP : PROTO_TCP;
}

static void ask_name(const struct policy *p, const struct detour *d, const struct ip *source, int64_t now_ms,
		     struct sv name, unsigned protos, struct verdict *v)
{
	policy_decide(p, &(struct ask){ .source = *source, .name = name, .port = d->original.port,
					.protos = protos, .now_ms = now_ms }, v);
}

static void ask_address(const struct policy *p, const struct detour *d, const struct ip *source, int64_t now_ms,
			struct choice *out)
{
	policy_decide(p, &(struct ask){ .source = *source, .ip = d->original.ip, .port = d->original.port,
					.protos = out->protos, .now_ms = now_ms }, &out->verdict);
}

/* All names must be allowed, or with `any` one of them; the newest speaks for all that are. */
static void ask_learned(const struct policy *p, const struct detour *d, const struct ip *source, bool any,
			int64_t now_ms, struct choice *out)
{
	for (size_t i = 0; i < d->n_names; i++) {
		struct verdict v;
		bool allowed;

		ask_name(p, d, source, now_ms, (struct sv){ d->names[i].text, d->names[i].n }, out->protos, &v);
		allowed = v.action == ACTION_ALLOW;
		if (i > 0 && allowed != any)
			continue;
		out->verdict = v;
		out->name = i;
		out->another = i > 0;
		if (allowed == any)
			return;
	}
	if (!any && d->n_known > d->n_names && out->verdict.action == ACTION_ALLOW) {
		out->verdict = (struct verdict){ .why = WHY_NO_RULE, .rank = UINT32_MAX };
		out->another = true;    /* there are more than were looked at */
	}
}

static bool can_ask(const struct detour *d, enum decided_by by)
{
	return by == BY_ADDRESS || (by == BY_NAME ? d->said.n > 0 : d->n_names > 0);
}

void transparent_ask(const struct policy *p, const struct detour *d, const struct ip *source, bool any,
		     int64_t now_ms, enum decided_by by, struct choice *out)
{
	*out = (struct choice){ .by = by, .protos = protos_of(d),
				.verdict = { .why = WHY_NO_RULE, .rank = UINT32_MAX } };
	if (!can_ask(d, by))
		return;
	if (by == BY_NAME) {
		ask_name(p, d, source, now_ms, fqdn_sv(&d->said), out->protos, &out->verdict);
	} else if (by == BY_LEARNED) {
		if (d->said.n && !d->datagrams)
			out->protos = PROTO_TCP;
		ask_learned(p, d, source, any, now_ms, out);
	} else {
		ask_address(p, d, source, now_ms, out);
	}
}

/* The rule that stands first; between equals (no rule at all) whoever knows the most. */
static bool comes_before(const struct choice *a, const struct choice *b)
{
	if (a->verdict.rank != b->verdict.rank)
		return a->verdict.rank < b->verdict.rank;
	return a->verdict.action == ACTION_ALLOW && b->verdict.action != ACTION_ALLOW;
}

void transparent_choose(const struct policy *p, const struct detour *d, const struct ip *source, bool any,
			int64_t now_ms, struct choice *out)
{
	bool first = true;

	for (enum decided_by by = BY_NAME; by <= BY_ADDRESS; by++) {
		struct choice c;

		if (!can_ask(d, by))
			continue;
		transparent_ask(p, d, source, any, now_ms, by, &c);
		if (first || comes_before(&c, out))
			*out = c;
		first = false;
	}
}
