/* parts.h: what is inside a store. Only coordinator/store, and its tests, include it. */
#ifndef RUNG_COORDINATOR_STORE_PARTS_H
#define RUNG_COORDINATOR_STORE_PARTS_H

#include "coordinator/store/sql.h"
#include "coordinator/store/store.h"
#include "coordinator/store/tables.h"

/* The space of a campaign, kept to write its trials' configurations. */
struct known_campaign {
    int64_t id;
    struct campaign_spec spec;
};

struct known_metric {
    int64_t id;
    char name[LIMIT_NAME + 1];
};

enum point_statement {
    POINT_COUNTED,
    POINT_UNCOUNTED,
    METRIC_FIND,
    METRIC_ADD,
    CAMPAIGN_FILE,
    BLOB_DROP,
    CHECKPOINT_FIND,
    FAILURE_UNCOUNT,
    BOOT_CHECK,
    STATEMENT_N
};

struct store {
    struct store_options options;
    char *dir;  /* absolute, without symbolic links */
    char *path; /* of rung.db */
    int lock_fd;
    sqlite3 *db;
    uint64_t boot;
    bool is_in_transaction;
    uint64_t n_commits;
    bool is_full;                                    /* since ERR_LIMIT, until store_has_room */
    int wal_pages;                                   /* after the last commit */
    int checkpointed_pages;                          /* wal_pages at the last checkpoint that could not reset the WAL */
    int64_t steps_left;                              /* of this question; see options.max_steps */
    sqlite3_stmt *update[TABLE_N], *insert[TABLE_N]; /* prepared when first needed */
    sqlite3_stmt *statements[STATEMENT_N];
    int64_t last_trial;               /* the largest id there; -1: not known, as at first and after a rollback */
    struct known_campaign *campaigns; /* what this transaction or earlier ones wrote: forgotten at a rollback */
    size_t n_campaigns, cap_campaigns;
    struct known_metric *metrics;
    size_t n_metrics, cap_metrics;
};

/* The prepared statement of that number. Owned by the store; NULL with e. */
sqlite3_stmt *store_statement(struct store *s, enum point_statement which, struct err *e);

/* Notes a full disk, and returns -1. */
int store_failed(struct store *s, const struct err *e);

/* Forgets what a rollback may have taken back. */
void store_forget(struct store *s);

/* The spec of a campaign that is in the database. Borrows until the next call; NULL with e. */
const struct campaign_spec *store_find_campaign(struct store *s, int64_t id, struct err *e);

/* Updates or inserts a row of a table, in a transaction. */
int store_save_row(struct store *s, enum table_id id, const void *row, struct err *e);

/* The curve of a result that was just saved. */
int store_save_curve(struct store *s, const struct result_row *row, struct err *e);

/* Makes the view trials_NAME of a new campaign. */
int store_make_campaign_view(struct store *s, const struct campaign_row *row, struct err *e);

#endif
