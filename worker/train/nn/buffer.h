/* buffer.h: aligned memory for numbers, and the row strides that suit the caches.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_TRAIN_NN_BUFFER_H
#define RUNG_WORKER_TRAIN_NN_BUFFER_H

#include <stddef.h>

/* n zeroed floats, 64-byte aligned, in huge pages where they pay. Aborts when out of memory. Returns owned: free(). */
float *buffer_new(size_t n);

/* columns rounded up to whole vectors of 16. */
size_t buffer_columns(size_t columns);

/* The distance between rows of so many columns: as buffer_columns, and off the multiples of 1 KiB, on which the rows of
 * a tile would compete for the same few lines of the first-level cache. */
size_t buffer_stride(size_t columns);

#endif
