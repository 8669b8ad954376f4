/* judge.h: what a person sends, held against the campaign that it is about. */
#ifndef RUNG_COORDINATOR_JUDGE_H
#define RUNG_COORDINATOR_JUDGE_H

#include "common/expr/expr.h"
#include "coordinator/core/hub.h"

/* A known campaign goes on when the file says what its own file said, whatever it was extended by since; else
 * ERR_EXISTS with the differences. */
int judge_same(const struct campaign *known, const struct campaign_spec *spec, struct err *e);

/* A configuration, JSON, into x, judged as an entry of the campaign file's `enqueue` is. ERR_INVALID names every
 * mistake. */
int judge_config(struct expr *expr, const struct campaign_spec *spec, const char *json, double *x, struct err *e);

#endif
