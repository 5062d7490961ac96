/*
 * directives -- the table itself, and looking things up in it.
 * A row per directive and meaning; adding one here is all that the parser, the dump and the checks
 * need.  Durations are in milliseconds, sizes in octets.
 */
#include "config/directives.h"

#include "base/strbuf.h"

#define SECONDS(n) ((uint64_t)(n) * 1000)
#define HOURS(n) SECONDS((n) * 3600)
#define DAYS(n) HOURS((n) * 24)
#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#define ONE(type) .min_args = 1, .max_args = 1, .args = { type }
#define MANY(type) .min_args = 1, .max_args = 255, .args = { type }
#define RANGE(lo, hi) .min = (lo), .max = (hi)
#define SETTING(type, value) .places = IN_MAIN, .once = true, ONE(type), .preset = (value)
#define CHOICE(words, value) SETTING(ARG_ENUM, value), .values = (words)
#define BLOCK(context) .min_args = 1, .max_args = 1, .args = { ARG_NAME }, .named = true, .opens = (context)

const struct directive directives[] = {
	{ .name = "access-log", SETTING(ARG_PATH, "-"), .values = "- off",
	  .summary = "where access records go; - is standard output" },
	{ .name = "action", .places = IN_COLLECTION, .once = true, .required = true, ONE(ARG_ENUM),
	  .values = "allow deny audit", .summary = "what the rules of a collection decide" },
	{ .name = "admin", .places = IN_MAIN, .once = true, ONE(ARG_ENDPOINT),
	  .summary = "where metrics and health are served: ADDRESS:PORT" },
	{ .name = "allow-address", .places = IN_MAIN | IN_RULE, MANY(ARG_PREFIX), .params = true,
	  .summary = "guarded addresses that names may lead to" },
	{ .name = "auth", CHOICE("tls-only allow-cleartext", "tls-only"),
	  .summary = "where clients may show a password" },
	{ .name = "auth-failures", SETTING(ARG_NUMBER, "10"), RANGE(0, 1000),
	  .summary = "wrong passwords of one source in a minute before it has to wait; 0: any number" },
	{ .name = "auth-realm", SETTING(ARG_WORD, "Sekisho"),
	  .summary = "what clients show to people who are asked for a password" },
	{ .name = "auth-users", .places = IN_MAIN, .once = true, ONE(ARG_CONTENT),
	  .summary = "users and the hashes of their passwords, made by \"sekisho passwd\"" },
	{ .name = "client-ca", .places = IN_MAIN, .once = true, MANY(ARG_FILE),
	  .summary = "who signs the certificates of clients: PEM files" },
	{ .name = "client-cert", CHOICE("require optional", "require"),
	  .summary = "whether a client of a TLS listener must show a certificate" },
	{ .name = "client-crl", .places = IN_MAIN, .once = true, MANY(ARG_FILE),
	  .summary = "which certificates of clients are revoked: PEM files, a list of each CA" },
	{ .name = "client-identity", .places = IN_MAIN, .once = true, .min_args = 1, .max_args = 3,
	  .args = { ARG_ENUM }, .values = "uri dns cn", .preset = "uri dns",
	  .summary = "which part of a client's certificate says who it is, in this order" },
	{ .name = "collection", .places = IN_MAIN, BLOCK(IN_COLLECTION),
	  .summary = "rules with one priority and one action" },
	{ .name = "connect-timeout", SETTING(ARG_DURATION, "10s"), RANGE(100, SECONDS(600)),
	  .summary = "how long connecting to an origin may take" },
	{ .name = "default", CHOICE("deny audit", "deny"),
	  .summary = "what happens to that which no rule decides" },
	{ .name = "deprecated", .places = IN_TAG, .once = true, ONE(ARG_WORD),
	  .summary = "why a tag should not be used any more; a rule that takes it draws a warning" },
	{ .name = "dns-allow", .places = IN_MAIN, MANY(ARG_WORD),
	  .summary = "names that every client may ask the DNS listener for" },
	{ .name = "dns-cache", SETTING(ARG_SIZE, "16m"), RANGE(KIB(64), GIB(4)),
	  .summary = "memory for DNS answers" },
	{ .name = "dns-client-ttl", SETTING(ARG_DURATION, "300s"), RANGE(SECONDS(1), DAYS(1)),
	  .summary = "the longest TTL that the DNS listener tells a client" },
	{ .name = "dns-deny-answer", CHOICE("nxdomain refused", "nxdomain"),
	  .summary = "how the DNS listener refuses a name" },
	{ .name = "dns-log", CHOICE("all denied off", "all"),
	  .summary = "which questions to the DNS listener are recorded" },
	{ .name = "dns-negative-ttl", SETTING(ARG_DURATION, "60s"), RANGE(0, DAYS(1)),
	  .summary = "the longest that a negative DNS answer is kept" },
	{ .name = "dns-policy", CHOICE("enforce names open", "enforce"),
	  .summary = "which names the DNS listener answers" },
	{ .name = "dns-stale", SETTING(ARG_DURATION, "0s"), RANGE(0, DAYS(7)),
	  .summary = "how long an expired answer serves while the resolver is down" },
	{ .name = "dns-strip-ech", SETTING(ARG_ONOFF, "on"),
	  .summary = "whether the DNS listener takes ech out of HTTPS records, so that the SNI stays visible" },
	{ .name = "dns-ttl-ceiling", SETTING(ARG_DURATION, "1d"), RANGE(SECONDS(1), DAYS(7)),
	  .summary = "the longest that a DNS answer is kept" },
	{ .name = "dns-ttl-floor", SETTING(ARG_DURATION, "1s"), RANGE(0, HOURS(1)),
	  .summary = "the shortest that a DNS answer is kept" },
	{ .name = "dns-zone", .places = IN_MAIN, .min_args = 1, .max_args = 10, .args = { ARG_WORD },
	  .summary = "names that every client may ask for, perhaps of other servers: SUFFIX [forward ADDRESS...]" },
	{ .name = "drain-timeout", SETTING(ARG_DURATION, "30s"), RANGE(0, DAYS(1)),
	  .summary = "how long sessions may go on after a stop" },
	{ .name = "ech", .places = IN_RULE, .once = true, ONE(ARG_ENUM), .values = "outer-name deny",
	  .preset = "outer-name",
	  .summary = "what becomes of a tunnel whose hello carries Encrypted ClientHello" },
	{ .name = "entry", .places = IN_TAG, MANY(ARG_WORD), .params = true,
	  .summary = "one endpoint of a tag" },
	{ .name = "expect", .places = IN_MAIN, .min_args = 4, .max_args = 6,
	  .args = { ARG_ENUM, ARG_WORD }, .values = "allow deny audit", .params = true,
	  .summary = "a decision that every load must give: VERDICT SOURCE [identity:TEXT] [user:NAME] NAME PROTO:PORT" },
	{ .name = "file", .places = IN_FQDN_GROUP, ONE(ARG_CONTENT), .transient = true,
	  .summary = "a list of names, one a line" },
	{ .name = "fqdn-group", .places = IN_MAIN, BLOCK(IN_FQDN_GROUP),
	  .summary = "names that rules use as group:NAME" },
	{ .name = "from", .places = IN_RULE, .required = true, MANY(ARG_WORD), .params = true,
	  .summary = "sources: any, addresses, prefixes, ip-groups, identity:TEXT, user:NAME" },
	{ .name = "head-fields", SETTING(ARG_NUMBER, "100"), RANGE(1, 128),
	  .summary = "the most fields that a request head may have" },
	{ .name = "head-rate", SETTING(ARG_NUMBER, "0"), RANGE(0, 1000000),
	  .summary = "the least octets a second of a request head, after two seconds; 0: any" },
	{ .name = "head-size", SETTING(ARG_SIZE, "16k"), RANGE(KIB(1), MIB(1)),
	  .summary = "the largest request head" },
	{ .name = "head-timeout", SETTING(ARG_DURATION, "10s"), RANGE(100, SECONDS(600)),
	  .summary = "how long a client may take for a request head" },
	{ .name = "hello-timeout", SETTING(ARG_DURATION, "10s"), RANGE(100, SECONDS(600)),
	  .summary = "how long a client may take for its TLS ClientHello" },
	{ .name = "idle-timeout", SETTING(ARG_DURATION, "1h"), RANGE(100, DAYS(30)),
	  .summary = "how long a tunnel may stay without a byte" },
	{ .name = "include", .places = IN_MAIN, ONE(ARG_PATH),
	  .summary = "the files that a glob names stand here" },
	{ .name = "include", .places = IN_TAG, MANY(ARG_NAME),
	  .summary = "the entries of other tags" },
	{ .name = "ip-group", .places = IN_MAIN, BLOCK(IN_IP_GROUP),
	  .summary = "addresses and prefixes that rules name in from" },
	{ .name = "ipv6", CHOICE("auto on off", "auto"),
	  .summary = "whether origins are reached over IPv6" },
	{ .name = "item", .places = IN_IP_GROUP | IN_FQDN_GROUP, .max_args = 255, .args = { ARG_WORD },
	  .params = true, .summary = "a line of a group" },
	{ .name = "keep-alive-timeout", SETTING(ARG_DURATION, "60s"), RANGE(100, HOURS(1)),
	  .summary = "how long a client may wait with its next plain request" },
	{ .name = "learned-file", SETTING(ARG_PATH, "off"), .values = "off",
	  .summary = "where learned names outlast a restart" },
	{ .name = "learned-grace", SETTING(ARG_DURATION, "15m"), RANGE(0, DAYS(1)),
	  .summary = "how long a learned name counts beyond its TTL" },
	{ .name = "learned-match", CHOICE("all any", "all"),
	  .summary = "how many of the names that a client has for an address must be allowed" },
	{ .name = "learned-max", SETTING(ARG_NUMBER, "262144"), RANGE(1024, 16777216),
	  .summary = "the most learned names, of all clients together" },
	{ .name = "listen", .places = IN_MAIN, .min_args = 2, .max_args = 255,
	  .args = { ARG_ENUM, ARG_ENDPOINT, ARG_WORD }, .values = "explicit transparent dns",
	  .file_words = "cert= key=",
	  .summary = "where clients connect: MODE ADDRESS:PORT" },
	{ .name = "log-events", .places = IN_MAIN, .once = true, .min_args = 1, .max_args = 3,
	  .args = { ARG_ENUM }, .values = "end start interim", .preset = "end",
	  .summary = "which moments of a session are recorded" },
	{ .name = "log-format", CHOICE("json azfw", "json"),
	  .summary = "the form of access records" },
	{ .name = "log-interval", SETTING(ARG_DURATION, "5m"), RANGE(SECONDS(1), DAYS(1)),
	  .summary = "how often a long session gets an interim record" },
	{ .name = "log-probes", SETTING(ARG_ONOFF, "off"),
	  .summary = "whether connections without a byte are recorded" },
	{ .name = "log-query", SETTING(ARG_ONOFF, "off"),
	  .summary = "whether the query of a plain request's path is recorded" },
	{ .name = "log-queue", SETTING(ARG_SIZE, "16m"), RANGE(KIB(64), GIB(1)),
	  .summary = "memory for records that are not written yet" },
	{ .name = "max-sessions", SETTING(ARG_NUMBER, "0"), RANGE(0, 10000000),
	  .summary = "the most sessions at a time; 0: as many as descriptors allow" },
	{ .name = "max-sessions-per-source", SETTING(ARG_NUMBER, "0"), RANGE(0, 10000000),
	  .summary = "the most sessions of one source address; 0: no limit" },
	{ .name = "on-full", CHOICE("deny drop", "deny"),
	  .summary = "what happens when the log queue is full" },
	{ .name = "on-reload", CHOICE("recheck keep", "recheck"),
	  .summary = "whether live sessions are decided again" },
	{ .name = "origin-ca", .places = IN_MAIN, .once = true, MANY(ARG_FILE), .values = "system", .preset = "system",
	  .summary = "the CAs that a verified origin's certificate may come from: system, PEM files" },
	{ .name = "outbound-address", .places = IN_MAIN, .once = true, .min_args = 1, .max_args = 2,
	  .args = { ARG_ADDRESS },
	  .summary = "the addresses that connections to origins come from" },
	{ .name = "param", .places = IN_MAIN | IN_COLLECTION, .min_args = 2, .max_args = 255,
	  .args = { ARG_NAME, ARG_WORD }, .named = true,
	  .summary = "what ${NAME} stands for: NAME VALUE..." },
	{ .name = "pin", .places = IN_RULE, MANY(ARG_WORD), .usage = "sha256:BASE64 ...",
	  .summary = "keys that the origin may have: sha256:BASE64" },
	{ .name = "priority", .places = IN_COLLECTION, .once = true, .required = true, ONE(ARG_NUMBER),
	  RANGE(100, 65000), .summary = "the place of a collection; the lowest is tried first" },
	{ .name = "reload-quiet", SETTING(ARG_DURATION, "1s"), RANGE(0, SECONDS(600)),
	  .summary = "how long files must be quiet before a reload" },
	{ .name = "resolver", .places = IN_MAIN, .min_args = 1, .max_args = 8,
	  .args = { ARG_ENDPOINT }, .min = 53, .summary = "DNS servers to ask, in this order" },
	{ .name = "resolver-timeout", SETTING(ARG_DURATION, "3s"), RANGE(100, SECONDS(60)),
	  .summary = "how long a whole DNS lookup may take" },
	{ .name = "response-timeout", SETTING(ARG_DURATION, "5m"), RANGE(100, HOURS(24)),
	  .summary = "how long an origin may take to begin its answer to a plain request" },
	{ .name = "rule", .places = IN_COLLECTION, BLOCK(IN_RULE),
	  .summary = "sources and what they may reach" },
	{ .name = "service-tags", .places = IN_MAIN, ONE(ARG_CONTENT), .transient = true,
	  .summary = "prefixes for service-tag:NAME, made by \"sekisho tag import service-tags\"" },
	{ .name = "sni", .places = IN_RULE, .once = true, ONE(ARG_ENUM), .values = "match absent-ok any",
	  .preset = "match", .summary = "what the SNI inside an https tunnel must be" },
	{ .name = "sniff-timeout", SETTING(ARG_DURATION, "1s"), RANGE(50, SECONDS(60)),
	  .summary = "how long a transparent connection may be silent before it is decided without a word" },
	{ .name = "tag", .places = IN_MAIN, BLOCK(IN_TAG),
	  .summary = "what one system needs; rules use it as tag:NAME" },
	{ .name = "tcp-keepalive", SETTING(ARG_DURATION, "60s"), RANGE(0, HOURS(2)),
	  .summary = "silence before a TCP keepalive probe; 0s: none" },
	{ .name = "tls-timeout", SETTING(ARG_DURATION, "10s"), RANGE(100, SECONDS(600)),
	  .summary = "how long a client of a TLS listener may take for the handshake" },
	{ .name = "to", .places = IN_RULE, .required = true, MANY(ARG_WORD), .params = true,
	  .summary = "names or addresses, and PROTO:PORT" },
	{ .name = "udp-idle-timeout", SETTING(ARG_DURATION, "60s"), RANGE(SECONDS(1), HOURS(1)),
	  .summary = "how long a flow of datagrams may be silent before it ends" },
	{ .name = "until", .places = IN_RULE, .once = true, ONE(ARG_TIME),
	  .summary = "when a rule stops to hold" },
	{ .name = "upgrade", .places = IN_RULE, .once = true, ONE(ARG_ONOFF), .preset = "off",
	  .summary = "whether plain HTTP may switch protocols (WebSocket)" },
	{ .name = "verify", .places = IN_MAIN | IN_COLLECTION | IN_RULE, .once = true, .min_args = 1, .max_args = 2,
	  .args = { ARG_ENUM }, .values = "off origin audit", .preset = "off", .usage = "off|origin|origin audit",
	  .summary = "whether an origin must prove its name to the proxy before a tunnel opens" },
	{ .name = "verify-cache", SETTING(ARG_DURATION, "5m"), RANGE(0, DAYS(1)),
	  .summary = "how long it is remembered that an origin has proved its name" },
	{ .name = "verify-max", SETTING(ARG_NUMBER, "64"), RANGE(1, 4096),
	  .summary = "the most origins that are verified at a time" },
	{ .name = "verify-timeout", SETTING(ARG_DURATION, "5s"), RANGE(100, SECONDS(60)),
	  .summary = "how long the verification of an origin may take" },
	{ .name = "workers", SETTING(ARG_NUMBER, "auto"), .values = "auto", RANGE(1, 256),
	  .summary = "event loops; auto: one for each processor" },
	{ .name = NULL },
};

enum { N_DIRECTIVES = sizeof(directives) / sizeof(directives[0]) - 1 };

static int compare_name(struct sv name, const char *row)
{
	size_t n = strlen(row);
	int order = name.n ? memcmp(name.p, row, name.n < n ? name.n : n) : 0;

	return order ? order : name.n < n ? -1 : name.n > n;
}

const struct directive *directive_find(struct sv name, enum conf_context in)
{
	size_t low = 0, high = N_DIRECTIVES;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare_name(name, directives[middle].name) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; directives[low].name && compare_name(name, directives[low].name) == 0; low++)
		if (directives[low].places & (unsigned)in)
			return &directives[low];
	return NULL;
}

bool directive_overflows(const struct directive *d, size_t args)
{
	return d->max_args != 255 && args > d->max_args;
}

enum arg_type directive_arg(const struct directive *d, size_t arg)
{
	size_t i = 0;

	while (i + 1 < arg && i + 1 < sizeof(d->args) / sizeof(d->args[0]) && d->args[i + 1] != ARG_END)
		i++;
	return d->args[i];
}

const char *context_name(enum conf_context in)
{
	switch (in) {
	case IN_COLLECTION: return "collection";
	case IN_RULE: return "rule";
	case IN_TAG: return "tag";
	case IN_IP_GROUP: return "ip-group";
	case IN_FQDN_GROUP: return "fqdn-group";
	case IN_NONE:
	case IN_MAIN: break;
	}
	return "the top level";
}

static const char *const type_words[] = {
	[ARG_END] = "", [ARG_WORD] = "WORD", [ARG_NAME] = "NAME", [ARG_NUMBER] = "NUMBER",
	[ARG_DURATION] = "DURATION", [ARG_SIZE] = "SIZE", [ARG_ONOFF] = "on|off",
	[ARG_ENDPOINT] = "ADDRESS:PORT", [ARG_ADDRESS] = "ADDRESS", [ARG_PREFIX] = "PREFIX",
	[ARG_TIME] = "TIME", [ARG_PATH] = "PATH", [ARG_CONTENT] = "FILE", [ARG_FILE] = "FILE",
};

static void add_type(struct strbuf *b, const struct directive *d, enum arg_type type)
{
	if (type != ARG_ENUM) {
		strbuf_add(b, sv_of(type_words[type]));
		return;
	}
	for (const char *c = d->values; *c; c++)
		strbuf_addc(b, *c == ' ' ? '|' : *c);
}

void directive_usage(const struct directive *d, char *out, size_t size)
{
	struct strbuf b;

	strbuf_init(&b, out, size - 1);
	strbuf_add(&b, sv_of(d->name));
	if (d->usage) {
		strbuf_addc(&b, ' ');
		strbuf_add(&b, sv_of(d->usage));
	}
	for (size_t arg = 1; !d->usage && arg <= d->min_args; arg++) {
		strbuf_addc(&b, ' ');
		add_type(&b, d, directive_arg(d, arg));
	}
	if (!d->usage && d->max_args > d->min_args)
		strbuf_add(&b, SV(" ..."));
	strbuf_add(&b, d->opens ? SV(" { ... }") : SV(";"));
	out[b.n] = '\0';
}
