/* tls/conn: bytes over a non-blocking socket, whatever the peer makes of TLS. */
#include "tls_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct front *front;

static int setup(void **state)
{
	int err = certs_setup(state);

	if (!err)
		front = front_make("server", NULL, NULL);
	return err;
}

static int teardown(void **state)
{
	front_free(front);
	return certs_teardown(state);
}

static void open_duo(struct duo *d, int version)
{
	assert_int_equal(duo_run(d, front, &(struct client_options){ .max_version = version }), REASON_COMPLETED);
}

#define EACH_VERSION(v) for (int v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++)

/* As an edge-triggered loop must be able to trust it: nothing is left when nothing more is said to be there. */
static ssize_t take(struct duo *d, char *buffer, size_t size)
{
	ssize_t n = tls_conn_read(d->server, buffer, size);
	int left = 0;

	assert_int_equal(ioctl(d->fds[0], FIONREAD, &left), 0);
	if (!tls_conn_more(d->server) && n != -EPROTO)
		assert_int_equal(left, 0);
	if (n == -EAGAIN && !tls_conn_more(d->server))
		assert_int_equal(tls_conn_wants(d->server), TLS_WANTS_READ);
	return n;
}

/* ---- handshakes ------------------------------------------------------------------------------ */

static void waits_for_a_silent_client(void **state)
{
	struct duo d;

	(void)state;
	duo_open(&d, front, &(struct client_options){ .cert = NULL });
	assert_int_equal(tls_conn_handshake(d.server), REASON_NONE);
	assert_int_equal(tls_conn_wants(d.server), TLS_WANTS_READ);
	assert_false(tls_conn_has_heard(d.server));
	duo_handshake(&d);
	assert_int_equal(d.reason, REASON_COMPLETED);
	assert_true(tls_conn_has_heard(d.server));
	duo_close(&d);
}

/* The ClientHello cut off at each place: waits as long as the client is there, and is gone when it is. */
static void half_a_hello(void **state)
{
	char hello[2048];
	struct duo d;
	ssize_t n;

	(void)state;
	duo_open(&d, front, &(struct client_options){ .sni = "www.test" });
	SSL_do_handshake(d.client);
	n = read(d.fds[0], hello, sizeof(hello));
	assert_true(n > 100);
	duo_close(&d);
	for (ssize_t cut = 0; cut < n; cut += cut < 16 ? 1 : 37) {
		struct duo half;

		duo_open(&half, front, &(struct client_options){ .cert = NULL });
		if (cut)
			assert_int_equal(write(half.fds[1], hello, (size_t)cut), cut);
		assert_int_equal(tls_conn_handshake(half.server), REASON_NONE);
		close(half.fds[1]);
		half.fds[1] = -1;
		assert_int_equal(tls_conn_handshake(half.server), REASON_CLIENT_GONE);
		if (cut)
			assert_non_null(tls_conn_detail(half.server));
		assert_int_equal(tls_conn_has_heard(half.server), cut > 0);
		duo_close(&half);
	}
}

static void expect_words(const char *words, size_t n, const char *detail)
{
	struct duo d;

	duo_open(&d, front, &(struct client_options){ .cert = NULL });
	assert_int_equal(write(d.fds[1], words, n), (ssize_t)n);
	assert_int_equal(tls_conn_handshake(d.server), REASON_TLS_FAILED);
	assert_string_equal(tls_conn_detail(d.server), detail);
	duo_close(&d);
}

#define WORDS(text, detail) expect_words(text, sizeof(text) - 1, detail)

static void what_is_no_tls(void **state)
{
	(void)state;
	WORDS("CONNECT www.test:443 HTTP/1.1\r\n\r\n", "plain HTTP on a TLS listener");
	WORDS("GET http://www.test/ HTTP/1.1\r\n\r\n", "plain HTTP on a TLS listener");
	WORDS("PUT http://www.test/ HTTP/1.1\r\n\r\n", "plain HTTP on a TLS listener");
	WORDS("OPTIONS * HTTP/1.1\r\nHost: www.test\r\n\r\n", "plain HTTP on a TLS listener");
	WORDS("DELETE http://www.test/ HTTP/1.1\r\n\r\n", "plain HTTP on a TLS listener");
	WORDS("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "a PROXY protocol header, and the listener has no proxy-protocol");
	WORDS("\r\n\r\n\0\r\nQUIT\n\x21\x11", "a PROXY protocol header, and the listener has no proxy-protocol");
	WORDS("\x05\x01\0aaaaaaa", "wrong version number");
	WORDS("\x16\x03\x01\xff\xff" "aaaaaaaaaaaaaaaa", "packet length too long");
}

static void a_client_that_refuses_us_is_quoted(void **state)
{
	static const unsigned char unknown_ca[] = { 0x15, 3, 3, 0, 2, 2, SSL_AD_UNKNOWN_CA };
	struct duo d;

	(void)state;
	duo_open(&d, front, &(struct client_options){ .max_version = TLS1_2_VERSION });
	SSL_do_handshake(d.client);
	assert_int_equal(tls_conn_handshake(d.server), REASON_NONE);
	assert_int_equal(write(d.fds[1], unknown_ca, sizeof(unknown_ca)), sizeof(unknown_ca));
	assert_int_equal(tls_conn_handshake(d.server), REASON_TLS_FAILED);
	assert_string_equal(tls_conn_detail(d.server), "alert from the client: it does not know the CA of our certificate");
	duo_close(&d);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void reads_over_records_until_the_buffer_is_full(void **state)
{
	(void)state;
	EACH_VERSION(v) {
		char buffer[1000];
		struct duo d;

		open_duo(&d, v);
		assert_int_equal(take(&d, buffer, sizeof(buffer)), -EAGAIN);
		assert_int_equal(tls_conn_wants(d.server), TLS_WANTS_READ);
		assert_false(tls_conn_more(d.server));
		for (int i = 0; i < 3; i++)
			assert_int_equal(SSL_write(d.client, "0123456789", 10), 10);
		assert_int_equal(take(&d, buffer, 25), 25);
		assert_memory_equal(buffer, "0123456789012345678901234", 25);
		assert_true(tls_conn_more(d.server));
		assert_int_equal(take(&d, buffer, sizeof(buffer)), 5);
		assert_memory_equal(buffer, "56789", 5);
		assert_false(tls_conn_more(d.server));
		duo_close(&d);
	}
}

static void tells_a_goodbye_from_a_cut(void **state)
{
	(void)state;
	EACH_VERSION(v) {
		char buffer[100];
		struct duo d;

		open_duo(&d, v);
		assert_int_equal(SSL_write(d.client, "last", 4), 4);
		SSL_shutdown(d.client);
		assert_int_equal(take(&d, buffer, sizeof(buffer)), 4);
		assert_true(tls_conn_more(d.server));           /* no event would tell of the goodbye */
		assert_int_equal(take(&d, buffer, sizeof(buffer)), 0);
		assert_false(tls_conn_is_cut(d.server));
		assert_int_equal(take(&d, buffer, sizeof(buffer)), 0);
		assert_int_equal(tls_conn_write(d.server, "still", 5), 5);      /* half closed */
		duo_close(&d);
		open_duo(&d, v);
		assert_int_equal(SSL_write(d.client, "last", 4), 4);
		shutdown(d.fds[1], SHUT_WR);
		assert_int_equal(take(&d, buffer, sizeof(buffer)), 4);
		assert_int_equal(take(&d, buffer, sizeof(buffer)), 0);
		assert_true(tls_conn_is_cut(d.server));
		duo_close(&d);
	}
}

static void garbage_is_a_protocol_error_behind_what_came_before(void **state)
{
	char buffer[100];
	struct duo d;

	(void)state;
	open_duo(&d, TLS1_3_VERSION);
	assert_int_equal(SSL_write(d.client, "good", 4), 4);
	assert_int_equal(write(d.fds[1], "\x17\x03\x03\x00\x20garbagegarbagegarbagegarbagegarb", 37), 37);
	assert_int_equal(take(&d, buffer, sizeof(buffer)), 4);
	assert_true(tls_conn_more(d.server));
	assert_int_equal(take(&d, buffer, sizeof(buffer)), -EPROTO);
	assert_non_null(tls_conn_detail(d.server));
	assert_int_equal(take(&d, buffer, sizeof(buffer)), -EPROTO);
	duo_close(&d);
}

/* Everything a peer can say without saying anything: each call ends, and the connection too. */
static void talk_without_content_ends(void **state)
{
	char buffer[100];
	struct duo d;
	ssize_t n = -EAGAIN;

	(void)state;
	open_duo(&d, TLS1_3_VERSION);
	for (int i = 0; i < 400; i++) {
		assert_int_equal(SSL_key_update(d.client, SSL_KEY_UPDATE_REQUESTED), 1);
		if (SSL_do_handshake(d.client) != 1)
			break;
	}
	for (int i = 0; i < 100 && n == -EAGAIN; i++)
		n = take(&d, buffer, sizeof(buffer));
	assert_int_equal(n, -EPROTO);
	assert_string_equal(tls_conn_detail(d.server), "too many messages without content");
	duo_close(&d);
}

/* A peer that never stops is read in portions, and none of it is forgotten. */
static void a_flood_is_taken_in_turns(void **state)
{
	static char bytes[16384], buffer[4 << 20];
	size_t sent = 0, got = 0;
	unsigned calls = 0;
	int room = 4 << 20;
	struct duo d;
	ssize_t n;

	(void)state;
	open_duo(&d, TLS1_3_VERSION);
	setsockopt(d.fds[1], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	while ((n = SSL_write(d.client, bytes, sizeof(bytes))) > 0)
		sent += (size_t)n;
	for (; (n = take(&d, buffer, sizeof(buffer))) > 0; calls++) {
		assert_true(n <= 160 * 1024);
		got += (size_t)n;
		if (!tls_conn_more(d.server))
			break;
	}
	assert_true(got >= sent && got < sent + sizeof(bytes));
	assert_true(calls + 1 >= sent / (160 * 1024));
	duo_close(&d);
}

/* Some are fine, with something to say in between. */
static void key_updates_in_measure_are_fine(void **state)
{
	char buffer[100];
	struct duo d;

	(void)state;
	open_duo(&d, TLS1_3_VERSION);
	for (int i = 0; i < 200; i++) {
		ssize_t n = -EAGAIN;

		assert_int_equal(SSL_key_update(d.client, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_write(d.client, "x", 1), 1);
		for (int k = 0; k < 5 && n == -EAGAIN; k++)
			n = take(&d, buffer, sizeof(buffer));
		assert_int_equal(n, 1);
		assert_int_equal(tls_conn_write(d.server, "y", 1), 1);
		assert_int_equal(SSL_read(d.client, buffer, 1), 1);
	}
	duo_close(&d);
}

/* ---- records that OpenSSL's client does not write: sealed by hand (RFC 8446 5.2, 7.1, 7.3) ---- */

static unsigned char secret[32];

static void on_keylog(const SSL *ssl, const char *line)
{
	const char *hex = strrchr(line, ' ') + 1;

	(void)ssl;
	if (strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0 && strlen(hex) == 64)
		for (int i = 0; i < 32; i++)
			sscanf(hex + 2 * i, "%2hhx", &secret[i]);
}

static void expand(const char *label, unsigned char n, unsigned char out[32])
{
	unsigned char info[32], *p = info;

	*p++ = 0;
	*p++ = n;
	*p++ = (unsigned char)(6 + strlen(label));
	p += sprintf((char *)p, "tls13 %s", label);
	*p++ = 0;
	*p++ = 1;
	HMAC(EVP_sha256(), secret, 32, info, (size_t)(p - info), out, NULL);
}

/* The record `seq` of that type and content, under TLS_AES_128_GCM_SHA256. Its length. */
static int seal(unsigned char *out, unsigned seq, char type, const char *content)
{
	unsigned char key[32], iv[32], inner[64];
	size_t n = strlen(content);
	EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
	int len;

	memcpy(inner, content, n);
	inner[n] = (unsigned char)type;
	expand("key", 16, key);
	expand("iv", 12, iv);
	iv[10] ^= (unsigned char)(seq >> 8);
	iv[11] ^= (unsigned char)seq;
	memcpy(out, "\x17\x03\x03\x00", 4);
	out[4] = (unsigned char)(n + 17);
	EVP_EncryptInit_ex(gcm, EVP_aes_128_gcm(), NULL, key, iv);
	EVP_EncryptUpdate(gcm, NULL, &len, out, 5);
	EVP_EncryptUpdate(gcm, out + 5, &len, inner, (int)n + 1);
	EVP_EncryptFinal_ex(gcm, out + 5 + len, &len);
	EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, 16, out + 6 + n);
	EVP_CIPHER_CTX_free(gcm);
	return (int)n + 22;
}

static void send_sealed(struct duo *d, unsigned seq, char type, const char *content)
{
	unsigned char record[128];
	int n = seal(record, seq, type, content);

	assert_int_equal(write(d->fds[1], record, (size_t)n), n);
}

static void open_by_hand(struct duo *d)
{
	duo_open(d, front, &(struct client_options){ .cert = NULL });
	SSL_CTX_set_keylog_callback(d->ctx, on_keylog);
	duo_handshake(d);
	assert_int_equal(d->reason, REASON_COMPLETED);
	assert_string_equal(SSL_get_cipher_name(d->client), "TLS_AES_128_GCM_SHA256");
}

/* A record of no octets is legal; a flood of them ends the connection instead of keeping us busy. */
static void empty_records(void **state)
{
	char buffer[100];
	struct duo d;
	unsigned seq = 0;

	(void)state;
	open_by_hand(&d);
	for (int i = 0; i < 10; i++)
		send_sealed(&d, seq++, SSL3_RT_APPLICATION_DATA, "");
	assert_int_equal(take(&d, buffer, sizeof(buffer)), -EAGAIN);
	send_sealed(&d, seq++, SSL3_RT_APPLICATION_DATA, "full");
	assert_int_equal(take(&d, buffer, sizeof(buffer)), 4);
	for (int i = 0; i < 100; i++)
		send_sealed(&d, seq++, SSL3_RT_APPLICATION_DATA, "");
	assert_int_equal(take(&d, buffer, sizeof(buffer)), -EPROTO);
	duo_close(&d);
}

/* The same, one at a time, so that no count within one call meets them all. */
static void empty_records_that_drip(void **state)
{
	char buffer[100];
	struct duo d;
	ssize_t n = -EAGAIN;

	(void)state;
	open_by_hand(&d);
	for (unsigned seq = 0; seq < 100 && n == -EAGAIN; seq++) {
		send_sealed(&d, seq, SSL3_RT_APPLICATION_DATA, "");
		n = take(&d, buffer, sizeof(buffer));
	}
	assert_int_equal(n, -EPROTO);
	duo_close(&d);
}

static void tiny_records_are_taken_in_portions(void **state)
{
	static char buffer[65536];
	size_t all = 0;
	unsigned calls = 0;
	struct duo d;

	(void)state;
	open_duo(&d, TLS1_3_VERSION);
	for (int i = 0; i < 600; i++)
		if (SSL_write(d.client, "t", 1) == 1)
			all++;
	assert_true(all > 100);
	while (all) {
		ssize_t n = take(&d, buffer, sizeof(buffer));

		assert_true(n > 0 && n <= 64);
		all -= (size_t)n;
		calls++;
	}
	assert_true(calls > 1);
	assert_int_equal(take(&d, buffer, sizeof(buffer)), -EAGAIN);
	duo_close(&d);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* The client reads `wanted` octets that must go on counting from *next. */
static void drink(struct duo *d, size_t wanted, unsigned char *next)
{
	unsigned char buffer[4096];

	while (wanted) {
		int n = SSL_read(d->client, buffer, (int)(wanted < sizeof(buffer) ? wanted : sizeof(buffer)));

		if (n <= 0)
			return;
		for (int i = 0; i < n; i++)
			assert_int_equal(buffer[i], (*next)++);
		wanted -= (size_t)n;
	}
}

static void a_full_socket_takes_a_part(void **state)
{
	enum { ALL = 4 << 20 };
	unsigned char *bytes = malloc(ALL), *moved = malloc(ALL), next = 0;

	(void)state;
	for (size_t i = 0; i < ALL; i++)
		bytes[i] = (unsigned char)i;
	EACH_VERSION(v) {
		size_t at = 0;
		bool was_short = false, was_full = false;
		struct duo d;

		open_duo(&d, v);
		next = 0;
		while (at < ALL) {
			size_t left = ALL - at, offer = left < 300000 ? left : 300000;
			ssize_t n;

			memcpy(moved, bytes + at, offer);       /* from other memory each time */
			n = tls_conn_write(d.server, moved, offer);
			memset(moved, 0xee, offer);
			if (n == -EAGAIN) {
				assert_int_equal(tls_conn_wants(d.server), TLS_WANTS_WRITE);
				was_full = true;
				drink(&d, 50000, &next);
				continue;
			}
			assert_true(n > 0);
			was_short = was_short || (size_t)n < offer;
			at += (size_t)n;
		}
		drink(&d, ALL, &next);
		assert_true(was_short && was_full);
		assert_int_equal(next, (unsigned char)ALL);
		duo_close(&d);
	}
	free(bytes);
	free(moved);
}

static void a_client_that_is_gone(void **state)
{
	static char bytes[100000];
	struct duo d;
	ssize_t n = 0;

	(void)state;
	open_duo(&d, TLS1_3_VERSION);
	close(d.fds[1]);
	d.fds[1] = -1;
	for (int i = 0; i < 3 && n >= 0; i++)
		n = tls_conn_write(d.server, bytes, sizeof(bytes));
	assert_int_equal(n, -EPIPE);
	duo_close(&d);
}

static void goodbye_is_sent_once(void **state)
{
	(void)state;
	EACH_VERSION(v) {
		char buffer[10];
		struct duo d;

		open_duo(&d, v);
		assert_int_equal(tls_conn_shutdown(d.server), 0);
		assert_int_equal(tls_conn_shutdown(d.server), 0);
		assert_int_equal(SSL_read(d.client, buffer, 10), 0);
		assert_int_equal(SSL_get_error(d.client, 0), SSL_ERROR_ZERO_RETURN);
		if (v == TLS1_3_VERSION) {              /* reading goes on */
			assert_int_equal(SSL_write(d.client, "on", 2), 2);
			assert_int_equal(take(&d, buffer, 10), 2);
		}
		duo_close(&d);
	}
}

static void goodbye_waits_for_room(void **state)
{
	static char bytes[1 << 20];
	unsigned char buffer[4096];
	struct duo d;
	size_t at = 0;
	ssize_t n;
	int err;

	(void)state;
	open_duo(&d, TLS1_3_VERSION);
	while ((n = tls_conn_write(d.server, bytes, 1)) == 1)   /* small records, until nothing more goes in */
		at++;
	assert_int_equal(n, -EAGAIN);
	for (int i = 0; i < 200; i++)
		SSL_read(d.client, buffer, sizeof(buffer));
	while (tls_conn_write(d.server, bytes, 1) == -EAGAIN)
		SSL_read(d.client, buffer, sizeof(buffer));
	while ((err = tls_conn_shutdown(d.server)) == -EAGAIN) {
		assert_int_equal(tls_conn_wants(d.server), TLS_WANTS_WRITE);
		SSL_read(d.client, buffer, sizeof(buffer));
	}
	assert_int_equal(err, 0);
	while (SSL_read(d.client, buffer, sizeof(buffer)) > 0)
		;
	assert_int_equal(SSL_get_shutdown(d.client) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	duo_close(&d);
}

static void renegotiation_is_refused(void **state)
{
	char buffer[100];
	struct duo d;
	ssize_t n = -EAGAIN;

	(void)state;
	open_duo(&d, TLS1_2_VERSION);
	SSL_renegotiate(d.client);
	SSL_do_handshake(d.client);
	for (int i = 0; i < 5 && n == -EAGAIN; i++)
		n = take(&d, buffer, sizeof(buffer));
	assert_int_equal(n, -EAGAIN);
	ERR_clear_error();
	assert_int_equal(SSL_do_handshake(d.client), -1);
	assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
	duo_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_a_silent_client),
		cmocka_unit_test(half_a_hello),
		cmocka_unit_test(what_is_no_tls),
		cmocka_unit_test(a_client_that_refuses_us_is_quoted),
		cmocka_unit_test(reads_over_records_until_the_buffer_is_full),
		cmocka_unit_test(tells_a_goodbye_from_a_cut),
		cmocka_unit_test(garbage_is_a_protocol_error_behind_what_came_before),
		cmocka_unit_test(talk_without_content_ends),
		cmocka_unit_test(a_flood_is_taken_in_turns),
		cmocka_unit_test(key_updates_in_measure_are_fine),
		cmocka_unit_test(empty_records),
		cmocka_unit_test(empty_records_that_drip),
		cmocka_unit_test(tiny_records_are_taken_in_portions),
		cmocka_unit_test(a_full_socket_takes_a_part),
		cmocka_unit_test(a_client_that_is_gone),
		cmocka_unit_test(goodbye_is_sent_once),
		cmocka_unit_test(goodbye_waits_for_room),
		cmocka_unit_test(renegotiation_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
