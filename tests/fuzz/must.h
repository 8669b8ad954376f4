/* must.h: what every fuzz target needs: an assertion that NDEBUG does not disarm, bytes taken from an input one after
 * the other, and a file or a directory in memory for readers that want a path.
 */
#ifndef RUNG_TESTS_FUZZ_MUST_H
#define RUNG_TESTS_FUZZ_MUST_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                              \
            __builtin_trap();                                                                                          \
        }                                                                                                              \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* An input that is read from the front; at its end all further bytes are 0. */
struct input {
    const uint8_t *bytes;
    size_t len;
};

__attribute__((unused)) static uint64_t input_take(struct input *in, int n_bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < n_bytes; i++) {
        value = value << 8 | (in->len ? *in->bytes : 0);
        in->bytes += in->len > 0;
        in->len -= in->len > 0;
    }
    return value;
}

/* A number below `n`, from one byte. */
__attribute__((unused)) static int input_below(struct input *in, int n)
{
    return (int)(input_take(in, 1) % (uint64_t)n);
}

/* Replaces the contents of one file in memory, and returns its path. */
__attribute__((unused)) static const char *memory_file(const void *bytes, size_t len)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    MUST(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, bytes, len, 0) == (ssize_t)len);
    return path;
}

/* A directory for the life of the process. `try` sees to it that it lies in memory, and is removed. */
__attribute__((unused)) static const char *memory_directory(void)
{
    static char path[512];
    const char *base = getenv("TMPDIR");
    if (!*path) {
        snprintf(path, sizeof path, "%s/rung-fuzz-XXXXXX", base && *base ? base : "/tmp");
        MUST(mkdtemp(path));
    }
    return path;
}

#endif
