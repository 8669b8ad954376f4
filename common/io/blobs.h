/* blobs.h: a store of blobs (datasets, checkpoints), each under the SHA-256 of its bytes: DIR/ab/<64 hex>.
 *
 * What has its name is complete, verified and on disk; what is on its way lies in DIR/partial. Several processes may
 * use one directory, and write the same blob at once: the last rename wins, and it is the same bytes. Names come from
 * hash_is_hex alone, and files are opened beneath the directory's descriptor and never through a symbolic link.
 * A struct blobs may be used by several threads; one writer by one thread at a time.
 */
#ifndef RUNG_COMMON_IO_BLOBS_H
#define RUNG_COMMON_IO_BLOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/io/hash.h"

#define BLOB_MAX (INT64_C(1) << 40) /* bytes of a blob, as in schemas/messages.def */

struct blobs;

/* Makes `dir` if it is not there (0700). Returns owned (blobs_close), or NULL with e. */
struct blobs *blobs_open(const char *dir, struct err *e);
void blobs_close(struct blobs *b); /* accepts NULL; after its writers are closed */

/* The store's directory, absolute; borrows. */
const char *blobs_dir(const struct blobs *b);

/* ---- what is there ---- */

bool blobs_has(const struct blobs *b, const char *hash);     /* false for what is no hash */
int64_t blobs_size(const struct blobs *b, const char *hash); /* -1 when it is not there */

/* Appends the absolute path of a blob, there or not: for programs that read it. */
void blobs_path(const struct blobs *b, const char *hash, struct str *out);

/* Reads up to `cap` bytes from `offset`; *got is less than `cap` at the end alone. ERR_NOT_FOUND. */
int blobs_read(
    const struct blobs *b, const char *hash, int64_t offset, void *to, size_t cap, size_t *got, struct err *e);

/* Whether the blob is there and its bytes are those of its name: it is read whole. A damaged one is removed, with a
 * line in the log, since it would stand in the way of a good one. */
bool blobs_is_sound(struct blobs *b, const char *hash);

/* Reads all of it: ERR_CORRUPT when the bytes are not those of the hash. Takes a second a gigabyte or so. */
int blobs_verify(const struct blobs *b, const char *hash, struct err *e);

/* Moves a damaged one to DIR/damaged, where nobody takes it for a blob. */
int blobs_set_aside(struct blobs *b, const char *hash, struct err *e);

/* Removes it; what is not there is fine. */
int blobs_remove(struct blobs *b, const char *hash, struct err *e);

/* Calls `each` for every blob, in no order, with its size and when it was written (Unix ms); `each` may remove it.
 * Stops when it returns false. */
int blobs_each(struct blobs *b, bool (*each)(void *context, const char *hash, int64_t size, int64_t written_ms),
    void *context, struct err *e);

/* Removes the partial files that nobody is writing and that nothing was added to since `before_ms` (Unix ms). */
int blobs_sweep(struct blobs *b, int64_t before_ms, struct err *e);

/* ---- files that lie elsewhere ---- */

/* From now on the blob is there, as long as the file at `path` has that size: it is read from its place, and its reader
 * finds out whether it still has the bytes. A blob of the store's own goes first. Copies. */
void blobs_lend(struct blobs *b, const char *hash, const char *path, int64_t size);

/* ---- putting things in; on disk when they return ---- */

/* Stores a copy of the file and gives its hash and size. ERR_LIMIT beyond BLOB_MAX. */
int blobs_put_file(struct blobs *b, const char *path, char hash[HASH_HEX], int64_t *size, struct err *e);

/* As blobs_put_file, but the file itself becomes the blob where it lies on the same file system; it is gone from `path`
 * afterwards. Nobody may write to it any more. */
int blobs_take_file(struct blobs *b, const char *path, char hash[HASH_HEX], int64_t *size, struct err *e);

/* As blobs_take_file, but the file stays where it is too: it must be one that nobody writes to any more. */
int blobs_link_file(struct blobs *b, const char *path, char hash[HASH_HEX], int64_t *size, struct err *e);

int blobs_put_bytes(struct blobs *b, const void *bytes, size_t len, char hash[HASH_HEX], struct err *e);

/* ---- piece by piece, under a hash that somebody promised ---- */

struct blob_writer;

/* Begins a blob, or goes on with the partial file that a former writer left. ERR_INVALID for what is no hash, ERR_LIMIT
 * beyond BLOB_MAX. When another process writes the same one, this writer works on a file of its own, from 0. */
struct blob_writer *blob_writer_open(struct blobs *b, const char *hash, int64_t size, struct err *e);

int64_t blob_writer_at(const struct blob_writer *w); /* bytes that are here: where the next piece begins */

/* Adds a piece. It must begin at blob_writer_at (ERR_STATE) and end within the size (ERR_INVALID). */
int blob_writer_add(struct blob_writer *w, int64_t offset, const void *bytes, size_t len, struct err *e);

/* All bytes are here: compares the hash, syncs, renames, syncs the directory. ERR_CORRUPT when the hash is another: the
 * partial file is then emptied, and the writer is at 0 again. It may take long: run it in uv_queue_work. */
int blob_writer_finish(struct blob_writer *w, struct err *e);

/* Lets go. What is not finished stays for a later writer to go on with. Accepts NULL. */
void blob_writer_close(struct blob_writer *w);

#endif
