#include "coordinator/store/home.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/base/str.h"

/* Those that linux/magic.h lacks. */
#define MAGIC_LUSTRE 0x0bd00bd0
#define MAGIC_GPFS 0x47504653
#define MAGIC_BEEGFS 0x19830326
#define MAGIC_CIFS 0xff534d42

/* clang-format off */
static const struct { unsigned magic; const char *name; } shared[] = {
    { NFS_SUPER_MAGIC,  "NFS" },
    { SMB_SUPER_MAGIC,  "SMB" },
    { SMB2_SUPER_MAGIC, "SMB" },
    { MAGIC_CIFS,       "CIFS" },
    { CEPH_SUPER_MAGIC, "Ceph" },
    { AFS_SUPER_MAGIC,  "AFS" },
    { AFS_FS_MAGIC,     "AFS" },
    { CODA_SUPER_MAGIC, "Coda" },
    { V9FS_MAGIC,       "9P" },
    { FUSE_SUPER_MAGIC, "FUSE" },
    { OCFS2_SUPER_MAGIC, "OCFS2" },
    { MAGIC_LUSTRE,     "Lustre" },
    { MAGIC_GPFS,       "GPFS" },
    { MAGIC_BEEGFS,     "BeeGFS" },
};
/* clang-format on */

int home_make(const char *dir, struct err *e)
{
    if (mkdir(dir, 0700) == 0)
        return 0;
    if (errno != EEXIST)
        return err_set_errno(e, "make directory %s", dir);
    struct stat st;
    if (stat(dir, &st) < 0)
        return err_set_errno(e, "open %s", dir);
    return S_ISDIR(st.st_mode) ? 0 : err_set(e, ERR_INVALID, "%s is not a directory", dir);
}

int home_check_local(const char *dir, struct err *e)
{
    struct statfs fs;
    if (statfs(dir, &fs) < 0)
        return err_set_errno(e, "look at %s", dir);
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if ((unsigned)fs.f_type == shared[i].magic)
            return err_set(e, ERR_STATE,
                "%s is on a %s file system, where a database that is being written can be damaged: choose a directory "
                "on a disk of this machine",
                dir, shared[i].name);
    return 0;
}

/* Who has the lock, as he wrote it; 0 when he did not (yet). */
static long read_holder(int fd)
{
    char text[32] = "";
    return pread(fd, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

static int refuse_busy(const char *dir, int fd, struct err *e)
{
    long pid = read_holder(fd);
    return pid > 0 ? err_set(e, ERR_BUSY, "%s is in use by rungd, process %ld", dir, pid)
                   : err_set(e, ERR_BUSY, "%s is in use by another rungd", dir);
}

static int write_holder(int fd)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) == len ? 0 : -1;
}

int home_lock(const char *dir, struct err *e)
{
    struct str path = { 0 };
    str_addf(&path, "%s/rungd.lock", dir);
    int fd = open(str_text(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), failed = 0;
    if (fd < 0)
        failed = err_set_errno(e, "open %s", str_text(&path));
    else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        failed = errno == EWOULDBLOCK ? refuse_busy(dir, fd, e) : err_set_errno(e, "lock %s", str_text(&path));
    else if (write_holder(fd) < 0 && errno != ENOSPC) /* a full disk costs the number, not the lock */
        failed = err_set_errno(e, "write %s", str_text(&path));
    str_deinit(&path);
    if (failed && fd >= 0)
        close(fd);
    return failed ? -1 : fd;
}

void home_measure(const char *dir, int64_t *free_bytes, int64_t *total_bytes)
{
    struct statvfs fs;
    *free_bytes = *total_bytes = -1;
    if (statvfs(dir, &fs) < 0)
        return;
    *free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
    *total_bytes = (int64_t)fs.f_blocks * (int64_t)fs.f_frsize;
}

bool home_take_reserve(const char *dir, int64_t bytes)
{
    struct str path = { 0 };
    str_addf(&path, "%s/reserve", dir);
    int fd = open(str_text(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool is_taken = fd >= 0 && posix_fallocate(fd, 0, bytes) == 0;
    if (fd >= 0)
        close(fd);
    if (!is_taken)
        unlink(str_text(&path)); /* a part of it helps nobody */
    str_deinit(&path);
    return is_taken;
}

void home_give_reserve(const char *dir)
{
    struct str path = { 0 };
    str_addf(&path, "%s/reserve", dir);
    unlink(str_text(&path));
    str_deinit(&path);
}
