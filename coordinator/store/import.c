/* Results from elsewhere: in and out. */
#include <assert.h>
#include <string.h>

#include "common/base/str.h"
#include "common/proto/config.h"
#include "coordinator/store/loading.h"

int store_save_import(struct store *s, const struct import_row *row, struct err *e)
{
    const struct campaign_spec *spec = store_find_campaign(s, row->campaign, e);
    if (!spec)
        return store_failed(s, e);
    struct str config = { 0 };
    config_to_json(&spec->space, row->x, &config);
    struct import_record record = { *row, str_text(&config), { row->x, spec->space.n_params * (int)sizeof(double) } };
    int failed = store_save_row(s, TABLE_IMPORT, &record, e);
    str_deinit(&config);
    return failed;
}

/* The doubles may lie unaligned in SQLite's page, so they are copied. */
static int hand_import(const void *take, void *context, const void *row, struct err *e)
{
    const struct import_record *record = row;
    struct import_row import = record->row;
    double x[LIMIT_PARAMS];
    size_t len = (size_t)record->x.len;
    if (len > sizeof x || len % sizeof *x)
        return err_set(e, ERR_CORRUPT, "import %lld: x has %zu bytes", (long long)import.number, len);
    if (len)
        memcpy(x, record->x.at, len);
    import.x = x;
    return (*(store_take_import *const *)take)(context, &import, (int)(len / sizeof *x), e);
}

int store_load_imports(struct store *s, int64_t campaign, store_take_import *take, void *context, struct err *e)
{
    struct import_record row = { 0 };
    struct loading what = { TABLE_IMPORT, "ORDER BY number", &row, hand_import, &take, context };
    struct where where = { 0 };
    where_add(&where, "campaign = ?", campaign);
    return store_load(s, &what, &where, e);
}
