/* final_report.h: what came of a final campaign: each configuration's figures on the test set, and the winner's
 * weights.
 */
#ifndef RUNG_COORDINATOR_CLI_FINAL_REPORT_H
#define RUNG_COORDINATOR_CLI_FINAL_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/err.h"
#include "coordinator/text/view.h"

struct final_question {
    const char *store, *search, *final; /* the directory, and the names of the two campaigns */
    const char *export;                 /* as in struct final_options */
    bool is_json;
    struct view_look look;
};

/* Exports the winner's weights and prints to `out`. 0, EXIT_STATUS_NO_SUCCESS when no training of the winner succeeded,
 * or -1 with e, also when all but the export went well. */
int final_report(const struct final_question *q, FILE *out, struct err *e);

#endif
