/* The table of commands: what each is called and takes, and how that becomes the arguments of a plain function. */
#include <stdio.h>

#include "common/base/limits.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/remote.h"
#include "coordinator/cli/run.h"

#define DEFAULT_STORE "rung-store"

/* clang-format off */
#define STORE_ROW   { "store", 's', "DIR", "the store (default: " DEFAULT_STORE ")" }
#define CONNECT_ROW { "connect", 'c', "ADDRESS", "a coordinator elsewhere: tcp://HOST:PORT, ipc://PATH" }
#define JSON_ROW    { "json", 0, NULL, "as JSON, for programs" }
/* clang-format on */

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
        .n_workers = (int)n_workers,
        .is_quiet = options_has(o, "quiet"),
        .is_json = options_has(o, "json"),
    };
    return cli_run(&options, e);
}

static const struct option_row remote_rows[] = { STORE_ROW, CONNECT_ROW, { 0 } };
static const struct option_row remote_json_rows[] = { STORE_ROW, CONNECT_ROW, JSON_ROW, { 0 } };

static struct remote remote_of(const struct options *o)
{
    return (struct remote){ store_of(o), options_text(o, "connect", NULL) };
}

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
    return cli_watch(&where, word(o, 0), options_has(o, "json"), e);
}

static int control(const struct options *o, const char *action, struct err *e)
{
    struct remote where = remote_of(o);
    return cli_control(&where, o->words[0], action, stdout, e);
}

static int stop(const struct options *o, struct err *e)
{
    return control(o, "stop", e);
}

static int pause_campaign(const struct options *o, struct err *e)
{
    return control(o, "pause", e);
}

static int resume(const struct options *o, struct err *e)
{
    return control(o, "resume", e);
}

/* ---- the table ---- */

/* clang-format off */
static const char run_detail[] =
    "Starts a coordinator and workers on this machine, submits the campaign, shows how\n"
    "it goes, and prints the best trial when it is over. The same file on the same\n"
    "store goes on where it was. Ctrl-C finishes the running steps and keeps all.\n";

static const char watch_detail[] =
    "Shows how a campaign goes until it is over; without a name, the only one that is\n"
    "going on. Ctrl-C only leaves. With --json a line of rung.status/1 a change.\n";

const struct command commands[] = {
    { "run", "CAMPAIGN.json", 1, 1, "run a campaign on this machine, to its end", run_detail, run_rows, run },
    { "submit", "CAMPAIGN.json", 1, 1, "give a campaign to a coordinator that is running", NULL, remote_rows, submit },
    { "status", "[CAMPAIGN]", 0, 1, "say once how the campaigns go", NULL, remote_json_rows, status },
    { "watch", "[CAMPAIGN]", 0, 1, "show how a campaign goes, until it is over", watch_detail, remote_json_rows, watch },
    { "pause", "CAMPAIGN", 1, 1, "start nothing new of a campaign", NULL, remote_rows, pause_campaign },
    { "resume", "CAMPAIGN", 1, 1, "go on with a campaign that was paused", NULL, remote_rows, resume },
    { "stop", "CAMPAIGN", 1, 1, "end a campaign for good; what it found is kept", NULL, remote_rows, stop },
};
/* clang-format on */
const size_t n_commands = sizeof commands / sizeof *commands;
