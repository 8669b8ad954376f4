#include "coordinator/web/http.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/mem.h"
#include "coordinator/web/place.h"

#define REQUEST_BYTES 16384
#define SILENCE_S 30
#define REQUEST_MS 20000 /* of a connection, from its start or its last answer until it has sent all of a request */
#define LOOK_MS 1000 /* also since libmicrohttpd forgets to listen when connections were too many, until it is run */

struct http_call {
    struct http *http;
    struct MHD_Connection *connection;
    const char *method;
    char *target; /* owned */
    struct str body;
    bool has_begun, is_taken, is_too_long, is_suspended;
    struct MHD_Response *response; /* once it is answered */
    unsigned status;
    struct http_stream stream; /* of a stream */
    struct http_call *next;    /* of those that are there */
};

struct guest { /* a connection */
    int fd;
    uint64_t since_ms; /* when it was expected to ask; 0: it is being answered */
    struct guest *next;
};

struct http {
    struct http_options options;
    char *address; /* owned */
    struct MHD_Daemon *daemon;
    struct http_call *calls;
    struct guest *guests;
    uv_poll_t poll;
    uv_timer_t timer;
    bool is_closing;
    int n_open; /* handles that are not closed yet */
};

/* ---- the loop ---- */

static void on_timer(uv_timer_t *timer);

/* Who asks too slowly is cut off: the silence of a connection ends with each byte, and this does not. */
static void cut_slow(struct http *h)
{
    uint64_t now_ms = uv_now(h->timer.loop);
    for (struct guest *g = h->guests; g; g = g->next)
        if (g->since_ms && now_ms > g->since_ms + h->options.request_ms)
            shutdown(g->fd, SHUT_RDWR);
}

static void run(struct http *h)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    cut_slow(h); /* not by the timer alone, which begins anew with each byte */
    MHD_run(h->daemon);
    if (MHD_get_timeout(h->daemon, &wait_ms) != MHD_YES || wait_ms > LOOK_MS)
        wait_ms = LOOK_MS;
    if (!h->is_closing)
        uv_timer_start(&h->timer, on_timer, wait_ms, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct http *h = timer->data;
    run(h);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    run(poll->data);
}

/* ---- connections ---- */

static void on_connection(
    void *context, struct MHD_Connection *connection, void **slot, enum MHD_ConnectionNotificationCode what)
{
    struct http *h = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct guest *g = *slot = mem_zalloc(1, sizeof *g);
        *g = (struct guest){ info ? info->connect_fd : -1, uv_now(h->timer.loop) + 1, h->guests };
        h->guests = g;
        return;
    }
    struct guest **at = &h->guests;
    while (*at != *slot)
        at = &(*at)->next;
    *at = (*at)->next;
    free(*slot);
}

static struct guest *guest_of(const struct http_call *c)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void expect(const struct http_call *c, uint64_t since_ms)
{
    struct guest *g = guest_of(c);
    if (g)
        g->since_ms = since_ms;
}

/* ---- requests ---- */

static void *on_target(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct http *h = context;
    struct http_call *c = mem_zalloc(1, sizeof *c);
    c->http = h;
    c->connection = connection;
    c->target = mem_strdup(uri);
    c->next = h->calls;
    h->calls = c;
    return c;
}

static void answer_text(struct http_call *c, unsigned status, const char *text)
{
    struct http_answer a = { .status = status, .type = "text/plain", .fixed = text, .fixed_len = strlen(text) };
    http_answer(c, &a);
}

static void take(struct http_call *c)
{
    c->is_taken = true;
    expect(c, 0);
    if (c->is_too_long)
        answer_text(c, 413, "the body is too long\n");
    else if (c->http->is_closing)
        answer_text(c, 503, "this server ends\n");
    else
        c->http->options.take(c->http->options.context, c);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **state)
{
    struct http_call *c = *state;
    size_t max = c->http->options.max_body;
    if (!c->has_begun) { /* the headers alone */
        c->has_begun = true;
        c->method = method;
        return MHD_YES;
    }
    if (*upload_len) {
        c->is_too_long |= *upload_len > max || c->body.len > max - *upload_len;
        if (!c->is_too_long)
            str_add_bytes(&c->body, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    if (!c->is_taken)
        take(c);
    if (!c->response) {
        c->is_suspended = true;
        MHD_suspend_connection(connection);
        return MHD_YES;
    }
    enum MHD_Result queued = MHD_queue_response(connection, c->status, c->response);
    MHD_destroy_response(c->response);
    c->response = NULL;
    return queued;
}

static void on_completed(
    void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode why)
{
    struct http_call *c = *state;
    if (!c)
        return;
    struct http_call **at = &c->http->calls;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    expect(c, uv_now(c->http->timer.loop) + 1);
    if (c->stream.end)
        c->stream.end(c->stream.context);
    if (c->response)
        MHD_destroy_response(c->response);
    str_deinit(&c->body);
    free(c->target);
    free(c);
    *state = NULL;
}

const char *http_method(const struct http_call *c)
{
    return c->method;
}

const char *http_target(const struct http_call *c)
{
    return c->target;
}

const char *http_header(const struct http_call *c, const char *name)
{
    return MHD_lookup_connection_value(c->connection, MHD_HEADER_KIND, name);
}

const struct str *http_body(const struct http_call *c)
{
    return &c->body;
}

/* ---- answers ---- */

static void resume(struct http_call *c)
{
    if (!c->is_suspended)
        return;
    c->is_suspended = false;
    MHD_resume_connection(c->connection);
    if (!c->http->is_closing)
        uv_timer_start(&c->http->timer, on_timer, 0, 0);
}

static void respond(
    struct http_call *c, unsigned status, struct MHD_Response *r, const char *type, const char *const *headers)
{
    MHD_add_response_header(r, "Content-Type", type);
    for (; headers && headers[0]; headers += 2)
        MHD_add_response_header(r, headers[0], headers[1]);
    c->status = status;
    c->response = r;
    resume(c);
}

void http_answer(struct http_call *c, struct http_answer *a)
{
    size_t len = a->fixed ? a->fixed_len : a->body.len;
    struct MHD_Response *r =
        a->fixed ? MHD_create_response_from_buffer(len, (void *)(uintptr_t)a->fixed, MHD_RESPMEM_PERSISTENT)
                 : MHD_create_response_from_buffer(len, str_take(&a->body), MHD_RESPMEM_MUST_FREE);
    respond(c, a->status, r, a->type, a->headers);
}

void http_answer_file(struct http_call *c, int fd, uint64_t len, const char *const *headers)
{
    respond(c, MHD_HTTP_OK, MHD_create_response_from_fd64(len, fd), "application/octet-stream", headers);
}

static ssize_t on_read(void *context, uint64_t position, char *to, size_t cap)
{
    struct http_call *c = context;
    int64_t n = c->http->is_closing ? -1 : c->stream.read(c->stream.context, to, cap);
    if (n < 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n == 0) {
        c->is_suspended = true;
        MHD_suspend_connection(c->connection);
    }
    return (ssize_t)n;
}

void http_answer_stream(struct http_call *c, const struct http_stream *s)
{
    static const char *const headers[] = { "Cache-Control", "no-store", "X-Content-Type-Options", "nosniff", NULL };
    c->stream = *s;
    respond(
        c, MHD_HTTP_OK, MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, on_read, c, NULL), s->type, headers);
}

void http_wake(struct http_call *c)
{
    resume(c);
}

/* ---- life ---- */

int http_check_address(const char *address, struct err *e)
{
    union place place;
    return place_parse(address, &place, e);
}

static void find_address(struct http *h)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_LISTEN_FD);
    union place place = { 0 };
    socklen_t len = sizeof place;
    struct str address = { 0 };
    if (info && getsockname(info->listen_fd, &place.any, &len) == 0)
        place_print(&place, &address);
    h->address = str_take(&address);
}

struct http *http_open(uv_loop_t *loop, const struct http_options *options, struct err *e)
{
    union place place;
    if (place_parse(options->address, &place, e) < 0)
        return NULL;
    struct http *h = mem_zalloc(1, sizeof *h);
    h->options = *options;
    h->options.request_ms = options->request_ms ? options->request_ms : REQUEST_MS;
    h->options.silence_s = options->silence_s ? options->silence_s : SILENCE_S;
    uv_timer_init(loop, &h->timer);
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (place.any.sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    h->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, h, MHD_OPTION_SOCK_ADDR, &place.any,
        MHD_OPTION_CONNECTION_LIMIT, options->connections, MHD_OPTION_CONNECTION_TIMEOUT, h->options.silence_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES, MHD_OPTION_URI_LOG_CALLBACK, on_target, h,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
        MHD_OPTION_END);
    const union MHD_DaemonInfo *info = h->daemon ? MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    h->poll.data = h->timer.data = h;
    h->n_open = 1;
    if (!info) {
        err_set_errno(e, "listen at %s", options->address);
        http_close(h);
        return NULL;
    }
    find_address(h);
    uv_poll_init(loop, &h->poll, info->epoll_fd);
    h->n_open++;
    uv_poll_start(&h->poll, UV_READABLE, on_readable);
    uv_timer_start(&h->timer, on_timer, LOOK_MS, 0);
    return h;
}

const char *http_address(const struct http *h)
{
    return h->address;
}

static void on_closed(uv_handle_t *handle)
{
    struct http *h = handle->data;
    if (--h->n_open)
        return;
    if (h->daemon)
        MHD_stop_daemon(h->daemon);
    free(h->address);
    free(h);
}

void http_close(struct http *h)
{
    if (!h)
        return;
    h->is_closing = true;
    for (struct http_call *c = h->calls; c; c = c->next) /* none may be suspended when the daemon stops */
        if (c->is_suspended && !c->stream.read && !c->response)
            answer_text(c, 503, "this server ends\n");
        else
            resume(c);
    if (h->daemon)
        MHD_run(h->daemon);
    if (h->n_open > 1)
        uv_close((uv_handle_t *)&h->poll, on_closed);
    uv_close((uv_handle_t *)&h->timer, on_closed);
}
