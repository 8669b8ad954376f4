/* contract.h: the lines of the trial contract (schemas/trial-contract.md): what a trial says, and what it is told.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_CORE_CONTRACT_H
#define RUNG_WORKER_CORE_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/proto/message.h"

enum saying_kind { SAYS_CONTINUES, SAYS_KERNEL, SAYS_REPORT, SAYS_CHECKPOINT, SAYS_DIVERGED, SAYS_DONE };

/* One line of a trial. */
struct saying {
    enum saying_kind kind;
    int64_t step;    /* report, checkpoint */
    bool has_metric; /* report: the objective's metric is among `text` */
    char *text;      /* owned. Report: the metrics, compact JSON; checkpoint: the file; diverged: the reason;
                        kernel: its name */
};

/* Reads one line. `metric` is the objective's. On failure *out is untouched and e quotes the line: ERR_INVALID. */
int saying_read(const char *line, size_t len, const char *metric, struct saying *out, struct err *e);
void saying_deinit(struct saying *said);

/* What a trial is told to use, and the slots that it takes: at least 1. */
int grant_cores(const struct message_grant *grant);
int grant_slots(const struct message_grant *grant);

/* The lines for the trial, each with its newline. `checkpoint_in` may be NULL. */
void contract_add_first(
    struct str *out, const struct message_grant *grant, const char *checkpoint_in, const char *checkpoint_out);
void contract_add_next(struct str *out, const struct message_grant *grant, const char *checkpoint_out);
extern const char contract_stop[];

#endif
