#include "coordinator/exchange/report_curves.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/proto/json.h"

#define POINTS 80

struct curve {
    const struct takeout *t;
    const bool *is_chosen;
    const double *place;
    struct str *json;
    const struct takeout_trial *trial;
    struct point {
        int64_t step;
        double value;
    } * points; /* owned */
    size_t n, cap;
};

/* Six digits are more than a chart can show. */
static void put_short(struct str *json, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.6g", value);
    json_put_raw(json, text);
}

static void end_curve(struct curve *c)
{
    size_t every = c->n / POINTS + 1;
    if (c->n == 0)
        return;
    json_open_object(c->json);
    json_add_int(c->json, "trial", c->trial->row.number);
    json_add_text(c->json, "state", trial_state_names[c->trial->row.state]);
    json_put_key(c->json, "place");
    put_short(c->json, c->place[c->trial - c->t->trials]);
    json_put_key(c->json, "points");
    json_open_array(c->json);
    for (size_t i = 0; i < c->n; i++)
        if (i % every == 0 || i == c->n - 1) {
            json_open_array(c->json);
            json_put_int(c->json, c->points[i].step);
            put_short(c->json, c->points[i].value);
            json_close_array(c->json);
        }
    json_close_array(c->json);
    json_close_object(c->json);
    c->n = 0;
}

static int take_point(
    void *context, const struct takeout_trial *trial, const char *metric, int64_t step, double value, struct err *e)
{
    struct curve *c = context;
    if (!c->is_chosen[trial - c->t->trials])
        return 0;
    if (trial != c->trial)
        end_curve(c);
    c->trial = trial;
    c->points = mem_grow(c->points, c->n, &c->cap, sizeof *c->points);
    c->points[c->n++] = (struct point){ step, value };
    return 0;
}

int report_curves(const struct takeout *t, const bool *is_chosen, const double *place, struct str *json, struct err *e)
{
    struct curve c = { .t = t, .is_chosen = is_chosen, .place = place, .json = json };
    json_open_array(json);
    int failed = takeout_points(t, t->spec->metric, take_point, &c, e);
    end_curve(&c);
    json_close_array(json);
    free(c.points);
    return failed;
}
