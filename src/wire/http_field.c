/*
 * http_field -- see http_field.h.  One pass from left to right: what is decided on a prefix of the
 * bytes stays decided when more arrive.
 */
#include "wire/http_field.h"

#include <errno.h>

/* Bit n of word w is octet 64 * w + n. The unit test spells these sets out in letters. */
const struct octet_set http_token = {
	{ 0x03ff6cfa00000000, 0x57ffffffc7fffffe, 0, 0 }
};
const struct octet_set http_visible = {
	{ 0xfffffffe00000000, 0x7fffffffffffffff, 0, 0 }
};

static int fail(enum http_error *why, enum http_error e)
{
	*why = e;
	return -EBADMSG;
}

size_t octets_span(struct sv s, const struct octet_set *set)
{
	size_t i = 0;

	while (i < s.n && octet_in(set, s.p[i]))
		i++;
	return i;
}

static bool is_value_octet(char c)
{
	unsigned char u = (unsigned char)c;

	return u == '\t' || (u >= 0x20 && u != 0x7f);
}

/* Whether one of eight octets is below 0x20 or 0x7f: the usual carry tricks, exact as a yes or no. */
static bool has_control(const char *p)
{
	const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
	uint64_t x, del;

	memcpy(&x, p, sizeof(x));
	del = x ^ (ones * 0x7f);
	return (((x - ones * 0x20) & ~x) | ((del - ones) & ~del)) & tops;
}

size_t http_value_span(struct sv s)
{
	size_t i = 0;

	for (;;) {
		while (s.n - i >= 8 && !has_control(s.p + i))
			i += 8;
		for (size_t stop = s.n - i >= 8 ? i + 8 : s.n; i < stop; i++)
			if (!is_value_octet(s.p[i]))
				return i;
		if (i == s.n)
			return i;
	}
}

int http_line_end(struct sv s, enum http_error otherwise, enum http_error *why)
{
	if (s.n == 0)
		return -EAGAIN;
	if (s.p[0] == '\n')
		return fail(why, HTTP_BAD_NEWLINE);
	if (s.p[0] != '\r')
		return fail(why, otherwise);
	if (s.n == 1)
		return -EAGAIN;
	return s.p[1] == '\n' ? 2 : fail(why, HTTP_BAD_NEWLINE);
}

/* NAME ":" OWS VALUE OWS CR LF; the length of the line. */
static int parse_line(struct http_field *out, struct sv line, enum http_error *why)
{
	size_t name = octets_span(line, &http_token), value;
	int end;

	if (name == line.n)
		return -EAGAIN;
	if (name == 0 || line.p[name] != ':')
		return fail(why, HTTP_BAD_FIELD);
	value = http_value_span(sv_slice(line, name + 1, line.n));
	end = http_line_end(sv_slice(line, name + 1 + value, 2), HTTP_BAD_FIELD, why);
	if (end < 0)
		return end;
	out->name = sv_slice(line, 0, name);
	out->value = sv_trim(sv_slice(line, name + 1, value));
	return (int)(name + 1 + value) + end;
}

int http_fields_parse(struct http_field *fields, size_t max, size_t *n, struct sv bytes,
		      enum http_error *why)
{
	size_t at = 0;

	for (*n = 0;;) {
		struct sv rest = sv_slice(bytes, at, bytes.n);
		int length;

		if (rest.n == 0)
			return -EAGAIN;
		if (rest.p[0] == '\r' || rest.p[0] == '\n') {
			length = http_line_end(rest, HTTP_BAD_NEWLINE, why);
			return length < 0 ? length : (int)at + length;
		}
		if (rest.p[0] == ' ' || rest.p[0] == '\t')
			return fail(why, *n ? HTTP_OBS_FOLD : HTTP_BAD_FIELD);
		if (*n == max)
			return fail(why, HTTP_TOO_MANY_FIELDS);
		length = parse_line(&fields[*n], rest, why);
		if (length < 0)
			return length;
		at += (size_t)length;
		++*n;
	}
}

const struct http_field *http_fields_find(const struct http_field *fields, size_t n, struct sv name)
{
	for (size_t i = 0; i < n; i++)
		if (sv_eq_nocase(fields[i].name, name))
			return &fields[i];
	return NULL;
}

size_t http_fields_count(const struct http_field *fields, size_t n, struct sv name)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += sv_eq_nocase(fields[i].name, name);
	return count;
}

bool http_fields_have_token(const struct http_field *fields, size_t n, struct sv name, struct sv token)
{
	for (size_t i = 0; i < n; i++) {
		struct sv rest = fields[i].value;

		if (!sv_eq_nocase(fields[i].name, name))
			continue;
		while (rest.p)
			if (sv_eq_nocase(sv_trim(sv_cut(&rest, ',')), token))
				return true;
	}
	return false;
}

enum http_error http_fields_length(struct http_message_length *out, const struct http_field *fields,
				   size_t n, unsigned minor)
{
	const struct sv name_length = SV("content-length"), name_coding = SV("transfer-encoding");
	const struct http_field *length = http_fields_find(fields, n, name_length);
	const struct http_field *coding = http_fields_find(fields, n, name_coding);

	*out = (struct http_message_length){ .has_length = length, .chunked = coding };
	if (coding && (length || minor == 0 || http_fields_count(fields, n, name_coding) > 1 ||
		       !sv_eq_nocase(coding->value, SV("chunked"))))
		return HTTP_BAD_CODING;
	if (length && (http_fields_count(fields, n, name_length) > 1 ||
		       !sv_to_u64(length->value, INT64_MAX, &out->length)))
		return HTTP_BAD_LENGTH;
	return HTTP_OK;
}
