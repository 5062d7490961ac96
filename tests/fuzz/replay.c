/*
 * replay -- runs a fuzz target over its corpus, without a fuzzer: TAP output, one test per input.
 * CORPUS names the folder below tests/fuzz/corpus/.  Besides each input as it is, every prefix of it (of the
 * first 4 KiB) is tried: cheap, and it finds over-reads under AddressSanitizer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PREFIXES = 4096, PATH_SIZE = 4096 };

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p;
	long n;

	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	p = malloc(n > 0 ? (size_t)n : 1);
	*size = p ? fread(p, 1, (size_t)n, f) : 0;
	fclose(f);
	return p;
}

/* A copy of the exact size, so that a byte read too far is a report. */
static void try_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void replay(const uint8_t *data, size_t size)
{
	for (size_t n = 0; n < size && n < PREFIXES; n++)
		try_copy(data, n);
	try_copy(data, size);
}

int main(void)
{
	const char *srcdir = getenv("SEKISHO_SRCDIR");
	char folder[PATH_SIZE / 2], path[PATH_SIZE];
	struct dirent **names;
	int n, tests = 0, failed = 0;

	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", CORPUS);
	n = scandir(folder, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		size_t size = 0;
		uint8_t *data;

		if (names[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
			data = read_file(path, &size);
			if (data)
				replay(data, size);
			failed += !data;
			printf("%s %d - %s\n", data ? "ok" : "not ok", ++tests, names[i]->d_name);
			fflush(stdout);
			free(data);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	printf("1..%d\n", tests);
	return failed || tests == 0;
}
