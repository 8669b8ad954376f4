/* import.h: `rung import`: gives a campaign's model what was measured elsewhere. */
#ifndef RUNG_COORDINATOR_CLI_IMPORT_H
#define RUNG_COORDINATOR_CLI_IMPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/err.h"

struct import_request {
    const char *campaign;    /* its name, or a campaign file, which is begun when it is new */
    const char *store;       /* directory */
    const char *from;        /* a storage of Optuna, a table (CSV), or a store of Rung */
    const char *study;       /* of an Optuna storage; NULL: the only one */
    const char *of_campaign; /* of a store; NULL: the one begun last */
    bool is_dry, is_json;
};

/* Through the coordinator that serves the store; where there is none, one is started for as long as it takes. Says what
 * was taken on `out`, and what does not fit, and why, on standard error, or all as rung.import/1. 0; -1 with e:
 * ERR_STATE for a campaign that is over, ERR_INVALID when nothing fits. */
int cli_import(const struct import_request *q, FILE *out, struct err *e);

#endif
