#include "base/diag.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdlib.h>

const char *severity_name(enum severity sev)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[sev];
}

static void add_v(struct diag_list *d, enum severity sev, struct place at, const char *fmt, va_list ap)
{
	struct diag *item;
	va_list again;
	int n;

	if (d->n == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 8;
		d->items = xrealloc(d->items, d->cap * sizeof(*d->items));
	}
	item = &d->items[d->n++];
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	*item = (struct diag){
		.file = at.file ? xstrdup(at.file) : NULL,
		.text = xmalloc((size_t)n + 1),
		.line = at.line, .col = at.col, .severity = sev,
	};
	vsnprintf(item->text, (size_t)n + 1, fmt, again);
	va_end(again);
	d->errors += sev == DIAG_ERROR;
	d->warnings += sev == DIAG_WARNING;
}

void diag_add(struct diag_list *d, enum severity sev, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_v(d, sev, at, fmt, ap);
	va_end(ap);
}

void diag_add_code(struct diag_list *d, enum severity sev, const char *code, struct place at,
		   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_v(d, sev, at, fmt, ap);
	va_end(ap);
	d->items[d->n - 1].code = code;
}

void diag_error(struct diag_list *d, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_v(d, DIAG_ERROR, at, fmt, ap);
	va_end(ap);
}

/* Where in the list a file is first named: files keep the order in which they were read. */
static size_t file_rank(const struct diag_list *d, const char *file)
{
	for (size_t i = 0; i < d->n; i++) {
		const char *other = d->items[i].file;

		if (file == other || (file && other && strcmp(file, other) == 0))
			return i;
	}
	return d->n;
}

struct ranked {
	struct diag item;
	size_t file_rank, order;
};

static int compare_ranked(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	if (a->file_rank != b->file_rank)
		return a->file_rank < b->file_rank ? -1 : 1;
	if (a->item.line != b->item.line)
		return a->item.line < b->item.line ? -1 : 1;
	if (a->item.col != b->item.col)
		return a->item.col < b->item.col ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void diag_sort(struct diag_list *d)
{
	struct ranked *all;

	if (d->n < 2)
		return;
	all = xcalloc(d->n, sizeof(*all));
	for (size_t i = 0; i < d->n; i++)
		all[i] = (struct ranked){ d->items[i], file_rank(d, d->items[i].file), i };
	qsort(all, d->n, sizeof(*all), compare_ranked);
	for (size_t i = 0; i < d->n; i++)
		d->items[i] = all[i].item;
	free(all);
}

void diag_fini(struct diag_list *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->items[i].file);
		free(d->items[i].text);
	}
	free(d->items);
	*d = (struct diag_list){ 0 };
}

void diag_format(const struct diag *d, char *out, size_t size)
{
	char where[64] = "";

	if (d->line)
		snprintf(where, sizeof(where), ":%u:%u", d->line, d->col);
	snprintf(out, size, "%s%s: %s: %s%s%s%s", d->file ? d->file : "command line", where,
		 severity_name(d->severity), d->text, d->code ? " [" : "", d->code ? d->code : "",
		 d->code ? "]" : "");
}

void diag_print(const struct diag_list *d, FILE *to)
{
	char line[4096];

	for (size_t i = 0; i < d->n; i++) {
		diag_format(&d->items[i], line, sizeof(line));
		fprintf(to, "%s\n", line);
	}
}
