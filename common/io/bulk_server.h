/* bulk_server.h: the coordinator's half of moving blobs: takes BLOB_PUT and BLOB_GET, answers with BLOB_AT and
 * BLOB_DATA.
 *
 * Every piece is answered with where to go on from, so that losing, repeating or crossing messages does no harm, and
 * two workers that put the same blob help each other. The last piece is answered once the blob is verified and on disk,
 * which happens in libuv's thread pool: the loop is never blocked by an fsync. A blob whose beginning is asked for
 * again is looked at there too: whoever asked may have got bytes that are not those of the hash. Who may send is the
 * caller's to check.
 */
#ifndef RUNG_COMMON_IO_BULK_SERVER_H
#define RUNG_COMMON_IO_BULK_SERVER_H

#include <stdint.h>
#include <uv.h>

#include "common/io/blobs.h"
#include "common/proto/message.h"

struct bulk_server;

struct bulk_server_options {
    int64_t max_blob_bytes; /* larger ones are refused; 0: BLOB_MAX */
    int64_t min_free_bytes; /* refuses pieces while the disk has less left than this; 0: takes all */

    /* Sends an answer; borrows `m` for the call. An answer that cannot go is lost, and the worker asks again. */
    void (*reply)(void *context, uint64_t peer, const struct message *m);

    /* A blob is complete and on disk now; may be NULL. */
    void (*on_stored)(void *context, const char *hash, int64_t size);

    /* A blob that was asked for is not here, or is damaged, and was set aside; may be NULL. */
    void (*on_lost)(void *context, const char *hash);
    void *context;
};

/* Borrows `blobs` until bulk_server_close has ended. */
struct bulk_server *bulk_server_open(uv_loop_t *loop, struct blobs *blobs, const struct bulk_server_options *options);

/* No callback runs afterwards. Work in the thread pool is waited for by the loop: run it until it has nothing to do
 * before closing it and the blobs. Accepts NULL. */
void bulk_server_close(struct bulk_server *s);

/* Takes a decoded BLOB_PUT or BLOB_GET; asserts that it is one. `reply` is called now or later, or never when the same
 * piece is being finished for the same peer already. */
void bulk_server_take(struct bulk_server *s, uint64_t peer, const struct message *m);

#endif
