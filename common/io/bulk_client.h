/* bulk_client.h: the worker's half of moving blobs: puts blobs of its local store into the coordinator's, and gets them
 * from there. Any number of jobs may be asked for; a few move at once, each with a small window of pieces on the way.
 *
 * A job goes on until it is done, refused, or cancelled: silence is answered by asking again, after 2 s at first and up
 * to 30 s later, from where the other side says it is. So a coordinator may be restarted in the middle.
 */
#ifndef RUNG_COMMON_IO_BULK_CLIENT_H
#define RUNG_COMMON_IO_BULK_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/io/blobs.h"
#include "common/proto/message.h"

struct bulk_client;

struct bulk_client_options {
    /* Sends a message to the coordinator; false when it cannot go now (it is tried again). Borrows `m` for the call. */
    bool (*send)(void *context, const struct message *m);
    void *context;
    int patience_ms; /* silence after which it asks again, and up to 15 times as long later; 0: 2000 */
};

/* A job's end; `failure` is NULL when all is well. Else its code: ERR_NOT_FOUND (the coordinator does not have it, or
 * we do not), ERR_CORRUPT (what came was not it, twice), ERR_LIMIT, ERR_IO. Called once a job, never from inside
 * bulk_client_put or bulk_client_get. */
typedef void (*bulk_done_fn)(void *context, const char *hash, const struct err *failure);

/* Borrows `blobs`, the local store, until bulk_client_close has ended. */
struct bulk_client *bulk_client_open(uv_loop_t *loop, struct blobs *blobs, const struct bulk_client_options *options);

/* No callback runs afterwards; jobs are forgotten, partial files stay. Run the loop until it has nothing to do before
 * closing it and the blobs. Accepts NULL. */
void bulk_client_close(struct bulk_client *c);

/* Put: the blob lies in the local store; done when the coordinator has it on disk. Get: done when it is in the local
 * store, verified and on disk; at once when it is there already. Asking twice for the same calls each `done`. Returns
 * the job's number, for bulk_client_cancel. Asserts hash_is_hex. */
uint64_t bulk_client_put(struct bulk_client *c, const char *hash, bulk_done_fn done, void *context);
uint64_t bulk_client_get(struct bulk_client *c, const char *hash, bulk_done_fn done, void *context);

/* Its `done` is not called any more. A number that is over is fine. */
void bulk_client_cancel(struct bulk_client *c, uint64_t job);

/* A new connection is there: what was said on the one before may be lost, so all jobs ask again now. */
void bulk_client_hurry(struct bulk_client *c);

/* Takes what came on the bulk socket: BLOB_AT and BLOB_DATA; others are ignored. */
void bulk_client_take(struct bulk_client *c, const struct message *m);

#endif
