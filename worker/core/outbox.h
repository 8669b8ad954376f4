/* outbox.h: outcomes that are on our disk and not yet known to be on the coordinator's: sent again and again, with
 * growing pauses, until they are acknowledged.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_CORE_OUTBOX_H
#define RUNG_WORKER_CORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/rng.h"
#include "worker/core/session.h"

struct delivery {
    struct outcome_key key;
    char hash[HASH_TEXT]; /* the checkpoint that must be there first; empty: none */
    int64_t bytes;
    bool is_uploading; /* UPLOADED has not come yet */
    bool is_stored;    /* the coordinator has said that it has the checkpoint */
    bool is_sent;      /* at least once in this process */
    bool is_disputed;  /* it was answered with send_blob before */
    int64_t born_ms;
    int64_t due_ms;  /* when to upload or send next */
    int64_t wait_ms; /* the pause after that */
};

/* Zeroed is empty. */
struct outbox {
    struct delivery *list; /* oldest first */
    size_t n, cap;
};

void outbox_deinit(struct outbox *o);
struct delivery *outbox_find(const struct outbox *o, struct outcome_key key); /* or NULL */

/* An outcome is on our disk. One that is there already stays as it was, but for its checkpoint. */
void outbox_add(struct outbox *o, struct outcome_key key, const char *hash, int64_t bytes, int64_t now_ms);
/* Its record could not be written again without the checkpoint: that is tried again later. */
void outbox_keep(struct outbox *o, struct outcome_key key, int64_t now_ms);
void outbox_remove(struct outbox *o, struct outcome_key key);

/* Uploads and sends what is due. To be called only while the coordinator is there. */
void outbox_run(struct outbox *o, struct rng *rng, int64_t now_ms, struct session_effects *effects);

/* The coordinator is there (again): everything is due, from the shortest pause on. */
void outbox_hurry(struct outbox *o, int64_t now_ms);

void outbox_uploaded(struct outbox *o, const struct session_event *event, struct session_effects *effects);

/* The verdict send_blob. */
void outbox_upload_again(struct outbox *o, struct outcome_key key, int64_t now_ms);

/* Outcomes younger than SESSION_AHEAD_MS that were not sent yet. */
int outbox_count_unsent(const struct outbox *o, int64_t now_ms);

#endif
