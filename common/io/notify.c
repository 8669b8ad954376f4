#include "common/io/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_send(const char *line)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof to.sun_path || (*path != '/' && *path != '@'))
        return;
    memcpy(to.sun_path, path, len);
    if (*path == '@')
        to.sun_path[0] = '\0'; /* the abstract namespace */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    (void)!sendto(fd, line, strlen(line), MSG_NOSIGNAL, (const struct sockaddr *)&to,
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
}

/* Half of what the manager allows. */
static int64_t read_period_ms(void)
{
    const char *period = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (!period || (pid && strtoll(pid, NULL, 10) != getpid()))
        return 0;
    long long microseconds = strtoll(period, NULL, 10);
    return microseconds > 0 ? microseconds / 2000 + 1 : 0;
}

void notify_alive(struct notify_watchdog *w, int64_t now_ms)
{
    if (!w->is_open)
        *w = (struct notify_watchdog){ .is_open = true, .every_ms = read_period_ms(), .said_ms = INT64_MIN / 2 };
    if (!w->every_ms || now_ms - w->said_ms < w->every_ms)
        return;
    notify_send("WATCHDOG=1");
    w->said_ms = now_ms;
}
