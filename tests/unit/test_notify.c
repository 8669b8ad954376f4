#include "common/io/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/scratch.h"
#include "tests/tap.h"

/* A manager's socket under that name, which NOTIFY_SOCKET has too. */
static int listen_at(const char *name)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    snprintf(at.sun_path, sizeof at.sun_path, "%s", name);
    if (*name == '@')
        at.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    CHECK_INT(bind(fd, (const struct sockaddr *)&at, (socklen_t)(sizeof at.sun_family + strlen(name))), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

/* The next that came; "" when nothing did. */
static const char *heard(int fd)
{
    static char text[64];
    ssize_t len = recv(fd, text, sizeof text - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

TEST(a_manager_hears_what_is_said_at_a_path_and_in_the_abstract_namespace)
{
    char abstract[64];
    scratch_dir();
    const char *path = scratch_path("notify");
    snprintf(abstract, sizeof abstract, "@rung-test-notify-%d", (int)getpid());
    const char *const names[] = { path, abstract };
    for (size_t i = 0; i < 2; i++) {
        int fd = listen_at(names[i]);
        notify_send("READY=1");
        CHECK_TEXT(heard(fd), "READY=1");
        CHECK_TEXT(heard(fd), "");
        close(fd);
    }
    notify_send("READY=1"); /* to nobody, who has gone */
    unsetenv("NOTIFY_SOCKET");
    notify_send("READY=1");
}

TEST(a_watchdog_hears_twice_in_its_period_and_only_from_its_own)
{
    char abstract[64], own[32];
    snprintf(abstract, sizeof abstract, "@rung-test-watchdog-%d", (int)getpid());
    snprintf(own, sizeof own, "%d", (int)getpid());
    int fd = listen_at(abstract);
    struct notify_watchdog of_nobody = { 0 }, ours = { 0 }, of_another = { 0 };
    notify_alive(&of_nobody, 0);
    CHECK_TEXT(heard(fd), "");
    setenv("WATCHDOG_USEC", "60000000", 1);
    setenv("WATCHDOG_PID", own, 1);
    notify_alive(&ours, 1000);
    CHECK_TEXT(heard(fd), "WATCHDOG=1");
    notify_alive(&ours, 30000);
    CHECK_TEXT(heard(fd), "");
    notify_alive(&ours, 31001);
    CHECK_TEXT(heard(fd), "WATCHDOG=1");
    setenv("WATCHDOG_PID", "1", 1);
    notify_alive(&of_another, 0);
    CHECK_TEXT(heard(fd), "");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    unsetenv("NOTIFY_SOCKET");
    close(fd);
}

TAP_MAIN
