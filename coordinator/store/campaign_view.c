#include <ctype.h>
#include <stdlib.h>

#include "common/base/str.h"
#include "coordinator/store/parts.h"

/* Text between double quotes, for a name, or single ones, for a text. */
static void add_quoted(struct str *sql, const char *text, char quote)
{
    str_add_char(sql, quote);
    for (; *text; text++) {
        if (*text == quote)
            str_add_char(sql, quote);
        str_add_char(sql, *text);
    }
    str_add_char(sql, quote);
}

/* trials_NAME with what SQL would have to quote replaced, so that nobody has to; with the id behind where that makes
 * two names one. */
static int name_view(struct store *s, const struct campaign_row *row, struct str *name, struct err *e)
{
    str_add(name, "trials_");
    for (const char *c = row->spec->name; *c; c++)
        str_add_char(name, isalnum((unsigned char)*c) ? *c : '_');
    sqlite3_stmt *statement = sql_prepare(s->db, "SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE", e);
    if (!statement)
        return -1;
    sqlite3_bind_text(statement, 1, str_text(name), -1, SQLITE_STATIC);
    int rc = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (rc == SQLITE_ROW)
        str_addf(name, "_%lld", (long long)row->id);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : sql_fail(s->db, rc, e);
}

int store_make_campaign_view(struct store *s, const struct campaign_row *row, struct err *e)
{
    struct str sql = { 0 }, name = { 0 };
    int failed = name_view(s, row, &name, e);
    if (!failed) {
        str_add(&sql, "CREATE VIEW ");
        add_quoted(&sql, str_text(&name), '"');
        str_add(&sql, " AS SELECT number AS trial, state, reached AS budget, value");
        const struct space *space = &row->spec->space;
        for (int i = 0; i < space->n_params; i++) {
            struct str path = { 0 };
            str_add(&path, "$.");
            add_quoted(&path, space->params[i].name, '"');
            str_add(&sql, ", json_extract(config, ");
            add_quoted(&sql, str_text(&path), '\'');
            str_add(&sql, ") AS ");
            add_quoted(&sql, space->params[i].name, '"');
            str_deinit(&path);
        }
        str_addf(&sql, " FROM trial WHERE campaign = %lld ORDER BY number", (long long)row->id);
        failed = sql_run(s->db, str_text(&sql), e);
    }
    str_deinit(&name);
    str_deinit(&sql);
    return failed ? err_prefix(e, "make its view") : 0;
}
