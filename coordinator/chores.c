#include "coordinator/chores.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/io/system.h"
#include "coordinator/lend.h"
#include "coordinator/store/remove.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define PARTIAL_MS DAY_MS   /* an upload that nobody went on with */
#define OLD_MS (7 * DAY_MS) /* what was put aside for people to look at */

void chores_deinit(struct chores *c)
{
    free(c->items);
    *c = (struct chores){ 0 };
}

bool chores_take(struct chores *c, uint64_t peer, const struct message *m)
{
    if (m->type != MESSAGE_GC && m->type != MESSAGE_REMOVE)
        return false;
    c->items = mem_grow(c->items, c->n, &c->cap, sizeof *c->items);
    struct chore *chore = &c->items[c->n++];
    *chore = (struct chore){ .peer = peer, .message = *m };
    if (m->type == MESSAGE_REMOVE)
        str_copy(chore->campaign, sizeof chore->campaign, m->as.remove.campaign);
    return true;
}

/* ---- checkpoints that no row names ---- */

struct cleaning {
    struct blobs *blobs;
    char (*needed)[HASH_HEX]; /* ascending */
    size_t n_needed, cap_needed;
    struct message_gc_done *done;
    bool is_dry_run, has_failed;
    struct err *e;
};

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
    c->done->has_more = !c->is_dry_run && c->done->checkpoints == CHORE_PIECE;
    if (c->done->has_more)
        return false;
    c->has_failed = !c->is_dry_run && blobs_remove(c->blobs, hash, c->e) < 0;
    c->done->checkpoints += !c->has_failed;
    c->done->bytes += c->has_failed ? 0 : size;
    return !c->has_failed;
}

static int remove_blobs(const struct chore_place *place, bool is_dry_run, struct message_gc_done *done, struct err *e)
{
    struct cleaning c = { .blobs = place->blobs, .done = done, .is_dry_run = is_dry_run, .e = e };
    int failed = store_each_checkpoint(place->store, note_needed, &c, e);
    if (!failed && place->hub)
        failed = lend_each(place->hub, note_needed, &c, e);
    if (!failed && c.n_needed)
        qsort(c.needed, c.n_needed, sizeof *c.needed, compare_hash);
    if (!failed)
        failed = blobs_each(place->blobs, remove_spare, &c, e);
    free(c.needed);
    if (failed || c.has_failed)
        return -1;
    return is_dry_run ? 0 : blobs_sweep(place->blobs, system_wall_ms() - PARTIAL_MS, e);
}

/* ---- what was put aside ---- */

static bool is_old_file(int dir, const char *name, int64_t now_ms)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           (int64_t)st.st_mtim.tv_sec * 1000 < now_ms - OLD_MS;
}

/* Counts what is old in PARENT/NAME, which need not be there, and removes it. */
static int remove_old(const char *parent, const char *name, bool is_dry_run, int64_t *n, struct err *e)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", parent, name);
    DIR *d = opendir(path);
    int failed = 0;
    if (!d)
        return errno == ENOENT ? 0 : err_set_errno(e, "read %s", path);
    for (const struct dirent *entry; !failed && (entry = readdir(d));) {
        if (!is_old_file(dirfd(d), entry->d_name, system_wall_ms()))
            continue;
        if (!is_dry_run && unlinkat(dirfd(d), entry->d_name, 0) < 0)
            failed = err_set_errno(e, "remove %s/%s", path, entry->d_name);
        else
            ++*n;
    }
    closedir(d);
    return failed;
}

/* ---- the two chores ---- */

static void forget(void *context, int64_t trial)
{
    hub_forget_checkpoint(context, trial);
}

/* A database that refuses what is written is not to be trusted any more, unless the disk is only full. */
static void judge_store(struct chore_result *out)
{
    enum err_code code = out->err.code;
    out->is_fatal = code != ERR_INVALID && code != ERR_LIMIT && code != ERR_STATE && code != ERR_NOT_FOUND;
}

/* A full disk does not stop it: what no row names needs no row to go. */
static int let_go(const struct chore_place *place, const struct message_gc *m, struct chore_result *out)
{
    struct err *e = &out->err;
    int64_t n = 0;
    if (m->rows_stay)
        return 0;
    if (store_drop_checkpoints(place->store, (int)m->keep, m->is_dry_run, forget, place->hub, &n, e) < 0) {
        judge_store(out);
        out->must_rebuild = true;
        if (e->code != ERR_LIMIT)
            return -1;
        log_warn("gc: trials keep their checkpoints: %s", e->text);
        n = 0;
    }
    out->answer.as.gc_done.trials = n;
    return 0;
}

static int collect(const struct chore_place *place, const struct message_gc *m, struct chore_result *out)
{
    struct message_gc_done *done = &out->answer.as.gc_done;
    out->answer = (struct message){ .type = MESSAGE_GC_DONE, .as.gc_done.request = m->request };
    if (let_go(place, m, out) < 0 || remove_blobs(place, m->is_dry_run, done, &out->err) < 0 ||
        remove_old(place->dir, "quarantine", m->is_dry_run, &done->files, &out->err) < 0 ||
        remove_old(blobs_dir(place->blobs), "damaged", m->is_dry_run, &done->files, &out->err) < 0)
        return -1;
    if (!m->is_dry_run && done->trials + done->checkpoints + done->files > 0)
        log_info("gc: %lld trials let go of their checkpoints; %lld checkpoints and %lld old files are gone",
            (long long)done->trials, (long long)done->checkpoints, (long long)done->files);
    return 0;
}

static int remove_campaign(
    struct chores *c, const struct chore_place *place, const struct chore *chore, struct chore_result *out)
{
    uint64_t request = chore->message.as.remove.request;
    if (request != c->removed) {
        if (store_remove_campaign(place->store, chore->campaign, false, &out->err) < 0) {
            judge_store(out);
            return -1;
        }
        log_info("campaign %s is removed", chore->campaign);
        out->must_rebuild = true;
        c->removed = request;
    }
    snprintf(out->text, sizeof out->text, "campaign %s is gone", chore->campaign);
    out->answer = (struct message){ .type = MESSAGE_DONE, .as.done = { .request = request, .text = out->text } };
    return 0;
}

int chores_do(struct chores *c, size_t i, const struct chore_place *place, struct chore_result *out)
{
    const struct chore *chore = &c->items[i];
    bool is_gc = chore->message.type == MESSAGE_GC;
    uint64_t request = is_gc ? chore->message.as.gc.request : chore->message.as.remove.request;
    int failed = is_gc ? collect(place, &chore->message.as.gc, out) : remove_campaign(c, place, chore, out);
    if (failed)
        out->answer = (struct message){ .type = MESSAGE_ERROR,
            .as.error = { .request = request, .code = err_code_name(out->err.code), .text = out->err.text } };
    return failed;
}
