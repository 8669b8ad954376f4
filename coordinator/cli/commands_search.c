#include "coordinator/cli/commands_search.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "coordinator/cli/replay.h"
#include "coordinator/cli/screen.h"
#include "coordinator/cli/simulate.h"

/* clang-format off */
const struct option_row search_replay_rows[] = {
    STORE_ROW,
    { "campaign", 'C', "NAME", "of this campaign (default: of all)" },
    JSON_ROW,
    { 0 },
};
const char search_replay_detail[] =
    "STORE is the directory (default: " DEFAULT_STORE "), in use or not. Each decision is\n"
    "computed once more from the rows before it, and compared with the one that was\n"
    "kept, bit for bit; the first that differs is named. Exit 0: all agree; 1: not.\n";

const struct option_row search_simulate_rows[] = {
    { "vary", 'v', "NAME=A,B", "compare these; again: every combination" },
    { "seeds", 0, "N", "campaigns of each setting (default: 10)" },
    { "workers", 'w', "N", "with a slot each (default: 8)" },
    { "budget", 'b', "N", "time for so many whole trainings (default: 60)" },
    { "trials", 't', "N", "instead: campaigns of so many trials, to their end" },
    { "slow", 0, "N", "the first worker is so many times slower" },
    { "tail", 0, "N", "time a unit of budget: Pareto of this shape, above 1" },
    { "campaign", 'C', "NAME", "of a store (default: the latest)" },
    JSON_ROW,
    { 0 },
};
const char search_simulate_detail[] =
    "WHAT is a benchmark (without it they are listed), or the store of a campaign,\n"
    "whose learning curves then stand for new configurations near them. The real\n"
    "search runs on a clock that jumps. --vary knows scheduler, sampler, model, eta,\n"
    "min_budget, trials and workers.\n";
/* clang-format on */

int search_replay(const struct options *o, struct err *e)
{
    const char *store = options_text(o, "store", DEFAULT_STORE);
    if (o->n_words > 0 && options_has(o, "store"))
        return err_set(e, ERR_USAGE, "the store is %s or %s, not both", o->words[0], store);
    return cli_replay(
        o->n_words > 0 ? o->words[0] : store, options_text(o, "campaign", NULL), options_has(o, "json"), stdout, e);
}

int search_simulate(const struct options *o, struct err *e)
{
    const char *vary[OPTIONS_SAID];
    struct simulate_options options = {
        .task = o->n_words > 0 ? o->words[0] : NULL,
        .campaign = options_text(o, "campaign", NULL),
        .vary = vary,
        .n_vary = options_all(o, "vary", vary),
        .n_seeds = 10,
        .n_workers = 8,
        .budget = 60,
        .is_json = options_has(o, "json"),
        .look = screen_print_look(),
    };
    if (options_int(o, "seeds", 1, 1000000, &options.n_seeds, e) < 0 ||
        options_int(o, "workers", 1, LIMIT_WORKERS, &options.n_workers, e) < 0 ||
        options_number(o, "budget", 0.1, 1e6, &options.budget, e) < 0 ||
        options_int(o, "trials", 1, LIMIT_TRIALS, &options.n_trials, e) < 0 ||
        options_number(o, "slow", 1, 1e6, &options.slowness, e) < 0 ||
        options_number(o, "tail", 1.01, 1000, &options.tail, e) < 0)
        return -1;
    return cli_simulate(&options, stdout, e);
}
