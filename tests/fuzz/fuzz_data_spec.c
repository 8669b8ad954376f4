#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "tests/fuzz/must.h"
#include "worker/train/data/spec.h"

static bool is_line(const char *text)
{
    return str_is_utf8(text, strlen(text)) && strpbrk(text, "\n\r\t\033") == NULL;
}

static void check_spec(const struct data_spec *s)
{
    struct data_file files[DATA_MAX_FILES];
    size_t n = data_spec_files(s, files);
    MUST(n <= DATA_MAX_FILES && (n > 0) == (s->format != DATA_SYNTHETIC));
    for (size_t i = 0; i < n; i++)
        MUST(files[i].path[0] && strlen(files[i].path) < DATA_PATH);
    MUST(s->validation_share > 0 && s->validation_share < 1);
    MUST(s->validation != DATA_BY_TEST || data_spec_has_test(s));
    MUST((s->n_sequences >= DATA_SYNTHETIC_MIN && s->n_sequences <= DATA_SYNTHETIC_MAX) ==
         (s->format == DATA_SYNTHETIC));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct data_spec spec;
    struct err e = { 0 };
    struct json_doc *doc = json_parse((const char *)bytes, len, &e);
    if (!doc)
        return 0;
    if (data_spec_parse(&spec, json_root(doc), "/data", &e) == 0)
        check_spec(&spec);
    else
        MUST(e.code == ERR_INVALID && str_starts(e.text, "/data") && is_line(e.text));
    json_free(doc);
    return 0;
}
