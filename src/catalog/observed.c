/* observed -- see observed.h. Lines are read through a buffer of fixed size; a longer line is a broken one. */
#include "catalog/observed.h"

#include "base/clock.h"
#include "policy/name.h"

#include <jansson.h>
#include <stdlib.h>

void observed_init(struct observed *o)
{
	*o = (struct observed){ .arena = arena_create() };
}

void observed_fini(struct observed *o)
{
	free(o->all);
	free(o->rules);
	symtab_fini(&o->keys);
	symtab_fini(&o->rule_keys);
	arena_free(o->arena);
}

static struct sv rule_key(struct arena *a, struct sv collection, struct sv name)
{
	return arena_printf(a, "%.*s/%.*s", SV_ARG(collection), SV_ARG(name));
}

uint32_t observed_add_rule(struct observed *o, struct sv collection, struct sv name)
{
	bool added;
	uint32_t number = symtab_add(&o->rule_keys, rule_key(o->arena, collection, name), &added);

	if (!added)
		return number;
	if (o->n_rules == o->rules_cap) {
		o->rules_cap = o->rules_cap ? o->rules_cap * 2 : 64;
		o->rules = xrealloc(o->rules, o->rules_cap * sizeof(*o->rules));
	}
	o->rules[o->n_rules++] = (struct observed_rule){
		.collection = arena_sv(o->arena, collection), .name = arena_sv(o->arena, name) };
	return number;
}

/* ---- members of a line ---------------------------------------------------------------------- */

static struct sv text_of(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_string(v) ? (struct sv){ json_string_value(v), json_string_length(v) } : SV("");
}

static bool time_of(const json_t *line, int64_t *ms)
{
	return time_parse(text_of(line, "time"), ms) && *ms > 0;
}

/* The rule that `where` (the line, or its would_deny) names, if the configuration has it. */
static uint32_t rule_of(const struct observed *o, const json_t *where)
{
	struct sv collection = text_of(where, "collection"), name = text_of(where, "rule");
	char key[600];
	int n;

	if (collection.n == 0 || collection.n + name.n + 2 > sizeof(key))
		return OBSERVED_NONE;
	n = snprintf(key, sizeof(key), "%.*s/%.*s", SV_ARG(collection), SV_ARG(name));
	return symtab_find(&o->rule_keys, (struct sv){ key, (size_t)n });
}

/* What a client that is refused wanted is not in the log: port 443 speaks TLS, as a rule. */
static enum proto proto_of(const json_t *line, uint16_t port)
{
	struct sv method = text_of(line, "method");
	enum proto proto;

	if (proto_parse(text_of(line, "proto"), &proto))
		return proto;
	if (method.n && !sv_eq(method, SV("CONNECT")))
		return PROTO_HTTP;
	if (text_of(line, "sni").n || text_of(line, "tls_version").n || port == 443 || port == 8443)
		return PROTO_HTTPS;
	return method.n == 0 && port == 80 ? PROTO_HTTP : PROTO_TCP;
}

static bool read_target(const json_t *line, struct fqdn *name, struct observation *x)
{
	struct sv host = text_of(line, "host");
	const json_t *port = json_object_get(line, "port");
	struct ip ip;                   /* ip_parse() may write before it fails */

	if (!json_is_integer(port) || json_integer_value(port) < 1 || json_integer_value(port) > 65535)
		return false;
	x->port = (uint16_t)json_integer_value(port);
	if (ip_parse(&ip, host)) {
		x->ip = ip_unmapped(&ip);
		return true;
	}
	if (fqdn_parse(name, host) != NAME_OK || !sv_eq(fqdn_sv(name), host))
		return false;
	x->name = fqdn_sv(name);
	return true;
}

/* ---- counting ------------------------------------------------------------------------------- */

static void add(struct observed *o, const struct observation *x)
{
	unsigned char key[FQDN_MAX + 64];
	size_t n = 0;
	struct sv view;
	uint32_t at;

	key[n++] = (unsigned char)x->kind;
	key[n++] = (unsigned char)x->proto;
	memcpy(key + n, &x->port, sizeof(x->port));
	n += sizeof(x->port);
	memcpy(key + n, &x->rule, sizeof(x->rule));
	n += sizeof(x->rule);
	if (x->kind != OBSERVED_ALLOWED) {
		memcpy(key + n, &x->source, sizeof(x->source));
		n += sizeof(x->source);
	}
	memcpy(key + n, &x->ip, sizeof(x->ip));
	n += sizeof(x->ip);
	if (x->name.n)
		memcpy(key + n, x->name.p, x->name.n);
	view = (struct sv){ (const char *)key, n + x->name.n };
	at = symtab_find(&o->keys, view);
	if (at == SYMTAB_NONE) {
		if (o->n == OBSERVED_MAX) {
			o->left_out++;
			return;
		}
		view = arena_sv(o->arena, view);
		at = symtab_add(&o->keys, view, NULL);
		if (o->n == o->cap) {
			o->cap = o->cap ? o->cap * 2 : 256;
			o->all = xrealloc(o->all, o->cap * sizeof(*o->all));
		}
		o->all[o->n] = *x;
		o->all[o->n].count = 0;
		o->all[o->n++].name = sv_slice(view, n, view.n);
	}
	o->all[at].count++;
	if (x->last_ms > o->all[at].last_ms)
		o->all[at].last_ms = x->last_ms;
}

static void hit(struct observed *o, uint32_t rule, bool audit, int64_t ms)
{
	if (rule == OBSERVED_NONE)
		return;
	o->rules[rule].hits += !audit;
	o->rules[rule].audits += audit;
	if (ms > o->rules[rule].last_ms)
		o->rules[rule].last_ms = ms;
}

static void add_kinds(struct observed *o, const json_t *line, struct observation *x)
{
	const json_t *would = json_object_get(line, "would_deny");
	bool by_default = json_is_object(would) && sv_eq(text_of(would, "reason"), SV("no_rule"));
	bool denied = sv_eq(text_of(line, "action"), SV("deny"));

	if (x->rule != OBSERVED_NONE && !denied)
		add(o, x);
	x->rule = OBSERVED_NONE;
	x->kind = by_default || denied ? OBSERVED_DENIED : OBSERVED_AUDITED;
	if (denied ? sv_eq(text_of(line, "reason"), SV("no_rule")) : json_is_object(would))
		add(o, x);
	else if (denied)
		o->others++;
}

static void read_session(struct observed *o, const json_t *line)
{
	const json_t *would = json_object_get(line, "would_deny");
	struct observation x = { .kind = OBSERVED_ALLOWED };
	struct fqdn name;

	if (!ip_parse(&x.source, text_of(line, "client_ip")) || !time_of(line, &x.last_ms)) {
		o->broken++;
		return;
	}
	x.source = ip_unmapped(&x.source);
	x.rule = rule_of(o, line);
	hit(o, x.rule, false, x.last_ms);
	hit(o, json_is_object(would) ? rule_of(o, would) : OBSERVED_NONE, true, x.last_ms);
	o->sessions++;
	if (o->first_ms == 0 || x.last_ms < o->first_ms)
		o->first_ms = x.last_ms;
	if (x.last_ms > o->last_ms)
		o->last_ms = x.last_ms;
	if (!read_target(line, &name, &x)) {
		o->bad_names++;
		return;
	}
	x.proto = proto_of(line, x.port);
	add_kinds(o, line, &x);
}

void observed_line(struct observed *o, struct sv line)
{
	json_t *root = json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL);
	struct sv type = text_of(root, "type");
	const json_t *lost = json_object_get(root, "lost");

	o->lines++;
	if (json_is_object(root) && sv_eq(type, SV("lost")) && json_integer_value(lost) > 0)
		o->lost += (uint64_t)json_integer_value(lost);
	else if (!json_is_object(root) || !sv_eq(type, SV("access")))
		o->broken++;
	else if (sv_eq(text_of(root, "event"), SV("end")))
		read_session(o, root);
	json_decref(root);
}

bool observed_read(struct observed *o, FILE *log)
{
	char *line = xmalloc(OBSERVED_LINE_MAX);
	bool too_long = false;
	size_t n = 0;
	int c;

	do {
		c = getc_unlocked(log);
		if (c != '\n' && c != EOF) {
			too_long = too_long || n == OBSERVED_LINE_MAX;
			if (!too_long)
				line[n++] = (char)c;
			continue;
		}
		if (too_long) {
			o->lines++;
			o->broken++;
		} else if (sv_trim((struct sv){ line, n }).n) {
			observed_line(o, (struct sv){ line, n });
		}
		too_long = false;
		n = 0;
	} while (c != EOF);
	free(line);
	return !ferror(log);
}
