/* tls/front: which files make a listener, which certificate answers, which clients it takes. */
#include "tls_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files ----------------------------------------------------------------------------------- */

static bool says(const struct diag_list *why, enum severity sev, const char *text)
{
	for (size_t i = 0; i < why->n; i++)
		if (why->items[i].severity == sev && strstr(why->items[i].text, text))
			return true;
	return false;
}

static void expect_pair(const char *cert, const char *key, enum severity sev, const char *text)
{
	const struct tls_pair pair = { certs_file(cert), certs_file(key) };
	struct diag_list why = { 0 };
	struct front *f;

	assert_int_equal(front_load(&f, &(struct front_config){ .pairs = &pair, .n_pairs = 1 }, &why) != 0,
			 sev == DIAG_ERROR);
	if (!says(&why, sev, text)) {
		diag_print(&why, stderr);
		fail_msg("%s with %s: nobody said \"%s\"", cert, key, text);
	}
	assert_int_equal(f == NULL, sev == DIAG_ERROR);
	front_free(f);
	diag_fini(&why);
}

static void each_broken_pair_is_named(void **state)
{
	(void)state;
	certs_shell("openssl x509 -in server.crt -outform DER -out der.crt; : >empty.crt; echo hello >text.crt;"
		    "sed 5d server.crt >cut.crt; sed 2d server.key >cut.key; chmod 600 cut.key; mkdir folder;"
		    "openssl pkey -in server.key -aes128 -passout pass:x -out locked.key");
	expect_pair("absent.crt", "server.key", DIAG_ERROR, "absent.crt\": no such file");
	expect_pair("folder", "server.key", DIAG_ERROR, "it is a folder");
	expect_pair("empty.crt", "server.key", DIAG_ERROR, "is empty");
	expect_pair("text.crt", "server.key", DIAG_ERROR, "no certificate in");
	expect_pair("der.crt", "server.key", DIAG_ERROR, "is DER, not PEM; convert it: openssl x509");
	expect_pair("cut.crt", "server.key", DIAG_ERROR, "certificate 1 of");
	expect_pair("server.key", "server.key", DIAG_ERROR, "no certificate in");
	expect_pair("server.crt", "absent.key", DIAG_ERROR, "absent.key\": no such file");
	expect_pair("server.crt", "server.crt", DIAG_ERROR, "no private key in");
	expect_pair("server.crt", "cut.key", DIAG_ERROR, "cut.key\" is damaged");
	expect_pair("server.crt", "locked.key", DIAG_ERROR, "has a passphrase");
	expect_pair("server.crt", "wrong-name.key", DIAG_ERROR, "wrong-name.key\" does not belong to the certificate");
	expect_pair("weak.crt", "weak.key", DIAG_ERROR, "is too weak (1024 bits)");
	expect_pair("client.crt", "client.key", DIAG_ERROR, "is not for TLS servers");
	expect_pair("expired.crt", "expired.key", DIAG_WARNING, "is expired");
}

static void a_mixed_up_key_is_traced(void **state)
{
	const struct tls_pair pairs[] = { { certs_file("server.crt"), certs_file("wrong-name.key") },
					  { certs_file("wrong-name.crt"), certs_file("server.key") } };
	struct diag_list why = { 0 };
	struct front *f;

	(void)state;
	assert_int_not_equal(front_load(&f, &(struct front_config){ .pairs = pairs, .n_pairs = 2 }, &why), 0);
	assert_int_equal(why.errors, 2);
	assert_true(says(&why, DIAG_ERROR, "it belongs to \""));
	assert_null(f);
	diag_fini(&why);
}

static void a_key_that_others_read_is_refused(void **state)
{
	(void)state;
	certs_shell("cp server.key open.key; chmod 644 open.key; cp server.key group.key; chmod 660 group.key;"
		    "cp server.key root.key; chmod 640 root.key");
	expect_pair("server.crt", "open.key", DIAG_ERROR, "is open to everybody (mode 0644); chmod 600 ");
	expect_pair("server.crt", "group.key", DIAG_ERROR, "is open to its group (mode 0660); chmod 600 ");
	if (geteuid() == 0) {
		front_free(front_make("root", NULL, NULL));
	} else {
		expect_pair("server.crt", "root.key", DIAG_ERROR, "is open to its group (mode 0640); chmod 600 ");
	}
}

static void chains_are_looked_at(void **state)
{
	(void)state;
	certs_shell("cat sub-ca.crt server.crt >upside.crt; cat server.crt sub-ca.crt >stray.crt;"
		    "cp server.crt root.crt");
	front_free(front_make("chained", NULL, NULL));
	expect_pair("upside.crt", "server.key", DIAG_ERROR, "belongs to certificate 2");
	expect_pair("stray.crt", "server.key", DIAG_WARNING, "certificate 2 in");
}

static void an_end_within_30_days_is_a_warning(void **state)
{
	(void)state;
	certs_shell("SAN=DNS:soon.test openssl req -x509 -config ca.conf -extensions v3_server -key server.key "
		    "-days 10 -subj /CN=soon -out soon.crt || "
		    "openssl req -x509 -key server.key -days 10 -subj /CN=soon -addext subjectAltName=DNS:soon.test -out soon.crt");
	expect_pair("soon.crt", "server.key", DIAG_WARNING, "ends in 9 days; renew it");
}

static void expect_trust(const char *ca, const char *crl, enum severity sev, const char *text)
{
	const struct tls_file cas = certs_file(ca), crls = certs_file(crl ? crl : "");
	struct diag_list why = { 0 };
	struct client_trust *t;

	client_trust_load(&t, &(struct client_trust_config){ .mode = CLIENT_CERT_REQUIRE, .cas = &cas, .n_cas = 1,
				 .crls = &crls, .n_crls = crl ? 1 : 0 }, &why);
	if (!says(&why, sev, text)) {
		diag_print(&why, stderr);
		fail_msg("%s with %s: nobody said \"%s\"", ca, crl ? crl : "no list", text);
	}
	assert_int_equal(t == NULL, sev == DIAG_ERROR);
	client_trust_free(t);
	diag_fini(&why);
}

static void what_is_said_of_clients_is_checked(void **state)
{
	(void)state;
	certs_shell("cat ca.crt sub-ca.crt >two-cas.crt;"
		    "SAN= openssl ca -config ca.conf -gencrl -crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z "
		    "-out old-crl.pem;"
		    "SAN= openssl req -x509 -config ca.conf -extensions v3_ca -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
		    "-keyout false-ca.key -subj '/CN=Sekisho test CA' -days 9 -out false-ca.crt");
	expect_trust("absent.crt", NULL, DIAG_ERROR, "no such file");
	expect_trust("server.crt", NULL, DIAG_ERROR, "is not a CA");
	expect_trust("ca.crt", "ca.crt", DIAG_ERROR, "no revocation list in");
	expect_trust("two-cas.crt", "crl.pem", DIAG_ERROR, "no revocation list of the CA \"CN=sekisho test sub-ca\"");
	expect_trust("false-ca.crt", "crl.pem", DIAG_ERROR, "is not signed by that CA");
	expect_trust("ca.crt", "old-crl.pem", DIAG_WARNING, "is out of date");
}

/* ---- which certificate ----------------------------------------------------------------------- */

static void expect_subject(const struct front *f, const char *sni, const char *suites, const char *subject)
{
	struct duo d;
	X509 *cert;
	char text[128];

	assert_int_equal(duo_run(&d, f, &(struct client_options){ .sni = sni, .suites12 = suites,
			 .max_version = suites ? TLS1_2_VERSION : 0 }), REASON_COMPLETED);
	cert = SSL_get1_peer_certificate(d.client);
	X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, text, sizeof(text));
	if (strcmp(text, subject) != 0)
		fail_msg("%s got \"%s\", not \"%s\"", sni ? sni : "no SNI", text, subject);
	X509_free(cert);
	duo_close(&d);
}

static void the_name_chooses_the_certificate(void **state)
{
	const struct tls_pair pairs[] = { certs_pair("wrong-name"), certs_pair("server"), certs_pair("server-rsa"),
					  certs_pair("self-signed") };
	struct diag_list why = { 0 };
	struct front *f;

	(void)state;
	assert_int_equal(front_load(&f, &(struct front_config){ .pairs = pairs, .n_pairs = 4 }, &why), 0);
	expect_subject(f, NULL, NULL, "sekisho test wrong-name");
	expect_subject(f, "unknown.test", NULL, "sekisho test wrong-name");
	expect_subject(f, "wrong-name.invalid", NULL, "sekisho test wrong-name");
	expect_subject(f, "www.test", NULL, "sekisho test server");
	expect_subject(f, "WWW.Test", NULL, "sekisho test server");
	expect_subject(f, "a.wild.test", NULL, "sekisho test server");
	expect_subject(f, "a.b.wild.test", NULL, "sekisho test wrong-name");
	expect_subject(f, "wild.test", NULL, "sekisho test wrong-name");
	expect_subject(f, "www.test", "ECDHE-RSA-AES128-GCM-SHA256", "sekisho test server-rsa");
	front_free(f);
	diag_fini(&why);
}

static void an_exact_name_comes_before_a_wildcard(void **state)
{
	struct diag_list why = { 0 };
	struct front *f;

	(void)state;
	certs_shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout exact.key -days 90 "
		    "-subj /CN=exact -addext subjectAltName=DNS:a.wild.test -out exact.crt");
	const struct tls_pair pairs[] = { certs_pair("server"), certs_pair("exact") };

	assert_int_equal(front_load(&f, &(struct front_config){ .pairs = pairs, .n_pairs = 2 }, &why), 0);
	expect_subject(f, "a.wild.test", NULL, "exact");
	expect_subject(f, "b.wild.test", NULL, "sekisho test server");
	front_free(f);
	diag_fini(&why);
}

/* ---- protocol -------------------------------------------------------------------------------- */

static void versions_and_alpn(void **state)
{
	struct front *f = front_make("server", NULL, NULL);
	const unsigned char *alpn;
	struct tls_facts facts;
	unsigned n;
	struct duo d;

	(void)state;
	duo_run(&d, f, &(struct client_options){ .alpn = "\x02h2\x08http/1.1" });
	SSL_get0_alpn_selected(d.client, &alpn, &n);
	assert_int_equal(n, 8);
	assert_memory_equal(alpn, "http/1.1", 8);
	tls_conn_facts(d.server, &facts);
	assert_int_equal(facts.version, 0x0304);
	assert_false(facts.resumed);
	assert_int_equal(facts.identity.kind, IDENTITY_NONE);
	duo_close(&d);
	duo_run(&d, f, &(struct client_options){ .max_version = TLS1_2_VERSION });
	tls_conn_facts(d.server, &facts);
	assert_int_equal(facts.version, 0x0303);
	duo_close(&d);
	assert_int_equal(duo_run(&d, f, &(struct client_options){ .alpn = "\x02h2" }), REASON_TLS_FAILED);
	assert_int_equal(ERR_GET_REASON(d.client_error), SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
	assert_string_equal(tls_conn_detail(d.server), "the client's ALPN list has no http/1.1");
	duo_close(&d);
	assert_int_equal(duo_run(&d, f, &(struct client_options){ .max_version = TLS1_2_VERSION,
			 .suites12 = "ECDHE-ECDSA-AES128-SHA256" }), REASON_TLS_FAILED);
	duo_close(&d);
	front_free(f);
}

/* ---- clients --------------------------------------------------------------------------------- */

static void each_bad_certificate_has_its_reason(void **state)
{
	static const struct {
		const char *cert;
		enum reason reason;
		int alert;
		const char *detail;
	} cases[] = {
		{ "client", REASON_COMPLETED, 0, NULL },
		{ "client-uri", REASON_COMPLETED, 0, NULL },
		{ NULL, REASON_CLIENT_CERT_MISSING, SSL_AD_CERTIFICATE_REQUIRED, NULL },
		{ "client-expired", REASON_CLIENT_CERT_EXPIRED, SSL_AD_CERTIFICATE_EXPIRED, "expired" },
		{ "client-revoked", REASON_CLIENT_CERT_REVOKED, SSL_AD_CERTIFICATE_REVOKED, "revoked" },
		{ "client-self-signed", REASON_CLIENT_CERT_UNTRUSTED, SSL_AD_UNKNOWN_CA, "self-signed" },
		{ "client-weak", REASON_CLIENT_CERT_WEAK, SSL_AD_BAD_CERTIFICATE, "key too" },
		{ "client-sha1", REASON_CLIENT_CERT_WEAK, SSL_AD_BAD_CERTIFICATE, "too weak" },
		{ "server", REASON_CLIENT_CERT_BAD, SSL_AD_UNSUPPORTED_CERTIFICATE, "purpose" },
		{ "client-two", REASON_CLIENT_CERT_BAD, SSL_AD_BAD_CERTIFICATE, "several URI" },
		{ "client-cn", REASON_CLIENT_CERT_BAD, SSL_AD_BAD_CERTIFICATE, "no name" },
	};
	struct client_trust *trust = trust_make(CLIENT_CERT_REQUIRE, "crl.pem");
	struct front *f = front_make("server", trust, NULL);

	(void)state;
	client_trust_free(trust);
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct duo d;
			enum reason r = duo_run(&d, f, &(struct client_options){ .cert = cases[i].cert,
						.max_version = version });
			int alert = ERR_GET_REASON(d.client_error) - SSL_AD_REASON_OFFSET;
			const char *detail = tls_conn_detail(d.server);

			if (r != cases[i].reason || (cases[i].detail && !(detail && strstr(detail, cases[i].detail))))
				fail_msg("%s: %s (%s)", cases[i].cert, reason_row(r)->word, detail ? detail : "");
			if (cases[i].alert == SSL_AD_CERTIFICATE_REQUIRED && version == TLS1_2_VERSION)
				assert_int_equal(alert, SSL_AD_HANDSHAKE_FAILURE);
			else if (cases[i].alert)
				assert_int_equal(alert, cases[i].alert);
			duo_close(&d);
		}
	front_free(f);
}

static void identity_issuer_and_serial_are_told(void **state)
{
	struct client_trust *trust = trust_make(CLIENT_CERT_OPTIONAL, NULL);
	struct front *f = front_make("server", trust, NULL);
	struct tls_facts facts;
	struct duo d;

	(void)state;
	client_trust_free(trust);
	assert_int_equal(duo_run(&d, f, &(struct client_options){ .cert = "client-uri" }), REASON_COMPLETED);
	tls_conn_facts(d.server, &facts);
	assert_int_equal(facts.identity.kind, IDENTITY_URI);
	assert_true(sv_eq(facts.identity.text, SV("spiffe://site.invalid/vm/one")));
	assert_true(sv_eq(facts.issuer, SV("CN=Sekisho test CA")));
	assert_int_equal(facts.serial.n, 4);
	duo_close(&d);
	assert_int_equal(duo_run(&d, f, &(struct client_options){ .cert = "client" }), REASON_COMPLETED);
	tls_conn_facts(d.server, &facts);
	assert_int_equal(facts.identity.kind, IDENTITY_DNS);
	assert_true(sv_eq(facts.identity.text, SV("client.invalid")));
	duo_close(&d);
	assert_int_equal(duo_run(&d, f, &(struct client_options){ .cert = NULL }), REASON_COMPLETED);
	tls_conn_facts(d.server, &facts);
	assert_int_equal(facts.identity.kind, IDENTITY_NONE);
	assert_int_equal(facts.issuer.n, 0);
	duo_close(&d);
	front_free(f);
}

static void a_common_name_counts_when_asked_for(void **state)
{
	const struct tls_file ca = certs_file("ca.crt");
	const struct tls_pair pair = certs_pair("server");
	struct client_trust *trust;
	struct diag_list why = { 0 };
	struct tls_facts facts;
	struct front *f;
	struct duo d;

	(void)state;
	client_trust_load(&trust, &(struct client_trust_config){ .mode = CLIENT_CERT_REQUIRE, .cas = &ca, .n_cas = 1,
			  .kinds = { IDENTITY_URI, IDENTITY_CN }, .n_kinds = 2 }, &why);
	assert_int_equal(front_load(&f, &(struct front_config){ &pair, 1, trust, NULL }, &why), 0);
	client_trust_free(trust);
	duo_run(&d, f, &(struct client_options){ .cert = "client-cn" });
	tls_conn_facts(d.server, &facts);
	assert_int_equal(facts.identity.kind, IDENTITY_CN);
	assert_true(sv_eq(facts.identity.text, SV("client one")));
	duo_close(&d);
	front_free(f);
	diag_fini(&why);
}

/* A CA in between as the only anchor, with lists: nobody asks for a list that says whether the anchor is good. */
static void an_anchor_need_not_be_a_root(void **state)
{
	const struct tls_file ca = certs_file("sub-ca.crt"), crl = certs_file("sub-crl.pem");
	const struct tls_pair pair = certs_pair("server");
	struct client_trust *trust;
	struct diag_list why = { 0 };
	struct front *f;
	struct duo d;

	(void)state;
	certs_shell("sed 's/ca.crt/sub-ca.crt/; s/ca.key/sub-ca.key/; s/index.txt/sub.txt/' ca.conf >sub.conf; : >sub.txt;"
		    "SAN= openssl ca -config sub.conf -gencrl -out sub-crl.pem; cp client.key below.key;"
		    "SAN= openssl req -new -config ca.conf -key client.key -subj /CN=below -out below.csr;"
		    "SAN=DNS:below.test openssl x509 -req -in below.csr -CA sub-ca.crt -CAkey sub-ca.key -set_serial 7 "
		    "-days 9 -extfile ca.conf -extensions v3_client -out below.crt");
	client_trust_load(&trust, &(struct client_trust_config){ .mode = CLIENT_CERT_REQUIRE, .cas = &ca, .n_cas = 1,
			  .crls = &crl, .n_crls = 1, .kinds = { IDENTITY_DNS }, .n_kinds = 1 }, &why);
	diag_print(&why, stderr);
	assert_int_equal(front_load(&f, &(struct front_config){ &pair, 1, trust, NULL }, &why), 0);
	client_trust_free(trust);
	assert_int_equal(duo_run(&d, f, &(struct client_options){ .cert = "below" }), REASON_COMPLETED);
	duo_close(&d);
	assert_int_equal(duo_run(&d, f, &(struct client_options){ .cert = "client" }), REASON_CLIENT_CERT_UNTRUSTED);
	duo_close(&d);
	front_free(f);
	diag_fini(&why);
}

/* ---- tickets --------------------------------------------------------------------------------- */

static SSL_SESSION *first_ticket(const struct front *f, int version)
{
	struct duo d;
	SSL_SESSION *ticket;

	assert_int_equal(duo_run(&d, f, &(struct client_options){ .cert = "client", .max_version = version }),
			 REASON_COMPLETED);
	ticket = d.ticket;
	assert_non_null(ticket);
	d.ticket = NULL;
	duo_close(&d);
	return ticket;
}

/* With a copy, since OpenSSL's client drops a TLS 1.2 session that was given a newer ticket. */
static bool resumes(const struct front *f, const SSL_SESSION *ticket, enum reason wanted)
{
	struct tls_facts facts = { 0 };
	SSL_SESSION *copy = SSL_SESSION_dup(ticket);
	struct duo d;

	assert_int_equal(duo_run(&d, f, &(struct client_options){ .cert = "client", .session = copy,
			 .max_version = SSL_SESSION_get_protocol_version(ticket) }), wanted);
	if (wanted == REASON_COMPLETED) {
		tls_conn_facts(d.server, &facts);
		assert_int_equal(facts.identity.kind, IDENTITY_DNS);
		assert_int_equal(facts.resumed, SSL_session_reused(d.client));
	}
	duo_close(&d);
	SSL_SESSION_free(copy);
	return facts.resumed;
}

static void tickets_resume_across_reloads_and_rotations(void **state)
{
	struct tickets *ring = tickets_create();

	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct client_trust *trust = trust_make(CLIENT_CERT_REQUIRE, "crl.pem");
		struct front *before = front_make("server", trust, ring), *after;
		SSL_SESSION *ticket = first_ticket(before, version);

		client_trust_free(trust);
		assert_true(resumes(before, ticket, REASON_COMPLETED));
		trust = trust_make(CLIENT_CERT_REQUIRE, "crl.pem");
		after = front_make("server", trust, ring);
		client_trust_free(trust);
		front_free(before);
		assert_true(resumes(after, ticket, REASON_COMPLETED));
		for (int i = 1; i < TICKETS_KEYS; i++) {
			tickets_rotate(ring);
			assert_true(resumes(after, ticket, REASON_COMPLETED));
		}
		tickets_rotate(ring);                   /* its key is forgotten */
		assert_false(resumes(after, ticket, REASON_COMPLETED));
		SSL_SESSION_free(ticket);
		front_free(after);
	}
	tickets_free(ring);
}

static void what_changes_for_clients_ends_resumption(void **state)
{
	struct tickets *ring = tickets_create();

	(void)state;
	certs_shell("SAN= openssl ca -config ca.conf -gencrl -out crl2.pem");
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct client_trust *first = trust_make(CLIENT_CERT_REQUIRE, "crl.pem"),
				    *other_list = trust_make(CLIENT_CERT_REQUIRE, "crl2.pem"),
				    *other_mode = trust_make(CLIENT_CERT_OPTIONAL, "crl.pem");
		struct front *f = front_make("server", first, ring), *g = front_make("server", other_list, ring),
			     *h = front_make("server", other_mode, ring), *none = front_make("server", NULL, ring);
		SSL_SESSION *ticket = first_ticket(f, version);
		struct duo d;

		assert_true(resumes(f, ticket, REASON_COMPLETED));
		assert_false(resumes(g, ticket, REASON_COMPLETED));
		assert_false(resumes(h, ticket, REASON_COMPLETED));
		SSL_SESSION_free(ticket);
		/* nor does one from where nobody was asked open the door */
		duo_run(&d, none, &(struct client_options){ .max_version = version });
		ticket = d.ticket;
		d.ticket = NULL;
		duo_close(&d);
		assert_int_equal(duo_run(&d, f, &(struct client_options){ .session = ticket, .max_version = version }),
				 REASON_CLIENT_CERT_MISSING);
		duo_close(&d);
		SSL_SESSION_free(ticket);
		front_free(f);
		front_free(g);
		front_free(h);
		front_free(none);
		client_trust_free(first);
		client_trust_free(other_list);
		client_trust_free(other_mode);
	}
	tickets_free(ring);
}

/* The one who was revoked in the meantime is out, ticket or not. */
static void a_revoked_client_does_not_resume(void **state)
{
	struct tickets *ring = tickets_create();
	struct client_trust *before = trust_make(CLIENT_CERT_REQUIRE, "crl.pem"), *after;
	struct front *f = front_make("server", before, ring), *g;
	SSL_SESSION *ticket;

	(void)state;
	ticket = first_ticket(f, TLS1_3_VERSION);
	certs_shell("cp index.txt saved.txt; SAN= openssl ca -config ca.conf -revoke client.crt;"
		    "SAN= openssl ca -config ca.conf -gencrl -out crl3.pem; cp saved.txt index.txt");
	after = trust_make(CLIENT_CERT_REQUIRE, "crl3.pem");
	g = front_make("server", after, ring);
	assert_false(resumes(g, ticket, REASON_CLIENT_CERT_REVOKED));
	SSL_SESSION_free(ticket);
	client_trust_free(before);
	client_trust_free(after);
	front_free(f);
	front_free(g);
	tickets_free(ring);
}

/* A certificate that has run out since is looked at anew. */
static void a_ticket_ends_with_its_certificate(void **state)
{
	struct tickets *ring = tickets_create();
	struct client_trust *trust = trust_make(CLIENT_CERT_REQUIRE, NULL);
	struct front *f = front_make("server", trust, ring);
	SSL_SESSION *ticket;
	struct duo d;

	(void)state;
	certs_shell("cp client.key brief.key; SAN= openssl req -new -config ca.conf -key client.key -subj /CN=brief -out brief.csr;"
		    "SAN=DNS:brief.test openssl ca -batch -config ca.conf -extensions v3_client -notext -in brief.csr -out brief.crt "
		    "-startdate 20200101000000Z -enddate $(date -u -d '2 seconds' +%Y%m%d%H%M%SZ)");
	assert_int_equal(duo_run(&d, f, &(struct client_options){ .cert = "brief" }), REASON_COMPLETED);
	ticket = d.ticket;
	d.ticket = NULL;
	duo_close(&d);
	sleep(3);
	assert_int_equal(duo_run(&d, f, &(struct client_options){ .cert = "brief", .session = ticket }),
			 REASON_CLIENT_CERT_EXPIRED);
	duo_close(&d);
	SSL_SESSION_free(ticket);
	client_trust_free(trust);
	front_free(f);
	tickets_free(ring);
}

static void a_front_may_go_before_its_connections(void **state)
{
	struct client_trust *trust = trust_make(CLIENT_CERT_REQUIRE, "crl.pem");
	struct front *f = front_make("server", trust, NULL);
	struct duo d;
	char c;

	(void)state;
	client_trust_free(trust);
	duo_open(&d, f, &(struct client_options){ .cert = "client" });
	front_free(f);
	duo_handshake(&d);
	assert_int_equal(d.reason, REASON_COMPLETED);
	assert_int_equal(tls_conn_write(d.server, "y", 1), 1);
	assert_int_equal(SSL_read(d.client, &c, 1), 1);
	duo_close(&d);
}

/* ---- threads --------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 15 };

struct crowd {
	const struct front *f;
	struct tickets *ring;
	_Atomic int failed, resumed;
};

/* No assertions here: they would leave by a jump into another thread's stack. */
static void *one_of_many(void *arg)
{
	struct crowd *c = arg;
	SSL_SESSION *ticket = NULL;

	for (int i = 0; i < ROUNDS; i++) {
		struct duo d;
		struct tls_facts facts;

		if (duo_run(&d, c->f, &(struct client_options){ .cert = "client", .session = ticket }) != REASON_COMPLETED)
			c->failed++;
		tls_conn_facts(d.server, &facts);
		c->resumed += facts.resumed;
		SSL_SESSION_free(ticket);
		ticket = d.ticket;
		d.ticket = NULL;
		duo_close(&d);
		if (i % 5 == 4)
			tickets_rotate(c->ring);
	}
	SSL_SESSION_free(ticket);
	return NULL;
}

static void workers_share_a_front(void **state)
{
	struct tickets *ring = tickets_create();
	struct client_trust *trust = trust_make(CLIENT_CERT_REQUIRE, "crl.pem");
	struct front *f = front_make("server", trust, ring);
	struct crowd c = { .f = f, .ring = ring };
	pthread_t threads[THREADS];

	(void)state;
	client_trust_free(trust);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, one_of_many, &c), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(c.failed, 0);
	assert_true(c.resumed > 0);
	front_free(f);
	tickets_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_broken_pair_is_named),
		cmocka_unit_test(a_mixed_up_key_is_traced),
		cmocka_unit_test(chains_are_looked_at),
		cmocka_unit_test(a_key_that_others_read_is_refused),
		cmocka_unit_test(an_end_within_30_days_is_a_warning),
		cmocka_unit_test(what_is_said_of_clients_is_checked),
		cmocka_unit_test(the_name_chooses_the_certificate),
		cmocka_unit_test(an_exact_name_comes_before_a_wildcard),
		cmocka_unit_test(versions_and_alpn),
		cmocka_unit_test(each_bad_certificate_has_its_reason),
		cmocka_unit_test(identity_issuer_and_serial_are_told),
		cmocka_unit_test(a_common_name_counts_when_asked_for),
		cmocka_unit_test(an_anchor_need_not_be_a_root),
		cmocka_unit_test(tickets_resume_across_reloads_and_rotations),
		cmocka_unit_test(what_changes_for_clients_ends_resumption),
		cmocka_unit_test(a_revoked_client_does_not_resume),
		cmocka_unit_test(a_ticket_ends_with_its_certificate),
		cmocka_unit_test(a_front_may_go_before_its_connections),
		cmocka_unit_test(workers_share_a_front),
	};

	return cmocka_run_group_tests(tests, certs_setup, certs_teardown);
}
