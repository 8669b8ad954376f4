#include "worker/core/attempt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/str.h"

#define EXIT_RETRY 75   /* EX_TEMPFAIL: please retry elsewhere */
#define EXIT_REFUSED 78 /* EX_CONFIG: this configuration cannot be trained */

/* ---- life ---- */

struct attempt *attempt_new(uint64_t id, const struct message_grant *grant)
{
    struct attempt *a = mem_zalloc(1, sizeof *a);
    a->id = id;
    a->slot = -1;
    a->failure = FAILURE_NONE;
    a->grant = *grant;
    a->grant.campaign = mem_strdup(grant->campaign);
    a->grant.metric = mem_strdup(grant->metric);
    a->grant.config = mem_strdup(grant->config);
    a->grant.program = mem_strdup(grant->program);
    a->grant.command = mem_strdup(grant->command);
    a->grant.directory = mem_strdup(grant->directory);
    a->grant.data = mem_strdup(grant->data);
    a->grant.blobs = mem_strdup(grant->blobs);
    a->grant.checkpoint = mem_strdup(grant->checkpoint);
    a->step = grant->budget_from;
    a->told_step = grant->budget_from;
    a->checkpoint_step = -1;
    return a;
}

static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

void attempt_free(struct attempt *a)
{
    if (!a)
        return;
    const char *const texts[] = { a->grant.campaign, a->grant.metric, a->grant.config, a->grant.program,
        a->grant.command, a->grant.directory, a->grant.data, a->grant.blobs, a->grant.checkpoint, a->checkpoint_in,
        a->checkpoint_out, a->directory, a->reason, a->kernel, a->log };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free_text(texts[i]);
    curve_deinit(&a->curve);
    free(a);
}

struct outcome_key attempt_key(const struct attempt *a)
{
    return (struct outcome_key){ .trial = a->grant.trial, .lease = a->grant.lease, .rung = a->grant.rung };
}

bool attempt_has_process(const struct attempt *a)
{
    return a->state == ATTEMPT_RUNNING;
}

/* ---- what the trial says ---- */

static void note_report(struct attempt *a, int64_t step, bool has_metric, int64_t now_ms)
{
    a->step = step;
    a->has_metric = has_metric;
    if (now_ms - a->heard_ms >= a->slowest_ms)
        a->slowest_ms = now_ms - a->heard_ms + 1;
    a->heard_ms = now_ms;
}

static int hear_report(struct attempt *a, const struct saying *said, int64_t now_ms, struct err *e)
{
    if (said->step <= a->step)
        return err_set(e, ERR_INVALID, "the trial reported step %" PRId64 " after step %" PRId64 ": steps must grow",
            said->step, a->step);
    if (said->step > a->grant.budget_to)
        return err_set(e, ERR_INVALID, "the trial reported step %" PRId64 ", beyond its budget of %" PRId64, said->step,
            a->grant.budget_to);
    curve_add(&a->curve, said->step, said->text);
    note_report(a, said->step, said->has_metric, now_ms);
    return 0;
}

static int hear_checkpoint(struct attempt *a, const struct saying *said, struct err *e)
{
    if (strcmp(said->text, a->checkpoint_out) != 0)
        return err_set(e, ERR_INVALID, "the trial wrote its checkpoint to %.300s, not to checkpoint_out, %.300s",
            said->text, a->checkpoint_out);
    if (said->step > a->grant.budget_to)
        return err_set(e, ERR_INVALID,
            "the trial wrote a checkpoint of step %" PRId64 ", beyond its budget of %" PRId64, said->step,
            a->grant.budget_to);
    a->checkpoint_step = said->step;
    return 0;
}

int attempt_hear(struct attempt *a, const struct saying *said, int64_t now_ms, struct err *e)
{
    if (a->failure != FAILURE_NONE)
        return 0; /* its end is decided; it may not know yet */
    if (a->is_done)
        return err_set(e, ERR_INVALID, "the trial said more after \"done\"");
    switch (said->kind) {
    case SAYS_KERNEL:
        free(a->kernel);
        a->kernel = mem_strdup(said->text);
        return 0;
    case SAYS_REPORT:
        return hear_report(a, said, now_ms, e);
    case SAYS_CHECKPOINT:
        return hear_checkpoint(a, said, e);
    case SAYS_DIVERGED:
        attempt_fail(a, FAILURE_DIVERGED, said->text);
        return 0;
    case SAYS_DONE:
        a->is_done = true;
        return 0;
    case SAYS_CONTINUES:
        return err_set(e, ERR_INVALID, "the trial must say \"continues\" first of all lines");
    }
    return 0;
}

/* ---- what it prints, where it says nothing ---- */

bool attempt_is_printing(const struct attempt *a)
{
    return a->grant.command && !a->speaks && a->failure == FAILURE_NONE && !a->is_done;
}

/* Lines that name no step count up, and the last of them is that of the budget. */
static bool note_printed(struct attempt *a, int64_t now_ms)
{
    const struct printed *p = &a->printed;
    int64_t step = p->has_step ? p->step : a->step + 1;
    struct str text = { 0 };
    if (p->has_step && step > a->grant.budget_to)
        return a->is_done = true;
    if (step <= a->step)
        return false;
    printed_put(p, &text);
    if (step <= a->grant.budget_to)
        curve_add(&a->curve, step, str_text(&text));
    else if (a->curve.n > 0)
        curve_replace_last(&a->curve, str_text(&text));
    note_report(a, step < a->grant.budget_to ? step : a->grant.budget_to, true, now_ms);
    str_deinit(&text);
    return true;
}

bool attempt_hear_printed(struct attempt *a, const char *line, size_t len, int64_t now_ms)
{
    bool is_news = true;
    if (!printed_take(&a->printed, line, len, a->grant.metric))
        return false;
    if (a->printed.diverged) {
        char reason[LIMIT_NAME + 64];
        snprintf(
            reason, sizeof reason, "it printed a %s that is not finite, after step %" PRId64, a->grant.metric, a->step);
        attempt_fail(a, FAILURE_DIVERGED, reason);
    } else {
        is_news = note_printed(a, now_ms);
    }
    printed_clear(&a->printed);
    return is_news;
}

void attempt_begin_speaking(struct attempt *a)
{
    if (a->speaks)
        return;
    a->speaks = true;
    printed_clear(&a->printed);
    curve_deinit(&a->curve);
    a->step = a->told_step = a->grant.budget_from;
    a->has_metric = false;
}

/* ---- what comes of it ---- */

static char *copy_reason(const char *reason)
{
    struct str text = { 0 };
    str_add_utf8(&text, reason, strlen(reason), LIMIT_REASON);
    return str_take(&text);
}

void attempt_fail(struct attempt *a, enum failure_kind failure, const char *reason)
{
    if (a->failure != FAILURE_NONE)
        return;
    a->failure = failure;
    free(a->reason);
    a->reason = copy_reason(reason);
}

void attempt_stop(struct attempt *a, const char *reason)
{
    a->is_stopping = true;
    if (a->failure != FAILURE_NONE)
        return;
    free(a->reason);
    a->reason = copy_reason(reason);
}

static const char *last_line(const char *text)
{
    const char *newline = strrchr(text, '\n');
    return newline ? newline + 1 : text;
}

static void fail_with(struct attempt *a, enum failure_kind failure, const char *what, const char *lines)
{
    struct str reason = { 0 };
    str_add(&reason, what);
    if (lines && *lines)
        str_addf(&reason, "%s%s", strchr(lines, '\n') ? ":\n" : ": ", lines);
    attempt_fail(a, failure, str_text(&reason));
    str_deinit(&reason);
}

/* Its last words say so, though there may be room by now: a process that filled the disk often leaves it emptier. */
static bool says_no_room(const char *words)
{
    return words && (strstr(words, "No space left on device") || strstr(words, "Disk quota exceeded"));
}

static void judge_status(struct attempt *a, const struct session_exit *how)
{
    char what[64];
    if (how->status == EXIT_RETRY) {
        fail_with(a, FAILURE_PREEMPTED, "the trial asked to be retried elsewhere (exit status 75)", how->reason);
    } else if (how->status == EXIT_REFUSED) {
        const char *why = how->reason ? last_line(how->reason) : "";
        attempt_fail(a, FAILURE_REFUSED, *why ? why : "the trial refused its configuration (exit status 78)");
    } else if (how->status != 0 &&
               (a->had_no_room || says_no_room(how->reason))) { /* who can tell whose fault that is? */
        fail_with(a, FAILURE_LOST, "it failed while the disk of the worker was full", how->reason);
    } else if (how->status != 0) {
        snprintf(what, sizeof what, "exit status %d", how->status);
        fail_with(a, FAILURE_EXIT, what, how->reason);
    } else if (!a->is_done && a->grant.command && !a->speaks) {
        char text[LIMIT_NAME + 64];
        snprintf(text, sizeof text, "the trial ended without saying \"done\", and printed no %s=...", a->grant.metric);
        fail_with(a, FAILURE_EXIT, text, how->reason);
    } else if (!a->is_done) {
        fail_with(a, FAILURE_EXIT, "the trial ended without saying \"done\"", how->reason);
    }
}

enum { TERMINATED = 15 }; /* SIGTERM on Linux */

static void judge_signal(struct attempt *a, const struct session_exit *how)
{
    char what[96];
    if (a->is_done && a->is_killed)
        return; /* it had said all, and did not leave by itself */
    const char *name = sigdescr_np(how->status);
    snprintf(what, sizeof what, "killed by signal %d (%s)", how->status, name ? name : "unknown");
    /* Nobody here sends SIGTERM to a trial: an engine that ends a job tells all processes in it. */
    fail_with(a, how->status == TERMINATED ? FAILURE_PREEMPTED : FAILURE_EXIT, what, how->reason);
}

static void judge_exit(struct attempt *a, const struct session_exit *how)
{
    char what[96];
    switch (how->how) {
    case EXIT_STATUS:
        judge_status(a, how);
        return;
    case EXIT_SIGNAL:
        judge_signal(a, how);
        return;
    case EXIT_NOT_STARTED:
        attempt_fail(a, FAILURE_REFUSED, how->reason);
        return;
    case EXIT_MEMORY:
        snprintf(what, sizeof what, "killed for its memory");
        if (a->grant.memory_bytes > 0)
            snprintf(
                what, sizeof what, "killed for its memory: the limit is %" PRId64 " MiB", a->grant.memory_bytes >> 20);
        fail_with(a, FAILURE_OUT_OF_MEMORY, what, how->reason);
        return;
    case EXIT_MACHINE:
        attempt_fail(a, FAILURE_LOST, how->reason);
        return;
    case EXIT_LOST:
        attempt_fail(a, FAILURE_LOST, "the process that supervises the trial died");
        return;
    }
}

/* The trial says that all went well: does what it reported agree? */
static void judge_reports(struct attempt *a)
{
    char what[256];
    if (a->failure != FAILURE_NONE)
        return;
    if (a->step < a->grant.budget_to)
        snprintf(
            what, sizeof what, "the trial said \"done\" at step %" PRId64 " of %" PRId64, a->step, a->grant.budget_to);
    else if (a->curve.n == 0)
        snprintf(what, sizeof what, "the trial reported nothing");
    else if (!a->has_metric)
        snprintf(what, sizeof what, "the last report lacks \"%s\", the objective's metric", a->grant.metric);
    else
        return;
    attempt_fail(a, FAILURE_EXIT, what);
}

static bool reached_budget(const struct attempt *a)
{
    return a->is_done && a->failure == FAILURE_NONE && a->step == a->grant.budget_to && a->has_metric && a->curve.n > 0;
}

static bool is_retried(const struct attempt *a)
{
    return a->failure == FAILURE_PREEMPTED || a->failure == FAILURE_PROGRESS_TIMEOUT;
}

bool attempt_wants_save(const struct attempt *a)
{
    if (a->failure == FAILURE_NONE)
        return a->checkpoint_step == a->step;
    return is_retried(a) && a->checkpoint_step > a->grant.budget_from;
}

/* A program that only prints is done when it exits with 0, or went on beyond its budget: what it printed last counts
 * for the budget. The file that it wrote for a checkpoint is one, if it ended by itself. */
static void judge_printed(struct attempt *a, const struct session_exit *how)
{
    bool is_exit = how && how->how == EXIT_STATUS, is_good = a->is_done || (is_exit && how->status == 0);
    if (!a->grant.command || a->speaks || a->curve.n == 0 || a->failure != FAILURE_NONE)
        return;
    if (is_good && (!a->is_stopping || a->step == a->grant.budget_to)) {
        a->is_done = true;
        a->step = a->grant.budget_to;
        curve_move_last(&a->curve, a->step);
    }
    if (is_exit && how->has_checkpoint && (how->status == 0 || how->status == EXIT_RETRY))
        a->checkpoint_step = a->step;
}

void attempt_judge(struct attempt *a, const struct session_exit *how)
{
    judge_printed(a, how);
    if (how) {
        a->seconds = how->seconds;
        free(a->log);
        a->log = how->log && *how->log ? mem_strdup(how->log) : NULL;
    }
    if (a->is_stopping && !reached_budget(a) && a->failure == FAILURE_NONE) {
        a->failure = FAILURE_PREEMPTED; /* `reason` is that of the stop */
    } else if (a->failure == FAILURE_NONE) {
        if (how)
            judge_exit(a, how);
        judge_reports(a);
    }
    if (a->failure != FAILURE_NONE && attempt_wants_save(a))
        curve_cut(&a->curve, a->checkpoint_step);
}

/* ---- as a message ---- */

static void result_message(const struct attempt *a, const struct session_config *config, struct message *out)
{
    *out = (struct message){ .type = MESSAGE_RESULT,
        .as.result = { .session = config->session,
            .trial = a->grant.trial,
            .rung = a->grant.rung,
            .lease = a->grant.lease,
            .worker = config->worker,
            .config_id = a->grant.config_id,
            .budget = a->step,
            .curve = a->curve.points,
            .n_curve = a->curve.n,
            .checkpoint = a->hash[0] ? a->hash : NULL,
            .checkpoint_bytes = a->hash[0] ? a->bytes : 0,
            .seconds = a->seconds,
            .log_tail = a->log,
            .kernel = a->kernel } };
}

static void fail_message(const struct attempt *a, const struct session_config *config, struct message *out)
{
    *out = (struct message){ .type = MESSAGE_FAIL,
        .as.fail = { .session = config->session,
            .trial = a->grant.trial,
            .rung = a->grant.rung,
            .lease = a->grant.lease,
            .worker = config->worker,
            .config_id = a->grant.config_id,
            .kind = failure_kind_names[a->failure],
            .reason = a->reason ? a->reason : "",
            .budget = a->hash[0] ? a->checkpoint_step : a->grant.budget_from,
            .curve = a->curve.points,
            .n_curve = a->curve.n,
            .checkpoint = a->hash[0] ? a->hash : NULL,
            .checkpoint_bytes = a->hash[0] ? a->bytes : 0,
            .seconds = a->seconds,
            .log_tail = a->log,
            .kernel = a->kernel } };
}

void attempt_message(const struct attempt *a, const struct session_config *config, struct message *out)
{
    if (a->failure == FAILURE_NONE)
        result_message(a, config, out);
    else
        fail_message(a, config, out);
}
