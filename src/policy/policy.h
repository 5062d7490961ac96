/*
 * policy -- which source may reach which name or address, on which port, by which protocol, when.
 * Owns the compiled rules of one generation: immutable, reference-counted, shared by all threads.
 *  - policy_decide() and policy_guard() are pure: no I/O, no lock, no allocation that outlives them.
 *  - What they return by pointer lives as long as the policy.
 *  - Rules are tried in rank order: collections by priority, then file order; the first match decides,
 *    no match is a deny. An audit collection never decides: its first match is reported beside.
 */
#ifndef SEKISHO_POLICY_POLICY_H
#define SEKISHO_POLICY_POLICY_H

#include "base/diag.h"
#include "base/ip.h"
#include "config/conf.h"

struct policy;

enum proto { PROTO_HTTPS = 1, PROTO_HTTP = 2, PROTO_TCP = 4, PROTO_UDP = 8 };
const char *proto_name(enum proto p);
bool proto_parse(struct sv text, enum proto *out);

enum action { ACTION_DENY, ACTION_ALLOW, ACTION_AUDIT };
const char *action_name(enum action a);

enum sni_rule {                         /* what an `https` rule wants of the SNI inside the tunnel */
	SNI_MATCH,                      /* the decided name */
	SNI_ABSENT_OK,                  /* the decided name, or none */
	SNI_ANY,
};

enum verify_mode {                      /* whether the origin must prove itself to the proxy first */
	VERIFY_OFF,
	VERIFY_AUDIT,                   /* look and log, let it pass */
	VERIFY_ORIGIN,
};

enum { PIN_OCTETS = 32 };               /* SHA-256 of a SubjectPublicKeyInfo */

struct rule {                           /* what others may read of a rule */
	const char *collection, *name;
	struct place at;                /* of the rule in its file */
	enum action action;
	unsigned priority;
	int64_t until_ms;               /* wall clock; 0: open-ended */
	enum sni_rule sni;
	bool ech_deny;                  /* refuse a hello that carries Encrypted ClientHello */
	bool upgrade;                   /* plain HTTP may switch protocols (WebSocket) */
	enum verify_mode verify;        /* the rule's own word, else its collection's, else the global one */
	const unsigned char (*pins)[PIN_OCTETS];        /* the origin's key is one of these */
	size_t n_pins;                  /* 0: any key */
};

enum identity_kind { IDENTITY_NONE, IDENTITY_URI, IDENTITY_DNS, IDENTITY_CN };

struct identity {                       /* of a client's certificate; borrowed */
	enum identity_kind kind;
	struct sv text;                 /* DNS: canonical (name.h), a wildcard certificate has none; others as they stand */
};

struct ask {                            /* one question; everything borrowed */
	struct ip source;               /* unmapped */
	struct sv name;                 /* canonical (name.h), or n == 0 and `ip` is asked for */
	struct ip ip;
	uint16_t port;
	unsigned protos;                /* enum proto bits: a CONNECT asks PROTO_HTTPS | PROTO_TCP */
	int64_t now_ms;                 /* wall clock */
	struct identity identity;
	struct sv user;                 /* n == 0: none has shown a password */
	bool any_user;                  /* what if there were one? `user:` counts as met where a rule allows; where it
	                                   denies, only `user:*`: one could ask as somebody else */
	bool anybody;                   /* who asks might show any identity and user, or none: a rule that wants one counts
	                                   where it allows, and does not where it denies */
};

enum verdict_why {
	WHY_RULE,                       /* `rule` decided */
	WHY_NO_RULE,                    /* nothing matched */
	WHY_DEFAULT_AUDIT,              /* nothing matched, and `default audit` lets it pass */
	WHY_REGEX_LIMIT,                /* a regular expression ran into its limits: a deny; `rule` is its rule */
};

struct verdict {
	enum action action;             /* ACTION_ALLOW or ACTION_DENY */
	enum verdict_why why;
	enum proto proto;               /* the deciding entry's own word; 0 when no entry decided */
	const struct rule *rule;        /* NULL unless a rule decided */
	const struct rule *would_deny;  /* the first audit rule that matched before the decision */
	bool would_deny_no_rule;        /* passes by `default audit` only */
	uint32_t rank;                  /* of the deciding entry */
	bool by_address;                /* an address or prefix entry decided */
};

void policy_decide(const struct policy *p, const struct ask *ask, struct verdict *out);

/* Whether some rule has a `user:` or an `identity:`. Traffic that comes transparently never has either: such a rule is
 * not for it. */
bool policy_has_users(const struct policy *p);
bool policy_has_identities(const struct policy *p);

/* ---- what the DNS listener asks (may_pass.c): of clients that show no identity and no user, and might ------ */

/* Is `source` named in some `from`? Always true with a `from any` or one without addresses, and with `default audit`. */
bool policy_knows_source(const struct policy *p, const struct ip *source);
/* Is there an address entry by which `source` may be let through at all? Looks at every rule. */
bool policy_has_addresses_for(const struct policy *p, const struct ip *source, int64_t now_ms);
/* Could `source` be let through to `name` on any port, by any protocol? *out is the verdict on one such port, or
 * a deny. An address may pass by address entries only. */
bool policy_name_may_pass(const struct policy *p, const struct ip *source, struct sv name, int64_t now_ms,
			  struct verdict *out);
bool policy_address_may_pass(const struct policy *p, const struct ip *source, const struct ip *to, int64_t now_ms,
			     struct verdict *out);

/* ---- the address guard -------------------------------------------------------------------- */

enum guard_verdict {
	GUARD_PASS,
	GUARD_OWN,              /* the proxy's own listener */
	GUARD_PLATFORM,         /* 169.254.169.254 or 168.63.129.16: must bypass the proxy */
	GUARD_NEVER,            /* multicast, broadcast, 0.0.0.0/8, ::, ... */
	GUARD_LOOPBACK, GUARD_PRIVATE,          /* not opened by any allow-address */
	GUARD_DENIED,           /* an address entry of a deny collection, ranked before the verdict */
};
const char *guard_verdict_name(enum guard_verdict g);

/* May `to` be dialled for this ask, which `v` allows? Called right before connect(), for every
 * address, on the address that connect() is given. */
enum guard_verdict policy_guard(const struct policy *p, const struct ask *ask,
				const struct verdict *v, const struct endpoint *to);

/* ---- making one --------------------------------------------------------------------------- */

struct policy_env {                     /* what the outside world tells; borrowed during the call */
	int64_t now_ms;
	const struct ip *locals;        /* every address of this host */
	size_t n_locals;
	const uint16_t *own_ports;      /* ports that the proxy itself listens on */
	size_t n_own_ports;
};

/* Compiles the collections, groups, tags and expectations of `conf`. 0, or -EINVAL with errors in
 * *why (a broken expectation is one). Keeps nothing of `conf`: it may be freed afterwards. */
int policy_build(struct policy **out, const struct conf *conf, const struct policy_env *env,
		 struct diag_list *why);
const struct policy *policy_ref(const struct policy *p);
void policy_unref(const struct policy *p);              /* NULL is fine; frees at the last */

/* The next wall-clock time after `after_ms` at which some rule's `until` passes; 0: none. */
int64_t policy_next_until(const struct policy *p, int64_t after_ms);

/* ---- what listeners want to know in advance -------------------------------------------------- */

/* Whether the address is one of this host's own. */
bool policy_is_local(const struct policy *p, const struct ip *ip);
/* The protocols (enum proto bits) that entries of any rule have on this port; all of them with `default
 * audit`. Where it is PROTO_TCP alone, no more than a name or an address can decide. */
unsigned policy_port_protos(const struct policy *p, uint16_t port);
/* Every prefix that stands in some `from`, sorted, each once; *any: some rule is for every source (or for every one
 * that shows an identity or a user). */
size_t policy_sources(const struct policy *p, const struct prefix **out, bool *any);

struct policy_counts {
	size_t collections, rules, names, addresses, regexes, tags_used, expectations, identities, users, octets;
	size_t verified;                /* rules with `verify` or `pin`, their own or inherited */
};
void policy_count(const struct policy *p, struct policy_counts *out);

#endif
