/* tables.h: the tables of schemas/store as lists of columns over the rows of core/rows.h. Only coordinator/store
 * includes it.
 */
#ifndef RUNG_COORDINATOR_STORE_TABLES_H
#define RUNG_COORDINATOR_STORE_TABLES_H

#include "coordinator/core/rows.h"
#include "coordinator/store/columns.h"

enum table_id {
    TABLE_CAMPAIGN, /* struct campaign_record */
    TABLE_TRIAL,    /* struct trial_record */
    TABLE_RESULT,   /* struct result_row, and so on */
    TABLE_ATTEMPT,
    TABLE_DECISION,
    TABLE_EVENT,
    TABLE_WORKER,
    TABLE_BLOB,
    TABLE_IMPORT, /* struct import_record */
    TABLE_STEER,  /* struct steer_record */
    TABLE_N
};

extern const struct table tables[TABLE_N];

/* The goals of an objective, by enum goal. */
extern const char *const goal_words[];

/* Some rows have columns that are made from what they point at. */
struct campaign_record {
    struct campaign_row row;
    const char *name, *metric;
    int goal;
    int64_t max_budget;
};

struct import_record {
    struct import_row row;
    const char *config;
    struct bytes x;
};

struct steer_record {
    struct steer_row row;
    const char *config; /* NULL: none */
    struct bytes x;
};

struct trial_record {
    struct trial_row row;
    const char *config;
    struct bytes x;
};

#endif
