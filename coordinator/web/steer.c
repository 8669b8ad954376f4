#include "coordinator/web/steer.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/io/system.h"
#include "common/proto/json.h"
#include "coordinator/web/web_state.h"

#define WHO "operator@page"

/* ---- the body ---- */

/* clang-format off */
static const struct { const char *name, *actions; size_t offset; } whole_members[] = {
    { "trials",             "extend", offsetof(struct message_control, trials) },
    { "more_trials",        "extend", offsetof(struct message_control, more_trials) },
    { "max_budget",         "extend", offsetof(struct message_control, max_budget) },
    { "more_budget",        "extend", offsetof(struct message_control, more_budget) },
    { "wall_clock_ms",      "extend", offsetof(struct message_control, wall_clock_ms) },
    { "more_wall_clock_ms", "extend", offsetof(struct message_control, more_wall_clock_ms) },
};
/* clang-format on */

static int take_whole(json_value member, size_t i, struct message_control *out, struct err *e)
{
    int64_t value;
    if (!json_is_integer(member, &value) || value < 1)
        return err_set(e, ERR_INVALID, "%s: a whole number above 0 is expected", whole_members[i].name);
    *(int64_t *)((char *)out + whole_members[i].offset) = value;
    return 0;
}

static int take_numbers(json_value list, struct steer_memory *m, struct message_control *out, struct err *e)
{
    if (json_type(list) != JSON_ARRAY || json_len(list) > LIMIT_STEERED)
        return err_set(e, ERR_INVALID, "numbers: a list of at most %d trials is expected", LIMIT_STEERED);
    for (json_value v = json_first(list); v; v = json_next(v)) {
        int64_t *to = &m->numbers[out->n_numbers].number;
        if (!json_is_integer(v, to) || *to < 1 || *to > LIMIT_TRIALS)
            return err_set(e, ERR_INVALID, "numbers: the number of a trial is expected");
        out->n_numbers++;
    }
    out->numbers = m->numbers;
    return 0;
}

static int take_config(json_value v, struct steer_memory *m, struct message_control *out, struct err *e)
{
    if (json_type(v) != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "config: an object is expected, not %s", json_type_name(v));
    json_print(&m->config, v);
    out->config = m->config.text;
    return 0;
}

static int take_note(json_value v, struct message_control *out, struct err *e)
{
    if (json_type(v) != JSON_TEXT || !*json_text(v) || strlen(json_text(v)) > LIMIT_NOTE)
        return err_set(e, ERR_INVALID, "text: 1 to %d bytes are expected", LIMIT_NOTE);
    out->text = json_text(v);
    return 0;
}

static int take_member(
    json_value root, json_value v, struct steer_memory *m, struct message_control *out, struct err *e)
{
    const char *key = json_key(v), *action = out->action;
    if (str_equal(key, "request"))
        return json_want_id(root, key, &out->request, e);
    if (str_equal(key, "config") && str_equal(action, "enqueue"))
        return take_config(v, m, out, e);
    if (str_equal(key, "numbers") && (str_equal(action, "retry") || str_equal(action, "note")))
        return take_numbers(v, m, out, e);
    if (str_equal(key, "text") && str_equal(action, "note"))
        return take_note(v, out, e);
    for (size_t i = 0; i < sizeof whole_members / sizeof *whole_members; i++)
        if (str_equal(key, whole_members[i].name) && str_equal(action, whole_members[i].actions))
            return take_whole(v, i, out, e);
    return err_set(e, ERR_INVALID, "%s takes no \"%.64s\"", action, key);
}

int steer_parse(const char *action, const char *body, size_t len, struct steer_memory *memory,
    struct message_control *out, struct err *e)
{
    *out = (struct message_control){ .action = action, .who = WHO };
    if (len == 0)
        return 0;
    memory->doc = json_parse(body, len, e);
    if (!memory->doc)
        return err_prefix(e, "the body");
    json_value root = json_root(memory->doc);
    if (json_type(root) != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "the body: an object is expected, not %s", json_type_name(root));
    for (json_value v = json_first(root); v; v = json_next(v))
        if (take_member(root, v, memory, out, e) < 0)
            return -1;
    return 0;
}

void steer_memory_deinit(struct steer_memory *m)
{
    str_deinit(&m->config);
    json_free(m->doc);
}

/* ---- the door ---- */

static void answer_done(struct call *c, const struct message_done *done)
{
    struct str json = { 0 };
    json_open_object(&json);
    json_add_text(&json, "schema", "rung.done/1");
    json_add_text(&json, "campaign", call_campaign(c));
    json_add_text(&json, "state", done->state ? done->state : "");
    json_add_text(&json, "text", done->text ? done->text : "");
    json_close_object(&json);
    call_answer_json(c, &json);
}

static int fail_as(const struct message_error *error, struct err *e)
{
    for (enum err_code code = ERR_USAGE; code < ERR_N_CODES; code++)
        if (str_equal(error->code, err_code_name(code)))
            return err_set(e, code, "%s", error->text);
    return err_set(e, ERR_REFUSED, "%s", error->text);
}

static int ask(struct call *c, const struct message_control *control, struct err *e)
{
    const struct web_options *o = &c->web->options;
    struct message question = { .type = MESSAGE_CONTROL, .as.control = *control }, answer = { 0 };
    struct str frame = { 0 }, back = { 0 };
    int status = 0;
    if (!message_encode(&question, &frame))
        status = err_set(e, ERR_INVALID, "this is too long for a message");
    if (status == 0) {
        o->exchange(o->context, frame.text, frame.len, &back);
        status = message_decode(str_text(&back), back.len, &answer, e);
    }
    if (status == 0 && answer.type == MESSAGE_DONE)
        answer_done(c, &answer.as.done);
    else if (status == 0)
        status = fail_as(&answer.as.error, e);
    message_deinit(&answer);
    str_deinit(&frame);
    str_deinit(&back);
    return status;
}

int steer_answer(struct call *c, struct err *e)
{
    struct steer_memory *memory = mem_zalloc(1, sizeof *memory);
    struct message_control control;
    const struct str *body = http_body(c->http);
    int status = steer_parse(c->target.segments[4], str_text(body), body->len, memory, &control, e);
    control.campaign = call_campaign(c);
    if (!control.request)
        control.request = system_random_id();
    if (status == 0 && strlen(control.campaign) > LIMIT_NAME)
        status = err_set(e, ERR_NOT_FOUND, "there is no campaign of such a name");
    if (status == 0)
        status = ask(c, &control, e);
    steer_memory_deinit(memory);
    free(memory);
    return status;
}
