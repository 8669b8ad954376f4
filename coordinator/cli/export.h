/* export.h: `rung export`: a campaign in the forms of other tools. It reads the store, whether a coordinator is there
 * or not, and changes nothing. */
#ifndef RUNG_COORDINATOR_CLI_EXPORT_H
#define RUNG_COORDINATOR_CLI_EXPORT_H

#include "coordinator/ask/asking.h"

struct export_request {
    struct asking about; /* the store and the campaign */
    const char *format;  /* csv, optuna, tensorboard, html */
    const char *output;  /* a file, or a directory for tensorboard */
    bool is_forced;      /* replaces what is there */
};

/* 0; -1 with e: ERR_INTERRUPTED after Ctrl-C, with nothing left behind, ERR_USAGE for a format that is not
 * there, ERR_EXISTS for an output that is. Says on standard error what it wrote. */
int cli_export(const struct export_request *q, struct err *e);

#endif
