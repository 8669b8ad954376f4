#include "coordinator/cli/commands_launch.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/limits.h"
#include "coordinator/cli/launch.h"

/* clang-format off */
const struct option_row launch_rows[] = {
    STORE_ROW,
    CONNECT_ROWS,
    { "on", 'o', "LAUNCHER", "local, ssh, slurm, kubernetes, or one of your own" },
    { "workers", 'w', "N", "how many workers (default: 1)" },
    { "slots", 0, "N", "slots of each (default: trial.cores, which is 1)" },
    { "hosts", 0, "FILE", "of ssh: a line a host, \"HOST [SLOTS]\"" },
    { "copy", 0, NULL, "of ssh: copy the programs to the hosts first" },
    { "listen", 'l', "ADDRESS", "of the coordinator that is started" },
    { "address", 'a', "ADDRESS", "where workers find it (default: this host)" },
    { "worker-key", 0, "FILE", "with --connect: the workers' key" },
    { "idle-exit", 0, "SECONDS", "a worker leaves when it had no work so long (120)" },
    { 0 },
};
const struct option_row launch_scale_rows[] = {
    STORE_ROW,
    JSON_ROW,
    { "logs", 0, NULL, "the last of what the workers said" },
    { 0 },
};
/* clang-format on */

const char launch_detail[] = "Starts or finds the coordinator of the store, gives it the campaign, has the\n"
                             "launcher start workers, and returns. Words behind -- go to the launcher as they\n"
                             "are: rung launch c.json --on slurm -w 64 -- --partition=long --time=8:00:00\n";

const char launch_scale_detail[] = "Brings the number of workers that rung launch started to N, also from 0, and\n"
                                   "brings back those that are gone. Without N it says what there is.\n";

int launch_run(const struct options *o, struct err *e)
{
    struct launch_options options = {
        .where = remote_of(o),
        .path = o->words[0],
        .on = options_text(o, "on", "local"),
        .hosts = options_text(o, "hosts", NULL),
        .listen = options_text(o, "listen", NULL),
        .address = options_text(o, "address", NULL),
        .worker_key = options_text(o, "worker-key", NULL),
        .is_copied = options_has(o, "copy"),
        .n_workers = 1,
        .idle_exit_s = LAUNCH_IDLE_S,
        .words = o->words + 1,
        .n_words = o->n_words - 1,
    };
    if (options_int(o, "workers", 1, LIMIT_WORKERS, &options.n_workers, e) < 0 ||
        options_int(o, "slots", 1, LIMIT_SLOTS, &options.slots, e) < 0 ||
        options_int(o, "idle-exit", 1, 31536000, &options.idle_exit_s, e) < 0)
        return -1;
    return cli_launch(&options, stdout, e);
}

static int read_workers(const char *word, int64_t *out, struct err *e)
{
    char *end;
    errno = 0;
    long long value = strtoll(word, &end, 10);
    if (errno || end == word || *end || value < 0 || value > LIMIT_WORKERS)
        return err_set(e, ERR_USAGE, "\"%s\" is no number of workers, 0 to %d", word, LIMIT_WORKERS);
    *out = value;
    return 0;
}

int launch_scale(const struct options *o, struct err *e)
{
    int64_t n_workers = -1;
    enum launch_answer form = options_has(o, "json") ? LAUNCH_JSON : options_has(o, "logs") ? LAUNCH_LOGS : LAUNCH_TEXT;
    if (o->n_words > 1 && read_workers(o->words[1], &n_workers, e) < 0)
        return -1;
    return cli_scale(options_text(o, "store", DEFAULT_STORE), o->words[0], n_workers, form, stdout, e);
}
