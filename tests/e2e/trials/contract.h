/* contract.h: the trial contract for the small trials of the tests, in plain C: it looks for a member by its name,
 * which is enough for lines that our own agent writes. */
#ifndef RUNG_TESTS_E2E_TRIALS_CONTRACT_H
#define RUNG_TESTS_E2E_TRIALS_CONTRACT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTRACT_FD 3

static char contract_line[1 << 20];

/* The next line for the trial, without its newline; false at the end of file. */
__attribute__((unused)) static bool contract_next(void)
{
    size_t len = 0;
    while (len < sizeof contract_line - 1) {
        ssize_t n = read(CONTRACT_FD, contract_line + len, 1);
        if (n <= 0)
            return false;
        if (contract_line[len] == '\n')
            break;
        len++;
    }
    contract_line[len] = 0;
    return true;
}

/* True when a line waits to be read: {"stop": true}, or the end of file. */
__attribute__((unused)) static bool contract_has_news(void)
{
    char c;
    return recv(CONTRACT_FD, &c, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

__attribute__((unused)) static long contract_number(const char *name, long otherwise)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(contract_line, key);
    return at ? strtol(at + strlen(key), NULL, 10) : otherwise;
}

/* A text member; "" when it is not there or null. No escapes. */
__attribute__((unused)) static const char *contract_text(const char *name)
{
    static char text[4096];
    char key[64];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *at = strstr(contract_line, key);
    snprintf(text, sizeof text, "%.*s", at ? (int)strcspn(at + strlen(key), "\"") : 0, at ? at + strlen(key) : "");
    return text;
}

__attribute__((unused, format(printf, 1, 2))) static void contract_say(const char *format, ...)
{
    char line[8192];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    line[len++] = '\n';
    if (write(CONTRACT_FD, line, (size_t)len) != len)
        exit(1);
}

#endif
