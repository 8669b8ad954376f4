#include "worker/train/run/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"

static int read_all(struct str *out, int fd, const char *path, size_t max_bytes, struct err *e)
{
    enum { PIECE = 1 << 20 };
    char *piece = mem_alloc(PIECE);
    ssize_t n;
    int result = 0;
    while (result == 0 && (n = read(fd, piece, PIECE)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            result = err_set_errno(e, "read %s", path);
        else if (out->len + (size_t)n > max_bytes)
            result = err_set(e, ERR_LIMIT, "%s has more than %zu bytes", path, max_bytes);
        else
            str_add_bytes(out, piece, (size_t)n);
    }
    free(piece);
    return result;
}

int file_read(struct str *out, const char *path, size_t max_bytes, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, "open %s", path);
    int result = read_all(out, fd, path, max_bytes, e);
    close(fd);
    return result;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

/* So that the new name survives a power cut. */
static int sync_directory(const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    char *name = slash == path ? mem_strdup("/") : slash ? mem_strndup(path, (size_t)(slash - path)) : mem_strdup(".");
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = fd < 0 || fsync(fd) ? -1 : 0;
    if (result)
        err_set_errno(e, "sync directory %s", name);
    if (fd >= 0)
        close(fd);
    free(name);
    return result;
}

int file_replace(const char *path, const void *bytes, size_t len, struct err *e)
{
    struct str other = { 0 };
    str_addf(&other, "%s.new", path);
    int fd = open(other.text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), result = 0;
    if (fd < 0)
        result = err_set_errno(e, "create %s", other.text);
    else if (write_all(fd, bytes, len) || fsync(fd))
        result = err_set_errno(e, "write %s", other.text);
    if (fd >= 0 && close(fd) && result == 0)
        result = err_set_errno(e, "close %s", other.text);
    if (result == 0 && rename(other.text, path))
        result = err_set_errno(e, "rename %s", other.text);
    if (result == 0)
        result = sync_directory(path, e);
    else if (fd >= 0)
        unlink(other.text);
    str_deinit(&other);
    return result;
}
