#include "tls/pemfile.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PEM_SIZE_MAX = 8 << 20 };

struct text {
	char *p;
	size_t n, cap;
};

static void wipe(struct text *t)
{
	if (t->p)
		OPENSSL_cleanse(t->p, t->cap);
	free(t->p);
	*t = (struct text){ 0 };
}

/* ---- reading --------------------------------------------------------------------------------- */

/* NULL, or why this cannot be read. */
static const char *read_all(int fd, struct text *out)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return strerrordesc_np(errno);
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? "it is a folder" : "it is not a regular file";
	if (st.st_size > PEM_SIZE_MAX)
		return "it is larger than 8 MiB";
	out->cap = (size_t)st.st_size + 1;
	out->p = xmalloc(out->cap);
	while (out->n < out->cap) {
		ssize_t got = read(fd, out->p + out->n, out->cap - out->n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return strerrordesc_np(errno);
		if (got == 0)
			return NULL;
		out->n += (size_t)got;
	}
	return "it grew while it was read";
}

/* The descriptor, or -1 and reported. */
static int open_file(const struct tls_file *f, struct diag_list *why)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);      /* a pipe must not hold us up */

	if (fd < 0)
		diag_error(why, f->at, "cannot read \"%s\": %s", f->path,
			   errno == ENOENT ? "no such file" : strerrordesc_np(errno));
	return fd;
}

static bool load(const struct tls_file *f, int fd, struct text *out, struct diag_list *why)
{
	const char *fault = read_all(fd, out);

	close(fd);
	if (!fault)
		return true;
	diag_error(why, f->at, "cannot read \"%s\": %s", f->path, fault);
	wipe(out);
	return false;
}

/* What the file holds instead of what it should: `what` in words, `command` to turn its DER into PEM. */
static void say_no_pem(const struct tls_file *f, const struct text *t, const char *what, const char *command,
		       struct diag_list *why)
{
	if (t->n && (unsigned char)t->p[0] == 0x30)
		diag_error(why, f->at, "\"%s\" is DER, not PEM; convert it: openssl %s -inform DER -in %s -out NEW",
			   f->path, command, f->path);
	else if (t->n == 0)
		diag_error(why, f->at, "\"%s\" is empty; it should hold a %s in PEM", f->path, what);
	else
		diag_error(why, f->at, "no %s in \"%s\"; it should hold PEM, from \"-----BEGIN\" to \"-----END\"", what,
			   f->path);
}

/* At the end of a list of PEM blocks: was it the end of the file, or a broken block? */
static bool ended_well(const struct tls_file *f, int n, const char *what, struct diag_list *why)
{
	unsigned long err = ERR_peek_last_error();

	ERR_clear_error();
	if (ERR_GET_LIB(err) == ERR_LIB_PEM && ERR_GET_REASON(err) == PEM_R_NO_START_LINE)
		return true;
	diag_error(why, f->at, "%s %d of \"%s\" is damaged: %s", what, n + 1, f->path,
		   ERR_reason_error_string(err) ? ERR_reason_error_string(err) : "not to be read");
	return false;
}

/* A file without a passphrase is what a daemon can use; nobody is there to type one. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)arg = true;
	return -1;
}

static BIO *open_text(const struct tls_file *f, struct text *t, struct diag_list *why)
{
	int fd = open_file(f, why);

	*t = (struct text){ 0 };
	ERR_clear_error();
	return fd >= 0 && load(f, fd, t, why) ? BIO_new_mem_buf(t->p, (int)t->n) : NULL;
}

STACK_OF(X509) *pemfile_certs(const struct tls_file *f, struct diag_list *why)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	struct text t;
	BIO *bio = open_text(f, &t, why);
	bool good = bio != NULL;
	X509 *one;

	while (bio && (one = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL)))
		sk_X509_push(all, one);
	if (bio)
		good = ended_well(f, sk_X509_num(all), "certificate", why);
	if (good && sk_X509_num(all) == 0) {
		say_no_pem(f, &t, "certificate", "x509", why);
		good = false;
	}
	BIO_free(bio);
	wipe(&t);
	if (good)
		return all;
	sk_X509_pop_free(all, X509_free);
	return NULL;
}

STACK_OF(X509_CRL) *pemfile_crls(const struct tls_file *f, struct diag_list *why)
{
	STACK_OF(X509_CRL) *all = sk_X509_CRL_new_null();
	struct text t;
	BIO *bio = open_text(f, &t, why);
	bool good = bio != NULL;
	X509_CRL *one;

	while (bio && (one = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)))
		sk_X509_CRL_push(all, one);
	if (bio)
		good = ended_well(f, sk_X509_CRL_num(all), "revocation list", why);
	if (good && sk_X509_CRL_num(all) == 0) {
		say_no_pem(f, &t, "revocation list", "crl", why);
		good = false;
	}
	BIO_free(bio);
	wipe(&t);
	if (good)
		return all;
	sk_X509_CRL_pop_free(all, X509_CRL_free);
	return NULL;
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* Who but its owner can use the key, and the chmod that ends it. */
static bool is_private(const struct tls_file *f, int fd, struct diag_list *why)
{
	struct stat st;
	unsigned open_to;
	const char *who;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return true;                    /* read_all() says it better */
	open_to = st.st_mode & (S_IRWXG | S_IRWXO);
	if (open_to == 0 || (open_to == S_IRGRP && st.st_uid == 0))
		return true;
	who = open_to & S_IRWXO ? "everybody" : "its group";
	diag_error(why, f->at, "the key \"%s\" is open to %s (mode %04o); chmod %s %s", f->path, who,
		   (unsigned)st.st_mode & 07777, st.st_uid == 0 && st.st_gid != 0 ? "640" : "600", f->path);
	return false;
}

static void say_no_key(const struct tls_file *f, const struct text *t, bool encrypted, struct diag_list *why)
{
	static const char ends[] = PEM_STRING_PKCS8INF "-----";         /* what every kind's first line ends with */
	unsigned long err = ERR_peek_last_error();

	if (encrypted)
		diag_error(why, f->at, "the key \"%s\" has a passphrase, and nobody is there to type it; "
			   "openssl pkey -in %s -out NEW takes it off", f->path, f->path);
	else if (!memmem(t->p, t->n, ends, strlen(ends)))
		say_no_pem(f, t, "private key", "pkey", why);
	else
		diag_error(why, f->at, "the key \"%s\" is damaged: %s", f->path,
			   ERR_reason_error_string(err) ? ERR_reason_error_string(err) : "not to be read");
	ERR_clear_error();
}

EVP_PKEY *pemfile_key(const struct tls_file *f, struct diag_list *why)
{
	struct text t = { 0 };
	bool encrypted = false;
	EVP_PKEY *key = NULL;
	BIO *bio = NULL;
	int fd = open_file(f, why);

	if (fd < 0)
		return NULL;
	if (!is_private(f, fd, why)) {
		close(fd);
		return NULL;
	}
	if (load(f, fd, &t, why))
		bio = BIO_new_mem_buf(t.p, (int)t.n);
	ERR_clear_error();
	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted);
	if (bio && !key)
		say_no_key(f, &t, encrypted, why);
	BIO_free(bio);
	wipe(&t);
	return key;
}

/* ---- words ----------------------------------------------------------------------------------- */

void pemfile_name(const X509_NAME *name, char *out, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0)
		n = BIO_read(bio, out, (int)size - 1);
	out[n > 0 ? n : 0] = '\0';
	BIO_free(bio);
}

int64_t pemfile_time_ms(const ASN1_TIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}
