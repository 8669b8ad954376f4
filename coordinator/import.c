#include "coordinator/import.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/config.h"
#include "common/proto/json.h"

static int read_config(
    const struct campaign *c, struct expr *expr, const char *json, const char *pointer, double *x, struct err *e)
{
    struct problems problems = { 0 };
    struct json_doc *doc = json_parse(json, strlen(json), e);
    if (!doc)
        return err_prefix(e, "import%s", pointer);
    config_from_value(&c->spec->space, json_root(doc), pointer, x, &problems);
    expr_check_config(expr, c->spec, x, pointer, &problems);
    int failed =
        problems.n ? err_set(e, ERR_INVALID, "import%s: %s", problems.items[0].pointer, problems.items[0].text) : 0;
    problems_deinit(&problems);
    json_free(doc);
    return failed;
}

int import_event(const struct hub *h, struct expr *const *exprs, const struct message_import *m,
    struct bridge_memory *memory, struct hub_event *out, struct err *e)
{
    const struct campaign *c = hub_find_campaign(h, m->campaign);
    if (!c)
        return err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\" here", m->campaign);
    if (campaign_is_over(c))
        return err_set(e, ERR_STATE, "campaign %s is over (%s): its model proposes nothing any more", m->campaign,
            campaign_state_names[c->row.state]);
    if (c->n_imports + (int64_t)m->n_points > LIMIT_IMPORTS)
        return err_set(e, ERR_LIMIT, "campaign %s has %lld results from elsewhere already, and may have %d",
            m->campaign, (long long)c->n_imports, LIMIT_IMPORTS);
    size_t n_params = (size_t)c->spec->space.n_params;
    double *x = bridge_keep(memory, mem_zalloc(m->n_points * n_params, sizeof *x));
    struct import_point *points = bridge_keep(memory, mem_zalloc(m->n_points, sizeof *points));
    for (size_t i = 0; i < m->n_points; i++) {
        const struct record_import_point *p = &m->points[i];
        char pointer[32];
        snprintf(pointer, sizeof pointer, "/%zu", i);
        points[i] = (struct import_point){ p->budget, p->failed ? NAN : p->value, x + i * n_params };
        if (read_config(c, exprs[hub_place_of(h, c)], p->config, pointer, x + i * n_params, e) < 0)
            return -1;
    }
    out->kind = HUB_IMPORT;
    out->request = m->request;
    out->as.import = (struct hub_import){ c->row.id, m->source, points, (int)m->n_points };
    return 0;
}
