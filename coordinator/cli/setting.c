#include "coordinator/cli/setting.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/domain/builtin.h"
#include "common/proto/json.h"

void setting_find(struct setting *s, const struct campaign_spec *spec, const char *name)
{
    const struct builtin *b = builtin_find(spec->trial.program);
    assert(b);
    const struct builtin_param *known = builtin_find_param(b, name);
    assert(known);
    *s = (struct setting){ .index = space_find(&spec->space, name), .value = known->standard };
    snprintf(s->text, sizeof s->text, "%s", name);
    if (s->index >= 0) {
        s->param = &spec->space.params[s->index];
        return;
    }
    struct json_doc *fixed = json_parse(spec->trial.fixed, strlen(spec->trial.fixed), NULL);
    if (!fixed || json_want_number(json_root(fixed), name, &s->value, NULL) < 0)
        snprintf(s->text, sizeof s->text, "%.15g", s->value);
    json_free(fixed);
}

double setting_value(const struct setting *s, const double *x)
{
    if (!s->param)
        return s->value;
    if (isnan(x[s->index]))
        return NAN;
    return s->param->type == PARAM_CATEGORICAL ? s->param->choices[(int)x[s->index]].number : x[s->index];
}

double setting_highest(const struct setting *s)
{
    if (!s->param)
        return s->value;
    double highest = s->param->type == PARAM_CATEGORICAL ? -INFINITY : s->param->high;
    for (int i = 0; i < s->param->n_choices; i++)
        highest = fmax(highest, s->param->choices[i].number);
    return highest;
}
