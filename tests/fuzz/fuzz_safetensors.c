/* A model file: the bytes as they come, and the same as the header of a file that has enough data behind it. */
#include "common/base/str.h"
#include "tests/fuzz/must.h"
#include "worker/train/run/export.h"

#define DATA_BYTES (256 << 10)

static void load(const void *bytes, size_t len)
{
    struct exported x = { 0 };
    struct err e = { 0 };
    if (export_load(&x, memory_file(bytes, len), &e) < 0) {
        MUST(e.code == ERR_CORRUPT && e.text[0] && !x.model && !x.classes && !x.mean && !x.scale);
        return;
    }
    const struct model_config *c = model_get_config(x.model);
    size_t n = 0;
    while (x.classes[n])
        MUST(str_is_utf8(x.classes[n], strlen(x.classes[n])) && ++n);
    MUST(n == c->n_classes && !x.mean == !x.scale);
    exported_deinit(&x);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char data[DATA_BYTES];
    struct str file = { 0 };
    uint64_t header = len;
    load(bytes, len);
    str_add_bytes(&file, &header, sizeof header);
    str_add_bytes(&file, bytes, len);
    str_add_bytes(&file, data, sizeof data);
    load(file.text, file.len);
    str_deinit(&file);
    return 0;
}
