/* latency: how soon a coordinator acknowledges results.
 *
 *     build/tests/bench/latency --address ADDRESS [--workers 50] [--rate 500] [--seconds 5]
 *
 * Joins as that many workers, which report so many results a second together, and prints one line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/crowd.h"

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static const struct option rows[] = { { "address", required_argument, NULL, 'a' },
        { "workers", required_argument, NULL, 'w' }, { "rate", required_argument, NULL, 'r' },
        { "seconds", required_argument, NULL, 's' }, { 0 } };
    struct crowd_options options = { .n_workers = 50, .seed = crowd_now() };
    double rate = 500, seconds = 5;
    for (int c; (c = getopt_long(argc, argv, "", rows, NULL)) != -1;)
        if (c == 'a')
            options.address = optarg;
        else if (c == 'w')
            options.n_workers = atoi(optarg);
        else if (c == 'r')
            rate = atof(optarg);
        else if (c == 's')
            seconds = atof(optarg);
        else
            return 2;
    if (!options.address || options.n_workers < 1 || !(rate > 0) || !(seconds > 0)) {
        fputs("latency: --address ADDRESS, and positive numbers\n", stderr);
        return 2;
    }
    options.pause_seconds = options.n_workers / rate;
    struct crowd *crowd = crowd_open(&options);
    crowd_run(crowd, crowd_now() + 2, NULL, NULL);
    crowd_forget(crowd);
    crowd_run(crowd, crowd_now() + seconds, NULL, NULL);
    struct crowd_counts n = crowd_counts(crowd);
    if (n.n_latencies == 0) {
        fputs("latency: nothing was acknowledged\n", stderr);
        return 1;
    }
    qsort(n.latencies, n.n_latencies, sizeof *n.latencies, compare);
    printf("%.0f results/s acknowledged after %.1f (half), %.1f (99 %%), %.1f ms (all)\n", (double)n.results / seconds,
        n.latencies[n.n_latencies / 2], n.latencies[n.n_latencies * 99 / 100], n.latencies[n.n_latencies - 1]);
    crowd_close(crowd);
    return 0;
}
