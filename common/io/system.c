#include "common/io/system.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t system_monotonic_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t system_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

uint64_t system_random_id(void)
{
    uint64_t id = 0;
    while (id == 0) {
        ssize_t got = getrandom(&id, sizeof id, 0);
        if (got < 0 && errno != EINTR) {
            perror("getrandom");
            abort(); /* a guessable identity is worse than none */
        }
        if (got != sizeof id)
            id = 0;
    }
    return id;
}

void system_host(char *host, size_t cap)
{
    if (gethostname(host, cap) < 0)
        snprintf(host, cap, "unknown");
    host[cap - 1] = '\0';
}

int system_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}
