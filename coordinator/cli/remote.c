#include "coordinator/cli/remote.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/io/address.h"
#include "common/io/system.h"
#include "coordinator/cli/submission.h"
#include "coordinator/cli/client.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/follow.h"
#include "coordinator/cli/interrupt.h"

#define WATCH_ANSWER_MS 1000
#define WATCH_PATIENCE_MS 60000 /* without an answer; a restart of the coordinator takes less */

static struct client *connect_to(const struct remote *where, struct err *e)
{
    struct address address;
    int status = where->connect ? address_parse(where->connect, &address, e)
                                : address_for_store(where->store, getenv("XDG_RUNTIME_DIR"), &address, e);
    if (status == 0 && address.kind == ADDRESS_IPC && access(address.path, F_OK) < 0)
        status = err_set(e, ERR_UNREACHABLE, "nobody serves %s: start rungd, or use rung run",
            where->connect ? where->connect : where->store);
    return status < 0 ? NULL : client_open(address.text, e);
}

int cli_submit(const struct remote *where, const char *path, FILE *out, struct err *e)
{
    struct submission file;
    struct client_submitted submitted;
    int status = submission_read(&file, path, e);
    if (status != 0)
        return status;
    struct client *c = connect_to(where, e);
    status = c ? client_submit(c, file.canonical.text, &submitted, e) : -1;
    if (status == 0)
        fprintf(out, "campaign %s %s: %s\n", submitted.campaign, submitted.is_new ? "begins" : "was there already",
            submitted.state);
    client_close(c);
    submission_deinit(&file);
    return status;
}

int cli_control(const struct remote *where, const char *campaign, const char *action, FILE *out, struct err *e)
{
    struct client *c = connect_to(where, e);
    int status = c ? client_control(c, campaign, action, e) : -1;
    if (status == 0)
        fprintf(out, "campaign %s: %s\n", campaign, action);
    client_close(c);
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
    struct client *c = connect_to(where, e);
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

/* The campaign that is meant by naming none: the only one that is going on. */
static int find_only(struct client *c, struct str *name, struct err *e)
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

/* One look. Returns 1 and sets *exit_status when the campaign is over. */
static int look(struct client *c, const char *name, struct follow *f, struct str *json, int *exit_status, struct err *e)
{
    struct status s;
    if (client_status(c, name, json, e) < 0 || status_read(&s, json->text, e) < 0)
        return -1;
    json_value campaign = status_campaign(&s, name);
    int is_over = campaign ? status_is_over(campaign) : err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\"", name);
    if (campaign) {
        follow_show(f, &s, campaign, json->text, NULL, system_monotonic_ms());
        *exit_status = status_exit(campaign);
    }
    status_deinit(&s);
    return is_over;
}

static int watch(struct client *c, const char *name, struct follow *f, struct err *e)
{
    struct str json = { 0 };
    int status = 0, exit_status = 0;
    int64_t heard_ms = system_monotonic_ms();
    while (status == 0 && interrupt_count() == 0) {
        int is_over = look(c, name, f, &json, &exit_status, e);
        int64_t now_ms = system_monotonic_ms();
        bool is_silent = is_over < 0 && e->code == ERR_UNREACHABLE && now_ms - heard_ms < WATCH_PATIENCE_MS;
        if (!is_silent)
            heard_ms = now_ms;
        status = is_silent ? 0 : is_over;
        if (status == 0)
            interrupt_sleep(FOLLOW_EVERY_MS);
    }
    str_deinit(&json);
    if (status == 0) {
        follow_say(f, "rung: no longer watching; campaign %s goes on (rung stop %s would end it)", name, name);
        return EXIT_STATUS_INTERRUPTED;
    }
    return status < 0 ? -1 : exit_status;
}

int cli_watch(const struct remote *where, const char *campaign, bool is_json, struct err *e)
{
    struct str name = { 0 };
    struct follow f = { 0 };
    struct client *c = connect_to(where, e);
    str_add(&name, campaign ? campaign : "");
    int status = !c ? -1 : campaign ? 0 : find_only(c, &name, e);
    if (status == 0) {
        client_set_patience(c, WATCH_ANSWER_MS);
        interrupt_watch();
        follow_open(&f, is_json ? FOLLOW_JSON : FOLLOW_VIEW);
        status = watch(c, name.text, &f, e);
        follow_close(&f);
    }
    str_deinit(&name);
    client_close(c);
    return status;
}
