#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/io/blobs_private.h"

/* For callers to whom the store is const: nothing of theirs changes. */
static void lock(const struct blobs *b)
{
    pthread_mutex_lock((pthread_mutex_t *)(uintptr_t)&b->mutex);
}

static void unlock(const struct blobs *b)
{
    pthread_mutex_unlock((pthread_mutex_t *)(uintptr_t)&b->mutex);
}

static struct lent *find(const struct blobs *b, const char *hash)
{
    struct lent *l = b->lent;
    while (l && strcmp(l->hash, hash) != 0)
        l = l->next;
    return l;
}

void blobs_lend(struct blobs *b, const char *hash, const char *path, int64_t size)
{
    lock(b);
    struct lent *l = find(b, hash);
    if (!l) {
        l = mem_zalloc(1, sizeof *l);
        memcpy(l->hash, hash, HASH_HEX);
        l->next = b->lent;
        b->lent = l;
    }
    free(l->path);
    l->path = mem_strdup(path);
    l->size = size;
    unlock(b);
}

int blobs_open_lent(const struct blobs *b, const char *hash)
{
    struct stat st;
    lock(b);
    const struct lent *l = find(b, hash);
    int fd = l ? open(l->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (int64_t)st.st_size != l->size)) {
        close(fd);
        fd = -1;
    }
    unlock(b);
    return fd;
}

int64_t blobs_lent_size(const struct blobs *b, const char *hash)
{
    struct stat st;
    lock(b);
    const struct lent *l = find(b, hash);
    bool is_there = l && stat(l->path, &st) == 0 && S_ISREG(st.st_mode) && (int64_t)st.st_size == l->size;
    int64_t size = is_there ? l->size : -1;
    unlock(b);
    return size;
}

void blobs_forget_lent(struct blobs *b)
{
    while (b->lent) {
        struct lent *l = b->lent;
        b->lent = l->next;
        free(l->path);
        free(l);
    }
}
