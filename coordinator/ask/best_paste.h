/* best_paste.h: configurations in forms that other programs take: arguments, a shell's environment, JSON, a campaign
 * file. Only the commands of asking.h include it.
 */
#ifndef RUNG_COORDINATOR_ASK_BEST_PASTE_H
#define RUNG_COORDINATOR_ASK_BEST_PASTE_H

#include "coordinator/ask/archive.h"

/* Adds all n trials (at least 1): a line each as arguments or JSON, a block of lines each as an environment, one file
 * for all as a campaign. `format` is not BEST_TEXT. The fixed parameters are there as the trial got them. */
void best_add_pasted(
    const struct archive *a, enum best_format format, const struct archived_trial *trials, size_t n, struct str *out);

#endif
