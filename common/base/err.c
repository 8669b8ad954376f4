#include "common/base/err.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct { const char *name; int exit_status; } codes[ERR_N_CODES] = {
    [ERR_NONE]        = { "none",          0 },
    [ERR_USAGE]       = { "usage",         2 },
    [ERR_INVALID]     = { "invalid",       2 },
    [ERR_NOT_FOUND]   = { "not_found",     3 },
    [ERR_EXISTS]      = { "exists",        2 },
    [ERR_STATE]       = { "state",         1 },
    [ERR_LIMIT]       = { "limit",         2 },
    [ERR_IO]          = { "io",            1 },
    [ERR_CORRUPT]     = { "corrupt",      65 },
    [ERR_BUSY]        = { "busy",          1 },
    [ERR_UNREACHABLE] = { "unreachable",   4 },
    [ERR_REFUSED]     = { "refused",       5 },
    [ERR_DIVERGED]    = { "diverged",      1 },
    [ERR_INTERRUPTED] = { "interrupted", 130 },
};
/* clang-format on */

int err_vset(struct err *e, enum err_code code, const char *format, va_list args)
{
    assert(code != ERR_NONE);
    if (e) {
        e->code = code;
        vsnprintf(e->text, sizeof e->text, format, args);
    }
    return -1;
}

int err_set(struct err *e, enum err_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_vset(e, code, format, args);
    va_end(args);
    return -1;
}

int err_set_errno(struct err *e, const char *format, ...)
{
    int saved = errno;
    if (!e)
        return -1;
    va_list args;
    va_start(args, format);
    err_vset(e, saved == ENOENT ? ERR_NOT_FOUND : ERR_IO, format, args);
    va_end(args);
    size_t used = strlen(e->text);
    snprintf(e->text + used, sizeof e->text - used, ": %s", strerror(saved));
    errno = saved;
    return -1;
}

int err_prefix(struct err *e, const char *format, ...)
{
    if (!e)
        return -1;
    struct err inner = *e;
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    size_t used = strlen(e->text);
    snprintf(e->text + used, sizeof e->text - used, ": %s", inner.text);
    return -1;
}

const char *err_code_name(enum err_code code)
{
    assert(code < ERR_N_CODES);
    return codes[code].name;
}

int err_exit_status(enum err_code code)
{
    assert(code < ERR_N_CODES);
    return codes[code].exit_status;
}
