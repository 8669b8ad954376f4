/* campaign_read.h: the one door through which a campaign file enters: its text, its SQL, and its `enqueue` under both.
 * No I/O but what check_data does.
 */
#ifndef RUNG_COMMON_EXPR_CAMPAIGN_READ_H
#define RUNG_COMMON_EXPR_CAMPAIGN_READ_H

#include "common/domain/problems.h"
#include "common/domain/spec.h"

struct campaign_source {
    const char *text;
    size_t len;
    const char *directory; /* absolute: where the file lies */
    /* Judges trial.data of a built-in program, given as JSON text with absolute file names: 0, or -1 with e. NULL: not
     * judged. */
    int (*check_data)(const char *data, struct err *e);
};

/* Returns 0 and fills `out` (the caller's: campaign_spec_deinit), or -1 with every mistake in `problems`, by line. */
int campaign_read(const struct campaign_source *source, struct campaign_spec *out, struct problems *problems);

#endif
