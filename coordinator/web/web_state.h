/* web_state.h: the fields of a struct web, for this directory alone. */
#ifndef RUNG_COORDINATOR_WEB_WEB_STATE_H
#define RUNG_COORDINATOR_WEB_WEB_STATE_H

#include "coordinator/web/call.h"
#include "coordinator/web/guard.h"
#include "coordinator/web/http.h"
#include "coordinator/web/reader.h"
#include "coordinator/web/web.h"

struct stream;

struct web {
    struct web_options options;
    uv_loop_t *loop;
    struct secrets secrets;
    struct http *http;
    struct reader reader;
    struct call *calls; /* that are read for */
    struct stream *streams;
    uv_timer_t timer; /* of the streams */
};

const struct hub *web_hub(const struct web *w);
void web_put_status(const struct web *w, const char *campaign, struct str *json); /* rung.status/1; NULL: of all */

#endif
