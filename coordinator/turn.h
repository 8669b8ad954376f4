/* turn.h: one turn of the coordinator: frames -> events -> steps -> one transaction -> frames. Store before we speak.
 *
 * turn_take and turn_event may be called any number of times; turn_end commits what they did, all at once, and only
 * then lets the answers out. When the commit fails, the core is thrown away and rebuilt from the rows, and the frames
 * are taken again one a transaction; one that fails alone is put into DIR/quarantine and answered with ERROR. While the
 * disk is full nothing is taken: workers are told that somebody is there, and people what is wrong; whoever delivers
 * repeats it, and things go on once there is room. An I/O error ends the process, since what a failed fsync left behind
 * cannot be trusted.
 */
#ifndef RUNG_COORDINATOR_TURN_H
#define RUNG_COORDINATOR_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/io/blobs.h"
#include "coordinator/core/hub.h"
#include "coordinator/sender.h"
#include "coordinator/store/store.h"

struct turn;

struct turn_options {
    struct store *store;      /* borrowed */
    struct blobs *blobs;      /* borrowed */
    const char *dir;          /* of the store; borrowed */
    int64_t blob_floor_bytes; /* of the disk, below which no blob is taken: then people are told */
    struct hub_settings settings;
    void (*send)(void *context, uint64_t peer, const void *frame, size_t len); /* may lose it */
    bool (*is_let_in)(void *context, const char *public_key); /* may this key come in now? NULL: none may */
    void *context;
};

/* Rebuilds the hub from the store. Returns owned (turn_close), or NULL with e. */
struct turn *turn_open(const struct turn_options *options, struct err *e);
void turn_close(struct turn *t); /* accepts NULL; what was not committed is as if it never came */

uint64_t turn_seq(const struct turn *t); /* the number of the last event */

/* What is wrong with the disk, for people; appends nothing when nothing is. */
void turn_describe_trouble(const struct turn *t, struct str *out);

/* Borrows until the next call: a commit that fails makes another one. */
const struct hub *turn_hub(const struct turn *t);

/* A frame of somebody who was let in; what its role may not say is answered with ERROR. */
void turn_take(struct turn *t, const struct sender *from, const void *frame, size_t len);
void turn_event(struct turn *t, struct hub_event *e); /* fills in the times */
void turn_end(struct turn *t);

/* About four times a second: a tick for the hub, room on the disk, tidying when nothing happens. */
void turn_tick(struct turn *t);

#endif
