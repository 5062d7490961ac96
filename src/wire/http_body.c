/*
 * http_body -- see http_body.h.  A machine of one step per octet for the framing, and whole runs at once
 * for the payload:
 *
 *     SIZE --;--> EXTENSION        TRAILER_LINE --CR--> END_LF --> done
 *       | blank--> BLANK --;--^       |    ^
 *       CR           |CR              v    |LF
 *       v            v             TRAILER_NAME --:--> TRAILER_VALUE --CR--> TRAILER_LF
 *     SIZE_LF <------'
 *       | 0: TRAILER_LINE
 *       v
 *     DATA --> DATA_CR --> DATA_LF --> SIZE
 */
#include "wire/http_body.h"

#include "wire/http_field.h"

enum state {
	S_SIZE, S_BLANK, S_EXTENSION, S_SIZE_LF, S_DATA, S_DATA_CR, S_DATA_LF,
	S_TRAILER_LINE, S_TRAILER_NAME, S_TRAILER_VALUE, S_TRAILER_LF, S_END_LF,
	S_LENGTH, S_CLOSE, S_DONE, S_BAD
};

static const char *const error_texts[] = {
	[HTTP_BODY_OK] = "no error",
	[HTTP_BODY_BAD_SIZE] = "a chunk size is not a hexadecimal number below 2^63",
	[HTTP_BODY_BAD_EXTENSION] = "a chunk extension is malformed or too long",
	[HTTP_BODY_BAD_NEWLINE] = "a line or chunk does not end in CR LF",
	[HTTP_BODY_BAD_TRAILER] = "the trailer section is malformed or too long",
	[HTTP_BODY_CUT] = "the connection ended before the body did",
};

const char *http_body_error_text(enum http_body_error e)
{
	return (size_t)e < sizeof(error_texts) / sizeof(*error_texts) ? error_texts[e] : "unknown error";
}

void http_body_init(struct http_body *b, enum http_framing framing, uint64_t length)
{
	static const uint8_t first[] = {
		[HTTP_FRAME_NONE] = S_DONE, [HTTP_FRAME_LENGTH] = S_LENGTH,
		[HTTP_FRAME_CHUNKED] = S_SIZE, [HTTP_FRAME_CLOSE] = S_CLOSE,
	};

	*b = (struct http_body){ .state = first[framing] };
	if (framing == HTTP_FRAME_LENGTH) {
		b->left = length;
		if (length == 0)
			b->state = S_DONE;
	}
}

enum http_framing http_request_framing(const struct http_request *r)
{
	if (r->chunked)
		return HTTP_FRAME_CHUNKED;
	return r->length ? HTTP_FRAME_LENGTH : HTTP_FRAME_NONE;
}

/* --- one octet of framing ------------------------------------------------------------------------- */

static enum state bad(struct http_body *b, enum http_body_error e)
{
	b->error = e;
	return S_BAD;
}

static int hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum state count_extension(struct http_body *b, enum state next)
{
	if (++b->extension > HTTP_CHUNK_EXTENSION_MAX || ++b->extensions > HTTP_EXTENSIONS_MAX)
		return bad(b, HTTP_BODY_BAD_EXTENSION);
	return next;
}

static enum state behind_size(struct http_body *b, char c)
{
	if (c == '\r')
		return S_SIZE_LF;
	if (c == ' ' || c == '\t')
		return count_extension(b, S_BLANK);
	if (c == ';')
		return count_extension(b, S_EXTENSION);
	return bad(b, c == '\n' ? HTTP_BODY_BAD_NEWLINE : HTTP_BODY_BAD_SIZE);
}

static enum state on_size(struct http_body *b, char c)
{
	int digit = hex_value(c);

	if (digit < 0)
		return b->digits ? behind_size(b, c) : bad(b, HTTP_BODY_BAD_SIZE);
	if (b->digits == HTTP_CHUNK_DIGITS_MAX || b->left > (uint64_t)INT64_MAX >> 4)
		return bad(b, HTTP_BODY_BAD_SIZE);
	b->digits++;
	b->left = b->left << 4 | (unsigned)digit;
	return S_SIZE;
}

/* Blanks behind the size mean something only before an extension: "5 \r\n" is refused. */
static enum state on_blank(struct http_body *b, char c)
{
	return c == '\r' ? bad(b, HTTP_BODY_BAD_SIZE) : behind_size(b, c);
}

static enum state on_extension(struct http_body *b, char c)
{
	if (c == '\r')
		return S_SIZE_LF;
	if (c == '\n')
		return bad(b, HTTP_BODY_BAD_NEWLINE);
	if (!octet_in(&http_visible, c) && c != ' ' && c != '\t')
		return bad(b, HTTP_BODY_BAD_EXTENSION);
	return count_extension(b, S_EXTENSION);
}

static enum state expect(struct http_body *b, char c, char wanted, enum state next)
{
	return c == wanted ? next : bad(b, HTTP_BODY_BAD_NEWLINE);
}

static enum state on_size_lf(struct http_body *b, char c)
{
	return expect(b, c, '\n', b->left ? S_DATA : S_TRAILER_LINE);
}

static enum state on_data_cr(struct http_body *b, char c)
{
	return expect(b, c, '\r', S_DATA_LF);
}

static enum state on_data_lf(struct http_body *b, char c)
{
	b->digits = 0;
	b->extension = 0;
	return expect(b, c, '\n', S_SIZE);
}

static enum state on_trailer_line(struct http_body *b, char c)
{
	if (c == '\r')
		return S_END_LF;
	if (c == '\n')
		return bad(b, HTTP_BODY_BAD_NEWLINE);
	if (!octet_in(&http_token, c) || ++b->fields > HTTP_TRAILER_FIELDS_MAX)
		return bad(b, HTTP_BODY_BAD_TRAILER);
	return S_TRAILER_NAME;
}

static enum state on_trailer_name(struct http_body *b, char c)
{
	if (c == ':')
		return S_TRAILER_VALUE;
	return octet_in(&http_token, c) ? S_TRAILER_NAME : bad(b, HTTP_BODY_BAD_TRAILER);
}

static enum state on_trailer_value(struct http_body *b, char c)
{
	if (c == '\r')
		return S_TRAILER_LF;
	if (c == '\n')
		return bad(b, HTTP_BODY_BAD_NEWLINE);
	return http_value_span((struct sv){ &c, 1 }) ? S_TRAILER_VALUE : bad(b, HTTP_BODY_BAD_TRAILER);
}

static enum state on_trailer_lf(struct http_body *b, char c)
{
	return expect(b, c, '\n', S_TRAILER_LINE);
}

static enum state on_end_lf(struct http_body *b, char c)
{
	return expect(b, c, '\n', S_DONE);
}

static enum state (*const steps[])(struct http_body *b, char c) = {
	[S_SIZE] = on_size, [S_BLANK] = on_blank, [S_EXTENSION] = on_extension,
	[S_SIZE_LF] = on_size_lf, [S_DATA_CR] = on_data_cr, [S_DATA_LF] = on_data_lf,
	[S_TRAILER_LINE] = on_trailer_line, [S_TRAILER_NAME] = on_trailer_name,
	[S_TRAILER_VALUE] = on_trailer_value, [S_TRAILER_LF] = on_trailer_lf, [S_END_LF] = on_end_lf,
};

static enum state step(struct http_body *b, char c)
{
	if (b->state >= S_TRAILER_LINE && ++b->trailer > HTTP_TRAILER_MAX)
		return bad(b, HTTP_BODY_BAD_TRAILER);
	return steps[b->state](b, c);
}

/* --- feeding -------------------------------------------------------------------------------------- */

static bool is_payload(const struct http_body *b)
{
	return b->state == S_DATA || b->state == S_LENGTH || b->state == S_CLOSE;
}

static struct sv take_payload(struct http_body *b, struct sv in)
{
	if (b->state != S_CLOSE) {
		in = sv_slice(in, 0, b->left < in.n ? (size_t)b->left : in.n);
		b->left -= in.n;
		if (b->left == 0)
			b->state = b->state == S_DATA ? S_DATA_CR : S_DONE;
	}
	b->octets += in.n;
	return in;
}

static enum http_body_status status(const struct http_body *b)
{
	if (b->state == S_BAD)
		return HTTP_BODY_BAD;
	return b->state == S_DONE ? HTTP_BODY_DONE : HTTP_BODY_MORE;
}

enum http_body_status http_body_feed(struct http_body *b, struct sv in, size_t *used, struct sv *payload)
{
	size_t i = 0;

	*payload = (struct sv){ in.p, 0 };
	while (i < in.n && b->state < S_LENGTH && b->state != S_DATA)
		b->state = (uint8_t)step(b, in.p[i++]);
	if (i < in.n && is_payload(b)) {
		*payload = take_payload(b, sv_slice(in, i, in.n));
		i += payload->n;
	}
	*used = i;
	return status(b);
}

enum http_body_status http_body_end(struct http_body *b)
{
	if (b->state == S_CLOSE)
		b->state = S_DONE;
	if (b->state != S_DONE && b->state != S_BAD)
		b->state = (uint8_t)bad(b, HTTP_BODY_CUT);
	return status(b);
}

bool http_body_done(const struct http_body *b)
{
	return b->state == S_DONE;
}

size_t http_chunk_line(char out[HTTP_CHUNK_LINE_MAX], uint64_t n)
{
	size_t digits = 1, at = 0;

	while (digits < HTTP_CHUNK_DIGITS_MAX && n >> (4 * digits))
		digits++;
	while (digits--)
		out[at++] = "0123456789abcdef"[n >> (4 * digits) & 15];
	out[at++] = '\r';
	out[at++] = '\n';
	return at;
}
