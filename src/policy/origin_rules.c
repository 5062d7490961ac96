#include "policy/origin_rules.h"

#include "base/base64.h"
#include "config/directives.h"

/* ---- verify ----------------------------------------------------------------------------------- */

static enum verify_mode read_verify(const struct reading *r, const struct conf_node *n)
{
	struct sv first = n->words[1].text, second = n->n_words > 2 ? n->words[2].text : SV("");
	bool origin = sv_eq(first, SV("origin"));

	if ((!origin && !sv_eq(first, SV("off"))) || (second.n && (!origin || !sv_eq(second, SV("audit"))))) {
		diag_error(r->why, n->words[second.n ? 2 : 1].at, "unexpected \"%.*s\"; expected \"verify off\", "
			   "\"verify origin\" or \"verify origin audit\"", SV_ARG(second.n ? second : first));
		return VERIFY_OFF;
	}
	return !origin ? VERIFY_OFF : second.n ? VERIFY_AUDIT : VERIFY_ORIGIN;
}

/* Whether a word here could ever have an effect. */
static bool lets_out(const struct reading *r, const struct conf_node *n, enum action action)
{
	if (action == ACTION_ALLOW)
		return true;
	diag_error(r->why, conf_place(n), "\"%.*s\" has no effect in a collection whose action is %s; no connection "
		   "to an origin comes of it", SV_ARG(n->words[0].text), action_name(action));
	return false;
}

enum verify_mode read_global_verify(const struct reading *r)
{
	const struct conf_node *n = conf_find(conf_first(r->conf), "verify");

	return n ? read_verify(r, n) : VERIFY_OFF;
}

enum verify_mode read_collection_verify(const struct reading *r, const struct conf_node *collection,
					enum action action, enum verify_mode global)
{
	const struct conf_node *n = conf_find(collection->children, "verify");

	return !n ? global : lets_out(r, n, action) ? read_verify(r, n) : VERIFY_OFF;
}

/* ---- pin ---------------------------------------------------------------------------------------- */

static bool read_pin(const struct conf_word *w, unsigned char out[PIN_OCTETS])
{
	struct sv text = w->text;

	return sv_starts_with(text, SV("sha256:")) &&
	       base64_decode(sv_slice(text, 7, text.n), out, PIN_OCTETS) == PIN_OCTETS;
}

static void read_pin_line(const struct reading *r, const struct conf_node *n,
			  unsigned char (*pins)[PIN_OCTETS], size_t *n_pins)
{
	for (size_t i = 1; i < n->n_words; i++) {
		if (*n_pins == PINS_MAX)
			diag_error(r->why, n->words[i].at, "more than %d pins in one rule", PINS_MAX);
		else if (!read_pin(&n->words[i], pins[*n_pins]))
			diag_error(r->why, n->words[i].at, "\"%.*s\" is not a pin; expected \"sha256:\" and the 44 "
				   "characters of base64 that the log shows as \"key\" of origin_tls",
				   SV_ARG(n->words[i].text));
		else
			++*n_pins;
	}
}

static void read_pins(const struct reading *r, const struct conf_node *rule, struct arena *keep, struct rule *out)
{
	const struct conf_node *n = conf_find(rule->children, "pin");
	unsigned char (*pins)[PIN_OCTETS];

	if (!n || !lets_out(r, n, out->action))
		return;
	pins = arena_array(keep, PINS_MAX, sizeof(*pins));
	for (; n; n = conf_find(n->next, "pin"))
		read_pin_line(r, n, pins, &out->n_pins);
	out->pins = (const unsigned char (*)[PIN_OCTETS])pins;
}

/* ---- what the rule's entries say to that ----------------------------------------------------------- */

static void check_protos(const struct reading *r, const struct conf_node *n, unsigned protos)
{
	const char *word = n->directive->name;

	if (protos & PROTO_TCP)
		diag_error(r->why, conf_place(n), "\"%s\" stands in a rule with a tcp entry, which need not be TLS and "
			   "cannot be verified; write https instead of tcp, or give the tcp entries a rule of their own%s", word,
			   strcmp(word, "verify") == 0
			   ? "; in the collection, the word holds for https entries alone" : "");
	else if (protos && !(protos & PROTO_HTTPS))
		diag_error(r->why, conf_place(n), "\"%s\" stands in a rule without an https entry, and holds for "
			   "nothing else; write https, or take \"%s\" out", word, word);
}

void read_origin_rules(const struct reading *r, const struct conf_node *rule, unsigned protos,
		       enum verify_mode inherited, struct arena *keep, struct rule *out)
{
	const struct conf_node *own = conf_find(rule->children, "verify"), *pin = conf_find(rule->children, "pin");

	out->verify = out->action == ACTION_ALLOW ? inherited : VERIFY_OFF;
	if (own && lets_out(r, own, out->action)) {
		out->verify = read_verify(r, own);
		if (out->verify != VERIFY_OFF)
			check_protos(r, own, protos);
	}
	if (pin)
		check_protos(r, pin, protos);
	read_pins(r, rule, keep, out);
}
