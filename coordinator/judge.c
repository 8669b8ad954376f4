#include "coordinator/judge.h"

#include <string.h>

#include "common/base/str.h"
#include "common/proto/campaign.h"
#include "common/proto/config.h"
#include "common/proto/json.h"

/* Would `rung extend` do instead of another campaign? */
static bool is_extensible(const struct problems *differences)
{
    static const char *const limits[] = { "/limits/trials", "/limits/wall_clock", "/search/max_budget",
        "/search/min_budget" };
    for (size_t i = 0; i < differences->n; i++) {
        bool is_limit = false;
        for (size_t k = 0; k < sizeof limits / sizeof *limits; k++)
            is_limit |= str_equal(differences->items[i].pointer, limits[k]);
        if (!is_limit)
            return false;
    }
    return true;
}

int judge_same(const struct campaign *known, const struct campaign_spec *spec, struct err *e)
{
    struct problems differences = { 0 };
    struct campaign_spec filed = { 0 };
    struct str text = { 0 };
    if (campaign_from_canonical(known->row.file, strlen(known->row.file), &filed, e) < 0)
        return -1;
    size_t n = campaign_diff(&filed, spec, &differences);
    for (size_t i = 0; i < differences.n; i++)
        str_addf(&text, "%s%s %s", i ? "; " : "", differences.items[i].pointer, differences.items[i].text);
    if (n > 0)
        err_set(e, ERR_EXISTS, "campaign %s is in this store and differs: %s. Name the new one differently%s%s",
            spec->name, str_text(&text), is_extensible(&differences) ? ", or give this one more: rung extend " : "",
            is_extensible(&differences) ? spec->name : "");
    str_deinit(&text);
    problems_deinit(&differences);
    campaign_spec_deinit(&filed);
    return n > 0 ? -1 : 0;
}

int judge_config(struct expr *expr, const struct campaign_spec *spec, const char *json, double *x, struct err *e)
{
    struct problems problems = { 0 };
    struct str text = { 0 };
    struct json_doc *doc = json_parse(json, strlen(json), e);
    if (!doc)
        return -1;
    config_from_value(&spec->space, json_root(doc), "", x, &problems);
    expr_check_config(expr, spec, x, "", &problems);
    for (size_t i = 0; i < problems.n; i++)
        str_addf(&text, "%s%s%s%s", i ? "; " : "", problems.items[i].pointer, *problems.items[i].pointer ? ": " : "",
            problems.items[i].text);
    int status = problems_count(&problems) ? err_set(e, ERR_INVALID, "this configuration cannot be: %s", text.text) : 0;
    str_deinit(&text);
    problems_deinit(&problems);
    json_free(doc);
    return status;
}
