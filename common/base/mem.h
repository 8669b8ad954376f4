/* mem.h: allocation that cannot fail: out of memory aborts, and restart is safe because Rung stores before it speaks.
 */
#ifndef RUNG_COMMON_BASE_MEM_H
#define RUNG_COMMON_BASE_MEM_H

#include <stddef.h>

/* All return memory that the caller frees with free(); a size of 0 gives a pointer that is not NULL. */
void *mem_alloc(size_t bytes);
void *mem_zalloc(size_t count, size_t size);            /* zeroed; aborts when count * size overflows */
void *mem_resize(void *old, size_t count, size_t size); /* aborts when count * size overflows */
char *mem_strdup(const char *text);                     /* NULL gives NULL */
char *mem_strndup(const char *text, size_t len);

/* Zeroed memory for arithmetic, 64-byte aligned, in huge pages where they pay. */
void *mem_aligned(size_t count, size_t size);

/* Make room for one more element at the end of a growing array: returns `array`, moved if it had to grow to twice *cap.
 */
void *mem_grow(void *array, size_t n, size_t *cap, size_t size);

#endif
