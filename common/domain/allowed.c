#include "common/domain/allowed.h"

#include <string.h>

#include "common/base/limits.h"

/* One name of the list against the program. */
static bool covers(const char *name, size_t len, const char *program)
{
    if (len == 1 && *name == '*')
        return true;
    if (len == 0 || strncmp(name, program, len) != 0)
        return false;
    const char *rest = program + len;
    if (name[len - 1] != '/')
        return *rest == '\0';
    return *rest && !strchr(rest, '/') && strcmp(rest, "..") != 0; /* in the directory itself */
}

bool allowed_program(const char *names, const char *program)
{
    while (names && *names) {
        size_t len = strcspn(names, ",");
        if (covers(names, len, program))
            return true;
        names += len + (names[len] == ',');
    }
    return false;
}

int allowed_check(const char *names, struct err *e)
{
    if (strlen(names) > LIMIT_ALLOWED)
        return err_set(e, ERR_USAGE, "the list of programs has %zu bytes: at most %d are taken, name directories",
            strlen(names), LIMIT_ALLOWED);
    for (const char *name = names;; name++) {
        size_t len = strcspn(name, ",");
        if (len == 0)
            return err_set(e, ERR_USAGE, "\"%s\": a program's name is empty: python3,/opt/lab/bin/ is expected", names);
        if (name[len - 1] == '/' && *name != '/')
            return err_set(e, ERR_USAGE, "\"%.*s\": a directory must begin with a slash", (int)len, name);
        name += len;
        if (!*name)
            return 0;
    }
}
