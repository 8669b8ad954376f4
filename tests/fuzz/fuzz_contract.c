/* What a trial says: the input's first byte says how its process ends, the rest are lines of the trial contract, given
 * to an agent that has just started it. Whatever they are, the trial ends in one outcome that fits into a frame.
 */
#include "common/base/limits.h"
#include "common/base/str.h"
#include "tests/fuzz/must.h"
#include "worker/core/contract.h"
#include "worker/core/session.h"

struct seen {
    int n_spooled;
    bool is_killed, is_ended;
};

static struct session *session;
static struct seen seen;

static void step(struct session_event event);

static void answer(const struct session_effect *effect)
{
    struct str frame = { 0 };
    if (effect->kind == EFFECT_KILL)
        seen.is_killed = true;
    if (effect->kind == EFFECT_SAVE)
        step((struct session_event){ .kind = SESSION_SAVED, .attempt = effect->attempt, .reason = "no such file" });
    if (effect->kind != EFFECT_SPOOL)
        return;
    seen.n_spooled++;
    MUST(message_encode(&effect->message, &frame) && frame.len <= LIMIT_FRAME);
    str_deinit(&frame);
}

static void step(struct session_event event)
{
    struct session_effects effects = { 0 };
    static int64_t now_ms = 1000;
    event.now_ms = now_ms += 10;
    session_step(session, &event, &effects);
    for (size_t i = 0; i < effects.n; i++)
        answer(&effects.list[i]);
    session_effects_deinit(&effects);
}

static void begin(void)
{
    static const struct message welcome = { .type = MESSAGE_WELCOME,
        .as.welcome = { .protocol = MESSAGE_PROTOCOL, .boot = 1, .heartbeat_ms = 1000, .lease_ms = 30000 } };
    static const struct message grant = { .type = MESSAGE_GRANT,
        .as.grant = { .trial = 1,
            .lease = 1,
            .campaign = "fuzz",
            .number = 1,
            .budget_to = 9,
            .metric = "loss",
            .config = "{}",
            .program = "linear",
            .data = "{}" } };
    session = session_new(&(struct session_config){
        .worker = 1, .session = 2, .name = "w", .host = "h", .version = "0", .work = "/w", .slots = 1 });
    seen = (struct seen){ 0 };
    step((struct session_event){ .kind = SESSION_TICK });
    step((struct session_event){ .kind = SESSION_MESSAGE, .message = &welcome });
    step((struct session_event){ .kind = SESSION_MESSAGE, .message = &grant });
    step((struct session_event){ .kind = SESSION_STARTED });
}

/* The same line by itself: taken or refused, it leaves nothing behind. */
static void read_line(const char *line, size_t len)
{
    struct saying said = { 0 };
    struct err e = { 0 };
    if (saying_read(line, len, "loss", &said, &e) < 0) {
        MUST(e.code != ERR_NONE && !said.text);
        MUST(str_is_utf8(e.text, strlen(e.text)) || !str_is_utf8(line, len));
    }
    saying_deinit(&said);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct input in = { bytes, len };
    struct session_exit how = { .how = (enum exit_how)input_below(&in, EXIT_LOST + 1), .reason = "", .log = "" };
    how.status = how.how == EXIT_SIGNAL ? 9 : input_below(&in, 80);
    begin();
    for (const char *at = (const char *)in.bytes, *end = at + in.len; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((newline ? newline : end) - at);
        read_line(at, n);
        step((struct session_event){ .kind = SESSION_LINE, .text = at, .len = n });
        at += n + 1;
    }
    step((struct session_event){ .kind = SESSION_EXITED, .exit = &how });
    MUST(seen.n_spooled == 1);
    session_free(session);
    return 0;
}
