/*
 * import_smokescreen -- Smokescreen's ACL, version 1 (YAML, read by libyaml). Smokescreen tells its clients apart by
 * their certificates; we have addresses, so each service becomes an ip-group that the reader must fill: until
 * then it holds a documentation address, and the rules open nothing for anybody.
 *
 *   order there                       here
 *   allowed_domains of the service    collection "services", allow
 *   global_deny_list                  collection "global-deny", deny
 *   global_allow_list                 collection "global-allow", allow
 *   action: report                    collection "report", audit, and then "open", allow
 *   action: open                      collection "open", allow
 *   action: enforce                   nothing: what no rule opens is denied
 */
#include "catalog/emit.h"

#include <errno.h>
#include <yaml.h>

struct service {
	struct sv name, group, action;
	const yaml_node_t *domains;
};

struct work {
	const struct import *in;
	struct arena *arena;
	yaml_document_t doc;
	struct symtab groups;
	struct service *services;
	size_t n;
};

static struct place place_of(const struct work *w, const yaml_node_t *n)
{
	return (struct place){ w->in->file, (unsigned)n->start_mark.line + 1, (unsigned)n->start_mark.column + 1 };
}

static struct sv scalar(const yaml_node_t *n)
{
	if (!n || n->type != YAML_SCALAR_NODE)
		return (struct sv){ NULL, 0 };
	return (struct sv){ (const char *)n->data.scalar.value, n->data.scalar.length };
}

static const yaml_node_t *member(struct work *w, const yaml_node_t *map, const char *key)
{
	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++)
		if (sv_eq(scalar(yaml_document_get_node(&w->doc, p->key)), sv_of(key)))
			return yaml_document_get_node(&w->doc, p->value);
	return NULL;
}

static size_t length(const yaml_node_t *list)
{
	if (!list || list->type != YAML_SEQUENCE_NODE)
		return 0;
	return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

static const yaml_node_t *item(struct work *w, const yaml_node_t *list, size_t i)
{
	return yaml_document_get_node(&w->doc, list->data.sequence.items.start[i]);
}

/* Keys that say something which gets lost. */
static void report_keys(struct work *w, const yaml_node_t *map, const char *const *known)
{
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(&w->doc, p->key);
		size_t i = 0;

		while (known[i] && !sv_eq(scalar(key), sv_of(known[i])))
			i++;
		if (!known[i])
			diag_add(w->in->why, DIAG_WARNING, place_of(w, key), "\"%.*s\" is not translated",
				 SV_ARG(emit_comment(w->arena, scalar(key), 60)));
	}
}

/* ---- reading -------------------------------------------------------------------------------- */

static void read_service(struct work *w, const yaml_node_t *node, struct sv fallback)
{
	static const char *const known[] = { "name", "project", "action", "allowed_domains", NULL };
	struct service s = { .name = scalar(member(w, node, "name")), .action = scalar(member(w, node, "action")),
			     .domains = member(w, node, "allowed_domains") };

	if (!node || node->type != YAML_MAPPING_NODE) {
		diag_add(w->in->why, DIAG_WARNING, node ? place_of(w, node) : (struct place){ w->in->file, 0, 0 },
			 "a service that is no mapping is left out");
		return;
	}
	if (!s.name.p)
		s.name = fallback;
	if (!sv_eq(s.action, SV("open")) && !sv_eq(s.action, SV("report")) && !sv_eq(s.action, SV("enforce"))) {
		diag_add(w->in->why, DIAG_WARNING, place_of(w, node), "service \"%.*s\" has the action \"%.*s\"; expected "
			 "open, report or enforce; it is read as enforce", SV_ARG(emit_comment(w->arena, s.name, 60)),
			 SV_ARG(emit_comment(w->arena, s.action.p ? s.action : SV(""), 60)));
		s.action = SV("enforce");
	}
	report_keys(w, node, known);
	s.group = emit_name(w->arena, &w->groups, s.name);
	w->services[w->n++] = s;
}

static void read_services(struct work *w, const yaml_node_t *root)
{
	const yaml_node_t *services = member(w, root, "services"), *fallback = member(w, root, "default");

	w->services = arena_array(w->arena, length(services) + 1, sizeof(*w->services));
	for (size_t i = 0; i < length(services); i++)
		read_service(w, item(w, services, i), SV("unnamed"));
	if (fallback && fallback->type == YAML_MAPPING_NODE) {
		read_service(w, fallback, SV("default"));
		diag_add(w->in->why, DIAG_WARNING, place_of(w, fallback), "the default applies to every client without a "
			 "service of its own; here it is the ip-group \"%.*s\"", SV_ARG(w->services[w->n - 1].group));
	}
}

/* ---- writing -------------------------------------------------------------------------------- */

static void write_group(const struct work *w, const struct service *s)
{
	fprintf(w->in->out, "# %.*s: put the addresses of its machines in the place of this one, which nobody has.\n"
		"ip-group %.*s {\n\t192.0.2.1;\n}\n\n", SV_ARG(emit_comment(w->arena, s->name, 80)), SV_ARG(s->group));
}

/* The names of a list that have a meaning here, one to a line. How many there are. */
static size_t write_targets(struct work *w, struct emitter *e, const yaml_node_t *list)
{
	size_t n = 0;
	struct sv out;

	for (size_t i = 0; i < length(list); i++) {
		const yaml_node_t *node = item(w, list, i);
		struct sv text = scalar(node);

		if (!text.p)
			continue;
		if (!emit_target(w->in, DIALECT_SMOKESCREEN, text, place_of(w, node), w->arena, &out)) {
			emit_line(e, "# left out: %.*s", SV_ARG(emit_comment(w->arena, text, 200)));
			continue;
		}
		emit_line(e, "to   %.*s https:443 http:80;", SV_ARG(out));
		n++;
	}
	return n;
}

static void write_service(struct work *w, struct emitter *e, const struct service *s)
{
	bool any = false;
	struct sv out, why;

	for (size_t i = 0; i < length(s->domains) && !any; i++) {
		struct sv text = scalar(item(w, s->domains, i));

		any = text.p && emit_translate(DIALECT_SMOKESCREEN, text, w->arena, &out, &why);
	}
	if (!any) {
		for (size_t i = 0; i < length(s->domains); i++)
			emit_target(w->in, DIALECT_SMOKESCREEN, scalar(item(w, s->domains, i)),
				    place_of(w, item(w, s->domains, i)), w->arena, &out);
		return;
	}
	emit_rule(e, s->name);
	emit_line(e, "from %.*s;", SV_ARG(s->group));
	write_targets(w, e, s->domains);
	emit_rule_end(e);
}

/* One rule for all services together: the global lists hold for each of them. */
static void write_global(struct work *w, struct emitter *e, const yaml_node_t *list, struct sv name,
			 const char *action)
{
	if (length(list) == 0 || w->n == 0)
		return;
	emit_collection(e, name, action);
	emit_rule(e, name);
	for (size_t i = 0; i < w->n; i++)
		emit_line(e, "from %.*s;", SV_ARG(w->services[i].group));
	if (write_targets(w, e, list) == 0)
		emit_line(e, "to   nothing.invalid https:443;      # every name was left out");
	emit_rule_end(e);
}

static bool has_action(const struct service *s, bool report_only)
{
	return sv_eq(s->action, SV("report")) || (!report_only && sv_eq(s->action, SV("open")));
}

static void write_open(struct work *w, struct emitter *e, bool report_only, const char *name, const char *action)
{
	bool begun = false;

	for (size_t i = 0; i < w->n; i++) {
		const struct service *s = &w->services[i];

		if (!has_action(s, report_only))
			continue;
		if (!begun)
			emit_collection(e, sv_of(name), action);
		begun = true;
		emit_rule(e, s->name);
		emit_line(e, "from %.*s;", SV_ARG(s->group));
		emit_line(e, "to   * https:443 http:80;");
		emit_rule_end(e);
	}
}

static int translate(struct work *w)
{
	static const char *const known[] = { "version", "services", "default", "global_allow_list", "global_deny_list",
					     NULL };
	const yaml_node_t *root = yaml_document_get_root_node(&w->doc);
	struct emitter e = { .out = w->in->out, .a = w->arena };

	if (!root || root->type != YAML_MAPPING_NODE || !member(w, root, "services")) {
		diag_error(w->in->why, (struct place){ w->in->file, 1, 1 }, "no list \"services\" at the top; expected "
			   "Smokescreen's ACL");
		return -EINVAL;
	}
	if (!sv_eq(scalar(member(w, root, "version")), SV("v1"))) {
		diag_error(w->in->why, place_of(w, root), "expected \"version: v1\"");
		return -EINVAL;
	}
	report_keys(w, root, known);
	read_services(w, root);
	emit_head(w->in, "Smokescreen's ACL");
	for (size_t i = 0; i < w->n; i++)
		write_group(w, &w->services[i]);
	emit_collection(&e, SV("services"), "allow");
	for (size_t i = 0; i < w->n; i++)
		write_service(w, &e, &w->services[i]);
	write_global(w, &e, member(w, root, "global_deny_list"), SV("global-deny"), "deny");
	write_global(w, &e, member(w, root, "global_allow_list"), SV("global-allow"), "allow");
	write_open(w, &e, true, "report", "audit");
	write_open(w, &e, false, "open", "allow");
	emit_end(&e);
	symtab_fini(&e.collections);
	diag_add(w->in->why, DIAG_NOTE, (struct place){ w->in->file, 0, 0 }, "%zu services; each is an ip-group to be filled "
		 "with addresses; Smokescreen does not look at ports, these rules open https:443 and http:80", w->n);
	return 0;
}

int import_smokescreen(const struct import *in)
{
	struct work w = { .in = in };
	yaml_parser_t parser;
	int err = -EINVAL;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)in->text.p, in->text.n);
	if (yaml_parser_load(&parser, &w.doc)) {
		w.arena = arena_create();
		err = translate(&w);
		symtab_fini(&w.groups);
		arena_free(w.arena);
		yaml_document_delete(&w.doc);
	} else {
		diag_error(in->why, (struct place){ in->file, (unsigned)parser.problem_mark.line + 1,
						    (unsigned)parser.problem_mark.column + 1 },
			   "this is no YAML: %s", parser.problem ? parser.problem : "it cannot be read");
	}
	yaml_parser_delete(&parser);
	return err;
}
