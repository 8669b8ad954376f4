/* question_params.h: a campaign's parameters as SQL functions of a trial's columns `x` and `config`. Only
 * coordinator/store includes it.
 */
#ifndef RUNG_COORDINATOR_STORE_QUESTION_PARAMS_H
#define RUNG_COORDINATOR_STORE_QUESTION_PARAMS_H

#include <sqlite3.h>

#include "common/domain/space.h"

/* Adds two functions; both are NULL where the parameter is absent. Borrows the space until the database is closed.
 *   rung_param(i, x)            its value, to compare: an INTEGER, a REAL or a TEXT; true and false are 1 and 0
 *   rung_param_json(i, config)  the value as it stands in the JSON: quicker than writing a REAL anew */
void question_params_add(sqlite3 *db, const struct space *space);

#endif
