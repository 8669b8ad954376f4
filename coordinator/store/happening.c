#include <math.h>

#include "coordinator/store/ask.h"
#include "coordinator/store/parts.h"

/* ?1 the last number that is known, ?2 how many. Every join is by the key of its table. */
static const char happenings_text[] =
    "SELECT e.seq, e.wall_ms, e.kind, e.campaign, c.name, t.number, e.rung, e.lease, w.name, e.value, e.text, "
    "    d.budget, d.rank, d.n_at_rung "
    "FROM event AS e LEFT JOIN campaign AS c ON c.id = e.campaign LEFT JOIN trial AS t ON t.id = e.trial "
    "LEFT JOIN worker AS w ON w.id = e.worker LEFT JOIN decision AS d ON d.seq = e.seq "
    "WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2";

static const char *text_of(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}

static bool is_null(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL;
}

static void read_happening(sqlite3_stmt *statement, struct store_happening *h)
{
    *h = (struct store_happening){ .seq = (uint64_t)sqlite3_column_int64(statement, 0),
        .wall_ms = sqlite3_column_int64(statement, 1),
        .kind = text_of(statement, 2),
        .campaign_id = sqlite3_column_int64(statement, 3),
        .campaign = text_of(statement, 4),
        .trial = sqlite3_column_int64(statement, 5),
        .rung = is_null(statement, 6) ? -1 : sqlite3_column_int(statement, 6),
        .lease = (uint64_t)sqlite3_column_int64(statement, 7),
        .worker = text_of(statement, 8),
        .value = is_null(statement, 9) ? NAN : sqlite3_column_double(statement, 9),
        .text = text_of(statement, 10),
        .budget = sqlite3_column_int64(statement, 11),
        .place = sqlite3_column_int64(statement, 12),
        .n_at_rung = sqlite3_column_int64(statement, 13) };
}

int store_ask_happenings(
    struct store *s, uint64_t after, int64_t max_rows, store_take_happening *take, void *context, struct err *e)
{
    struct store_happening h;
    s->steps_left = s->options.max_steps;
    sqlite3_stmt *statement = sql_prepare(s->db, happenings_text, e);
    if (!statement)
        return err_prefix(e, "ask for what happened");
    sqlite3_bind_int64(statement, 1, after > INT64_MAX ? INT64_MAX : (int64_t)after);
    sqlite3_bind_int64(statement, 2, max_rows);
    int rc, failed = 0;
    while (!failed && (rc = sqlite3_step(statement)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW) {
            failed = sql_fail(s->db, rc, e);
            break;
        }
        read_happening(statement, &h);
        failed = take(context, &h, e);
    }
    sqlite3_finalize(statement);
    return failed ? err_prefix(e, "ask for what happened") : 0;
}
