#include "coordinator/cli/launch.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/io/address.h"
#include "common/io/files.h"
#include "common/proto/json.h"
#include "coordinator/cli/client.h"
#include "coordinator/cli/keygen.h"
#include "coordinator/cli/launch_key.h"
#include "coordinator/cli/launch_plan.h"
#include "coordinator/cli/launcher.h"
#include "coordinator/cli/standing.h"
#include "coordinator/cli/submission.h"
#include "coordinator/cli/who.h"

/* ---- what a launcher answers ---- */

struct members {
    int n_running, n_waiting, n_failed, n_stopped;
    struct str failures; /* lines */
    struct str lines;    /* all of them, as text */
    struct str json;     /* the same, elements of an array */
};

static void take_member(void *context, const struct launcher_member *m)
{
    struct members *all = context;
    const bool is_failed = str_equal(m->state, "failed");
    all->n_running += str_equal(m->state, "running");
    all->n_waiting += str_equal(m->state, "waiting");
    all->n_stopped += str_equal(m->state, "stopped");
    all->n_failed += is_failed;
    if (is_failed)
        str_addf(&all->failures, "  %s%s%s\n", m->worker, *m->text ? ": " : "", m->text);
    str_addf(&all->lines, "  %-16s  %-8s  %-16s  %s%s%s\n", m->worker, m->state, m->where, m->id, *m->text ? "  " : "",
        m->text);
    json_open_object(&all->json);
    json_add_text(&all->json, "worker", m->worker);
    json_add_text(&all->json, "state", m->state);
    json_add_text(&all->json, "where", m->where);
    json_add_text(&all->json, "id", m->id);
    json_add_text(&all->json, "text", m->text);
    json_close_object(&all->json);
}

static void members_deinit(struct members *all)
{
    str_deinit(&all->failures);
    str_deinit(&all->lines);
    str_deinit(&all->json);
}

static void print_counts(const struct launch_plan *p, const struct members *all, FILE *out)
{
    fprintf(out, "workers by %s: %lld wanted, %d running", p->launcher, (long long)p->n_workers, all->n_running);
    if (all->n_waiting)
        fprintf(out, ", %d waiting", all->n_waiting);
    if (all->n_failed)
        fprintf(out, ", %d failed", all->n_failed);
    fputc('\n', out);
}

/* ---- launch ---- */

/* Where it listens for other machines: as rung launch had it do, or as it says itself. */
static int find_listener(const char *store, struct address *a, struct err *e)
{
    struct str listen = { 0 };
    int status = standing_address(store, &listen, e);
    if (status == 0 && listen.len)
        status = address_parse(listen.text, a, e) < 0 || cli_name_host(a, e) < 0 ? -1 : 0;
    else if (status == 0)
        status = cli_find_address(store, a, e);
    str_deinit(&listen);
    return status;
}

/* Fills in where the workers find the coordinator, which answers already. */
static int choose_address(const struct launch_options *o, const char *store, struct launch_plan *p, struct err *e)
{
    struct address found;
    const char *said = o->address ? o->address : o->where.connect;
    int status = said                        ? address_parse(said, &found, e)
                 : str_equal(o->on, "local") ? address_for_store(store, getenv("XDG_RUNTIME_DIR"), &found, e)
                                             : find_listener(store, &found, e);
    if (status < 0)
        return -1;
    str_add(&p->address, found.text);
    return launch_key_make(p, store, &found, o, e);
}

/* The program that the campaign brings, if it does: whoever launches it lets the workers run that. */
static void add_program(const struct submission *file, struct str *out)
{
    struct json_doc *doc = json_parse(str_text(&file->canonical), file->canonical.len, NULL);
    json_value command = doc ? json_get(json_get(json_root(doc), "trial"), "command") : NULL;
    if (command)
        str_add(out, json_text(json_first(command)));
    json_free(doc);
}

static int fill_plan(
    const struct launch_options *o, const struct submission *file, struct launch_plan *p, struct err *e)
{
    if (launch_plan_init(p, o->where.store, file->name, e) < 0)
        return -1;
    str_copy(p->launcher, sizeof p->launcher, o->on);
    p->n_workers = o->n_workers;
    p->slots = o->slots ? o->slots : file->cores;
    p->idle_exit_s = o->idle_exit_s;
    p->is_copied = o->is_copied;
    add_program(file, &p->commands);
    if (o->n_words > LAUNCH_WORDS)
        return err_set(e, ERR_USAGE, "%d words for the launcher: at most %d", o->n_words, LAUNCH_WORDS);
    for (int i = 0; i < o->n_words; i++)
        launch_plan_add_word(p, o->words[i]);
    if (o->hosts && access(o->hosts, R_OK) < 0)
        return err_set_errno(e, "--hosts %s", o->hosts);
    return o->hosts ? file_absolute(o->hosts, &p->hosts, e) : 0;
}

/* Another engine's workers may not be forgotten: they have to be stopped first. */
static int check_earlier(const struct launch_options *o, const char *campaign, struct err *e)
{
    struct launch_plan old;
    int status = launch_plan_init(&old, o->where.store, campaign, e) < 0 ? -1 : launch_plan_load(&old, e);
    if (status > 0 && !str_equal(old.launcher, o->on))
        status =
            err_set(e, ERR_EXISTS, "%s has workers by %s already: rung scale %s 0 ends those, and then launch it on %s",
                campaign, old.launcher, campaign, o->on);
    if (status > 0 && old.n_workers == 0)
        status = 0;
    launch_plan_deinit(&old);
    return status < 0 ? -1 : 0;
}

static struct client *reach(const struct launch_options *o, const char *store, bool *is_new, struct err *e)
{
    char listen[64];
    snprintf(listen, sizeof listen, "tcp://*:%d", LAUNCH_PORT);
    const char *usual = str_equal(o->on, "local") ? NULL : listen;
    *is_new = false;
    return o->where.connect ? remote_connect(&o->where, e)
                            : standing_open(store, o->listen ? o->listen : usual, is_new, e);
}

static int submit(struct client *c, const struct submission *file, FILE *out, struct err *e)
{
    struct client_submitted submitted;
    if (client_submit(c, file->canonical.text, &submitted, e) < 0)
        return -1;
    struct message_control resume = { .campaign = file->name, .action = "resume", .who = who() };
    bool is_paused = str_equal(submitted.state, "paused");
    if (is_paused && client_control(c, &resume, NULL, e) < 0)
        return -1;
    fprintf(out, "campaign %s %s: %s\n", file->name, submitted.is_new ? "begins" : "was there already",
        is_paused ? "running" : submitted.state);
    return is_paused || str_equal(submitted.state, "running") ? 1 : 0;
}

static void print_next(const struct launch_options *o, const char *campaign, FILE *out)
{
    struct str where = { 0 };
    if (o->where.connect)
        str_addf(&where, " --connect %s", o->where.connect);
    else if (!str_equal(o->where.store, "rung-store"))
        str_addf(&where, " --store %s", o->where.store);
    fprintf(out,
        "next:\n"
        "  rung watch %s%s      how it goes\n"
        "  rung scale %s N%s    more workers, or fewer; without N: what there is\n"
        "  rung stop %s%s       ends it, and what was started for it\n",
        campaign, str_text(&where), campaign, str_text(&where), campaign, str_text(&where));
    str_deinit(&where);
}

/* The plan is on disk before anything is started by it, so that rung stop finds it. */
static int start_workers(const struct launch_options *o, struct launch_plan *p, FILE *out, struct err *e)
{
    struct members all = { 0 };
    int status = launch_plan_save(p, e);
    if (status == 0)
        status = launcher_call(p, "start", take_member, &all, e);
    if (status == 0 || all.n_running + all.n_waiting > 0)
        print_counts(p, &all, out);
    fputs(str_text(&all.failures), stderr);
    if (status == 0 && all.n_running + all.n_waiting == 0)
        status = err_set(e, ERR_IO, "no worker was started");
    members_deinit(&all);
    if (status == 0)
        print_next(o, p->campaign, out);
    return status;
}

static int launch(
    const struct launch_options *o, const struct submission *file, const char *store, FILE *out, struct err *e)
{
    struct launch_plan p = { 0 };
    struct str launcher = { 0 };
    bool is_new;
    struct client *c = NULL;
    int status = launcher_find(o->on, &launcher, e);
    if (status == 0 && (fill_plan(o, file, &p, e) < 0 || check_earlier(o, file->name, e) < 0))
        status = -1;
    if (status == 0 && !(c = reach(o, store, &is_new, e)))
        status = -1;
    if (status == 0 && !o->where.connect)
        fprintf(out, "coordinator of %s: %s\n", o->where.store, is_new ? "started" : "there already");
    int goes_on = status == 0 ? choose_address(o, store, &p, e) : -1;
    if (goes_on == 0)
        goes_on = remote_deliver(&o->where, file, e) < 0 ? -1 : submit(c, file, out, e);
    status = goes_on > 0 ? start_workers(o, &p, out, e) : goes_on;
    client_close(c);
    str_deinit(&launcher);
    launch_plan_deinit(&p);
    return status;
}

int cli_launch(const struct launch_options *o, FILE *out, struct err *e)
{
    struct submission file;
    struct str store = { 0 };
    int status = submission_read(&file, o->path, e);
    if (status != 0)
        return status;
    status = file_absolute(o->where.store, &store, e);
    if (status == 0)
        status = launch(o, &file, store.text, out, e);
    str_deinit(&store);
    submission_deinit(&file);
    return status;
}

/* ---- scale ---- */

static int load_plan(struct launch_plan *p, const char *store, const char *campaign, struct err *e)
{
    int status = launch_plan_init(p, store, campaign, e) < 0 ? -1 : launch_plan_load(p, e);
    if (status == 0)
        err_set(
            e, ERR_NOT_FOUND, "nothing was launched for a campaign \"%s\" from %s; rung launch does", campaign, store);
    return status > 0 ? 0 : -1;
}

static void print_json(const struct launch_plan *p, const struct members *all, FILE *out)
{
    struct str json = { 0 };
    json_open_object(&json);
    json_add_text(&json, "schema", "rung.launch/1");
    json_add_text(&json, "campaign", p->campaign);
    json_add_text(&json, "launcher", p->launcher);
    json_add_text(&json, "address", str_text(&p->address));
    json_add_int(&json, "workers", p->n_workers);
    json_add_int(&json, "slots", p->slots);
    json_put_key(&json, "members");
    json_open_array(&json);
    if (all->json.len)
        json_put_raw(&json, all->json.text);
    json_close_array(&json);
    json_close_object(&json);
    fprintf(out, "%s\n", json.text);
    str_deinit(&json);
}

static int ask(const struct launch_plan *p, const char *verb, enum launch_answer form, FILE *out, struct err *e)
{
    struct members all = { 0 };
    int status = launcher_call(p, verb, take_member, &all, e);
    if (status == 0 && form == LAUNCH_JSON)
        print_json(p, &all, out);
    else if (status == 0) {
        print_counts(p, &all, out);
        fputs(str_text(&all.lines), out);
    }
    members_deinit(&all);
    return status;
}

int cli_scale(
    const char *store, const char *campaign, int64_t n_workers, enum launch_answer form, FILE *out, struct err *e)
{
    struct launch_plan p = { 0 };
    int status = load_plan(&p, store, campaign, e);
    if (status == 0 && n_workers >= 0) {
        p.n_workers = n_workers;
        status = launch_plan_save(&p, e);
    }
    if (status == 0 && form == LAUNCH_LOGS)
        status = launcher_print_logs(&p, e);
    else if (status == 0)
        status = ask(&p, n_workers >= 0 ? "scale" : "status", form, out, e);
    launch_plan_deinit(&p);
    return status;
}

/* ---- stop ---- */

int launch_end(const char *store, const char *campaign, bool *was_launched, struct err *e)
{
    struct launch_plan p = { 0 };
    struct members all = { 0 };
    struct str path = { 0 };
    int status = launch_plan_init(&p, store, campaign, e) < 0 ? -1 : launch_plan_load(&p, e);
    *was_launched = status > 0;
    if (status > 0) {
        p.n_workers = 0;
        status = launcher_call(&p, "stop", take_member, &all, e);
        if (status == 0)
            status = launch_key_forget(&p, store, e);
        if (status == 0)
            status = launch_plan_forget(&p, e);
        if (status == 0)
            status = file_absolute(store, &path, e);
        int ended = status == 0 ? standing_end_when_idle(path.text, e) : -1;
        status = ended < 0 ? -1 : 0;
        if (status == 0)
            printf("workers by %s: %d stopped%s\n", p.launcher, all.n_stopped,
                ended ? "; the coordinator has ended too" : "");
        fputs(str_text(&all.failures), stderr);
    }
    str_deinit(&path);
    members_deinit(&all);
    launch_plan_deinit(&p);
    return status;
}
