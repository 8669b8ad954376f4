#include "common/base/exit_status.h"
#include "coordinator/web/routes.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io/system.h"
#include "common/proto/json.h"
#include "coordinator/bridge/status.h"
#include "coordinator/ask/archive.h"
#include "coordinator/ask/final_export.h"
#include "coordinator/web/bulk.h"
#include "coordinator/web/steer.h"
#include "coordinator/web/stream.h"
#include "coordinator/web/web_state.h"

/* ---- from memory ---- */

static int answer_session(struct call *c, struct err *e)
{
    struct str json = { 0 };
    json_open_object(&json);
    json_add_text(&json, "schema", "rung.session/1");
    json_add_text(&json, "role", guard_role_names[c->role]);
    json_add_text(&json, "version", RUNG_VERSION);
    json_add_text(&json, "store", c->store);
    json_close_object(&json);
    call_answer_json(c, &json);
    return 0;
}

static int answer_status(struct call *c, struct err *e)
{
    struct str json = { 0 };
    const char *name = c->target.n_segments > 3 ? call_campaign(c) : NULL;
    if (name && !hub_find_campaign(web_hub(c->web), name))
        return err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\" here", name);
    web_put_status(c->web, name, &json);
    call_answer_json(c, &json);
    return 0;
}

/* ---- as the commands ---- */

static int read_table(
    struct call *c, int (*print)(const struct asking *, FILE *, struct err *), FILE *out, struct err *e)
{
    struct asking q;
    return call_asking(c, &q, e) < 0 ? -1 : print(&q, out, e);
}

static int read_campaigns(struct call *c, FILE *out, struct err *e)
{
    return read_table(c, cli_campaigns, out, e);
}

static int read_workers(struct call *c, FILE *out, struct err *e)
{
    return read_table(c, cli_workers, out, e);
}

static int read_trials(struct call *c, FILE *out, struct err *e)
{
    return read_table(c, cli_trials, out, e);
}

static int read_brackets(struct call *c, FILE *out, struct err *e)
{
    return read_table(c, cli_brackets, out, e);
}

static int read_decisions(struct call *c, FILE *out, struct err *e)
{
    return read_table(c, cli_decisions, out, e);
}

static int read_best(struct call *c, FILE *out, struct err *e)
{
    struct asking q;
    int64_t top = 0;
    if (call_asking(c, &q, e) < 0 || target_int(&c->target, "top", 1, 1000, &top, e) < 0)
        return -1;
    int status = cli_best(&q, top, BEST_TEXT, out, e);
    return status == EXIT_STATUS_NO_SUCCESS ? err_set(e, ERR_NOT_FOUND, "no trial has a result") : status;
}

static int read_events(struct call *c, FILE *out, struct err *e)
{
    struct asking q;
    int64_t last = 100;
    if (call_asking(c, &q, e) < 0 || target_int(&c->target, "last", 1, 10000, &last, e) < 0)
        return -1;
    q.columns = "seq,time,wall_ms,campaign,trial,kind,rung,lease,worker,value,text";
    return cli_events(&q, last, out, e);
}

static int read_importance(struct call *c, FILE *out, struct err *e)
{
    struct asking q;
    int64_t budget = 0;
    if (call_asking(c, &q, e) < 0 || target_int(&c->target, "budget", 1, LIMIT_BUDGET, &budget, e) < 0)
        return -1;
    return cli_importance(&q, budget, out, e) < 0 ? -1 : 0; /* that nothing can be said is an answer */
}

static int read_show(struct call *c, FILE *out, struct err *e)
{
    struct asking q;
    return call_asking(c, &q, e) < 0 ? -1 : cli_show(&q, call_trial(c), out, e);
}

static int read_explain(struct call *c, FILE *out, struct err *e)
{
    struct asking q;
    return call_asking(c, &q, e) < 0 ? -1 : cli_explain(&q, call_trial(c), out, e);
}

static int read_log(struct call *c, FILE *out, struct err *e)
{
    struct asking q;
    int64_t attempt = 0;
    if (call_asking(c, &q, e) < 0 || target_int(&c->target, "attempt", 1, INT64_MAX, &attempt, e) < 0)
        return -1;
    return cli_logs(&q, call_trial(c), attempt, out, e);
}

/* ---- a checkpoint ---- */

/* "CAMPAIGN-trial-7.safetensors", of what no header and no file system takes for something else. */
static void name_file(const struct archive *a, const struct archived_trial *t, char *out, size_t cap)
{
    struct str name = { 0 };
    str_addf(
        &name, "%s-trial-%u.%s", a->spec.name, t->row.number, a->spec.trial.program ? "safetensors" : "checkpoint");
    for (char *at = name.text; *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *at))
            *at = '_';
    str_copy(out, cap, name.text);
    str_deinit(&name);
}

/* The trainer turns it into a model, by itself, as `rung final` has it done. */
static int export_model(
    const struct call *c, const struct archive *a, const struct archived_trial *t, const char *path, struct err *e)
{
    if (final_export(&a->spec, c->store, t->row.checkpoint, t->row.budget, path, e) == 0)
        return 0;
    return err_set(e, ERR_STATE, "rung-train made no model of it: the log of rungd says why (trial.data must be here)");
}

static int open_checkpoint(struct call *c, const struct archive *a, const struct archived_trial *t, struct err *e)
{
    struct str path = { 0 };
    struct stat st;
    if (!*t->row.checkpoint)
        return err_set(e, ERR_NOT_FOUND, "trial %u has no checkpoint", t->row.number);
    if (a->spec.trial.program)
        str_addf(&path, "%s/web/%016llx.safetensors", c->store, (unsigned long long)system_random_id());
    else
        blobs_path(c->blobs, t->row.checkpoint, &path);
    int status = a->spec.trial.program ? export_model(c, a, t, path.text, e) : 0;
    c->fd = status == 0 ? open(path.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (a->spec.trial.program)
        unlink(path.text);
    str_deinit(&path);
    if (status == 0 && (c->fd < 0 || fstat(c->fd, &st) < 0))
        status = err_set(e, ERR_NOT_FOUND, "the checkpoint of trial %u is not in the store", t->row.number);
    c->fd_bytes = status == 0 ? (uint64_t)st.st_size : 0;
    return status;
}

static int read_checkpoint(struct call *c, FILE *out, struct err *e)
{
    struct asking q;
    struct archive a;
    struct archived_trial trial;
    if (call_asking(c, &q, e) < 0 || archive_open(&a, &q, e) < 0)
        return -1;
    int status = archive_find(&a, call_trial(c), &trial, e);
    if (status == 0)
        status = open_checkpoint(c, &a, &trial, e);
    if (status == 0)
        name_file(&a, &trial, c->name, sizeof c->name);
    archive_close(&a);
    return status;
}

/* ---- all ---- */

#define API "api/v1/"
#define OF API "campaigns/*/"
#define TRIAL OF "trials/#"

/* clang-format off */
const struct route routes_all[] = {
    { "GET",  API "session",         "",                         GUARD_VIEWER,   .answer = answer_session },
    { "GET",  API "status",          "",                         GUARD_VIEWER,   .answer = answer_status },
    { "GET",  API "campaigns",       "",                         GUARD_VIEWER,   .read = read_campaigns },
    { "GET",  API "workers",         "",                         GUARD_VIEWER,   .read = read_workers },
    { "GET",  API "campaigns/*",     "",                         GUARD_VIEWER,   .read = bulk_read_campaign },
    { "GET",  OF "status",           "",                         GUARD_VIEWER,   .answer = answer_status },
    { "GET",  OF "stream",           "since",                    GUARD_VIEWER,   .answer = stream_answer },
    { "GET",  OF "columns",          "table,where,sort,columns,max", GUARD_VIEWER, .read = bulk_read_columns },
    { "GET",  OF "curves",           "metric,trials,max,points", GUARD_VIEWER,   .read = bulk_read_curves },
    { "GET",  OF "trials",           "where,sort,columns,limit", GUARD_VIEWER,   .read = read_trials },
    { "GET",  OF "best",             "where,top",                GUARD_VIEWER,   .read = read_best },
    { "GET",  OF "brackets",         "",                         GUARD_VIEWER,   .read = read_brackets },
    { "GET",  OF "decisions",        "where,sort,limit",         GUARD_VIEWER,   .read = read_decisions },
    { "GET",  OF "events",           "where,last",               GUARD_VIEWER,   .read = read_events },
    { "GET",  OF "importance",       "where,budget",             GUARD_VIEWER,   .read = read_importance },
    { "GET",  OF "failures",         "",                         GUARD_VIEWER,   .read = bulk_read_failures },
    { "GET",  TRIAL,                 "",                         GUARD_VIEWER,   .read = read_show },
    { "GET",  TRIAL "/explain",      "",                         GUARD_VIEWER,   .read = read_explain },
    { "GET",  TRIAL "/log",          "attempt",                  GUARD_VIEWER,   .read = read_log, .type = "text/plain; charset=utf-8" },
    { "GET",  TRIAL "/checkpoint",   "",                         GUARD_VIEWER,   .read = read_checkpoint },
    { "POST", OF "pause",            "",                         GUARD_OPERATOR, .answer = steer_answer },
    { "POST", OF "resume",           "",                         GUARD_OPERATOR, .answer = steer_answer },
    { "POST", OF "stop",             "",                         GUARD_OPERATOR, .answer = steer_answer },
    { "POST", OF "extend",           "",                         GUARD_OPERATOR, .answer = steer_answer },
    { "POST", OF "enqueue",          "",                         GUARD_OPERATOR, .answer = steer_answer },
    { "POST", OF "retry",            "",                         GUARD_OPERATOR, .answer = steer_answer },
    { "POST", OF "note",             "",                         GUARD_OPERATOR, .answer = steer_answer },
};
/* clang-format on */
const int routes_n = sizeof routes_all / sizeof *routes_all;

const struct route *routes_find(const struct target *t, const char *method, const char **methods)
{
    bool is_head = strcmp(method, "HEAD") == 0;
    *methods = NULL;
    for (int i = 0; i < routes_n; i++) {
        const struct route *r = &routes_all[i];
        if (!target_matches(t, r->pattern))
            continue;
        if (strcmp(r->method, is_head ? "GET" : method) == 0)
            return r;
        *methods = strcmp(r->method, "GET") == 0 ? "GET, HEAD" : r->method;
    }
    return NULL;
}
