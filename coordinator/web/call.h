/* call.h: a request to the page's server on its way from its route to its answer. */
#ifndef RUNG_COORDINATOR_WEB_CALL_H
#define RUNG_COORDINATOR_WEB_CALL_H

#include "coordinator/ask/asking.h"
#include "coordinator/web/guard.h"
#include "coordinator/web/http.h"
#include "coordinator/web/reader.h"
#include "coordinator/web/target.h"
#include "coordinator/web/web.h"

#define CALL_STEPS INT64_C(2000000000) /* of SQLite's machine, that one question may take: some ten seconds */

struct route;

struct call {
    struct reader_job job;
    struct web *web;
    struct http_call *http; /* NULL once the server is closed */
    const struct route *route;
    const char *store;
    const struct blobs *blobs;
    struct target target;
    enum guard_role role;

    /* What `read` found: a text, or a file with a name for it. */
    char *text;
    size_t len;
    int fd; /* -1: none */
    uint64_t fd_bytes;
    char name[2 * LIMIT_NAME + 32];
    int status;
    struct err err;
    struct call *next; /* of those that are read for */
};

/* The third and the fifth part of "/api/v1/campaigns/NAME/trials/NUMBER". */
const char *call_campaign(const struct call *c);
const char *call_trial(const struct call *c);

/* The campaign, `where`, `sort`, `columns` and `limit` of the request. -1 for a parameter that cannot be. */
int call_asking(const struct call *c, struct asking *out, struct err *e);

/* Answers, now. The first takes `json`; the second says the error as rung.error/1. */
void call_answer_json(struct call *c, struct str *json);
void call_refuse(struct http_call *http, unsigned status, const char *allow, const struct err *e); /* allow: of 405 */
unsigned call_status_of(enum err_code code);

#endif
