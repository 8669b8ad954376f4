#include "tests/sim/counts.h"

#include <inttypes.h>
#include <string.h>

#include "common/proto/message.h"

const char *const count_verdicts[COUNTS_VERDICTS] = { "counted", "duplicate", "late", "unknown", "send_blob" };

static const char *const fault_names[FAULT_N] = {
#define FAULT(NAME, name) [FAULT_##NAME] = name,
    FAULT_KINDS
#undef FAULT
};

const char *const count_hub_names[COUNTS_EVENTS] = {
    [HUB_TICK] = "tick",
    [HUB_HELLO] = "hello",
    [HUB_ASK] = "ask",
    [HUB_BEAT] = "beat",
    [HUB_BYE] = "bye",
    [HUB_PROGRESS] = "progress",
    [HUB_RESULT] = "result",
    [HUB_FAIL] = "fail",
    [HUB_BLOB] = "blob",
    [HUB_SUBMIT] = "submit",
    [HUB_STEER] = "steer",
    [HUB_DRAIN] = "drain",
};
const char *const count_session_names[SESSION_N_KINDS] = {
    [SESSION_TICK] = "tick",
    [SESSION_MESSAGE] = "message",
    [SESSION_CONNECTED] = "connected",
    [SESSION_STARTED] = "started",
    [SESSION_LINE] = "line",
    [SESSION_PRINTED] = "printed",
    [SESSION_EXITED] = "exited",
    [SESSION_FETCHED] = "fetched",
    [SESSION_SAVED] = "saved",
    [SESSION_SPOOLED] = "spooled",
    [SESSION_RECOVERED] = "recovered",
    [SESSION_UPLOADED] = "uploaded",
    [SESSION_DAMAGED] = "damaged",
    [SESSION_ROOM] = "room",
    [SESSION_DRAIN] = "drain",
};
static const char *const effect_names[EFFECT_N_KINDS] = {
    [EFFECT_SEND] = "send",
    [EFFECT_RECONNECT] = "reconnect",
    [EFFECT_FETCH] = "fetch",
    [EFFECT_START] = "start",
    [EFFECT_TELL] = "tell",
    [EFFECT_END_INPUT] = "end_input",
    [EFFECT_TERMINATE] = "terminate",
    [EFFECT_KILL] = "kill",
    [EFFECT_CLEAR] = "clear",
    [EFFECT_SAVE] = "save",
    [EFFECT_SPOOL] = "spool",
    [EFFECT_STRIP] = "strip",
    [EFFECT_DELIVER] = "deliver",
    [EFFECT_FORGET] = "forget",
    [EFFECT_UPLOAD] = "upload",
    [EFFECT_LOG] = "log",
    [EFFECT_EXIT] = "exit",
};

void counts_verdict(struct counts *c, const char *verdict)
{
    for (int i = 0; i < COUNTS_VERDICTS; i++)
        c->verdicts[i] += strcmp(count_verdicts[i], verdict) == 0;
}

void counts_add(struct counts *to, const struct counts *from)
{
    uint64_t *a = (uint64_t *)to;
    const uint64_t *b = (const uint64_t *)from;
    for (size_t i = 0; i < sizeof *to / sizeof *a; i++)
        a[i] += b[i];
}

static void print_list(FILE *out, const char *title, const char *const *names, size_t n, const uint64_t *counts)
{
    const char *comma = "";
    fprintf(out, "\"%s\":{", title);
    for (size_t i = 0; i < n; i++) {
        if (!names[i])
            continue; /* nothing that this simulator does */
        fprintf(out, "%s\"%s\":%" PRIu64, comma, names[i], counts[i]);
        comma = ",";
    }
    fprintf(out, "},\n ");
}

static void print_messages(FILE *out, const char *title, const uint64_t *counts)
{
    const char *comma = "";
    fprintf(out, "\"%s\":{", title);
    for (int i = 0; i < COUNTS_MESSAGES; i++) {
        if (!counts[i])
            continue;
        fprintf(out, "%s\"%s\":%" PRIu64, comma, message_name((enum message_type)i), counts[i]);
        comma = ",";
    }
    fprintf(out, "},\n ");
}

#define PRINT_LIST(title, names, counts) print_list(out, title, names, sizeof(names) / sizeof *(names), counts)

void counts_print(const struct counts *c, FILE *out)
{
    print_list(out, "faults", fault_names, FAULT_N, c->faults);
    PRINT_LIST("hub_events", count_hub_names, c->hub);
    PRINT_LIST("session_events", count_session_names, c->session);
    PRINT_LIST("session_effects", effect_names, c->effects);
    print_messages(out, "to_coordinator", c->to_hub);
    print_messages(out, "to_workers", c->to_agent);
    print_list(out, "journal", event_kind_names, EVENT_N_KINDS, c->notes);
    print_list(out, "verdicts", count_verdicts, COUNTS_VERDICTS, c->verdicts);
    print_list(out, "campaigns_ended", campaign_state_names, COUNTS_STATES, c->ended);
    fprintf(out,
        "\"rebuilds\":%" PRIu64 ",\"refused_messages\":%" PRIu64 ",\"dropped_checkpoints\":%" PRIu64
        ",\"real_commits\":%" PRIu64 ",\"real_rebuilds\":%" PRIu64,
        c->rebuilds, c->refused_messages, c->dropped_checkpoints, c->real_commits, c->real_rebuilds);
}
