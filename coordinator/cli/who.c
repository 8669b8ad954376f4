#include "coordinator/cli/who.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/io/system.h"

const char *who(void)
{
    static char text[LIMIT_WHO + 1];
    char host[256];
    const struct passwd *user = getpwuid(getuid());
    system_host(host, sizeof host);
    if (user)
        snprintf(text, sizeof text, "%.60s@%s", user->pw_name, host);
    else
        snprintf(text, sizeof text, "%u@%s", (unsigned)getuid(), host);
    return text;
}
