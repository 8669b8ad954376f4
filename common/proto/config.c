#include "common/proto/config.h"

#include <math.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/proto/campaign_reader.h"

void config_put_value(const struct param *p, double value, struct str *out)
{
    if (isnan(value)) {
        json_put_null(out);
        return;
    }
    if (p->type != PARAM_CATEGORICAL) {
        json_put_number(out, value);
        return;
    }
    const struct choice *c = &p->choices[(int)value];
    switch (c->type) {
    case CHOICE_NUMBER:
        json_put_number(out, c->number);
        break;
    case CHOICE_BOOL:
        json_put_bool(out, c->number != 0);
        break;
    case CHOICE_TEXT:
        json_put_text(out, c->text);
        break;
    }
}

static void put_params(const struct space *space, const double *x, struct str *out)
{
    for (int i = 0; i < space->n_params; i++)
        if (!isnan(x[i])) {
            json_put_key(out, space->params[i].name);
            config_put_value(&space->params[i], x[i], out);
        }
}

void config_to_json(const struct space *space, const double *x, struct str *out)
{
    json_open_object(out);
    put_params(space, x, out);
    json_close_object(out);
}

void config_to_json_with_fixed(const struct space *space, const double *x, const char *fixed, struct str *out)
{
    struct json_doc *doc = fixed ? json_parse(fixed, strlen(fixed), NULL) : NULL;
    json_open_object(out);
    put_params(space, x, out);
    for (json_value m = doc ? json_first(json_root(doc)) : NULL; m; m = json_next(m)) {
        json_put_key(out, json_key(m));
        json_print(out, m);
    }
    json_close_object(out);
    json_free(doc);
}

static bool choice_is(const struct choice *c, json_value v)
{
    switch (json_type(v)) {
    case JSON_NUMBER:
        return c->type == CHOICE_NUMBER && c->number == json_number(v);
    case JSON_BOOL:
        return c->type == CHOICE_BOOL && (c->number != 0) == json_bool(v);
    case JSON_TEXT:
        return c->type == CHOICE_TEXT && strcmp(c->text, json_text(v)) == 0;
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        return false;
    }
    return false;
}

/* The first few choices, for a message. */
static void put_choices(const struct param *p, struct str *out)
{
    enum { SHOWN = 8 };
    for (int i = 0; i < p->n_choices && i < SHOWN; i++) {
        struct str one = { 0 };
        config_put_value(p, i, &one);
        str_addf(out, "%s%.40s", i == 0 ? "" : ", ", str_text(&one));
        str_deinit(&one);
    }
    if (p->n_choices > SHOWN)
        str_addf(out, " and %d more", p->n_choices - SHOWN);
}

static bool read_choice_value(struct reader *r, const struct param *p, json_value v, const char *pointer, double *out)
{
    for (int i = 0; i < p->n_choices; i++)
        if (choice_is(&p->choices[i], v)) {
            *out = i;
            return true;
        }
    struct str choices = { 0 };
    put_choices(p, &choices);
    read_refuse(r, v, pointer, "one of %s", str_text(&choices));
    str_deinit(&choices);
    return false;
}

static bool read_value(struct reader *r, const struct param *p, json_value v, const char *pointer, double *out)
{
    if (p->type == PARAM_CATEGORICAL)
        return read_choice_value(r, p, v, pointer, out);
    const char *kind = p->type == PARAM_INT ? "a whole number" : "a number";
    int64_t whole;
    bool is_kind = json_type(v) == JSON_NUMBER && (p->type == PARAM_FLOAT || json_is_integer(v, &whole));
    double value = is_kind ? json_number(v) : NAN, snapped = param_snap(p, value) + 0.0;
    /* The last point of a stepped float may lie a rounding error above `high`. */
    double slack = p->type == PARAM_FLOAT ? 1e-9 * p->step : 0;
    if (!(value >= p->low && value <= p->high + slack))
        return read_refuse(r, v, pointer, "%s from %.15g to %.15g", kind, p->low, p->high);
    if (p->step > 0 && fabs(snapped - value) > slack)
        return read_refuse(r, v, pointer, "a step of %.15g from %.15g, such as %.15g", p->step, p->low, snapped);
    *out = snapped;
    return true;
}

static void refuse_name(struct reader *r, const struct space *space, const char *name, const char *pointer)
{
    const char *names[LIMIT_PARAMS];
    for (int i = 0; i < space->n_params; i++)
        names[i] = space->params[i].name;
    const char *near = str_nearest(name, names, (size_t)space->n_params);
    if (near)
        problems_add(r->problems, pointer, "no such parameter: did you mean \"%s\"?", near);
    else
        problems_add(r->problems, pointer, "no such parameter: expected one of the space");
}

int config_from_value(
    const struct space *space, json_value object, const char *pointer, double *x, struct problems *problems)
{
    struct reader r = { .problems = problems };
    size_t before = problems_count(problems);
    for (int i = 0; i < space->n_params; i++)
        x[i] = NAN;
    if (!read_object(&r, object, pointer))
        return -1;
    for (json_value m = json_first(object); m; m = json_next(m)) {
        struct pointer at = pointer_to(pointer, json_key(m));
        int i = space_find(space, json_key(m));
        if (i < 0)
            refuse_name(&r, space, json_key(m), at.text);
        else
            read_value(&r, &space->params[i], m, at.text, &x[i]);
    }
    return problems_count(problems) > before ? -1 : 0;
}

int config_from_json(const struct space *space, const char *text, size_t len, double *x, struct err *e)
{
    struct problems problems = { 0 };
    struct json_doc *doc = json_parse(text, len, e);
    if (!doc)
        return -1;
    int status = config_from_value(space, json_root(doc), "", x, &problems);
    if (status < 0)
        err_set(e, ERR_INVALID, "%s: %s", problems.items[0].pointer, problems.items[0].text);
    problems_deinit(&problems);
    json_free(doc);
    return status;
}
