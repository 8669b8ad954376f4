/* store.h: the database file of a coordinator: rows go in inside transactions, and all of them come back at start.
 *
 * A store is a directory: rung.db (SQLite, WAL), blobs/ (not this module's), rungd.lock, reserve. One process writes
 * it, by one connection that belongs to one thread; any number read it, each over its own read-only connection, while
 * it is written or not, and also when it is of an older form. All SQL statements of the project stand in this
 * directory. ask.h has the questions of people.
 *
 * What can go wrong, by the code in struct err:
 *   ERR_LIMIT      the disk is full. The transaction is gone, the file is sound; store_has_room says when to go on
 *   ERR_IO         reading or writing failed. Nothing is retried: a writer must end the process and start again
 *   ERR_INVALID    a row breaks a constraint (our bug, or a second counted result). store_rollback, then go on
 *   ERR_CORRUPT    the file is damaged, or not ours. Never written again; the text says how to recover
 *   ERR_BUSY       another process writes this store; the text names it
 *   ERR_STATE      the file is of a newer Rung, or another writer took it over (store_commit): end the process
 *   ERR_NOT_FOUND  no store is there (readers; a writer makes it)
 */
#ifndef RUNG_COORDINATOR_STORE_STORE_H
#define RUNG_COORDINATOR_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "coordinator/core/rows.h"

struct store;

enum store_mode { STORE_WRITE, STORE_READ };

struct store_options {
    enum store_mode mode;
    bool allow_network;    /* write on a network file system, where WAL is not safe; else refused */
    int64_t reserve_bytes; /* kept free for a full disk; 0: 64 MiB, or 5 % of a small disk; negative: none */
    int64_t max_steps;     /* STORE_READ: instructions of SQLite's machine that one question may take; 0: no limit */
};

/* Opens `dir`/rung.db. A writer makes the directory (0700) and the file when absent, holds dir/rungd.lock until it
 * closes, checks the file, migrates an older one after copying it to rung.db.version-N, and adds 1 to the boot counter
 * (committed before it returns). Returns owned (store_close), or NULL with e. */
struct store *store_open(const char *dir, const struct store_options *options, struct err *e);
void store_close(struct store *s);

/* How often a writer has opened this store, this time included; a reader gets the number of the last writer. */
uint64_t store_boot(const struct store *s);

/* ---- writing ----
 * store_begin, any number of store_save_*, then store_commit: 0 means that all of it is on disk and stays there. After
 * any failure in between call store_rollback and throw away what was derived from the rows. A failed store_commit has
 * rolled back already (store_rollback is harmless then). */
int store_begin(struct store *s, struct err *e);
int store_commit(struct store *s, struct err *e); /* checks that the boot counter is still ours */
uint64_t store_n_commits(const struct store *s);  /* since it was opened */
void store_rollback(struct store *s);             /* accepts that there is no transaction */

/* Each inserts the row, or updates the one of the same key (in brackets). Texts are copied. Asserts a transaction. */

/* [id] `name`, the objective and `file` stay as first saved (max_budget may grow); the other columns are updated. The
 * first time also makes the view trials_NAME, with a column a parameter. */
int store_save_campaign(struct store *s, const struct campaign_row *row, struct err *e);
/* [id] `campaign`, `number`, `bracket` and `x` stay as first saved, so `x` may be NULL for a trial that is there. Its
 * campaign must have been saved. */
int store_save_trial(struct store *s, const struct trial_row *row, struct err *e);
/* [seq] Fails with ERR_INVALID when the (trial, rung) has a counted result already and this one is counted. The curve
 * goes into points: each (trial, metric, step) is kept once, and what came with a counted result wins over what did
 * not. A result of a trial that does not exist is kept too (verdict unknown), without its curve. */
int store_save_result(struct store *s, const struct result_row *row, struct err *e);
/* [trial, lease] `granted_ms` stays as first saved; a NULL log_tail keeps the one that is there. */
int store_save_attempt(struct store *s, const struct attempt_row *row, struct err *e);
int store_save_decision(struct store *s, const struct decision_row *row, struct err *e); /* [seq]; x is the trial's */
int store_save_event(struct store *s, const struct event_row *row, struct err *e);       /* [seq] never updated */
int store_save_import(struct store *s, const struct import_row *row, struct err *e);     /* [campaign, number] */
int store_save_worker(struct store *s, const struct worker_row *row, struct err *e);     /* [id]; `key` is unique */
int store_save_blob(struct store *s, const struct blob_row *row, struct err *e);         /* [hash] */
/* [seq] A retry takes back that the trial's failure was counted: verdict "retried". */
int store_save_steer(struct store *s, const struct steer_row *row, struct err *e);
int store_names_checkpoint(struct store *s, const char *hash, struct err *e); /* 1: a trial goes on from it; 0; -1 */
int store_drop_blob(struct store *s, const char *hash, struct err *e);        /* 0 also when it was not there */

/* Outside transactions: brings the WAL back into the file when it has grown past 4 MiB, or, when `is_idle`, whatever
 * its size, and truncates it. Call it after commits and when there is nothing to do. Waits
 * for readers for an instant only when it has grown past 64 MiB behind them. */
int store_tidy(struct store *s, bool is_idle, struct err *e);

/* After ERR_LIMIT: true once the disk has room for the reserve again, and a little more. The reserve is given up at
 * ERR_LIMIT, so that what was committed can be moved out of the WAL. Always true while nothing was wrong. */
bool store_has_room(struct store *s);

/* While it has not: what is wrong and what to do, for people: "the disk is full: free 70 MB on /x". Else nothing. */
void store_describe_room(const struct store *s, struct str *out);

/* ---- reading everything back ----
 * Each calls `take` a row, in the order said, and stops with -1 when it returns -1 (having filled e). Rows and what
 * they point at are borrowed for that call. Filters: 0 means all. */

/* The largest ids given out so far; 0 when none. */
struct store_ids {
    int64_t campaign, trial, worker;
    uint64_t seq; /* of events, results and decisions together */
};
int store_load_ids(struct store *s, struct store_ids *out, struct err *e);

/* By id. `spec` is NULL: parse `file` with campaign_from_canonical. */
typedef int store_take_campaign(void *context, const struct campaign_row *row, struct err *e);
int store_load_campaigns(struct store *s, store_take_campaign *take, void *context, struct err *e);

/* By id. `x` has n_x values, the bits that were saved: to be checked against the campaign's space. */
typedef int store_take_trial(void *context, const struct trial_row *row, int n_x, struct err *e);
int store_load_trials(struct store *s, int64_t campaign, store_take_trial *take, void *context, struct err *e);

/* By seq. */
struct event_filter {
    int64_t campaign;
    int64_t trial;
    uint64_t after;     /* only events of a greater number */
    bool is_notes_only; /* EVENT_STARTED to EVENT_ABANDONED: what a search is rebuilt from */
    bool is_said_only;  /* those with a text: of one trial, they alone are found at once */
    int64_t max_rows;   /* the first so many; negative: the last so many */
};
typedef int store_take_event(void *context, const struct event_row *row, struct err *e);
int store_load_events(
    struct store *s, const struct event_filter *filter, store_take_event *take, void *context, struct err *e);

/* By seq. The decision's `x` is NULL, its `note` borrowed as the rest. */
typedef int store_take_decision(void *context, const struct decision_row *row, struct err *e);
int store_load_decisions(struct store *s, int64_t campaign, store_take_decision *take, void *context, struct err *e);

/* By seq. */
struct steer_filter {
    int64_t campaign, trial;
    bool is_extend_only; /* what gave new limits: EXTEND, and ENQUEUE with n_trials */
};
typedef int store_take_steer(void *context, const struct steer_row *row, struct err *e);
int store_load_steers(
    struct store *s, const struct steer_filter *filter, store_take_steer *take, void *context, struct err *e);

/* The counted results of a campaign, and those of them that are no failures. */
int store_count_results(struct store *s, int64_t campaign, int64_t *n_results, int64_t *n_reached, struct err *e);

/* By trial, then lease. `log_tail` is NULL when none was kept. */
struct attempt_filter {
    int64_t campaign, trial;
};
typedef int store_take_attempt(void *context, const struct attempt_row *row, struct err *e);
int store_load_attempts(
    struct store *s, const struct attempt_filter *filter, store_take_attempt *take, void *context, struct err *e);

/* By seq, without curves (n_curve 0). */
struct result_filter {
    int64_t campaign, trial;
    bool is_counted_only;
};
typedef int store_take_result(void *context, const struct result_row *row, struct err *e);
int store_load_results(
    struct store *s, const struct result_filter *filter, store_take_result *take, void *context, struct err *e);

/* By metric, then step, of one trial. */
typedef int store_take_point(void *context, const char *metric, int64_t step, double value, struct err *e);
int store_load_points(struct store *s, int64_t trial, store_take_point *take, void *context, struct err *e);

/* Appends what one trial reported at that step as a JSON object, by metric; {} when there is nothing. */
int store_put_metrics(struct store *s, int64_t trial, int64_t step, struct str *out, struct err *e);

/* Of a campaign, by number. `x` has n_x values. */
typedef int store_take_import(void *context, const struct import_row *row, int n_x, struct err *e);
int store_load_imports(struct store *s, int64_t campaign, store_take_import *take, void *context, struct err *e);

typedef int store_take_worker(void *context, const struct worker_row *row, struct err *e); /* by id */
int store_load_workers(struct store *s, store_take_worker *take, void *context, struct err *e);

typedef int store_take_blob(void *context, const struct blob_row *row, struct err *e); /* by hash */
int store_load_blobs(struct store *s, store_take_blob *take, void *context, struct err *e);

#endif
