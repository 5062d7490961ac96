#include "admin/admin.h"

#include "admin/metrics.h"
#include "base/arena.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdlib.h>

enum { REQUEST_MAX = 8 * 1024, TIMEOUT_S = 10 };

struct admin {
	struct evhttp *http;
	const struct server *server;
};

static void reply(struct evhttp_request *req, int status, const char *phrase, const char *type, struct sv body)
{
	struct evbuffer *b = evbuffer_new();

	evbuffer_add(b, body.p, body.n);
	evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", type);
	evhttp_send_reply(req, status, phrase, b);
	evbuffer_free(b);
}

static void on_metrics(struct evhttp_request *req, void *arg)
{
	const struct admin *a = arg;
	struct server_stats stats;
	char text[METRICS_MAX];
	struct strbuf b;

	server_stats(a->server, &stats);
	strbuf_init(&b, text, sizeof(text));
	metrics_format(&stats, &b);
	reply(req, HTTP_OK, "OK", "text/plain; version=0.0.4; charset=utf-8", strbuf_sv(&b));
}

static void on_health(struct evhttp_request *req, void *arg)
{
	const struct admin *a = arg;
	struct server_stats stats;

	server_stats(a->server, &stats);
	if (stats.draining)
		reply(req, HTTP_SERVUNAVAIL, "Service Unavailable", "text/plain", SV("draining\n"));
	else
		reply(req, HTTP_OK, "OK", "text/plain", SV("ok\n"));
}

static void on_other(struct evhttp_request *req, void *arg)
{
	(void)arg;
	reply(req, HTTP_NOTFOUND, "Not Found", "text/plain", SV("/metrics or /healthz\n"));
}

int admin_create(struct admin **out, struct event_base *base, const struct server *server,
		 const struct endpoint *at)
{
	struct admin *a = xcalloc(1, sizeof(*a));
	char ip[IP_TEXT_MAX];

	a->server = server;
	a->http = evhttp_new(base);
	if (!a->http) {
		free(a);
		return -ENOMEM;
	}
	evhttp_set_allowed_methods(a->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(a->http, REQUEST_MAX);
	evhttp_set_max_body_size(a->http, 0);
	evhttp_set_timeout(a->http, TIMEOUT_S);
	evhttp_set_cb(a->http, "/metrics", on_metrics, a);
	evhttp_set_cb(a->http, "/healthz", on_health, a);
	evhttp_set_gencb(a->http, on_other, a);
	ip_format(&at->ip, ip);
	if (evhttp_bind_socket(a->http, ip, at->port) != 0) {
		int err = errno;

		admin_free(a);
		return err ? -err : -EADDRINUSE;
	}
	*out = a;
	return 0;
}

void admin_free(struct admin *a)
{
	if (!a)
		return;
	evhttp_free(a->http);
	free(a);
}
