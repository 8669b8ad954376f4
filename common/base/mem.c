#include "common/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *or_die(void *p)
{
    if (!p) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

static size_t product_or_die(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        or_die(NULL);
    return bytes ? bytes : 1;
}

void *mem_alloc(size_t bytes)
{
    return or_die(malloc(bytes ? bytes : 1));
}

void *mem_zalloc(size_t count, size_t size)
{
    return or_die(calloc(1, product_or_die(count, size)));
}

void *mem_aligned(size_t count, size_t size)
{
    enum { LINE_BYTES = 64, HUGE_PAGE_BYTES = 2 << 20 };
    size_t bytes = product_or_die(count, size), alignment = bytes < HUGE_PAGE_BYTES ? LINE_BYTES : HUGE_PAGE_BYTES;
    if (__builtin_add_overflow(bytes, alignment - 1, &bytes))
        or_die(NULL);
    bytes -= bytes % alignment;
    void *memory = or_die(aligned_alloc(alignment, bytes));
    if (alignment == HUGE_PAGE_BYTES)
        madvise(memory, bytes, MADV_HUGEPAGE); /* a wish: without it all is slower and the same */
    return memset(memory, 0, bytes);
}

void *mem_resize(void *old, size_t count, size_t size)
{
    return or_die(realloc(old, product_or_die(count, size)));
}

char *mem_strdup(const char *text)
{
    return text ? mem_strndup(text, strlen(text)) : NULL;
}

char *mem_strndup(const char *text, size_t len)
{
    char *copy = mem_alloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

void *mem_grow(void *array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return array;
    *cap = *cap ? *cap * 2 : 8;
    return mem_resize(array, *cap, size);
}
