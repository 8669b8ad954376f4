#include "tests/sim/truth.h"

#include "common/proto/config.h"
#include "tests/sim/digest.h"

#define PRINT 1000    /* fingerprints of configurations, in the upper digits of a value */
#define SHARE 1000000 /* values with one fingerprint */

int64_t truth_value(uint64_t config, int64_t step, uint32_t salt)
{
    return (int64_t)(config % PRINT) * SHARE + (int64_t)(digest_mix(config + (uint64_t)step, salt) % SHARE);
}

uint64_t truth_config(const struct campaign_spec *spec, const double *x)
{
    struct str text = { 0 };
    config_to_json_with_fixed(&spec->space, x, spec->trial.fixed, &text);
    uint64_t digest = digest_text(str_text(&text));
    str_deinit(&text);
    return digest;
}

bool truth_allows(uint64_t config, double value)
{
    if (!(value >= SHARE && value < (double)PRINT * SHARE))
        return true;
    return (uint64_t)value / SHARE == config % PRINT;
}
