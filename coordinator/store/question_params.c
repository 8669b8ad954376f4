#include "coordinator/store/question_params.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static const struct param *param_of(sqlite3_context *c, sqlite3_value *index)
{
    const struct space *space = sqlite3_user_data(c);
    int i = sqlite3_value_int(index);
    return i >= 0 && i < space->n_params ? &space->params[i] : NULL;
}

static void answer_number(sqlite3_context *c, double value)
{
    if (value == floor(value) && fabs(value) <= 0x1p53)
        sqlite3_result_int64(c, (int64_t)value);
    else
        sqlite3_result_double(c, value);
}

static void answer_choice(sqlite3_context *c, const struct param *p, double index)
{
    if (!(index >= 0 && index < p->n_choices))
        return;
    const struct choice *choice = &p->choices[(int)index];
    if (choice->type == CHOICE_TEXT)
        sqlite3_result_text(c, choice->text, -1, SQLITE_STATIC);
    else
        answer_number(c, choice->number);
}

static void call_param(sqlite3_context *c, int n, sqlite3_value **v)
{
    const struct param *p = param_of(c, v[0]);
    size_t at = (size_t)sqlite3_value_int(v[0]) * sizeof(double);
    const char *bytes = sqlite3_value_blob(v[1]);
    double value;
    if (!p || !bytes || at + sizeof value > (size_t)sqlite3_value_bytes(v[1]))
        return;
    memcpy(&value, bytes + at, sizeof value);
    if (isnan(value))
        return;
    if (p->type == PARAM_CATEGORICAL)
        answer_choice(c, p, value);
    else if (p->type == PARAM_INT)
        answer_number(c, value);
    else
        sqlite3_result_double(c, value);
}

/* Behind the JSON value at p: a number, a word, or a text. */
static const char *skip_value(const char *p)
{
    if (*p != '"')
        return p + strcspn(p, ",}");
    for (p++; *p && *p != '"'; p++)
        p += *p == '\\' && p[1];
    return p + (*p == '"');
}

/* The members stand in the order of the space, and names need no escapes; values are no objects. */
static void call_param_json(sqlite3_context *c, int n, sqlite3_value **v)
{
    const struct param *p = param_of(c, v[0]);
    const char *at = (const char *)sqlite3_value_text(v[1]);
    size_t len = p ? strlen(p->name) : 0;
    while (p && at && *at && *++at == '"') { /* behind { or , */
        const char *name = at + 1, *value = skip_value(at);
        bool is_it = (size_t)(value - name - 1) == len && memcmp(name, p->name, len) == 0;
        value += *value == ':';
        at = skip_value(value);
        if (is_it) {
            sqlite3_result_text(c, value, (int)(at - value), SQLITE_TRANSIENT);
            return;
        }
    }
}

void question_params_add(sqlite3 *db, const struct space *space)
{
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    void *data = (void *)(uintptr_t)space; /* SQLite hands it back as it was given: read only */
    int rc = sqlite3_create_function(db, "rung_param", 2, flags, data, call_param, NULL, NULL);
    assert(rc == SQLITE_OK);
    rc = sqlite3_create_function(db, "rung_param_json", 2, flags, data, call_param_json, NULL, NULL);
    assert(rc == SQLITE_OK);
}
