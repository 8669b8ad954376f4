/* campaign.h: the campaign file: JSON text to struct campaign_spec and back, and what differs between two.
 * Pure: no I/O, no clock, no globals.
 *
 * schemas/campaign.schema.json is the contract. What SQL says (`where`, `when`, and whether `enqueue` obeys them) is
 * not judged here but in common/expr; campaign_read there does both.
 */
#ifndef RUNG_COMMON_PROTO_CAMPAIGN_H
#define RUNG_COMMON_PROTO_CAMPAIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/domain/problems.h"
#include "common/domain/spec.h"

/* Reads a campaign file. Adds every mistake to `problems`, lines filled in. Returns 0 and fills `out` (the caller's:
 * campaign_spec_deinit), or -1 with at least one problem and `out` untouched. `directory` (absolute) is where the file
 * lies: `train` and `test` of trial.data are made absolute with it. In `out->enqueue` a parameter that a configuration
 * does not name is NaN. */
int campaign_parse(
    const char *text, size_t len, const char *directory, struct campaign_spec *out, struct problems *problems);

/* As campaign_parse, for a caller that judges more: `out` (zeroed before; campaign_spec_deinit in any case) holds as
 * much as could be read, and lines are left to campaign_locate. True when its space and fixed parameters are right,
 * whatever else is wrong, so that `where`, `when` and `enqueue` can be judged by them. */
bool campaign_parse_partly(
    const char *text, size_t len, const char *directory, struct campaign_spec *out, struct problems *problems);

/* Fills in the lines of problems that have none, from the text that they are about, and sorts them by line. */
void campaign_locate(struct problems *problems, const char *text, size_t len);

/* The campaign as JSON text, every default explicit, in an order that never changes: equal campaigns give equal bytes.
 * What the store keeps. It is a campaign file with one key more, trial.directory. Appends to `out`. */
void campaign_canonical(const struct campaign_spec *spec, struct str *out);

/* Reads what campaign_canonical wrote: campaign_from_canonical(campaign_canonical(s)) is s. 0 or -1. */
int campaign_from_canonical(const char *text, size_t len, struct campaign_spec *out, struct err *e);

/* Adds a problem for each place where b differs from a: "/search/eta": "was 3, is 4". Returns how many. For the refusal
 * of another file under the name of a campaign that exists. The directory counts only for a command. */
size_t campaign_diff(const struct campaign_spec *a, const struct campaign_spec *b, struct problems *differences);

#endif
