/*
 * import_azure_firewall -- rule collections of an Azure Firewall, from an ARM export or from what "az ... show -o json"
 * prints: the classic application and network rule collections, and the rule collection groups of a policy.
 * Azure tries all network rules before all application rules, groups by priority, collections by priority;
 * the collections here are written in that order, with priorities of their own.
 */
#include "catalog/emit.h"
#include "catalog/jsonin.h"

#include "policy/ports.h"
#include "policy/reading.h"

#include <errno.h>
#include <stdlib.h>

struct found {                          /* a rule collection */
	const json_t *value;
	struct sv name;
	long group_priority, priority;
	bool network, allow;
	size_t order;
};

struct address_group {
	struct sv name;                 /* as Azure calls it */
	struct sv group;                /* as we do; p == NULL: nothing in it can be read */
	const json_t *addresses;
};

struct work {
	const struct import *in;
	struct arena *arena;
	struct symtab taken;
	struct found *found;
	struct address_group *groups;
	size_t n_found, found_cap, n_groups, groups_cap, n_rules;
	bool network_note, tag_note, service_tag_note;
};

struct one_rule {                           /* one being translated */
	struct work *w;
	const json_t *o;                /* its properties */
	struct sv name, collection;
	FILE *from, *to;
	size_t n_from, n_to, said;      /* lines written; findings reported */
};

static void say(struct one_rule *r, const char *what, struct sv text)
{
	r->said++;
	jsonin_say(r->w->in, DIAG_WARNING, "rule \"%.*s\" of \"%.*s\": %s%s%.*s%s",
		   SV_ARG(emit_comment(r->w->arena, r->name, 60)), SV_ARG(emit_comment(r->w->arena, r->collection, 60)),
		   what, text.p ? " \"" : "", SV_ARG(text.p ? emit_comment(r->w->arena, text, 120) : SV("")),
		   text.p ? "\"" : "");
}

static const struct sv nothing = { NULL, 0 };

static const json_t *properties(const json_t *o)
{
	const json_t *p = jsonin_member(o, "properties");

	return json_is_object(p) ? p : o;
}

/* ---- addresses ------------------------------------------------------------------------------ */

static uint32_t as_number(const struct ip *ip)
{
	return (uint32_t)ip->b[0] << 24 | (uint32_t)ip->b[1] << 16 | (uint32_t)ip->b[2] << 8 | ip->b[3];
}

typedef void put_address(struct one_rule *r, const struct prefix *p);

/* "10.0.0.4-10.0.0.9" as the prefixes that make it up. */
static bool put_range(struct one_rule *r, struct sv text, put_address *put)
{
	struct sv high = text, low = sv_cut(&high, '-');
	struct ip from, to;
	uint64_t at, last;

	if (!high.p || !ip_parse(&from, sv_trim(low)) || !ip_parse(&to, sv_trim(high)) || from.family != 4 ||
	    to.family != 4 || as_number(&from) > as_number(&to))
		return false;
	at = as_number(&from);
	last = as_number(&to);
	while (at <= last) {
		struct prefix p = { { 4, { (uint8_t)(at >> 24), (uint8_t)(at >> 16), (uint8_t)(at >> 8), (uint8_t)at } }, 32 };
		uint64_t size = 1;

		while (p.bits > 0 && (at & size) == 0 && at + size * 2 - 1 <= last) {
			size *= 2;
			p.bits--;
		}
		put(r, &p);
		at += size;
	}
	return true;
}

/* False: it is none of the forms of an address. */
static bool put_addresses(struct one_rule *r, struct sv text, put_address *put)
{
	struct prefix p;

	switch (prefix_parse(&p, text)) {
	case PREFIX_OK:
	case PREFIX_HOST_BITS:          /* Azure drops them too */
		put(r, &p);
		return true;
	case PREFIX_BAD_LENGTH:
	case PREFIX_BAD_ADDRESS:
		break;
	}
	return put_range(r, text, put);
}

/* The last part of ".../ipGroups/NAME", or what stands in the last quotes of "[resourceId('...', 'NAME')]". */
static struct sv id_name(struct sv id)
{
	size_t end = id.n, start;
	char mark = sv_starts_with(id, SV("[")) ? '\'' : '/';

	if (mark == '\'') {
		while (end && id.p[end - 1] != '\'')
			end--;
		end = end ? end - 1 : 0;
	}
	for (start = end; start && id.p[start - 1] != mark;)
		start--;
	return sv_slice(id, start, end - start);
}

/* Export templates name a group by a parameter such as "ipGroups_vms_name" or "ipGroups_vms_externalid". */
static bool names_group(struct sv id, struct sv group)
{
	struct sv name = id_name(id), rest = sv_slice(name, 9, name.n);

	return sv_eq_nocase(name, group) || (sv_starts_with(name, SV("ipGroups_")) && sv_starts_with(rest, group) &&
					     rest.n > group.n && rest.p[group.n] == '_');
}

static const struct address_group *find_group(const struct work *w, struct sv id)
{
	for (size_t i = 0; i < w->n_groups; i++)
		if (names_group(id, w->groups[i].name))
			return &w->groups[i];
	return NULL;
}

/* ---- from ----------------------------------------------------------------------------------- */

static void put_source(struct one_rule *r, const struct prefix *p)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(p, text);
	fprintf(r->from, " %s", text);
	r->n_from++;
}

static void read_sources(struct one_rule *r)
{
	const json_t *addresses = jsonin_member(r->o, "sourceAddresses"), *ids = jsonin_member(r->o, "sourceIpGroups");

	for (size_t i = 0; i < json_array_size(addresses); i++) {
		struct sv text = jsonin_value(json_array_get(addresses, i));

		if (text.p && sv_eq(text, SV("*"))) {
			fputs(" any", r->from);
			r->n_from++;
		} else if (!text.p || !put_addresses(r, text, put_source))
			say(r, "a source is left out:", text.p ? text : SV("(not a string)"));
	}
	for (size_t i = 0; i < json_array_size(ids); i++) {
		struct sv id = jsonin_value(json_array_get(ids, i));
		const struct address_group *g = id.p ? find_group(r->w, id) : NULL;

		if (g && g->group.p) {
			fprintf(r->from, " %.*s", SV_ARG(g->group));
			r->n_from++;
		} else
			say(r, "an ip group that the file does not hold is left out:", id.p ? id : SV("(not a string)"));
	}
}

/* ---- application rules ---------------------------------------------------------------------- */

static const struct { const char *theirs, *ours; } protocols[] = {
	{ "https", "https" }, { "http", "http" }, { "mssql", "tcp" },
};

static struct sv application_ports(struct one_rule *r)
{
	const json_t *list = jsonin_member(r->o, "protocols");
	struct sv all = SV("");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i), *port = jsonin_member(o, "port");
		struct sv type = jsonin_text(o, "protocolType");
		size_t k = 0;

		while (k < sizeof(protocols) / sizeof(protocols[0]) && !(type.p && sv_eq_nocase(type, sv_of(protocols[k].theirs))))
			k++;
		if (k == sizeof(protocols) / sizeof(protocols[0]) || !json_is_integer(port) || json_integer_value(port) < 1 ||
		    json_integer_value(port) > 65535)
			say(r, "a protocol is left out:", type.p ? type : SV("(not a string)"));
		else
			all = arena_printf(r->w->arena, "%.*s %s:%d", SV_ARG(all), protocols[k].ours,
					   (int)json_integer_value(port));
	}
	return all;
}

static void put_names(struct one_rule *r, const char *key, struct sv ports)
{
	const json_t *list = jsonin_member(r->o, key);
	struct sv out;

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct sv text = jsonin_value(json_array_get(list, i)), why;
		bool ok = text.p && emit_translate(DIALECT_AZURE_FIREWALL, text, r->w->arena, &out, &why);

		if (!text.p)
			say(r, "a name that is no text is left out", nothing);
		else if (why.n)
			say(r, arena_printf(r->w->arena, "%.*s%s:", SV_ARG(why), ok ? "" : "; left out").p, text);
		if (!ok)
			continue;
		fprintf(r->to, "\t\tto   %.*s%.*s;\n", SV_ARG(out), SV_ARG(ports));
		r->n_to++;
	}
}

/* Firewall tags whose spelling is another in our catalog. */
static const struct { const char *theirs, *ours; } respelt[] = { { "HDInsight", "AzureHDInsight" } };

static void put_tags(struct one_rule *r)
{
	const json_t *list = jsonin_member(r->o, "fqdnTags");

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct sv text = jsonin_value(json_array_get(list, i)), name;

		if (!text.p)
			continue;
		name = emit_plain_name(r->w->arena, text);
		for (size_t k = 0; k < sizeof(respelt) / sizeof(respelt[0]); k++)
			if (sv_eq_nocase(text, sv_of(respelt[k].theirs)))
				name = sv_of(respelt[k].ours);
		fprintf(r->to, "\t\tto   tag:%.*s;\n", SV_ARG(name));
		r->n_to++;
		if (!r->w->tag_note)
			jsonin_say(r->w->in, DIAG_WARNING, "FQDN tags become tags of the catalog, whose lists are public and may differ "
				   "from Azure's; include the catalog's files to use them");
		r->w->tag_note = true;
	}
}

static void application_rule(struct one_rule *r)
{
	struct sv ports = application_ports(r);

	if (json_array_size(jsonin_member(r->o, "targetFqdns")) && ports.n == 0)
		say(r, "its names are left out, for it has no protocol that can be said here", nothing);
	else
		put_names(r, "targetFqdns", ports);
	put_tags(r);
	if (json_array_size(jsonin_member(r->o, "webCategories")))
		say(r, "web categories are left out", nothing);
	if (json_array_size(jsonin_member(r->o, "targetUrls")))
		say(r, "target URLs are left out: without looking into TLS only the whole host could be opened", nothing);
}

/* ---- network rules -------------------------------------------------------------------------- */

static struct sv port_list(struct one_rule *r)
{
	const json_t *list = jsonin_member(r->o, "destinationPorts");
	struct sv all = SV("");

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct sv text = jsonin_value(json_array_get(list, i)), why;
		struct port_set set;

		if (text.p && sv_eq(text, SV("*")))
			return SV("any");
		if (text.p && ports_parse(&set, arena_printf(r->w->arena, "tcp:%.*s", SV_ARG(text)), r->w->arena, &why))
			all = arena_printf(r->w->arena, "%.*s%s%.*s", SV_ARG(all), all.n ? "," : "", SV_ARG(text));
		else
			say(r, "a port is left out:", text.p ? text : SV("(not a string)"));
	}
	return all;
}

static struct sv network_ports(struct one_rule *r)
{
	const json_t *list = jsonin_member(r->o, "ipProtocols");
	struct sv ports = port_list(r), all = SV("");
	bool tcp = false, udp = false;

	if (!list)
		list = jsonin_member(r->o, "protocols");
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct sv text = jsonin_value(json_array_get(list, i));
		bool any = text.p && sv_eq_nocase(text, SV("any"));

		tcp = tcp || any || (text.p && sv_eq_nocase(text, SV("tcp")));
		udp = udp || any || (text.p && sv_eq_nocase(text, SV("udp")));
		if (!any && !(text.p && (sv_eq_nocase(text, SV("tcp")) || sv_eq_nocase(text, SV("udp")))))
			say(r, "a protocol is left out:", text.p ? text : SV("(not a string)"));
	}
	if (tcp && ports.n)
		all = arena_printf(r->w->arena, " tcp:%.*s", SV_ARG(ports));
	if (udp && ports.n)
		all = arena_printf(r->w->arena, "%.*s udp:%.*s", SV_ARG(all), SV_ARG(ports));
	return all;
}

/* Set around put_addresses(): the ports of the line being written. */
struct target {
	struct one_rule r;
	struct sv ports;
};

static void put_destination(struct one_rule *r, const struct prefix *p)
{
	struct target *t = (struct target *)(void *)r;  /* `r` is its first member */
	char text[PREFIX_TEXT_MAX];

	prefix_format(p, text);
	fprintf(r->to, "\t\tto   %s%.*s;\n", text, SV_ARG(t->ports));
	r->n_to++;
}

static void put_service_tag(struct target *t, struct sv text)
{
	bool valid = text.n != 0;

	for (size_t i = 0; i < text.n; i++)
		valid = valid && (ascii_is_alpha(text.p[i]) || ascii_is_digit(text.p[i]) || text.p[i] == '.');
	if (!valid) {
		say(&t->r, "a destination is left out:", text);
		return;
	}
	fprintf(t->r.to, "\t\tto   service-tag:%.*s%.*s;\n", SV_ARG(text), SV_ARG(t->ports));
	t->r.n_to++;
	if (!t->r.w->service_tag_note)
		jsonin_say(t->r.w->in, DIAG_WARNING, "service tags need a file of prefixes; see \"sekisho tag import service-tags\"");
	t->r.w->service_tag_note = true;
}

static void put_destinations(struct target *t, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct sv text = jsonin_value(json_array_get(list, i));

		if (!text.p)
			say(&t->r, "a destination that is no text is left out", nothing);
		else if (sv_eq(text, SV("*"))) {
			fprintf(t->r.to, "\t\tto   * 0.0.0.0/0 ::/0%.*s;\n", SV_ARG(t->ports));
			t->r.n_to++;
		} else if (!put_addresses(&t->r, text, put_destination))
			put_service_tag(t, text);
	}
}

static void network_rule(struct target *t)
{
	struct one_rule *r = &t->r;
	const json_t *ids = jsonin_member(r->o, "destinationIpGroups");

	t->ports = network_ports(r);
	if (t->ports.n == 0) {
		say(r, "it has no TCP or UDP port that can be said here", nothing);
		return;
	}
	put_destinations(t, jsonin_member(r->o, "destinationAddresses"));
	for (size_t i = 0; i < json_array_size(ids); i++) {
		struct sv id = jsonin_value(json_array_get(ids, i));
		const struct address_group *g = id.p ? find_group(r->w, id) : NULL;

		if (g)
			put_destinations(t, g->addresses);
		else
			say(r, "an ip group that the file does not hold is left out:", id.p ? id : SV("(not a string)"));
	}
	put_names(r, "destinationFqdns", t->ports);
	if (!r->w->network_note)
		jsonin_say(r->w->in, DIAG_WARNING, "network rules open addresses: here they hold for clients that ask by address, and "
			   "not for a name that leads there; prefer rules by name");
	r->w->network_note = true;
}

/* ---- writing -------------------------------------------------------------------------------- */

static bool is_network_rule(const struct found *f, const json_t *o)
{
	struct sv type = jsonin_text(o, "ruleType");

	return type.p ? sv_eq_nocase(type, SV("NetworkRule")) : f->network;
}

static void write_rule(struct work *w, struct emitter *e, const struct found *f, const json_t *value)
{
	struct target t = { .r = { .w = w, .o = properties(value), .name = jsonin_text(value, "name"),
				   .collection = f->name } };
	char *from = NULL, *to = NULL;
	size_t from_n = 0, to_n = 0;

	if (!t.r.name.p)
		t.r.name = SV("unnamed");
	t.r.from = open_memstream(&from, &from_n);
	t.r.to = open_memstream(&to, &to_n);
	read_sources(&t.r);
	if (is_network_rule(f, t.r.o))
		network_rule(&t);
	else
		application_rule(&t.r);
	fclose(t.r.from);
	fclose(t.r.to);
	if (t.r.said && !f->allow)
		say(&t.r, "it denies, so what was left out or narrowed above is denied no longer", nothing);
	if (t.r.n_from && t.r.n_to) {
		emit_rule(e, t.r.name);
		emit_line(e, "from%s;", from);
		fputs(to, w->in->out);
		emit_rule_end(e);
		w->n_rules++;
	} else
		say(&t.r, t.r.n_from ? "left out whole: no target remains" : "left out whole: no source remains", nothing);
	free(from);
	free(to);
}

static void write_collection(struct work *w, struct emitter *e, const struct found *f)
{
	const json_t *rules = jsonin_member(properties(f->value), "rules");

	emit_collection(e, f->name, f->allow ? "allow" : "deny");
	fprintf(w->in->out, "\t# %s rules, priority %ld%s\n", f->network ? "network" : "application", f->priority,
		f->group_priority ? " in their group" : "");
	for (size_t i = 0; i < json_array_size(rules); i++)
		write_rule(w, e, f, json_array_get(rules, i));
}

static void put_group_line(struct one_rule *r, const struct prefix *p)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(p, text);
	fprintf(r->to, "\t%s;\n", text);
	r->n_to++;
}

static void write_group(struct work *w, struct address_group *g)
{
	struct one_rule r = { .w = w, .name = g->name, .collection = SV("ip groups") };
	char *text = NULL;
	size_t n = 0;

	r.to = open_memstream(&text, &n);
	for (size_t i = 0; i < json_array_size(g->addresses); i++) {
		struct sv one = jsonin_value(json_array_get(g->addresses, i));

		if (!one.p || !put_addresses(&r, one, put_group_line))
			say(&r, "an address is left out:", one.p ? one : SV("(not a string)"));
	}
	fclose(r.to);
	if (r.n_to) {
		g->group = emit_name(w->arena, &w->taken, g->name);
		fprintf(w->in->out, "ip-group %.*s {\n%s}\n\n", SV_ARG(g->group), text);
	}
	free(text);
}

/* ---- finding -------------------------------------------------------------------------------- */

static long priority_of(struct work *w, const json_t *o, struct sv name)
{
	const json_t *p = jsonin_member(o, "priority");

	if (json_is_integer(p))
		return (long)json_integer_value(p);
	jsonin_say(w->in, DIAG_WARNING, "\"%.*s\" has no priority that is a number; it is taken for the last",
		   SV_ARG(emit_comment(w->arena, name, 60)));
	return 65000;
}

static void add_collection(struct work *w, const json_t *value, long group_priority, bool network)
{
	const json_t *o = properties(value), *rules = jsonin_member(o, "rules");
	struct sv name = jsonin_text(value, "name"), action = jsonin_text(jsonin_member(o, "action"), "type");
	struct sv type = jsonin_text(json_array_get(rules, 0), "ruleType");

	if (!name.p)
		name = SV("unnamed");
	if (!action.p || !(sv_eq_nocase(action, SV("allow")) || sv_eq_nocase(action, SV("deny")))) {
		jsonin_say(w->in, DIAG_WARNING, "collection \"%.*s\" is left out: its action is \"%.*s\", not Allow or Deny",
			   SV_ARG(emit_comment(w->arena, name, 60)), SV_ARG(emit_comment(w->arena, action.p ? action : SV(""), 40)));
		return;
	}
	if (w->n_found == w->found_cap) {
		w->found_cap = w->found_cap ? w->found_cap * 2 : 32;
		w->found = xrealloc(w->found, w->found_cap * sizeof(*w->found));
	}
	w->found[w->n_found] = (struct found){
		.value = value, .name = name, .group_priority = group_priority,
		.priority = priority_of(w, o, name), .allow = sv_eq_nocase(action, SV("allow")),
		.network = type.p ? sv_eq_nocase(type, SV("NetworkRule")) : network, .order = w->n_found,
	};
	w->n_found++;
}

static void add_collections(struct work *w, const json_t *o, const char *key, long group_priority, bool network)
{
	const json_t *list = jsonin_member(o, key);

	for (size_t i = 0; i < json_array_size(list); i++)
		add_collection(w, json_array_get(list, i), group_priority, network);
}

static void add_group(struct work *w, const json_t *o)
{
	struct sv type = jsonin_text(o, "type"), name = jsonin_text(o, "name");
	const json_t *addresses = jsonin_member(properties(o), "ipAddresses");

	if (!type.p || !sv_eq_nocase(type, SV("Microsoft.Network/ipGroups")) || !name.p || !json_is_array(addresses))
		return;
	if (w->n_groups == w->groups_cap) {
		w->groups_cap = w->groups_cap ? w->groups_cap * 2 : 16;
		w->groups = xrealloc(w->groups, w->groups_cap * sizeof(*w->groups));
	}
	if (sv_starts_with(name, SV("[")))
		name = id_name(name);
	if (sv_starts_with(name, SV("ipGroups_")) && sv_ends_with(name, SV("_name")))
		name = sv_slice(name, 9, name.n - 14);
	w->groups[w->n_groups++] = (struct address_group){ .name = name, .addresses = addresses };
}

/* Wherever in the document it stands: exports nest resources in several ways. */
static void search(struct work *w, const json_t *value)
{
	const json_t *o = properties(value);

	for (size_t i = 0; i < json_array_size(value); i++)
		search(w, json_array_get(value, i));
	if (!json_is_object(value))
		return;
	add_group(w, value);
	add_collections(w, o, "applicationRuleCollections", 0, false);
	add_collections(w, o, "networkRuleCollections", 0, true);
	if (json_array_size(jsonin_member(o, "natRuleCollections")))
		jsonin_say(w->in, DIAG_WARNING, "NAT rule collections are left out: a forward proxy lets nothing in");
	if (json_array_size(jsonin_member(o, "ruleCollections")))
		add_collections(w, o, "ruleCollections", priority_of(w, o, SV("a rule collection group")), false);
	search(w, jsonin_member(value, "resources"));
	if (o != value)
		search(w, jsonin_member(o, "template"));        /* a nested deployment */
	search(w, jsonin_member(value, "value"));               /* what a list over REST answers */
}

static int compare_found(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	if (a->network != b->network)
		return a->network ? -1 : 1;
	if (a->group_priority != b->group_priority)
		return a->group_priority < b->group_priority ? -1 : 1;
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int translate(void *work, json_t *root, struct arena *memory)
{
	struct work *w = work;
	struct emitter e = { .out = w->in->out, .a = memory };

	w->arena = memory;
	search(w, root);
	if (w->n_found == 0) {
		jsonin_say(w->in, DIAG_ERROR, "no rule collection was found; expected an ARM export with azureFirewalls or "
			   "firewallPolicies/ruleCollectionGroups");
		return -EINVAL;
	}
	qsort(w->found, w->n_found, sizeof(*w->found), compare_found);
	emit_head(w->in, "Azure Firewall's rules");
	for (size_t i = 0; i < w->n_groups; i++)
		write_group(w, &w->groups[i]);
	for (size_t i = 0; i < w->n_found; i++)
		write_collection(w, &e, &w->found[i]);
	emit_end(&e);
	symtab_fini(&e.collections);
	jsonin_say(w->in, DIAG_NOTE, "%zu collections, %zu rules, %zu ip groups", w->n_found, w->n_rules, w->n_groups);
	return 0;
}

int import_azure_firewall(const struct import *in)
{
	struct work w = { .in = in };
	int err = jsonin_translate(in, translate, &w);

	free(w.found);
	free(w.groups);
	symtab_fini(&w.taken);
	return err;
}
