/* http.h: an HTTP server on a loop that others use too: no thread, no blocking. Who asks, what for and whether they may
 * is for the one who opened it; here are limits, and answers that may come later.
 *
 * A connection may send 16 KiB of headers, and must have sent a whole request within request_ms; a body may have
 * max_body bytes. One that is silent for silence_s is closed, unless it is being answered.
 */
#ifndef RUNG_COORDINATOR_WEB_HTTP_H
#define RUNG_COORDINATOR_WEB_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/base/err.h"
#include "common/base/str.h"

struct http;
struct http_call; /* a request, until it is answered */

struct http_options {
    const char *address;  /* "127.0.0.1:9464" or "[::1]:9464": of this machine alone; port 0: any */
    unsigned connections; /* at once; more wait in the system's queue */
    size_t max_body;      /* bytes; 413 beyond */
    unsigned request_ms;  /* in which a whole request must have come, looked at each second; 0: 20 s */
    unsigned silence_s;   /* after which a connection is closed that is not being answered; 0: 30 */
    /* A whole request is there: answer it now or later, exactly once. */
    void (*take)(void *context, struct http_call *call);
    void *context;
};

/* Copies the address. Returns owned, or NULL with e: ERR_USAGE for an address that others could reach, or that is none;
 * ERR_IO when it is taken. */
struct http *http_open(uv_loop_t *loop, const struct http_options *options, struct err *e);

/* Calls that wait for an answer get 503. Accepts NULL. The loop must run once more, which frees it. */
void http_close(struct http *h);

const char *http_address(const struct http *h); /* with the port that was found; borrows */

/* Whether http_open would take the address. */
int http_check_address(const char *address, struct err *e);

/* ---- what is asked; all borrow until the answer ---- */

const char *http_method(const struct http_call *c);
const char *http_target(const struct http_call *c);                   /* as it came: path and query, not decoded */
const char *http_header(const struct http_call *c, const char *name); /* NULL: not there */
const struct str *http_body(const struct http_call *c);

/* ---- the answer ---- */

struct http_answer {
    unsigned status;
    const char *type;  /* of the content */
    struct str body;   /* takes it; or: */
    const void *fixed; /* bytes that outlive the server */
    size_t fixed_len;
    const char *headers[16]; /* name, value, ...: copied; NULL ends them */
};
void http_answer(struct http_call *c, struct http_answer *a);

/* An answer of file's bytes: takes the descriptor. */
void http_answer_file(struct http_call *c, int fd, uint64_t len, const char *const *headers);

/* An answer without end: `read` puts up to `cap` bytes and returns how many; 0: none now, until http_wake; -1: end.
 * `end` is called once, when nobody listens any more. */
struct http_stream {
    const char *type;
    int64_t (*read)(void *context, char *to, size_t cap);
    void (*end)(void *context);
    void *context;
};
void http_answer_stream(struct http_call *c, const struct http_stream *s);
void http_wake(struct http_call *c); /* of a stream: there is something to read. Not from within read */

#endif
