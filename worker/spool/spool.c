#include "worker/spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/crc32c.h"
#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/io/files.h"
#include "worker/spool/record.h"

#define FILE_NAME "spool"
#define NEW_NAME "spool.new"
#define DAMAGED_NAME "spool.damaged"
#define COMPACT_BYTES (1 << 20) /* a file smaller than this is not worth writing anew while something is in it */

/* A record that is not forgotten. */
struct entry {
    uint64_t number;
    int64_t offset; /* of its header */
    uint32_t len;   /* of its payload */
};

struct spool {
    int dir_fd, fd;
    int64_t end; /* bytes of the file that are good */
    int64_t live_bytes;
    uint64_t last_number;
    struct entry *entries; /* oldest first */
    size_t n, cap;
    bool has_failed; /* an fsync did: nothing is promised any more */
};

static struct entry *find(const struct spool *s, uint64_t number)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->entries[i].number == number)
            return &s->entries[i];
    return NULL;
}

static void add_entry(struct spool *s, int64_t offset, uint32_t len)
{
    s->entries = mem_grow(s->entries, s->n, &s->cap, sizeof *s->entries);
    s->entries[s->n++] = (struct entry){ .number = ++s->last_number, .offset = offset, .len = len };
    s->live_bytes += RECORD_HEADER + len;
}

static void drop_entry(struct spool *s, struct entry *entry)
{
    size_t i = (size_t)(entry - s->entries);
    s->live_bytes -= RECORD_HEADER + entry->len;
    memmove(entry, entry + 1, (s->n - i - 1) * sizeof *entry);
    s->n--;
}

/* ---- reading ---- */

uint64_t spool_next(const struct spool *s, uint64_t number)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->entries[i].number > number)
            return s->entries[i].number;
    return 0;
}

void *spool_read(const struct spool *s, uint64_t number, size_t *len, struct err *e)
{
    const struct entry *entry = find(s, number);
    size_t got;
    struct record r;
    if (!entry) {
        err_set(e, ERR_NOT_FOUND, "record %llu is not in the spool", (unsigned long long)number);
        return NULL;
    }
    size_t size = RECORD_HEADER + entry->len;
    char *bytes = mem_alloc(size);
    if (file_pread(s->fd, bytes, size, entry->offset, &got, e) < 0) {
        free(bytes);
        return NULL;
    }
    if (got < size || !record_read(bytes, size, &r) || r.len != entry->len) {
        free(bytes);
        err_set(e, ERR_CORRUPT, "a record of the spool has changed on the disk");
        return NULL;
    }
    memmove(bytes, r.payload, r.len);
    *len = r.len;
    return bytes;
}

/* ---- writing anew ---- */

/* Writes what is not forgotten to a new file, which takes the old one's place once it is on disk. */
static int rewrite(struct spool *s, struct err *e)
{
    int fd = openat(s->dir_fd, NEW_NAME, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(e, "write the spool anew");
    struct str bytes = { 0 };
    int64_t *offsets = mem_zalloc(s->n, sizeof *offsets);
    int r = 0;
    for (size_t i = 0; i < s->n && r == 0; i++) {
        size_t len = 0;
        void *payload = spool_read(s, s->entries[i].number, &len, e);
        offsets[i] = (int64_t)bytes.len;
        r = payload ? 0 : -1;
        if (payload)
            record_add_outcome(&bytes, payload, len);
        free(payload);
    }
    if (r == 0)
        r = file_write_all(fd, str_text(&bytes), bytes.len, e);
    if (r == 0 &&
        (fdatasync(fd) < 0 || renameat(s->dir_fd, NEW_NAME, s->dir_fd, FILE_NAME) < 0 || fsync(s->dir_fd) < 0))
        r = err_set_errno(e, "write the spool anew");
    if (r == 0) {
        for (size_t i = 0; i < s->n; i++)
            s->entries[i].offset = offsets[i];
        close(s->fd);
        s->fd = fd;
        s->end = (int64_t)bytes.len;
    } else {
        close(fd);
    }
    free(offsets);
    str_deinit(&bytes);
    return r;
}

/* ---- opening ---- */

/* A tombstone names the record that it forgets by where it begins in this file. */
static void bury(struct spool *s, int64_t offset)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->entries[i].offset == offset) {
            drop_entry(s, &s->entries[i]);
            return;
        }
}

/* Copies bytes that no checksum vouches for behind those that were set aside before. */
static int set_aside(const struct spool *s, const char *bytes, size_t len, struct err *e)
{
    int fd = openat(s->dir_fd, DAMAGED_NAME, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(e, "set damaged bytes of the spool aside");
    int r = file_write_all(fd, bytes, len, e);
    close(fd);
    return r;
}

/* Takes the records of a whole file. What is no record is skipped up to the next one that is; when none follows it is
 * a torn tail, which ends the file. */
static int scan(struct spool *s, const char *bytes, size_t len, int *n_damaged, struct err *e)
{
    size_t at = 0;
    while (at < len) {
        struct record r;
        if (record_read(bytes + at, len - at, &r)) {
            if (r.kind == RECORD_OUTCOME)
                add_entry(s, (int64_t)at, r.len);
            else
                bury(s, r.forgotten);
            at += RECORD_HEADER + r.len;
            s->end = (int64_t)at;
            continue;
        }
        size_t next = record_find(bytes, len, at + 1);
        if (next == len && !record_is_refuted(bytes + at, len - at))
            break;
        if (set_aside(s, bytes + at, next - at, e) < 0)
            return -1;
        ++*n_damaged;
        at = next;
    }
    return 0;
}

static int read_all(const struct spool *s, struct str *out, struct err *e)
{
    struct stat st;
    if (fstat(s->fd, &st) < 0)
        return err_set_errno(e, "look at the spool");
    out->text = mem_alloc((size_t)st.st_size + 1);
    out->cap = (size_t)st.st_size + 1;
    return file_pread(s->fd, out->text, (size_t)st.st_size, 0, &out->len, e);
}

static int load(struct spool *s, int *n_damaged, struct err *e)
{
    struct str bytes = { 0 };
    int r = read_all(s, &bytes, e);
    if (r == 0)
        r = scan(s, bytes.text, bytes.len, n_damaged, e);
    if (r == 0 && s->end < (int64_t)bytes.len && ftruncate(s->fd, s->end) < 0)
        r = err_set_errno(e, "cut the torn end of the spool");
    str_deinit(&bytes);
    return r;
}

/* What was read is what is on disk, and what is damaged is in it no more. */
static int settle(struct spool *s, int n_damaged, struct err *e)
{
    if (n_damaged > 0)
        return rewrite(s, e);
    if (spool_sync(s, e) < 0)
        return -1;
    return fsync(s->dir_fd) < 0 ? err_set_errno(e, "write the spool's directory to the disk") : 0;
}

struct spool *spool_open(int dir_fd, int *n_damaged, struct err *e)
{
    struct spool *s = mem_zalloc(1, sizeof *s);
    *n_damaged = 0;
    s->dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
    s->fd = openat(dir_fd, FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->dir_fd < 0 || s->fd < 0)
        err_set_errno(e, "open the spool");
    else if (load(s, n_damaged, e) == 0 && settle(s, *n_damaged, e) == 0)
        return s;
    spool_close(s);
    return NULL;
}

void spool_close(struct spool *s)
{
    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    if (s->dir_fd >= 0)
        close(s->dir_fd);
    free(s->entries);
    free(s);
}

/* ---- writing ---- */

static int append(struct spool *s, const struct str *record, struct err *e)
{
    if (s->end + (int64_t)record->len > SPOOL_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "the spool has more than %lld bytes", (long long)SPOOL_BYTES_MAX);
    if (lseek(s->fd, s->end, SEEK_SET) < 0)
        return err_set_errno(e, "write to the spool");
    if (file_write_all(s->fd, record->text, record->len, e) < 0) {
        if (ftruncate(s->fd, s->end) < 0) /* else a reader takes it for a torn tail */
            return -1;
        return -1;
    }
    s->end += (int64_t)record->len;
    return 0;
}

int spool_append(struct spool *s, const void *payload, size_t len, uint64_t *number, struct err *e)
{
    struct str record = { 0 };
    int64_t offset = s->end;
    if (len == 0 || len > LIMIT_FRAME)
        return err_set(e, ERR_LIMIT, "an outcome of %zu bytes", len);
    record_add_outcome(&record, payload, len);
    int r = append(s, &record, e);
    str_deinit(&record);
    if (r < 0)
        return -1;
    add_entry(s, offset, (uint32_t)len);
    *number = s->last_number;
    return 0;
}

int spool_sync(struct spool *s, struct err *e)
{
    if (s->has_failed) /* the kernel calls clean what it could not write, and would say yes now */
        return err_set(e, ERR_IO, "the spool could not be written to the disk before");
    s->has_failed = fdatasync(s->fd) < 0;
    return s->has_failed ? err_set_errno(e, "write the spool to the disk") : 0;
}

/* ---- forgetting ---- */

/* Nothing is in it: no file has to be kept for a rename. */
static int empty(struct spool *s, struct err *e)
{
    if (ftruncate(s->fd, 0) < 0)
        return err_set_errno(e, "empty the spool");
    s->end = 0;
    return 0;
}

int spool_forget(struct spool *s, uint64_t number, struct err *e)
{
    struct entry *entry = find(s, number);
    struct str record = { 0 };
    if (!entry)
        return 0;
    int64_t offset = entry->offset;
    drop_entry(s, entry);
    if (s->n == 0)
        return empty(s, e);
    if (s->end > COMPACT_BYTES && s->live_bytes < s->end / 2)
        return rewrite(s, e);
    record_add_tombstone(&record, offset);
    int r = append(s, &record, e);
    str_deinit(&record);
    return r;
}

size_t spool_len(const struct spool *s)
{
    return s->n;
}
