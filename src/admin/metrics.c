#include "admin/metrics.h"

#include "log/reason.h"

static void head(struct strbuf *b, const char *name, const char *type, const char *help)
{
	strbuf_printf(b, "# HELP sekisho_%s %s\n# TYPE sekisho_%s %s\n", name, help, name, type);
}

static void value(struct strbuf *b, const char *name, const char *labels, uint64_t n)
{
	strbuf_printf(b, "sekisho_%s%s ", name, labels);
	strbuf_addu(b, n);
	strbuf_addc(b, '\n');
}

static void add_reasons(struct strbuf *b, const struct server_stats *s)
{
	head(b, "sessions_ended_total", "counter", "Tunnels and requests by how they ended or why they were refused.");
	for (unsigned r = REASON_NONE + 1; r < REASONS; r++) {
		strbuf_printf(b, "sekisho_sessions_ended_total{reason=\"%s\"} ", reason_row((enum reason)r)->word);
		strbuf_addu(b, s->ended[r]);
		strbuf_addc(b, '\n');
	}
}

void metrics_format(const struct server_stats *s, struct strbuf *b)
{
	const struct {
		const char *name, *labels, *type, *help;        /* help NULL: one more value of the row before */
		uint64_t n;
	} rows[] = {
		{ "generation", "", "gauge", "The configuration in force, counted from the start.", s->generation },
		{ "reloads_total", "{result=\"ok\"}", "counter", "Reloads of the configuration.", s->reloads_ok },
		{ "reloads_total", "{result=\"failed\"}", NULL, NULL, s->reloads_failed },
		{ "workers", "", "gauge", "Event loops.", s->workers },
		{ "draining", "", "gauge", "1 while the server takes nothing new.", s->draining },
		{ "sessions_open", "", "gauge", "Client connections that are open.", (uint64_t)s->open },
		{ "sessions_limit", "", "gauge", "The most that may be open.", (uint64_t)s->most },
		{ "connections_total", "", "counter", "Client connections accepted.", s->accepted },
		{ "probes_total", "", "counter", "Of these, closed without a byte.", s->probes },
		{ "decisions_total", "{action=\"allow\"}", "counter", "Requests that were let out or refused.", s->allowed },
		{ "decisions_total", "{action=\"deny\"}", NULL, NULL, s->refused },
		{ "tunnels_total", "", "counter", "Tunnels established.", s->tunnels },
		{ "bytes_total", "{direction=\"up\"}", "counter", "Octets carried.", s->bytes_up },
		{ "bytes_total", "{direction=\"down\"}", NULL, NULL, s->bytes_down },
		{ "accept_pauses_total", "", "counter", "Times that descriptors ran out.", s->accept_pauses },
		{ "origin_checks_total", "", "counter", "TLS handshakes with origins to verify them.", s->verify.handshakes },
		{ "origin_checks_failed_total", "", "counter", "Of these, without a good certificate.", s->verify.failed },
		{ "origin_checks_cached_total", "", "counter", "Tunnels verified by a verdict at hand.", s->verify.cached },
		{ "origin_checks_overloaded_total", "", "counter", "Tunnels that found too many checks waiting.", s->verify.overloaded },
		{ "origin_checks_in_flight", "", "gauge", "Such handshakes under way.", s->verify.in_flight },
		{ "origin_checks_queued", "", "gauge", "Such handshakes that wait for their turn.", s->verify.queued },
		{ "log_lines_total", "", "counter", "Access records written.", s->log.lines },
		{ "log_lost_total", "", "counter", "Access records lost.", s->log.lost },
		{ "log_errors_total", "", "counter", "Failed writes of the access log.", s->log.errors },
		{ "log_backlog_bytes", "", "gauge", "Access records that are not written yet.", s->log.backlog_octets },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].help)
			head(b, rows[i].name, rows[i].type, rows[i].help);
		value(b, rows[i].name, rows[i].labels, rows[i].n);
	}
	add_reasons(b, s);
}
