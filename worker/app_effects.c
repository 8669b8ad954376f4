/* app_effects.c: what the session wants, done. */
#include <stdlib.h>
#include <string.h>

#include "common/base/kill_point.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/io/system.h"
#include "worker/app_state.h"
#include "worker/launch.h"

/* ---- the coordinator ---- */

static void send_frame(struct app *app)
{
    zsock_send(app->control, 0, app->frame.text, app->frame.len); /* what does not go is said again */
}

static void do_send(struct app *app, const struct session_effect *effect)
{
    str_clear(&app->frame);
    if (message_encode(&effect->message, &app->frame))
        send_frame(app);
}

static void do_reconnect(struct app *app, const struct session_effect *effect)
{
    struct err e;
    if (zsock_reconnect(app->control, &e) < 0 || zsock_reconnect(app->bulk, &e) < 0)
        log_warn("%s", e.text);
}

static void do_fetch(struct app *app, const struct session_effect *effect)
{
    app_fetch(app, effect->attempt, effect->grant);
}

static void do_upload(struct app *app, const struct session_effect *effect)
{
    app_upload(app, effect->hash);
}

/* ---- slots ---- */

static int start(struct app *app, const struct session_effect *effect, struct err *e)
{
    struct launch l = { 0 };
    struct launch_place place = { .slot = effect->slot,
        .directory = effect->directory,
        .checkpoint_in = effect->checkpoint_in,
        .checkpoint_out = effect->checkpoint_out,
        .gpus = app->options->gpus,
        .trainer = app->trainer,
        .python = app->python };
    int r = launch_plan(&l, effect->grant, &place, e);
    if (r == 0) {
        struct slot_program program = { .argv = (const char *const *)l.argv,
            .environment = (const char *const *)l.environment,
            .directory = l.directory,
            .wants_printed = effect->grant->command != NULL,
            .memory_bytes = effect->grant->memory_bytes };
        r = slot_start(app->slots[effect->slot], &program, e);
    }
    launch_deinit(&l);
    return r;
}

static void do_start(struct app *app, const struct session_effect *effect)
{
    struct err e = { 0 };
    const char *checkpoint = effect->grant->checkpoint;
    str_copy(app->in_use[effect->slot], HASH_HEX, checkpoint ? checkpoint : "");
    free(app->checkpoints[effect->slot]);
    app->checkpoints[effect->slot] = mem_strdup(effect->checkpoint_out);
    KILL_POINT("grant.taken");
    bool has_directory = home_make_attempt(&app->home, effect->directory, &e) == 0;
    if (has_directory && start(app, effect, &e) == 0) {
        slot_tell(app->slots[effect->slot], effect->text);
        return;
    }
    struct later *later = app_take_later(app, SESSION_EXITED);
    later->event.slot = effect->slot;
    later->error = e;
    later->exit = (struct session_exit){ .how = has_directory ? EXIT_NOT_STARTED : EXIT_MACHINE, .log = "" };
}

static void do_tell(struct app *app, const struct session_effect *effect)
{
    slot_tell(app->slots[effect->slot], effect->text);
}

static void do_end_input(struct app *app, const struct session_effect *effect)
{
    slot_end_input(app->slots[effect->slot]);
}

static void do_terminate(struct app *app, const struct session_effect *effect)
{
    slot_terminate(app->slots[effect->slot]);
}

static void do_kill(struct app *app, const struct session_effect *effect)
{
    slot_kill(app->slots[effect->slot]);
}

static void do_clear(struct app *app, const struct session_effect *effect)
{
    struct err e;
    if (home_remove_attempt(&app->home, effect->directory, &e) < 0)
        log_warn("%s", e.text);
}

static void do_save(struct app *app, const struct session_effect *effect)
{
    app_save(app, effect->attempt, effect->text);
}

/* ---- the spool ---- */

static void spooled_later(struct app *app, const struct session_effect *effect, int r, const struct err *e)
{
    struct later *later = app_take_later(app, SESSION_SPOOLED);
    later->event.key = effect->key;
    later->event.is_failed = r < 0;
    later->error = *e;
}

static void do_spool(struct app *app, const struct session_effect *effect)
{
    struct err e = { 0 };
    int r = outcomes_add(app->outcomes, &effect->message, &e);
    spooled_later(app, effect, r, &e);
}

static void do_strip(struct app *app, const struct session_effect *effect)
{
    struct err e = { 0 };
    int r = outcomes_strip(app->outcomes, effect->key, &e);
    spooled_later(app, effect, r, &e);
}

static void do_deliver(struct app *app, const struct session_effect *effect)
{
    struct err e;
    str_clear(&app->frame);
    if (outcomes_frame(app->outcomes, effect->key, app->session_id, &app->frame, &e) == 0) {
        send_frame(app);
    } else {
        log_error("%s", e.text);
        if (e.code == ERR_CORRUPT)
            app_take_later(app, SESSION_DAMAGED)->event.key = effect->key;
    }
    KILL_POINT("outcome.sent");
}

static void do_forget(struct app *app, const struct session_effect *effect)
{
    struct err e;
    KILL_POINT("outcome.acknowledged");
    if (outcomes_forget(app->outcomes, effect->key, &e) < 0)
        log_warn("%s", e.text); /* it is sent again, and acknowledged as a duplicate */
    KILL_POINT("outcome.forgotten");
}

/* ---- the rest ---- */

static void do_log(struct app *app, const struct session_effect *effect)
{
    log_at(effect->level, "%s", effect->text);
}

static void do_exit(struct app *app, const struct session_effect *effect)
{
    app_leave(app, effect->status);
}

static void (*const doers[EFFECT_N_KINDS])(struct app *app, const struct session_effect *effect) = {
    [EFFECT_SEND] = do_send,
    [EFFECT_RECONNECT] = do_reconnect,
    [EFFECT_FETCH] = do_fetch,
    [EFFECT_START] = do_start,
    [EFFECT_TELL] = do_tell,
    [EFFECT_END_INPUT] = do_end_input,
    [EFFECT_TERMINATE] = do_terminate,
    [EFFECT_KILL] = do_kill,
    [EFFECT_CLEAR] = do_clear,
    [EFFECT_SAVE] = do_save,
    [EFFECT_SPOOL] = do_spool,
    [EFFECT_STRIP] = do_strip,
    [EFFECT_DELIVER] = do_deliver,
    [EFFECT_FORGET] = do_forget,
    [EFFECT_UPLOAD] = do_upload,
    [EFFECT_LOG] = do_log,
    [EFFECT_EXIT] = do_exit,
};

static bool writes_outcome(enum session_effect_kind kind)
{
    return kind == EFFECT_SPOOL || kind == EFFECT_STRIP;
}

void app_do_effects(struct app *app, const struct session_effects *effects)
{
    bool has_outcomes = false;
    struct err e;
    for (size_t i = 0; i < effects->n; i++) {
        doers[effects->list[i].kind](app, &effects->list[i]);
        has_outcomes |= writes_outcome(effects->list[i].kind);
    }
    if (!has_outcomes)
        return;
    KILL_POINT("outcome.unsynced");
    if (outcomes_sync(app->outcomes, &e) < 0) {
        /* After a failed fsync nobody knows what is on the disk: the next process looks. */
        log_error("%s", e.text);
        exit(74);
    }
    KILL_POINT("outcome.synced");
}
