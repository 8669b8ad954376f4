/* http.h: one text over HTTP, on a loop that others use too: no thread, no blocking.
 *
 * Answers GET and HEAD of one path; 404 and 405 else. At most 16 connections, 16 KiB a request, 10 seconds each.
 */
#ifndef RUNG_COORDINATOR_WEB_HTTP_H
#define RUNG_COORDINATOR_WEB_HTTP_H

#include <uv.h>

#include "common/base/err.h"
#include "common/base/str.h"

struct http;

struct http_options {
    const char *address; /* "127.0.0.1:9464" or "[::1]:9464": of this machine alone */
    const char *path;    /* "/metrics" */
    const char *type;    /* of the content */
    void (*put)(void *context, struct str *body);
    void *context;
};

/* Borrows the options' texts until http_close. Returns owned, or NULL with e: ERR_USAGE for an address that others
 * could reach, or that is none; ERR_IO when it is taken. */
struct http *http_open(uv_loop_t *loop, const struct http_options *options, struct err *e);
void http_close(struct http *h); /* accepts NULL; the loop must run once more, which frees it */

/* Whether http_open would take the address. */
int http_check_address(const char *address, struct err *e);

#endif
