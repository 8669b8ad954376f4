/* units.h: durations and amounts of memory as people write them: "1h30m", "90s", "2GiB", "500MB".
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COMMON_BASE_UNITS_H
#define RUNG_COMMON_BASE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

/* Whole numbers with d, h, m, s, ms, largest unit first, each at most once. False when it is not that or does not fit;
 * `out` untouched. */
bool units_parse_duration(const char *text, int64_t *out_ms);
void units_put_duration(struct str *s, int64_t ms); /* exactly: units_parse_duration reads it back */

/* A whole number with B, kB, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024). */
bool units_parse_bytes(const char *text, int64_t *out_bytes);
void units_put_bytes(struct str *s, int64_t bytes); /* exactly, in the largest unit that divides it */

#endif
