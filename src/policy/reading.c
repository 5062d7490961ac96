/* reading -- words to values, with the sentence that helps when they are none. */
#include "policy/reading.h"

static struct sv missing_sentence(const struct reading *r, enum expand_error e, struct sv missing)
{
	if (e == EXPAND_NO_CODE)
		return arena_printf(r->scratch,
			"no Azure Backup code is known for the region \"%.*s\"; set it with "
			"\"param geo CODE;\" or --set geo=CODE", SV_ARG(missing));
	if (sv_eq(missing, SV("geo")) || sv_eq(missing, SV("azurecloud")) || sv_eq(missing, SV("cloud")))
		return arena_printf(r->scratch, "${%.*s} has no value; \"param region NAME;\" or "
				    "--set region=NAME gives it", SV_ARG(missing));
	return arena_printf(r->scratch, "${%.*s} has no value; set it with \"param %.*s VALUE;\" or "
			    "--set %.*s=VALUE", SV_ARG(missing), SV_ARG(missing), SV_ARG(missing));
}

static bool is_regex(const struct conf_word *w)
{
	struct sv before = sv_slice(w->text, 0, w->quote_at);

	return w->quoted && (sv_eq(before, SV("~")) || sv_eq(before, SV("identity:~")));
}

enum read_result read_texts(const struct reading *r, const struct conf_word *w,
			    struct expansion *out, struct sv *missing)
{
	enum expand_error e = conf_expand_in(r->conf, r->scope, w, is_regex(w), r->scratch, out);

	if (e == EXPAND_OK)
		return READ_OK;
	*missing = missing_sentence(r, e, out->missing);
	return READ_MISSING;
}

bool read_texts_or_report(const struct reading *r, const struct conf_word *w, struct expansion *out)
{
	struct sv missing;

	if (read_texts(r, w, out, &missing) == READ_OK)
		return true;
	diag_error(r->why, w->at, "%.*s", SV_ARG(missing));
	return false;
}

enum read_result read_patterns(const struct reading *r, const struct conf_word *w,
			       struct patterns *out, struct sv *missing)
{
	struct expansion texts;
	struct sv why;

	*out = (struct patterns){ 0 };
	if (read_texts(r, w, &texts, missing) != READ_OK)
		return READ_MISSING;
	out->items = arena_array(r->scratch, texts.n, sizeof(*out->items));
	for (size_t i = 0; i < texts.n; i++) {
		size_t quote_at = w->quote_at < texts.texts[i].n ? w->quote_at : texts.texts[i].n;

		if (!pattern_parse(&out->items[i], texts.texts[i], w->quoted, quote_at, r->scratch, &why)) {
			diag_error(r->why, w->at, "%.*s", SV_ARG(why));
			return READ_WRONG;
		}
	}
	out->n = texts.n;
	return READ_OK;
}

bool read_patterns_or_report(const struct reading *r, const struct conf_word *w, struct patterns *out)
{
	struct sv missing;
	enum read_result result = read_patterns(r, w, out, &missing);

	if (result == READ_MISSING)
		diag_error(r->why, w->at, "%.*s", SV_ARG(missing));
	return result == READ_OK;
}

/* ---- service tags --------------------------------------------------------------------------- */

bool read_service_tag(const struct reading *r, struct sv name, struct service_prefixes *out, struct sv *missing)
{
	const char *near;

	if (!r->service_tags || !service_tags_loaded(r->service_tags)) {
		*missing = SV("no file of service tags is loaded; make one with \"sekisho tag import service-tags\" "
			      "from Microsoft's ServiceTags_Public_*.json, and name it in \"service-tags FILE;\"");
		return false;
	}
	if (service_tags_find(r->service_tags, name, out))
		return true;
	near = service_tags_suggest(r->service_tags, name);
	*missing = near ? arena_printf(r->scratch, "unknown service tag \"%.*s\"; did you mean \"%s\"?",
				       SV_ARG(name), near) :
			  arena_printf(r->scratch, "unknown service tag \"%.*s\"; the file that \"service-tags\" "
				       "names lists them", SV_ARG(name));
	return false;
}

enum read_result read_service_tags(const struct reading *r, const struct conf_word *w,
				   struct patterns *out, struct sv *missing)
{
	size_t skip = SV("service-tag:").n;
	struct expansion texts;
	struct service_prefixes *lists;

	*out = (struct patterns){ 0 };
	if (read_texts(r, w, &texts, missing) != READ_OK)
		return READ_MISSING;
	lists = arena_array(r->scratch, texts.n, sizeof(*lists));
	for (size_t i = 0; i < texts.n; i++) {
		if (!read_service_tag(r, sv_slice(texts.texts[i], skip, texts.texts[i].n), &lists[i], missing))
			return READ_UNKNOWN;
		out->n += lists[i].n;
	}
	out->items = arena_array(r->scratch, out->n, sizeof(*out->items));
	out->n = 0;
	for (size_t i = 0; i < texts.n; i++)
		for (size_t k = 0; k < lists[i].n; k++)
			out->items[out->n++] = (struct pattern){
				.kind = PATTERN_ADDRESS, .prefix = lists[i].items[k],
			};
	return READ_OK;
}

bool read_check_regexes(const struct reading *r, struct place at, const struct patterns *p)
{
	struct regex *re;
	struct sv why;

	for (size_t i = 0; i < p->n; i++) {
		if (p->items[i].kind != PATTERN_REGEX)
			continue;
		re = regex_compile(p->items[i].regex, r->scratch, &why);
		if (!re) {
			diag_error(r->why, at, "%.*s", SV_ARG(why));
			return false;
		}
		regex_free(re);
	}
	return true;
}

/* ---- prefixes ------------------------------------------------------------------------------- */

static void unmap(struct prefix *p)
{
	struct ip plain = ip_unmapped(&p->addr);

	if (p->addr.family == 6 && plain.family == 4 && p->bits >= 96) {
		p->addr = plain;
		p->bits = (uint8_t)(p->bits - 96);
	}
}

bool read_prefix(struct sv text, struct arena *a, struct prefix *out, struct sv *why)
{
	char meant[PREFIX_TEXT_MAX];

	switch (prefix_parse(out, text)) {
	case PREFIX_OK:
		unmap(out);
		return true;
	case PREFIX_HOST_BITS:
		prefix_format(out, meant);
		*why = arena_printf(a, "\"%.*s\" has bits set behind the prefix; did you mean \"%s\"?",
				    SV_ARG(text), meant);
		return false;
	case PREFIX_BAD_LENGTH:
		*why = arena_printf(a, "bad prefix length in \"%.*s\"; expected 0 to 32 for IPv4, 0 to 128 "
				    "for IPv6", SV_ARG(text));
		return false;
	case PREFIX_BAD_ADDRESS:
		break;
	}
	*why = arena_printf(a, "\"%.*s\" is no address or prefix; expected one such as 10.1.0.9, "
			    "10.1.0.0/24 or 2001:db8::/32", SV_ARG(text));
	return false;
}

bool looks_like_prefix(struct sv text)
{
	size_t dot = sv_find(text, '.');
	uint64_t first;

	return sv_find(text, ':') < text.n || sv_find(text, '/') < text.n ||
	       (dot < text.n && sv_to_u64(sv_slice(text, 0, dot), UINT32_MAX, &first));
}
