/*
 * jsonin -- JSON files as jansson values, with the few questions that the importers ask of them.
 */
#ifndef SEKISHO_CATALOG_JSONIN_H
#define SEKISHO_CATALOG_JSONIN_H

#include "catalog/import.h"

#include <jansson.h>

/* Gives `translate` the whole text as one value (a byte order mark is fine), and memory; both last as long as the call. Its
 * result, or -EINVAL and the line is reported at which it is no JSON. */
int jsonin_translate(const struct import *in, int (*translate)(void *work, json_t *root, struct arena *memory),
		     void *work);
/* A string member as a view, p == NULL when there is none or it is something else. */
struct sv jsonin_text(const json_t *object, const char *key);
/* A view of a string value; p == NULL for anything else. */
struct sv jsonin_value(const json_t *value);
/* As json_object_get(), without regard to the case of the key: exports differ in it. */
json_t *jsonin_member(const json_t *object, const char *key);

/* "2025-10-28" from the eight digits in the file's name: such files do not tell their date otherwise. n == 0:
 * there are none that are a date. */
struct sv jsonin_file_date(const struct import *in, struct arena *a);

/* A finding about the whole file: what is wrong stands at no line that jansson could tell. */
void jsonin_say(const struct import *in, enum severity sev, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
