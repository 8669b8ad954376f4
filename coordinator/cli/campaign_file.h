/* campaign_file.h: a campaign file that a command was given: read, checked, and in the form that the coordinator takes.
 */
#ifndef RUNG_COORDINATOR_CLI_CAMPAIGN_FILE_H
#define RUNG_COORDINATOR_CLI_CAMPAIGN_FILE_H

#include "common/base/err.h"
#include "common/base/limits.h"
#include "common/base/str.h"

struct campaign_file {
    char name[LIMIT_NAME + 1]; /* of the campaign */
    struct str canonical;      /* owned */
};

/* `path` "-" is standard input. Returns 0 and fills `out`; EXIT_STATUS_INVALID when the file has mistakes, which were
 * all printed on standard error as `rung check` does; -1 with e when it cannot be read at all. */
int campaign_file_read(const char *path, struct campaign_file *out, struct err *e);
void campaign_file_deinit(struct campaign_file *f); /* accepts a zeroed one */

#endif
