/* worker_world.h: everything around a session, in memory: a coordinator that says what the test says, slots, a disk and
 * a clock. Effects are noted, and those that only ask for an answer are answered at once unless the test wants
 * otherwise.
 */
#ifndef RUNG_TESTS_UNIT_WORKER_WORLD_H
#define RUNG_TESTS_UNIT_WORKER_WORLD_H

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "tests/tap.h"
#include "worker/core/session.h"

#define WORLD_HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct world {
    struct session *session;
    int64_t now_ms;
    struct str trace; /* a word an effect, in order; world_take_trace empties it */
    int n[EFFECT_N_KINDS];
    int n_sent[64];          /* by message type */
    struct message last[64]; /* the last of each type; decoded from its frame */
    struct message outcome;  /* the last that went to the spool, decoded */
    char text[2048];         /* of the last TELL or START */
    char directory[256], checkpoint[320];
    int status; /* of EXIT; -1 before */
    bool spool_fails, spool_is_slow, save_fails, upload_is_slow, blob_is_missing;
    struct outcome_key spooled; /* of the last EFFECT_SPOOL */
};

static struct world world;

static const char *const world_effect_names[EFFECT_N_KINDS] = { "send", "reconnect", "fetch", "start", "tell",
    "end_input", "terminate", "kill", "clear", "save", "spool", "strip", "deliver", "forget", "upload", "log", "exit" };

/* Whoever sends what cannot be encoded would fail at the edge: so everything goes through a frame. */
static void world_copy_message(const struct message *m, struct message *to)
{
    struct str frame = { 0 };
    struct err e;
    struct message copy;
    if (!message_encode(m, &frame) || message_decode(frame.text, frame.len, &copy, &e) < 0)
        TAP_FAIL("a message that cannot be sent");
    message_deinit(to);
    *to = copy;
    str_deinit(&frame);
}

static void world_step(struct session_event event);

static void world_answer(const struct session_effect *effect)
{
    struct session_event event = { .key = effect->key, .attempt = effect->attempt };
    switch (effect->kind) {
    case EFFECT_SPOOL:
    case EFFECT_STRIP:
        world.spooled = effect->key;
        event.kind = SESSION_SPOOLED;
        event.is_failed = world.spool_fails;
        event.reason = "disk full";
        if (!world.spool_is_slow)
            world_step(event);
        return;
    case EFFECT_SAVE:
        event.kind = SESSION_SAVED;
        event.hash = world.save_fails ? NULL : WORLD_HASH;
        event.bytes = 10;
        event.reason = "no such file";
        world_step(event);
        return;
    case EFFECT_UPLOAD:
        event.kind = SESSION_UPLOADED;
        event.hash = WORLD_HASH;
        event.is_failed = event.is_missing = world.blob_is_missing;
        if (!world.upload_is_slow)
            world_step(event);
        return;
    case EFFECT_SEND:
    case EFFECT_RECONNECT:
    case EFFECT_FETCH:
    case EFFECT_START:
    case EFFECT_TELL:
    case EFFECT_END_INPUT:
    case EFFECT_TERMINATE:
    case EFFECT_KILL:
    case EFFECT_CLEAR:
    case EFFECT_DELIVER:
    case EFFECT_FORGET:
    case EFFECT_LOG:
    case EFFECT_EXIT:
    case EFFECT_N_KINDS:
        return;
    }
}

static void world_note_words(const struct session_effect *effect)
{
    if (effect->kind == EFFECT_LOG)
        return;
    str_addf(&world.trace, "%s%s", world.trace.len ? " " : "",
        effect->kind == EFFECT_SEND ? message_name(effect->message.type) : world_effect_names[effect->kind]);
}

static void world_note_start(const struct session_effect *effect)
{
    struct str path = { 0 };
    str_copy(world.directory, sizeof world.directory, effect->directory);
    str_addf(&path, "%s/checkpoint-%llu", effect->directory, (unsigned long long)effect->grant->lease);
    str_copy(world.checkpoint, sizeof world.checkpoint, str_text(&path));
    str_deinit(&path);
}

static void world_note(const struct session_effect *effect)
{
    world.n[effect->kind]++;
    world_note_words(effect);
    if (effect->kind == EFFECT_SEND) {
        world.n_sent[effect->message.type]++;
        world_copy_message(&effect->message, &world.last[effect->message.type]);
    }
    if (effect->kind == EFFECT_SPOOL)
        world_copy_message(&effect->message, &world.outcome);
    if (effect->kind == EFFECT_START)
        world_note_start(effect);
    if (effect->kind == EFFECT_START || effect->kind == EFFECT_TELL)
        str_copy(world.text, sizeof world.text, effect->text);
    if (effect->kind == EFFECT_EXIT)
        world.status = effect->status;
}

static void world_step(struct session_event event)
{
    struct session_effects effects = { 0 };
    event.now_ms = world.now_ms;
    session_step(world.session, &event, &effects);
    for (size_t i = 0; i < effects.n; i++)
        world_note(&effects.list[i]);
    for (size_t i = 0; i < effects.n; i++) { /* answers after all effects, as the shell does; keys and ids are copied */
        struct session_effect effect = effects.list[i];
        world_answer(&effect);
    }
    session_effects_deinit(&effects);
}

/* ---- what tests say ---- */

__attribute__((unused)) static void world_close(void)
{
    session_free(world.session);
    for (int i = 0; i < 64; i++)
        message_deinit(&world.last[i]);
    message_deinit(&world.outcome);
    str_deinit(&world.trace);
    memset(&world, 0, sizeof world);
}

__attribute__((unused)) static void world_open_with(struct session_config config)
{
    world_close();
    config.worker = 11;
    config.session = 22;
    config.name = config.host = "host";
    config.version = "1";
    config.work = "/attempts";
    config.pid = 1;
    config.cores = 2;
    world.session = session_new(&config);
    world.now_ms = 1000;
    world.status = -1;
}

__attribute__((unused)) static void world_open(int slots)
{
    world_open_with((struct session_config){ .slots = slots, .commands = "*" });
}

/* What was done since the last call. */
__attribute__((unused)) static const char *world_take_trace(void)
{
    static char text[4096];
    str_copy(text, sizeof text, str_text(&world.trace));
    str_clear(&world.trace);
    return text;
}

/* Lets time go by, a tick each 100 ms. */
__attribute__((unused)) static void world_wait(int64_t ms)
{
    for (int64_t end = world.now_ms + ms; world.now_ms < end;) {
        world.now_ms += 100;
        world_step((struct session_event){ .kind = SESSION_TICK });
    }
}

__attribute__((unused)) static void world_say(struct message m)
{
    world_step((struct session_event){ .kind = SESSION_MESSAGE, .message = &m });
}

__attribute__((unused)) static void world_welcome(uint64_t boot)
{
    world_say((struct message){ .type = MESSAGE_WELCOME,
        .as.welcome = { .protocol = 1, .boot = boot, .heartbeat_ms = 1000, .lease_ms = 30000 } });
}

/* From the start to the first ASK. */
__attribute__((unused)) static void world_join(int slots)
{
    world_open(slots);
    world_step((struct session_event){ .kind = SESSION_TICK });
    world_welcome(1);
    world_take_trace();
}

/* Keeps the coordinator there while time goes by. */
__attribute__((unused)) static void world_wait_heard(int64_t ms)
{
    for (; ms > 0; ms -= 500) {
        world_say((struct message){ .type = MESSAGE_BEAT_ACK, .as.beat_ack = { .boot = 1 } });
        world_wait(500);
    }
}

__attribute__((unused)) static struct message world_grant_message(uint64_t trial, uint64_t lease)
{
    return (struct message){ .type = MESSAGE_GRANT,
        .as.grant = { .trial = trial,
            .lease = lease,
            .campaign = "digits",
            .number = (int64_t)trial,
            .rung = 0,
            .budget_to = 3,
            .metric = "loss",
            .config = "{\"x\":1}",
            .command = "[\"program\"]",
            .directory = "/campaign" } };
}

__attribute__((unused)) static void world_grant(uint64_t trial, uint64_t lease)
{
    world_say(world_grant_message(trial, lease));
}

__attribute__((unused)) static void world_line(int slot, const char *line)
{
    world_step((struct session_event){ .kind = SESSION_LINE, .slot = slot, .text = line, .len = strlen(line) });
}

__attribute__((unused)) static void world_checkpoint(int slot, int step)
{
    char line[512];
    snprintf(line, sizeof line, "{\"checkpoint\":\"%s\",\"step\":%d}", world.checkpoint, step);
    world_line(slot, line);
}

__attribute__((unused)) static void world_report(int slot, int step)
{
    char line[128];
    snprintf(line, sizeof line, "{\"step\":%d,\"metrics\":{\"loss\":0.5}}", step);
    world_line(slot, line);
}

__attribute__((unused)) static void world_exit(int slot, enum exit_how how, int status, const char *reason)
{
    struct session_exit ended = { .how = how, .status = status, .reason = reason, .log = "log", .seconds = 1.5 };
    world_step((struct session_event){ .kind = SESSION_EXITED, .slot = slot, .exit = &ended });
}

/* Steps 1 to 3, done, gone. */
__attribute__((unused)) static void world_finish(int slot)
{
    for (int step = 1; step <= 3; step++)
        world_report(slot, step);
    world_line(slot, "{\"done\":true}");
    world_exit(slot, EXIT_STATUS, 0, "");
}

__attribute__((unused)) static void world_acknowledge(uint64_t trial, uint64_t lease, const char *verdict)
{
    world_say((struct message){ .type = MESSAGE_RESULT_ACK,
        .as.result_ack = { .trial = trial, .rung = 0, .lease = lease, .verdict = verdict } });
}

#endif
