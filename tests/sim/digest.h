/* digest.h: rows as numbers, so that the coordinator's memory and its rows are compared at every step: the sum of the
 * digests of all rows of a kind, kept up to date row by row on both sides.
 */
#ifndef RUNG_TESTS_SIM_DIGEST_H
#define RUNG_TESTS_SIM_DIGEST_H

#include <stddef.h>

#include "coordinator/core/rows.h"

uint64_t digest_mix(uint64_t digest, uint64_t value);
uint64_t digest_text(const char *text); /* NULL: 0 */

uint64_t digest_trial(const struct trial_row *row, const double *x, int n_params);
/* Without the time that it ran, which is stored each few seconds only. */
uint64_t digest_campaign(const struct campaign_row *row);
/* Who it is; not when it was last seen, nor whether it is here, as a rebuilt coordinator has heard of nobody. */
uint64_t digest_worker(const struct worker_row *row);

#endif
