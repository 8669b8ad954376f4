/* spec.h: what a campaign file says, as structs.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COMMON_DOMAIN_SPEC_H
#define RUNG_COMMON_DOMAIN_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "common/domain/space.h"

enum goal { GOAL_MINIMIZE, GOAL_MAXIMIZE };
enum sampler { SAMPLER_TPE, SAMPLER_RANDOM, SAMPLER_GRID };
enum scheduler { SCHEDULER_HYPERBAND, SCHEDULER_SYNC_HYPERBAND, SCHEDULER_NONE };
enum search_model { MODEL_DEFAULT, MODEL_BOHB };

extern const char *const sampler_names[];   /* by enum sampler */
extern const char *const scheduler_names[]; /* by enum scheduler */

/* How to search. Everything that a decision depends on beside the space and what was observed. */
struct search_spec {
    enum sampler sampler;
    enum scheduler scheduler;
    enum search_model model;
    int64_t min_budget; /* 1 <= min <= max; about 4 % of max unless said */
    int64_t max_budget;
    int64_t filed_max;          /* with n_added: the file's max_budget, to which its own rungs lead */
    int64_t added[LIMIT_RUNGS]; /* rungs above it, by search_spec_extend; the last one is max_budget */
    int n_added;
    int eta;          /* >= 2; 3 unless said */
    int64_t n_trials; /* limits.trials: configurations to start, enqueued ones included */
};

struct limits_spec {
    int64_t n_trials;            /* 0: none given (then wall_clock_ms is) */
    int64_t wall_clock_ms;       /* 0: no limit. Counts the time that the campaign could run */
    int64_t trial_timeout_ms;    /* of one attempt; 0: no limit */
    int64_t progress_timeout_ms; /* between two reports; 0: no limit */
    int64_t trial_memory_bytes;  /* of one attempt; 0: no limit */
    int64_t checkpoints_bytes;   /* that the campaign keeps at one time, all trials together; 0: no limit */
};

struct trial_spec {
    char *program;  /* "gru-attention" or "linear", or NULL for a command */
    char **command; /* n_command words, or NULL */
    int n_command;
    int64_t cores; /* slots of a worker that a trial of a command takes; 0: one */
    char *data;    /* JSON text of trial.data with its file names made absolute, or NULL */
    char *fixed;   /* JSON text of an object: parameters that do not vary; "{}" when none */
    char **files;  /* n_files names beneath the directory: copies lie in the working directory of each attempt */
    int n_files;
    char *blobs;     /* JSON text of what travels with the campaign: common/proto/cargo.h; NULL: made before that was */
    char *directory; /* of the campaign file, absolute: where a command is looked up and runs */
};

struct campaign_spec {
    char name[LIMIT_NAME + 1];
    uint64_t seed;
    int64_t weight; /* its share of the workers, beside the other campaigns; 0: 1 */
    char metric[LIMIT_NAME + 1];
    enum goal goal;
    struct trial_spec trial;
    struct space space;
    char **where; /* n_where SQL expressions */
    int n_where;
    double *enqueue; /* n_enqueue configurations of space.n_params values: snapped, absent ones NaN, `where` holds */
    int n_enqueue;
    struct search_spec search;
    struct limits_spec limits;
};

void campaign_spec_deinit(struct campaign_spec *spec);

int campaign_spec_cores(const struct campaign_spec *spec); /* at least 1 */
/* The slots that a trial takes of a worker with so many, which may take so much memory together (0: not known):
 * trial.cores, or as many as have limits.trial_memory for their share. More than there are for its cores alone. */
int campaign_spec_slots(const struct campaign_spec *spec, int64_t n_slots, int64_t memory_bytes);

int64_t campaign_spec_weight(const struct campaign_spec *spec); /* at least 1 */

/* For the search, less is better: the objective's value, negated where the goal is to maximise. */
double campaign_spec_loss(const struct campaign_spec *spec, double value);

/* New limits; 0: as before. False, and nothing changed, when search_spec_extend forbids the max_budget. */
bool campaign_spec_extend(struct campaign_spec *spec, int64_t n_trials, int64_t max_budget, int64_t wall_clock_ms);

/* The seed that a trial's process is given: the same for every attempt, on every machine, so that a trial can be run
 * again. */
uint64_t campaign_spec_trial_seed(const struct campaign_spec *spec, uint32_t number);

/* The rungs of the asynchronous ladder, ascending: round(max * eta^-i) while that is >= min (50, eta 3, min 2: 2, 6,
 * 17, 50); max alone for SCHEDULER_NONE; then those that were added. Returns how many, at most LIMIT_RUNGS. */
int search_spec_rungs(const struct search_spec *spec, int64_t rungs[LIMIT_RUNGS]);

/* Raises max_budget and lets the ladder go on to it: what was a rung stays one, so every result keeps its place. New
 * are round(max * eta^-i) while that is at least sqrt(eta) times the old max_budget, and max itself (50 to 100: 100;
 * 50 to 500: 167, 500). Not for SCHEDULER_SYNC_HYPERBAND, whose brackets are made for one max_budget. False, and
 * nothing changed, when it is not above the present one or LIMIT_RUNGS are not enough. */
bool search_spec_extend(struct search_spec *spec, int64_t max_budget);

/* The min_budget of a file that names none: 4 % of max_budget, rounded, at least 1. */
int64_t search_spec_default_min(int64_t max_budget);

#endif
