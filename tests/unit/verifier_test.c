/* verifier_test -- the check of origins against servers on loopback: what passes, what does not, and how often they
 * are asked; many threads, early ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "tls/verifier.h"

#include <openssl/pem.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tls_peer.h"

#define UNUSED __attribute__((unused))

enum { DESKS = 4, PATIENCE_MS = 20000 };

static struct world {
	struct verifier *v;
	EVP_PKEY *root_key, *middle_key, *stranger_key;
	X509 *root, *middle, *stranger;
	struct trust *trust;
} w;

/* ---- the ground ------------------------------------------------------------------------------------------- */

static void write_pem(FILE *f, X509 *cert)
{
	assert_int_equal(PEM_write_X509(f, cert), 1);
}

/* What `origin-ca` makes of a file with these certificates. */
static struct trust *trust_of(X509 *first, X509 *second)
{
	char pem[] = "/tmp/verifier-XXXXXX", path[] = "/tmp/verifier-conf-XXXXXX";
	FILE *f = fdopen(mkstemp(pem), "w"), *g = fdopen(mkstemp(path), "w");
	struct diag_list why = { 0 };
	struct trust *t = NULL;
	struct conf *c;

	fputs("what stands around them does not matter\n", f);
	write_pem(f, first);
	if (second)
		write_pem(f, second);
	fclose(f);
	fprintf(g, "origin-ca %s;\n", pem);
	fclose(g);
	assert_int_equal(conf_load(&c, path, &(struct conf_options){ 0 }, &why), 0);
	assert_int_equal(trust_load(&t, c, false, &why), 0);
	assert_int_equal(trust_count(t), second ? 2 : 1);
	conf_free(c);
	diag_fini(&why);
	unlink(pem);
	unlink(path);
	return t;
}

static int setup(void **state UNUSED)
{
	signal(SIGPIPE, SIG_IGN);
	w.root = make_cert(&(struct cert_plan){ .cn = "root", .ca = true }, &w.root_key);
	w.middle = make_cert(&(struct cert_plan){ .cn = "middle", .ca = true, .issuer = w.root,
						  .issuer_key = w.root_key }, &w.middle_key);
	w.stranger = make_cert(&(struct cert_plan){ .cn = "stranger", .ca = true }, &w.stranger_key);
	w.trust = trust_of(w.root, NULL);
	return verifier_create(&w.v, DESKS);
}

static int teardown(void **state UNUSED)
{
	verifier_free(w.v);
	trust_unref(w.trust);
	X509_free(w.root);
	X509_free(w.middle);
	X509_free(w.stranger);
	EVP_PKEY_free(w.root_key);
	EVP_PKEY_free(w.middle_key);
	EVP_PKEY_free(w.stranger_key);
	return 0;
}

static struct verify_question question(const char *name, const struct endpoint *at)
{
	return (struct verify_question){
		.name = sv_of(name), .at = *at, .trust = w.trust, .demand.chain = true,
		.limits = { .cache_ms = 60000, .timeout_ms = 5000, .most = 8 },
	};
}

static void on_verdict(void *arg, struct origin_verdict *v)
{
	*(struct origin_verdict **)arg = verdict_ref(v);
}

static void await(unsigned desk, struct origin_verdict *const *got)
{
	uint64_t until = clock_mono_us() + PATIENCE_MS * UINT64_C(1000);

	while (!*got && clock_mono_us() < until) {
		struct pollfd bell = { .fd = verifier_bell(w.v, desk), .events = POLLIN };

		if (poll(&bell, 1, 100) > 0)
			verifier_deliver(w.v, desk);
	}
	assert_non_null(*got);
}

/* The caller's reference. *at_hand: it came at once. */
static struct origin_verdict *ask_at(unsigned desk, const struct verify_question *q, bool *at_hand)
{
	struct verifier_ticket *ticket;
	struct origin_verdict *later = NULL, *v = verifier_ask(w.v, desk, q, on_verdict, &later, &ticket);

	*at_hand = v != NULL;
	if (v)
		return v;
	await(desk, &later);
	return later;
}

static struct origin_verdict *ask(const struct verify_question *q)
{
	bool at_hand;

	return ask_at(0, q, &at_hand);
}

static struct peer *serve(const struct cert_plan *plan, X509 *between)
{
	EVP_PKEY *key;
	X509 *cert = make_cert(plan, &key);
	struct peer *p = peer_start(PEER_TLS, cert, key, between);

	X509_free(cert);
	EVP_PKEY_free(key);
	return p;
}

static struct peer *serve_name(const char *san)
{
	struct peer *p = serve(&(struct cert_plan){ .cn = "leaf", .san = san, .issuer = w.root, .issuer_key = w.root_key },
			       NULL);

	peer_go(p);
	return p;
}

static void wait_for(const atomic_uint *counter, unsigned n)
{
	for (int i = 0; i < 2000 && *counter < n; i++)
		usleep(1000);
	assert_int_equal(*counter, n);
}

/* ---- what a verdict says ------------------------------------------------------------------------------------ */

static void a_good_server(void **state UNUSED)
{
	struct peer *p = serve_name("DNS:good.test");
	struct verify_question q = question("good.test", &p->at);
	struct origin_verdict *v = ask(&q);

	assert_true(v->proven && v->verified && v->has_key);
	assert_null(v->error);
	assert_null(verdict_fault(v, &q.demand));
	assert_true(sv_eq(v->issuer, SV("CN=root")));
	assert_in_range(v->expires_ms - clock_wall_ms(), 86300000, 86400000);
	assert_true(v->good_until_ms <= v->expires_ms);
	verdict_unref(v);
	wait_for(&p->in_order, 1);
	assert_int_equal(p->handshakes, 1);
	assert_int_equal(p->octets, 0);
	assert_int_equal(p->with_alpn, 0);
	assert_string_equal(p->sni, "good.test");
	peer_stop(p);
}

static void names_and_times(void **state UNUSED)
{
	static const char mismatch[] = "hostname mismatch";
	const struct {
		const char *name;       /* asked; "": the address */
		struct cert_plan plan;
		const char *error;      /* NULL: verified */
	} cases[] = {
		{ "a.test", { .san = "DNS:b.test,DNS:a.test" }, NULL },
		{ "x.a.test", { .san = "DNS:*.a.test" }, NULL },
		{ "a.test", { .san = "DNS:*.a.test" }, mismatch },
		{ "x.y.a.test", { .san = "DNS:*.a.test" }, mismatch },
		{ "www.a.test", { .san = "DNS:w*.a.test" }, mismatch },
		{ "www.a.test", { .san = "DNS:*w.a.test" }, mismatch },
		{ "www.x.test", { .san = "DNS:www.*.test" }, mismatch },
		{ "a.test", { .san = "DNS:*.test" }, mismatch },
		{ "a.test", { .san = "DNS:A.TEST" }, NULL },
		{ "leaf.test", { .cn = "leaf.test" }, mismatch },
		{ "leaf.test", { .cn = "leaf.test", .san = "DNS:other.test" }, mismatch },
		{ "leaf.test", { .san = "DNS:leaf.test.evil.test" }, mismatch },
		{ "", { .san = "IP:127.0.0.1" }, NULL },
		{ "", { .san = "IP:127.0.0.2" }, "IP address mismatch" },
		{ "", { .san = "DNS:127.0.0.1" }, "IP address mismatch" },
		{ "", { .cn = "127.0.0.1" }, "IP address mismatch" },
		{ "a.test", { .san = "DNS:a.test", .from_s = -7200, .to_s = -3600 }, "certificate has expired" },
		{ "a.test", { .san = "DNS:a.test", .from_s = 3600, .to_s = 7200 }, "certificate is not yet valid" },
		{ "a.test", { .san = "DNS:a.test", .usage = "clientAuth" }, "unsuitable certificate purpose" },
		{ "a.test", { .san = "DNS:a.test", .rsa_bits = 1024 }, "EE certificate key too weak" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cert_plan plan = cases[i].plan;
		struct verify_question q;
		struct origin_verdict *v;
		struct peer *p;

		plan.cn = plan.cn ? plan.cn : "leaf";
		plan.issuer = w.root;
		plan.issuer_key = w.root_key;
		p = serve(&plan, NULL);
		peer_go(p);
		q = question(cases[i].name, &p->at);
		v = ask(&q);
		if ((v->error == NULL) != (cases[i].error == NULL) ||
		    (v->error && strcasecmp(v->error, cases[i].error) != 0))
			fail_msg("%s with %s: %s", cases[i].name, plan.san ? plan.san : plan.cn, v->error ? v->error : "verified");
		assert_true(v->proven && v->has_key);
		assert_true(v->verified == (v->error == NULL));
		verdict_unref(v);
		wait_for(&p->in_order, 1);
		assert_string_equal(p->sni, cases[i].name);     /* none for an address */
		peer_stop(p);
	}
}

static void expect_error(struct peer *p, struct trust *trust, const char *error)
{
	struct verify_question q = question("a.test", &p->at);
	struct origin_verdict *v;

	q.trust = trust;
	v = ask(&q);
	if (error)
		assert_string_equal(v->error, error);
	else
		assert_null(v->error);
	verdict_unref(v);
}

static void chains(void **state UNUSED)
{
	const struct cert_plan under = { .cn = "leaf", .san = "DNS:a.test", .issuer = w.middle, .issuer_key = w.middle_key };
	struct trust *both = trust_of(w.stranger, w.middle), *stranger = trust_of(w.stranger, NULL);
	struct peer *whole = serve(&under, w.middle), *part = serve(&under, NULL);
	struct peer *own = serve(&(struct cert_plan){ .cn = "own", .san = "DNS:a.test" }, NULL);

	peer_go(whole);
	peer_go(part);
	peer_go(own);
	expect_error(whole, w.trust, NULL);
	expect_error(part, w.trust, "unable to get local issuer certificate");
	expect_error(part, both, NULL);         /* an intermediate CA may be the anchor */
	expect_error(whole, stranger, "unable to get local issuer certificate");
	expect_error(own, w.trust, "self-signed certificate");
	peer_stop(whole);
	peer_stop(part);
	peer_stop(own);
	trust_unref(both);
	trust_unref(stranger);
}

static void a_server_s_own_certificate_as_anchor(void **state UNUSED)
{
	EVP_PKEY *key;
	X509 *cert = make_cert(&(struct cert_plan){ .cn = "own", .san = "DNS:a.test" }, &key);
	struct peer *p = peer_start(PEER_TLS, cert, key, NULL);
	struct trust *t = trust_of(cert, NULL);

	peer_go(p);
	expect_error(p, t, NULL);
	peer_stop(p);
	trust_unref(t);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void peers_that_misbehave(void **state UNUSED)
{
	static const struct {
		enum peer_kind kind;
		const char *error;
	} cases[] = {
		{ PEER_SILENT, "timed out during the TLS handshake" },
		{ PEER_RESET, "Connection reset by peer" },
		{ PEER_CLOSE, "the origin closed the connection during the TLS handshake" },
		{ PEER_PLAIN, "wrong version number" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer *p = peer_start(cases[i].kind, NULL, NULL, NULL);
		struct verify_question q = question("a.test", &p->at);
		struct origin_verdict *v;

		peer_go(p);
		q.limits.timeout_ms = 300;
		v = ask(&q);
		assert_string_equal(v->error, cases[i].error);
		assert_false(v->proven || v->verified || v->has_key || v->passing);
		verdict_unref(v);
		peer_stop(p);
	}
}

static void nobody_there(void **state UNUSED)
{
	struct peer p = { 0 };
	struct verify_question q;
	struct origin_verdict *v;

	peer_listen(&p, "127.0.0.1");
	close(p.fd);
	q = question("a.test", &p.at);
	v = ask(&q);
	assert_string_equal(v->error, "Connection refused");
	verdict_unref(v);
	q.from = (struct ip){ .family = 4, .b = { 192, 0, 2, 1 } };     /* not an address of this host */
	q.name = SV("b.test");
	v = ask(&q);
	assert_string_equal(v->error, "Cannot assign requested address");
	verdict_unref(v);
}

static void old_tls(void **state UNUSED)
{
	struct peer *p = serve(&(struct cert_plan){ .cn = "leaf", .san = "DNS:a.test", .issuer = w.root,
						    .issuer_key = w.root_key }, NULL);
	struct verify_question q = question("a.test", &p->at);
	struct origin_verdict *v;

	SSL_CTX_set_min_proto_version(p->ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(p->ctx, TLS1_1_VERSION);
	peer_go(p);
	v = ask(&q);
	assert_false(v->proven);
	assert_non_null(v->error);
	assert_non_null(strstr(v->error, "protocol"));
	verdict_unref(v);
	peer_stop(p);
}

/* Servers that insist on a certificate of their clients show theirs all the same. */
static void servers_that_want_a_client_certificate(void **state UNUSED)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (size_t i = 0; i < 2; i++) {
		struct peer *p = serve(&(struct cert_plan){ .cn = "leaf", .san = "DNS:a.test", .issuer = w.root,
							    .issuer_key = w.root_key }, NULL);

		SSL_CTX_set_max_proto_version(p->ctx, versions[i]);
		SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		peer_go(p);
		expect_error(p, w.trust, NULL);
		assert_int_equal(p->handshakes, 0);
		peer_stop(p);
	}
}

/* One that breaks off for another reason has proved nothing, though its certificate was seen. */
static void a_broken_handshake_proves_nothing(void **state UNUSED)
{
	struct peer *p = serve(&(struct cert_plan){ .cn = "leaf", .san = "DNS:a.test", .issuer = w.root,
						    .issuer_key = w.root_key, .rsa_bits = 2048 }, NULL);
	struct verify_question q = question("a.test", &p->at);
	struct origin_verdict *v;

	/* The key is exchanged by RSA here: before the last message nothing shows that the server has it. */
	SSL_CTX_set_max_proto_version(p->ctx, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(p->ctx, "AES128-GCM-SHA256:@SECLEVEL=0");
	SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	peer_go(p);
	v = ask(&q);
	assert_true(v->has_key);
	assert_false(v->proven || v->verified);
	assert_non_null(v->error);
	verdict_unref(v);
	peer_stop(p);
}

/* ---- pins ---------------------------------------------------------------------------------------------------- */

static void pins(void **state UNUSED)
{
	struct peer *p = serve(&(struct cert_plan){ .cn = "own", .san = "DNS:a.test" }, NULL);
	struct verify_question q = question("a.test", &p->at);
	unsigned char right[2][PIN_OCTETS] = { { 1 } }, wrong[1][PIN_OCTETS] = { { 2 } };
	struct origin_verdict *v;
	bool at_hand;

	peer_go(p);
	v = ask(&q);
	assert_false(v->verified);
	memcpy(right[1], v->key, PIN_OCTETS);
	verdict_unref(v);
	q.demand = (struct origin_demand){ .pins = (const unsigned char (*)[PIN_OCTETS])right, .n_pins = 2 };
	v = ask_at(0, &q, &at_hand);
	assert_true(at_hand);                   /* the same verdict serves who wants the key alone */
	assert_null(verdict_fault(v, &q.demand));
	q.demand.chain = true;
	assert_string_equal(verdict_fault(v, &q.demand), "self-signed certificate");
	q.demand = (struct origin_demand){ .pins = (const unsigned char (*)[PIN_OCTETS])wrong, .n_pins = 1 };
	assert_string_equal(verdict_fault(v, &q.demand), "the origin's key is none of the pinned ones");
	verdict_unref(v);
	assert_int_equal(p->accepted, 1);
	peer_stop(p);
}

static void freshness(void **state UNUSED)
{
	struct origin_verdict v = { .proven = true, .verified = true, .made_us = 1000000, .good_until_ms = 5000 };
	const struct origin_demand chain = { .chain = true }, key = { .chain = false };

	assert_true(verdict_is_fresh(&v, &chain, 60000, 60999999, 4999));
	assert_false(verdict_is_fresh(&v, &chain, 60000, 61000000, 4999));      /* too old */
	assert_false(verdict_is_fresh(&v, &chain, 60000, 2000000, 5000));       /* its certificate has ended */
	assert_true(verdict_is_fresh(&v, &key, 60000, 2000000, 5000));          /* of no interest for the key alone */
	v.verified = false;
	v.error = "no";
	assert_true(verdict_is_fresh(&v, &chain, 60000, 10999999, 4999));
	assert_false(verdict_is_fresh(&v, &chain, 60000, 11000000, 4999));      /* faults are short-lived */
	assert_true(verdict_is_fresh(&v, &key, 60000, 11000000, 4999));         /* which this is none for */
	assert_false(verdict_is_fresh(&v, &chain, 0, 1000000, 4999));
	v.passing = true;
	assert_false(verdict_is_fresh(&v, &key, 60000, 1000000, 4999));
}

/* ---- the cache ------------------------------------------------------------------------------------------------ */

static void warm_and_cold(void **state UNUSED)
{
	struct peer *p = serve_name("DNS:a.test,DNS:b.test"), *other = serve_name("DNS:a.test");
	struct verify_question q = question("a.test", &p->at);
	struct verifier_counts before, after;
	bool at_hand;

	verifier_count(w.v, &before);
	verdict_unref(ask_at(1, &q, &at_hand));
	assert_false(at_hand);
	verdict_unref(ask_at(1, &q, &at_hand));
	assert_true(at_hand);
	verdict_unref(ask_at(2, &q, &at_hand));
	assert_false(at_hand);                  /* another worker asks the thread, */
	assert_int_equal(p->accepted, 1);       /* which need not ask the server */
	verdict_unref(ask_at(2, &q, &at_hand));
	assert_true(at_hand);
	q.name = SV("b.test");
	verdict_unref(ask_at(1, &q, &at_hand));
	assert_false(at_hand);
	assert_int_equal(p->accepted, 2);       /* another name */
	q = question("a.test", &other->at);
	verdict_unref(ask_at(1, &q, &at_hand));
	assert_false(at_hand);
	assert_int_equal(other->accepted, 1);   /* the same name elsewhere */
	q.limits.cache_ms = 0;
	verdict_unref(ask_at(1, &q, &at_hand));
	assert_false(at_hand);
	assert_int_equal(other->accepted, 2);   /* verify-cache 0s */
	verifier_count(w.v, &after);
	assert_int_equal(after.handshakes - before.handshakes, 4);
	assert_int_equal(after.cached - before.cached, 3);
	assert_int_equal(after.failed, before.failed);
	assert_int_equal(after.in_flight + after.queued, 0);
	peer_stop(p);
	peer_stop(other);
}

static void other_cas_ask_anew(void **state UNUSED)
{
	struct peer *p = serve_name("DNS:a.test");
	struct trust *same = trust_of(w.root, NULL), *more = trust_of(w.root, w.stranger);
	struct verify_question q = question("a.test", &p->at);
	bool at_hand;

	verdict_unref(ask(&q));
	q.trust = same;
	verdict_unref(ask_at(0, &q, &at_hand));
	assert_true(at_hand);
	q.trust = more;
	verdict_unref(ask_at(0, &q, &at_hand));
	assert_false(at_hand);
	assert_int_equal(p->accepted, 2);
	trust_unref(same);
	trust_unref(more);
	peer_stop(p);
}

static void a_certificate_ends_inside_the_cache_time(void **state UNUSED)
{
	struct peer *p = serve(&(struct cert_plan){ .cn = "leaf", .san = "DNS:a.test", .issuer = w.root,
						    .issuer_key = w.root_key, .from_s = -60, .to_s = 2 }, NULL);
	struct verify_question q = question("a.test", &p->at);
	struct origin_verdict *v;
	bool at_hand;

	peer_go(p);
	v = ask(&q);
	assert_true(v->verified);
	verdict_unref(v);
	verdict_unref(ask_at(0, &q, &at_hand));
	assert_true(at_hand);
	sleep(3);
	v = ask_at(0, &q, &at_hand);
	assert_false(at_hand);
	assert_string_equal(v->error, "certificate has expired");
	verdict_unref(v);
	peer_stop(p);
}

/* More names than the thread's cache and the shelf hold: the latest are there, nothing breaks. */
static void more_than_the_cache_holds(void **state UNUSED)
{
	struct peer p = { 0 };
	struct verify_question q;
	char name[32];
	bool at_hand;

	peer_listen(&p, "127.0.0.1");
	close(p.fd);                            /* refused at once: quick verdicts */
	for (unsigned i = 0; i < VERIFIER_CACHE_MAX + 200; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		q = question(name, &p.at);
		verdict_unref(ask_at(3, &q, &at_hand));
		assert_false(at_hand);
	}
	verdict_unref(ask_at(3, &q, &at_hand));
	assert_true(at_hand);
}

/* ---- how many at a time ---------------------------------------------------------------------------------------- */

static void one_check_for_all_who_ask(void **state UNUSED)
{
	enum { MANY = 50 };
	struct peer *p = serve(&(struct cert_plan){ .cn = "leaf", .san = "DNS:a.test", .issuer = w.root,
						    .issuer_key = w.root_key }, NULL);
	struct verify_question q = question("a.test", &p->at);
	struct origin_verdict *got[MANY] = { NULL };
	struct verifier_ticket *ticket;

	p->delay_ms = 100;
	peer_go(p);
	for (unsigned i = 0; i < MANY; i++)
		assert_null(verifier_ask(w.v, i % DESKS, &q, on_verdict, &got[i], &ticket));
	for (unsigned i = 0; i < MANY; i++) {
		await(i % DESKS, &got[i]);
		assert_ptr_equal(got[i], got[0]);
	}
	for (unsigned i = 0; i < MANY; i++)
		verdict_unref(got[i]);
	assert_int_equal(p->accepted, 1);
	peer_stop(p);
}

static void turns(void **state UNUSED)
{
	enum { MANY = 6 };
	struct peer *p = serve(&(struct cert_plan){ .cn = "leaf", .san = "DNS:*.a.test", .issuer = w.root,
						    .issuer_key = w.root_key }, NULL);
	struct origin_verdict *got[MANY] = { NULL };
	struct verifier_ticket *ticket;
	struct verifier_counts n;

	p->delay_ms = 50;
	peer_go(p);
	for (unsigned i = 0; i < MANY; i++) {
		char name[] = "0.a.test";
		struct verify_question q = question(name, &p->at);

		name[0] = (char)('0' + i);
		q.limits.most = 1;
		assert_null(verifier_ask(w.v, 0, &q, on_verdict, &got[i], &ticket));
	}
	usleep(20000);
	verifier_count(w.v, &n);
	assert_int_equal(n.in_flight, 1);
	assert_int_equal(n.queued, MANY - 1);
	for (unsigned i = 0; i < MANY; i++) {
		await(0, &got[i]);
		assert_true(got[i]->verified);
		verdict_unref(got[i]);
	}
	assert_int_equal(p->accepted, MANY);
	peer_stop(p);
}

static void no_turn_in_time(void **state UNUSED)
{
	struct peer *p = peer_start(PEER_SILENT, NULL, NULL, NULL);
	struct verify_question first = question("first.test", &p->at), second = question("second.test", &p->at);
	struct origin_verdict *a = NULL, *b = NULL;
	struct verifier_ticket *ticket;
	bool at_hand;

	peer_go(p);
	first.limits = (struct verify_limits){ .cache_ms = 60000, .timeout_ms = 900, .most = 1 };
	second.limits = (struct verify_limits){ .cache_ms = 60000, .timeout_ms = 200, .most = 1 };
	verifier_ask(w.v, 0, &first, on_verdict, &a, &ticket);
	verifier_ask(w.v, 0, &second, on_verdict, &b, &ticket);
	await(0, &b);
	assert_true(b->passing);
	assert_non_null(strstr(b->error, "no turn in time"));
	assert_null(a);
	await(0, &a);
	verdict_unref(a);
	verdict_unref(b);
	verdict_unref(ask_at(0, &second, &at_hand));
	assert_false(at_hand);                  /* it says nothing of that server: it was not kept */
	peer_stop(p);
}

/* Out of descriptors for a moment: that says nothing of the server, either. */
static void no_descriptor(void **state UNUSED)
{
	struct peer *p = serve_name("DNS:good.test");
	struct verify_question q = question("good.test", &p->at);
	struct rlimit before, none;
	struct origin_verdict *v;
	int lowest = dup(0);

	close(lowest);
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){ (rlim_t)lowest, before.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	v = ask(&q);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_string_equal(v->error, "Too many open files");
	assert_true(v->passing);
	verdict_unref(v);
	v = ask(&q);
	assert_true(v->verified);
	verdict_unref(v);
	peer_stop(p);
}

static void count_verdict(void *arg, struct origin_verdict *v)
{
	unsigned *n = arg;

	n[strstr(v->error, "overloaded") != NULL]++;
}

/* A full queue, cancelled questions, and an end in the midst of it. */
static void overload_and_the_end(void **state UNUSED)
{
	enum { TOO_MANY = VERIFIER_QUEUE_MAX + 20 };
	struct peer *p = peer_start(PEER_SILENT, NULL, NULL, NULL);
	struct verifier_ticket **tickets = calloc(TOO_MANY, sizeof(*tickets));
	unsigned answers[2] = { 0 };
	struct verifier_counts n;
	struct verifier *v;

	peer_go(p);
	assert_int_equal(verifier_create(&v, 1), 0);
	for (unsigned i = 0; i < TOO_MANY; i++) {
		char name[32];
		struct verify_question q;

		snprintf(name, sizeof(name), "n%u.test", i);
		q = question(name, &p->at);
		q.limits = (struct verify_limits){ .cache_ms = 60000, .timeout_ms = 60000, .most = 1 };
		assert_null(verifier_ask(v, 0, &q, count_verdict, answers, &tickets[i]));
	}
	for (int i = 0; i < 2000 && answers[1] < 19; i++) {
		usleep(1000);
		verifier_deliver(v, 0);
	}
	assert_int_equal(answers[0], 0);
	assert_int_equal(answers[1], 19);       /* one is under way, the queue is full */
	verifier_count(v, &n);
	assert_int_equal(n.overloaded, 19);
	assert_int_equal(n.in_flight, 1);
	assert_int_equal(n.queued, VERIFIER_QUEUE_MAX);
	for (unsigned i = 0; i < 100; i++)
		verifier_cancel(tickets[i]);
	verifier_free(v);
	free(tickets);
	peer_stop(p);
}

static void fail_if_called(void *arg UNUSED, struct origin_verdict *v UNUSED)
{
	fail_msg("a cancelled question was answered");
}

static void cancelled(void **state UNUSED)
{
	struct peer *p = serve_name("DNS:a.test");
	struct verify_question q = question("a.test", &p->at);
	struct verifier_ticket *ticket;
	bool at_hand;

	assert_null(verifier_ask(w.v, 0, &q, fail_if_called, NULL, &ticket));
	verifier_cancel(ticket);
	verifier_cancel(NULL);
	wait_for(&p->in_order, 1);
	verifier_deliver(w.v, 0);
	verdict_unref(ask_at(0, &q, &at_hand));
	assert_int_equal(p->accepted, 1);       /* what came of it is there for others */
	peer_stop(p);
}

/* ---- many threads ------------------------------------------------------------------------------------------------ */

struct crowd {
	unsigned desk;
	const struct endpoint *at;
	unsigned pending, answers;
};

static void on_crowd(void *arg, struct origin_verdict *v)
{
	struct crowd *c = arg;

	assert_true(v->verified);
	c->pending--;
	c->answers++;
}

static void *crowd_run(void *arg)
{
	struct crowd *c = arg;

	for (unsigned i = 0; i < 400; i++) {
		char name[] = "0.a.test";
		struct verify_question q = question(name, c->at);
		struct verifier_ticket *ticket;
		struct origin_verdict *v;

		name[0] = (char)('0' + i % 8);
		q.limits.cache_ms = 5;
		v = verifier_ask(w.v, c->desk, &q, on_crowd, c, &ticket);
		c->answers += v != NULL;
		c->pending += v == NULL;
		if (!v && i % 5 == 0) {
			verifier_cancel(ticket);
			c->pending--;
		}
		verdict_unref(v);
		if (i % 3 == 0)
			verifier_deliver(w.v, c->desk);
		if (i % 16 == 0)
			usleep(2000);
	}
	for (int i = 0; i < 10000 && c->pending; i++) {
		verifier_deliver(w.v, c->desk);
		usleep(1000);
	}
	return NULL;
}

static void a_crowd(void **state UNUSED)
{
	struct peer *p = serve_name("DNS:*.a.test");
	struct crowd crowd[DESKS];
	pthread_t threads[DESKS];

	for (unsigned i = 0; i < DESKS; i++) {
		crowd[i] = (struct crowd){ .desk = i, .at = &p->at };
		pthread_create(&threads[i], NULL, crowd_run, &crowd[i]);
	}
	for (unsigned i = 0; i < DESKS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(crowd[i].pending, 0);
		assert_true(crowd[i].answers >= 320);
	}
	peer_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_server),
		cmocka_unit_test(no_descriptor),
		cmocka_unit_test(names_and_times),
		cmocka_unit_test(chains),
		cmocka_unit_test(a_server_s_own_certificate_as_anchor),
		cmocka_unit_test(peers_that_misbehave),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(old_tls),
		cmocka_unit_test(servers_that_want_a_client_certificate),
		cmocka_unit_test(a_broken_handshake_proves_nothing),
		cmocka_unit_test(pins),
		cmocka_unit_test(freshness),
		cmocka_unit_test(warm_and_cold),
		cmocka_unit_test(other_cas_ask_anew),
		cmocka_unit_test(a_certificate_ends_inside_the_cache_time),
		cmocka_unit_test(more_than_the_cache_holds),
		cmocka_unit_test(one_check_for_all_who_ask),
		cmocka_unit_test(turns),
		cmocka_unit_test(no_turn_in_time),
		cmocka_unit_test(overload_and_the_end),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(a_crowd),
	};

	return cmocka_run_group_tests_name("verifier", tests, setup, teardown);
}
