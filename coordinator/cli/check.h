/* check.h: `rung check`: says everything that is wrong with a campaign file, and what one that is right would search.
 */
#ifndef RUNG_COORDINATOR_CLI_CHECK_H
#define RUNG_COORDINATOR_CLI_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/err.h"
#include "common/proto/json.h"

struct check_options {
    const char *path; /* of the campaign file; "-" is standard input */
    bool is_json;     /* one object, schema "rung.check/1", instead of text */
    int (*check_data)(json_value data, const char *pointer, struct err *e); /* as in struct campaign_source */
};

/* Prints to `out`. Returns the exit status: 0 when the file is right (there may be warnings), 2 on mistakes; -1 with e
 * when the file cannot be read at all. */
int cli_check(const struct check_options *options, FILE *out, struct err *e);

#endif
