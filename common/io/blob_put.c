#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/kill_point.h"
#include "common/base/mem.h"
#include "common/io/blobs_private.h"
#include "common/io/files.h"
#include "common/io/system.h"

/* ---- temporary files, and their names ---- */

int blobs_make_partial(struct blobs *b, const char *prefix, char name[BLOB_PARTIAL_NAME], struct err *e)
{
    snprintf(name, BLOB_PARTIAL_NAME, "%s.%016" PRIx64, prefix, system_random_id());
    int fd = openat(b->partial_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(e, "make %s/partial/%s", b->dir, name);
    flock(fd, LOCK_EX | LOCK_NB); /* nobody else knows the name; it tells the sweeper that it is in use */
    return fd;
}

int blobs_open_partial(const struct blobs *b, const char *name, int flags)
{
    flags |= O_RDWR | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(b->partial_fd, name, flags, 0600);
    if (fd < 0 && errno == EACCES && fchmodat(b->partial_fd, name, 0600, 0) == 0)
        fd = openat(b->partial_fd, name, flags, 0600);
    return fd;
}

static int open_or_make_shelf(struct blobs *b, const char *hash)
{
    char name[3] = { hash[0], hash[1], '\0' };
    if (mkdirat(b->dir_fd, name, 0700) == 0 && fsync(b->dir_fd) < 0)
        return -1;
    return blobs_open_shelf(b, hash);
}

static int rename_durably(struct blobs *b, int fd, const char *name, const char *hash, struct err *e)
{
    if (fchmod(fd, 0400) < 0 || fsync(fd) < 0)
        return err_set_errno(e, "sync blob %.12s…", hash);
    KILL_POINT("blob.synced");
    int shelf = open_or_make_shelf(b, hash);
    int status = shelf < 0 ? -1 : renameat(b->partial_fd, name, shelf, hash);
    KILL_POINT("blob.named");
    if (status == 0)
        status = fsync(shelf);
    if (status < 0)
        err_set_errno(e, "give blob %.12s… its name", hash);
    if (shelf >= 0)
        close(shelf);
    return status;
}

int blobs_publish(struct blobs *b, int fd, const char *name, const char *hash, struct err *e)
{
    struct publication here = { .hash = hash, .is_stored = blobs_has(b, hash) };
    pthread_mutex_lock(&b->mutex);
    here.next = b->publications;
    b->publications = &here;
    pthread_mutex_unlock(&b->mutex);
    int status = rename_durably(b, fd, name, hash, e);
    pthread_mutex_lock(&b->mutex);
    struct publication **link = &b->publications;
    while (*link != &here)
        link = &(*link)->next;
    *link = here.next;
    for (struct publication *p = b->publications; p; p = p->next)
        p->is_stored |= status == 0 && strcmp(p->hash, hash) == 0;
    pthread_mutex_unlock(&b->mutex);
    return status;
}

/* ---- putting things in ---- */

/* Copies from_fd into fd and hashes it on the way. */
static int copy_and_hash(int from_fd, int fd, struct hash *sha, int64_t *size, struct err *e)
{
    char *piece = mem_alloc(BLOB_PIECE);
    int status = 0;
    size_t got = 1;
    *size = 0;
    while (status == 0 && got > 0) {
        status = file_pread(from_fd, piece, BLOB_PIECE, *size, &got, e);
        if (status == 0 && *size + (int64_t)got > BLOB_MAX)
            status = err_set(e, ERR_LIMIT, "more bytes than a blob may have");
        if (status == 0)
            status = file_write_all(fd, piece, got, e);
        if (status == 0)
            hash_add(sha, piece, got);
        *size += (int64_t)got;
    }
    free(piece);
    return status;
}

static int put_open_file(struct blobs *b, int from_fd, char hash[HASH_HEX], int64_t *size, struct err *e)
{
    char name[BLOB_PARTIAL_NAME], found[HASH_HEX];
    int64_t copied;
    int fd = blobs_make_partial(b, "put", name, e);
    if (fd < 0)
        return -1;
    struct hash *sha = hash_new();
    int status = copy_and_hash(from_fd, fd, sha, &copied, e);
    hash_finish(sha, found);
    if (status == 0)
        status = blobs_publish(b, fd, name, found, e);
    if (status < 0)
        unlinkat(b->partial_fd, name, 0);
    hash_free(sha);
    close(fd);
    if (status == 0) {
        memcpy(hash, found, HASH_HEX);
        *size = copied;
    }
    return status;
}

static int open_source(const char *path, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set_errno(e, "open %s", path);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    close(fd);
    return err_set(e, ERR_INVALID, "%s is not a plain file", path);
}

int blobs_put_file(struct blobs *b, const char *path, char hash[HASH_HEX], int64_t *size, struct err *e)
{
    int fd = open_source(path, e);
    if (fd < 0)
        return -1;
    int status = put_open_file(b, fd, hash, size, e);
    close(fd);
    return status < 0 ? err_prefix(e, "store %s", path) : 0;
}

/* Gives the open file a second name in DIR/partial, so that what was hashed is what is stored, whatever `path` names by
 * now. False where that cannot be: another file system, or another owner. */
static bool link_open_file(struct blobs *b, int fd, char name[BLOB_PARTIAL_NAME])
{
    char link[32];
    flock(fd, LOCK_EX | LOCK_NB); /* tells the sweeper that it is in use */
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    snprintf(name, BLOB_PARTIAL_NAME, "take.%016" PRIx64, system_random_id());
    return linkat(AT_FDCWD, link, b->partial_fd, name, AT_SYMLINK_FOLLOW) == 0;
}

static int take_open_file(struct blobs *b, int fd, char hash[HASH_HEX], int64_t *size, struct err *e)
{
    char name[BLOB_PARTIAL_NAME], found[HASH_HEX];
    int64_t end;
    if (!link_open_file(b, fd, name))
        return put_open_file(b, fd, hash, size, e);
    struct hash *sha = hash_new();
    int status = blobs_hash_range(fd, 0, -1, sha, &end, e);
    hash_finish(sha, found);
    hash_free(sha);
    if (status == 0 && end > BLOB_MAX)
        status = err_set(e, ERR_LIMIT, "more bytes than a blob may have");
    if (status == 0)
        status = blobs_publish(b, fd, name, found, e);
    if (status < 0) {
        unlinkat(b->partial_fd, name, 0);
        return -1;
    }
    memcpy(hash, found, HASH_HEX);
    *size = end;
    return 0;
}

int blobs_link_file(struct blobs *b, const char *path, char hash[HASH_HEX], int64_t *size, struct err *e)
{
    int fd = open_source(path, e);
    if (fd < 0)
        return -1;
    int status = take_open_file(b, fd, hash, size, e);
    close(fd);
    return status < 0 ? err_prefix(e, "store %s", path) : 0;
}

int blobs_take_file(struct blobs *b, const char *path, char hash[HASH_HEX], int64_t *size, struct err *e)
{
    if (blobs_link_file(b, path, hash, size, e) < 0)
        return -1;
    unlink(path);
    return 0;
}

int blobs_put_bytes(struct blobs *b, const void *bytes, size_t len, char hash[HASH_HEX], struct err *e)
{
    char name[BLOB_PARTIAL_NAME], found[HASH_HEX];
    hash_bytes(bytes, len, found);
    int fd = blobs_make_partial(b, "put", name, e);
    if (fd < 0)
        return -1;
    int status = file_write_all(fd, bytes, len, e);
    if (status == 0)
        status = blobs_publish(b, fd, name, found, e);
    if (status < 0)
        unlinkat(b->partial_fd, name, 0);
    close(fd);
    if (status == 0)
        memcpy(hash, found, HASH_HEX);
    return status;
}
