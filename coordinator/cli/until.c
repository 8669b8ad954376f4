#include "coordinator/cli/until.h"

#include <string.h>

#include "common/base/str.h"
#include "common/expr/named.h"
#include "common/expr/sandbox.h"
#include "coordinator/live/status.h"

struct names {
    const char *names[SANDBOX_COLUMNS]; /* borrow from the status */
    json_value values[SANDBOX_COLUMNS]; /* NULL: not there */
    int n;
};

static void add(struct names *k, const char *name, json_value value)
{
    for (int i = 0; i < k->n; i++)
        if (strcmp(k->names[i], name) == 0)
            return;
    if (k->n == SANDBOX_COLUMNS)
        return;
    k->names[k->n] = name;
    k->values[k->n++] = value;
}

static void add_members(struct names *k, json_value object)
{
    for (json_value v = object ? json_first(object) : NULL; v; v = json_next(v))
        add(k, json_key(v), v);
}

static void gather(struct names *k, json_value campaign)
{
    json_value best = status_has(campaign, "best") ? json_get(campaign, "best") : NULL;
    *k = (struct names){ 0 };
    add_members(k, best ? json_get(best, "metrics") : NULL);
    add(k, status_text(campaign, "metric"), NULL);
    add(k, "value", best ? json_get(best, "value") : NULL);
    add(k, "budget", best ? json_get(best, "budget") : NULL);
    add(k, "trials", json_get(json_get(campaign, "trials"), "started"));
    add(k, "results", json_get(campaign, "results"));
    add_members(k, best ? json_get(best, "config") : NULL);
}

static int refuse(const struct names *k, const char *expression, struct err *e)
{
    struct str known = { 0 };
    for (int i = 0; i < k->n; i++)
        str_addf(&known, "%s%s", i ? ", " : "", k->names[i]);
    struct err why = *e;
    err_set(e, ERR_USAGE, "--until \"%.200s\": %.300s. Known are: %.400s", expression, why.text, str_text(&known));
    str_deinit(&known);
    return -1;
}

int until_holds(const char *expression, json_value campaign, struct err *e)
{
    static const char unknown_name[] = "no name \"";
    struct names k;
    gather(&k, campaign);
    int holds = named_holds(expression, k.names, k.values, k.n, e);
    if (holds >= 0)
        return holds;
    bool may_come = !status_has(campaign, "best") && !status_is_over(campaign) && str_starts(e->text, unknown_name);
    return may_come ? 0 : refuse(&k, expression, e);
}
