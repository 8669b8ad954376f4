/* submission.h: a campaign file as `rung run` and `rung submit` give it to a coordinator.
 */
#ifndef RUNG_COORDINATOR_CLI_SUBMISSION_H
#define RUNG_COORDINATOR_CLI_SUBMISSION_H

#include "common/base/err.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/domain/spec.h"

struct submission {
    char name[LIMIT_NAME + 1]; /* of the campaign */
    struct str canonical;      /* owned: the file in its canonical form */
    int cores;                 /* that a trial uses */
    int64_t memory_bytes;      /* that a trial may take; 0: no limit */
};

/* The submission of a campaign that is right. */
void submission_of(struct submission *out, const struct campaign_spec *spec);

/* Reads the file as `rung check` does; `path` "-" is standard input. Returns 0 and fills `out`; EXIT_STATUS_INVALID
 * when the file has mistakes, which were all printed on standard error; -1 with e when it cannot be read at all. */
int submission_read(struct submission *out, const char *path, struct err *e);
void submission_copy(struct submission *out, const struct submission *from);
void submission_deinit(struct submission *s); /* accepts a zeroed one */

#endif
