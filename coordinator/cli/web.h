/* web.h: `rung web`: opens the page of a store in a browser. */
#ifndef RUNG_COORDINATOR_CLI_WEB_H
#define RUNG_COORDINATOR_CLI_WEB_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/err.h"

struct web_wish {
    const char *store;
    bool is_viewer; /* the token of one who may look, and not steer */
    bool is_quiet;  /* only print the address */
};

/* Prints the page's address with its token, and has the desktop open it. When nobody serves the store, a coordinator is
 * started for it, until Ctrl-C. */
int cli_web(const struct web_wish *wish, FILE *out, struct err *e);

#endif
