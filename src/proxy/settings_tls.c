/*
 * settings_tls -- the part of the settings that listeners with TLS are made of: `tls cert= key=` of `listen`,
 * and what clients must show. The files themselves are read by generation_load(), through tls/front.
 */
#include "proxy/settings.h"

static const char *path_of(const struct conf_word *w, size_t at)
{
	return w->text.p + at;          /* conf ends it with a NUL */
}

static void read_pair_word(struct listen_setting *l, const struct conf_word *w, struct diag_list *why)
{
	bool is_cert = sv_starts_with(w->text, SV("cert="));
	size_t at = is_cert ? 5 : 4;
	struct tls_pair *last = l->n_pairs ? &l->pairs[l->n_pairs - 1] : NULL;
	struct tls_file *slot;

	if (w->text.n == at)
		diag_error(why, w->at, "no file behind \"%.*s\"; write %.*sFILE", SV_ARG(w->text), SV_ARG(w->text));
	if (is_cert && l->n_pairs == SETTINGS_PAIRS_MAX) {
		diag_error(why, w->at, "more than %d certificates at one listener", SETTINGS_PAIRS_MAX);
		return;
	}
	if (is_cert && last && !last->key.path)
		diag_error(why, last->cert.at, "cert= without its key; write key=FILE behind it");
	if (!is_cert && (!last || last->key.path)) {
		diag_error(why, w->at, "key= without its certificate; write cert=FILE before it");
		return;
	}
	slot = is_cert ? &l->pairs[l->n_pairs++].cert : &last->key;
	*slot = (struct tls_file){ path_of(w, at), w->at };
}

size_t settings_read_tls_words(struct listen_setting *l, const struct conf_node *n, size_t i, struct diag_list *why)
{
	const struct conf_word *tls = &n->words[i++];
	size_t errors = why->errors;

	l->tls = true;
	for (; i < n->n_words && (sv_starts_with(n->words[i].text, SV("cert=")) ||
				  sv_starts_with(n->words[i].text, SV("key="))); i++)
		read_pair_word(l, &n->words[i], why);
	if (l->n_pairs == 0 && why->errors == errors && (i == n->n_words || sv_eq(n->words[i].text, SV("proxy-protocol"))))
		diag_error(why, tls->at, "tls without a certificate; write tls cert=FILE key=FILE");
	else if (l->n_pairs && !l->pairs[l->n_pairs - 1].key.path)
		diag_error(why, l->pairs[l->n_pairs - 1].cert.at, "cert= without its key; write key=FILE behind it");
	return i;
}

static size_t read_files(struct tls_file *out, const struct conf *c, const char *directive, struct diag_list *why)
{
	const struct conf_node *n = conf_find(conf_first(c), directive);
	size_t count = 0;

	for (size_t i = 1; n && i < n->n_words; i++) {
		if (count == SETTINGS_TLS_FILES_MAX) {
			diag_error(why, n->words[i].at, "more than %d files at \"%s\"", SETTINGS_TLS_FILES_MAX, directive);
			break;
		}
		out[count++] = (struct tls_file){ path_of(&n->words[i], 0), n->words[i].at };
	}
	return count;
}

static enum identity_kind kind_of(struct sv word)
{
	return sv_eq(word, SV("uri")) ? IDENTITY_URI : sv_eq(word, SV("dns")) ? IDENTITY_DNS : IDENTITY_CN;
}

static void read_kinds(struct client_trust_config *t, const struct conf *c, struct diag_list *why)
{
	const struct conf_node *n = conf_find(conf_first(c), "client-identity");

	if (!n) {
		t->kinds[t->n_kinds++] = IDENTITY_URI;
		t->kinds[t->n_kinds++] = IDENTITY_DNS;
		return;
	}
	for (size_t i = 1; i < n->n_words && t->n_kinds < IDENTITY_KINDS_MAX; i++) {
		enum identity_kind kind = kind_of(n->words[i].text);

		for (size_t k = 0; k < t->n_kinds; k++)
			if (t->kinds[k] == kind)
				diag_error(why, n->words[i].at, "\"%.*s\" twice; name each part once",
					   SV_ARG(n->words[i].text));
		t->kinds[t->n_kinds++] = kind;
	}
}

/* What makes no sense without its companion. */
static void check_company(const struct settings *s, const struct conf *c, struct diag_list *why)
{
	static const char *const need_ca[] = { "client-cert", "client-crl", "client-identity" };
	const struct conf_node *ca = conf_find(conf_first(c), "client-ca");
	bool any_tls = false;

	for (size_t i = 0; i < s->n_listens; i++)
		any_tls = any_tls || s->listens[i].tls;
	for (size_t i = 0; i < sizeof(need_ca) / sizeof(need_ca[0]); i++) {
		const struct conf_node *n = conf_find(conf_first(c), need_ca[i]);

		if (n && !ca)
			diag_error(why, conf_place(n), "\"%s\" without \"client-ca\"; name the CA that signs the "
				   "certificates of clients", need_ca[i]);
	}
	if (ca && !any_tls)
		diag_add(why, DIAG_WARNING, conf_place(ca), "\"client-ca\" has no effect, since no listener has "
			 "\"tls\"; write listen explicit ADDRESS:PORT tls cert=FILE key=FILE");
}

void settings_read_tls(struct settings *s, const struct conf *c, struct diag_list *why)
{
	struct client_trust_config *t = &s->clients;

	s->tls_ms = (unsigned)conf_duration_ms(c, "tls-timeout");
	t->cas = s->client_cas;
	t->crls = s->client_crls;
	t->n_cas = read_files(s->client_cas, c, "client-ca", why);
	t->n_crls = read_files(s->client_crls, c, "client-crl", why);
	if (t->n_cas)
		t->mode = sv_eq(conf_text(c, "client-cert"), SV("optional")) ? CLIENT_CERT_OPTIONAL : CLIENT_CERT_REQUIRE;
	read_kinds(t, c, why);
	check_company(s, c, why);
}
