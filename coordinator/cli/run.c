#include "coordinator/cli/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/exit_status.h"
#include "common/base/str.h"
#include "common/io/address.h"
#include "common/io/files.h"
#include "common/io/system.h"
#include "coordinator/ask/asking.h"
#include "coordinator/cli/client.h"
#include "coordinator/cli/fleet.h"
#include "coordinator/cli/follow.h"
#include "coordinator/cli/interrupt.h"
#include "coordinator/cli/screen.h"
#include "coordinator/cli/submission.h"
#include "coordinator/cli/who.h"

#define STORE_MODE 0700
#define ANSWER_MS 300 /* patience with the coordinator, which may be starting again */
#define END_MS 10000  /* a program that was asked to end, and has nothing left to do, is killed after so long */

struct run {
    const struct run_options *options;
    struct submission file;
    struct str store; /* absolute */
    struct address address;
    struct fleet fleet;
    struct client *client;
    struct follow follow;
    struct str json; /* the last status */
    bool was_over;   /* before this run began */
    int exit_status; /* once the campaign is over */
};

/* ---- beginning ---- */

/* rungd takes the lock for good: this is only to know it before. */
int run_store_is_served(const char *store, struct err *e)
{
    struct str lock = { 0 };
    str_addf(&lock, "%s/rungd.lock", store);
    bool is_there = access(store, F_OK) == 0;
    int fd = is_there ? file_lock(lock.text, e) : -1;
    str_deinit(&lock);
    if (fd >= 0)
        file_unlock(fd);
    return fd >= 0 || !is_there ? 0 : e->code == ERR_BUSY ? 1 : -1;
}

/* Fails when a coordinator serves the store already: then there is another way. */
static int claim_store(struct run *r, struct err *e)
{
    if (file_absolute(r->options->store, &r->store, e) < 0 || file_make_directory(r->store.text, STORE_MODE, e) < 0)
        return err_prefix(e, "store %s", r->options->store);
    int is_served = run_store_is_served(r->store.text, e);
    if (is_served > 0)
        return err_set(e, ERR_BUSY,
            "a coordinator serves %s already. Give it the campaign with: rung submit %s --store %s\n"
            "and look at it with: rung watch %s --store %s",
            r->options->store, r->options->path, r->options->store, r->file.name, r->options->store);
    return is_served;
}

/* As many trials at once as this machine has processors and memory for. */
static int count_fitting(const struct submission *file)
{
    int64_t n = system_cores() / file->cores, by_memory = n;
    if (file->memory_bytes > 0)
        by_memory = system_memory_bytes() / file->memory_bytes;
    n = n < by_memory ? n : by_memory;
    return n > 1 ? (int)n : 1;
}

static int start_coordinator(struct run *r, struct err *e)
{
    int n_slots = r->file.cores;
    int n_workers = r->options->n_workers ? r->options->n_workers : count_fitting(&r->file);
    if (address_for_store(r->store.text, getenv("XDG_RUNTIME_DIR"), &r->address, e) < 0 ||
        fleet_init(&r->fleet, r->store.text, r->address.text, n_workers, n_slots, e) < 0 ||
        fleet_start_coordinator(&r->fleet, system_monotonic_ms(), e) < 0)
        return -1;
    r->client = client_open(r->address.text, NULL, e);
    if (r->client)
        client_set_patience(r->client, ANSWER_MS);
    return r->client ? 0 : -1;
}

/* Until the coordinator, which is starting, has answered. */
static int submit(struct run *r, struct client_submitted *out, struct err *e)
{
    while (client_submit(r->client, r->file.canonical.text, out, e) < 0) {
        if (e->code != ERR_UNREACHABLE)
            return -1;
        if (interrupt_count() > 0)
            return err_set(e, ERR_INTERRUPTED, "interrupted before the campaign began");
        if (fleet_tend(&r->fleet, system_monotonic_ms(), e) < 0)
            return -1;
    }
    return 0;
}

/* Begins the campaign, or goes on with it; a paused one too, since that is what this command is for. */
static int begin(struct run *r, struct err *e)
{
    struct client_submitted submitted;
    if (submit(r, &submitted, e) < 0)
        return -1;
    bool is_paused = str_equal(submitted.state, "paused");
    r->was_over = !is_paused && !str_equal(submitted.state, "running");
    struct message_control resume = { .campaign = r->file.name, .action = "resume", .who = who() };
    if (is_paused && client_control(r->client, &resume, NULL, e) < 0)
        return -1;
    if (!submitted.is_new && r->follow.form == FOLLOW_VIEW)
        follow_say(&r->follow, "rung: campaign %s is in %s already%s", r->file.name, r->options->store,
            r->was_over ? ", and it is over" : ": going on with it");
    return r->was_over ? 0 : fleet_start_workers(&r->fleet, system_monotonic_ms(), e);
}

/* ---- going on ---- */

/* Looks at the campaign once and shows it. Returns 1 when it is over; 0 also when nobody answers at the moment. */
static int look(struct run *r, const char *note, struct err *e)
{
    struct status s;
    if (client_status(r->client, r->file.name, &r->json, e) < 0)
        return e->code == ERR_UNREACHABLE ? 0 : -1;
    if (status_read(&s, r->json.text, e) < 0)
        return -1;
    json_value campaign = status_campaign(&s, r->file.name);
    int is_over = campaign && status_is_over(campaign);
    if (campaign && !r->was_over)
        follow_show(&r->follow, &s, campaign, note, system_monotonic_ms());
    if (is_over)
        r->exit_status = status_exit(campaign);
    status_deinit(&s);
    return is_over;
}

/* Until the campaign is over (1), or somebody interrupts (0). */
static int go_on(struct run *r, struct err *e)
{
    int is_over = 0;
    while (is_over == 0 && interrupt_count() == 0) {
        if (fleet_tend(&r->fleet, system_monotonic_ms(), e) < 0)
            return -1;
        is_over = look(r, NULL, e);
        enum board_wish wish = is_over == 0 ? follow_wait(&r->follow) : BOARD_NOTHING;
        if (wish == BOARD_LEAVE)
            break;
        struct message_control ask = { .campaign = r->file.name, .action = board_action(wish), .who = who() };
        if (wish != BOARD_NOTHING && client_control(r->client, &ask, NULL, e) < 0 && e->code != ERR_UNREACHABLE)
            return -1;
    }
    return is_over;
}

/* ---- ending ---- */

/* Waits until they are gone, or kills them: after END_MS, or when interrupted once more than `patience` times. */
static void end_coordinator(struct run *r, int patience)
{
    int64_t end_ms = system_monotonic_ms() + END_MS;
    fleet_end_coordinator(&r->fleet, SIGTERM);
    while (fleet_has_coordinator(&r->fleet)) {
        if (system_monotonic_ms() > end_ms || interrupt_count() > patience)
            fleet_end_coordinator(&r->fleet, SIGKILL);
        interrupt_sleep(5);
    }
}

static void end_workers(struct run *r, int patience)
{
    int64_t end_ms = system_monotonic_ms() + END_MS;
    fleet_end_workers(&r->fleet, SIGTERM);
    while (fleet_has_workers(&r->fleet)) {
        if (system_monotonic_ms() > end_ms || interrupt_count() > patience)
            fleet_end_workers(&r->fleet, SIGKILL);
        interrupt_sleep(5);
    }
}

/* After the first Ctrl-C: the workers finish their steps and hand their trials back, for as long as that takes. */
static int hand_back(struct run *r, struct err *e)
{
    static const char note[] = "Finishing the running steps and keeping all; Ctrl-C again to stop now.";
    if (!r->follow.screen.is_live)
        follow_say(&r->follow, "rung: %s", note);
    fleet_end_workers(&r->fleet, SIGTERM);
    while (fleet_has_workers(&r->fleet) && interrupt_count() < 2) {
        if (fleet_tend(&r->fleet, system_monotonic_ms(), e) < 0 || look(r, note, e) < 0)
            return -1;
        interrupt_sleep(FOLLOW_EVERY_MS / 5);
    }
    if (interrupt_count() < 2)
        end_coordinator(r, 1);
    bool is_file = !r->options->file;
    follow_say(&r->follow, "rung: interrupted. All results are in %s; to go on: rung %s%s --store %s",
        r->options->store, is_file ? "run " : "", is_file ? r->options->path : r->options->again, r->options->store);
    return EXIT_STATUS_INTERRUPTED;
}

/* The campaign is over: what it found, and what to ask next. */
static int finish(struct run *r, struct err *e)
{
    const struct run_options *o = r->options;
    struct asking best = { .store = o->store, .campaign = r->file.name, .is_json = o->is_json };
    end_workers(r, 0);
    end_coordinator(r, 0);
    if (o->file)
        return r->exit_status;
    best.look = screen_print_look();
    if (r->follow.screen.is_live && r->follow.form == FOLLOW_VIEW)
        follow_say(&r->follow, "%s", "");
    int status = cli_best(&best, 0, BEST_TEXT, stdout, e);
    fflush(stdout);
    if (status == EXIT_STATUS_OK && r->follow.form == FOLLOW_VIEW)
        follow_say(&r->follow, "Everything is in %s: rung trials, rung show TRIAL and rung explain TRIAL ask it%s%s.",
            o->store, o->is_default_store ? "" : " with --store ", o->is_default_store ? "" : o->store);
    return r->exit_status == EXIT_STATUS_CANCELLED && status >= 0 ? EXIT_STATUS_CANCELLED : status;
}

static int run_campaign(struct run *r, struct err *e)
{
    if (claim_store(r, e) < 0 || start_coordinator(r, e) < 0 || begin(r, e) < 0)
        return -1;
    int is_over = go_on(r, e);
    if (is_over < 0)
        return -1;
    return is_over ? finish(r, e) : hand_back(r, e);
}

int cli_run(const struct run_options *options, struct err *e)
{
    struct run r = { .options = options };
    int status = 0;
    if (options->file)
        submission_copy(&r.file, options->file);
    else
        status = submission_read(&r.file, options->path, e);
    if (status != 0)
        return status;
    interrupt_watch();
    follow_open(&r.follow, options->is_quiet || options->is_json ? FOLLOW_SILENT : FOLLOW_VIEW);
    r.follow.board.is_leaving_asks = true;
    r.follow.inspect.store = options->store;
    status = run_campaign(&r, e);
    fleet_deinit(&r.fleet);
    client_close(r.client);
    follow_close(&r.follow);
    str_deinit(&r.json);
    str_deinit(&r.store);
    submission_deinit(&r.file);
    return status;
}
