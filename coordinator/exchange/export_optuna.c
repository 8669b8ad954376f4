/* Writes Optuna's tables. The SQL here is about a foreign file: nothing of our own database is named. */
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/config.h"
#include "common/proto/json.h"
#include "coordinator/exchange/export.h"
#include "coordinator/exchange/optuna_schema.h"

enum insertion {
    INSERT_STUDY,
    INSERT_DIRECTION,
    INSERT_STUDY_USER,
    INSERT_VERSION,
    INSERT_TRIAL,
    INSERT_PARAM,
    INSERT_VALUE,
    INSERT_USER,
    INSERT_SYSTEM,
    INSERT_POINT,
    INSERT_N
};

/* clang-format off */
static const char *const texts[INSERT_N] = {
    [INSERT_STUDY]        = "INSERT INTO studies (study_id, study_name) VALUES (1, ?1)",
    [INSERT_DIRECTION]    = "INSERT INTO study_directions (study_id, objective, direction) VALUES (1, 0, ?1)",
    [INSERT_STUDY_USER]   = "INSERT INTO study_user_attributes (study_id, \"key\", value_json) VALUES (1, ?1, ?2)",
    [INSERT_VERSION]      = "INSERT INTO version_info VALUES (1, ?1, ?2)",
    [INSERT_TRIAL]        = "INSERT INTO trials VALUES (?1, ?1 - 1, 1, ?2, ?3, ?4)",
    [INSERT_PARAM]        = "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (?1, ?2, ?3, ?4)",
    [INSERT_VALUE]        = "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?1, 0, ?2, 'FINITE')",
    [INSERT_USER]         = "INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) VALUES (?1, ?2, ?3)",
    [INSERT_SYSTEM]       = "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) VALUES (?1, ?2, ?3)",
    [INSERT_POINT]        = ("INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
                             "VALUES (?1, ?2, ?3, 'FINITE')"),
};
/* clang-format on */

struct writer {
    const struct takeout *t;
    sqlite3 *db;
    sqlite3_stmt *statements[INSERT_N];
    char **distributions; /* by parameter */
    int64_t trial;        /* whose attributes are being written */
    int rc;               /* the first that went wrong, else SQLITE_OK */
};

/* ---- rows; once one has failed, nothing more is written ---- */

static sqlite3_stmt *begin(struct writer *w, enum insertion which)
{
    if (w->rc == SQLITE_OK && !w->statements[which])
        w->rc = sqlite3_prepare_v2(w->db, texts[which], -1, &w->statements[which], NULL);
    return w->statements[which];
}

static void bind_text(sqlite3_stmt *s, int i, const char *text)
{
    sqlite3_bind_text(s, i, text, -1, SQLITE_TRANSIENT);
}

static void bind_time(sqlite3_stmt *s, int i, int64_t wall_ms)
{
    struct str text = { 0 };
    sqlite3_bind_null(s, i);
    if (wall_ms) {
        takeout_add_time(&text, wall_ms);
        bind_text(s, i, str_text(&text));
    }
    str_deinit(&text);
}

static void end(struct writer *w, sqlite3_stmt *s)
{
    if (w->rc == SQLITE_OK) {
        int rc = sqlite3_step(s);
        w->rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    sqlite3_reset(s);
}

static void add_pair(struct writer *w, enum insertion which, const char *first, const char *second)
{
    sqlite3_stmt *s = begin(w, which);
    bind_text(s, 1, first);
    if (second)
        bind_text(s, 2, second);
    end(w, s);
}

/* ---- the study ---- */

/* The last value that the grid has: Optuna warns when the end of a range is not on it. */
static double grid_end(const struct param *p)
{
    if (p->step <= 0 || p->is_log)
        return p->high;
    double last = param_value(p, (uint64_t)param_cardinality(p) - 1);
    return fabs(last - p->high) < 1e-6 * p->step ? p->high : last;
}

static void add_choices(const struct param *p, struct str *json)
{
    json_open_object(json);
    json_put_key(json, "choices");
    json_open_array(json);
    for (int i = 0; i < p->n_choices; i++) {
        struct str value = { 0 };
        config_put_value(p, i, &value);
        json_put_raw(json, str_text(&value));
        str_deinit(&value);
    }
    json_close_array(json);
    json_close_object(json);
}

static char *make_distribution(const struct param *p)
{
    static const char *const names[] = { "IntDistribution", "FloatDistribution", "CategoricalDistribution" };
    struct str json = { 0 };
    json_open_object(&json);
    json_add_text(&json, "name", names[p->type]);
    json_put_key(&json, "attributes");
    if (p->type == PARAM_CATEGORICAL)
        add_choices(p, &json);
    else {
        json_open_object(&json);
        json_add_bool(&json, "log", p->is_log);
        json_put_key(&json, "step");
        if (p->step > 0)
            json_put_number(&json, p->step);
        else
            json_put_null(&json);
        json_add_number(&json, "low", p->low);
        json_add_number(&json, "high", grid_end(p));
        json_close_object(&json);
    }
    json_close_object(&json);
    return str_take(&json);
}

static void add_study(struct writer *w)
{
    const struct campaign_spec *spec = w->t->spec;
    struct str json = { 0 };
    sqlite3_stmt *s = begin(w, INSERT_VERSION);
    sqlite3_bind_int(s, 1, OPTUNA_SCHEMA_VERSION);
    bind_text(s, 2, "rung " RUNG_VERSION);
    end(w, s);
    add_pair(w, INSERT_STUDY, spec->name, NULL);
    add_pair(w, INSERT_DIRECTION, spec->goal == GOAL_MINIMIZE ? "MINIMIZE" : "MAXIMIZE", NULL);
    /* As an attribute of ours: a metric name that Optuna knows would rename the column `value` of trials_dataframe().
     */
    json_put_text(&json, spec->metric);
    add_pair(w, INSERT_STUDY_USER, "rung:metric", str_text(&json));
    str_clear(&json);
    json_put_text(&json, campaign_state_names[w->t->row.state]);
    add_pair(w, INSERT_STUDY_USER, "rung:state", str_text(&json));
    add_pair(w, INSERT_STUDY_USER, "rung:campaign", w->t->row.file);
    str_deinit(&json);
}

/* ---- trials ---- */

static void add_attribute(void *context, const char *key, const char *json)
{
    struct writer *w = context;
    sqlite3_stmt *s = begin(w, INSERT_USER);
    sqlite3_bind_int64(s, 1, w->trial);
    bind_text(s, 2, key);
    bind_text(s, 3, json);
    end(w, s);
}

static void add_params(struct writer *w, const struct takeout_trial *trial)
{
    const struct space *space = &w->t->spec->space;
    for (int i = 0; i < space->n_params; i++) {
        if (isnan(trial->row.x[i]))
            continue;
        sqlite3_stmt *s = begin(w, INSERT_PARAM);
        sqlite3_bind_int64(s, 1, w->trial);
        bind_text(s, 2, space->params[i].name);
        sqlite3_bind_double(s, 3, trial->row.x[i]);
        bind_text(s, 4, w->distributions[i]);
        end(w, s);
    }
}

/* What waits has its configuration as Optuna's enqueue_trial writes it: whoever asks the study next gets it. */
static void add_fixed(struct writer *w, const struct takeout_trial *trial)
{
    struct str json = { 0 };
    config_to_json(&w->t->spec->space, trial->row.x, &json);
    sqlite3_stmt *s = begin(w, INSERT_SYSTEM);
    sqlite3_bind_int64(s, 1, w->trial);
    bind_text(s, 2, "fixed_params");
    bind_text(s, 3, str_text(&json));
    end(w, s);
    str_deinit(&json);
}

static void add_trial(struct writer *w, const struct takeout_trial *trial)
{
    const char *state = takeout_optuna_state(trial);
    int64_t from, to;
    takeout_times(trial, &from, &to);
    w->trial = trial->row.number;
    sqlite3_stmt *s = begin(w, INSERT_TRIAL);
    sqlite3_bind_int64(s, 1, w->trial);
    bind_text(s, 2, state);
    bind_time(s, 3, from);
    bind_time(s, 4, to);
    end(w, s);
    if (strcmp(state, "WAITING") == 0)
        add_fixed(w, trial);
    else
        add_params(w, trial);
    bool has_value = strcmp(state, "COMPLETE") == 0 || strcmp(state, "PRUNED") == 0;
    if (has_value && isfinite(trial->row.value)) {
        s = begin(w, INSERT_VALUE);
        sqlite3_bind_int64(s, 1, w->trial);
        sqlite3_bind_double(s, 2, trial->row.value);
        end(w, s);
    }
    takeout_attributes(w->t, trial, add_attribute, w);
}

static int add_point(
    void *context, const struct takeout_trial *trial, const char *metric, int64_t step, double value, struct err *e)
{
    struct writer *w = context;
    sqlite3_stmt *s = begin(w, INSERT_POINT);
    sqlite3_bind_int64(s, 1, trial->row.number);
    sqlite3_bind_int64(s, 2, step);
    sqlite3_bind_double(s, 3, value);
    end(w, s);
    return w->rc == SQLITE_OK ? 0 : err_set(e, ERR_IO, "write: %s", sqlite3_errmsg(w->db));
}

static int fill(struct writer *w, struct err *e)
{
    /* The file is thrown away unless it was written to its end: a journal would protect nothing. */
    w->rc =
        sqlite3_exec(w->db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN; " OPTUNA_TABLES, NULL, NULL, NULL);
    add_study(w);
    for (size_t i = 0; i < w->t->n && w->rc == SQLITE_OK; i++)
        add_trial(w, &w->t->trials[i]);
    if (w->rc == SQLITE_OK && takeout_points(w->t, w->t->spec->metric, add_point, w, e) < 0)
        return -1;
    if (w->rc == SQLITE_OK)
        w->rc = sqlite3_exec(w->db, "COMMIT", NULL, NULL, NULL);
    return w->rc == SQLITE_OK ? 0 : err_set(e, ERR_IO, "write: %s", sqlite3_errmsg(w->db));
}

int export_optuna(const struct takeout *t, const char *path, struct err *e)
{
    int n_params = t->spec->space.n_params;
    struct writer w = { .t = t, .distributions = mem_zalloc((size_t)n_params, sizeof(char *)) };
    for (int i = 0; i < n_params; i++)
        w.distributions[i] = make_distribution(&t->spec->space.params[i]);
    int failed = sqlite3_open_v2(path, &w.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK
                     ? err_set(e, ERR_IO, "%s", sqlite3_errmsg(w.db))
                     : fill(&w, e);
    for (int i = 0; i < INSERT_N; i++)
        sqlite3_finalize(w.statements[i]);
    if (sqlite3_close(w.db) != SQLITE_OK && !failed)
        failed = err_set(e, ERR_IO, "%s could not be closed", path);
    for (int i = 0; i < n_params; i++)
        free(w.distributions[i]);
    free(w.distributions);
    return failed;
}
