#include "worker/core/contract.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/proto/json.h"

#define QUOTE_MAX 200 /* bytes of a line that an error quotes */

const char contract_stop[] = "{\"stop\":true}\n";

/* ---- what a trial says ---- */

static int want_true(json_value line, const char *key, struct err *e)
{
    bool value;
    if (json_want_bool(line, key, &value, e) < 0)
        return -1;
    return value ? 0 : err_set(e, ERR_INVALID, "\"%s\" must be true", key);
}

static int want_step(json_value line, int64_t *step, struct err *e)
{
    int64_t value;
    if (json_want_int(line, "step", &value, e) < 0)
        return -1;
    if (value < 0 || value > LIMIT_BUDGET)
        return err_set(e, ERR_INVALID, "step %" PRId64 " is outside of 0 .. %d", value, LIMIT_BUDGET);
    *step = value;
    return 0;
}

static int read_continues(json_value line, const char *metric, struct saying *out, struct err *e)
{
    return want_true(line, "continues", e);
}

static int read_done(json_value line, const char *metric, struct saying *out, struct err *e)
{
    return want_true(line, "done", e);
}

static int read_diverged(json_value line, const char *metric, struct saying *out, struct err *e)
{
    const char *why;
    if (json_want_text(line, "diverged", &why, e) < 0)
        return -1;
    out->text = mem_strdup(why);
    return 0;
}

static int read_kernel(json_value line, const char *metric, struct saying *out, struct err *e)
{
    const char *name;
    if (json_want_text(line, "kernel", &name, e) < 0)
        return -1;
    if (strlen(name) > LIMIT_KERNEL)
        return err_set(e, ERR_INVALID, "\"kernel\" has at most %d bytes", LIMIT_KERNEL);
    out->text = mem_strdup(name);
    return 0;
}

static int read_checkpoint(json_value line, const char *metric, struct saying *out, struct err *e)
{
    const char *path;
    if (json_want_text(line, "checkpoint", &path, e) < 0 || want_step(line, &out->step, e) < 0)
        return -1;
    out->text = mem_strdup(path);
    return 0;
}

static int check_metrics(json_value metrics, struct err *e)
{
    if (json_type(metrics) != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "\"metrics\" must be an object, not %s", json_type_name(metrics));
    if (json_len(metrics) > LIMIT_METRICS)
        return err_set(e, ERR_LIMIT, "more than %d metrics", LIMIT_METRICS);
    for (json_value m = json_first(metrics); m; m = json_next(m)) {
        size_t len = strlen(json_key(m));
        if (len == 0 || len > LIMIT_NAME)
            return err_set(e, ERR_INVALID, "a metric's name has 1 to %d bytes", LIMIT_NAME);
        if (json_type(m) != JSON_NUMBER)
            return err_set(
                e, ERR_INVALID, "the metric \"%s\" must be a finite number, not %s", json_key(m), json_type_name(m));
    }
    return 0;
}

static int read_report(json_value line, const char *metric, struct saying *out, struct err *e)
{
    json_value metrics = json_get(line, "metrics");
    if (check_metrics(metrics, e) < 0 || want_step(line, &out->step, e) < 0)
        return -1;
    struct str text = { 0 };
    json_print(&text, metrics);
    out->text = str_take(&text);
    out->has_metric = json_get(metrics, metric) != NULL;
    return 0;
}

/* What each line is known by. Of a checkpoint and a report both have a step. */
static const struct {
    const char *key;
    enum saying_kind kind;
    int (*read)(json_value line, const char *metric, struct saying *out, struct err *e);
} sayings[] = {
    { "metrics", SAYS_REPORT, read_report },
    { "checkpoint", SAYS_CHECKPOINT, read_checkpoint },
    { "done", SAYS_DONE, read_done },
    { "diverged", SAYS_DIVERGED, read_diverged },
    { "continues", SAYS_CONTINUES, read_continues },
    { "kernel", SAYS_KERNEL, read_kernel },
};

static int read_value(json_value line, const char *metric, struct saying *out, struct err *e)
{
    if (json_type(line) != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "expected an object, not %s", json_type_name(line));
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
        struct saying said = { .kind = sayings[i].kind };
        if (!json_get(line, sayings[i].key))
            continue;
        if (sayings[i].read(line, metric, &said, e) < 0)
            return -1;
        *out = said;
        return 0;
    }
    return err_set(e, ERR_INVALID, "none of metrics, checkpoint, done, diverged, continues, kernel is in it");
}

static bool has_word(const char *line, size_t len, const char *word)
{
    return memmem(line, len, word, strlen(word)) != NULL;
}

/* Languages print numbers that JSON does not have; say what to do about it. */
static int explain_syntax(const char *line, size_t len, struct err *e)
{
    if (has_word(line, len, "NaN") || has_word(line, len, "nan") || has_word(line, len, "Infinity") ||
        has_word(line, len, "inf"))
        return err_set(e, ERR_INVALID, "a number is not finite: say {\"diverged\": \"why\"} instead");
    return err_prefix(e, "not JSON");
}

static int quote_line(const char *line, size_t len, struct err *e)
{
    char quoted[QUOTE_MAX + 1];
    size_t n = len < QUOTE_MAX ? len : QUOTE_MAX;
    while (n > 0 && n < len && ((unsigned char)line[n] & 0xc0) == 0x80)
        n--;
    memcpy(quoted, line, n);
    quoted[n] = 0;
    return err_prefix(e, "the trial said a line that breaks the contract, `%s%s`", quoted, n < len ? "…" : "");
}

int saying_read(const char *line, size_t len, const char *metric, struct saying *out, struct err *e)
{
    struct err why = { 0 };
    if (len > LIMIT_TRIAL_LINE) {
        err_set(e, ERR_LIMIT, "longer than %d bytes", LIMIT_TRIAL_LINE);
        return quote_line(line, len, e);
    }
    struct json_doc *doc = json_parse(line, len, &why);
    int r = doc ? read_value(json_root(doc), metric, out, &why) : explain_syntax(line, len, &why);
    json_free(doc);
    if (r < 0) {
        err_set(e, ERR_INVALID, "%s", why.text);
        quote_line(line, len, e);
    }
    return r;
}

void saying_deinit(struct saying *said)
{
    free(said->text);
    *said = (struct saying){ 0 };
}

int grant_cores(const struct message_grant *grant)
{
    return grant->cores > 1 ? (int)grant->cores : 1;
}

int grant_slots(const struct message_grant *grant)
{
    return grant->slots > grant_cores(grant) ? (int)grant->slots : grant_cores(grant);
}

/* ---- what it is told ---- */

void contract_add_first(
    struct str *out, const struct message_grant *grant, const char *checkpoint_in, const char *checkpoint_out)
{
    json_open_object(out);
    json_add_raw(out, "config", grant->config);
    json_add_int(out, "budget_from", grant->budget_from);
    json_add_int(out, "budget_to", grant->budget_to);
    json_add_id(out, "seed", grant->seed);
    json_add_id(out, "campaign_seed", grant->campaign_seed);
    if (grant->data)
        json_add_raw(out, "data", grant->data);
    if (grant->program)
        json_add_text(out, "program", grant->program);
    json_add_text(out, "checkpoint_in", checkpoint_in);
    json_add_text(out, "checkpoint_out", checkpoint_out);
    json_add_text(out, "campaign", grant->campaign);
    json_add_int(out, "trial", grant->number);
    json_add_id(out, "lease", grant->lease);
    json_add_text(out, "metric", grant->metric);
    json_close_object(out);
    str_add_char(out, '\n');
}

void contract_add_next(struct str *out, const struct message_grant *grant, const char *checkpoint_out)
{
    json_open_object(out);
    json_add_int(out, "budget_to", grant->budget_to);
    json_add_id(out, "lease", grant->lease);
    json_add_text(out, "checkpoint_out", checkpoint_out);
    json_close_object(out);
    str_add_char(out, '\n');
}
