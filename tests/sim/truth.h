/* truth.h: what a trial measures, as a function of its configuration: so that a value in the books can be seen to
 * belong to the configuration beside it.
 */
#ifndef RUNG_TESTS_SIM_TRUTH_H
#define RUNG_TESTS_SIM_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/domain/spec.h"

/* The value after `step` steps; no two attempts measure quite the same. */
int64_t truth_value(uint64_t config, int64_t step, uint32_t salt);

/* The digest of a configuration as the trial is given it. */
uint64_t truth_config(const struct campaign_spec *spec, const double *x);

/* False when this value was never measured with this configuration. Absurd reports are believed. */
bool truth_allows(uint64_t config, double value);

#endif
