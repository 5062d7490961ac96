/*
 * regex -- PCRE2 with limits that a policy cannot lift.
 * A compiled expression is read-only and shared; what a match writes to (match data, JIT stack) belongs to
 * the thread, is made at its first match and goes with it.
 */
#include "policy/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>

/*
 * A match runs on an event loop between the work of other sessions, so the worst one must stay near a
 * millisecond.  A name has 253 octets at most: honest expressions need a few hundred steps.
 */
enum {
	STEPS_MAX = 20000,
	DEPTH_MAX = 2000,
	HEAP_MAX_KIB = 1024,
	JIT_STACK_MIN = 32 << 10,
	JIT_STACK_MAX = 256 << 10,
};

/* Anchoring by option and not by text around the source: ")|(" cannot break out of it. */
static const uint32_t options = PCRE2_CASELESS | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
				PCRE2_NO_AUTO_CAPTURE | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF |
				PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;

struct regex {
	pcre2_code *code;
};

struct scratch {
	pcre2_match_context *limits;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
};

static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static pthread_key_t scratch_key;

static void scratch_free(void *arg)
{
	struct scratch *s = arg;

	pcre2_match_context_free(s->limits);
	pcre2_match_data_free(s->data);
	pcre2_jit_stack_free(s->stack);
	free(s);
}

static void make_key(void)
{
	if (pthread_key_create(&scratch_key, scratch_free) != 0)
		abort();        /* out of keys: a bug, this is the only one */
}

static struct scratch *scratch_create(void)
{
	struct scratch *s = xcalloc(1, sizeof(*s));

	s->limits = pcre2_match_context_create(NULL);
	s->data = pcre2_match_data_create(1, NULL);
	s->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
	if (!s->limits || !s->data || pthread_setspecific(scratch_key, s) != 0) {
		scratch_free(s);
		return NULL;
	}
	pcre2_set_match_limit(s->limits, STEPS_MAX);
	pcre2_set_depth_limit(s->limits, DEPTH_MAX);
	pcre2_set_heap_limit(s->limits, HEAP_MAX_KIB);
	if (s->stack)           /* NULL where there is no JIT */
		pcre2_jit_stack_assign(s->limits, NULL, s->stack);
	return s;
}

static struct scratch *scratch_get(void)
{
	struct scratch *s;

	pthread_once(&scratch_once, make_key);
	s = pthread_getspecific(scratch_key);
	return s ? s : scratch_create();
}

static bool source_allowed(struct sv source, struct arena *a, struct sv *why)
{
	if (source.n > REGEX_SOURCE_MAX) {
		*why = arena_printf(a, "the regular expression has %zu octets; %d at most, write "
				    "names and wildcards instead", source.n, REGEX_SOURCE_MAX);
		return false;
	}
	if (sv_starts_with(source, SV("(*"))) {
		*why = SV("a regular expression may not begin with a (*VERB); write the expression alone");
		return false;
	}
	for (size_t i = 0; i < source.n; i++)
		if ((unsigned char)source.p[i] > 127) {
			*why = arena_printf(a, "the regular expression is not ASCII at offset %zu; "
					    "write the xn-- form of the label", i);
			return false;
		}
	return true;
}

static int any_callout(pcre2_callout_enumerate_block *block, void *arg)
{
	(void)block;
	(void)arg;
	return 1;
}

static pcre2_code *compile(struct sv source, struct arena *a, struct sv *why)
{
	int error;
	size_t offset;
	unsigned char text[256];
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)(source.n ? source.p : ""), source.n, options,
					 &error, &offset, NULL);

	if (!code) {
		pcre2_get_error_message(error, text, sizeof(text));
		*why = arena_printf(a, "bad regular expression at offset %zu: %s", offset,
				    (const char *)text);
		return NULL;
	}
	if (pcre2_callout_enumerate(code, any_callout, NULL) != 0) {
		*why = SV("a regular expression may hold no callout; leave out (?C...)");
		pcre2_code_free(code);
		return NULL;
	}
	return code;
}

struct regex *regex_compile(struct sv source, struct arena *a, struct sv *why)
{
	struct regex *r;
	pcre2_code *code;

	*why = (struct sv){ 0 };
	if (!source_allowed(source, a, why))
		return NULL;
	code = compile(source, a, why);
	if (!code)
		return NULL;
	/* Fails without JIT or where memory may not be made executable; then it is interpreted. */
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	r = xcalloc(1, sizeof(*r));
	r->code = code;
	return r;
}

void regex_free(struct regex *r)
{
	if (!r)
		return;
	pcre2_code_free(r->code);
	free(r);
}

enum regex_result regex_match(const struct regex *r, struct sv name)
{
	struct scratch *s = scratch_get();
	int rc;

	if (!s)
		return REGEX_LIMIT;
	rc = pcre2_match(r->code, (PCRE2_SPTR)(name.n ? name.p : ""), name.n, 0, 0, s->data, s->limits);
	if (rc >= 0)
		return REGEX_YES;
	return rc == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_LIMIT;
}
