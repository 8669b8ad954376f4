#include "common/expr/named.h"

#include <sqlite3.h>

#include "common/expr/sandbox.h"

static void bind(sqlite3_stmt *statement, int place, json_value v)
{
    int64_t whole;
    if (!v)
        return;
    if (json_type(v) == JSON_TEXT)
        sqlite3_bind_text(statement, place, json_text(v), -1, SQLITE_STATIC);
    else if (json_type(v) == JSON_BOOL)
        sqlite3_bind_int(statement, place, json_bool(v));
    else if (json_type(v) == JSON_NUMBER && json_is_integer(v, &whole))
        sqlite3_bind_int64(statement, place, whole);
    else if (json_type(v) == JSON_NUMBER)
        sqlite3_bind_double(statement, place, json_number(v));
}

static int evaluate(struct sandbox *s, const json_value *values, const char *text, struct err *e)
{
    int reads[SANDBOX_COLUMNS], n_reads;
    sqlite3_stmt *statement = sandbox_compile(s, text, reads, &n_reads, e);
    if (!statement)
        return -1;
    for (int i = 0; i < n_reads; i++)
        bind(statement, i + 1, values[reads[i]]);
    enum sandbox_truth truth = sandbox_evaluate(s, statement, e);
    sqlite3_finalize(statement);
    return truth == SANDBOX_FAILED ? -1 : truth == SANDBOX_TRUE;
}

int named_holds(const char *text, const char *const *names, const json_value *values, int n, struct err *e)
{
    struct sandbox s;
    if (sandbox_open(&s, names, n, e) < 0)
        return -1;
    s.noun = "name";
    s.place = "here";
    int holds = evaluate(&s, values, text, e);
    sandbox_close(&s);
    return holds;
}
