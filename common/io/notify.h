/* notify.h: what a service tells the manager that started it: sd_notify's protocol (sd_notify(3)), which is one
 * datagram of lines to the socket that NOTIFY_SOCKET names. Without that variable nothing is sent.
 */
#ifndef RUNG_COMMON_IO_NOTIFY_H
#define RUNG_COMMON_IO_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* "READY=1", "STOPPING=1", "STATUS=…". Whether it arrives plays no part: a service runs without its manager too. */
void notify_send(const char *line);

/* Says WATCHDOG=1 often enough for what WATCHDOG_USEC allows, when called more often than that. Begin with zeroes. */
struct notify_watchdog {
    bool is_open;
    int64_t every_ms; /* 0: nobody waits for it */
    int64_t said_ms;  /* monotonic */
};
void notify_alive(struct notify_watchdog *w, int64_t now_ms);

#endif
