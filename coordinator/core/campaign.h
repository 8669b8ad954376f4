/* campaign.h: one search: its file, its trials, its ladders, and what was found so far.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_CORE_CAMPAIGN_H
#define RUNG_COORDINATOR_CORE_CAMPAIGN_H

#include "coordinator/core/rows.h"
#include "coordinator/core/trial.h"
#include "coordinator/search/search.h"

struct campaign {
    struct campaign_row row;    /* what is durable */
    struct campaign_spec *spec; /* owned; row.spec points to it. The file's, with what it was extended by */
    struct search_spec filed;   /* its search part as the file has it */
    char *file;                 /* owned; row.file points to it */
    struct rules rules;         /* its context is the shell's */
    struct search *search;      /* owned; NULL when the campaign was over at start */
    bool is_changed;            /* stands in the effects of this step */
    struct trial **trials;      /* by number - 1; owned */
    size_t n_trials, cap_trials;
    struct trial **queue; /* queued trials, first come first served */
    size_t n_queue, cap_queue;
    size_t n_states[TRIAL_SET_ASIDE + 1]; /* trials by state */
    int64_t n_slots;                      /* that its running trials take */
    int64_t n_imports;                    /* results from elsewhere */
    int64_t n_results;                    /* counted, failures included */
    int64_t n_reached;                    /* counted, failures not included */
    int64_t reached_by;                   /* the worker of the last of them; 0: none so far */
    double pace;                          /* log2 of seconds for a unit of budget: a moving mean ... */
    int n_paces;                          /* ... over so many results, or more */
    uint64_t n_looks;                     /* the hub's count of looks for work when it was last looked at */
    int64_t budget_spent;                 /* training behind the counted results */
    int64_t checkpoint_bytes;             /* of all its trials */
    int64_t saved_ran_ms;                 /* row.ran_ms as it was last stored */
    struct trial
        *best; /* as DESIGN has it: at the highest rung budget reached, the best value; NULL before the first */
    char *best_metrics; /* owned: what it reported there, a JSON object; NULL: nothing is known */
};

struct campaign *campaign_new(
    const struct campaign_row *row, struct campaign_spec *spec, struct rules rules); /* takes spec */
void campaign_free(struct campaign *c);

bool campaign_is_over(const struct campaign *c);

/* Begins its search anew, as at the start of a campaign: for a replay of its notes, which count the results again. */
void campaign_open_search(struct campaign *c);

/* The budget of a rung of the trial's bracket, and how many rungs that has. */
int64_t campaign_rung_budget(const struct campaign *c, int bracket, int rung);
int campaign_n_rungs(const struct campaign *c, int bracket);

struct trial *campaign_add_trial(struct campaign *c, const struct trial_row *row); /* takes its place by number */

/* Moves and keeps the counts and the queue. Asserts that the table allows it. */
void campaign_move_trial(struct campaign *c, struct trial *t, enum trial_state next);

/* From now on t goes on from this checkpoint, at `budget`; with "" from the beginning. Keeps checkpoint_bytes. */
void campaign_set_checkpoint(struct campaign *c, struct trial *t, const char *hash, int64_t bytes, int64_t budget);

/* Takes note of a counted value at row.reached; keeps `best`. */
void campaign_judge(struct campaign *c, struct trial *t);

/* Copies what the best trial reported at its last counted result. */
void campaign_note_metrics(struct campaign *c, const char *metrics);

/* Further first, then the better value, then the smaller number: not who was first, which a rebuild cannot see. */
bool campaign_is_better(const struct campaign *c, const struct trial *t, const struct trial *than);

/* The first queued trial that may run now, behind `after` unless that is NULL; NULL when there is none. */
struct trial *campaign_next_queued(const struct campaign *c, const struct trial *after, int64_t now_ms);

#endif
