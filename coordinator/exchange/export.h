/* export.h: a campaign in the forms of other tools, as files. Each reads the takeout and writes `path`, which is new
 * and the caller's to put in place (place.h); nothing of the store changes.
 */
#ifndef RUNG_COORDINATOR_EXCHANGE_EXPORT_H
#define RUNG_COORDINATOR_EXCHANGE_EXPORT_H

#include "coordinator/exchange/takeout.h"

/* The table of Optuna's Study.trials_dataframe(), columns and all, as RFC 4180: a row a trial, numbers to the last bit.
 */
int export_csv(const struct takeout *t, const char *path, struct err *e);

/* A storage of Optuna (an SQLite file) with one study of the campaign's name, which Optuna and optuna-dashboard open
 * and go on with. */
int export_optuna(const struct takeout *t, const char *path, struct err *e);

/* A directory of event files for TensorBoard: a run a trial with its curves, and the HParams plug-in's summaries. */
int export_tensorboard(const struct takeout *t, const char *path, struct err *e);
bool export_tensorboard_is_ours(const char *name); /* could such a directory have an entry of this name? */

/* One page of HTML that needs nothing else and stays below 1 MB: of many trials it shows some, and says so. */
int export_html(const struct takeout *t, const char *path, struct err *e);

#endif
