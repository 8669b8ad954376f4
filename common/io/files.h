/* files.h: files as a program that may be killed at any instant needs them: written whole or not at all, locked, read
 * with a maximum.
 */
#ifndef RUNG_COMMON_IO_FILES_H
#define RUNG_COMMON_IO_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/err.h"
#include "common/base/str.h"

/* Writes `path` whole or not at all, on disk when it returns: a temporary file beside it, fsync, rename, fsync of the
 * directory. Replaces what was there. `mode` 0: what the umask leaves of 0666. */
int file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct err *e);

/* Appends the whole file to `out`. ERR_NOT_FOUND, ERR_LIMIT beyond `maximum` bytes, ERR_IO. */
int file_read(const char *path, size_t maximum, struct str *out, struct err *e);

/* The same of an open file, from where it stands; what came before a failure stays in `out`. `path` is for messages. */
int file_read_fd(int fd, const char *path, size_t maximum, struct str *out, struct err *e);

/* write(2) and pread(2) until all is done: short counts and EINTR are retried. file_pread sets *got to less than `len`
 * at the end of the file alone. */
int file_write_all(int fd, const void *bytes, size_t len, struct err *e);
int file_pread(int fd, void *to, size_t len, int64_t offset, size_t *got, struct err *e);

/* Makes `path` and the directories above it where they are missing. `mode` is for those it makes. */
int file_make_directory(const char *path, mode_t mode, struct err *e);

/* fsync of the directory that `path` lies in, or of a directory: names are on disk afterwards. */
int file_sync_parent(const char *path, struct err *e);
int file_sync_directory(const char *path, struct err *e);

/* Takes the lock on `path` (made if it is not there) for this process and writes our process id into it. Returns a
 * descriptor that holds it until it is closed or the process dies, or -1: ERR_BUSY names the holder's process. Children
 * do not inherit it. */
int file_lock(const char *path, struct err *e);
void file_unlock(int fd); /* accepts -1; the file stays, as removing it would let two hold it */

/* Removes `name` beneath the directory `dir_fd`, with all that is in it: follows no symbolic link and leaves no file
 * system. What is not there is fine. `name` must be one component. */
int file_remove_tree(int dir_fd, const char *name, struct err *e);

/* Appends `path` made absolute against the working directory; "." and ".." are resolved by text, links are kept, and it
 * need not exist. */
int file_absolute(const char *path, struct str *out, struct err *e);

/* Appends the directory of the running program, to find its sibling programs. */
int file_self_directory(struct str *out, struct err *e);

/* Bytes that this user may still write to the file system of `path`, and its size. */
int file_free_bytes(const char *path, int64_t *free_bytes, int64_t *total_bytes, struct err *e);

#endif
