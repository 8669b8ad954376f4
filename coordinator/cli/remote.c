#include "coordinator/cli/remote.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/exit_status.h"
#include "common/base/str.h"
#include "common/io/address.h"
#include "common/io/system.h"
#include "coordinator/cli/submission.h"
#include "coordinator/cli/client.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/delivery.h"
#include "coordinator/cli/follow.h"
#include "coordinator/cli/errand.h"
#include "coordinator/cli/interrupt.h"
#include "coordinator/cli/options.h"
#include "coordinator/cli/stream.h"
#include "coordinator/cli/until.h"
#include "coordinator/cli/who.h"

#define WATCH_ANSWER_MS 1000
#define WATCH_PATIENCE_MS 60000 /* without an answer; a restart of the coordinator takes less */

struct remote remote_of(const struct options *o)
{
    return (struct remote){ .store = options_text(o, "store", DEFAULT_STORE),
        .connect = options_text(o, "connect", NULL),
        .choice = { options_text(o, "key", NULL), options_text(o, "server-key", NULL) } };
}

/* Where the coordinator is, and what to show it. */
static int find_coordinator(
    const struct remote *where, struct address *address, struct credential *credential, struct err *e)
{
    static const enum role roles[] = { ROLE_OPERATOR, ROLE_VIEWER, ROLE_NONE };
    int status = where->connect ? address_parse(where->connect, address, e)
                                : address_for_store(where->store, getenv("XDG_RUNTIME_DIR"), address, e);
    if (status == 0 && address->kind == ADDRESS_IPC && access(address->path, F_OK) < 0)
        status = err_set(e, ERR_UNREACHABLE, "nobody serves %s: start rungd, or use rung run",
            where->connect ? where->connect : where->store);
    return status < 0 ? -1 : credential_find(address, &where->choice, roles, credential, e);
}

int remote_deliver(const struct remote *where, const struct submission *file, struct err *e)
{
    struct address address;
    struct credential credential;
    if (find_coordinator(where, &address, &credential, e) < 0)
        return -1;
    int status = delivery_put(&address, &credential, str_text(&file->canonical), e);
    credential_wipe(&credential);
    return status;
}

struct client *remote_connect(const struct remote *where, struct err *e)
{
    struct address address;
    struct credential credential;
    if (find_coordinator(where, &address, &credential, e) < 0)
        return NULL;
    struct client *c = client_open(address.text, &credential, e);
    credential_wipe(&credential);
    return c;
}

int remote_submit(
    const struct remote *where, const struct submission *file, struct client_submitted *out, struct err *e)
{
    struct client *c = remote_connect(where, e);
    int status = c && remote_deliver(where, file, e) == 0 ? client_submit(c, file->canonical.text, out, e) : -1;
    client_close(c);
    return status;
}

int cli_submit(const struct remote *where, const char *path, FILE *out, struct err *e)
{
    struct submission file;
    struct client_submitted submitted;
    int status = submission_read(&file, path, e);
    if (status != 0)
        return status;
    status = remote_submit(where, &file, &submitted, e);
    if (status == 0)
        fprintf(out, "campaign %s %s: %s\n", submitted.campaign, submitted.is_new ? "begins" : "was there already",
            submitted.state);
    submission_deinit(&file);
    return status;
}

/* ---- status ---- */

static void print_campaigns(const struct status *s, FILE *out)
{
    struct str text = { 0 };
    struct view_look look = screen_print_look();
    for (json_value c = json_first(json_get(s->root, "campaigns")); c; c = json_next(c)) {
        if (text.len)
            str_add_char(&text, '\n');
        view_campaign(&text, s->root, c, &look);
    }
    if (!text.len)
        str_add(&text, "No campaign is going on; rung campaigns lists those that are over.\n");
    fputs(text.text, out);
    str_deinit(&text);
}

int cli_status(const struct remote *where, const char *campaign, bool is_json, FILE *out, struct err *e)
{
    struct status s = { 0 };
    struct str json = { 0 };
    struct client *c = remote_connect(where, e);
    int status = c && client_status(c, campaign, &json, e) == 0 && status_read(&s, json.text, e) == 0 ? 0 : -1;
    if (status == 0 && campaign && !status_campaign(&s, campaign))
        status = err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\"", campaign);
    if (status == 0 && is_json)
        fprintf(out, "%s\n", json.text);
    else if (status == 0)
        print_campaigns(&s, out);
    status_deinit(&s);
    str_deinit(&json);
    client_close(c);
    return status;
}

/* ---- watch ---- */

int remote_find_only(struct client *c, struct str *name, struct err *e)
{
    struct str json = { 0 };
    struct status s = { 0 };
    if (client_status(c, NULL, &json, e) < 0 || status_read(&s, json.text, e) < 0) {
        str_deinit(&json);
        return -1;
    }
    json_value campaigns = json_get(s.root, "campaigns");
    int status = 0;
    for (json_value v = json_first(campaigns); v; v = json_next(v))
        str_addf(name, "%s%s", name->len ? ", " : "", status_text(v, "name"));
    if (json_len(campaigns) == 0)
        status = err_set(e, ERR_NOT_FOUND, "no campaign is going on; rung campaigns lists those that are over");
    else if (json_len(campaigns) > 1)
        status = err_set(e, ERR_USAGE, "which campaign? There are %s", name->text);
    status_deinit(&s);
    str_deinit(&json);
    return status;
}

struct watching {
    struct client *client;
    const char *store; /* on this machine, or NULL */
    const char *name;
    const char *until; /* NULL: nothing but the end */
    struct follow follow;
    struct str json;  /* the last status */
    bool is_met;      /* it has answered once */
    int64_t heard_ms; /* monotonic: when it last did */
    int exit_status;  /* once the campaign is over */
};

/* One look. Returns 1 when the campaign is over. */
static int look(struct watching *w, struct err *e)
{
    struct status s;
    if (client_status(w->client, w->name, &w->json, e) < 0 || status_read(&s, w->json.text, e) < 0)
        return -1;
    json_value campaign = status_campaign(&s, w->name);
    int is_over =
        campaign ? status_is_over(campaign) : err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\"", w->name);
    if (campaign) {
        follow_show(&w->follow, &s, campaign, NULL, system_monotonic_ms());
        int met = w->until ? until_holds(w->until, campaign, e) : 0;
        w->exit_status = met > 0 ? EXIT_STATUS_OK : w->until ? EXIT_STATUS_NOT_MET : status_exit(campaign);
        is_over = met ? met : is_over;
    }
    status_deinit(&s);
    return is_over;
}

/* As look, but 0 while a coordinator that was there once is away for not too long. */
static int look_patiently(struct watching *w, struct err *e)
{
    int is_over = look(w, e);
    int64_t now_ms = system_monotonic_ms();
    if (is_over < 0 && e->code == ERR_UNREACHABLE && w->store && !errand_is_served(w->store))
        return stream_say_end(w->store, w->name, w->until, &w->exit_status, e) < 0 ? -1 : 1;
    if (is_over < 0 && e->code == ERR_UNREACHABLE && w->is_met && now_ms - w->heard_ms < WATCH_PATIENCE_MS)
        return 0;
    if (!w->is_met)
        client_set_patience(w->client, WATCH_ANSWER_MS);
    w->is_met = true;
    w->heard_ms = now_ms;
    return is_over;
}

static int obey(struct watching *w, enum board_wish wish, struct err *e)
{
    struct message_control ask = { .campaign = w->name, .action = board_action(wish), .who = who() };
    return client_control(w->client, &ask, NULL, e);
}

/* Until the campaign is over, somebody interrupts or leaves, or it took too long. */
static int watch(struct watching *w, int64_t timeout_ms, struct err *e)
{
    int64_t end_ms = system_monotonic_ms() + timeout_ms;
    int is_over = 0;
    while ((is_over = look_patiently(w, e)) == 0 && interrupt_count() == 0) {
        if (timeout_ms > 0 && system_monotonic_ms() >= end_ms) {
            follow_say(&w->follow, "rung: campaign %s is not over yet", w->name);
            return EXIT_STATUS_TIMEOUT;
        }
        enum board_wish wish = follow_wait(&w->follow);
        if (wish == BOARD_LEAVE)
            break;
        if (wish != BOARD_NOTHING && obey(w, wish, e) < 0)
            return -1;
    }
    if (is_over)
        return is_over < 0 ? -1 : w->exit_status;
    follow_say(
        &w->follow, "rung: no longer watching; campaign %s goes on (rung stop %s would end it)", w->name, w->name);
    return EXIT_STATUS_INTERRUPTED;
}

int cli_watch(const struct remote *where, const char *campaign, const char *until, int64_t timeout_ms, struct err *e)
{
    struct str name = { 0 };
    int status = 0;
    if (!where->connect && !errand_is_served(where->store))
        return stream_say_end(where->store, campaign, until, &status, e) < 0 ? -1 : status;
    struct watching w = {
        .client = remote_connect(where, e), .store = where->connect ? NULL : where->store, .until = until
    };
    str_add(&name, campaign ? campaign : "");
    status = !w.client ? -1 : campaign ? 0 : remote_find_only(w.client, &name, e);
    if (status == 0) {
        w.name = name.text;
        interrupt_watch();
        follow_open(&w.follow, FOLLOW_VIEW);
        w.follow.inspect.store = w.store;
        status = watch(&w, timeout_ms, e);
        follow_close(&w.follow);
    }
    str_deinit(&w.json);
    str_deinit(&name);
    client_close(w.client);
    return status;
}
