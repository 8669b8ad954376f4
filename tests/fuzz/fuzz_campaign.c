/* A campaign file, or the canonical text of one, from anybody. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/expr/campaign_read.h"
#include "common/expr/expr.h"
#include "common/proto/campaign.h"
#include "tests/fuzz/must.h"

/* What is taken can be stored, comes back the same, and its rules can be asked. */
static void check_taken(const struct campaign_spec *spec)
{
    struct str first = { 0 }, second = { 0 };
    struct campaign_spec again = { 0 };
    struct problems differences = { 0 };
    campaign_canonical(spec, &first);
    MUST(campaign_from_canonical(str_text(&first), first.len, &again, NULL) == 0);
    campaign_canonical(&again, &second);
    MUST(strcmp(str_text(&first), str_text(&second)) == 0);
    MUST(campaign_diff(spec, &again, &differences) == 0);
    struct expr *x = expr_open(&again, NULL);
    MUST(x);
    struct rules rules = expr_rules(x);
    struct rng r;
    double values[LIMIT_PARAMS];
    rng_derive(&r, spec->seed, 0, RNG_TEST, 0);
    for (int i = 0; i < spec->space.n_params; i++)
        values[i] = param_sample(&spec->space.params[i], &r);
    rules_resolve(&rules, values);
    expr_close(x);
    campaign_spec_deinit(&again);
    str_deinit(&first);
    str_deinit(&second);
}

static void check_refused(const struct problems *problems)
{
    MUST(problems->n > 0);
    for (size_t i = 0; i < problems->n; i++)
        MUST(*problems->items[i].text && str_is_utf8(problems->items[i].text, strlen(problems->items[i].text)));
    for (size_t i = 1; i < problems->n; i++)
        MUST(problems->items[i - 1].line <= problems->items[i].line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct campaign_source source = { (const char *)bytes, len, "/dir", NULL };
    struct campaign_spec spec = { 0 };
    struct problems problems = { 0 };
    if (campaign_read(&source, &spec, &problems) == 0)
        check_taken(&spec);
    else
        check_refused(&problems);
    campaign_spec_deinit(&spec);
    problems_deinit(&problems);
    if (campaign_from_canonical((const char *)bytes, len, &spec, NULL) == 0)
        campaign_spec_deinit(&spec);
    return 0;
}
