#include "coordinator/cli/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/str.h"

#define QUICK_MS 2000 /* a child that lives shorter died quickly */
#define MAX_QUICK_DEATHS 5
#define MAX_QUICK_KILLS 50 /* somebody else's doing, which says nothing against the program */
#define BACKOFF_MS 100     /* after the first quick death; doubles */
#define TAIL_BYTES 600     /* of a log that is shown */

void child_init(struct child *c, const char *const *words, const char *log_path)
{
    *c = (struct child){ .log_path = mem_strdup(log_path) };
    for (int i = 0; words[i]; i++) {
        assert(i < CHILD_WORDS);
        c->words[i] = mem_strdup(words[i]);
    }
}

void child_deinit(struct child *c)
{
    for (int i = 0; i < CHILD_WORDS; i++)
        free(c->words[i]);
    free(c->log_path);
    *c = (struct child){ 0 };
}

/* In the new process, where only what is safe after fork may be called. */
__attribute__((noreturn)) static void become(const struct child *c, pid_t parent, int null_fd, int log_fd)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it died before the line above */
        _exit(1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (dup2(null_fd, 0) >= 0 && dup2(log_fd, 1) >= 0 && dup2(log_fd, 2) >= 0)
        execv(c->words[0], c->words);
    static const char said[] = "cannot be started\n";
    (void)!write(log_fd, c->words[0], strlen(c->words[0]));
    (void)!write(log_fd, ": ", 2);
    (void)!write(log_fd, said, sizeof said - 1);
    _exit(127);
}

int child_start(struct child *c, int64_t now_ms, struct err *e)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int log_fd = open(c->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0 || null_fd < 0) {
        err_set_errno(e, "open %s", c->log_path);
        close(null_fd);
        return -1;
    }
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(c, parent, null_fd, log_fd);
    if (pid < 0)
        err_set_errno(e, "start %s", c->words[0]);
    else
        setpgid(pid, pid); /* here too, so that it holds before child_end */
    close(null_fd);
    close(log_fd);
    if (pid < 0)
        return -1;
    c->pid = pid;
    c->is_wanted = true;
    c->started_ms = now_ms;
    return 0;
}

/* Gathers a child that has died. True when it does not run. */
static bool reap(struct child *c, int *status)
{
    *status = 0;
    pid_t found = c->pid ? waitpid(c->pid, status, WNOHANG) : -1;
    if (found == 0 || (found < 0 && c->pid && errno == EINTR))
        return false;
    c->pid = 0;
    return true;
}

void child_add_tail(const char *log, struct str *out)
{
    char bytes[TAIL_BYTES + 1];
    int fd = open(log, O_RDONLY | O_CLOEXEC);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    ssize_t got = fd >= 0 ? pread(fd, bytes, TAIL_BYTES, size > TAIL_BYTES ? size - TAIL_BYTES : 0) : 0;
    close(fd);
    if (got <= 0)
        return;
    while (got > 0 && bytes[got - 1] == '\n')
        got--;
    bytes[got] = '\0';
    const char *text = bytes;
    if (size > TAIL_BYTES && strchr(bytes, '\n'))
        text = strchr(bytes, '\n') + 1; /* the first line is cut */
    str_addf(out, ":\n%s", text);
}

static int give_up(const struct child *c, int status, struct err *e)
{
    const char *slash = strrchr(c->words[0], '/');
    struct str tail = { 0 };
    child_add_tail(c->log_path, &tail);
    err_set(e, ERR_IO, "%s ends %d times in a row (%s %d), and says in %s%s", slash ? slash + 1 : c->words[0],
        c->n_quick_deaths + c->n_quick_kills, WIFSIGNALED(status) ? "signal" : "exit status",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), c->log_path, str_text(&tail));
    str_deinit(&tail);
    return -1;
}

static void count_death(struct child *c, int status, int64_t now_ms)
{
    bool was_killed = WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);
    if (now_ms - c->started_ms >= QUICK_MS)
        c->n_quick_deaths = c->n_quick_kills = 0;
    else if (was_killed)
        c->n_quick_kills++;
    else
        c->n_quick_deaths++;
}

int child_tend(struct child *c, int64_t now_ms, struct err *e)
{
    int status;
    if (!c->is_wanted)
        return 0;
    if (c->pid && reap(c, &status)) {
        if (c->may_leave && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            c->is_wanted = false;
            return 0;
        }
        count_death(c, status, now_ms);
        if (c->n_quick_deaths >= MAX_QUICK_DEATHS || c->n_quick_kills >= MAX_QUICK_KILLS)
            return give_up(c, status, e);
        c->retry_ms = now_ms + (c->n_quick_deaths ? BACKOFF_MS << (c->n_quick_deaths - 1) : 0);
    }
    if (!c->pid && now_ms >= c->retry_ms)
        return child_start(c, now_ms, e);
    return 0;
}

void child_end(struct child *c, int signal)
{
    c->is_wanted = false;
    if (c->pid)
        kill(signal == SIGKILL ? -c->pid : c->pid, signal);
}

bool child_is_gone(struct child *c)
{
    int status;
    return reap(c, &status);
}
