/* campaign_read.h: the one door through which a campaign file enters: its text, its SQL, and its `enqueue` under both.
 * No I/O but what check_data does.
 */
#ifndef RUNG_COMMON_EXPR_CAMPAIGN_READ_H
#define RUNG_COMMON_EXPR_CAMPAIGN_READ_H

#include <stddef.h>

#include "common/base/err.h"
#include "common/domain/problems.h"
#include "common/domain/spec.h"
#include "common/proto/json.h"

struct campaign_source {
    const char *text;
    size_t len;
    const char *directory; /* absolute: where the file lies */
    /* Judges trial.data of a built-in program (data_spec_check of the trainer's data library): 0, or -1 with e, whose
     * text may begin with the JSON pointer at fault and ": ". NULL: not judged. */
    int (*check_data)(json_value data, const char *pointer, struct err *e);
};

/* Returns 0 and fills `out` (the caller's: campaign_spec_deinit), or -1 with every mistake in `problems`, by line. */
int campaign_read(const struct campaign_source *source, struct campaign_spec *out, struct problems *problems);

#endif
