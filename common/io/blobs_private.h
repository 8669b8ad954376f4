/* blobs_private.h: what blobs.c, blob_put.c and blob_writer.c share: temporary files in DIR/partial, and giving them
 * their name.
 */
#ifndef RUNG_COMMON_IO_BLOBS_PRIVATE_H
#define RUNG_COMMON_IO_BLOBS_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>

#include "common/io/blobs.h"

enum { BLOB_PARTIAL_NAME = 96, BLOB_PIECE = 1 << 20 };

/* A blob whose name is on its way to the disk. */
struct publication {
    const char *hash;
    bool is_stored; /* the same blob was on disk before, or is by now: it is there all the time */
    struct publication *next;
};

/* A file elsewhere that stands for a blob. */
struct lent {
    char hash[HASH_HEX];
    char *path;
    int64_t size;
    struct lent *next;
};

struct blobs {
    char *dir; /* absolute */
    int dir_fd, partial_fd;
    pthread_mutex_t mutex; /* guards what follows */
    struct publication *publications;
    struct lent *lent; /* guarded by the mutex too */
};

/* Opens DIR/ab. Returns the descriptor, or -1 with errno. */
int blobs_open_shelf(const struct blobs *b, const char *hash);

/* The partial file of this name, to be read and written; flags: O_CREAT or 0. -1 with errno. A process that was killed
 * just before it gave a blob its name has taken the right to write away already: it is given back. */
int blobs_open_partial(const struct blobs *b, const char *name, int flags);

/* Opens and locks a new file of its own in DIR/partial; `name` begins with `prefix`. Returns the descriptor, or -1. */
int blobs_make_partial(struct blobs *b, const char *prefix, char name[BLOB_PARTIAL_NAME], struct err *e);

/* The file that stands for the blob, as long as it has its size: a descriptor, or -1; and its size, or -1. */
int blobs_open_lent(const struct blobs *b, const char *hash);
int64_t blobs_lent_size(const struct blobs *b, const char *hash);
void blobs_forget_lent(struct blobs *b);

/* Syncs fd, the file `name` in DIR/partial, renames it to its blob and syncs the directories. Until all that is done
 * blobs_has says no. */
int blobs_publish(struct blobs *b, int fd, const char *name, const char *hash, struct err *e);

/* Adds the bytes of fd from `from` to `to` (or to its end, when `to` is -1) to the hash; *end is where it came to. */
int blobs_hash_range(int fd, int64_t from, int64_t to, struct hash *sha, int64_t *end, struct err *e);

#endif
