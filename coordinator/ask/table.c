#include "coordinator/ask/table.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/expr/sandbox.h"
#include "common/proto/json.h"
#include "coordinator/ask/cell.h"
#include "coordinator/ask/sink.h"

#define BATCH_ROWS 256 /* of text, measured together */

struct printing {
    const struct asking *q;
    const struct table_form *form;
    struct asked *asked;
    int n_columns;
    int64_t n_rows;
    struct cell cells[SANDBOX_COLUMNS];
    struct listing listing;
    char **titles;      /* owned */
    const char **shown; /* owned: what the listing sees of them */
    struct sink sink;
};

/* ---- JSON ---- */

static void begin_json(struct printing *p, const char *campaign)
{
    struct str *out = &p->sink.text;
    json_open_object(out);
    json_add_text(out, "schema", p->form->schema);
    if (campaign)
        json_add_text(out, "campaign", campaign);
    json_put_key(out, p->form->rows);
    json_open_array(out);
}

static void add_json_row(struct printing *p)
{
    struct str *out = &p->sink.text;
    str_add(out, p->n_rows > 1 ? ",\n" : "\n");
    json_open_object(out);
    if (p->form->placed)
        json_add_int(out, p->form->placed, p->n_rows);
    for (int i = 0; i < p->n_columns; i++) {
        json_put_key(out, question_column(p->asked, i));
        cell_put_json(&p->cells[i], out);
    }
    json_close_object(out);
}

/* ---- CSV (RFC 4180) ---- */

static void begin_csv(struct printing *p)
{
    struct str *out = &p->sink.text;
    if (p->form->placed)
        str_addf(out, "%s,", p->form->placed);
    for (int i = 0; i < p->n_columns; i++) {
        str_add(out, i ? "," : "");
        cell_add_csv_text(out, question_column(p->asked, i));
    }
    str_add(out, "\r\n");
}

static void add_csv_row(struct printing *p)
{
    struct str *out = &p->sink.text;
    if (p->form->placed)
        str_addf(out, "%lld,", (long long)p->n_rows);
    for (int i = 0; i < p->n_columns; i++) {
        if (i)
            str_add_char(out, ',');
        cell_add_csv(&p->cells[i], out);
    }
    str_add(out, "\r\n");
}

/* ---- text ---- */

/* Each title is kept with the mark of a column that stands right; the listing sees it without, until the first batch
 * has a number there. */
static void begin_text(struct printing *p)
{
    bool is_placed = p->form->placed;
    int n = p->n_columns + is_placed;
    p->titles = mem_zalloc((size_t)n, sizeof *p->titles);
    p->shown = mem_zalloc((size_t)n, sizeof *p->shown);
    for (int i = 0; i < n; i++) {
        struct str title = { 0 };
        str_addf(&title, ">%s", is_placed && i == 0 ? p->form->placed : question_column(p->asked, i - is_placed));
        p->titles[i] = str_take(&title);
        p->shown[i] = p->titles[i] + !(is_placed && i == 0);
    }
    listing_init(&p->listing, p->shown, n);
}

static void add_text_row(struct printing *p)
{
    struct str text = { 0 };
    if (p->form->placed)
        listing_add_int(&p->listing, p->n_rows);
    for (int i = 0; i < p->n_columns; i++) {
        str_clear(&text);
        cell_add_text(&p->cells[i], &text);
        listing_add(&p->listing, str_text(&text));
        if (p->n_rows <= BATCH_ROWS && cell_is_number(&p->cells[i]))
            p->shown[i + (p->form->placed != NULL)] = p->titles[i + (p->form->placed != NULL)];
    }
    if (p->n_rows % BATCH_ROWS == 0)
        listing_flush(&p->listing, 0, &p->q->look, &p->sink.text);
    str_deinit(&text);
}

static void end_text(struct printing *p)
{
    listing_flush(&p->listing, 0, &p->q->look, &p->sink.text);
    listing_deinit(&p->listing);
    for (int i = 0; i < p->n_columns + (p->form->placed != NULL); i++)
        free(p->titles[i]);
    free(p->titles);
    free(p->shown);
}

/* ---- all of it ---- */

static int print_rows(struct printing *p, const char *campaign, struct err *e)
{
    int got;
    if (p->q->is_json)
        begin_json(p, campaign);
    else if (p->q->is_csv)
        begin_csv(p);
    else
        begin_text(p);
    while ((got = question_next(p->asked, p->cells, e)) > 0) {
        p->n_rows++;
        if (p->q->is_json)
            add_json_row(p);
        else if (p->q->is_csv)
            add_csv_row(p);
        else
            add_text_row(p);
        if ((got = sink_offer(&p->sink, e)) < 0)
            break;
    }
    if (p->q->is_json)
        str_add(&p->sink.text, "]}\n");
    else if (!p->q->is_csv)
        end_text(p);
    return got;
}

/* The list with the names of all parameters for PARAMS. Returns owned. */
static char *expand(const char *list, const struct space *space)
{
    struct str names = { 0 };
    const char *at = strstr(list, TABLE_PARAMS);
    if (!at)
        return mem_strdup(list);
    str_add_bytes(&names, list, (size_t)(at - list));
    question_add_params(space, &names);
    str_add(&names, at + strlen(TABLE_PARAMS));
    return str_take(&names);
}

static char *choose_columns(const struct archive *a, const struct asking *q, const struct table_form *form)
{
    const char *list = q->columns   ? q->columns
                       : q->is_json ? form->json_columns
                       : q->is_csv  ? form->csv_columns
                                    : form->text_columns;
    return list ? expand(list, &a->spec.space) : NULL;
}

int64_t table_print(struct archive *a, const struct asking *q, const struct table_form *form, const char *trials,
    const char *title, FILE *out, struct err *e)
{
    char *columns = choose_columns(a, q, form);
    struct question question = { .from = form->from,
        .campaign = a->campaign,
        .spec = &a->spec,
        .columns = columns,
        .where = q->where,
        .sort = q->sort,
        .is_ranked = form->is_ranked,
        .trials = trials,
        .max_rows = q->limit };
    struct printing p = { .q = q, .form = form };
    int status = -1;
    sink_open(&p.sink, out);
    p.asked = question_open(a->store, &question, e);
    if (p.asked) {
        p.n_columns = question_n_columns(p.asked);
        if (title && !q->is_json && !q->is_csv)
            archive_add_line(&p.sink.text, &q->look, VIEW_BOLD, "%s", title);
        status = print_rows(&p, a->campaign ? a->spec.name : NULL, e);
        question_close(p.asked); /* before who reads has all of it */
    }
    free(columns);
    status = sink_close(&p.sink, status, e);
    return status < 0 ? -1 : p.n_rows;
}
