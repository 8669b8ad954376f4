#include "coordinator/live/status.h"

#include <math.h>
#include <string.h>

#include "common/base/exit_status.h"
#include "common/base/str.h"

int status_read(struct status *s, const char *text, struct err *e)
{
    struct json_doc *doc = json_parse(text, strlen(text), e);
    if (!doc)
        return err_prefix(e, "the coordinator's status");
    if (!str_equal(status_text(json_root(doc), "schema"), "rung.status/1")) {
        json_free(doc);
        return err_set(e, ERR_INVALID, "the coordinator's status is not of schema rung.status/1: another version?");
    }
    *s = (struct status){ .doc = doc, .root = json_root(doc) };
    return 0;
}

void status_deinit(struct status *s)
{
    json_free(s->doc);
    *s = (struct status){ 0 };
}

json_value status_campaign(const struct status *s, const char *name)
{
    for (json_value c = json_first(json_get(s->root, "campaigns")); c; c = json_next(c))
        if (strcmp(status_text(c, "name"), name) == 0)
            return c;
    return NULL;
}

static json_value typed(json_value object, const char *key, enum json_type type)
{
    json_value v = object ? json_get(object, key) : NULL;
    return v && json_type(v) == type ? v : NULL;
}

int64_t status_int(json_value object, const char *key)
{
    int64_t value = 0;
    json_value v = typed(object, key, JSON_NUMBER);
    return v && json_is_integer(v, &value) ? value : 0;
}

double status_number(json_value object, const char *key)
{
    json_value v = typed(object, key, JSON_NUMBER);
    return v ? json_number(v) : NAN;
}

bool status_bool(json_value object, const char *key)
{
    json_value v = typed(object, key, JSON_BOOL);
    return v && json_bool(v);
}

const char *status_text(json_value object, const char *key)
{
    json_value v = typed(object, key, JSON_TEXT);
    return v ? json_text(v) : "";
}

bool status_has(json_value object, const char *key)
{
    json_value v = object ? json_get(object, key) : NULL;
    return v && json_type(v) != JSON_NULL;
}

bool status_is_over(json_value campaign)
{
    const char *state = status_text(campaign, "state");
    return str_equal(state, "done") || str_equal(state, "stopped") || str_equal(state, "failed");
}

int status_exit(json_value campaign)
{
    if (str_equal(status_text(campaign, "state"), "stopped"))
        return EXIT_STATUS_CANCELLED;
    return status_has(campaign, "best") ? EXIT_STATUS_OK : EXIT_STATUS_NO_SUCCESS;
}
