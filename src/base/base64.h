/*
 * base64 -- octets as text and back: the alphabet of RFC 4648 section 4, with padding.
 */
#ifndef SEKISHO_BASE_BASE64_H
#define SEKISHO_BASE_BASE64_H

#include "base/strbuf.h"

void base64_encode(struct strbuf *out, const void *octets, size_t n);
/* Decodes all of `text` into `out`; how many octets that made, or -1 when it is no base64 (a character outside the
 * alphabet, a wrong length or padding, stray bits before the padding) or `size` is too small. */
ptrdiff_t base64_decode(struct sv text, unsigned char *out, size_t size);

#endif
