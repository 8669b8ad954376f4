#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/expr/sandbox.h"
#include "common/proto/json.h"
#include "coordinator/ask/cell.h"
#include "coordinator/web/bulk.h"

#define ROWS 10000 /* unless told otherwise */
#define MOST_ROWS 100000
#define TOP_ROWS 100 /* of the best, that thinning leaves */
#define WORDS 64     /* a column of more different texts than these is written as it is */

/* ---- one column: texts by their place among the words as long as that is worth it ---- */

struct column {
    char *words[WORDS]; /* owned */
    int n_words;
    int last;                 /* the word that came last: most often the next one too */
    bool is_plain;            /* it has something else than few texts */
    struct str values, index; /* both, until it is known; only values then */
};

static int find_word(struct column *c, const char *text)
{
    if (c->n_words && strcmp(c->words[c->last], text) == 0)
        return c->last;
    for (int i = 0; i < c->n_words; i++)
        if (strcmp(c->words[i], text) == 0)
            return c->last = i;
    if (c->n_words == WORDS)
        return -1;
    c->words[c->n_words] = mem_strdup(text);
    return c->last = c->n_words++;
}

static void add_value(struct column *c, const struct cell *cell)
{
    bool is_text = cell->kind == CELL_TEXT;
    int word = is_text && !c->is_plain ? find_word(c, cell->text) : -1;
    c->is_plain |= cell->kind != CELL_NULL && word < 0;
    str_add(&c->values, c->values.len ? "," : "");
    cell_put_json(cell, &c->values);
    if (!c->is_plain)
        str_addf(&c->index, "%s%d", c->index.len ? "," : "", word);
}

static void put_column(const struct column *c, struct str *json)
{
    if (c->is_plain || c->n_words == 0) {
        str_addf(json, "[%s]", str_text(&c->values));
        return;
    }
    json_open_object(json);
    json_put_key(json, "words");
    json_open_array(json);
    for (int i = 0; i < c->n_words; i++)
        json_put_text(json, c->words[i]);
    json_close_array(json);
    str_addf(json, ",\"index\":[%s]", str_text(&c->index));
    json_close_object(json);
}

static void column_deinit(struct column *c)
{
    for (int i = 0; i < c->n_words; i++)
        free(c->words[i]);
    str_deinit(&c->values);
    str_deinit(&c->index);
}

/* ---- a table ---- */

static int read_rows(struct asked *asked, struct column *columns, int64_t n_skipped, int64_t *n, struct err *e)
{
    struct cell cells[SANDBOX_COLUMNS];
    int got;
    while ((got = question_next(asked, cells, e)) > 0) {
        if ((*n)++ < n_skipped)
            continue;
        for (int i = 0; i < question_n_columns(asked); i++)
            add_value(&columns[i], &cells[i]);
    }
    return got;
}

static int count_rows(struct archive *a, const struct question *q, int64_t *n, struct err *e)
{
    struct question counted = *q;
    struct cell cell;
    int got = -1;
    counted.columns = "trial";
    counted.sort = NULL;
    struct asked *asked = question_open(a->store, &counted, e);
    for (*n = 0; asked && (got = question_next(asked, &cell, e)) > 0;)
        ++*n;
    question_close(asked);
    return got;
}

static void put_table(const struct asked *asked, const struct column *columns, int64_t n, struct str *json)
{
    json_add_int(json, "n", n);
    json_put_key(json, "columns");
    json_open_object(json);
    for (int i = 0; i < question_n_columns(asked); i++) {
        json_put_key(json, question_column(asked, i));
        put_column(&columns[i], json);
    }
    json_close_object(json);
}

int bulk_put_columns(struct archive *a, const struct question *q, int64_t max_rows, struct str *json, int64_t *n_shown,
    int64_t *n_all, struct err *e)
{
    int64_t n_skipped = 0;
    *n_all = 0;
    if (max_rows) {
        if (count_rows(a, q, &n_skipped, e) < 0)
            return -1;
        n_skipped = n_skipped > max_rows ? n_skipped - max_rows : 0;
    }
    struct asked *asked = question_open(a->store, q, e);
    struct column *columns = mem_zalloc(SANDBOX_COLUMNS, sizeof *columns);
    int status = asked ? read_rows(asked, columns, n_skipped, n_all, e) : -1;
    if (status == 0) {
        *n_shown = *n_all - n_skipped;
        put_table(asked, columns, *n_shown, json);
    }
    for (int i = 0; i < SANDBOX_COLUMNS; i++)
        column_deinit(&columns[i]);
    free(columns);
    question_close(asked);
    return status;
}

void bulk_add_trial_columns(const struct archive *a, struct str *list)
{
    str_add(list, "trial,state,bracket,rung,budget,value,attempts,worker,started,seconds,reason");
    question_add_params(&a->spec.space, list);
}

int bulk_count_trials(struct archive *a, const char *where, int64_t *n, struct err *e)
{
    struct question q = { .from = QUESTION_TRIALS, .campaign = a->campaign, .spec = &a->spec, .where = where };
    return count_rows(a, &q, n, e);
}

int bulk_list_trials(struct archive *a, const struct question *q, struct str *list, int64_t *n, struct err *e)
{
    struct question numbers = *q;
    struct cell cell;
    int got = -1;
    numbers.columns = "trial";
    struct asked *asked = question_open(a->store, &numbers, e);
    for (*n = 0; asked && (got = question_next(asked, &cell, e)) > 0; ++*n)
        str_addf(list, "%s%lld", list->len ? "," : "", (long long)cell.whole);
    question_close(asked);
    return got;
}

/* ---- thinning ---- */

/* Of trials, a condition that leaves about `max` of n: each so many-th, those that run, and the best. */
static int thin_trials(
    struct archive *a, const char *where, int64_t n, int64_t max, struct str *condition, struct err *e)
{
    struct question best = { .from = QUESTION_TRIALS,
        .campaign = a->campaign,
        .spec = &a->spec,
        .where = where,
        .is_ranked = true,
        .max_rows = TOP_ROWS };
    struct str numbers = { 0 };
    int64_t n_best;
    int status = bulk_list_trials(a, &best, &numbers, &n_best, e);
    str_addf(condition, "(trial %% %lld = 0 OR state = 'running' OR trial IN (%s))", (long long)((n + max - 1) / max),
        str_text(&numbers));
    if (where)
        str_addf(condition, " AND (%s)", where);
    str_deinit(&numbers);
    return status;
}

static int put_trials(struct archive *a, const struct asking *asking, int64_t max, struct str *json, struct err *e)
{
    struct str columns = { 0 }, condition = { 0 };
    int64_t n_all, n_shown, n;
    if (bulk_count_trials(a, asking->where, &n_all, e) < 0)
        return -1;
    if (n_all > max && thin_trials(a, asking->where, n_all, max, &condition, e) < 0) {
        str_deinit(&condition);
        return -1;
    }
    bulk_add_trial_columns(a, &columns);
    struct question q = { .from = QUESTION_TRIALS,
        .campaign = a->campaign,
        .spec = &a->spec,
        .columns = asking->columns ? asking->columns : columns.text,
        .where = condition.len ? condition.text : asking->where,
        .sort = asking->sort };
    int status = bulk_put_columns(a, &q, 0, json, &n_shown, &n, e);
    if (status == 0)
        bulk_add_thinned(json, "thinned", n_shown, n_all);
    str_deinit(&columns);
    str_deinit(&condition);
    return status;
}

/* ---- the answer ---- */

/* clang-format off */
static const struct { const char *name; enum question_source from; const char *columns; } tables[] = {
    { "trials",    QUESTION_TRIALS,    NULL },
    { "attempts",  QUESTION_ATTEMPTS,  "trial,lease,rung,budget_from,budget_to,worker,host,granted_ms,ended_ms,outcome,reason" },
    { "decisions", QUESTION_DECISIONS, "seq,trial,move,origin,bracket,rung,budget,n_candidates,score,rank,n_at_rung,loss,line" },
    { "results",   QUESTION_RESULTS,   "trial,rung,budget,value,failure,counted,verdict,worker,seconds" },
};
/* clang-format on */

static int put_other(
    struct archive *a, const struct asking *asking, int table, int64_t max, struct str *json, struct err *e)
{
    struct question q = { .from = tables[table].from,
        .campaign = a->campaign,
        .columns = asking->columns ? asking->columns : tables[table].columns,
        .where = asking->where,
        .sort = asking->sort };
    int64_t n_all, n_shown;
    if (bulk_put_columns(a, &q, max, json, &n_shown, &n_all, e) < 0)
        return -1;
    bulk_add_thinned(json, "thinned", n_shown, n_all);
    return 0;
}

static int find_table(const struct call *c, struct err *e)
{
    const char *name = target_param(&c->target, "table");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (str_equal(name ? name : "trials", tables[i].name))
            return (int)i;
    return err_set(e, ERR_INVALID, "table=%s: trials, attempts, decisions or results is expected", name);
}

static int put_answer(
    struct archive *a, const struct asking *asking, int table, int64_t max, struct str *json, struct err *e)
{
    uint64_t seq;
    if (bulk_hold(a, &seq, e) < 0)
        return -1;
    json_open_object(json);
    json_add_text(json, "schema", "rung.columns/1");
    json_add_text(json, "campaign", a->spec.name);
    json_add_text(json, "table", tables[table].name);
    json_add_int(json, "seq", (int64_t)seq);
    if ((table == 0 ? put_trials(a, asking, max, json, e) : put_other(a, asking, table, max, json, e)) < 0)
        return -1;
    json_close_object(json);
    str_add_char(json, '\n');
    return 0;
}

int bulk_read_columns(struct call *c, FILE *out, struct err *e)
{
    struct asking q;
    struct archive a;
    struct str json = { 0 };
    int64_t max = ROWS;
    int table = find_table(c, e);
    if (table < 0 || call_asking(c, &q, e) < 0 || target_int(&c->target, "max", 1, MOST_ROWS, &max, e) < 0 ||
        archive_open(&a, &q, e) < 0)
        return -1;
    int status = put_answer(&a, &q, table, max, &json, e);
    if (status == 0)
        status = archive_print(&json, out, e);
    str_deinit(&json);
    archive_close(&a);
    return status;
}
