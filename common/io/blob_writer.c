#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/io/blobs_private.h"

struct blob_writer {
    struct blobs *blobs;
    char hash[HASH_HEX], name[BLOB_PARTIAL_NAME];
    int fd;
    int64_t size;
    int64_t at;     /* bytes that are here */
    int64_t hashed; /* bytes at the front that `sha` has seen: the rest is read again at the end */
    struct hash *sha;
    bool is_finished;
};

/* Locks fd, and checks that it still is what its name names: 1 yes, 0 another process has it, -1 the name has moved on.
 */
static int lock_partial(struct blob_writer *w, int fd)
{
    struct stat mine, named;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return 0;
    bool is_same = fstat(fd, &mine) == 0 && fstatat(w->blobs->partial_fd, w->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
                   mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
    return is_same ? 1 : -1;
}

/* Opens the partial file of this hash, or, when another process has it, one of our own. */
static int open_partial(struct blob_writer *w, struct err *e)
{
    for (;;) {
        memcpy(w->name, w->hash, HASH_HEX);
        int fd = blobs_open_partial(w->blobs, w->name, O_CREAT);
        if (fd < 0)
            return err_set_errno(e, "make the partial file of blob %.12s…", w->hash);
        int locked = lock_partial(w, fd);
        if (locked > 0)
            return fd;
        close(fd);
        if (locked == 0)
            return blobs_make_partial(w->blobs, w->hash, w->name, e);
    }
}

/* A partial file that is longer than the blob is none of it. */
static int find_end(struct blob_writer *w, struct err *e)
{
    struct stat st;
    if (fstat(w->fd, &st) < 0)
        return err_set_errno(e, "look at the partial file of blob %.12s…", w->hash);
    w->at = (int64_t)st.st_size;
    if (w->at <= w->size)
        return 0;
    w->at = 0;
    return ftruncate(w->fd, 0) < 0 ? err_set_errno(e, "empty the partial file of blob %.12s…", w->hash) : 0;
}

struct blob_writer *blob_writer_open(struct blobs *b, const char *hash, int64_t size, struct err *e)
{
    if (!hash_is_hex(hash)) {
        err_set(e, ERR_INVALID, "not a blob's hash: 64 hexadecimal digits are expected");
        return NULL;
    }
    if (size < 0 || size > BLOB_MAX) {
        err_set(e, ERR_LIMIT, "a blob of %lld bytes: at most %lld are taken", (long long)size, (long long)BLOB_MAX);
        return NULL;
    }
    struct blob_writer *w = mem_zalloc(1, sizeof *w);
    w->blobs = b;
    w->size = size;
    memcpy(w->hash, hash, HASH_HEX);
    w->sha = hash_new();
    w->fd = open_partial(w, e);
    if (w->fd >= 0 && find_end(w, e) == 0)
        return w;
    blob_writer_close(w);
    return NULL;
}

int64_t blob_writer_at(const struct blob_writer *w)
{
    return w->at;
}

static int write_at(struct blob_writer *w, const void *bytes, size_t len, struct err *e)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pwrite(w->fd, (const char *)bytes + done, len - done, (off_t)w->at + (off_t)done);
        if (n < 0 && errno != EINTR)
            return err_set_errno(e, "write blob %.12s…", w->hash);
        if (n > 0)
            done += (size_t)n;
    }
    return 0;
}

int blob_writer_add(struct blob_writer *w, int64_t offset, const void *bytes, size_t len, struct err *e)
{
    if (offset != w->at)
        return err_set(e, ERR_STATE, "a piece at %lld: %lld is expected", (long long)offset, (long long)w->at);
    if ((int64_t)len > w->size - offset)
        return err_set(e, ERR_INVALID, "a piece that ends beyond the blob's %lld bytes", (long long)w->size);
    if (write_at(w, bytes, len, e) < 0)
        return -1;
    if (w->hashed == w->at) {
        hash_add(w->sha, bytes, len);
        w->hashed += (int64_t)len;
    }
    w->at += (int64_t)len;
    return 0;
}

/* Bytes that are not those of the hash are of no use to anybody. */
static int start_again(struct blob_writer *w, const char *found, struct err *e)
{
    w->at = w->hashed = 0;
    if (ftruncate(w->fd, 0) < 0)
        return err_set_errno(e, "empty the partial file of blob %.12s…", w->hash);
    return err_set(e, ERR_CORRUPT, "what came as blob %.12s… is %.12s…", w->hash, found);
}

int blob_writer_finish(struct blob_writer *w, struct err *e)
{
    char found[HASH_HEX];
    assert(!w->is_finished);
    if (w->at != w->size)
        return err_set(e, ERR_STATE, "%lld of %lld bytes are here", (long long)w->at, (long long)w->size);
    if (blobs_hash_range(w->fd, w->hashed, w->size, w->sha, &w->hashed, e) < 0)
        return -1;
    hash_finish(w->sha, found);
    w->hashed = 0; /* the next attempt, should the disk fail us now, reads all of it */
    if (strcmp(found, w->hash) != 0)
        return start_again(w, found, e);
    if (blobs_publish(w->blobs, w->fd, w->name, w->hash, e) < 0) {
        /* After a failed fsync nobody knows which bytes are on the disk, and a second one may say yes to what is lost:
         * all of it is written anew. */
        w->at = w->hashed = 0;
        if (ftruncate(w->fd, 0) < 0)
            unlinkat(w->blobs->partial_fd, w->name, 0);
        return -1;
    }
    w->is_finished = true;
    return 0;
}

void blob_writer_close(struct blob_writer *w)
{
    if (!w)
        return;
    /* A file of our own has a name that nobody would find again. */
    if (w->fd >= 0 && !w->is_finished && strcmp(w->name, w->hash) != 0)
        unlinkat(w->blobs->partial_fd, w->name, 0);
    if (w->fd >= 0)
        close(w->fd);
    hash_free(w->sha);
    free(w);
}
