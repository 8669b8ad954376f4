#include "coordinator/cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t count;

static void on_signal(int signal)
{
    count++;
}

static void on_child(int signal) {}

void interrupt_watch(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = on_signal };
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = on_child }, NULL); /* a child that died ends a sleep */
}

int interrupt_count(void)
{
    return count;
}

void interrupt_sleep(int64_t milliseconds)
{
    /* One that comes between the caller's look at the count and this is noticed after the sleep: all are short. */
    nanosleep(&(struct timespec){ milliseconds / 1000, milliseconds % 1000 * 1000000 }, NULL);
}
