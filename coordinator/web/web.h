/* web.h: the page of a coordinator, and the answers that it is made of (schemas/api.openapi.json): who may ask what,
 * over HTTP, on the coordinator's own loop. What takes long is read outside of it (reader.h).
 */
#ifndef RUNG_COORDINATOR_WEB_WEB_H
#define RUNG_COORDINATOR_WEB_WEB_H

#include <uv.h>

#include "common/io/blobs.h"
#include "coordinator/core/hub.h"

struct web;

struct web_options {
    const char *store;                       /* directory; borrowed */
    const char *address;                     /* NULL: where it was served last, or any free port of 127.0.0.1 */
    const struct blobs *blobs;               /* borrowed */
    const struct hub *(*hub)(void *context); /* borrows until the next turn of the loop */
    void (*describe_trouble)(void *context, struct str *out);
    /* Takes a frame as if it came from a client, and appends the frame that answers it, once it is true on disk. */
    void (*exchange)(void *context, const void *frame, size_t len, struct str *answer);
    void *context;
};

/* Makes the tokens where they are missing (tokens.h). Returns owned, or NULL with e. */
struct web *web_open(uv_loop_t *loop, const struct web_options *options, struct err *e);
void web_close(struct web *w); /* accepts NULL; the loop must run until nothing is left in it */
void web_free(struct web *w);  /* behind that; accepts NULL */

const char *web_address(const struct web *w);

#endif
