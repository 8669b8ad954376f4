/* search.h: what to do with a free slot: begin a new configuration, or take a paused one to its next rung.
 * Pure: no I/O, no clock, no globals.
 *
 * A search is a function of its inputs and of the notes it was given, in their order. search_next only looks: nothing
 * changes until the caller notes what it did, so that a replay of the notes asks the same questions and gets, bit for
 * bit, the same answers. The first search_next after a note may cost a model fit; the next ones reuse it.
 */
#ifndef RUNG_COORDINATOR_SEARCH_SEARCH_H
#define RUNG_COORDINATOR_SEARCH_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"
#include "common/domain/space.h"
#include "common/domain/spec.h"

struct search; /* one campaign's */

/* All borrowed for the life of the search. */
struct search_inputs {
    const struct search_spec *spec;
    const struct space *space;
    const struct rules *rules; /* `when` and `where` */
    const double *enqueue;     /* n_enqueue configurations to try first, in this order */
    int n_enqueue;
    uint64_t seed;
};

enum search_move {
    SEARCH_START,   /* a new trial, to the lowest rung of its bracket that is open: the first, but sync-hyperband starts
                       new trials on a higher one when too many failed below it */
    SEARCH_PROMOTE, /* a paused trial, to its next rung */
    SEARCH_WAIT,    /* nothing until a running trial reports: a slot may idle only while one runs */
    SEARCH_END      /* nothing any more, whatever the running trials report; only abandoning a trial can reopen it */
};

enum search_origin {
    SEARCH_ENQUEUED,      /* the user's own configuration */
    SEARCH_GRID,          /* the next point of the grid */
    SEARCH_PRIOR,         /* drawn from the prior: startup, the random share, or no model (note says which) */
    SEARCH_MODEL,         /* the best of the candidates that the model drew */
    SEARCH_QUOTA,         /* promoted: among the best 1/eta of its rung, and the rung's quota allows one more */
    SEARCH_ENDGAME,       /* promoted: no new trial is allowed, so the best paused one goes on */
    SEARCH_RUNG_COMPLETE, /* promoted by sync-hyperband: its rung is complete */
    SEARCH_NO_ORIGIN      /* of SEARCH_WAIT and SEARCH_END */
};

/* Numbers of trials, the first so many of however many there are. */
#define SEARCH_LISTED 32
struct search_list {
    int n; /* negative: nobody kept them */
    uint32_t trials[SEARCH_LISTED];
};

/* A move and why. The hub stores it as a decision; `rung explain` says it in words. */
struct search_decision {
    enum search_move move;
    enum search_origin origin;
    const char *note; /* a static sentence where the origin alone does not say it, else "" */
    uint32_t
        trial;   /* START: the number of the new trial, one more than were started (the first is 1). PROMOTE: which */
    int bracket; /* from 0, the most exploring one. hyperband: the rung of bracket 0 that the trial begins at;
                    sync-hyperband counts on: number i has the ladder of bracket i modulo search_n_brackets */
    int rung;    /* index into the bracket's rungs, the one to reach */
    int64_t budget;   /* of that rung */
    const double *x;  /* START: the configuration; borrows until the next call on this search */
    int n_candidates; /* MODEL: drawn, feasible or not; PRIOR: draws until a feasible and new one */
    double score;     /* MODEL: log l(x) - log g(x) of the winner, else 0 */
    int score_rank;   /* MODEL: place among the candidates; above 1 when better ones were duplicates */
    int model_rung;   /* MODEL: the rung (index in bracket 0) whose results the model was built on, else -1 */
    int n_good, n_bad,
        n_pending; /* MODEL: observations in l, in g, and running trials counted as bad (part of n_bad) */
    int rank, n_at_rung, n_promoted; /* PROMOTE: its place (from 1) among n_at_rung results of its present rung, and how
                                        many went up before */
    double loss;                     /* PROMOTE: its loss there */
    double line;                     /* PROMOTE: the loss of the last place that may be promoted at this moment */
    int n_running;                   /* trials on their way to a rung at this moment; -1: nobody kept it */
    struct search_list running;      /* these, ascending */
    struct search_list best_first;   /* PROMOTE: the order at its present rung, without who failed or was abandoned */
};

struct search *search_new(const struct search_inputs *in); /* returns owned */
void search_free(struct search *s);

void search_next(struct search *s, struct search_decision *out);

/* Notes. `rung` is the index in the trial's bracket. Losses are finite, less is better (campaign_spec_loss). Asserts
 * order: a trial is started before it is promoted, runs before it reports. */
void search_note_started(struct search *s, uint32_t trial, const double *x, int bracket);
void search_note_promoted(struct search *s, uint32_t trial, int rung);
void search_note_result(struct search *s, uint32_t trial, int rung, double loss);
/* Its own fault: counts as worst, goes no further. */
void search_note_failed(struct search *s, uint32_t trial, int rung);
/* Set aside or cancelled, running or paused: frees its place on the ladder, as though it had never been there; what it
 * reported before stays in the model. It still counts among the n_trials that were started. */
void search_note_abandoned(struct search *s, uint32_t trial);

/* A result from elsewhere: the models learn from it as from one of their own, and it is no trial. It counts for the
 * highest rung that `budget` reaches, which becomes *budget. loss INFINITY: a failure. False, and nothing changed, when
 * the same is there already, or when it reaches no rung (then *budget is 0). The order of imports among all notes plays
 * no part, but for an extension: a rebuilt search takes them behind its notes, when the ladder is as high as it was.
 * Copies x. */
bool search_note_imported(struct search *s, int64_t *budget, const double *x, double loss);

/* ---- notes of what a person asked for ---- */

/* New limits, each at least what it was; 0: as before. A max_budget that search_spec_extend allows: the ladder goes on,
 * every result stays where it is, and those at the old top compete for the next rung. */
void search_note_extended(struct search *s, int64_t n_trials, int64_t max_budget);
/* A configuration for the next new trial, behind others that wait; one that was started before is passed over. */
void search_note_enqueued(struct search *s, const double *x);
/* A trial that failed, or was abandoned under way, is on its way to the same rung again; its failure teaches no more.
 * Asserts search_may_retry. */
void search_note_retried(struct search *s, uint32_t trial);

bool search_may_retry(struct search *s, uint32_t trial);
bool search_has_tried(const struct search *s, const double *x);  /* was this configuration started? */
bool search_is_waiting(const struct search *s, const double *x); /* was it enqueued, and not started? */
/* Is the trial on its way to a rung, as the notes say? *rung: which, or where it stands otherwise. */
bool search_is_under_way(const struct search *s, uint32_t trial, int *rung);
bool search_has_failed(const struct search *s, uint32_t trial);
uint32_t search_n_started(const struct search *s);
int64_t search_n_waiting(const struct search *s); /* enqueued configurations that were not started yet */

/* Results and failures at a rung of bracket 0, of all brackets and from elsewhere. */
int64_t search_n_results(const struct search *s, int rung);

/* How well the order of the trials at one rung agrees with that at the next one: looked at when 30 trials have results
 * at both, and whenever there are twice as many. Below 30 a rank correlation says little itself: its standard error is
 * 1 / sqrt(n - 1), here 0.19. The rungs are the lowest two of the bracket in which new trials begin. */
struct search_agreement {
    int64_t lower, upper; /* the two budgets */
    int n;                /* trials with results at both, imports and failures not among them */
    double correlation;   /* Spearman's */
    bool is_low;          /* under 0.2: those that were promoted are the best of the rung below, which lowers the
                             correlation, so this is as good as chance */
    bool turned;          /* so new trials begin at `upper` from now on; hyperband alone, while two rungs are left */
};

/* Did the last result make it look? *out: what it found. */
bool search_has_compared(const struct search *s, struct search_agreement *out);
/* Was one low, and is that still so? *out: the last such. */
bool search_has_low_agreement(const struct search *s, struct search_agreement *out);
/* For a person: what is low, and what to change. */
void search_agreement_words(const struct search_agreement *a, struct str *out);

/* The ladders that this search would run, for plans and views. Pure functions of the spec; `bracket` is taken modulo
 * search_n_brackets. */
int search_n_brackets(const struct search_spec *spec);
/* Those that a plan can foresee: hyperband begins in bracket 0, and turns to a higher one when the results say so. */
int search_n_planned_brackets(const struct search_spec *spec);
int search_bracket_rungs(
    const struct search_spec *spec, int bracket, int64_t rungs[LIMIT_RUNGS]); /* ascending; how many */
/* Trials that would reach each rung of the bracket if all n_trials are spent and none fails (doubles of the quota rule
 * are floored). */
void search_expected_counts(const struct search_spec *spec, int bracket, int64_t counts[LIMIT_RUNGS]);

/* Where two decisions part: a field or a parameter, and its values in words. Zeroed is empty. */
struct search_difference {
    struct str what, kept, again;
};
void search_difference_deinit(struct search_difference *d);

/* Are they the same, bit for bit? What `kept` has no record of (an older store's) is not compared. False: *out says the
 * first difference. Both have x when they START. */
bool search_decisions_agree(const struct search_decision *kept, const struct search_decision *again,
    const struct space *space, struct search_difference *out);

const char *search_move_name(enum search_move m); /* "start", "promote", "wait", "end" */
const char *search_origin_name(
    enum search_origin o); /* "enqueued", "grid", "prior", "model", "quota", "endgame", "rung_complete", "none" */

#endif
