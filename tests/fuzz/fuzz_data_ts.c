#include "tests/fuzz/data_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct dataset d = { 0 };
    struct err e = { 0 };
    struct lines *lines = open_bytes(bytes, len);
    if (!lines)
        return 0;
    int status = ts_read(&d, lines, &e);
    lines_close(lines);
    check_outcome(status, &d, &e);
    return 0;
}
