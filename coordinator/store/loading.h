/* loading.h: how rows of one table are asked for and handed over. Only coordinator/store includes it. */
#ifndef RUNG_COORDINATOR_STORE_LOADING_H
#define RUNG_COORDINATOR_STORE_LOADING_H

#include <stdint.h>

#include "common/base/str.h"
#include "coordinator/store/parts.h"

/* What follows FROM, growing by conditions, and its values. Zeroed is empty: every row. */
struct where {
    struct str text;
    int64_t values[6];
    int n_values;
};

/* A condition without a value, and one with: its text has one ?. */
void where_say(struct where *w, const char *text);
void where_add(struct where *w, const char *text, int64_t value);
void where_bind(struct where *w, int64_t value); /* of a ? that stands in `order`, or in a text said before */

/* How one row, in its struct, is handed to the caller's function: `take` points at the pointer to it. */
typedef int hand_over(const void *take, void *context, const void *row, struct err *e);

struct loading {
    enum table_id table;
    const char *order; /* ORDER BY and what follows */
    void *row;         /* where each is read to */
    hand_over *hand;
    const void *take;
    void *context;
};

/* Hands over every row; stops with -1 when the hand does. Takes `where` apart. */
int store_load(struct store *s, const struct loading *what, struct where *where, struct err *e);

/* Hands that fit several loaders: a trial_record as a trial_row, and a decision_row. */
int hand_trial(const void *take, void *context, const void *row, struct err *e);
int hand_steer(const void *take, void *context, const void *row, struct err *e);
int hand_decision(const void *take, void *context, const void *row, struct err *e);

#endif
