/* The table of commands: what each is called and takes, and how that becomes the arguments of a plain function. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "coordinator/cli/backup.h"
#include "coordinator/cli/check.h"
#include "coordinator/cli/clean.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/commands_ask.h"
#include "coordinator/cli/commands_launch.h"
#include "coordinator/cli/commands_keys.h"
#include "coordinator/cli/commands_search.h"
#include "coordinator/cli/commands_steer.h"
#include "coordinator/cli/export.h"
#include "coordinator/cli/feed.h"
#include "coordinator/cli/import.h"
#include "coordinator/cli/final.h"
#include "coordinator/cli/help.h"
#include "coordinator/cli/launch.h"
#include "coordinator/cli/launch_plan.h"
#include "coordinator/cli/plan.h"
#include "coordinator/cli/remote.h"
#include "coordinator/cli/run.h"
#include "worker/train/data/spec.h"

static const char *store_of(const struct options *o)
{
    return options_text(o, "store", DEFAULT_STORE);
}

static const char *word(const struct options *o, int i)
{
    return i < o->n_words ? o->words[i] : NULL;
}

/* ---- launch ---- */

/* clang-format off */
static const struct option_row run_rows[] = {
    STORE_ROW,
    { "workers", 'w', "N", "worker processes (default: one a processor)" },
    { "quiet", 'q', NULL, "no progress, only the best trial at the end" },
    { "json", 0, NULL, "the best trial as JSON, and no progress" },
    { 0 },
};
/* clang-format on */

static int run(const struct options *o, struct err *e)
{
    int64_t n_workers = 0;
    if (options_int(o, "workers", 1, LIMIT_SLOTS, &n_workers, e) < 0)
        return -1;
    const struct run_options options = {
        .path = o->words[0],
        .store = store_of(o),
        .is_default_store = !options_has(o, "store"),
        .n_workers = (int)n_workers,
        .is_quiet = options_has(o, "quiet"),
        .is_json = options_has(o, "json"),
    };
    return cli_run(&options, e);
}

/* clang-format off */
static const struct option_row final_rows[] = {
    STORE_ROW,
    { "top", 't', "K", "train the K best configurations (default: 1)" },
    { "seeds", 0, "M", "train each M times, with a seed of its own (3)" },
    { "epochs", 0, "N", "how long (default: the campaign's max_budget)" },
    { "export", 'o', "FILE", "the winner's weights (CAMPAIGN.safetensors)" },
    { "name", 0, "NAME", "of the campaign that trains them (CAMPAIGN-final)" },
    { "workers", 'w', "N", "worker processes (default: one a processor)" },
    { "quiet", 'q', NULL, "no progress, only the figures at the end" },
    JSON_ROW,
    { 0 },
};
/* clang-format on */

static int final(const struct options *o, struct err *e)
{
    int64_t n_workers = 0;
    struct final_options options = {
        .store = store_of(o),
        .campaign = o->words[0],
        .name = options_text(o, "name", NULL),
        .export = options_text(o, "export", NULL),
        .is_quiet = options_has(o, "quiet"),
        .is_json = options_has(o, "json"),
    };
    if (options_int(o, "top", 1, LIMIT_ENQUEUE, &options.n_top, e) < 0 ||
        options_int(o, "seeds", 1, LIMIT_ENQUEUE, &options.n_seeds, e) < 0 ||
        options_int(o, "epochs", 1, LIMIT_BUDGET, &options.epochs, e) < 0 ||
        options_int(o, "workers", 1, LIMIT_SLOTS, &n_workers, e) < 0)
        return -1;
    options.n_workers = (int)n_workers;
    return cli_final(&options, stdout, e);
}

static const struct option_row remote_rows[] = { STORE_ROW, CONNECT_ROWS, { 0 } };
static const struct option_row remote_json_rows[] = { STORE_ROW, CONNECT_ROWS, JSON_ROW, { 0 } };
static const struct option_row watch_rows[] = {
    STORE_ROW,
    CONNECT_ROWS,
    { "timeout", 't', "SECONDS", "end with status 124 when it takes longer" },
    { "until", 'u', "WHAT", "done, or an SQL expression over the best trial" },
    { "since", 0, "SEQ", "a line an event, after this number (0: all)" },
    JSON_ROW,
    { 0 },
};

static int submit(const struct options *o, struct err *e)
{
    struct remote where = remote_of(o);
    return cli_submit(&where, o->words[0], stdout, e);
}

/* ---- watch ---- */

static int status(const struct options *o, struct err *e)
{
    struct remote where = remote_of(o);
    return cli_status(&where, word(o, 0), options_has(o, "json"), stdout, e);
}

static int watch(const struct options *o, struct err *e)
{
    struct remote where = remote_of(o);
    double seconds = 0;
    if (options_number(o, "timeout", 0.001, 1e9, &seconds, e) < 0)
        return -1;
    struct feed_options feed = { .where = where,
        .campaign = word(o, 0),
        .since = -1,
        .is_json = options_has(o, "json"),
        .timeout_ms = (int64_t)(seconds * 1000),
        .until = options_text(o, "until", NULL) };
    if (feed.until && strcmp(feed.until, "done") == 0)
        feed.until = NULL;
    if (options_int(o, "since", 0, INT64_MAX, &feed.since, e) < 0)
        return -1;
    bool is_lines = feed.is_json || feed.since >= 0 || !isatty(STDOUT_FILENO);
    return is_lines ? cli_feed(&feed, stdout, e) : cli_watch(&where, feed.campaign, feed.until, feed.timeout_ms, e);
}

/* ---- before anything runs ---- */

/* clang-format off */
static const struct option_row check_rows[] = { JSON_ROW, { 0 } };
static const struct option_row plan_rows[] = {
    { "workers", 'w', "N", "trials that run at once (default: 1)" },
    { "trials", 't', "N", "to plan for, where the file names none (100)" },
    { "epoch-seconds", 0, "S", "what one unit of budget takes, to estimate times" },
    JSON_ROW,
    { 0 },
};
/* clang-format on */

static int check(const struct options *o, struct err *e)
{
    const struct check_options options = { o->words[0], options_has(o, "json"), data_spec_check };
    return cli_check(&options, stdout, e);
}

static int plan(const struct options *o, struct err *e)
{
    struct plan_options options = {
        .path = o->words[0], .is_json = options_has(o, "json"), .check_data = data_spec_check
    };
    int64_t n_workers = 0;
    if (options_int(o, "workers", 1, 65536, &n_workers, e) < 0 ||
        options_int(o, "trials", 1, LIMIT_TRIALS, &options.n_trials, e) < 0 ||
        options_number(o, "epoch-seconds", 0, 1e9, &options.epoch_seconds, e) < 0)
        return -1;
    options.n_workers = (int)n_workers;
    return cli_plan(&options, stdout, e);
}

/* ---- take it elsewhere ---- */

/* clang-format off */
static const struct option_row export_rows[] = {
    STORE_ROW,
    { "format", 'f', "FORM", "csv, optuna, tensorboard or html" },
    { "output", 'o', "PATH", "a file to make; for tensorboard a directory" },
    { "force", 0, NULL, "replace what is there" },
    { 0 },
};
/* clang-format on */

static int export(const struct options *o, struct err *e)
{
    const struct export_request q = {
        .about = { .store = store_of(o), .campaign = word(o, 0) },
        .format = options_text(o, "format", NULL),
        .output = options_text(o, "output", NULL),
        .is_forced = options_has(o, "force"),
    };
    return cli_export(&q, e);
}

/* clang-format off */
static const struct option_row import_rows[] = {
    STORE_ROW,
    { "from", 'f', "PATH", "a storage of Optuna, a CSV table, or a store" },
    { "study", 0, "NAME", "of the storage (default: the only one)" },
    { "campaign", 0, "NAME", "of the store (default: the one begun last)" },
    { "dry-run", 'n', NULL, "only say what fits" },
    JSON_ROW,
    { 0 },
};
/* clang-format on */

static int import(const struct options *o, struct err *e)
{
    const struct import_request q = {
        .campaign = o->words[0],
        .store = store_of(o),
        .from = options_text(o, "from", NULL),
        .study = options_text(o, "study", NULL),
        .of_campaign = options_text(o, "campaign", NULL),
        .is_dry = options_has(o, "dry-run"),
        .is_json = options_has(o, "json"),
    };
    return cli_import(&q, stdout, e);
}

/* ---- keep it ---- */

/* clang-format off */
static const struct option_row backup_rows[] = {
    STORE_ROW,
    { "with-blobs", 'b', "DIR", "its checkpoints too, into this directory" },
    { 0 },
};
/* clang-format on */

static int backup(const struct options *o, struct err *e)
{
    return cli_backup(store_of(o), o->words[0], options_text(o, "with-blobs", NULL), stdout, e);
}

static int completion(const struct options *o, struct err *e)
{
    return help_print_completion(o->words[0], e);
}

/* clang-format off */
static const struct option_row rm_rows[] = {
    STORE_ROW,
    CONNECT_ROWS,
    { "force", 0, NULL, "also one that is not over: it is stopped first" },
    { "yes", 'y', NULL, "do not ask" },
    { 0 },
};
static const struct option_row gc_rows[] = {
    STORE_ROW,
    CONNECT_ROWS,
    JSON_ROW,
    { "keep", 'k', "N", "checkpoints of the N best of each campaign (10)" },
    { "dry-run", 'n', NULL, "only say what would be freed" },
    { 0 },
};
/* clang-format on */

/* With what was launched for it. */
static int rm(const struct options *o, struct err *e)
{
    struct remote where = remote_of(o);
    bool was_launched;
    int status = cli_rm(&where, o->words[0], options_has(o, "force"), options_has(o, "yes"), stdout, e);
    if (status == 0 && launch_end(options_text(o, "store", DEFAULT_STORE), o->words[0], &was_launched, e) < 0)
        status = -1;
    return status;
}

static int gc(const struct options *o, struct err *e)
{
    int64_t n_keep = 10;
    if (options_int(o, "keep", 0, LIMIT_TRIALS, &n_keep, e) < 0)
        return -1;
    struct remote where = remote_of(o);
    return cli_gc(&where, (int)n_keep, options_has(o, "dry-run"), options_has(o, "json"), stdout, e);
}

/* ---- the table ---- */

/* clang-format off */
static const char run_detail[] =
    "Starts a coordinator and workers on this machine, submits the campaign, shows\n"
    "how it goes, and prints the best trial when it is over. The same file on the\n"
    "same store goes on where it was. Ctrl-C finishes the running steps and keeps\n"
    "all.\n";

static const char final_detail[] =
    "Trains the best configurations of a campaign to the end, on all training data,\n"
    "as a campaign of its own in the same store, and says what they reach on the\n"
    "test set. The winner is the best of the search; the test set chooses nothing.\n"
    "The same command goes on where it was. Goes to the coordinator that serves the\n"
    "store, if any.\n";

static const char watch_detail[] =
    "Shows how a campaign goes until it is over; without a name, the only one that is\n"
    "going on. Ctrl-C only leaves. To a pipe it prints a line an event, from now on,\n"
    "or from --since SEQ on, 0 for all. With --json these are rung.event/1, whose seq\n"
    "is where to go on from; between them rung.progress/1, which may be missed.\n"
    "--until 'loss < 0.1 and budget >= 9' leaves with 0 as soon as that holds of the\n"
    "best trial (its metric, parameters, value, budget, trials, results), else 8.\n";

static const char backup_detail[] =
    "Copies the database of a store, while a coordinator writes it or not; the copy\n"
    "is checked, and never takes the place of a file. To put it back, copy it to\n"
    "NEW/rung.db and use --store NEW; what workers then bring is safe.\n"
    "A coordinator makes such copies by itself: STORE/backups, one an hour.\n";

static const char completion_detail[] =
    "Prints a script for a shell: eval \"$(rung completion bash)\", the same for zsh,\n"
    "or rung completion fish | source. Packages install them.\n";

static const char rm_detail[] =
    "Removes a campaign that is over: its rows, and the checkpoints that no other\n"
    "has. Goes to the coordinator that serves the store, if any.\n";

static const char gc_detail[] =
    "Removes checkpoints that nobody needs: those of trials that are over, but for\n"
    "the best of each campaign, those that no trial names, uploads left for a day,\n"
    "and what lies in quarantine, or is damaged, for a week. Trials that go on keep\n"
    "theirs. Goes to the coordinator that serves the store, if any.\n";

static const char export_detail[] =
    "Writes a campaign as a table (csv), as a study that Optuna opens and goes on\n"
    "with (optuna), as event files (tensorboard), or as one page to read and print\n"
    "(html). While it runs or years later; what is there is never overwritten\n"
    "without --force.\n";

static const char import_detail[] =
    "Gives the model of a campaign what was measured elsewhere, so that it need not\n"
    "begin at nothing. None of it becomes a trial, or counts as best. CAMPAIGN is the\n"
    "name of one that is not over, or a campaign file: then it is begun, and rung run\n"
    "goes on with it. What does not fit its space is named, and left out.\n";

const struct command commands[] = {
    { "run", "CAMPAIGN.json", 1, 1, "run a campaign on this machine, to its end", run_detail, run_rows, run },
    { "launch", "CAMPAIGN.json [-- WORD...]", 1, 1 + LAUNCH_WORDS, "run a campaign on many machines, and return", launch_detail, launch_rows, launch_run },
    { "scale", "CAMPAIGN [N]", 1, 2, "more workers of rung launch, or fewer", launch_scale_detail, launch_scale_rows, launch_scale },
    { "final", "CAMPAIGN", 1, 1, "train the best of a campaign to the end, and judge them", final_detail, final_rows, final },
    { "check", "CAMPAIGN.json", 1, 1, "name every mistake in a campaign file", NULL, check_rows, check },
    { "plan", "CAMPAIGN.json", 1, 1, "say what a campaign would do, before it runs", NULL, plan_rows, plan },
    { "simulate", "[WHAT]", 0, 1, "compare settings on a benchmark, in seconds", search_simulate_detail, search_simulate_rows,
        search_simulate },
    { "submit", "CAMPAIGN.json", 1, 1, "give a campaign to a coordinator that is running", NULL, remote_rows, submit },
    { "status", "[CAMPAIGN]", 0, 1, "say once how the campaigns go", NULL, remote_json_rows, status },
    { "watch", "[CAMPAIGN]", 0, 1, "show how a campaign goes, until it is over", watch_detail, watch_rows, watch },
    { "web", "", 0, 0, "open the page of a store in a browser", steer_web_detail, steer_web_rows, steer_web },
    { "pause", "CAMPAIGN", 1, 1, "start nothing new of a campaign", NULL, steer_rows, steer_pause },
    { "resume", "CAMPAIGN", 1, 1, "go on with a campaign that was paused", NULL, steer_rows, steer_resume },
    { "stop", "CAMPAIGN", 1, 1, "end a campaign; what it found is kept", NULL, steer_rows, steer_stop },
    { "extend", "CAMPAIGN", 1, 1, "give a campaign more trials, budget or time", steer_extend_detail,
        steer_extend_rows, steer_extend },
    { "enqueue", "CAMPAIGN CONFIG...", 2, 1 + LIMIT_PARAMS, "have a configuration of yours tried next",
        steer_enqueue_detail, steer_rows, steer_enqueue },
    { "retry", "CAMPAIGN [TRIAL...]", 1, 1 + LIMIT_STEERED, "try what failed again, from its last checkpoint",
        steer_retry_detail, steer_retry_rows, steer_retry },
    { "note", "CAMPAIGN TRIAL TEXT", 3, 3, "keep a note with a trial; rung show prints it", NULL, steer_rows, steer_note },
    { "drain", "WORKER", 1, 1, "have a worker hand back its trials, and leave", steer_drain_detail, steer_drain_rows, steer_drain },
    { "best", "[CAMPAIGN]", 0, 1, "the best trial, and what it was measured at", ask_best_detail, ask_best_rows, ask_best },
    { "trials", "[CAMPAIGN]", 0, 1, "all trials", ask_table_detail, ask_trials_rows, ask_trials },
    { "show", "[CAMPAIGN] TRIAL", 1, 2, "one trial: its curve, its results, its attempts", ask_detail, ask_rows, ask_show },
    { "curve", "[CAMPAIGN] TRIAL...", 1, 64, "learning curves, drawn", ask_curve_detail, ask_curve_rows, ask_curve },
    { "explain", "[CAMPAIGN] TRIAL", 1, 2, "why a trial was proposed, promoted, left", ask_detail, ask_rows, ask_explain },
    { "importance", "[CAMPAIGN]", 0, 1, "which parameters matter", ask_importance_detail, ask_importance_rows, ask_importance },
    { "brackets", "[CAMPAIGN]", 0, 1, "the rungs of each bracket, and who got there", ask_table_detail, ask_table_rows, ask_brackets },
    { "decisions", "[CAMPAIGN]", 0, 1, "what was proposed and promoted, in order", ask_table_detail, ask_table_rows, ask_decisions },
    { "replay", "[STORE]", 0, 1, "compute every decision once more, and compare", search_replay_detail, search_replay_rows,
        search_replay },
    { "logs", "[CAMPAIGN] TRIAL", 1, 2, "what a trial printed", ask_detail, ask_logs_rows, ask_logs },
    { "events", "[CAMPAIGN]", 0, 1, "what happened, in order", ask_detail, ask_events_rows, ask_events },
    { "workers", "", 0, 0, "the workers that a store has seen", ask_store_detail, ask_table_rows, ask_workers },
    { "campaigns", "", 0, 0, "all campaigns of a store", ask_store_detail, ask_table_rows, ask_campaigns },
    { "export", "[CAMPAIGN]", 0, 1, "take a campaign to other tools", export_detail, export_rows, export },
    { "import", "CAMPAIGN", 1, 1, "warm a campaign with results from elsewhere", import_detail, import_rows, import },
    { "backup", "FILE", 1, 1, "copy a store's database, while it is written", backup_detail, backup_rows, backup },
    { "keygen", "ROLE", 1, 1, "make a key: for a worker, an operator or a viewer", keys_make_detail, keys_make_rows, keys_make },
    { "invite", "", 0, 0, "print the line that starts a worker elsewhere", keys_invite_detail, keys_invite_rows, keys_invite },
    { "allow", "FILE.pub", 1, 1, "let a key in", keys_allow_detail, keys_allow_rows, keys_allow },
    { "keys", "", 0, 0, "whose keys are let in", keys_list_detail, keys_list_rows, keys_list },
    { "revoke", "NAME", 1, 1, "shut a key out, at once", keys_revoke_detail, keys_revoke_rows, keys_revoke },
    { "completion", "bash|zsh|fish", 1, 1, "what completes these commands in a shell", completion_detail, NULL, completion },
    { "rm", "CAMPAIGN", 1, 1, "remove a campaign from a store", rm_detail, rm_rows, rm },
    { "gc", "", 0, 0, "free the checkpoints that nobody needs", gc_detail, gc_rows, gc },
};
/* clang-format on */
const size_t n_commands = sizeof commands / sizeof *commands;
