#include "worker/slot/start.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"

/* Where starting can fail; the child tells its parent. */
enum step { STEP_PREPARE, STEP_DIRECTORY, STEP_EXECUTE };

struct failure {
    enum step step;
    int error;
};

/* ---- the environment: ours, with the order's names in front of the same ones ---- */

static bool has_name_of(const char *entry, const char *other)
{
    size_t len = strcspn(other, "=");
    return strncmp(entry, other, len) == 0 && entry[len] == '=';
}

static bool is_replaced(const char *entry, char *const *added)
{
    for (; *added; added++)
        if (has_name_of(entry, *added))
            return true;
    return false;
}

static char **make_environment(char *const *added)
{
    size_t n = 0, n_added = 0, n_own = 0;
    while (added[n_added])
        n_added++;
    while (environ[n_own])
        n_own++;
    char **all = mem_zalloc(n_added + n_own + 1, sizeof *all);
    for (size_t i = 0; i < n_added; i++)
        all[n++] = added[i];
    for (size_t i = 0; i < n_own; i++)
        if (!is_replaced(environ[i], added))
            all[n++] = environ[i];
    return all;
}

/* ---- the child, between fork and exec ---- */

__attribute__((noreturn)) static void give_up(int pipe, enum step step)
{
    struct failure f = { .step = step, .error = errno };
    if (write(pipe, &f, sizeof f) < 0)
        _exit(126);
    _exit(127);
}

/* When memory is short the kernel should choose a trial, and neither the agent nor its neighbours. */
static void offer_to_oom_killer(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = write(fd, "500", 3);
    (void)n; /* a container may forbid it; nothing depends on it */
    close(fd);
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool set_descriptors(const struct order *o)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return null >= 0 && dup2(null, 0) == 0 && dup2(o->descriptors[ORDER_STDOUT], 1) == 1 &&
           dup2(o->descriptors[ORDER_STDERR], 2) == 2 &&
           dup2(o->descriptors[ORDER_CONTRACT], TRIAL_CONTRACT_FD) == TRIAL_CONTRACT_FD;
}

__attribute__((noreturn)) static void become(const struct order *o, char **environment, pid_t parent, int pipe)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126); /* it died before the kernel was asked */
    if (setsid() < 0 || !set_descriptors(o))
        give_up(pipe, STEP_PREPARE);
    close_range(TRIAL_CONTRACT_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC); /* what others let us inherit; ours are so already */
    offer_to_oom_killer();
    reset_signals();
    if (chdir(o->directory) < 0)
        give_up(pipe, STEP_DIRECTORY);
    execvpe(o->argv[0], o->argv, environment);
    give_up(pipe, STEP_EXECUTE);
}

/* ---- the parent ---- */

static int explain(const struct order *o, const struct failure *f, struct err *e)
{
    errno = f->error;
    switch (f->step) {
    case STEP_PREPARE:
        return err_set_errno(e, "prepare the process of the trial");
    case STEP_DIRECTORY:
        return err_set_errno(e, "the directory %s, where the trial runs", o->directory);
    case STEP_EXECUTE:
        return err_set_errno(e, "the trial's program %s cannot be started", o->argv[0]);
    }
    return -1;
}

/* Returns once the program runs (the pipe closes by itself) or has failed to. */
static int wait_for_exec(int pipe, const struct order *o, struct err *e)
{
    struct failure f;
    ssize_t n;
    do
        n = read(pipe, &f, sizeof f);
    while (n < 0 && errno == EINTR);
    return n == sizeof f ? explain(o, &f, e) : 0;
}

pid_t trial_start(const struct order *order, struct err *e)
{
    int pipe[2];
    pid_t self = getpid();
    if (!order->argv[0])
        return err_set(e, ERR_INVALID, "the trial's command is empty");
    if (pipe2(pipe, O_CLOEXEC) < 0)
        return err_set_errno(e, "prepare the process of the trial");
    char **environment = make_environment(order->environment);
    pid_t pid = fork();
    if (pid == 0)
        become(order, environment, self, pipe[1]);
    close(pipe[1]);
    int r = pid < 0 ? err_set_errno(e, "make the process of the trial") : wait_for_exec(pipe[0], order, e);
    close(pipe[0]);
    free(environment);
    return r < 0 ? -1 : pid;
}
