#include "coordinator/cli/web.h"

#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/io/files.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/errand.h"
#include "coordinator/cli/interrupt.h"
#include "coordinator/store/secrets.h"

/* "http://ADDRESS/page/KEY/#token=TOKEN": what stands behind # is not sent by a browser, and so in no log. */
static int find_url(const struct web_wish *w, struct str *url, struct err *e)
{
    struct secrets s;
    struct str address = { 0 };
    int status = secrets_read(w->store, &s, e);
    if (status == 0)
        status = secrets_read_address(w->store, &address, e);
    if (status < 0 && e->code == ERR_NOT_FOUND)
        status = err_set(e, ERR_NOT_FOUND, "rungd serves no page of %s: was it started with --web off?", w->store);
    if (status == 0)
        str_addf(url, "http://%s/page/%s/#token=%s", address.text, s.key, w->is_viewer ? s.viewer : s.operator);
    str_deinit(&address);
    return status;
}

/* A file that only leads there: the arguments of a browser's process could be read by everybody on this machine. */
static int write_door(const struct web_wish *w, const char *url, struct str *path, struct err *e)
{
    struct str page = { 0 }, relative = { 0 };
    str_addf(&relative, "%s/web/open.html", w->store);
    str_addf(&page, "<!doctype html><title>Rung</title><meta http-equiv=\"refresh\" content=\"0;url=%s\">\n", url);
    int status = file_write(relative.text, page.text, page.len, 0600, e);
    if (status == 0)
        status = file_absolute(relative.text, path, e);
    str_deinit(&page);
    str_deinit(&relative);
    return status;
}

/* Whether a desktop took it. It goes on by itself. */
static bool show(const char *path)
{
    static char program[] = "xdg-open";
    char *args[] = { program, (char *)(uintptr_t)path, NULL };
    pid_t pid;
    bool has_desktop = getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");
    return has_desktop && posix_spawnp(&pid, program, NULL, NULL, args, environ) == 0;
}

static int open_page(const struct web_wish *w, FILE *out, struct err *e)
{
    struct str url = { 0 }, door = { 0 };
    int status = find_url(w, &url, e);
    if (status == 0) {
        fprintf(out, "%s\n", url.text);
        fflush(out);
        status = w->is_quiet ? 0 : write_door(w, url.text, &door, e);
    }
    if (status == 0 && !w->is_quiet && !show(door.text))
        fprintf(
            stderr, "rung: there is no desktop here to open it; from another machine: ssh -L, and the same address\n");
    str_deinit(&url);
    str_deinit(&door);
    return status;
}

int cli_web(const struct web_wish *w, FILE *out, struct err *e)
{
    struct errand errand = { 0 };
    const struct remote where = { .store = w->store };
    struct str json = { 0 };
    bool is_served = errand_is_served(w->store);
    if (is_served)
        return open_page(w, out, e);
    interrupt_watch();
    int status = errand_open(&errand, &where, e);
    if (status == 0)
        status = client_status(errand.client, NULL, &json, e); /* now it serves */
    if (status == 0)
        status = open_page(w, out, e);
    if (status == 0)
        fprintf(stderr, "rung: nobody served %s; this does, until Ctrl-C\n", w->store);
    while (status == 0 && interrupt_count() == 0 && fleet_has_coordinator(&errand.fleet))
        interrupt_sleep(200);
    errand_close(&errand);
    str_deinit(&json);
    return status;
}
