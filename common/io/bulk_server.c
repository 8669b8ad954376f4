#include "common/io/bulk_server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/io/files.h"

/* Blobs that are on their way at once, and peers that wait for one: more are told to ask again. */
enum { MAX_TRANSFERS = 64, MAX_WAITERS = 64, N_ASKED = 64, N_LOOKED = 16, LOOK_MS = 600000 };

/* One blob on its way in. */
struct transfer {
    struct bulk_server *server;
    struct transfer *next;
    char hash[HASH_HEX];
    int64_t size;
    struct blob_writer *writer;
    uint64_t used; /* the server's count when it was last asked for: the smallest is given up first */
    /* All bytes are here: the pool verifies and syncs, and these peers wait for the answer. */
    bool is_finishing;
    uint64_t waiters[MAX_WAITERS];
    int n_waiters;
    uv_work_t work;
    int status;
    struct err e;
};

/* A blob that is being looked at, in the pool. */
struct look {
    struct bulk_server *server;
    char hash[HASH_HEX];
    uv_work_t work;
    int status;
    struct err e;
};

struct bulk_server {
    uv_loop_t *loop;
    char asked[N_ASKED][HASH_HEX]; /* whose beginning was asked for last: a ring */
    size_t n_asked;
    struct {
        char hash[HASH_HEX];
        uint64_t until_ms;
    } looked[N_LOOKED]; /* whose bytes were looked at not long ago: a ring */
    size_t n_looked;
    int n_looks;
    struct blobs *blobs;
    struct bulk_server_options options;
    struct transfer *transfers;
    int n_transfers;
    uint64_t n_uses;
    bool is_closed;
    char *piece; /* LIMIT_BLOB_CHUNK bytes, for BLOB_DATA */
};

/* ---- answers ---- */

static void answer_at(struct bulk_server *s, uint64_t peer, const char *hash, int64_t offset, bool is_stored)
{
    struct message m = { .type = MESSAGE_BLOB_AT,
        .as.blob_at = { .hash = hash, .offset = offset, .is_stored = is_stored } };
    s->options.reply(s->options.context, peer, &m);
}

static void answer_no(struct bulk_server *s, uint64_t peer, const char *hash, const struct err *e)
{
    struct message m = { .type = MESSAGE_BLOB_AT,
        .as.blob_at = { .hash = hash, .refusal = err_code_name(e->code), .text = e->text } };
    s->options.reply(s->options.context, peer, &m);
}

/* ---- transfers ---- */

static struct transfer *find_transfer(struct bulk_server *s, const char *hash)
{
    struct transfer *t = s->transfers;
    while (t && strcmp(t->hash, hash) != 0)
        t = t->next;
    return t;
}

/* What is not finished stays on disk, and a later transfer goes on with it. */
static void end_transfer(struct transfer *t)
{
    struct bulk_server *s = t->server;
    struct transfer **link = &s->transfers;
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    s->n_transfers--;
    blob_writer_close(t->writer);
    free(t);
}

static int make_room(struct bulk_server *s, struct err *e)
{
    struct transfer *oldest = NULL;
    if (s->n_transfers < MAX_TRANSFERS)
        return 0;
    for (struct transfer *t = s->transfers; t; t = t->next)
        if (!t->is_finishing && (!oldest || t->used < oldest->used))
            oldest = t;
    if (!oldest)
        return err_set(e, ERR_BUSY, "%d blobs are being stored at this moment", MAX_TRANSFERS);
    end_transfer(oldest);
    return 0;
}

static int check_space(struct bulk_server *s, int64_t size, struct err *e)
{
    int64_t most = s->options.max_blob_bytes ? s->options.max_blob_bytes : BLOB_MAX;
    int64_t free_bytes, total_bytes;
    if (size > most)
        return err_set(e, ERR_LIMIT, "a blob of %lld bytes: at most %lld are taken", (long long)size, (long long)most);
    if (!s->options.min_free_bytes)
        return 0;
    if (file_free_bytes(blobs_dir(s->blobs), &free_bytes, &total_bytes, e) < 0)
        return -1;
    if (free_bytes < s->options.min_free_bytes)
        return err_set(
            e, ERR_IO, "the disk of the blobs is nearly full: %lld MB are left", (long long)(free_bytes >> 20));
    return 0;
}

/* The transfer of this blob, begun if need be, or NULL with e. */
static struct transfer *want_transfer(struct bulk_server *s, const char *hash, int64_t size, struct err *e)
{
    struct transfer *t = find_transfer(s, hash);
    if (t && t->size != size) {
        err_set(e, ERR_INVALID, "a blob of %lld bytes: it was said to have %lld", (long long)size, (long long)t->size);
        return NULL;
    }
    if (t)
        return t;
    if (check_space(s, size, e) < 0 || make_room(s, e) < 0)
        return NULL;
    struct blob_writer *writer = blob_writer_open(s->blobs, hash, size, e);
    if (!writer)
        return NULL;
    t = mem_zalloc(1, sizeof *t);
    *t = (struct transfer){ .server = s, .next = s->transfers, .size = size, .writer = writer };
    memcpy(t->hash, hash, HASH_HEX);
    s->transfers = t;
    s->n_transfers++;
    return t;
}

/* ---- the end of a transfer, in the pool ---- */

static void free_server(struct bulk_server *s)
{
    free(s->piece);
    free(s);
}

static void in_pool(uv_work_t *work)
{
    struct transfer *t = work->data;
    t->status = blob_writer_finish(t->writer, &t->e);
}

static void after_pool(uv_work_t *work, int uv_status)
{
    struct transfer *t = work->data;
    struct bulk_server *s = t->server;
    if (t->status == 0 && !s->is_closed && s->options.on_stored)
        s->options.on_stored(s->options.context, t->hash, t->size);
    for (int i = 0; i < t->n_waiters && !s->is_closed; i++) {
        if (t->status == 0)
            answer_at(s, t->waiters[i], t->hash, t->size, true);
        else
            answer_no(s, t->waiters[i], t->hash, &t->e);
    }
    end_transfer(t);
    if (s->is_closed && !s->transfers && s->n_looks == 0)
        free_server(s);
}

static void add_waiter(struct transfer *t, uint64_t peer)
{
    for (int i = 0; i < t->n_waiters; i++)
        if (t->waiters[i] == peer)
            return;
    if (t->n_waiters < MAX_WAITERS)
        t->waiters[t->n_waiters++] = peer;
}

static void begin_finish(struct transfer *t)
{
    t->is_finishing = true;
    t->work.data = t;
    uv_queue_work(t->server->loop, &t->work, in_pool, after_pool);
}

/* ---- messages ---- */

/* A piece that is not the next one changes nothing: the answer says which would be. */
static int add_piece(struct transfer *t, const struct message *m, struct err *e)
{
    const struct message_blob_put *put = &m->as.blob_put;
    if (m->tail_len == 0 || put->offset != blob_writer_at(t->writer))
        return 0;
    if (check_space(t->server, t->size, e) < 0)
        return -1;
    return blob_writer_add(t->writer, put->offset, m->tail, m->tail_len, e);
}

static void take_put(struct bulk_server *s, uint64_t peer, const struct message *m)
{
    const struct message_blob_put *put = &m->as.blob_put;
    struct err e = { 0 };
    if (blobs_has(s->blobs, put->hash)) {
        answer_at(s, peer, put->hash, blobs_size(s->blobs, put->hash), true);
        return;
    }
    struct transfer *t = want_transfer(s, put->hash, put->size, &e);
    if (t && !t->is_finishing && add_piece(t, m, &e) < 0)
        t = NULL;
    if (!t) {
        answer_no(s, peer, put->hash, &e);
        return;
    }
    t->used = ++s->n_uses;
    if (!t->is_finishing && blob_writer_at(t->writer) < t->size) {
        answer_at(s, peer, put->hash, blob_writer_at(t->writer), false);
        return;
    }
    add_waiter(t, peer);
    if (!t->is_finishing)
        begin_finish(t);
}

/* ---- blobs that are missing or damaged ---- */

static void look_in_pool(uv_work_t *work)
{
    struct look *l = work->data;
    l->status = blobs_verify(l->server->blobs, l->hash, &l->e);
    if (l->status < 0 && l->e.code == ERR_CORRUPT)
        l->status = blobs_set_aside(l->server->blobs, l->hash, NULL) < 0 ? 0 : -1;
    else
        l->status = 0;
}

static void after_look(uv_work_t *work, int uv_status)
{
    struct look *l = work->data;
    struct bulk_server *s = l->server;
    s->n_looks--;
    if (l->status < 0 && !s->is_closed && s->options.on_lost)
        s->options.on_lost(s->options.context, l->hash);
    free(l);
    if (s->is_closed && !s->transfers && s->n_looks == 0)
        free_server(s);
}

/* True when the beginning of this blob was asked for not long ago. */
static bool was_asked(struct bulk_server *s, const char *hash)
{
    for (size_t i = 0; i < N_ASKED; i++)
        if (strcmp(s->asked[i], hash) == 0)
            return true;
    memcpy(s->asked[s->n_asked++ % N_ASKED], hash, HASH_HEX);
    return false;
}

/* Several workers may want the same large blob at once: one look in LOOK_MS says enough. */
static bool was_looked_at(struct bulk_server *s, const char *hash)
{
    uint64_t now_ms = uv_now(s->loop);
    for (size_t i = 0; i < N_LOOKED; i++)
        if (strcmp(s->looked[i].hash, hash) == 0 && now_ms < s->looked[i].until_ms)
            return true;
    memcpy(s->looked[s->n_looked % N_LOOKED].hash, hash, HASH_HEX);
    s->looked[s->n_looked++ % N_LOOKED].until_ms = now_ms + LOOK_MS;
    return false;
}

static void look_again(struct bulk_server *s, const char *hash)
{
    if (!was_asked(s, hash) || s->n_looks >= MAX_WAITERS || was_looked_at(s, hash))
        return;
    struct look *l = mem_zalloc(1, sizeof *l);
    l->server = s;
    memcpy(l->hash, hash, HASH_HEX);
    l->work.data = l;
    s->n_looks++;
    uv_queue_work(s->loop, &l->work, look_in_pool, after_look);
}

static void take_get(struct bulk_server *s, uint64_t peer, const struct message *m)
{
    const struct message_blob_get *get = &m->as.blob_get;
    struct err e = { 0 };
    size_t len;
    int64_t size = blobs_size(s->blobs, get->hash);
    if (size < 0 && s->options.on_lost && hash_is_hex(get->hash))
        s->options.on_lost(s->options.context, get->hash);
    else if (size >= 0 && get->offset == 0)
        look_again(s, get->hash);
    if (size < 0)
        err_set(&e, ERR_NOT_FOUND, "blob %.12s… is not here", get->hash);
    else if (get->offset > size)
        err_set(&e, ERR_INVALID, "a piece beyond the blob's %lld bytes", (long long)size);
    else if (blobs_read(s->blobs, get->hash, get->offset, s->piece, LIMIT_BLOB_CHUNK, &len, &e) == 0) {
        struct message data = { .type = MESSAGE_BLOB_DATA,
            .as.blob_data = { .hash = get->hash, .size = size, .offset = get->offset },
            .tail = len ? s->piece : NULL,
            .tail_len = len };
        s->options.reply(s->options.context, peer, &data);
        return;
    }
    answer_no(s, peer, get->hash, &e);
}

void bulk_server_take(struct bulk_server *s, uint64_t peer, const struct message *m)
{
    assert(!s->is_closed);
    assert(m->type == MESSAGE_BLOB_PUT || m->type == MESSAGE_BLOB_GET);
    if (m->type == MESSAGE_BLOB_PUT)
        take_put(s, peer, m);
    else
        take_get(s, peer, m);
}

/* ---- life ---- */

struct bulk_server *bulk_server_open(uv_loop_t *loop, struct blobs *blobs, const struct bulk_server_options *options)
{
    struct bulk_server *s = mem_zalloc(1, sizeof *s);
    s->loop = loop;
    s->blobs = blobs;
    s->options = *options;
    s->piece = mem_alloc(LIMIT_BLOB_CHUNK);
    return s;
}

void bulk_server_close(struct bulk_server *s)
{
    if (!s)
        return;
    s->is_closed = true;
    for (struct transfer *t = s->transfers, *next; t; t = next) {
        next = t->next;
        if (!t->is_finishing)
            end_transfer(t);
    }
    if (!s->transfers && s->n_looks == 0)
        free_server(s);
}
