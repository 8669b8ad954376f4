#include "coordinator/web/call.h"

#include "common/base/limits.h"
#include "common/proto/json.h"

#define ROWS 1000 /* of a table, unless told otherwise */
#define MOST_ROWS 100000

#define SAFE_HEADERS                                                                                                   \
    "Cache-Control", "no-store", "X-Content-Type-Options", "nosniff", "Content-Security-Policy",                       \
        "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy", "no-referrer"

const char *call_campaign(const struct call *c)
{
    return c->target.segments[3];
}

const char *call_trial(const struct call *c)
{
    return c->target.segments[5];
}

int call_asking(const struct call *c, struct asking *out, struct err *e)
{
    const struct target *t = &c->target;
    int64_t limit = ROWS;
    if (target_int(t, "limit", 1, MOST_ROWS, &limit, e) < 0)
        return -1;
    *out = (struct asking){ .store = c->store,
        .campaign = t->n_segments > 3 ? call_campaign(c) : NULL,
        .is_json = true,
        .max_steps = CALL_STEPS,
        .where = target_param(t, "where"),
        .sort = target_param(t, "sort"),
        .columns = target_param(t, "columns"),
        .limit = limit };
    return 0;
}

void call_answer_json(struct call *c, struct str *json)
{
    str_add_char(json, '\n');
    struct http_answer a = { .status = 200, .type = "application/json", .body = *json, .headers = { SAFE_HEADERS } };
    http_answer(c->http, &a);
    *json = (struct str){ 0 };
}

/* ---- refusals ---- */

unsigned call_status_of(enum err_code code)
{
    static const unsigned status[ERR_N_CODES] = { [ERR_USAGE] = 400,
        [ERR_INVALID] = 400,
        [ERR_NOT_FOUND] = 404,
        [ERR_EXISTS] = 409,
        [ERR_STATE] = 409,
        [ERR_REFUSED] = 409,
        [ERR_LIMIT] = 503,
        [ERR_BUSY] = 503,
        [ERR_INTERRUPTED] = 503,
        [ERR_UNREACHABLE] = 503 };
    return status[code] ? status[code] : 500;
}

void call_refuse(struct http_call *http, unsigned status, const char *allow, const struct err *e)
{
    struct http_answer a = { .status = status, .type = "application/json", .headers = { SAFE_HEADERS } };
    json_open_object(&a.body);
    json_add_text(&a.body, "schema", "rung.error/1");
    json_add_text(&a.body, "code", err_code_name(e->code));
    json_add_text(&a.body, "text", e->text);
    json_close_object(&a.body);
    str_add_char(&a.body, '\n');
    if (status == 401) {
        a.headers[8] = "WWW-Authenticate";
        a.headers[9] = "Bearer realm=\"rung\"";
    } else if (allow) {
        a.headers[8] = "Allow";
        a.headers[9] = allow;
    }
    http_answer(http, &a);
}
