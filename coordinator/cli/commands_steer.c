#include "coordinator/cli/commands_steer.h"

#include "coordinator/cli/command.h"
#include "coordinator/cli/launch.h"
#include "coordinator/cli/steer.h"
#include "coordinator/cli/web.h"

/* clang-format off */
const struct option_row steer_rows[] = { STORE_ROW, CONNECT_ROWS, { 0 } };
const struct option_row steer_extend_rows[] = {
    STORE_ROW,
    CONNECT_ROWS,
    { "trials", 't', "N", "limits.trials from now on; +N: so many more" },
    { "max-budget", 'b', "N", "search.max_budget from now on; +N: so much more" },
    { "wall-clock", 'w', "TIME", "limits.wall_clock from now on: 4h; +1h30m: more" },
    { 0 },
};
const struct option_row steer_retry_rows[] = {
    STORE_ROW,
    CONNECT_ROWS,
    { "failed", 'f', NULL, "all that failed or were set aside (the default)" },
    { 0 },
};
const struct option_row steer_drain_rows[] = {
    STORE_ROW,
    CONNECT_ROWS,
    { "no-wait", 'n', NULL, "only ask, and do not wait until it has left" },
    { 0 },
};
const struct option_row steer_web_rows[] = {
    STORE_ROW,
    { "viewer", 'v', NULL, "with the token of one who may look, and not steer" },
    { "print", 'p', NULL, "only print the address, and open nothing" },
    { 0 },
};
/* clang-format on */

const char steer_extend_detail[] = "What was found stays: with a greater --max-budget the ladder goes on above its\n"
                                   "old top, and the best go on from their checkpoints. A campaign that is over\n"
                                   "comes back to life. The campaign's file stays as it is, and goes on with it.\n"
                                   "Example: rung extend digits --trials +50 --max-budget 100\n";

const char steer_enqueue_detail[] = "CONFIG is name=value words, one JSON object, or @FILE. It becomes the next new\n"
                                    "trial, and has room even when all trials were started.\n"
                                    "Example: rung enqueue digits hidden_size=128 num_heads=4 dropout=0.2\n";

const char steer_retry_detail[] = "Without numbers: every trial that failed or was set aside. A failure that was\n"
                                  "counted counts no more.\n";

const char steer_drain_detail[] = "Its trials keep what they trained, and go on elsewhere from there; it gets no\n"
                                  "more work. Every worker of that name leaves: rung workers shows the names.\n"
                                  "Started again, it works again.\n"
                                  "Example: rung drain gpu-box-3 && ssh gpu-box-3 sudo reboot\n";

const char steer_web_detail[] = "Prints the address of the page that rungd serves, and has the desktop open it.\n"
                                "What stands behind # is the token: who has it may steer. rungd listens on this\n"
                                "machine alone; from another one: ssh -L 8470:127.0.0.1:PORT, and the address\n"
                                "with port 8470. When nobody serves the store, this does, until Ctrl-C.\n";

int steer_extend(const struct options *o, struct err *e)
{
    struct remote where = remote_of(o);
    const struct extension new = { options_text(o, "trials", NULL), options_text(o, "max-budget", NULL),
        options_text(o, "wall-clock", NULL) };
    return cli_extend(&where, o->words[0], &new, stdout, e);
}

int steer_enqueue(const struct options *o, struct err *e)
{
    struct remote where = remote_of(o);
    return cli_enqueue(&where, o->words[0], o->words + 1, o->n_words - 1, stdout, e);
}

int steer_retry(const struct options *o, struct err *e)
{
    struct remote where = remote_of(o);
    if (options_has(o, "failed") && o->n_words > 1)
        return err_set(e, ERR_USAGE, "either --failed or the numbers of trials");
    return cli_retry(&where, o->words[0], o->words + 1, o->n_words - 1, stdout, e);
}

int steer_note(const struct options *o, struct err *e)
{
    struct remote where = remote_of(o);
    return cli_note(&where, o->words[0], o->words[1], o->words[2], stdout, e);
}

int steer_drain(const struct options *o, struct err *e)
{
    struct remote where = remote_of(o);
    return cli_drain(&where, o->words[0], options_has(o, "no-wait"), stdout, e);
}

static int control(const struct options *o, const char *action, struct err *e)
{
    struct remote where = remote_of(o);
    return cli_control(&where, o->words[0], action, stdout, e);
}

/* Also what was launched for it, of a campaign that is over already too. */
int steer_stop(const struct options *o, struct err *e)
{
    bool was_launched;
    struct err ignored;
    int status = control(o, "stop", e);
    int ended = launch_end(options_text(o, "store", DEFAULT_STORE), o->words[0], &was_launched, status ? &ignored : e);
    return was_launched && status < 0 && e->code == ERR_STATE ? ended : status < 0 ? -1 : ended;
}

int steer_pause(const struct options *o, struct err *e)
{
    return control(o, "pause", e);
}

int steer_resume(const struct options *o, struct err *e)
{
    return control(o, "resume", e);
}

int steer_web(const struct options *o, struct err *e)
{
    const struct web_wish wish = { .store = options_text(o, "store", DEFAULT_STORE),
        .is_viewer = options_has(o, "viewer"),
        .is_quiet = options_has(o, "print") };
    return cli_web(&wish, stdout, e);
}
