#include "base/report.h"

#include <stdarg.h>
#include <unistd.h>

enum { LINE_SIZE = 4096 };

static void emit(const char *label, const char *fmt, va_list ap)
{
	char line[LINE_SIZE];
	int n = snprintf(line, sizeof(line), "sekisho: %s", label);

	n += vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	if ((size_t)n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	for (ssize_t done = 0, w; done < n; done += w)
		if ((w = write(STDERR_FILENO, line + done, (size_t)(n - done))) <= 0)
			return;         /* nobody left to tell */
}

void report_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit("", fmt, ap);
	va_end(ap);
}

void report_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit("warning: ", fmt, ap);
	va_end(ap);
}

void report_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit("error: ", fmt, ap);
	va_end(ap);
}

void report_diags(const struct diag_list *d)
{
	char line[LINE_SIZE];

	for (size_t i = 0; i < d->n; i++) {
		diag_format(&d->items[i], line, sizeof(line));
		report_info("%s", line);
	}
}
