#include "common/io/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/mem.h"

/* ---- bytes ---- */

int file_write_all(int fd, const void *bytes, size_t len, struct err *e)
{
    const char *p = bytes;
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno != EINTR)
            return err_set_errno(e, "write");
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

int file_pread(int fd, void *to, size_t len, int64_t offset, size_t *got, struct err *e)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(fd, (char *)to + done, len - done, (off_t)offset + (off_t)done);
        if (n < 0 && errno != EINTR)
            return err_set_errno(e, "read");
        if (n == 0)
            break;
        if (n > 0)
            done += (size_t)n;
    }
    *got = done;
    return 0;
}

int file_read_fd(int fd, const char *path, size_t maximum, struct str *out, struct err *e)
{
    char piece[16384];
    size_t before = out->len;
    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(e, "read %s", path);
        if (n == 0)
            return 0;
        if (out->len - before + (size_t)n > maximum)
            return err_set(e, ERR_LIMIT, "%s has more than %zu bytes", path, maximum);
        str_add_bytes(out, piece, (size_t)n);
    }
}

int file_read(const char *path, size_t maximum, struct str *out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, "open %s", path);
    struct str text = { 0 };
    int status = file_read_fd(fd, path, maximum, &text, e);
    if (status == 0)
        str_add_bytes(out, str_text(&text), text.len);
    str_deinit(&text);
    close(fd);
    return status;
}

/* ---- written whole ---- */

static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_strdup(".");
    return slash == path ? mem_strdup("/") : mem_strndup(path, (size_t)(slash - path));
}

int file_sync_directory(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, "open %s", path);
    int status = fsync(fd);
    if (status < 0)
        err_set_errno(e, "sync %s", path);
    close(fd);
    return status;
}

int file_sync_parent(const char *path, struct err *e)
{
    char *parent = parent_of(path);
    int status = file_sync_directory(parent, e);
    free(parent);
    return status;
}

/* What open(2) would give a file that anybody may read and write. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int fill_temporary(int fd, const void *bytes, size_t len, mode_t mode, struct err *e)
{
    if (file_write_all(fd, bytes, len, e) < 0)
        return -1;
    if (fchmod(fd, mode ? mode : usual_mode()) < 0)
        return err_set_errno(e, "change the mode");
    return fsync(fd) < 0 ? err_set_errno(e, "sync") : 0;
}

int file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct err *e)
{
    struct str temporary = { 0 };
    str_addf(&temporary, "%s.XXXXXX", path);
    int fd = mkostemp(temporary.text, O_CLOEXEC);
    int status = fd < 0 ? err_set_errno(e, "make a file beside %s", path) : 0;
    if (fd >= 0) {
        status = fill_temporary(fd, bytes, len, mode, e);
        if (close(fd) < 0 && status == 0)
            status = err_set_errno(e, "close");
        if (status == 0 && rename(temporary.text, path) < 0)
            status = err_set_errno(e, "rename");
        if (status < 0) {
            unlink(temporary.text);
            err_prefix(e, "write %s", path);
        }
    }
    if (status == 0)
        status = file_sync_parent(path, e);
    str_deinit(&temporary);
    return status;
}

/* ---- directories ---- */

static int make_one(const char *path, mode_t mode, struct err *e)
{
    struct stat st;
    if (mkdir(path, mode) == 0)
        return 0;
    if (errno == EEXIST && stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return 0;
        return err_set(e, ERR_EXISTS, "%s is there and is not a directory", path);
    }
    return err_set_errno(e, "make the directory %s", path);
}

int file_make_directory(const char *path, mode_t mode, struct err *e)
{
    char *prefix = mem_strdup(path);
    int status = 0;
    for (char *p = prefix + 1; status == 0 && *prefix && *p; p++)
        if (*p == '/') {
            *p = '\0';
            status = make_one(prefix, mode, e);
            *p = '/';
        }
    if (status == 0)
        status = make_one(prefix, mode, e);
    free(prefix);
    return status;
}

/* Each level keeps a descriptor open, so depth is bounded. */
enum { MAX_DEPTH = 64 };

static int remove_entry(int dir_fd, const char *name, dev_t device, int depth, struct err *e);

static int empty_directory(DIR *dir, dev_t device, int depth, struct err *e)
{
    struct dirent *entry;
    errno = 0;
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            remove_entry(dirfd(dir), entry->d_name, device, depth + 1, e) < 0)
            return -1;
        errno = 0;
    }
    return errno ? err_set_errno(e, "read a directory") : 0;
}

static int remove_directory(int dir_fd, const char *name, dev_t device, int depth, struct err *e)
{
    if (depth > MAX_DEPTH)
        return err_set(e, ERR_LIMIT, "remove %s: more than %d directories deep", name, MAX_DEPTH);
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, "open %s", name);
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return err_set_errno(e, "read %s", name);
    }
    int status = empty_directory(dir, device, depth, e);
    closedir(dir);
    if (status == 0 && unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        status = err_set_errno(e, "remove %s", name);
    return status;
}

static int remove_entry(int dir_fd, const char *name, dev_t device, int depth, struct err *e)
{
    struct stat st;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : err_set_errno(e, "look at %s", name);
    if (st.st_dev != device)
        return err_set(e, ERR_REFUSED, "remove %s: another file system is mounted there", name);
    if (S_ISDIR(st.st_mode))
        return remove_directory(dir_fd, name, device, depth, e);
    if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
        return err_set_errno(e, "remove %s", name);
    return 0;
}

int file_remove_tree(int dir_fd, const char *name, struct err *e)
{
    struct stat st;
    if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return err_set(e, ERR_INVALID, "remove \"%s\": not the name of one entry", name);
    if (fstat(dir_fd, &st) < 0)
        return err_set_errno(e, "look at the directory of %s", name);
    return remove_entry(dir_fd, name, st.st_dev, 0, e);
}

/* ---- locks ---- */

static int say_who_holds(int fd, const char *path, struct err *e)
{
    char holder[32] = { 0 };
    ssize_t n = pread(fd, holder, sizeof holder - 1, 0);
    if (n > 0)
        holder[strcspn(holder, "\n")] = '\0';
    return err_set(e, ERR_BUSY, "%s is locked by process %s", path, n > 0 ? holder : "(unknown)");
}

int file_lock(const char *path, struct err *e)
{
    char text[32];
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(e, "open %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            say_who_holds(fd, path, e);
        else
            err_set_errno(e, "lock %s", path);
        close(fd);
        return -1;
    }
    int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len) {
        err_set_errno(e, "write our process number into %s", path);
        close(fd);
        return -1;
    }
    return fd;
}

void file_unlock(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* ---- names and space ---- */

/* Appends the components of `path` to `out`, which is absolute; ".." takes one away. */
static void add_components(struct str *out, const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        if (len == 2 && strncmp(path, "..", 2) == 0) {
            while (out->len > 0 && out->text[--out->len] != '/')
                ;
            out->text[out->len] = '\0';
        } else if (len > 0 && !(len == 1 && *path == '.')) {
            str_add_char(out, '/');
            str_add_bytes(out, path, len);
        }
        path += len;
        path += *path == '/';
    }
}

int file_absolute(const char *path, struct str *out, struct err *e)
{
    struct str absolute = { 0 };
    str_add(&absolute, "");
    if (*path != '/') {
        char *here = getcwd(NULL, 0);
        if (!here)
            return err_set_errno(e, "find the working directory");
        add_components(&absolute, here);
        free(here);
    }
    add_components(&absolute, path);
    str_add(out, absolute.len ? absolute.text : "/");
    str_deinit(&absolute);
    return 0;
}

int file_self_directory(struct str *out, struct err *e)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len < 0)
        return err_set_errno(e, "find this program by /proc/self/exe");
    path[len] = '\0';
    char *directory = parent_of(path);
    str_add(out, directory);
    free(directory);
    return 0;
}

int file_free_bytes(const char *path, int64_t *free_bytes, int64_t *total_bytes, struct err *e)
{
    struct statvfs st;
    if (statvfs(path, &st) < 0)
        return err_set_errno(e, "look at the file system of %s", path);
    *free_bytes = (int64_t)st.f_bavail * (int64_t)st.f_frsize;
    *total_bytes = (int64_t)st.f_blocks * (int64_t)st.f_frsize;
    return 0;
}
