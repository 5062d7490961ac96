/*
 * decide_bench -- what one decision costs, by the number of names in the policy.
 * Prints a TSV: names, build time, octets held, ns per lookup of a random name that is there, of a random
 * one that is not, and of one below a wildcard (each the best of several rounds: what the machine does
 * besides is not the question). `memory_ns` is one dependent read from as much memory as the policy
 * holds, for scale. Usage: decide_bench [NAMES...]
 */
#include "base/clock.h"
#include "config/conf.h"
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ASKS = 1 << 16, ROUNDS = 12 };

static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static size_t name_at(char *out, size_t size, uint64_t i)
{
	static const char *const zones[] = {
		"blob.core.windows.net", "vault.azure.net", "example.com", "cdn.example.net", "corp.example.org",
	};

	return (size_t)snprintf(out, size, "h%llx.%s", (unsigned long long)(i * 2654435761u & 0xffffffffu),
				zones[i % 5]);
}

static void write_file(const char *dir, const char *name, const char *text, size_t names)
{
	char path[128], host[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || (text && fputs(text, f) < 0))
		exit(2);
	for (size_t i = 0; i < names; i++) {
		name_at(host, sizeof(host), i);
		fprintf(f, "%s\n", host);
	}
	if (fclose(f))
		exit(2);
}

static const char main_text[] =
	"fqdn-group many { file names.list; }\n"
	"ip-group vms { 10.1.0.0/16; 10.2.0.0/16; }\n"
	"collection a { priority 100; action allow;\n"
	"  rule r { from vms; to group:many https:443; to *.wild.example https:443; } }\n";

static size_t resident(void)
{
	unsigned long pages = 0, rss = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%lu %lu", &pages, &rss) != 2)
		rss = 0;
	if (f)
		fclose(f);
	return rss * (size_t)sysconf(_SC_PAGESIZE);
}

static const struct policy *build(const char *dir, uint64_t *conf_us, uint64_t *build_us)
{
	const struct policy_env env = { .now_ms = clock_wall_ms() };
	struct diag_list why = { 0 };
	struct policy *p = NULL;
	struct conf *conf = NULL;
	uint64_t start = clock_mono_us();
	char path[128];

	snprintf(path, sizeof(path), "%s/main.conf", dir);
	if (conf_load(&conf, path, &(struct conf_options){ 0 }, &why) == 0) {
		*conf_us = clock_mono_us() - start;
		start = clock_mono_us();
		policy_build(&p, conf, &env, &why);
		*build_us = clock_mono_us() - start;
	}
	diag_print(&why, stderr);
	diag_fini(&why);
	conf_free(conf);
	if (!p)
		exit(1);
	return p;
}

enum shape { THERE, ABSENT, WILDCARD };

/* ns per decision over names drawn at random, prepared beforehand. */
static double measure(const struct policy *p, size_t names, enum shape shape)
{
	static char texts[ASKS][48];
	static uint8_t lengths[ASKS];
	struct ask ask = { .source = { 4, { 10, 1, 2, 3 } }, .port = 443,
			   .protos = PROTO_HTTPS | PROTO_TCP, .now_ms = clock_wall_ms() };
	struct verdict v;
	size_t passed = 0;
	uint64_t start, best = UINT64_MAX;

	for (size_t i = 0; i < ASKS; i++) {
		size_t n = name_at(texts[i], sizeof(texts[i]), next_random() % names);

		if (shape == WILDCARD)
			n = (size_t)snprintf(texts[i], sizeof(texts[i]), "h%llx.wild.example",
					     (unsigned long long)next_random() & 0xffffffff);
		else if (shape == ABSENT)
			texts[i][0] = 'g';
		lengths[i] = (uint8_t)n;
	}
	for (int round = 0; round < ROUNDS; round++) {
		start = clock_mono_us();
		for (size_t i = 0; i < ASKS; i++) {
			ask.name = (struct sv){ texts[i], lengths[i] };
			policy_decide(p, &ask, &v);
			passed += v.action == ACTION_ALLOW;
		}
		start = clock_mono_us() - start;
		best = start < best ? start : best;
	}
	if (passed != (shape == ABSENT ? 0 : (size_t)ASKS * ROUNDS))
		exit(1);
	return (double)best * 1000.0 / ASKS;
}

static volatile uint64_t sink;          /* so that the reads are not optimized away */

/* ns for a read that waits for the one before it, at random places of `octets` octets. */
static double memory_ns(size_t octets)
{
	size_t n = octets / sizeof(uint64_t);
	uint64_t *p = calloc(n, sizeof(*p)), at = 0, best = UINT64_MAX, start;

	if (!p)
		exit(2);
	for (size_t i = 0; i < n; i++)
		p[i] = next_random() % n;
	for (int round = 0; round < ROUNDS; round++) {
		start = clock_mono_us();
		for (size_t i = 0; i < ASKS; i++)
			at = (p[at] + i) % n;
		start = clock_mono_us() - start;
		best = start < best ? start : best;
	}
	sink = at;
	free(p);
	return (double)best * 1000.0 / ASKS;
}

static void run(size_t names)
{
	char dir[] = "/tmp/decide-bench-XXXXXX", command[64];
	size_t before = resident();
	struct policy_counts counts;
	uint64_t conf_us = 0, build_us = 0;
	const struct policy *p;

	if (!mkdtemp(dir))
		exit(2);
	write_file(dir, "names.list", NULL, names);
	write_file(dir, "main.conf", main_text, 0);
	p = build(dir, &conf_us, &build_us);
	policy_count(p, &counts);
	printf("%zu\t%.1f\t%.1f\t%zu\t%zd", names, (double)conf_us / 1000, (double)build_us / 1000,
	       counts.octets, (ssize_t)(resident() - before));
	printf("\t%.0f\t%.0f\t%.0f\t%.0f\n", measure(p, names, THERE), measure(p, names, ABSENT),
	       measure(p, names, WILDCARD), memory_ns(counts.octets));
	fflush(stdout);
	policy_unref(p);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command))
		exit(2);
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = { 10, 1000, 100000, 1000000 };

	printf("names\tread_ms\tbuild_ms\toctets\tresident\tthere_ns\tabsent_ns\twildcard_ns\tmemory_ns\n");
	if (argc > 1)
		for (int i = 1; i < argc; i++)
			run((size_t)strtoul(argv[i], NULL, 10));
	else
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			run(sizes[i]);
	return 0;
}
