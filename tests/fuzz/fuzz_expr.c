/* One `where` from anybody. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/expr/expr.h"
#include "common/expr/text.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static char adam[] = "adam", sgd[] = "sgd";
    static struct choice kinds[] = { { .type = CHOICE_TEXT, .text = adam }, { .type = CHOICE_TEXT, .text = sgd } };
    static struct param params[] = {
        { .name = "hidden_size", .type = PARAM_INT, .low = 32, .high = 256, .step = 1 },
        { .name = "rate", .type = PARAM_FLOAT, .low = 0, .high = 1 },
        { .name = "kind", .type = PARAM_CATEGORICAL, .n_choices = 2, .choices = kinds },
    };
    if (len > LIMIT_EXPRESSION || memchr(bytes, 0, len))
        return 0;
    char *where = mem_strndup((const char *)bytes, len);
    struct campaign_spec spec = { .space = { 3, params }, .where = &where, .n_where = 1 };
    struct err e = { 0 };
    struct expr *x = expr_open(&spec, &e);
    MUST(x || *e.text);
    if (x) {
        struct rules rules = expr_rules(x);
        bool first = rules_resolve(&rules, (double[]){ 64, 0.5, 1 });
        rules_resolve(&rules, (double[]){ 33, NAN, NAN });
        MUST(rules_resolve(&rules, (double[]){ 64, 0.5, 1 }) == first && !text_refusal(where));
    }
    expr_close(x);
    free(where);
    return 0;
}
