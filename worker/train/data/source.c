#include "worker/train/data/source.h"

#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "common/base/limits.h"
#include "common/base/mem.h"

#define CHUNK (128 << 10)
#define XZ_MEMORY (256u << 20) /* bytes that the decoder may take: xz -9 asks for 65 MiB */

enum { NO_FILE = -1 };

struct source {
    int fd;                        /* NO_FILE: the bytes are all in memory from the start */
    const uint8_t *next;           /* unread input */
    size_t n_next;                 /* bytes at `next` */
    bool is_last;                  /* no input comes behind `next` */
    uint64_t n_in, n_out;          /* bytes read from the file, bytes given out */
    const struct packing *packing; /* NULL: plain */
    bool is_between;               /* gzip: at the end of a member, where the file may end */
    bool is_done;                  /* the end was reached and given out */
    z_stream gzip;
    lzma_stream xz;
    uint8_t *chunk; /* (CHUNK) */
};

/* ---- input ---- */

/* Makes sure that unread input is there, unless the file is at its end. */
static int fill(struct source *s, struct err *e)
{
    while (s->n_next == 0 && !s->is_last) {
        ssize_t n = read(s->fd, s->chunk, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(e, "cannot be read");
        s->next = s->chunk;
        s->n_next = (size_t)n;
        s->n_in += (uint64_t)n;
        s->is_last = n == 0;
    }
    return 0;
}

static void consume(struct source *s, size_t n)
{
    s->next += n;
    s->n_next -= n;
}

/* ---- the packed forms: each turns unread input into at most `cap` bytes; 0 only at the end ---- */

static ssize_t read_plain(struct source *s, uint8_t *to, size_t cap, struct err *e)
{
    if (fill(s, e))
        return -1;
    size_t n = s->n_next < cap ? s->n_next : cap;
    memcpy(to, s->next, n);
    consume(s, n);
    return (ssize_t)n;
}

static void open_gzip(struct source *s)
{
    if (inflateInit2(&s->gzip, 15 + 16) != Z_OK) /* 16: a gzip header and trailer, with their checksum */
        abort();
}

static void close_gzip(struct source *s)
{
    inflateEnd(&s->gzip);
}

/* gzip files may be joined, so at the end of one member either the file ends or another member begins. */
static ssize_t read_gzip(struct source *s, uint8_t *to, size_t cap, struct err *e)
{
    s->gzip.next_out = to;
    s->gzip.avail_out = (uInt)cap;
    while (s->gzip.avail_out == cap) {
        if (fill(s, e))
            return -1;
        if (s->n_next == 0)
            return s->is_between ? 0 : err_set(e, ERR_CORRUPT, "the gzip archive ends too early: it was cut off");
        if (s->is_between)
            inflateReset(&s->gzip);
        s->is_between = false;
        s->gzip.next_in = (Bytef *)(uintptr_t)s->next; /* zlib only reads it */
        s->gzip.avail_in = (uInt)(s->n_next < CHUNK ? s->n_next : CHUNK);
        size_t offered = s->gzip.avail_in;
        int status = inflate(&s->gzip, Z_NO_FLUSH);
        consume(s, offered - s->gzip.avail_in);
        if (status == Z_MEM_ERROR)
            abort();
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return err_set(e, ERR_CORRUPT, "the gzip archive is damaged: %s", s->gzip.msg ? s->gzip.msg : "bad data");
        s->is_between = status == Z_STREAM_END;
    }
    return (ssize_t)(cap - s->gzip.avail_out);
}

static void open_xz(struct source *s)
{
    s->xz = (lzma_stream)LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&s->xz, XZ_MEMORY, LZMA_CONCATENATED) != LZMA_OK)
        abort();
}

static void close_xz(struct source *s)
{
    lzma_end(&s->xz);
}

static int fail_xz(lzma_ret status, struct err *e)
{
    if (status == LZMA_MEM_ERROR)
        abort();
    if (status == LZMA_BUF_ERROR)
        return err_set(e, ERR_CORRUPT, "the xz archive ends too early: it was cut off");
    if (status == LZMA_MEMLIMIT_ERROR)
        return err_set(e, ERR_LIMIT, "the xz archive needs more than %u MiB to unpack", XZ_MEMORY >> 20);
    return err_set(e, ERR_CORRUPT, "the xz archive is damaged");
}

static ssize_t read_xz(struct source *s, uint8_t *to, size_t cap, struct err *e)
{
    s->xz.next_out = to;
    s->xz.avail_out = cap;
    while (s->xz.avail_out == cap) {
        if (fill(s, e))
            return -1;
        s->xz.next_in = s->next;
        s->xz.avail_in = s->n_next;
        lzma_ret status = lzma_code(&s->xz, s->n_next == 0 ? LZMA_FINISH : LZMA_RUN);
        consume(s, s->n_next - s->xz.avail_in);
        if (status == LZMA_STREAM_END)
            break;
        if (status != LZMA_OK)
            return fail_xz(status, e);
    }
    return (ssize_t)(cap - s->xz.avail_out);
}

/* ---- which form it is ---- */

struct packing {
    const char *name;
    uint8_t magic[6];
    size_t n_magic;
    void (*open)(struct source *s); /* NULL: known, but not read */
    ssize_t (*read)(struct source *s, uint8_t *to, size_t cap, struct err *e);
    void (*close)(struct source *s);
};

// clang-format off
static const struct packing packings[] = {
    { "gzip",  { 0x1f, 0x8b },                   2, open_gzip, read_gzip, close_gzip },
    { "xz",    { 0xfd, '7', 'z', 'X', 'Z', 0 },  6, open_xz,   read_xz,   close_xz },
    { "zip",   { 'P', 'K', 3, 4 },               4, NULL,      NULL,      NULL },
    { "zstd",  { 0x28, 0xb5, 0x2f, 0xfd },       4, NULL,      NULL,      NULL },
    { "bzip2", { 'B', 'Z', 'h' },                3, NULL,      NULL,      NULL },
};
// clang-format on

static const struct packing *find_packing(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++)
        if (len >= packings[i].n_magic && memcmp(bytes, packings[i].magic, packings[i].n_magic) == 0)
            return &packings[i];
    return NULL;
}

/* Looks at the first bytes. Returns s, or closes it and returns NULL. */
static struct source *begin(struct source *s, struct err *e)
{
    if (fill(s, e)) {
        source_close(s);
        return NULL;
    }
    const struct packing *packing = find_packing(s->next, s->n_next);
    if (packing && !packing->open) {
        err_set(e, ERR_INVALID, "a %s archive is not read: unpack it, or pack it with gzip or xz", packing->name);
        source_close(s);
        return NULL;
    }
    s->packing = packing;
    if (packing)
        packing->open(s);
    return s;
}

/* ---- the public door ---- */

struct source *source_open(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        err_set(e, ERR_NOT_FOUND, "no such file");
        return NULL;
    }
    struct stat status;
    if (fd < 0 || fstat(fd, &status)) {
        err_set_errno(e, "cannot be opened");
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    if (!S_ISREG(status.st_mode)) {
        err_set(e, ERR_INVALID, "not a regular file");
        close(fd);
        return NULL;
    }
    struct source *s = mem_zalloc(1, sizeof *s);
    s->fd = fd;
    s->chunk = mem_alloc(CHUNK);
    return begin(s, e);
}

struct source *source_open_bytes(const void *bytes, size_t len, struct err *e)
{
    struct source *s = mem_zalloc(1, sizeof *s);
    s->fd = NO_FILE;
    s->next = bytes;
    s->n_next = s->n_in = len;
    s->is_last = true;
    return begin(s, e);
}

static int check_size(const struct source *s, struct err *e)
{
    if (s->n_out > LIMIT_DATA_BYTES)
        return err_set(e, ERR_LIMIT, "more than %lld bytes of text", LIMIT_DATA_BYTES);
    if (s->packing && s->n_out > LIMIT_DATA_FREE && s->n_out / LIMIT_DATA_RATIO > s->n_in)
        return err_set(e, ERR_LIMIT, "the %s archive grows to more than %d times its size: no data does",
            s->packing->name, LIMIT_DATA_RATIO);
    return 0;
}

ssize_t source_read(struct source *s, void *to, size_t cap, struct err *e)
{
    if (s->is_done)
        return 0;
    if (cap > CHUNK)
        cap = CHUNK;
    ssize_t n = s->packing ? s->packing->read(s, to, cap, e) : read_plain(s, to, cap, e);
    if (n < 0)
        return -1;
    s->is_done = n == 0;
    s->n_out += (uint64_t)n;
    return check_size(s, e) ? -1 : n;
}

void source_close(struct source *s)
{
    if (!s)
        return;
    if (s->packing)
        s->packing->close(s);
    if (s->fd != NO_FILE)
        close(s->fd);
    free(s->chunk);
    free(s);
}
