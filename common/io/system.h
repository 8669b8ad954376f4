/* system.h: what the edge of a program asks the system for and hands inward: time, randomness, who we are.
 */
#ifndef RUNG_COMMON_IO_SYSTEM_H
#define RUNG_COMMON_IO_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

int64_t system_monotonic_ms(void); /* CLOCK_MONOTONIC: leases and timeouts */
int64_t system_wall_ms(void);      /* Unix time: for people */

/* A random number that is not 0, from the kernel: worker, session and request numbers. */
uint64_t system_random_id(void);

/* The machine's name, cut to fit. */
void system_host(char *host, size_t cap);

/* Processors that this process may run on. */
int system_cores(void);

/* Bytes of memory that this machine has, or that its control group allows; 0 when it does not say. */
int64_t system_memory_bytes(void);

/* The load average of the last minute, at least 0.01; 0 when the system does not say. */
double system_load(void);

#endif
