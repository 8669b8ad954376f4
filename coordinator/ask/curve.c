#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "coordinator/ask/archive.h"
#include "coordinator/ask/cell.h"
#include "coordinator/text/chart.h"

#define CHART_ROWS 16

struct curves {
    const char *metric;
    struct chart_line *lines; /* owned: n, in the order in which they were asked for */
    int n;
    int at;       /* the one that is being read */
    char **names; /* owned: the metrics that there are */
    size_t n_names, cap_names;
};

static void curves_deinit(struct curves *c)
{
    for (int i = 0; i < c->n; i++)
        chart_line_deinit(&c->lines[i]);
    free(c->lines);
    for (size_t i = 0; i < c->n_names; i++)
        free(c->names[i]);
    free(c->names);
}

static int take_point(void *context, const char *metric, int64_t step, double value, struct err *e)
{
    struct curves *c = (struct curves *)context;
    if (strcmp(metric, c->metric) == 0)
        chart_add_point(&c->lines[c->at], step, value);
    if (c->n_names == 0 || strcmp(c->names[c->n_names - 1], metric) != 0) { /* they come metric by metric */
        c->names = mem_grow(c->names, c->n_names, &c->cap_names, sizeof *c->names);
        c->names[c->n_names++] = mem_strdup(metric);
    }
    return 0;
}

static int refuse_metric(const struct curves *c, struct err *e)
{
    if (c->n_names == 0)
        return err_set(e, ERR_NOT_FOUND, "no trial of these has reported anything that was kept yet");
    struct str all = { 0 };
    for (size_t i = 0; i < c->n_names; i++) {
        size_t before = 0;
        while (before < i && strcmp(c->names[before], c->names[i]) != 0)
            before++;
        if (before == i)
            str_addf(&all, "%s%s", i ? ", " : "", c->names[i]);
    }
    const char *near = str_nearest(c->metric, (const char *const *)c->names, c->n_names);
    err_set(e, ERR_NOT_FOUND, "there is no metric \"%s\"; %s%s%sthere are %s", c->metric, near ? "is it " : "",
        near ? near : "", near ? "? " : "", str_text(&all));
    str_deinit(&all);
    return -1;
}

static int read_curves(struct archive *a, char *const *words, struct curves *c, struct err *e)
{
    size_t n_points = 0;
    for (c->at = 0; c->at < c->n; c->at++) {
        struct archived_trial trial;
        if (archive_find(a, words[c->at], &trial, e) < 0)
            return -1;
        c->lines[c->at].number = trial.row.number;
        if (store_load_points(a->store, trial.row.id, take_point, c, e) < 0)
            return -1;
        n_points += c->lines[c->at].n;
    }
    return n_points ? 0 : refuse_metric(c, e);
}

/* ---- the forms ---- */

static void add_json(const struct archive *a, const struct curves *c, struct str *json)
{
    json_open_object(json);
    json_add_text(json, "schema", "rung.curve/1");
    json_add_text(json, "campaign", a->spec.name);
    json_add_text(json, "metric", c->metric);
    json_put_key(json, "curves");
    json_open_array(json);
    for (int i = 0; i < c->n; i++) {
        json_open_object(json);
        json_add_int(json, "trial", c->lines[i].number);
        json_put_key(json, "points");
        json_open_array(json);
        for (size_t k = 0; k < c->lines[i].n; k++) {
            json_open_array(json);
            json_put_int(json, c->lines[i].steps[k]);
            json_put_number(json, c->lines[i].values[k]);
            json_close_array(json);
        }
        json_close_array(json);
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
    str_add_char(json, '\n');
}

static void add_csv(const struct curves *c, struct str *csv)
{
    str_add(csv, "trial,step,");
    cell_add_csv_text(csv, c->metric);
    str_add(csv, "\r\n");
    for (int i = 0; i < c->n; i++)
        for (size_t k = 0; k < c->lines[i].n; k++) {
            struct cell value = { .kind = CELL_NUMBER, .number = c->lines[i].values[k] };
            str_addf(csv, "%u,%lld,", c->lines[i].number, (long long)c->lines[i].steps[k]);
            cell_add_csv(&value, csv);
            str_add(csv, "\r\n");
        }
}

static void add_text(const struct archive *a, const struct curves *c, const struct view_look *look, struct str *text)
{
    archive_add_line(text, look, VIEW_BOLD, "%s: %s by step", a->spec.name, c->metric);
    chart_draw(text, c->lines, c->n, CHART_ROWS, look);
}

int cli_curve(const struct asking *q, char *const *trials, int n, const char *metric, FILE *out, struct err *e)
{
    struct archive a;
    struct str text = { 0 };
    if (archive_open(&a, q, e) < 0)
        return -1;
    struct curves c = { .metric = metric ? metric : a.spec.metric, .n = n };
    c.lines = mem_zalloc((size_t)n, sizeof *c.lines);
    int status = read_curves(&a, trials, &c, e);
    if (status == 0 && q->is_json)
        add_json(&a, &c, &text);
    else if (status == 0 && q->is_csv)
        add_csv(&c, &text);
    else if (status == 0)
        add_text(&a, &c, &q->look, &text);
    if (status == 0)
        status = archive_print(&text, out, e);
    str_deinit(&text);
    curves_deinit(&c);
    archive_close(&a);
    return status;
}
