#include "worker/spool/home.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/io/files.h"

#define ID_BYTES 64 /* of worker.id, at most */

static char *join(const char *directory, const char *name)
{
    struct str path = { 0 };
    str_addf(&path, "%s/%s", directory, name);
    return str_take(&path);
}

/* ---- who I am ---- */

static int write_id(const char *path, uint64_t id, struct err *e)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%" PRIu64 "\n", id);
    return file_write(path, text, (size_t)len, 0600, e);
}

static int read_id(const char *path, uint64_t *out, struct err *e)
{
    struct str text = { 0 };
    int r = file_read(path, ID_BYTES, &text, e);
    if (r == 0) {
        char *end;
        errno = 0;
        uint64_t id = strtoull(str_text(&text), &end, 10);
        if (errno || id == 0 || (*end && *end != '\n'))
            r = err_set(e, ERR_CORRUPT, "%s does not hold a number: remove it, and the worker becomes a new one", path);
        else
            *out = id;
    }
    str_deinit(&text);
    return r;
}

static int take_id(struct home *h, uint64_t fresh_id, struct err *e)
{
    struct err why = { 0 };
    char *path = join(h->path, "worker.id");
    int r = read_id(path, &h->worker, &why);
    if (r < 0 && why.code == ERR_NOT_FOUND) {
        h->worker = fresh_id;
        r = write_id(path, fresh_id, &why);
    }
    free(path);
    return r < 0 ? err_set(e, why.code, "%s", why.text) : 0;
}

/* ---- the directory ---- */

static int lock(struct home *h, struct err *e)
{
    char *path = join(h->path, "lock");
    h->lock_fd = file_lock(path, e);
    free(path);
    return h->lock_fd < 0 ? err_prefix(e, "another rung-worker uses %s, give this one its own with --dir", h->path) : 0;
}

static int open_directory(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? err_set_errno(e, "open the directory %s", path) : fd;
}

static int open_parts(struct home *h, uint64_t fresh_id, struct err *e)
{
    if ((h->fd = open_directory(h->path, e)) < 0 || lock(h, e) < 0 || take_id(h, fresh_id, e) < 0)
        return -1;
    if (file_remove_tree(h->fd, "attempts", e) < 0 || file_make_directory(h->attempts, 0700, e) < 0)
        return -1;
    return (h->attempts_fd = open_directory(h->attempts, e)) < 0 ? -1 : 0;
}

int home_open(struct home *h, const char *path, uint64_t fresh_id, struct err *e)
{
    struct str absolute = { 0 };
    *h = (struct home){ .fd = -1, .attempts_fd = -1, .lock_fd = -1 };
    if (file_absolute(path, &absolute, e) < 0 || file_make_directory(str_text(&absolute), 0700, e) < 0) {
        str_deinit(&absolute);
        return -1;
    }
    h->path = str_take(&absolute);
    h->attempts = join(h->path, "attempts");
    h->blobs = join(h->path, "blobs");
    if (open_parts(h, fresh_id, e) == 0)
        return 0;
    home_close(h);
    return -1;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void home_close(struct home *h)
{
    if (!h->path)
        return;
    close_fd(h->attempts_fd);
    close_fd(h->fd);
    file_unlock(h->lock_fd);
    free(h->path);
    free(h->attempts);
    free(h->blobs);
    *h = (struct home){ .fd = -1, .attempts_fd = -1, .lock_fd = -1 };
}

/* ---- attempts ---- */

static const char *base_name(const char *directory)
{
    const char *slash = strrchr(directory, '/');
    return slash ? slash + 1 : directory;
}

int home_make_attempt(const struct home *h, const char *directory, struct err *e)
{
    const char *name = base_name(directory);
    if (mkdirat(h->attempts_fd, name, 0700) == 0 || errno == EEXIST)
        return 0;
    return err_set_errno(e, "make the directory %s", directory);
}

int home_remove_attempt(const struct home *h, const char *directory, struct err *e)
{
    return file_remove_tree(h->attempts_fd, base_name(directory), e);
}
