/* outcomes.h: the spool with meaning: each record is a RESULT or FAIL, known by (trial, rung, lease). */
#ifndef RUNG_WORKER_OUTCOMES_H
#define RUNG_WORKER_OUTCOMES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/proto/message.h"
#include "worker/core/session.h"

struct outcomes;

/* Opens the spool in `dir_fd`; what is damaged, or no outcome, is set aside and counted. Returns owned, or NULL. */
struct outcomes *outcomes_open(int dir_fd, int *n_damaged, struct err *e);
void outcomes_close(struct outcomes *o); /* accepts NULL */

/* Appends a RESULT or FAIL; one of the same key takes the place of the former. Counts after outcomes_sync. */
int outcomes_add(struct outcomes *o, const struct message *m, struct err *e);
int outcomes_sync(struct outcomes *o, struct err *e);

/* The record again, without its checkpoint. */
int outcomes_strip(struct outcomes *o, struct outcome_key key, struct err *e);
int outcomes_forget(struct outcomes *o, struct outcome_key key, struct err *e);

/* Appends the frame to send, as of this session. */
int outcomes_frame(struct outcomes *o, struct outcome_key key, uint64_t session, struct str *frame, struct err *e);

/* What is there: hash is "" without a checkpoint. Stops when `each` returns false. */
void outcomes_each(const struct outcomes *o,
    bool (*each)(void *context, struct outcome_key key, const char *hash, int64_t bytes), void *context);

#endif
