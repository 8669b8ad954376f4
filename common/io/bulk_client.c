#include "common/io/bulk_client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"

enum {
    MAX_ACTIVE = 4, /* jobs that move at once */
    WINDOW = 4,     /* pieces of a job on their way */
    TICK_MS = 50,   /* how often silence and full queues are looked at, while there are jobs */
    PATIENCE_MS = 2000,
    LONGEST = 15 /* patience grows to so many times the first */
};

enum job_kind { JOB_PUT, JOB_GET };

struct job {
    struct bulk_client *client;
    struct job *next;
    uint64_t number;
    enum job_kind kind;
    char hash[HASH_HEX];
    bulk_done_fn done;
    void *context;
    bool is_active;    /* moves; else it waits for its turn */
    bool is_known;     /* put: where to begin is known; get: the size is, and `writer` is open */
    bool is_finishing; /* in the pool */
    bool is_cancelled; /* ends with the pool's work */
    bool is_delayed;   /* was refused for a time, which is in the log */
    int64_t size;
    int64_t at;      /* put: bytes that the other side has; get: bytes that we have */
    int64_t next_at; /* put: the next byte to send; get: the next byte to ask for */
    int64_t patience_ms, deadline_ms;
    int n_corrupt;
    struct blob_writer *writer;
    uv_work_t work;
    int status;
    struct err e;
};

struct bulk_client {
    uv_loop_t *loop;
    struct blobs *blobs;
    struct bulk_client_options options;
    uv_timer_t timer;
    struct job *jobs; /* oldest first */
    uint64_t n_jobs;  /* ever */
    int n_in_pool;
    bool is_closed, is_timer_closed;
    char *piece; /* LIMIT_BLOB_CHUNK bytes */
};

/* ---- the list of jobs ---- */

static void remove_job(struct job *j)
{
    struct job **link = &j->client->jobs;
    while (*link != j)
        link = &(*link)->next;
    *link = j->next;
    blob_writer_close(j->writer);
    free(j);
}

/* Ends the job and tells its owner, who may ask for more or close the client: neither j nor a place in the list may be
 * used afterwards. */
static void end_job(struct job *j, const struct err *failure)
{
    bulk_done_fn done = j->is_cancelled || j->client->is_closed ? NULL : j->done;
    void *context = j->context;
    char hash[HASH_HEX];
    memcpy(hash, j->hash, HASH_HEX);
    remove_job(j);
    if (done)
        done(context, hash, failure);
}

static void wait_for(struct job *j, int64_t patience_ms)
{
    int64_t most_ms = (int64_t)j->client->options.patience_ms * LONGEST;
    j->patience_ms = patience_ms < most_ms ? patience_ms : most_ms;
    j->deadline_ms = (int64_t)uv_now(j->client->loop) + j->patience_ms;
}

static void wait_as_at_first(struct job *j)
{
    wait_for(j, j->client->options.patience_ms);
}

/* ---- sending ---- */

static bool send_put(struct job *j, int64_t offset, size_t len)
{
    struct bulk_client *c = j->client;
    struct message m = { .type = MESSAGE_BLOB_PUT,
        .as.blob_put = { .hash = j->hash, .size = j->size, .offset = offset },
        .tail = len ? c->piece : NULL,
        .tail_len = len };
    return c->options.send(c->options.context, &m);
}

static bool send_get(struct job *j, int64_t offset)
{
    struct bulk_client *c = j->client;
    struct message m = { .type = MESSAGE_BLOB_GET, .as.blob_get = { .hash = j->hash, .offset = offset } };
    return c->options.send(c->options.context, &m);
}

/* Sends one piece of a put; 1 sent, 0 it cannot go now, -1 our own copy cannot be read (j->e). */
static int send_piece(struct job *j)
{
    size_t len;
    if (blobs_read(j->client->blobs, j->hash, j->next_at, j->client->piece, LIMIT_BLOB_CHUNK, &len, &j->e) < 0)
        return -1;
    if (len == 0)
        return err_set(&j->e, ERR_CORRUPT, "blob %.12s… has become shorter", j->hash);
    if (!send_put(j, j->next_at, len))
        return 0;
    j->next_at += (int64_t)len;
    return 1;
}

/* Sends what the window has room for. -1: the job has failed, with j->e. */
static int fill_window(struct job *j)
{
    int sent = 1;
    while (sent > 0 && j->next_at < j->size && j->next_at < j->at + (int64_t)WINDOW * LIMIT_BLOB_CHUNK) {
        if (j->kind == JOB_PUT)
            sent = send_piece(j);
        else if ((sent = send_get(j, j->next_at)))
            j->next_at += LIMIT_BLOB_CHUNK;
    }
    return sent < 0 ? -1 : 0;
}

/* Asks where things stand: at the beginning, and after silence. */
static void ask_where(struct job *j)
{
    j->next_at = j->at;
    if (j->kind == JOB_PUT) {
        j->is_known = false;
        send_put(j, 0, 0);
    } else if (!j->is_known)
        send_get(j, 0);
}

/* ---- the pool: a blob that was got is verified and synced ---- */

static void free_if_over(struct bulk_client *c)
{
    if (!c->is_timer_closed || c->n_in_pool)
        return;
    free(c->piece);
    free(c);
}

static void in_pool(uv_work_t *work)
{
    struct job *j = work->data;
    j->status = blob_writer_finish(j->writer, &j->e);
}

static void after_pool(uv_work_t *work, int uv_status)
{
    struct job *j = work->data;
    struct bulk_client *c = j->client;
    c->n_in_pool--;
    j->is_finishing = false;
    if (c->is_closed || j->is_cancelled)
        remove_job(j);
    else if (j->status == 0)
        end_job(j, NULL);
    else if (j->e.code == ERR_CORRUPT && j->n_corrupt++ == 0) { /* the writer is at 0 again: once more */
        j->at = j->next_at = 0;
        wait_as_at_first(j);
        fill_window(j);
        return;
    } else {
        struct err e = j->e;
        end_job(j, &e);
    }
    if (c->is_closed)
        free_if_over(c);
}

static void begin_finish(struct job *j)
{
    j->is_finishing = true;
    j->client->n_in_pool++;
    j->work.data = j;
    uv_queue_work(j->client->loop, &j->work, in_pool, after_pool);
}

/* ---- turns ---- */

static bool is_moving(struct bulk_client *c, const char *hash, int *n_active)
{
    bool found = false;
    *n_active = 0;
    for (const struct job *j = c->jobs; j; j = j->next) {
        *n_active += j->is_active;
        found = found || (j->is_active && strcmp(j->hash, hash) == 0);
    }
    return found;
}

/* The oldest job that may begin: one blob moves once at a time. */
static struct job *next_waiting(struct bulk_client *c)
{
    int n_active = 0;
    for (struct job *j = c->jobs; j; j = j->next)
        if (!j->is_active && !is_moving(c, j->hash, &n_active) && n_active < MAX_ACTIVE)
            return j;
    return NULL;
}

/* What can be answered without the other side is; else the first question goes out. */
static void begin_job(struct job *j)
{
    int64_t size = blobs_size(j->client->blobs, j->hash);
    if (j->kind == JOB_GET && size >= 0) {
        end_job(j, NULL);
        return;
    }
    if (j->kind == JOB_PUT && size < 0) {
        struct err e;
        err_set(&e, ERR_NOT_FOUND, "blob %.12s… is not in %s", j->hash, blobs_dir(j->client->blobs));
        end_job(j, &e);
        return;
    }
    j->is_active = true;
    j->size = j->kind == JOB_PUT ? size : 0;
    wait_as_at_first(j);
    ask_where(j);
}

/* Looks after one job whose time has come: false when it ended, and the list has changed. */
static bool tend_job(struct job *j, int64_t now_ms)
{
    if (!j->is_active || j->is_finishing)
        return true;
    if (now_ms >= j->deadline_ms) {
        ask_where(j);
        wait_for(j, j->patience_ms * 2);
    }
    if (!j->is_known || fill_window(j) == 0)
        return true;
    struct err e = j->e;
    end_job(j, &e);
    return false;
}

static void on_tick(uv_timer_t *timer)
{
    struct bulk_client *c = timer->data;
    int64_t now_ms = (int64_t)uv_now(c->loop);
    struct job *j;
    while (!c->is_closed && (j = next_waiting(c)))
        begin_job(j);
    for (j = c->jobs; j && !c->is_closed;)
        j = tend_job(j, now_ms) ? j->next : c->jobs;
    if (!c->is_closed && !c->jobs)
        uv_timer_stop(&c->timer);
}

/* In the next turn of the loop, as the owner is not told of the end inside its own call. */
static void tick_soon(struct bulk_client *c)
{
    uv_timer_start(&c->timer, on_tick, 0, TICK_MS);
}

void bulk_client_hurry(struct bulk_client *c)
{
    for (struct job *j = c->jobs; j; j = j->next) {
        j->deadline_ms = 0;
        j->patience_ms = c->options.patience_ms / 2; /* it doubles as they ask */
    }
    if (c->jobs)
        tick_soon(c);
}

/* ---- answers ---- */

static struct job *find_moving(struct bulk_client *c, enum job_kind kind, const char *hash)
{
    struct job *j = c->jobs;
    while (j && !(j->is_active && j->kind == kind && strcmp(j->hash, hash) == 0))
        j = j->next;
    return j;
}

/* Refusals that end a job; others (a full disk, too many at once) pass, and the job waits. */
static const enum err_code final_refusals[] = { ERR_NOT_FOUND, ERR_LIMIT, ERR_INVALID, ERR_CORRUPT, ERR_REFUSED };

static void take_refusal(struct job *j, const struct message_blob_at *m)
{
    struct err e;
    if (j->kind == JOB_PUT && strcmp(m->refusal, err_code_name(ERR_CORRUPT)) == 0 && j->n_corrupt++ == 0) {
        j->at = 0; /* it may have gone on with a damaged partial file; now it begins anew */
        ask_where(j);
        wait_as_at_first(j);
        return;
    }
    for (size_t i = 0; i < sizeof final_refusals / sizeof *final_refusals; i++) {
        if (strcmp(m->refusal, err_code_name(final_refusals[i])) != 0)
            continue;
        err_set(&e, final_refusals[i], "%s", m->text ? m->text : m->refusal);
        end_job(j, &e);
        return;
    }
    if (!j->is_delayed)
        log_warn("blob %.12s… waits, and is asked for again: the coordinator says: %s", j->hash,
            m->text ? m->text : m->refusal);
    j->is_delayed = true;
    j->is_known = j->kind == JOB_GET && j->writer; /* nothing more goes out before the deadline */
    j->next_at = j->size;
    wait_for(j, INT64_MAX);
}

static void take_at(struct bulk_client *c, const struct message_blob_at *m)
{
    struct job *j = find_moving(c, JOB_PUT, m->hash);
    if (!j && m->refusal)
        j = find_moving(c, JOB_GET, m->hash);
    if (!j || j->is_finishing)
        return;
    if (m->refusal) {
        take_refusal(j, m);
        return;
    }
    if (m->is_stored) {
        end_job(j, NULL);
        return;
    }
    if (m->offset > j->size)
        return;
    bool has_moved = m->offset > j->at || !j->is_known;
    if (!j->is_known || m->offset < j->at || m->offset > j->next_at)
        j->next_at = m->offset; /* the beginning, a coordinator that lost its piece, or one that others help */
    j->at = m->offset;
    j->is_known = true;
    if (has_moved)
        wait_as_at_first(j);
    if (fill_window(j) < 0) {
        struct err e = j->e;
        end_job(j, &e);
    }
}

/* The first piece brings the size; a partial file of an earlier attempt says where to go on. */
static int learn_size(struct job *j, int64_t size)
{
    j->writer = blob_writer_open(j->client->blobs, j->hash, size, &j->e);
    if (!j->writer)
        return -1;
    j->size = size;
    j->is_known = true;
    j->at = j->next_at = blob_writer_at(j->writer);
    return 0;
}

/* 0, or -1 with j->e. */
static int add_data(struct job *j, const struct message *m)
{
    const struct message_blob_data *data = &m->as.blob_data;
    bool is_first = !j->writer;
    if (is_first && learn_size(j, data->size) < 0)
        return -1;
    if (data->size != j->size)
        return err_set(&j->e, ERR_INVALID, "blob %.12s… was said to have two sizes", j->hash);
    if (data->offset == j->at && m->tail_len > 0) {
        if (blob_writer_add(j->writer, data->offset, m->tail, m->tail_len, &j->e) < 0)
            return -1;
        j->at = blob_writer_at(j->writer);
        if (is_first || m->tail_len < LIMIT_BLOB_CHUNK)
            j->next_at = j->at;
        wait_as_at_first(j);
    }
    return fill_window(j);
}

static void take_data(struct bulk_client *c, const struct message *m)
{
    struct job *j = find_moving(c, JOB_GET, m->as.blob_data.hash);
    if (!j || j->is_finishing)
        return;
    if (add_data(j, m) < 0) {
        struct err e = j->e;
        end_job(j, &e);
    } else if (j->at == j->size)
        begin_finish(j);
}

void bulk_client_take(struct bulk_client *c, const struct message *m)
{
    if (c->is_closed)
        return;
    if (m->type == MESSAGE_BLOB_AT)
        take_at(c, &m->as.blob_at);
    else if (m->type == MESSAGE_BLOB_DATA)
        take_data(c, m);
    if (!c->is_closed && c->jobs)
        tick_soon(c);
}

/* ---- jobs and life ---- */

static uint64_t add_job(struct bulk_client *c, enum job_kind kind, const char *hash, bulk_done_fn done, void *context)
{
    assert(hash_is_hex(hash));
    assert(!c->is_closed);
    struct job *j = mem_zalloc(1, sizeof *j), **link = &c->jobs;
    *j = (struct job){ .client = c, .number = ++c->n_jobs, .kind = kind, .done = done, .context = context };
    memcpy(j->hash, hash, HASH_HEX);
    while (*link)
        link = &(*link)->next;
    *link = j;
    tick_soon(c);
    return j->number;
}

uint64_t bulk_client_put(struct bulk_client *c, const char *hash, bulk_done_fn done, void *context)
{
    return add_job(c, JOB_PUT, hash, done, context);
}

uint64_t bulk_client_get(struct bulk_client *c, const char *hash, bulk_done_fn done, void *context)
{
    return add_job(c, JOB_GET, hash, done, context);
}

void bulk_client_cancel(struct bulk_client *c, uint64_t number)
{
    struct job *j = c->jobs;
    while (j && j->number != number)
        j = j->next;
    if (!j)
        return;
    if (j->is_finishing)
        j->is_cancelled = true;
    else
        remove_job(j);
}

struct bulk_client *bulk_client_open(uv_loop_t *loop, struct blobs *blobs, const struct bulk_client_options *options)
{
    struct bulk_client *c = mem_zalloc(1, sizeof *c);
    c->loop = loop;
    c->blobs = blobs;
    c->options = *options;
    if (!c->options.patience_ms)
        c->options.patience_ms = PATIENCE_MS;
    c->piece = mem_alloc(LIMIT_BLOB_CHUNK);
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    return c;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct bulk_client *c = handle->data;
    c->is_timer_closed = true;
    free_if_over(c);
}

void bulk_client_close(struct bulk_client *c)
{
    if (!c || c->is_closed)
        return;
    c->is_closed = true;
    for (struct job *j = c->jobs, *next; j; j = next) {
        next = j->next;
        if (!j->is_finishing)
            remove_job(j);
    }
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}
