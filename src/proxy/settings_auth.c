/*
 * settings_auth -- the settings of the password check: who may show one where, and how often a wrong one.
 */
#include "proxy/settings.h"

static bool takes_passwords(const struct settings *s, const struct listen_setting *l)
{
	return l->mode == LISTEN_EXPLICIT && (l->tls || s->auth_cleartext);
}

/* It stands in a quoted string (RFC 9110 5.6.4), which is not worth an escape. */
static bool is_realm(struct sv text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f || text.p[i] == '"' || text.p[i] == '\\')
			return false;
	return text.n > 0 && text.n <= SETTINGS_REALM_MAX;
}

static void read_realm(struct settings *s, const struct conf *c, struct diag_list *why)
{
	const struct conf_node *n = conf_find(conf_first(c), "auth-realm");
	struct sv text = conf_text(c, "auth-realm");

	if (!is_realm(text)) {
		diag_error(why, n && n->n_words > 1 ? n->words[1].at : conf_place(n), "this is no realm; expected 1 to %d "
			   "octets of text without quotes, backslashes and control characters", SETTINGS_REALM_MAX);
		return;
	}
	memcpy(s->auth_realm, text.p, text.n);
	s->auth_realm[text.n] = '\0';
}

/* What says how passwords are taken says nothing where none is. */
static void check_company(const struct conf *c, struct diag_list *why)
{
	static const char *const need_users[] = { "auth", "auth-failures", "auth-realm" };

	if (conf_find(conf_first(c), "auth-users"))
		return;
	for (size_t i = 0; i < sizeof(need_users) / sizeof(need_users[0]); i++) {
		const struct conf_node *n = conf_find(conf_first(c), need_users[i]);

		if (n)
			diag_add(why, DIAG_WARNING, conf_place(n), "\"%s\" has no effect without \"auth-users\"; name the file "
				 "of users", need_users[i]);
	}
}

/* Users that no listener lets in are a mistake, most often a forgotten word. */
static void check_use(const struct settings *s, const struct conf *c, struct diag_list *why)
{
	const struct conf_node *n = conf_find(conf_first(c), "auth-users");

	if (!n)
		return;
	for (size_t i = 0; i < s->n_listens; i++)
		if (takes_passwords(s, &s->listens[i]))
			return;
	diag_add(why, DIAG_WARNING, conf_place(n), "no listener takes passwords; give an explicit one \"tls\", or say "
		 "\"auth allow-cleartext;\" if the network between clients and proxy can be trusted");
}

void settings_read_auth(struct settings *s, const struct conf *c, struct diag_list *why)
{
	s->auth_cleartext = sv_eq(conf_text(c, "auth"), SV("allow-cleartext"));
	s->auth_failures = (unsigned)conf_number(c, "auth-failures");
	read_realm(s, c, why);
	check_use(s, c, why);
	check_company(c, why);
}
