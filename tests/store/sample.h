/* sample.h: a store in a directory of its own, with a campaign, for the tests of the store and of what reads it. */
#ifndef RUNG_TESTS_STORE_SAMPLE_H
#define RUNG_TESTS_STORE_SAMPLE_H

#include "coordinator/store/store.h"

/* A new empty directory below the test's temporary one; removed with all it holds by sample_remove. Returns owned. */
char *sample_directory(void);
void sample_remove(char *dir); /* takes */

/* Opens it as a writer without a reserve, or as a reader; NULL when that fails, with the reason in sample_error. */
extern struct err sample_error;
struct store *sample_open(const char *dir, enum store_mode mode);

/* The campaign `name`: hidden (int 8..64), rate (float, log), kind (categorical "gru", "linear", true, 2.5), heads
 * (int, only when kind = 'gru'); rungs 2, 6, 17, 50; minimises validation_loss. Its caller's: campaign_spec_deinit. */
struct campaign_spec sample_spec(const char *name);
struct campaign_row sample_campaign(
    int64_t id, const struct campaign_spec *spec); /* spec->name's file text is kept for the process's life */

/* Rows with something in every column, different by number. x: sample_x(number), 4 values. */
const double *sample_x(int number);
struct trial_row sample_trial(int64_t id, int64_t campaign, int number);
struct result_row sample_result(uint64_t seq, int64_t trial, int rung);
struct attempt_row sample_attempt(int64_t trial, uint64_t lease);
struct decision_row sample_decision(uint64_t seq, int64_t campaign, int64_t trial);
struct event_row sample_event(uint64_t seq, enum event_kind kind, int64_t campaign, int64_t trial);
struct worker_row sample_worker(int64_t id);

/* A store with the campaign "digits" (id 1) and its trials 1 to n in it, saved and committed; still open. */
struct store *sample_begun(const char *dir, int n_trials);

#endif
