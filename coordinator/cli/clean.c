#include "coordinator/cli/clean.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/io/blobs.h"
#include "coordinator/store/remove.h"

struct cleaning {
    struct store *store;
    struct blobs *blobs;
    char (*needed)[HASH_HEX]; /* ascending */
    size_t n_needed, cap_needed;
    bool is_dry_run;
    int64_t n, bytes;
    struct err *e;
    bool has_failed;
};

/* ---- the store, for us alone ---- */

static void close_all(struct cleaning *c)
{
    store_close(c->store);
    blobs_close(c->blobs);
    free(c->needed);
}

static int open_all(struct cleaning *c, const char *store, struct err *e)
{
    struct str path = { 0 };
    str_addf(&path, "%s/rung.db", store);
    int failed = access(str_text(&path), F_OK) < 0 ? err_set(e, ERR_NOT_FOUND, "there is no store in %s", store) : 0;
    if (!failed && !(c->store = store_open(store, &(struct store_options){ .mode = STORE_WRITE }, e)))
        failed = e->code == ERR_BUSY ? err_prefix(e, "end it first, as this wants the store for itself") : -1;
    str_clear(&path);
    str_addf(&path, "%s/blobs", store);
    if (!failed && !(c->blobs = blobs_open(str_text(&path), e)))
        failed = -1;
    str_deinit(&path);
    return failed;
}

/* ---- blobs that no row names ---- */

static int note_needed(void *context, const char *hash, struct err *e)
{
    struct cleaning *c = context;
    c->needed = mem_grow(c->needed, c->n_needed, &c->cap_needed, sizeof *c->needed);
    str_copy(c->needed[c->n_needed++], HASH_HEX, hash);
    return 0;
}

static int compare_hash(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool remove_spare(void *context, const char *hash, int64_t size, int64_t written_ms)
{
    struct cleaning *c = context;
    if (c->n_needed && bsearch(hash, c->needed, c->n_needed, sizeof *c->needed, compare_hash))
        return true;
    c->n++;
    c->bytes += size;
    c->has_failed = !c->is_dry_run && blobs_remove(c->blobs, hash, c->e) < 0;
    return !c->has_failed;
}

static int remove_blobs(struct cleaning *c, struct err *e)
{
    c->e = e;
    if (store_each_checkpoint(c->store, note_needed, c, e) < 0 || blobs_each(c->blobs, remove_spare, c, e) < 0 ||
        c->has_failed)
        return -1;
    return c->is_dry_run ? 0 : blobs_sweep(c->blobs, INT64_MAX, e);
}

/* ---- the commands ---- */

static bool is_agreed(const char *campaign, bool is_sure)
{
    char answer[16];
    if (is_sure)
        return true;
    fprintf(stderr, "Remove campaign %s with all its trials, curves and checkpoints? [y/N] ", campaign);
    return fgets(answer, sizeof answer, stdin) && (*answer == 'y' || *answer == 'Y');
}

int cli_rm(const char *store, const char *campaign, bool is_forced, bool is_sure, FILE *out, struct err *e)
{
    struct cleaning c = { 0 };
    if (!is_sure && !isatty(STDIN_FILENO))
        return err_set(e, ERR_USAGE, "nobody can be asked here: use --yes");
    if (!is_agreed(campaign, is_sure))
        return err_set(e, ERR_INTERRUPTED, "nothing was removed");
    int failed = open_all(&c, store, e);
    if (!failed)
        failed = store_remove_campaign(c.store, campaign, is_forced, e);
    if (!failed)
        failed = remove_blobs(&c, e);
    if (!failed)
        fprintf(out, "campaign %s is gone, and %lld checkpoints, %lld KB, that nobody else has\n", campaign,
            (long long)c.n, (long long)(c.bytes + 1023) >> 10);
    close_all(&c);
    return failed;
}

int cli_gc(const char *store, int n_keep, bool is_dry_run, FILE *out, struct err *e)
{
    struct cleaning c = { .is_dry_run = is_dry_run };
    int64_t n_dropped = 0;
    int failed = open_all(&c, store, e);
    if (!failed)
        failed = store_drop_checkpoints(c.store, n_keep, is_dry_run, &n_dropped, e);
    if (!failed)
        failed = remove_blobs(&c, e);
    if (!failed && is_dry_run)
        fprintf(out,
            "would free %lld checkpoints, %lld KB, that no trial has, and those of %lld trials that are over\n",
            (long long)c.n, (long long)(c.bytes + 1023) >> 10, (long long)n_dropped);
    else if (!failed)
        fprintf(out, "freed %lld checkpoints, %lld KB; %lld trials that are over have none any more\n", (long long)c.n,
            (long long)(c.bytes + 1023) >> 10, (long long)n_dropped);
    close_all(&c);
    return failed;
}
