#include "coordinator/cli/final.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/proto/campaign.h"
#include "coordinator/ask/archive.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/final_campaign.h"
#include "coordinator/cli/final_report.h"
#include "coordinator/cli/remote.h"
#include "coordinator/cli/steer.h"
#include "coordinator/cli/run.h"
#include "coordinator/cli/screen.h"
#include "coordinator/store/ask.h"

enum { DEFAULT_TOP = 1, DEFAULT_SEEDS = 3 };

struct final {
    const struct final_options *options;
    struct str name;        /* of the final campaign */
    struct submission file; /* it, as a coordinator gets it */
};

/* ---- which configurations ---- */

/* The first different ones of a ranking. */
struct choice_of_best {
    const struct archive *a;
    double *configs; /* (n, n_params), owned */
    size_t n, cap, wanted;
};

static int take_best(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct choice_of_best *c = (struct choice_of_best *)context;
    struct archived_trial trial;
    size_t width = (size_t)n_x;
    if (archive_keep(c->a, row, n_x, &trial, e) < 0)
        return -1;
    bool is_known = c->n == c->wanted;
    for (size_t i = 0; i < c->n && !is_known; i++)
        is_known = config_equal(&c->a->spec.space, c->configs + i * width, trial.x);
    if (is_known)
        return 0;
    c->configs = mem_grow(c->configs, c->n, &c->cap, width * sizeof *c->configs);
    memcpy(c->configs + c->n++ * width, trial.x, width * sizeof *c->configs);
    return 0;
}

static int choose(struct archive *a, struct choice_of_best *c, struct err *e)
{
    if (store_ask_ranking(a->store, a->campaign, 0, take_best, c, e) < 0)
        return -1;
    if (c->n == 0)
        return err_set(
            e, ERR_NOT_FOUND, "no trial of %s has a result, so there is nothing to train to the end", a->spec.name);
    if (c->n < c->wanted)
        return err_set(e, ERR_USAGE, "--top %zu: %s has only %zu different configurations with a result", c->wanted,
            a->spec.name, c->n);
    return 0;
}

/* ---- its campaign ---- */

static int derive(struct final *f, struct archive *a, struct err *e)
{
    const struct final_options *o = f->options;
    struct choice_of_best best = { .a = a, .wanted = o->n_top ? (size_t)o->n_top : DEFAULT_TOP };
    int status = choose(a, &best, e);
    struct final_goal goal = { .name = f->name.text,
        .configs = best.configs,
        .n_configs = (int)best.n,
        .n_seeds = o->n_seeds ? (int)o->n_seeds : DEFAULT_SEEDS,
        .epochs = o->epochs };
    if (status == 0 && (status = final_campaign_make(&a->spec, &goal, e)) < 0)
        err_prefix(e, "campaign %s", o->campaign);
    if (status == 0)
        submission_of(&f->file, &a->spec);
    free(best.configs);
    return status;
}

/* One that is there goes on as it was begun: the search may have gone on meanwhile, and what was asked for must fit. */
static int adopt(struct final *f, const struct archived_campaign *there, struct err *e)
{
    const struct final_options *o = f->options;
    struct campaign_spec spec = { 0 };
    int n_configs = 0, n_seeds = 0;
    if (campaign_from_canonical(there->row.file, strlen(there->row.file), &spec, e) < 0)
        return -1;
    bool is_final = final_campaign_read(&spec, &n_configs, &n_seeds);
    bool fits = is_final && (!o->n_top || o->n_top == n_configs) && (!o->n_seeds || o->n_seeds == n_seeds) &&
                (!o->epochs || o->epochs == spec.search.max_budget);
    long long epochs = spec.search.max_budget;
    submission_of(&f->file, &spec);
    campaign_spec_deinit(&spec);
    if (!is_final)
        return err_set(e, ERR_EXISTS, "%s is another campaign of %s: --name gives the final one another name",
            there->name, o->store);
    if (!fits)
        return err_set(e, ERR_EXISTS,
            "%s is there already, with --top %d --seeds %d --epochs %lld: it goes on with these, or --name gives "
            "another one a name",
            there->name, n_configs, n_seeds, epochs);
    return 0;
}

static int prepare(struct final *f, struct err *e)
{
    const struct asking q = { .store = f->options->store, .campaign = f->options->campaign };
    const struct archived_campaign *there = NULL;
    struct archive a;
    if (archive_open(&a, &q, e) < 0)
        return -1;
    if (f->options->export && !a.spec.trial.program) {
        archive_close(&a);
        return err_set(e, ERR_USAGE, "--export: %s runs a program of its own, whose checkpoints stay in the store",
            f->options->campaign);
    }
    for (size_t i = 0; i < a.n_campaigns; i++)
        if (str_equal(a.campaigns[i].name, f->name.text))
            there = &a.campaigns[i];
    if (!archive_is_over(&a))
        fprintf(stderr, "rung final: %s is not over: %s%s\n", f->options->campaign,
            there ? "what was its best at the time is trained" : "its best so far are trained",
            a.state == CAMPAIGN_RUNNING ? ", while it goes on beside" : "");
    int status = there ? adopt(f, there, e) : derive(f, &a, e);
    archive_close(&a);
    return status;
}

/* ---- training ---- */

/* Where a coordinator serves the store, it trains with the workers that it has. */
static int train_there(const struct final *f, struct err *e)
{
    const struct remote where = { .store = f->options->store };
    struct client_submitted submitted;
    if (remote_submit(&where, &f->file, &submitted, e) < 0)
        return -1;
    bool is_paused = str_equal(submitted.state, "paused");
    if (is_paused && cli_control(&where, f->file.name, "resume", stderr, e) < 0)
        return -1;
    bool is_going_on = is_paused || str_equal(submitted.state, "running");
    return is_going_on ? cli_watch(&where, f->file.name, NULL, 0, e) : 0;
}

static int train_here(const struct final *f, struct err *e)
{
    const struct final_options *o = f->options;
    struct str again = { 0 };
    bool has_own_name = o->name != NULL;
    str_addf(&again, "final %s%s%s", o->campaign, has_own_name ? " --name " : "", has_own_name ? o->name : "");
    const struct run_options run = { .file = &f->file,
        .again = again.text,
        .store = o->store,
        .n_workers = o->n_workers,
        .is_quiet = o->is_quiet,
        .is_json = o->is_json };
    int status = cli_run(&run, e);
    str_deinit(&again);
    return status;
}

/* A coordinator that leaves while it trains, as that of `rung run` does at the end of its own campaign, is no reason to
 * stop. */
static int train(const struct final *f, struct err *e)
{
    int is_served = run_store_is_served(f->options->store, e);
    if (is_served <= 0)
        return is_served < 0 ? -1 : train_here(f, e);
    int status = train_there(f, e);
    if (status >= 0 || e->code != ERR_UNREACHABLE || run_store_is_served(f->options->store, e) != 0)
        return status;
    fprintf(stderr, "rung final: the coordinator of %s left; this command goes on alone\n", f->options->store);
    *e = (struct err){ 0 };
    return train_here(f, e);
}

int cli_final(const struct final_options *options, FILE *out, struct err *e)
{
    struct final f = { .options = options };
    if (options->name)
        str_add(&f.name, options->name);
    else
        str_addf(&f.name, "%s-final", options->campaign);
    int status = prepare(&f, e);
    if (status == 0)
        status = train(&f, e);
    const struct final_question question = { .store = options->store,
        .search = options->campaign,
        .final = f.name.text,
        .export = options->export,
        .is_json = options->is_json,
        .look = screen_print_look() };
    if (status == 0)
        status = final_report(&question, out, e);
    submission_deinit(&f.file);
    str_deinit(&f.name);
    return status;
}
