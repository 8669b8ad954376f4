/* A directory for TensorBoard: the HParams plug-in's experiment on top, and a run a trial below it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/io/files.h"
#include "coordinator/exchange/event_file.h"
#include "coordinator/exchange/export.h"

enum hparam_type { HPARAM_STRING = 1, HPARAM_BOOL = 2, HPARAM_FLOAT64 = 3 };
enum session_status { SESSION_SUCCESS = 1, SESSION_FAILURE = 2, SESSION_RUNNING = 3 };

bool export_tensorboard_is_ours(const char *name)
{
    return str_starts(name, "trial-") || str_starts(name, "events.out.tfevents.");
}

/* ---- values of google.protobuf ---- */

static enum hparam_type type_of(const struct param *p)
{
    if (p->type != PARAM_CATEGORICAL)
        return HPARAM_FLOAT64;
    for (int i = 1; i < p->n_choices; i++)
        if (p->choices[i].type != p->choices[0].type)
            return HPARAM_STRING;
    return p->choices[0].type == CHOICE_TEXT   ? HPARAM_STRING
           : p->choices[0].type == CHOICE_BOOL ? HPARAM_BOOL
                                               : HPARAM_FLOAT64;
}

static void put_choice_text(struct str *value, const struct choice *c)
{
    char number[40];
    snprintf(number, sizeof number, "%.17g", c->number);
    proto_add_text(value, 3,
        c->type == CHOICE_TEXT     ? c->text
        : c->type == CHOICE_NUMBER ? number
        : c->number                ? "true"
                                   : "false");
}

/* A google.protobuf.Value. */
static void put_value(struct str *value, const struct param *p, double x)
{
    const struct choice *c = p->type == PARAM_CATEGORICAL ? &p->choices[(int)x] : NULL;
    enum hparam_type type = type_of(p);
    if (type == HPARAM_STRING)
        put_choice_text(value, c);
    else if (type == HPARAM_BOOL)
        proto_add_int(value, 4, c->number != 0);
    else
        proto_add_number(value, 2, c ? c->number : x);
}

/* ---- the experiment ---- */

static void add_hparam_info(struct str *experiment, const struct param *p)
{
    struct str info = { 0 }, domain = { 0 }, value = { 0 };
    proto_add_text(&info, 1, p->name);
    proto_add_int(&info, 4, type_of(p));
    if (p->type == PARAM_CATEGORICAL)
        for (int i = 0; i < p->n_choices; i++) {
            str_clear(&value);
            put_value(&value, p, i);
            proto_add_message(&domain, 1, &value);
        }
    else {
        proto_add_number(&domain, 1, p->low);
        proto_add_number(&domain, 2, p->high);
    }
    proto_add_message(&info, p->type == PARAM_CATEGORICAL ? 5 : 6, &domain);
    proto_add_message(experiment, 4, &info);
    str_deinit(&info);
    str_deinit(&domain);
    str_deinit(&value);
}

static void add_metric_info(struct str *experiment, const char *tag)
{
    struct str info = { 0 }, name = { 0 };
    proto_add_text(&name, 2, tag);
    proto_add_message(&info, 1, &name);
    proto_add_text(&info, 3, tag);
    proto_add_message(experiment, 5, &info);
    str_deinit(&info);
    str_deinit(&name);
}

static void put_experiment(const struct takeout *t, struct str *file)
{
    struct str data = { 0 }, experiment = { 0 };
    double wall_s = (double)t->row.created_ms / 1000;
    proto_add_text(&experiment, 6, t->spec->name);
    proto_add_number(&experiment, 3, wall_s);
    for (int i = 0; i < t->spec->space.n_params; i++)
        add_hparam_info(&experiment, &t->spec->space.params[i]);
    add_metric_info(&experiment, t->spec->metric); /* first: the objective */
    for (size_t i = 0; i < t->n_metrics; i++)
        if (strcmp(t->metrics[i], t->spec->metric) != 0)
            add_metric_info(&experiment, t->metrics[i]);
    add_metric_info(&experiment, "rung/budget");
    proto_add_message(&data, 2, &experiment);
    event_begin(file, wall_s);
    event_hparams(file, wall_s, "_hparams_/experiment", &data);
    str_deinit(&experiment);
    str_deinit(&data);
}

/* ---- a run ---- */

struct span {
    int64_t from, to; /* budgets */
    int64_t started_ms, ended_ms;
};

struct board {
    const struct takeout *t;
    const char *path;
    const struct takeout_trial *trial; /* whose file is being made */
    struct str file;
    struct span *spans; /* of its attempts */
    size_t n_spans, cap_spans;
    char *metric;  /* owned: of the curve that is being taken, or NULL */
    double *pairs; /* of that curve: step, value */
    size_t n_pairs, cap_pairs;
};

static int take_span(void *context, const struct attempt_row *row, struct err *e)
{
    struct board *b = context;
    b->spans = mem_grow(b->spans, b->n_spans, &b->cap_spans, sizeof *b->spans);
    b->spans[b->n_spans++] = (struct span){ row->budget_from, row->budget_to, takeout_granted_ms(row), row->ended_ms };
    return 0;
}

static double start_of(const struct takeout_trial *trial)
{
    return (double)(trial->started_ms ? trial->started_ms : trial->proposed_ms) / 1000;
}

static double end_of(const struct takeout_trial *trial)
{
    return trial->ended_ms ? (double)trial->ended_ms / 1000 : start_of(trial);
}

/* When a step was reached: known for the last of an attempt, in proportion for those before it. */
static double time_of(const struct board *b, int64_t step)
{
    for (size_t i = b->n_spans; i-- > 0;) {
        const struct span *s = &b->spans[i];
        int64_t ended_ms = s->ended_ms ? s->ended_ms : s->started_ms;
        if (step > s->from && step <= s->to)
            return ((double)s->started_ms +
                       (double)(ended_ms - s->started_ms) * (double)(step - s->from) / (double)(s->to - s->from)) /
                   1000;
    }
    return end_of(b->trial);
}

static void put_start(struct board *b)
{
    const struct takeout_trial *trial = b->trial;
    const struct space *space = &b->t->spec->space;
    struct str data = { 0 }, info = { 0 }, entry = { 0 }, value = { 0 };
    for (int i = 0; i < space->n_params; i++) {
        if (isnan(trial->row.x[i]))
            continue;
        str_clear(&entry);
        str_clear(&value);
        put_value(&value, &space->params[i], trial->row.x[i]);
        proto_add_text(&entry, 1, space->params[i].name);
        proto_add_message(&entry, 2, &value);
        proto_add_message(&info, 1, &entry);
    }
    proto_add_number(&info, 5, start_of(trial));
    proto_add_message(&data, 3, &info);
    event_hparams(&b->file, start_of(trial), "_hparams_/session_start_info", &data);
    str_deinit(&data);
    str_deinit(&info);
    str_deinit(&entry);
    str_deinit(&value);
}

static void put_end(struct board *b)
{
    struct str data = { 0 }, info = { 0 };
    const char *state = takeout_optuna_state(b->trial);
    bool is_over = *state == 'C' || *state == 'P';
    proto_add_int(&info, 1, is_over ? SESSION_SUCCESS : *state == 'F' ? SESSION_FAILURE : SESSION_RUNNING);
    if (is_over || *state == 'F')
        proto_add_number(&info, 2, end_of(b->trial));
    proto_add_message(&data, 4, &info);
    event_scalar(&b->file, end_of(b->trial), b->trial->row.reached, "rung/budget", (double)b->trial->row.reached);
    event_hparams(&b->file, end_of(b->trial), "_hparams_/session_end_info", &data);
    str_deinit(&data);
    str_deinit(&info);
}

static void end_curve(struct board *b)
{
    struct str tag = { 0 };
    str_addf(&tag, "rung/exact/%s", b->metric ? b->metric : "");
    if (b->n_pairs)
        event_exact(&b->file, end_of(b->trial), str_text(&tag), b->pairs, b->n_pairs);
    b->n_pairs = 0;
    free(b->metric);
    b->metric = NULL;
    str_deinit(&tag);
}

static int begin_trial(struct board *b, const struct takeout_trial *trial, struct err *e)
{
    struct attempt_filter attempts = { .trial = trial->row.id };
    b->trial = trial;
    b->n_spans = 0;
    str_clear(&b->file);
    event_begin(&b->file, start_of(trial));
    put_start(b);
    return store_load_attempts(b->t->store, &attempts, take_span, b, e);
}

static int write_file(const struct board *b, const char *directory, double wall_s, struct err *e)
{
    struct str path = { 0 };
    str_addf(&path, "%s%s%s", b->path, *directory ? "/" : "", directory);
    int failed = file_make_directory(str_text(&path), 0777, e);
    str_addf(&path, "/events.out.tfevents.%010lld.rung", (long long)wall_s);
    FILE *file = failed ? NULL : fopen(str_text(&path), "wbe");
    if (!failed && (!file || fwrite(str_text(&b->file), 1, b->file.len, file) != b->file.len))
        failed = err_set_errno(e, "write %s", str_text(&path));
    if (file && fclose(file) != 0 && !failed)
        failed = err_set_errno(e, "write %s", str_text(&path));
    str_deinit(&path);
    return failed;
}

static int end_trial(struct board *b, struct err *e)
{
    struct str name = { 0 };
    if (!b->trial)
        return 0;
    end_curve(b);
    put_end(b);
    str_addf(&name, "trial-%05u", b->trial->row.number);
    int failed = write_file(b, str_text(&name), start_of(b->trial), e);
    str_deinit(&name);
    return failed;
}

/* Ends the files of all trials before this one, those without a curve too, and begins its own. */
static int go_to(struct board *b, const struct takeout_trial *trial, struct err *e)
{
    const struct takeout_trial *next = b->trial ? b->trial + 1 : b->t->trials;
    for (; next <= trial; next++)
        if (end_trial(b, e) < 0 || begin_trial(b, next, e) < 0)
            return -1;
    return 0;
}

static int add_point(
    void *context, const struct takeout_trial *trial, const char *metric, int64_t step, double value, struct err *e)
{
    struct board *b = context;
    if (trial != b->trial && go_to(b, trial, e) < 0)
        return -1;
    if (!b->metric || strcmp(b->metric, metric) != 0) {
        end_curve(b);
        b->metric = mem_strdup(metric);
    }
    event_scalar(&b->file, time_of(b, step), step, metric, value);
    if (b->n_pairs + 2 > b->cap_pairs) {
        b->cap_pairs = b->cap_pairs ? 2 * b->cap_pairs : 64;
        b->pairs = mem_resize(b->pairs, 2 * b->cap_pairs, sizeof *b->pairs);
    }
    b->pairs[2 * b->n_pairs] = (double)step;
    b->pairs[2 * b->n_pairs++ + 1] = value;
    return 0;
}

int export_tensorboard(const struct takeout *t, const char *path, struct err *e)
{
    struct board b = { .t = t, .path = path };
    put_experiment(t, &b.file);
    int failed = write_file(&b, "", (double)t->row.created_ms / 1000, e);
    failed = failed || takeout_points(t, NULL, add_point, &b, e) < 0 ||
             (t->n > 0 && go_to(&b, &t->trials[t->n - 1], e) < 0) || end_trial(&b, e) < 0;
    free(b.metric);
    free(b.spans);
    free(b.pairs);
    str_deinit(&b.file);
    return failed ? -1 : 0;
}
