#include "common/io/blobs.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/io/blobs_private.h"
#include "common/io/files.h"

/* ---- opening ---- */

static int open_directory(int at_fd, const char *name)
{
    return openat(at_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int open_both(struct blobs *b, struct err *e)
{
    if (file_make_directory(b->dir, 0700, e) < 0)
        return -1;
    b->dir_fd = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (b->dir_fd < 0)
        return err_set_errno(e, "open %s", b->dir);
    if (mkdirat(b->dir_fd, "partial", 0700) < 0 && errno != EEXIST)
        return err_set_errno(e, "make %s/partial", b->dir);
    b->partial_fd = open_directory(b->dir_fd, "partial");
    return b->partial_fd < 0 ? err_set_errno(e, "open %s/partial", b->dir) : 0;
}

struct blobs *blobs_open(const char *dir, struct err *e)
{
    struct str absolute = { 0 };
    if (file_absolute(dir, &absolute, e) < 0)
        return NULL;
    struct blobs *b = mem_zalloc(1, sizeof *b);
    b->dir = str_take(&absolute);
    b->dir_fd = b->partial_fd = -1;
    pthread_mutex_init(&b->mutex, NULL);
    if (open_both(b, e) == 0)
        return b;
    err_prefix(e, "open the blob store");
    blobs_close(b);
    return NULL;
}

void blobs_close(struct blobs *b)
{
    if (!b)
        return;
    assert(!b->publications);
    if (b->dir_fd >= 0)
        close(b->dir_fd);
    if (b->partial_fd >= 0)
        close(b->partial_fd);
    blobs_forget_lent(b);
    pthread_mutex_destroy(&b->mutex);
    free(b->dir);
    free(b);
}

const char *blobs_dir(const struct blobs *b)
{
    return b->dir;
}

/* ---- what is there ---- */

int blobs_open_shelf(const struct blobs *b, const char *hash)
{
    char shelf[3] = { hash[0], hash[1], '\0' };
    return open_directory(b->dir_fd, shelf);
}

static bool is_being_published(const struct blobs *b, const char *hash)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *)(uintptr_t)&b->mutex; /* const for callers: nothing of theirs changes */
    bool found = false;
    pthread_mutex_lock(mutex);
    for (const struct publication *p = b->publications; p && !found; p = p->next)
        found = !p->is_stored && strcmp(p->hash, hash) == 0;
    pthread_mutex_unlock(mutex);
    return found;
}

int64_t blobs_size(const struct blobs *b, const char *hash)
{
    struct stat st;
    if (!hash_is_hex(hash) || is_being_published(b, hash))
        return -1;
    int shelf = blobs_open_shelf(b, hash);
    int status = shelf < 0 ? -1 : fstatat(shelf, hash, &st, AT_SYMLINK_NOFOLLOW);
    if (shelf >= 0)
        close(shelf);
    return status == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : blobs_lent_size(b, hash);
}

bool blobs_has(const struct blobs *b, const char *hash)
{
    return blobs_size(b, hash) >= 0;
}

void blobs_path(const struct blobs *b, const char *hash, struct str *out)
{
    assert(hash_is_hex(hash));
    str_addf(out, "%s/%.2s/%s", b->dir, hash, hash);
}

/* The descriptor of a blob, or -1 with e. */
static int open_blob(const struct blobs *b, const char *hash, struct err *e)
{
    if (!hash_is_hex(hash))
        return err_set(e, ERR_INVALID, "not a blob's hash: 64 hexadecimal digits are expected");
    int shelf = blobs_open_shelf(b, hash);
    int fd = shelf < 0 ? -1 : openat(shelf, hash, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    err_set_errno(e, "blob %.12s…", hash);
    if (shelf >= 0)
        close(shelf);
    return fd < 0 ? blobs_open_lent(b, hash) : fd;
}

int blobs_read(
    const struct blobs *b, const char *hash, int64_t offset, void *to, size_t cap, size_t *got, struct err *e)
{
    int fd = open_blob(b, hash, e);
    if (fd < 0)
        return -1;
    int status = file_pread(fd, to, cap, offset, got, e);
    close(fd);
    return status < 0 ? err_prefix(e, "blob %.12s…", hash) : 0;
}

int blobs_hash_range(int fd, int64_t from, int64_t to, struct hash *sha, int64_t *end, struct err *e)
{
    char *piece = mem_alloc(BLOB_PIECE);
    int status = 0;
    while (to < 0 || from < to) {
        size_t got = 0, wanted = to >= 0 && to - from < BLOB_PIECE ? (size_t)(to - from) : BLOB_PIECE;
        status = file_pread(fd, piece, wanted, from, &got, e);
        if (status < 0 || got == 0)
            break;
        hash_add(sha, piece, got);
        from += (int64_t)got;
    }
    free(piece);
    *end = from;
    return status;
}

int blobs_verify(const struct blobs *b, const char *hash, struct err *e)
{
    char found[HASH_HEX];
    int64_t end;
    int fd = open_blob(b, hash, e);
    if (fd < 0)
        return -1;
    struct hash *sha = hash_new();
    int status = blobs_hash_range(fd, 0, -1, sha, &end, e);
    hash_finish(sha, found);
    hash_free(sha);
    close(fd);
    if (status == 0 && strcmp(found, hash) != 0)
        status = err_set(e, ERR_CORRUPT, "blob %.12s… has the bytes of %.12s…: it was damaged on disk", hash, found);
    return status;
}

bool blobs_is_sound(struct blobs *b, const char *hash)
{
    struct err e = { 0 };
    if (!blobs_has(b, hash))
        return false;
    if (blobs_verify(b, hash, &e) == 0 || e.code != ERR_CORRUPT)
        return true;
    log_error("%s: it is removed; whoever needs it begins again. Look after this disk", e.text);
    if (blobs_remove(b, hash, &e) < 0)
        log_error("%s", e.text);
    return false;
}

int blobs_remove(struct blobs *b, const char *hash, struct err *e)
{
    if (!hash_is_hex(hash))
        return err_set(e, ERR_INVALID, "not a blob's hash: 64 hexadecimal digits are expected");
    int shelf = blobs_open_shelf(b, hash);
    int status = shelf < 0 ? -1 : unlinkat(shelf, hash, 0);
    if (status < 0 && errno == ENOENT)
        status = 0;
    if (status < 0)
        err_set_errno(e, "remove blob %.12s…", hash);
    if (shelf >= 0)
        close(shelf);
    return status;
}

int blobs_set_aside(struct blobs *b, const char *hash, struct err *e)
{
    if (!hash_is_hex(hash))
        return err_set(e, ERR_INVALID, "not a blob's hash: 64 hexadecimal digits are expected");
    if (mkdirat(b->dir_fd, "damaged", 0700) < 0 && errno != EEXIST)
        return err_set_errno(e, "make %s/damaged", b->dir);
    int shelf = blobs_open_shelf(b, hash), damaged = open_directory(b->dir_fd, "damaged"), status = 0;
    if (shelf < 0 || damaged < 0 || renameat(shelf, hash, damaged, hash) < 0)
        status = err_set_errno(e, "set blob %.12s… aside", hash);
    if (shelf >= 0)
        close(shelf);
    if (damaged >= 0)
        close(damaged);
    return status;
}

/* ---- walking ---- */

typedef bool (*entry_fn)(void *context, int dir_fd, const char *name);

/* Calls `entry` for what is in the directory; takes dir_fd. Returns 1 when `entry` said false. */
static int walk(int dir_fd, entry_fn entry, void *context, struct err *e)
{
    struct dirent *item;
    DIR *dir = dir_fd < 0 ? NULL : fdopendir(dir_fd);
    if (!dir) {
        err_set_errno(e, "read a directory of the blob store");
        if (dir_fd >= 0)
            close(dir_fd);
        return -1;
    }
    bool goes_on = true;
    while (goes_on && (item = readdir(dir)))
        goes_on = item->d_name[0] == '.' || entry(context, dirfd(dir), item->d_name);
    closedir(dir);
    return goes_on ? 0 : 1;
}

struct each {
    struct blobs *b;
    bool (*each)(void *context, const char *hash, int64_t size, int64_t written_ms);
    void *context;
    struct err *e;
    int status;
};

static bool each_blob(void *context, int dir_fd, const char *name)
{
    struct each *a = context;
    struct stat st;
    if (!hash_is_hex(name) || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return true;
    int64_t written_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    return a->each(a->context, name, (int64_t)st.st_size, written_ms);
}

static bool each_shelf(void *context, int dir_fd, const char *name)
{
    struct each *a = context;
    if (strlen(name) != 2)
        return true;
    a->status = walk(open_directory(dir_fd, name), each_blob, a, a->e);
    return a->status == 0;
}

int blobs_each(struct blobs *b, bool (*each)(void *context, const char *hash, int64_t size, int64_t written_ms),
    void *context, struct err *e)
{
    struct each a = { b, each, context, e, 0 };
    if (walk(open_directory(b->dir_fd, "."), each_shelf, &a, e) < 0)
        return -1;
    return a.status < 0 ? -1 : 0;
}

struct sweep {
    const struct blobs *blobs;
    int64_t before_ms;
};

/* Whoever writes holds the lock; whoever opened it and waits for the lock finds that the name is gone, and begins anew.
 */
static bool sweep_one(void *context, int dir_fd, const char *name)
{
    const struct sweep *s = context;
    struct stat st;
    int fd = blobs_open_partial(s->blobs, name, 0);
    if (fd < 0)
        return true;
    if (fstat(fd, &st) == 0 && (int64_t)st.st_mtim.tv_sec * 1000 < s->before_ms && flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(dir_fd, name, 0);
    close(fd);
    return true;
}

int blobs_sweep(struct blobs *b, int64_t before_ms, struct err *e)
{
    struct sweep s = { b, before_ms };
    return walk(open_directory(b->partial_fd, "."), sweep_one, &s, e) < 0 ? -1 : 0;
}
