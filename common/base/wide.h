/* wide.h: a function that is compiled for the processor's wider vectors too, and chosen when the program starts.
 *
 * For loops over doubles whose lanes do plain IEEE arithmetic: without contraction (-ffp-contract=off) and without
 * reordered sums, the bits are the same whatever the width.
 */
#ifndef RUNG_COMMON_BASE_WIDE_H
#define RUNG_COMMON_BASE_WIDE_H

#if defined(__x86_64__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE_VECTORS
#endif

#endif
