/* report_data.h: what the page of report/ is given: a campaign as one JSON object, thinned so that it stays small. */
#ifndef RUNG_COORDINATOR_EXCHANGE_REPORT_DATA_H
#define RUNG_COORDINATOR_EXCHANGE_REPORT_DATA_H

#include "coordinator/exchange/takeout.h"

extern const char report_html[], report_css[], report_js[]; /* the files of report/ */

/* Adds the object. `made_ms`: wall time, for the foot of the page. */
int report_data(const struct takeout *t, int64_t made_ms, struct str *json, struct err *e);

#endif
