#include "worker/outcomes.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "worker/spool/spool.h"

struct outcome {
    struct outcome_key key;
    uint64_t number; /* of the record */
    char hash[HASH_TEXT];
    int64_t bytes;
};

struct outcomes {
    struct spool *spool;
    struct outcome *list;
    size_t n, cap;
};

/* ---- what RESULT and FAIL have in common ---- */

static bool describe(const struct message *m, struct outcome *out)
{
    const char *hash;
    if (m->type == MESSAGE_RESULT) {
        const struct message_result *r = &m->as.result;
        out->key = (struct outcome_key){ .trial = r->trial, .lease = r->lease, .rung = r->rung };
        out->bytes = r->checkpoint_bytes;
        hash = r->checkpoint;
    } else if (m->type == MESSAGE_FAIL) {
        const struct message_fail *f = &m->as.fail;
        out->key = (struct outcome_key){ .trial = f->trial, .lease = f->lease, .rung = f->rung };
        out->bytes = f->checkpoint_bytes;
        hash = f->checkpoint;
    } else {
        return false;
    }
    str_copy(out->hash, sizeof out->hash, hash ? hash : "");
    return true;
}

static void strip(struct message *m)
{
    if (m->type == MESSAGE_RESULT) {
        m->as.result.checkpoint = NULL;
        m->as.result.checkpoint_bytes = 0;
    } else {
        m->as.fail.checkpoint = NULL;
        m->as.fail.checkpoint_bytes = 0;
        m->as.fail.budget = 0;
    }
}

static void set_session(struct message *m, uint64_t session)
{
    if (m->type == MESSAGE_RESULT)
        m->as.result.session = session;
    else
        m->as.fail.session = session;
}

/* ---- the list ---- */

static struct outcome *find(const struct outcomes *o, struct outcome_key key)
{
    for (size_t i = 0; i < o->n; i++)
        if (o->list[i].key.trial == key.trial && o->list[i].key.rung == key.rung && o->list[i].key.lease == key.lease)
            return &o->list[i];
    return NULL;
}

static int add(struct outcomes *o, const struct outcome *outcome, struct err *e)
{
    struct outcome *former = find(o, outcome->key);
    if (former) {
        uint64_t number = former->number;
        if (spool_sync(o->spool, e) < 0) /* the new one first: a power cut must not leave neither */
            return -1;
        *former = *outcome;
        return spool_forget(o->spool, number, e);
    }
    o->list = mem_grow(o->list, o->n, &o->cap, sizeof *o->list);
    o->list[o->n++] = *outcome;
    return 0;
}

/* ---- opening ---- */

/* Reads and decodes a record. */
static int read_message(const struct outcomes *o, uint64_t number, struct message *out, struct err *e)
{
    size_t len;
    void *frame = spool_read(o->spool, number, &len, e);
    if (!frame)
        return -1;
    int r = message_decode(frame, len, out, e);
    free(frame);
    return r;
}

static int take_record(struct outcomes *o, uint64_t number, int *n_damaged, struct err *e)
{
    struct message m;
    struct outcome outcome = { .number = number };
    if (read_message(o, number, &m, NULL) < 0) {
        ++*n_damaged; /* whole, but of another protocol or no message: nobody could take it */
        return spool_forget(o->spool, number, e);
    }
    int r = describe(&m, &outcome) ? add(o, &outcome, e) : spool_forget(o->spool, number, e);
    message_deinit(&m);
    return r;
}

struct outcomes *outcomes_open(int dir_fd, int *n_damaged, struct err *e)
{
    struct outcomes *o = mem_zalloc(1, sizeof *o);
    o->spool = spool_open(dir_fd, n_damaged, e);
    uint64_t next = 0, number = 0;
    bool is_good = o->spool != NULL;
    while (is_good && (next = spool_next(o->spool, number))) {
        is_good = take_record(o, next, n_damaged, e) == 0;
        number = next;
    }
    if (is_good)
        return o;
    outcomes_close(o);
    return NULL;
}

void outcomes_close(struct outcomes *o)
{
    if (!o)
        return;
    spool_close(o->spool);
    free(o->list);
    free(o);
}

/* ---- use ---- */

int outcomes_add(struct outcomes *o, const struct message *m, struct err *e)
{
    struct outcome outcome = { 0 };
    struct str frame = { 0 };
    int r = -1;
    if (!describe(m, &outcome) || !message_encode(m, &frame))
        err_set(e, ERR_LIMIT, "the outcome is too large for one frame");
    else if (spool_append(o->spool, frame.text, frame.len, &outcome.number, e) == 0)
        r = add(o, &outcome, e);
    str_deinit(&frame);
    return r;
}

int outcomes_sync(struct outcomes *o, struct err *e)
{
    return spool_sync(o->spool, e);
}

static int find_message(struct outcomes *o, struct outcome_key key, struct message *out, struct err *e)
{
    const struct outcome *outcome = find(o, key);
    if (!outcome)
        return err_set(e, ERR_NOT_FOUND, "this outcome is not in the spool");
    return read_message(o, outcome->number, out, e);
}

int outcomes_strip(struct outcomes *o, struct outcome_key key, struct err *e)
{
    struct message m;
    if (find_message(o, key, &m, e) < 0)
        return -1;
    strip(&m);
    int r = outcomes_add(o, &m, e);
    message_deinit(&m);
    return r;
}

int outcomes_frame(struct outcomes *o, struct outcome_key key, uint64_t session, struct str *frame, struct err *e)
{
    struct message m;
    if (find_message(o, key, &m, e) < 0)
        return -1;
    set_session(&m, session);
    bool fits = message_encode(&m, frame);
    message_deinit(&m);
    return fits ? 0 : err_set(e, ERR_LIMIT, "the outcome is too large for one frame");
}

int outcomes_forget(struct outcomes *o, struct outcome_key key, struct err *e)
{
    struct outcome *outcome = find(o, key);
    if (!outcome)
        return 0;
    uint64_t number = outcome->number;
    size_t i = (size_t)(outcome - o->list);
    memmove(outcome, outcome + 1, (o->n - i - 1) * sizeof *outcome);
    o->n--;
    return spool_forget(o->spool, number, e);
}

void outcomes_each(const struct outcomes *o,
    bool (*each)(void *context, struct outcome_key key, const char *hash, int64_t bytes), void *context)
{
    for (size_t i = 0; i < o->n; i++)
        if (!each(context, o->list[i].key, o->list[i].hash, o->list[i].bytes))
            return;
}
