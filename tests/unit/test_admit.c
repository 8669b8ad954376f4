#include "coordinator/bridge/admit.h"

#include "common/proto/role.h"
#include "tests/tap.h"

/* A hub that one worker has joined, number 7 with session 70, by the key of `owner`. */
static const char owner[] = "owner's key", other[] = "another's key";
static struct hub *hub;

static void open_hub(const char *key)
{
    struct effects fx = { 0 };
    hub = hub_new(&(struct hub_settings){ .lease_ms = 1000, .heartbeat_ms = 100 }, 1);
    hub_start(hub, 0, 0, 0);
    struct hub_event hello = { .kind = HUB_HELLO, .session = 70, .peer = 1 };
    hello.as.hello = (struct hub_hello){
        .key = 7, .public_key = key, .name = "ada", .host = "h", .version = "1", .kernel = "", .slots = 1, .cores = 1
    };
    hub_step(hub, &hello, &fx);
    effects_deinit(&fx);
}

static bool is_let_in(const void *context, const char *key)
{
    return *(const bool *)context;
}

static int admit(const char *key, bool owner_is_let_in, const struct message *m, struct err *e)
{
    const struct bridge_world world = {
        .hub = hub, .public_key = key, .is_let_in = is_let_in, .context = &owner_is_let_in
    };
    return bridge_admit(&world, m, e);
}

static struct message hello_of(const char *version)
{
    return (struct message){ .type = MESSAGE_HELLO,
        .as.hello = { .worker = 7, .session = 71, .version = version, .protocol_min = 1, .protocol_max = 1 } };
}

static const struct message of_session_70[] = {
    { .type = MESSAGE_ASK, .as.ask = { .session = 70 } },
    { .type = MESSAGE_BEAT, .as.beat = { .session = 70 } },
    { .type = MESSAGE_BYE, .as.bye = { .session = 70 } },
    { .type = MESSAGE_PROGRESS, .as.progress = { .session = 70 } },
    { .type = MESSAGE_RESULT, .as.result = { .session = 71, .worker = 7 } },
    { .type = MESSAGE_FAIL, .as.fail = { .session = 71, .worker = 7 } },
};
enum { N_MESSAGES = sizeof of_session_70 / sizeof *of_session_70 };

TEST(a_worker_speaks_for_itself_and_nobody_else_does)
{
    struct err e = { 0 };
    open_hub(owner);
    for (int i = 0; i < N_MESSAGES; i++) {
        CHECK_INT(admit(owner, true, &of_session_70[i], &e), 0);
        CHECK_INT(admit(other, true, &of_session_70[i], &e), -1);
        CHECK_INT(e.code, ERR_REFUSED);
        CHECK_CONTAINS(e.text, "worker ada");
        CHECK_INT(admit("", true, &of_session_70[i], &e), 0); /* of this machine */
        CHECK_INT(admit(NULL, true, &of_session_70[i], &e), 0);
    }
    hub_free(hub);
}

TEST(a_workers_place_is_free_for_another_key_once_its_own_is_revoked)
{
    struct err e = { 0 };
    struct message hello = hello_of(RUNG_VERSION);
    open_hub(owner);
    CHECK_INT(admit(owner, true, &hello, &e), 0);
    CHECK_INT(admit(other, true, &hello, &e), -1);
    CHECK_CONTAINS(e.text, "--dir");
    CHECK_INT(admit(other, false, &hello, &e), 0);
    CHECK_INT(admit(other, false, &of_session_70[0], &e), -1); /* but only by a HELLO */
    hub_free(hub);
    open_hub("");
    CHECK_INT(admit(other, true, &hello, &e), 0); /* it was on this machine, and has a key now */
    CHECK_INT(admit(other, true, &of_session_70[0], &e), -1);
    hub_free(hub);
}

TEST(a_release_that_differs_by_one_is_taken_and_any_other_named_with_ours)
{
    int major, minor;
    char text[32];
    open_hub(owner);
    CHECK_INT(sscanf(RUNG_VERSION, "%d.%d", &major, &minor), 2);
    const struct {
        int major, minor;
        bool is_taken;
    } rows[] = { { major, minor, true }, { major, minor + 1, true }, { major, minor - 1, true },
        { major, minor + 2, false }, { major + 1, minor, false }, { major, minor + 10, false } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = { 0 };
        snprintf(text, sizeof text, "%d.%d.9", rows[i].major, rows[i].minor);
        struct message hello = hello_of(text);
        CHECK_INT(admit(owner, true, &hello, &e), rows[i].is_taken ? 0 : -1);
        if (rows[i].is_taken)
            continue;
        CHECK_INT(e.code, ERR_REFUSED);
        CHECK_CONTAINS(e.text, text);
        CHECK_CONTAINS(e.text, RUNG_VERSION);
    }
    hub_free(hub);
}

TEST(a_protocol_that_is_not_ours_is_named_with_ours)
{
    struct err e = { 0 };
    struct message hello = hello_of(RUNG_VERSION);
    hello.as.hello.protocol_min = hello.as.hello.protocol_max = MESSAGE_PROTOCOL + 1;
    open_hub(owner);
    CHECK_INT(admit(owner, true, &hello, &e), -1);
    CHECK_INT(e.code, ERR_REFUSED);
    CHECK_CONTAINS(e.text, "protocols 2 to 2");
    hub_free(hub);
}

/* The words that each role may say, of all that there are. */
TEST(a_role_may_say_what_it_is_for_and_no_more)
{
    static const enum message_type all[] = {
#define RECORD(name, meaning)
#define MESSAGE(name, NAME, number, from, meaning) MESSAGE_##NAME,
#define FIELD(type, name, maximum, meaning)
#define LIST(record, name, maximum, meaning)
#define END
#include "schemas/messages.def"
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        enum message_type t = all[i];
        bool is_workers = t == MESSAGE_HELLO || t == MESSAGE_ASK || t == MESSAGE_BEAT || t == MESSAGE_BYE ||
                          t == MESSAGE_PROGRESS || t == MESSAGE_RESULT || t == MESSAGE_FAIL || t == MESSAGE_BLOB_PUT ||
                          t == MESSAGE_BLOB_GET;
        bool asks = t == MESSAGE_STATUS || t == MESSAGE_EVENTS;
        bool does = t == MESSAGE_SUBMIT || t == MESSAGE_CONTROL || t == MESSAGE_DRAIN || t == MESSAGE_IMPORT ||
                    t == MESSAGE_GC || t == MESSAGE_REMOVE;
        bool is_anybodys = t == MESSAGE_ERROR;
        CHECK_INT(role_may_send(ROLE_WORKER, t), is_workers || is_anybodys);
        CHECK_INT(role_may_send(ROLE_VIEWER, t), asks);
        CHECK_INT(role_may_send(ROLE_OPERATOR, t), is_workers || asks || does || is_anybodys);
        CHECK(!role_may_send(ROLE_NONE, t) && !role_may_send(ROLE_SERVER, t));
    }
}

TAP_MAIN
