#include "tests/store/faulty.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/rng.h"

enum { MOST_FILES = 8, MOST_BYTES = 4 << 20, MOST_WRITES = 4096, SECTOR = 512 };

/* A write, or a cut (bytes NULL), that was not synced yet. */
struct pending {
    int64_t at, len;
    unsigned char *bytes;
};

/* One file by its path, whoever has it open. */
struct image {
    char path[512];
    unsigned char *durable;
    int64_t len;
    struct pending pending[MOST_WRITES];
    int n;
};

struct faulty_file {
    sqlite3_file base; /* first: SQLite's view of us */
    struct image *image;
    sqlite3_file *real;
};

static sqlite3_vfs shim, *below;
static sqlite3_io_methods methods;
static struct image images[MOST_FILES];
static int n_images, n_done, n_syncs, plan_at;
static enum fault plan;
static bool has_happened;
static struct rng rng;

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct faulty_file *)f)->real;
}

/* ---- the plan ---- */

void faulty_plan(enum fault fault, int at, uint64_t seed)
{
    plan = fault;
    plan_at = at;
    n_done = n_syncs = 0;
    has_happened = false;
    rng_derive(&rng, seed, 0, RNG_TEST, 0);
}

int faulty_count(void)
{
    return n_done;
}

bool faulty_has_happened(void)
{
    return has_happened;
}

/* What this thing gives: SQLITE_OK, and it may be done, or a failure. */
static int judge(bool is_sync)
{
    n_done++;
    n_syncs += is_sync;
    bool lasts = plan == FAULT_FULL || plan == FAULT_POWER;
    bool is_now = plan == FAULT_FSYNC ? is_sync && n_syncs == plan_at : n_done == plan_at;
    if (plan == FAULT_NONE || (!is_now && !(lasts && has_happened)))
        return SQLITE_OK;
    has_happened = true;
    if (plan == FAULT_FULL)
        return is_sync ? SQLITE_OK : SQLITE_FULL;
    return is_sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
}

/* ---- images ---- */

static void apply(struct image *m, const struct pending *p, int64_t from, int64_t to)
{
    if (!p->bytes) {
        m->len = p->at;
        return;
    }
    if (p->at + from > m->len)
        memset(m->durable + m->len, 0, (size_t)(p->at + from - m->len));
    memcpy(m->durable + p->at + from, p->bytes + from, (size_t)(to - from));
    if (p->at + to > m->len)
        m->len = p->at + to;
}

static void forget_pending(struct image *m)
{
    for (int i = 0; i < m->n; i++)
        free(m->pending[i].bytes);
    m->n = 0;
}

static void settle(struct image *m)
{
    for (int i = 0; i < m->n; i++)
        apply(m, &m->pending[i], 0, m->pending[i].len);
    forget_pending(m);
}

static struct image *find_image(const char *path)
{
    for (int i = 0; i < n_images; i++)
        if (strcmp(images[i].path, path) == 0)
            return &images[i];
    if (n_images == MOST_FILES)
        abort();
    struct image *m = &images[n_images++];
    snprintf(m->path, sizeof m->path, "%s", path);
    m->durable = calloc(1, MOST_BYTES);
    int fd = open(path, O_RDONLY);
    if (fd >= 0) {
        m->len = (int64_t)read(fd, m->durable, MOST_BYTES);
        close(fd);
    }
    return m;
}

static void note(struct image *m, int64_t at, const void *bytes, int64_t len)
{
    if (!m)
        return;
    if (m->n == MOST_WRITES || at + len > MOST_BYTES)
        abort();
    unsigned char *copy = bytes ? malloc((size_t)len) : NULL;
    if (bytes)
        memcpy(copy, bytes, (size_t)len);
    m->pending[m->n++] = (struct pending){ at, len, copy };
}

void faulty_leave(const char *from, const char *to)
{
    char path[1024];
    for (int i = 0; i < n_images; i++) {
        struct image *m = &images[i];
        for (int k = 0; k < m->n; k++)
            for (int64_t at = 0; at < m->pending[k].len || at == 0; at += SECTOR) {
                int64_t end = at + SECTOR < m->pending[k].len ? at + SECTOR : m->pending[k].len;
                uint64_t luck = rng_below(&rng, 8);
                if (luck == 7) /* torn */
                    end = at + (int64_t)rng_below(&rng, (uint64_t)(end - at) + 1);
                if (luck > 3)
                    apply(m, &m->pending[k], at, end);
            }
        if (strncmp(m->path, from, strlen(from)) != 0 || strstr(m->path, "-shm"))
            continue;
        snprintf(path, sizeof path, "%s/%s", to, strrchr(m->path, '/') + 1);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0 || write(fd, m->durable, (size_t)m->len) != (ssize_t)m->len)
            abort();
        close(fd);
    }
}

/* ---- what SQLite calls ---- */

static int do_close(sqlite3_file *f)
{
    int rc = real_of(f)->pMethods ? real_of(f)->pMethods->xClose(real_of(f)) : SQLITE_OK;
    free(real_of(f));
    return rc;
}

static int do_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), to, n, at);
}

static int do_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
    struct image *m = ((struct faulty_file *)f)->image;
    int verdict = judge(false);
    if (verdict != SQLITE_OK && plan == FAULT_POWER && n_done == plan_at)
        note(m, at, bytes, n); /* the write that the power cut fell into */
    if (verdict != SQLITE_OK)
        return verdict;
    note(m, at, bytes, n);
    return real_of(f)->pMethods->xWrite(real_of(f), bytes, n, at);
}

static int do_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int verdict = judge(false);
    if (verdict != SQLITE_OK)
        return verdict;
    note(((struct faulty_file *)f)->image, size, NULL, 0);
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int do_sync(sqlite3_file *f, int flags)
{
    struct image *m = ((struct faulty_file *)f)->image;
    int verdict = judge(true);
    if (verdict != SQLITE_OK)
        return verdict;
    if (m)
        settle(m);
    return SQLITE_OK; /* the real disk need not be asked: the images are what counts */
}

#define PASS(name, parameters, arguments)                                                                              \
    static int do_##name parameters                                                                                    \
    {                                                                                                                  \
        return real_of(f)->pMethods->x##name arguments;                                                                \
    }
PASS(FileSize, (sqlite3_file * f, sqlite3_int64 *size), (real_of(f), size))
PASS(Lock, (sqlite3_file * f, int level), (real_of(f), level))
PASS(Unlock, (sqlite3_file * f, int level), (real_of(f), level))
PASS(CheckReservedLock, (sqlite3_file * f, int *out), (real_of(f), out))
PASS(FileControl, (sqlite3_file * f, int op, void *arg), (real_of(f), op, arg))
PASS(SectorSize, (sqlite3_file * f), (real_of(f)))
PASS(ShmMap, (sqlite3_file * f, int page, int size, int extend, void volatile **out),
    (real_of(f), page, size, extend, out))
PASS(ShmLock, (sqlite3_file * f, int offset, int n, int flags), (real_of(f), offset, n, flags))
PASS(ShmUnmap, (sqlite3_file * f, int delete), (real_of(f), delete))

static int do_characteristics(sqlite3_file *f)
{
    return 0; /* no promise of any kind: not even that a sector is written whole */
}

static void do_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int do_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out)
{
    struct faulty_file *file = (struct faulty_file *)f;
    file->real = calloc(1, (size_t)below->szOsFile);
    file->image = path && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) ? find_image(path) : NULL;
    int rc = below->xOpen(below, path, file->real, flags, out);
    f->pMethods = rc == SQLITE_OK ? &methods : NULL;
    if (rc != SQLITE_OK)
        free(file->real);
    return rc;
}

void faulty_install(void)
{
    below = sqlite3_vfs_find(NULL);
    shim = *below;
    shim.zName = "faulty";
    shim.szOsFile = (int)sizeof(struct faulty_file);
    shim.xOpen = do_open;
    methods = (sqlite3_io_methods){ 2, do_close, do_read, do_write, do_truncate, do_sync, do_FileSize, do_Lock,
        do_Unlock, do_CheckReservedLock, do_FileControl, do_SectorSize, do_characteristics, do_ShmMap, do_ShmLock,
        do_barrier, do_ShmUnmap, NULL, NULL };
    sqlite3_vfs_register(&shim, 1);
}
