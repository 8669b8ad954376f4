#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/io/files.h"
#include "common/proto/config.h"
#include "common/proto/json.h"
#include "coordinator/exchange/csv.h"
#include "coordinator/exchange/foreign.h"

#define CSV_BYTES ((size_t)1 << 30)

struct columns {
    int param[LIMIT_PARAMS]; /* by parameter, or -1, as the others */
    int value, budget, state;
};

static int find_column(const struct csv *c, const char *prefix, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (str_starts(c->cells[i], prefix) && strcmp(c->cells[i] + strlen(prefix), name) == 0)
            return (int)i;
    return -1;
}

static int first_of(int a, int b)
{
    return a >= 0 ? a : b;
}

static int find_columns(const struct csv *c, const struct campaign_spec *spec, struct columns *out, struct err *e)
{
    bool has_prefix = false;
    int n_found = 0;
    for (size_t i = 0; i < c->n; i++)
        has_prefix |= str_starts(c->cells[i], "params_");
    for (int i = 0; i < spec->space.n_params; i++) {
        out->param[i] = find_column(c, has_prefix ? "params_" : "", spec->space.params[i].name);
        n_found += out->param[i] >= 0;
    }
    out->value = first_of(find_column(c, "", "value"),
        first_of(find_column(c, "values_", spec->metric), find_column(c, "", spec->metric)));
    out->budget = first_of(find_column(c, "", "user_attrs_rung:budget"), find_column(c, "", "budget"));
    out->state = find_column(c, "", "state");
    if (out->value < 0)
        return err_set(
            e, ERR_INVALID, "line %d: no column is called value, or %s as the metric", c->line, spec->metric);
    if (n_found == 0)
        return err_set(e, ERR_INVALID, "line %d: no column is a parameter of the campaign: params_%s, for one", c->line,
            spec->space.params[0].name);
    return 0;
}

static const char *cell_of(const struct csv *c, int column)
{
    return column >= 0 && (size_t)column < c->n ? c->cells[column] : "";
}

static bool is_number(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    while (isspace((unsigned char)*end))
        end++;
    return *text && end != text && !*end && isfinite(*out);
}

/* The choice that is written so. */
static bool put_choice(const struct param *p, const char *text, struct str *out)
{
    for (int i = 0; i < p->n_choices; i++) {
        const struct choice *c = &p->choices[i];
        double number;
        bool is_it = c->type == CHOICE_TEXT     ? strcmp(text, c->text) == 0
                     : c->type == CHOICE_NUMBER ? is_number(text, &number) && number == c->number
                                                : strcasecmp(text, c->number ? "true" : "false") == 0;
        if (is_it) {
            config_put_value(p, i, out);
            return true;
        }
    }
    return false;
}

/* What is none of the parameter's values goes in as a text: the reader of configurations says what is wrong with it. */
static void put_cell(const struct param *p, const char *text, struct str *out)
{
    double number = 0;
    json_put_key(out, p->name);
    if (p->type == PARAM_CATEGORICAL && put_choice(p, text, out))
        return;
    if (p->type != PARAM_CATEGORICAL && is_number(text, &number))
        json_put_number(out, number);
    else
        json_put_text(out, text);
}

/* A finished trial, in Optuna's words or ours; a table without states has only such. */
static bool is_finished(const char *state)
{
    static const char *const words[] = { "", "COMPLETE", "PRUNED", "completed", "paused", "stopped", "running",
        "queued" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(state, words[i]) == 0)
            return true;
    return false;
}

static void take_row(struct foreign *f, const struct csv *c, const struct columns *at, const struct space *space)
{
    double value, budget = 0;
    const char *state = cell_of(c, at->state), *said = cell_of(c, at->budget);
    bool has_budget = is_number(said, &budget) && budget >= 1 && budget <= LIMIT_BUDGET;
    if (!is_number(cell_of(c, at->value), &value) || !is_finished(state) || (*said && !has_budget) ||
        (strcmp(state, "PRUNED") == 0 && !has_budget)) {
        f->n_silent++;
        return;
    }
    struct str label = { 0 }, config = { 0 };
    str_addf(&label, "line %d", c->line);
    json_open_object(&config);
    for (int i = 0; i < space->n_params; i++)
        if (*cell_of(c, at->param[i]))
            put_cell(&space->params[i], cell_of(c, at->param[i]), &config);
    json_close_object(&config);
    foreign_add(f, str_text(&label), str_text(&config), (int64_t)budget, value);
    str_deinit(&label);
    str_deinit(&config);
}

int foreign_read_csv(struct foreign *f, const char *path, const struct campaign_spec *spec, struct err *e)
{
    struct str text = { 0 };
    struct columns at;
    struct csv c = { 0 };
    f->goal = -1;
    int got = file_read(path, CSV_BYTES, &text, e);
    if (got == 0) {
        csv_init(&c, str_text(&text), text.len);
        got = csv_next(&c, e);
        if (got == 0)
            got = err_set(e, ERR_INVALID, "it is empty");
        if (got > 0 && find_columns(&c, spec, &at, e) < 0)
            got = -1;
        while (got > 0 && (got = csv_next(&c, e)) > 0)
            take_row(f, &c, &at, &spec->space);
        if (got < 0)
            err_prefix(e, "%s", path);
    }
    csv_deinit(&c);
    str_deinit(&text);
    return got;
}
