/* kill_point.c: how the programs of this directory die: RUNG_KILL_POINT=PROGRAM/NAME:N:FILE is SIGKILL when the point
 * NAME is passed for the Nth time by processes of PROGRAM. FILE counts, a byte a passage, and across processes, so that
 * the next ones live. */
#include "common/base/kill_point.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct choice {
    char program[64], name[64], file[4096];
    int n;
};

static int read_choice(struct choice *c)
{
    const char *text = getenv("RUNG_KILL_POINT");
    return text && sscanf(text, "%63[^/]/%63[^:]:%d:%4095s", c->program, c->name, &c->n, c->file) == 4;
}

/* How many passages there were, this one included. */
static off_t count(const char *file)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, ".", 1) != 1) {
        perror(file);
        abort();
    }
    off_t n = lseek(fd, 0, SEEK_CUR);
    close(fd);
    return n;
}

void kill_point_passed(const char *name)
{
    struct choice c;
    int saved = errno;
    if (read_choice(&c) && strcmp(c.name, name) == 0 && strcmp(c.program, program_invocation_short_name) == 0 &&
        count(c.file) == c.n)
        kill(getpid(), SIGKILL);
    errno = saved;
}
