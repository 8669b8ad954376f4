/* archive.h: a store opened to answer one question about one campaign. The commands of asking.h and coordinator/web
 * include it. */
#ifndef RUNG_COORDINATOR_ASK_ARCHIVE_H
#define RUNG_COORDINATOR_ASK_ARCHIVE_H

#include "coordinator/ask/asking.h"
#include "coordinator/text/listing.h"
#include "coordinator/store/store.h"

/* A campaign of the store; `row.file` and `name` are owned. */
struct archived_campaign {
    struct campaign_row row;
    char *name;
};

struct archive {
    struct store *store;
    struct archived_campaign *campaigns; /* owned: all, by id */
    size_t n_campaigns, cap_campaigns;
    struct archived_worker {
        int64_t id;
        char *name, *host;
    } * workers; /* owned: all, by id */
    size_t n_workers, cap_workers;
    int64_t campaign; /* the id of the one that is asked about; 0: all */
    enum campaign_state state;
    struct campaign_spec spec;
};

/* A trial that outlives the statement it came from. */
struct archived_trial {
    struct trial_row row; /* row.x is x */
    double x[LIMIT_PARAMS];
};

/* Opens the store and finds the campaign that q means; archive_open_all: none when q names none. archive_close accepts
 * a zeroed one. */
int archive_open(struct archive *a, const struct asking *q, struct err *e);
int archive_open_all(struct archive *a, const struct asking *q, struct err *e);
void archive_close(struct archive *a);

/* The trial whose number `word` is. */
int archive_find(struct archive *a, const char *word, struct archived_trial *out, struct err *e);

/* -1 with ERR_CORRUPT when x is no configuration of the campaign's space. */
int archive_check_x(const struct archive *a, const double *x, int n_x, struct err *e);

/* Copies; -1 with ERR_CORRUPT when x is no configuration of the campaign's space. */
int archive_keep(
    const struct archive *a, const struct trial_row *row, int n_x, struct archived_trial *out, struct err *e);

bool archive_is_over(const struct archive *a);

/* "-" for both names when there is none of that id. */
const struct archived_worker *archive_worker(const struct archive *a, int64_t id);

/* The budget of a rung of the trial's bracket; 0 when there is no such rung. */
int64_t archive_budget(const struct archive *a, int bracket, int rung);

/* Adds `key`: the value, or null for NaN. */
void archive_add_number(struct str *json, const char *key, double value);

/* Adds "config": the parameters that are there and, when has_fixed, the campaign's fixed ones, as trials get them. */
void archive_add_config(const struct archive *a, const double *x, bool has_fixed, struct str *json);

/* A cell of the parameters that are there: "hidden_size=64 dropout=0.2". */
void archive_list_config(const struct archive *a, const double *x, struct listing *l);

/* "2026-01-31 12:00:00", UTC. */
void archive_add_time(struct str *out, int64_t wall_ms);

/* A line of the look's style (VIEW_BOLD) and its newline; a control character becomes '?'. */
void archive_add_line(struct str *out, const struct view_look *look, const char *style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes all of `text` (taken apart) to out. 0, or -1 with ERR_IO. */
int archive_print(struct str *text, FILE *out, struct err *e);

#endif
