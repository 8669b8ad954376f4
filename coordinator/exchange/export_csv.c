/* The columns and the words are those of Optuna's trials_dataframe().to_csv(index=False), so that what reads one reads
 * the other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/io/files.h"
#include "common/proto/config.h"
#include "common/proto/json.h"
#include "coordinator/exchange/csv.h"
#include "coordinator/exchange/export.h"

struct table {
    const struct takeout *t;
    char **keys; /* owned: of the attributes that occur, sorted */
    size_t n_keys, cap_keys;
    char **cells;    /* owned: of the row, by key; NULL: empty */
    bool *has_param; /* by parameter: some trial has it */
    int *order;      /* parameters by name */
    bool has_fixed;  /* a WAITING trial is there, whose configuration is a system attribute */
    struct str text;
};

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void note_key(void *context, const char *key, const char *json)
{
    struct table *table = context;
    for (size_t i = 0; i < table->n_keys; i++)
        if (strcmp(table->keys[i], key) == 0)
            return;
    table->keys = mem_grow(table->keys, table->n_keys, &table->cap_keys, sizeof *table->keys);
    table->keys[table->n_keys++] = mem_strdup(key);
}

static bool is_waiting(const struct takeout_trial *trial)
{
    return strcmp(takeout_optuna_state(trial), "WAITING") == 0;
}

static void order_params(struct table *table)
{
    const struct space *space = &table->t->spec->space;
    for (int i = 0; i < space->n_params; i++) {
        int at = i;
        for (; at > 0 && strcmp(space->params[table->order[at - 1]].name, space->params[i].name) > 0; at--)
            table->order[at] = table->order[at - 1];
        table->order[at] = i;
    }
}

static void find_columns(struct table *table)
{
    const struct takeout *t = table->t;
    int n_params = t->spec->space.n_params;
    for (size_t i = 0; i < t->n; i++) {
        takeout_attributes(t, &t->trials[i], note_key, table);
        table->has_fixed |= is_waiting(&t->trials[i]);
        for (int j = 0; j < n_params; j++)
            table->has_param[j] |= !is_waiting(&t->trials[i]) && !isnan(t->trials[i].row.x[j]);
    }
    if (table->n_keys)
        qsort(table->keys, table->n_keys, sizeof *table->keys, compare_keys);
    table->cells = mem_zalloc(table->n_keys, sizeof *table->cells);
    order_params(table);
}

static void add_named(struct str *out, const char *prefix, const char *name)
{
    struct str column = { 0 };
    str_addf(&column, ",%s%s", prefix, name);
    str_add_char(out, ',');
    csv_put(out, str_text(&column) + 1);
    str_deinit(&column);
}

static void add_titles(struct table *table)
{
    struct str *out = &table->text;
    str_add(out, "number,value,datetime_start,datetime_complete,duration");
    for (int i = 0; i < table->t->spec->space.n_params; i++)
        if (table->has_param[table->order[i]])
            add_named(out, "params_", table->t->spec->space.params[table->order[i]].name);
    for (size_t i = 0; i < table->n_keys; i++)
        add_named(out, "user_attrs_", table->keys[i]);
    str_add(out, table->has_fixed ? ",system_attrs_fixed_params,state\r\n" : ",state\r\n");
}

/* ---- a row ---- */

static void add_value(struct str *out, const struct takeout_trial *trial)
{
    const char *state = takeout_optuna_state(trial);
    str_add_char(out, ',');
    if (isfinite(trial->row.value) && (strcmp(state, "COMPLETE") == 0 || strcmp(state, "PRUNED") == 0)) {
        struct str number = { 0 };
        json_put_number(&number, trial->row.value);
        str_add(out, str_text(&number));
        str_deinit(&number);
    }
}

static void add_times(struct str *out, const struct takeout_trial *trial)
{
    int64_t from, to;
    takeout_times(trial, &from, &to);
    str_add_char(out, ',');
    if (from)
        takeout_add_time(out, from);
    str_add_char(out, ',');
    if (to)
        takeout_add_time(out, to);
    str_add_char(out, ',');
    if (from && to) {
        int64_t ms = to > from ? to - from : 0, s = ms / 1000;
        str_addf(out, "%lld days %02d:%02d:%02d.%06d", (long long)(s / 86400), (int)(s / 3600 % 24), (int)(s / 60 % 60),
            (int)(s % 60), (int)(ms % 1000) * 1000);
    }
}

/* The value as pandas prints it: a text without its quotes, True and False. */
static void add_json(struct str *out, const char *json)
{
    struct json_doc *doc = json_parse(json, strlen(json), NULL);
    json_value v = doc ? json_root(doc) : NULL;
    if (v && json_type(v) == JSON_TEXT)
        csv_put(out, json_text(v));
    else if (v && json_type(v) == JSON_BOOL)
        str_add(out, json_bool(v) ? "True" : "False");
    else
        csv_put(out, json);
    json_free(doc);
}

static void add_param(struct str *out, const struct param *p, double x)
{
    struct str json = { 0 };
    str_add_char(out, ',');
    if (!isnan(x)) {
        config_put_value(p, x, &json);
        add_json(out, str_text(&json));
    }
    str_deinit(&json);
}

static void note_cell(void *context, const char *key, const char *json)
{
    struct table *table = context;
    char **found = bsearch(&key, table->keys, table->n_keys, sizeof *table->keys, compare_keys);
    char **cell = &table->cells[found - table->keys];
    free(*cell);
    *cell = mem_strdup(json);
}

static void add_attributes(struct table *table, const struct takeout_trial *trial)
{
    takeout_attributes(table->t, trial, note_cell, table);
    for (size_t i = 0; i < table->n_keys; i++) {
        str_add_char(&table->text, ',');
        if (table->cells[i])
            add_json(&table->text, table->cells[i]);
        free(table->cells[i]);
        table->cells[i] = NULL;
    }
}

static void add_row(struct table *table, const struct takeout_trial *trial)
{
    const struct space *space = &table->t->spec->space;
    struct str *out = &table->text, config = { 0 };
    str_addf(out, "%u", trial->row.number - 1);
    add_value(out, trial);
    add_times(out, trial);
    for (int i = 0; i < space->n_params; i++)
        if (table->has_param[table->order[i]])
            add_param(out, &space->params[table->order[i]], is_waiting(trial) ? NAN : trial->row.x[table->order[i]]);
    add_attributes(table, trial);
    if (table->has_fixed)
        str_add_char(out, ',');
    if (is_waiting(trial)) {
        config_to_json(space, trial->row.x, &config);
        csv_put(out, str_text(&config));
        str_deinit(&config);
    }
    str_addf(out, ",%s\r\n", takeout_optuna_state(trial));
}

int export_csv(const struct takeout *t, const char *path, struct err *e)
{
    size_t n_params = (size_t)t->spec->space.n_params;
    struct table table = {
        .t = t, .has_param = mem_zalloc(n_params, sizeof(bool)), .order = mem_zalloc(n_params, sizeof(int))
    };
    int failed = 0;
    find_columns(&table);
    add_titles(&table);
    for (size_t i = 0; i < t->n && !failed; i++) {
        add_row(&table, &t->trials[i]);
        failed = takeout_say(t, i, e);
    }
    if (!failed)
        failed = file_write(path, str_text(&table.text), table.text.len, 0, e);
    for (size_t i = 0; i < table.n_keys; i++)
        free(table.keys[i]);
    free(table.keys);
    free(table.cells);
    free(table.has_param);
    free(table.order);
    str_deinit(&table.text);
    return failed;
}
