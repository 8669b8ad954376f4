/* final.h: `rung final`: the best configurations of a campaign, trained to the end on all training data, judged on the
 * test set; the winner's weights as a file.
 *
 * The trainings are a campaign of their own in the same store (final_campaign.h), so they go on after an interruption,
 * and `rung trials`, `rung show` and the rest answer about them. The winner is the first of the search's ranking: the
 * test set only says how good it is.
 */
#ifndef RUNG_COORDINATOR_CLI_FINAL_H
#define RUNG_COORDINATOR_CLI_FINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/err.h"

struct final_options {
    const char *store; /* directory; its coordinator trains when one serves it, else one is started */
    const char *campaign;
    const char *name;   /* of the new campaign; NULL: CAMPAIGN-final */
    const char *export; /* where the weights go; NULL: CAMPAIGN.safetensors, for a built-in program */
    int64_t n_top, n_seeds;
    int64_t epochs; /* 0: the search's max_budget */
    int n_workers;  /* 0: as many as this process may use processors */
    bool is_quiet, is_json;
};

/* Prints to `out`, as text or as rung.final/1. Returns the exit status, as cli_run: 0, or EXIT_STATUS_NO_SUCCESS when
 * no training of the winner succeeded. -1 with e: ERR_NOT_FOUND for an unknown campaign or one without results,
 * ERR_USAGE when it has fewer than n_top configurations, ERR_INVALID without a test set, ERR_EXISTS when the name is
 * another campaign's. */
int cli_final(const struct final_options *options, FILE *out, struct err *e);

#endif
