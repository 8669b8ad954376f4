/* app_jobs.c: checkpoints: taken into the cache, fetched, uploaded, and in the end thrown away. */
#include <stdlib.h>
#include <string.h>

#include "common/base/kill_point.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/io/system.h"
#include "worker/app_state.h"

#define CACHE_BYTES (INT64_C(8) << 30) /* of checkpoints that nobody needs at this moment */
#define TIDY_MS 600000
#define PARTIAL_MS (INT64_C(24) * 3600000) /* a piece of a blob that nothing was added to for so long */

struct job {
    struct app *app;
    struct job *next;
    uv_work_t work;
    uint64_t attempt;
    char *path;
    char *data, *blobs; /* of a fetch: what it says beside the checkpoint */
    char hash[HASH_HEX];
    int64_t bytes;
    struct err error;
    bool is_failed;
};

static struct job *job_new(struct app *app)
{
    struct job *j = mem_zalloc(1, sizeof *j);
    j->app = app;
    j->work.data = j;
    j->next = app->jobs;
    return app->jobs = j;
}

static void job_free(struct job *j)
{
    struct job **link = &j->app->jobs;
    while (*link != j)
        link = &(*link)->next;
    *link = j->next;
    free(j->path);
    free(j->data);
    free(j->blobs);
    free(j);
}

void app_forget_jobs(struct app *app)
{
    while (app->jobs)
        job_free(app->jobs);
}

/* ---- saving: hashing and fsync may take long, so in the pool ---- */

static void save(uv_work_t *work)
{
    struct job *j = work->data;
    j->is_failed = blobs_take_file(j->app->blobs, j->path, j->hash, &j->bytes, &j->error) < 0;
}

static void after_save(uv_work_t *work, int status)
{
    struct job *j = work->data;
    KILL_POINT("checkpoint.saved");
    app_take(j->app, &(struct session_event){ .kind = SESSION_SAVED,
                         .now_ms = system_monotonic_ms(),
                         .attempt = j->attempt,
                         .hash = j->is_failed ? NULL : j->hash,
                         .bytes = j->bytes,
                         .reason = j->error.text });
    job_free(j);
}

void app_save(struct app *app, uint64_t attempt, const char *path)
{
    struct job *j = job_new(app);
    j->attempt = attempt;
    j->path = mem_strdup(path);
    uv_queue_work(&app->loop, &j->work, save, after_save);
}

/* ---- fetching ---- */

static void on_fetched(void *context, const char *hash, const struct err *failure)
{
    struct job *j = context;
    struct str path = { 0 };
    blobs_path(j->app->blobs, hash, &path);
    app_take(j->app, &(struct session_event){ .kind = SESSION_FETCHED,
                         .now_ms = system_monotonic_ms(),
                         .attempt = j->attempt,
                         .text = failure ? NULL : str_text(&path),
                         .data = j->data,
                         .blobs = j->blobs,
                         .reason = failure ? failure->text : NULL });
    str_deinit(&path);
    job_free(j);
}

/* What lies in the cache may have been damaged there: then it goes, and is fetched. */
static void check(uv_work_t *work)
{
    struct job *j = work->data;
    blobs_is_sound(j->app->blobs, j->hash);
}

static void after_check(uv_work_t *work, int status)
{
    struct job *j = work->data;
    if (j->app->is_leaving)
        return; /* app_forget_jobs frees it */
    bulk_client_get(j->app->mover, j->hash, on_fetched, j);
}

/* There is no checkpoint to be had: the attempt may begin. */
static void say_fetched(struct job *j)
{
    app_take(j->app, &(struct session_event){ .kind = SESSION_FETCHED,
                         .now_ms = system_monotonic_ms(),
                         .attempt = j->attempt,
                         .data = j->data,
                         .blobs = j->blobs });
    job_free(j);
}

void app_fetch_checkpoint(struct app *app, uint64_t attempt, const char *hash, char *data, char *blobs)
{
    if (hash && !hash_is_hex(hash)) {
        struct later *later = app_take_later(app, SESSION_FETCHED);
        later->event.attempt = attempt;
        err_set(&later->error, ERR_INVALID, "its name is no SHA-256");
        free(data);
        free(blobs);
        return;
    }
    struct job *j = job_new(app);
    j->attempt = attempt;
    j->data = data;
    j->blobs = blobs;
    if (!hash) {
        say_fetched(j);
        return;
    }
    str_copy(j->hash, sizeof j->hash, hash);
    uv_queue_work(&app->loop, &j->work, check, after_check);
}

/* ---- uploading ---- */

static void on_uploaded(void *context, const char *hash, const struct err *failure)
{
    struct job *j = context;
    KILL_POINT("checkpoint.uploaded");
    if (failure)
        log_warn("checkpoint %.12s cannot be uploaded: %s", hash, failure->text);
    app_take(j->app, &(struct session_event){ .kind = SESSION_UPLOADED,
                         .now_ms = system_monotonic_ms(),
                         .hash = hash,
                         .is_failed = failure != NULL,
                         .is_missing = failure && failure->code != ERR_IO });
    job_free(j);
}

void app_upload(struct app *app, const char *hash)
{
    bulk_client_put(app->mover, hash, on_uploaded, job_new(app));
}

/* ---- the cache ---- */

struct cached {
    char hash[HASH_HEX];
    int64_t size, written_ms;
};

struct cache {
    const struct app *app;
    bool (*is_needed)(struct cache *c, const char *hash);
    struct cached *list;
    size_t n, cap;
    int64_t bytes;
    const char *wanted; /* for is_needed_here */
    bool is_wanted;
};

static bool compare_hash(void *context, struct outcome_key key, const char *hash, int64_t bytes)
{
    struct cache *c = context;
    c->is_wanted |= strcmp(hash, c->wanted) == 0;
    return !c->is_wanted;
}

/* A checkpoint of our own store: a slot began with it, or it waits to be delivered. */
static bool is_needed_here(struct cache *c, const char *hash)
{
    for (int i = 0; i < c->app->options->slots; i++)
        if (strcmp(c->app->in_use[i], hash) == 0)
            return true;
    c->wanted = hash;
    c->is_wanted = false;
    outcomes_each(c->app->outcomes, compare_hash, c);
    return c->is_wanted;
}

/* Data or a file in the machine's cache: an agent holds it. */
static bool is_held_by_somebody(struct cache *c, const char *hash)
{
    return !app_may_remove_cached(c->app, hash);
}

static bool add_cached(void *context, const char *hash, int64_t size, int64_t written_ms)
{
    struct cache *c = context;
    c->list = mem_grow(c->list, c->n, &c->cap, sizeof *c->list);
    struct cached *cached = &c->list[c->n++];
    *cached = (struct cached){ .size = size, .written_ms = written_ms };
    str_copy(cached->hash, sizeof cached->hash, hash);
    c->bytes += size;
    return true;
}

static int older_first(const void *a, const void *b)
{
    const struct cached *x = a, *y = b;
    return x->written_ms < y->written_ms ? -1 : x->written_ms > y->written_ms;
}

/* Removes the oldest that nobody needs, until the rest takes no more than `limit_bytes`. */
static void tidy(struct cache *c, struct blobs *blobs, int64_t limit_bytes)
{
    struct err e = { 0 };
    if (blobs_each(blobs, add_cached, c, &e) < 0 || blobs_sweep(blobs, system_wall_ms() - PARTIAL_MS, &e) < 0)
        log_warn("%s", e.text);
    if (c->n > 0)
        qsort(c->list, c->n, sizeof *c->list, older_first);
    for (size_t i = 0; i < c->n && c->bytes > limit_bytes; i++) {
        if (!c->is_needed(c, c->list[i].hash) && blobs_remove(blobs, c->list[i].hash, &e) == 0)
            c->bytes -= c->list[i].size;
    }
    free(c->list);
}

void app_tidy_cache(struct app *app, int64_t now_ms)
{
    struct cache own = { .app = app, .is_needed = is_needed_here };
    struct cache shared = { .app = app, .is_needed = is_held_by_somebody };
    if (now_ms < app->tidy_ms)
        return;
    app->tidy_ms = now_ms + TIDY_MS;
    tidy(&own, app->blobs, CACHE_BYTES);
    tidy(&shared, app->cached, app->options->cache_bytes);
}
