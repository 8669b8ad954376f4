/* routes.h: every method and path that there is, who may use it, and with which parameters. */
#ifndef RUNG_COORDINATOR_WEB_ROUTES_H
#define RUNG_COORDINATOR_WEB_ROUTES_H

#include "coordinator/web/call.h"

struct route {
    const char *method;   /* GET (and so HEAD) or POST */
    const char *pattern;  /* as of target_matches */
    const char *params;   /* that it takes: "a,b" */
    enum guard_role role; /* who may */

    /* One of the two. Answers at once, on the loop: -1 with e is answered for it. */
    int (*answer)(struct call *c, struct err *e);
    /* Or prints what is asked for, in a thread; `c->http` and `c->web` are not its own. As the commands of
     * coordinator/ask/asking.h. */
    int (*read)(struct call *c, FILE *out, struct err *e);
    const char *type; /* of what `read` prints; NULL: JSON */
};

/* The route of the path and method; else NULL, and `methods` are those of the path, NULL for none. */
const struct route *routes_find(const struct target *t, const char *method, const char **methods);

/* All: a test compares them with schemas/api.openapi.json. */
extern const struct route routes_all[];
extern const int routes_n;

#endif
