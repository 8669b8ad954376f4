#include "worker/train/run/contract.h"

#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/kill_point.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/proto/json.h"
#include "worker/train/run/checkpoint.h"
#include "worker/train/run/channel.h"
#include "worker/train/run/material.h"
#include "worker/train/run/trainer.h"

enum { EXIT_RETRY = 75, EXIT_REFUSED = 78 };

/* The trial of this process. */
struct session {
    struct channel *channel;
    struct material material;
    struct data_part test; /* the whole test set, where it is evaluated */
    struct trainer *trainer;
    int64_t budget_to;
    char *checkpoint_out;
    bool is_stopped; /* the agent said so */
};

/* ---- what the agent says ---- */

/* Takes budget_to and checkpoint_out of the first message, and of each that goes on. */
static int take_goal(struct session *s, json_value message, struct err *e)
{
    const char *path;
    int64_t to;
    if (json_want_int(message, "budget_to", &to, e) || json_want_text(message, "checkpoint_out", &path, e))
        return -1;
    if (to < 1 || to > LIMIT_BUDGET)
        return err_set(e, ERR_INVALID, "budget_to is %lld: it must be from 1 to %d", (long long)to, LIMIT_BUDGET);
    s->budget_to = to;
    free(s->checkpoint_out);
    s->checkpoint_out = mem_strdup(path);
    return 0;
}

/* The settings, and the data that the message names. */
static int take_setup(struct session *s, json_value message, struct trainer_setup *setup, struct err *e)
{
    enum model_kind kind = MODEL_GRU_ATTENTION;
    uint64_t campaign_seed;
    struct data_spec spec;
    json_value program = json_get(message, "program"), data = json_get(message, "data");
    if (program && (json_type(program) != JSON_TEXT || settings_parse_kind(&kind, json_text(program), e)))
        return json_type(program) == JSON_TEXT ? -1 : err_set(e, ERR_INVALID, "program must be a text");
    if (settings_parse(&setup->settings, kind, json_get(message, "config"), e) ||
        json_want_id(message, "seed", &setup->seed, e) || json_want_id(message, "campaign_seed", &campaign_seed, e))
        return -1;
    if (!data)
        return err_set(e, ERR_INVALID, "the campaign names no data: trial.data is missing");
    if (data_spec_parse(&spec, data, "/data", e) || material_open(&s->material, &spec, false, campaign_seed, e))
        return -1;
    if (spec.evaluates_test)
        data_part_init_whole(&s->test, &s->material.test);
    setup->train = &s->material.split.train;
    setup->validation = &s->material.split.validation;
    return 0;
}

/* Loads the checkpoint, if there is one, and checks that the position is the one that the message states. */
static int take_position(struct session *s, json_value message, struct err *e)
{
    json_value in = json_get(message, "checkpoint_in");
    int64_t from;
    if (json_want_int(message, "budget_from", &from, e))
        return -1;
    if (in && json_type(in) == JSON_TEXT && checkpoint_load(s->trainer, json_text(in), e))
        return -1;
    if ((int64_t)s->trainer->epochs != from)
        return err_set(e, ERR_STATE, "budget_from is %lld, but the checkpoint stands at %llu", (long long)from,
            (unsigned long long)s->trainer->epochs);
    return 0;
}

static int begin(struct session *s, json_value message, struct err *e)
{
    struct trainer_setup setup;
    if (take_goal(s, message, e) || take_setup(s, message, &setup, e))
        return -1;
    s->trainer = trainer_new(&setup, e);
    return s->trainer ? take_position(s, message, e) : -1;
}

/* Reads whatever the agent sent meanwhile; the only thing to hear while training is {"stop": true}. */
static int listen_for_stop(struct session *s, struct err *e)
{
    struct json_doc *doc;
    int got;
    while ((got = channel_poll(s->channel, &doc, e)) == CHANNEL_GOT) {
        json_value stop = json_get(json_root(doc), "stop");
        s->is_stopped |= stop && json_type(stop) == JSON_BOOL && json_bool(stop);
        json_free(doc);
    }
    if (got == CHANNEL_END)
        return err_set(e, ERR_UNREACHABLE, "the agent is gone");
    return got == CHANNEL_NONE ? 0 : -1;
}

/* ---- what the trial says ---- */

/* The test set is measured at the end of a budget and never in between: nobody must be tempted to choose an epoch by
 * it. */
static void add_test(struct session *s, struct str *line)
{
    if (s->test.n == 0 || (int64_t)s->trainer->epochs != s->budget_to)
        return;
    struct score score = trainer_evaluate(s->trainer, &s->test);
    if (isfinite(score.loss))
        json_add_number(line, "test_loss", score.loss);
    json_add_number(line, "test_accuracy", score.accuracy);
}

static int say_report(struct session *s, const struct trainer_report *r, struct err *e)
{
    struct str line = { 0 };
    json_open_object(&line);
    json_add_int(&line, "step", (int64_t)r->epoch);
    json_put_key(&line, "metrics");
    json_open_object(&line);
    json_add_number(&line, "train_loss", r->train_loss);
    if (r->has_validation) {
        json_add_number(&line, "validation_loss", r->validation_loss);
        json_add_number(&line, "validation_accuracy", r->validation_accuracy);
    }
    json_add_number(&line, "learning_rate", r->learning_rate);
    json_add_number(&line, "seconds", r->seconds);
    add_test(s, &line);
    json_close_object(&line);
    json_close_object(&line);
    return channel_say(s->channel, &line, e);
}

static int say_checkpoint(struct session *s, struct err *e)
{
    struct str line = { 0 };
    json_open_object(&line);
    json_add_text(&line, "checkpoint", s->checkpoint_out);
    json_add_int(&line, "step", (int64_t)s->trainer->epochs);
    json_close_object(&line);
    return channel_say(s->channel, &line, e);
}

static int say_flag(struct session *s, const char *key, struct err *e)
{
    struct str line = { 0 };
    json_open_object(&line);
    json_add_bool(&line, key, true);
    json_close_object(&line);
    return channel_say(s->channel, &line, e);
}

/* What the bits of this budget's numbers depend on: another machine of the cluster may compute with another one. */
static int say_kernel(struct session *s, struct err *e)
{
    char name[MODEL_ARITHMETIC_MAX + 1];
    struct str line = { 0 };
    model_name_arithmetic(name);
    json_open_object(&line);
    json_add_text(&line, "kernel", name);
    json_close_object(&line);
    return channel_say(s->channel, &line, e);
}

static int say_diverged(struct session *s, const char *reason, struct err *e)
{
    struct str line = { 0 };
    json_open_object(&line);
    json_add_text(&line, "diverged", reason);
    json_close_object(&line);
    return channel_say(s->channel, &line, e);
}

/* ---- one budget after another ---- */

static int train_to_goal(struct session *s, struct err *e)
{
    struct trainer_report report;
    if (say_kernel(s, e))
        return -1;
    while ((int64_t)s->trainer->epochs < s->budget_to && !s->is_stopped)
        if (trainer_epoch(s->trainer, &report, NULL, e) || say_report(s, &report, e) || listen_for_stop(s, e))
            return -1;
    KILL_POINT("trained");
    if (checkpoint_save(s->trainer, s->checkpoint_out, e))
        return -1;
    KILL_POINT("checkpoint.written");
    if (say_checkpoint(s, e))
        return -1;
    KILL_POINT("checkpoint.said");
    return say_flag(s, "done", e);
}

/* Waits for the next budget. Returns CHANNEL_END when there is none. */
static int wait_for_goal(struct session *s, struct err *e)
{
    struct json_doc *doc;
    int got = channel_wait(s->channel, &doc, e);
    if (got != CHANNEL_GOT)
        return got;
    json_value stop = json_get(json_root(doc), "stop");
    bool is_over = stop && json_type(stop) == JSON_BOOL && json_bool(stop);
    int result = is_over ? CHANNEL_END : take_goal(s, json_root(doc), e) ? CHANNEL_FAILED : CHANNEL_GOT;
    json_free(doc);
    return result;
}

static int serve(struct session *s, struct err *e)
{
    if (say_flag(s, "continues", e))
        return -1;
    int got = CHANNEL_GOT;
    while (got == CHANNEL_GOT) {
        if (train_to_goal(s, e))
            return -1;
        got = s->is_stopped ? CHANNEL_END : wait_for_goal(s, e);
    }
    return got == CHANNEL_END ? 0 : -1;
}

static int open_session(struct session *s, struct err *e)
{
    struct json_doc *doc;
    int got = channel_wait(s->channel, &doc, e);
    if (got == CHANNEL_END)
        return err_set(e, ERR_UNREACHABLE, "the agent closed RUNG_FD before it said what to train");
    if (got != CHANNEL_GOT)
        return -1;
    int result = begin(s, json_root(doc), e);
    json_free(doc);
    return result;
}

static void close_session(struct session *s)
{
    trainer_free(s->trainer);
    data_part_deinit(&s->test);
    material_close(&s->material);
    channel_close(s->channel);
    free(s->checkpoint_out);
}

/* A configuration that cannot be trained is refused; what this machine or its disk did wrong is tried elsewhere. */
static int exit_status(const struct err *e, bool is_open)
{
    if (!is_open && (e->code == ERR_INVALID || e->code == ERR_LIMIT))
        return EXIT_REFUSED;
    return e->code == ERR_IO ? EXIT_RETRY : err_exit_status(e->code);
}

int contract_run(int fd)
{
    struct err e = { 0 };
    struct session s = { .channel = channel_open(fd) };
    signal(SIGTERM, SIG_IGN); /* an engine that ends a job tells all processes in it; the agent asks us to stop */
    bool is_open = open_session(&s, &e) == 0;
    int result = is_open ? serve(&s, &e) : -1, status = 0;
    if (result && is_open && e.code == ERR_DIVERGED)
        result = say_diverged(&s, strdupa(e.text), &e);
    if (result) {
        log_error("%s", e.text);
        status = exit_status(&e, is_open);
    }
    close_session(&s);
    return status;
}
