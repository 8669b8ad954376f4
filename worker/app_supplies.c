/* app_supplies.c: the data and files of a grant: found where they lie, or fetched once a machine.
 *
 * CACHE/blobs/        as blobs.h has it, shared by all agents of this user on this machine
 * CACHE/lock/HASH     held, shared, by each agent that has used it in this life: what nobody holds may go for room
 * CACHE/lock/HASH.fetch  held by the one who fetches it
 * CACHE/known/        common/io/known_hash.h
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/io/files.h"
#include "common/io/known_hash.h"
#include "common/io/system.h"
#include "common/proto/cargo.h"
#include "worker/app_state.h"

/* What one attempt needs. */
struct supply {
    struct app *app;
    struct supply *next;
    uv_work_t work;
    uint64_t attempt;
    char *checkpoint; /* or NULL */
    char *data;       /* of the grant */
    struct cargo cargo;
    size_t at;       /* the item that is being had */
    char *local;     /* where it is; NULL: not on this machine */
    int lock_fd;     /* held exclusively while it is fetched; -1: not */
    bool is_waiting; /* for another agent that fetches it */
    bool is_damaged; /* what the cache had of it, when it was looked at */
};

/* ---- life ---- */

static struct supply *supply_new(struct app *app, uint64_t attempt, const struct message_grant *grant)
{
    struct supply *s = mem_zalloc(1, sizeof *s);
    s->app = app;
    s->attempt = attempt;
    s->checkpoint = mem_strdup(grant->checkpoint);
    s->data = mem_strdup(grant->data);
    s->work.data = s;
    s->lock_fd = -1;
    s->next = app->supplies;
    return app->supplies = s;
}

static void supply_free(struct supply *s)
{
    struct supply **link = &s->app->supplies;
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    file_unlock(s->lock_fd);
    cargo_deinit(&s->cargo);
    free(s->checkpoint);
    free(s->data);
    free(s->local);
    free(s);
}

void app_forget_supplies(struct app *app)
{
    while (app->supplies)
        supply_free(app->supplies);
    for (size_t i = 0; i < app->n_held; i++)
        file_unlock(app->held[i].fd);
    free(app->held);
}

static void fail(struct supply *s, const char *why)
{
    struct str reason = { 0 };
    str_addf(&reason, "%s: %s", s->cargo.n ? s->cargo.items[s->at].path : "what the campaign needs", why);
    app_take(s->app, &(struct session_event){ .kind = SESSION_FETCHED,
                         .now_ms = system_monotonic_ms(),
                         .attempt = s->attempt,
                         .is_failed = true,
                         .reason = str_text(&reason) });
    str_deinit(&reason);
    supply_free(s);
}

/* ---- holding: what was used is not removed while this agent lives ---- */

static int open_lock(const struct app *app, const char *hash, const char *suffix)
{
    struct str path = { 0 };
    str_addf(&path, "%s/lock/%s%s", app->cache, hash, suffix);
    int fd = open(str_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    str_deinit(&path);
    return fd;
}

static bool is_held(const struct app *app, const char *hash)
{
    for (size_t i = 0; i < app->n_held; i++)
        if (strcmp(app->held[i].hash, hash) == 0)
            return true;
    return false;
}

/* Shared with others who use it; while somebody removes it, it is not to be had. */
static bool hold(struct app *app, const char *hash)
{
    if (is_held(app, hash))
        return true;
    int fd = open_lock(app, hash, "");
    if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0) {
        file_unlock(fd);
        return false;
    }
    app->held = mem_grow(app->held, app->n_held, &app->cap_held, sizeof *app->held);
    app->held[app->n_held].fd = fd;
    str_copy(app->held[app->n_held++].hash, HASH_HEX, hash);
    return true;
}

/* ---- one item after another ---- */

static void have_next(struct supply *s);

static void finish(struct supply *s)
{
    struct str data = { 0 }, blobs = { 0 };
    cargo_put_data(&s->cargo, s->data, &data);
    cargo_put(&s->cargo, &blobs);
    app_fetch_checkpoint(s->app, s->attempt, s->checkpoint, s->data ? str_take(&data) : NULL, str_take(&blobs));
    str_deinit(&data);
    supply_free(s);
}

static void have(struct supply *s, const char *path)
{
    struct cargo_item *item = &s->cargo.items[s->at++];
    free(item->path);
    item->path = mem_strdup(path);
    have_next(s);
}

static void on_got(void *context, const char *hash, const struct err *failure)
{
    struct supply *s = context;
    struct str path = { 0 };
    file_unlock(s->lock_fd);
    s->lock_fd = -1;
    if (failure) {
        fail(s, failure->text);
        return;
    }
    blobs_path(s->app->cached, hash, &path);
    known_hash_note(s->app->cache, str_text(&path), hash);
    hold(s->app, hash);
    have(s, str_text(&path));
    str_deinit(&path);
}

/* Nobody else on this machine fetches it, or we wait for them. */
static void fetch(struct supply *s)
{
    const char *hash = s->cargo.items[s->at].hash;
    int fd = open_lock(s->app, hash, ".fetch");
    if (fd < 0) {
        fail(s, strerror(errno));
        return;
    }
    s->is_waiting = flock(fd, LOCK_EX | LOCK_NB) < 0;
    if (s->is_waiting) {
        close(fd);
        return;
    }
    s->lock_fd = fd;
    bulk_client_get(s->app->fetcher, hash, on_got, s);
}

/* ---- looking, in the pool: hashing may take long ---- */

static bool has_bytes(const struct app *app, const char *path, const struct cargo_item *item)
{
    char hash[HASH_HEX];
    int64_t size;
    struct stat st;
    return stat(path, &st) == 0 && (int64_t)st.st_size == item->bytes &&
           known_hash(app->cache, path, hash, &size, NULL) == 0 && strcmp(hash, item->hash) == 0;
}

static void look(uv_work_t *work)
{
    struct supply *s = work->data;
    const struct cargo_item *item = &s->cargo.items[s->at];
    struct str cached = { 0 };
    blobs_path(s->app->cached, item->hash, &cached);
    free(s->local);
    s->local = NULL;
    s->is_damaged = false;
    if (has_bytes(s->app, item->path, item))
        s->local = mem_strdup(item->path);
    else if (blobs_has(s->app->cached, item->hash)) {
        s->is_damaged = !has_bytes(s->app, str_text(&cached), item);
        s->local = s->is_damaged ? NULL : str_take(&cached);
    }
    str_deinit(&cached);
}

static void after_look(uv_work_t *work, int status)
{
    struct supply *s = work->data;
    struct cargo_item *item = &s->cargo.items[s->at];
    struct err e;
    if (s->app->is_leaving)
        return; /* app_forget_supplies frees it */
    bool is_cached = s->local && strcmp(s->local, item->path) != 0;
    if (s->local && (!is_cached || (hold(s->app, item->hash) && blobs_has(s->app->cached, item->hash)))) {
        have(s, s->local);
        return;
    }
    if (s->is_damaged && blobs_remove(s->app->cached, item->hash, &e) < 0)
        log_warn("%s", e.text); /* it stands in the way of a good one */
    if (!s->local && !s->is_damaged && blobs_has(s->app->cached, item->hash))
        have_next(s); /* another one fetched it since we looked */
    else
        fetch(s);
}

static void have_next(struct supply *s)
{
    s->is_waiting = false;
    if (s->at == s->cargo.n)
        finish(s);
    else
        uv_queue_work(&s->app->loop, &s->work, look, after_look);
}

void app_fetch(struct app *app, uint64_t attempt, const struct message_grant *grant)
{
    struct err e;
    if (!grant->blobs) {
        app_fetch_checkpoint(app, attempt, grant->checkpoint, NULL, NULL);
        return;
    }
    struct supply *s = supply_new(app, attempt, grant);
    if (cargo_read(&s->cargo, grant->blobs, &e) == 0) {
        have_next(s);
        return;
    }
    supply_free(s);
    struct later *later = app_take_later(app, SESSION_FETCHED);
    later->event.attempt = attempt;
    later->event.is_failed = true;
    later->error = e;
}

void app_watch_supplies(struct app *app)
{
    for (struct supply *s = app->supplies, *next; s; s = next) {
        next = s->next;
        if (s->is_waiting)
            have_next(s);
    }
}

/* ---- the cache ---- */

int app_open_cache(struct app *app, const char *directory, struct err *e)
{
    struct str path = { 0 }, otherwise = { 0 };
    str_addf(&otherwise, "%s/cache", app->home.path);
    if (directory && file_absolute(directory, &path, e) < 0)
        return -1;
    if (!directory)
        known_hash_cache(&path, str_text(&otherwise));
    str_deinit(&otherwise);
    app->cache = str_take(&path);
    str_addf(&path, "%s/lock", app->cache);
    int r = file_make_directory(str_text(&path), 0700, e);
    str_clear(&path);
    str_addf(&path, "%s/blobs", app->cache);
    if (r == 0)
        app->cached = blobs_open(str_text(&path), e);
    str_deinit(&path);
    return app->cached ? 0 : err_prefix(e, "the cache of data and files, --cache");
}

/* Nobody on this machine holds it. */
bool app_may_remove_cached(const struct app *app, const char *hash)
{
    int fd = open_lock(app, hash, "");
    bool is_free = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    file_unlock(fd);
    return is_free;
}
