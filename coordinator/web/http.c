#include "coordinator/web/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define CONNECTIONS 16
#define REQUEST_BYTES 16384
#define TIMEOUT_S 10
#define LOOK_MS                                                                                                        \
    1000 /* libmicrohttpd forgets to listen again when connections that were too many are gone, until it is run */

struct http {
    struct http_options options;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer;
    int n_open; /* handles that are not closed yet */
};

/* ---- requests ---- */

static enum MHD_Result answer(
    struct MHD_Connection *connection, unsigned status, const char *type, const struct str *body)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(body->len, (void *)(uintptr_t)str_text(body), MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "Cache-Control", "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(r, "Allow", "GET, HEAD");
    enum MHD_Result queued = MHD_queue_response(connection, status, r);
    MHD_destroy_response(r);
    return queued;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **state)
{
    static char seen;
    struct http *h = context;
    struct str body = { 0 };
    bool is_get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    bool is_found = is_get && strcmp(url, h->options.path) == 0;
    if (is_get && *state != &seen) { /* the headers alone: the body of a GET, if any, is refused by its size */
        *state = &seen;
        return MHD_YES;
    }
    if (is_found)
        h->options.put(h->options.context, &body);
    else
        str_addf(&body, is_get ? "only %s is here\n" : "GET %s is all there is\n", h->options.path);
    unsigned status = is_found ? MHD_HTTP_OK : is_get ? MHD_HTTP_NOT_FOUND : MHD_HTTP_METHOD_NOT_ALLOWED;
    enum MHD_Result queued =
        *upload_len ? MHD_NO : answer(connection, status, is_found ? h->options.type : "text/plain", &body);
    str_deinit(&body);
    return queued;
}

/* ---- the loop ---- */

static void on_timer(uv_timer_t *timer);

static void run(struct http *h)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    MHD_run(h->daemon);
    if (MHD_get_timeout(h->daemon, &wait_ms) != MHD_YES || wait_ms > LOOK_MS)
        wait_ms = LOOK_MS;
    uv_timer_start(&h->timer, on_timer, wait_ms, 0);
}

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    run(poll->data);
}

/* ---- the address ---- */

/* "HOST:PORT" of a loop-back address, as a socket address. */
static int parse(const char *address, struct sockaddr_storage *out, struct err *e)
{
    char host[64];
    const char *colon = strrchr(address, ':');
    char *end;
    long port = colon ? strtol(colon + 1, &end, 10) : 0;
    size_t len = colon ? (size_t)(colon - address) : 0;
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof *out);
    if (!colon || len == 0 || len >= sizeof host || end == colon + 1 || *end || port < 1 || port > 65535)
        return err_set(e, ERR_USAGE, "\"%s\": an address like 127.0.0.1:9464 is expected", address);
    memcpy(host, address, len);
    host[len] = '\0';
    bool is_v6 = host[0] == '[' && host[len - 1] == ']';
    if (is_v6)
        host[len - 1] = '\0';
    if (is_v6 ? inet_pton(AF_INET6, host + 1, &v6->sin6_addr) != 1 : inet_pton(AF_INET, host, &v4->sin_addr) != 1)
        return err_set(e, ERR_USAGE, "\"%s\": an address like 127.0.0.1:9464 is expected", address);
    bool is_local = is_v6 ? IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) : ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    if (!is_local)
        return err_set(e, ERR_USAGE,
            "%s: other machines could read it there; listen on 127.0.0.1, and let a proxy or ssh "
            "bring it to them",
            address);
    out->ss_family = is_v6 ? AF_INET6 : AF_INET;
    *(is_v6 ? &v6->sin6_port : &v4->sin_port) = htons((uint16_t)port);
    return 0;
}

int http_check_address(const char *address, struct err *e)
{
    struct sockaddr_storage place;
    return parse(address, &place, e);
}

/* ---- life ---- */

struct http *http_open(uv_loop_t *loop, const struct http_options *options, struct err *e)
{
    struct sockaddr_storage place;
    if (parse(options->address, &place, e) < 0)
        return NULL;
    struct http *h = mem_zalloc(1, sizeof *h);
    h->options = *options;
    unsigned flags = MHD_USE_EPOLL | (place.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    h->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, h, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&place,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES, MHD_OPTION_END);
    const union MHD_DaemonInfo *info = h->daemon ? MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        err_set_errno(e, "listen at %s", options->address);
        if (h->daemon)
            MHD_stop_daemon(h->daemon);
        free(h);
        return NULL;
    }
    uv_poll_init(loop, &h->poll, info->epoll_fd);
    uv_timer_init(loop, &h->timer);
    h->poll.data = h->timer.data = h;
    h->n_open = 2;
    uv_poll_start(&h->poll, UV_READABLE, on_readable);
    uv_timer_start(&h->timer, on_timer, LOOK_MS, 0);
    return h;
}

static void on_closed(uv_handle_t *handle)
{
    struct http *h = handle->data;
    if (--h->n_open)
        return;
    MHD_stop_daemon(h->daemon);
    free(h);
}

void http_close(struct http *h)
{
    if (!h)
        return;
    uv_close((uv_handle_t *)&h->poll, on_closed);
    uv_close((uv_handle_t *)&h->timer, on_closed);
}
