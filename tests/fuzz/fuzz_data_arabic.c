#include "tests/fuzz/data_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct dataset d = { 0 };
    struct err e = { 0 };
    struct lines *lines = open_bytes(bytes, len);
    if (!lines)
        return 0;
    int status = arabic_read(&d, lines, len % 2 ? 20 : 10, &e);
    lines_close(lines);
    check_outcome(status, &d, &e);
    return 0;
}
