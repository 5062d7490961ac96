/*
 * suffixes -- the table of shared suffixes, and libpsl for the public ones.
 * A row is here because anybody can get a name below it by signing up for a service. The Public Suffix List's
 * private section has many as well, but not what a wildcard above them opens, and not the Azure services
 * whose names carry no cookies.
 */
#include "catalog/suffixes.h"

#include <libpsl.h>

static const struct suffix_row rows[] = {
	{ "blob.core.windows.net", "storage account" },
	{ "queue.core.windows.net", "storage account" },
	{ "table.core.windows.net", "storage account" },
	{ "file.core.windows.net", "storage account" },
	{ "dfs.core.windows.net", "storage account" },
	{ "web.core.windows.net", "storage account" },
	{ "*.web.core.windows.net", "storage account" },
	{ "*.blob.storage.azure.net", "storage account" },
	{ "vault.azure.net", "key vault" },
	{ "managedhsm.azure.net", "managed HSM" },
	{ "azurewebsites.net", "web app" },
	{ "scm.azurewebsites.net", "web app" },
	{ "*.azurewebsites.net", "web app" },
	{ "azurestaticapps.net", "static web app" },
	{ "*.azurestaticapps.net", "static web app" },
	{ "cloudapp.net", "cloud service" },
	{ "*.cloudapp.azure.com", "virtual machine" },
	{ "*.azurecontainer.io", "container group" },
	{ "*.azurecontainerapps.io", "container app" },
	{ "trafficmanager.net", "Traffic Manager profile" },
	{ "azureedge.net", "CDN endpoint" },
	{ "azurefd.net", "Front Door endpoint" },
	{ "z01.azurefd.net", "Front Door endpoint" },
	{ "azure-api.net", "API Management service" },
	{ "azurecr.io", "container registry" },
	{ "azure-devices.net", "IoT hub" },
	{ "azurehdinsight.net", "HDInsight cluster" },
	{ "azuredatabricks.net", "Databricks workspace" },
	{ "servicebus.windows.net", "Service Bus or Event Hubs namespace" },
	{ "database.windows.net", "SQL server" },
	{ "documents.azure.com", "Cosmos DB account" },
	{ "table.cosmos.azure.com", "Cosmos DB account" },
	{ "redis.cache.windows.net", "Redis cache" },
	{ "search.windows.net", "search service" },
	{ "service.signalr.net", "SignalR service" },
	{ "openai.azure.com", "OpenAI resource" },
	{ "cognitiveservices.azure.com", "Cognitive Services resource" },
	{ "sharepoint.com", "Microsoft 365 tenant" },
	{ "onmicrosoft.com", "Microsoft 365 tenant" },
	{ "github.io", "GitHub account" },
	{ "s3.amazonaws.com", "S3 bucket" },
	{ "s3.*.amazonaws.com", "S3 bucket" },
	{ "elb.amazonaws.com", "load balancer" },
	{ "*.elb.amazonaws.com", "load balancer" },
	{ "execute-api.*.amazonaws.com", "API" },
	{ "cloudfront.net", "CloudFront distribution" },
	{ "awsapprunner.com", "App Runner service" },
	{ "storage.googleapis.com", "storage bucket" },
	{ "appspot.com", "App Engine application" },
	{ "web.app", "Firebase project" },
	{ "firebaseapp.com", "Firebase project" },
	{ "run.app", "Cloud Run service" },
	{ "cloudfunctions.net", "Google Cloud project" },
	{ "herokuapp.com", "Heroku application" },
	{ "netlify.app", "Netlify site" },
	{ "vercel.app", "Vercel project" },
	{ "pages.dev", "Cloudflare Pages project" },
	{ "workers.dev", "Cloudflare Workers account" },
	{ "r2.cloudflarestorage.com", "Cloudflare R2 account" },
	{ "trycloudflare.com", "tunnel" },
	{ "ngrok.io", "tunnel" },
	{ "ngrok-free.app", "tunnel" },
	{ "devtunnels.ms", "tunnel" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct suffix_row *suffix_rows(size_t *n)
{
	*n = ROWS;
	return rows;
}

static struct sv last_label(struct sv *name)
{
	size_t at = name->n;
	struct sv label;

	while (at > 0 && name->p[at - 1] != '.')
		at--;
	label = sv_slice(*name, at, name->n);
	name->n = at ? at - 1 : 0;
	return label;
}

/* Whether the row's suffix is `name` or lies below it. */
static bool row_at_or_below(const struct suffix_row *row, struct sv name)
{
	struct sv suffix = sv_of(row->suffix);

	while (name.n) {
		struct sv want, have;

		if (suffix.n == 0)
			return false;
		want = last_label(&suffix);
		have = last_label(&name);
		if (!sv_eq(want, have) && !sv_eq(want, SV("*")))
			return false;
	}
	return true;
}

static const struct suffix_row *find_row(struct sv name)
{
	const struct suffix_row *below = NULL;

	for (size_t i = 0; i < ROWS; i++) {
		size_t labels = 1, row_labels = 1;

		if (!row_at_or_below(&rows[i], name))
			continue;
		for (size_t k = 0; k < name.n; k++)
			labels += name.p[k] == '.';
		for (const char *c = rows[i].suffix; *c; c++)
			row_labels += *c == '.';
		if (labels == row_labels)
			return &rows[i];
		below = below ? below : &rows[i];
	}
	return below;
}

static bool is_public(const char *name, int type)
{
	const psl_ctx_t *psl = psl_builtin();

	return psl && psl_is_public_suffix2(psl, name, type | PSL_TYPE_NO_STAR_RULE);
}

enum suffix_kind suffix_kind_of(struct sv name, const struct suffix_row **row)
{
	char text[256];

	*row = NULL;
	if (name.n == 0)
		return SUFFIX_PUBLIC;
	if (name.n >= sizeof(text))
		return SUFFIX_OWN;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (is_public(text, PSL_TYPE_ICANN))
		return SUFFIX_PUBLIC;
	*row = find_row(name);
	return *row || is_public(text, PSL_TYPE_PRIVATE) ? SUFFIX_SHARED : SUFFIX_OWN;
}

/* ---- literal suffixes ----------------------------------------------------------------------- */

/* A `|` outside of every group: what stands behind it is the end of one branch only. */
static bool has_branches(struct sv regex)
{
	int depth = 0;
	bool class = false;

	for (size_t i = 0; i < regex.n; i++) {
		char c = regex.p[i];

		if (c == '\\')
			i++;
		else if (class)
			class = c != ']';
		else if (c == '[')
			class = true;
		else if (c == '(' || c == ')')
			depth += c == '(' ? 1 : -1;
		else if (c == '|' && depth == 0)
			return true;
	}
	return false;
}

static bool is_literal(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

/* Reads from the end: letters as they are, dots behind a backslash, until something else comes. What a
 * backslash turns into a class (\d) ends it, and so does what an operator could belong to. */
static struct sv regex_suffix(struct sv regex, struct arena *a)
{
	char *text = arena_alloc(a, regex.n + 1);
	size_t at = regex.n, out = regex.n, dot = regex.n;

	if (has_branches(regex))
		return SV("");
	if (at && regex.p[at - 1] == '$')
		at--;
	while (at > 0) {
		char c = regex.p[at - 1];
		bool escaped = at > 1 && regex.p[at - 2] == '\\';

		if (c == '.' && escaped) {
			at -= 2;
			dot = out;
		} else if (is_literal(c) && !escaped) {
			at--;
		} else {
			break;
		}
		text[--out] = ascii_lower(c);
	}
	return (struct sv){ text + dot, regex.n - dot };
}

struct sv pattern_literal_suffix(const struct pattern *p, struct arena *a)
{
	switch (p->kind) {
	case PATTERN_EXACT: case PATTERN_BELOW: case PATTERN_TREE:
		return p->name;
	case PATTERN_GLOB:
		return p->suffix;
	case PATTERN_REGEX:
		return regex_suffix(p->regex, a);
	case PATTERN_ADDRESS: case PATTERN_ANY:
		break;
	}
	return SV("");
}
