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

/* What the control group of a container or a job allows; 0: no limit. */
static int64_t group_limit(void)
{
    long long bytes = 0;
    FILE *f = fopen("/sys/fs/cgroup/memory.max", "re");
    if (f && fscanf(f, "%lld", &bytes) != 1)
        bytes = 0; /* "max" */
    if (f)
        fclose(f);
    return bytes;
}

int64_t system_memory_bytes(void)
{
    int64_t pages = sysconf(_SC_PHYS_PAGES), limit = group_limit();
    int64_t bytes = pages > 0 ? pages * sysconf(_SC_PAGESIZE) : 0;
    return limit > 0 && (bytes == 0 || limit < bytes) ? limit : bytes;
}

#define LOAD_LEAST 0.01

double system_load(void)
{
    double load;
    return getloadavg(&load, 1) < 1 ? 0 : load > LOAD_LEAST ? load : LOAD_LEAST;
}
