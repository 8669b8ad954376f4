/* kill_point.h: named places where a test may end this program as SIGKILL would: KILL_POINT("commit.before").
 *
 * In the programs that people run nothing defines kill_point_passed, so that a point costs one comparison and no
 * environment can turn it on; the programs of tests/kill are the same libraries linked with its definition, which says
 * how a point is chosen. Each name stands once in the code; tests/e2e/test_kill_points.py goes through all of them.
 */
#ifndef RUNG_COMMON_BASE_KILL_POINT_H
#define RUNG_COMMON_BASE_KILL_POINT_H

extern void kill_point_passed(const char *name) __attribute__((weak));

#define KILL_POINT(name)                                                                                               \
    do {                                                                                                               \
        if (kill_point_passed)                                                                                         \
            kill_point_passed(name);                                                                                   \
    } while (0)

#endif
