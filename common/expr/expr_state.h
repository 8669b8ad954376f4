/* expr_state.h: what is inside struct expr. For the files of this directory alone. */
#ifndef RUNG_COMMON_EXPR_EXPR_STATE_H
#define RUNG_COMMON_EXPR_EXPR_STATE_H

#include <sqlite3.h>

#include "common/expr/expr.h"
#include "common/expr/fixed.h"
#include "common/expr/sandbox.h"

/* One compiled `where` or `when`. */
struct term {
    sqlite3_stmt *statement;
    int owner; /* of a `when`: its parameter */
    int n_reads;
    int *reads; /* columns: parameters of the space, then fixed ones (bound once) */
};

struct expr {
    const struct space *space;
    struct fixed fixed;
    const char *columns[SANDBOX_COLUMNS];
    struct sandbox sandbox;
    struct term *wheres, *whens; /* whens in the order in which they depend on each other */
    int n_wheres, n_whens;
    struct err failure; /* the last */
};

/* Binds a choice, or the value of a fixed parameter, to a statement's parameter `at`. The text is borrowed. */
void expr_bind_choice(sqlite3_stmt *statement, int at, const struct choice *c);

/* Compiles all `where` and `when` into x, the whens in the order in which they depend on each other. Adds what is wrong
 * to `problems`; x can be closed in any case. */
void expr_compile(struct expr *x, const struct campaign_spec *spec, struct problems *problems);

/* Holds spec->enqueue against `when` and `where`: every parameter that exists is there, no other is, and all hold.
 * Configurations that have a problem already are left alone. */
void expr_check_enqueue(struct expr *x, const struct campaign_spec *spec, struct problems *problems);

#endif
