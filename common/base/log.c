#include "common/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *program_name = "rung";
static enum log_level last_level = LOG_INFO;

static const struct {
    const char *name;
    int priority; /* of syslog, which the journal reads from "<N>" */
} levels[LOG_N_LEVELS] = {
    [LOG_ERROR] = { "error", 3 },
    [LOG_WARN] = { "warning", 4 },
    [LOG_INFO] = { "info", 6 },
    [LOG_DEBUG] = { "debug", 7 },
};

void log_open(const char *program, enum log_level level)
{
    program_name = program;
    last_level = level;
}

void log_at(enum log_level level, const char *format, ...)
{
    if (level > last_level)
        return;
    int saved = errno;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    if (getenv("JOURNAL_STREAM"))
        fprintf(stderr, "<%d>%s: %s\n", levels[level].priority, program_name, text);
    else
        fprintf(stderr, "%s: %s: %s\n", program_name, levels[level].name, text);
    errno = saved;
}
