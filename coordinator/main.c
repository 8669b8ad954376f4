/* rungd: the coordinator. `rung run` starts one by itself; by hand: rungd --store DIR [--listen ADDRESS]... */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/base/units.h"
#include "common/io/address.h"
#include "coordinator/app.h"
#include "coordinator/web/http.h"

#define LEASE_MS 25000 /* with a beat and a tick: a machine that vanished is known in less than 30 s */

static const char help[] = "usage: rungd --store DIR [--listen ADDRESS]...\n"
                           "The coordinator of a store: proposes configurations, leases them to workers,\n"
                           "keeps what they achieve in DIR/rung.db. Ends on SIGTERM, losing nothing.\n"
                           "\n"
                           "  -s, --store DIR          the store; made when it is not there\n"
                           "  -l, --listen ADDRESS     ipc://PATH or tcp://HOST:PORT (and PORT + 1); the\n"
                           "                           store's own socket is always there; repeatable\n"
                           "      --key FILE           the coordinator's key (DIR/keys/server.key)\n"
                           "      --allowed DIR        the keys that may come in (DIR/keys/allowed)\n"
                           "      --insecure           no keys: everybody who reaches the port may do all\n"
                           "      --lease SECONDS      until a silent trial is given to others (25)\n"
                           "      --idle-exit SECONDS  leave when no campaign has gone on for so long\n"
                           "      --backup-every TIME  copy the database to DIR/backups (1h; 0: never)\n"
                           "      --backups N          keep the newest so many of these (24)\n"
                           "      --network-store      allow a network file system, where a power cut\n"
                           "                           may lose what was acknowledged\n"
                           "      --metrics ADDRESS    what Prometheus scrapes: 127.0.0.1:9464, for one\n"
                           "      --web ADDRESS        where the page is, or off (127.0.0.1, its last port)\n"
                           "      --log-level LEVEL    error, warning, info or debug (default info)\n"
                           "      --version            the version\n"
                           "  -h, --help               this\n";

enum {
    OPTION_LEASE = 256,
    OPTION_IDLE,
    OPTION_NETWORK,
    OPTION_BACKUP,
    OPTION_BACKUPS,
    OPTION_METRICS,
    OPTION_KEY,
    OPTION_ALLOWED,
    OPTION_INSECURE,
    OPTION_WEB,
    OPTION_LOG,
    OPTION_VERSION
};

static const struct option rows[] = {
    { "store", required_argument, NULL, 's' },
    { "listen", required_argument, NULL, 'l' },
    { "key", required_argument, NULL, OPTION_KEY },
    { "allowed", required_argument, NULL, OPTION_ALLOWED },
    { "insecure", no_argument, NULL, OPTION_INSECURE },
    { "lease", required_argument, NULL, OPTION_LEASE },
    { "idle-exit", required_argument, NULL, OPTION_IDLE },
    { "backup-every", required_argument, NULL, OPTION_BACKUP },
    { "backups", required_argument, NULL, OPTION_BACKUPS },
    { "network-store", no_argument, NULL, OPTION_NETWORK },
    { "metrics", required_argument, NULL, OPTION_METRICS },
    { "web", required_argument, NULL, OPTION_WEB },
    { "log-level", required_argument, NULL, OPTION_LOG },
    { "version", no_argument, NULL, OPTION_VERSION },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static int take_address(struct app_options *o, const char *text, struct err *e)
{
    if (o->n_addresses == APP_ADDRESSES - 1)
        return err_set(e, ERR_USAGE, "--listen: at most %d addresses", APP_ADDRESSES - 1);
    struct address *a = &o->addresses[o->n_addresses];
    if (address_parse(text, a, e) < 0)
        return err_prefix(e, "--listen");
    o->n_addresses++;
    return 0;
}

/* The socket by which programs of this user find the store: they need no key. */
static int add_own_address(struct app_options *o, struct err *e)
{
    struct address own;
    o->gate.store_dir = o->store_dir;
    if (address_for_store(o->store_dir, getenv("XDG_RUNTIME_DIR"), &own, e) < 0)
        return -1;
    for (int i = 0; i < o->n_addresses; i++)
        if (str_equal(o->addresses[i].text, own.text))
            return 0;
    o->addresses[o->n_addresses++] = own;
    return 0;
}

static int take_lease(struct app_options *o, const char *text, struct err *e)
{
    char *end;
    double seconds = strtod(text, &end);
    if (*end || end == text || !(seconds >= 1 && seconds <= 3600))
        return err_set(e, ERR_USAGE, "--lease %s: a number of seconds from 1 to 3600 is expected", text);
    o->settings.lease_ms = (int64_t)(seconds * 1000);
    o->settings.heartbeat_ms = o->settings.lease_ms / 15 < 1000 ? o->settings.lease_ms / 15 : 1000;
    return 0;
}

static int take_idle(struct app_options *o, const char *text, struct err *e)
{
    char *end;
    double seconds = strtod(text, &end);
    if (*end || end == text || !(seconds >= 1 && seconds <= 31536000))
        return err_set(e, ERR_USAGE, "--idle-exit %s: a number of seconds from 1 to 31536000 is expected", text);
    o->idle_exit_ms = (int64_t)(seconds * 1000);
    return 0;
}

static int take_backup(struct app_options *o, const char *text, struct err *e)
{
    if (strcmp(text, "0") == 0)
        o->backup_ms = 0;
    else if (!units_parse_duration(text, &o->backup_ms) || o->backup_ms < 1000)
        return err_set(e, ERR_USAGE, "--backup-every %s: a duration such as 1h or 30m is expected, or 0", text);
    return 0;
}

static int take_backups(struct app_options *o, const char *text, struct err *e)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (*end || end == text || n < 1 || n > 10000)
        return err_set(e, ERR_USAGE, "--backups %s: a number from 1 to 10000 is expected", text);
    o->n_backups = (int)n;
    return 0;
}

static int take_web(struct app_options *o, const char *text, struct err *e)
{
    o->has_no_web = strcmp(text, "off") == 0;
    o->web = text;
    return o->has_no_web || http_check_address(text, e) == 0 ? 0 : err_prefix(e, "--web");
}

static int take_level(const char *text, struct err *e)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], text) != 0)
            continue;
        log_open("rungd", (enum log_level)i);
        return 0;
    }
    return err_set(e, ERR_USAGE, "--log-level %s: error, warning, info or debug is expected", text);
}

/* 1: go on; 0: all was said; -1: e. */
static int read_options(int argc, char **argv, struct app_options *o, struct err *e)
{
    int letter, status = 0;
    while (status == 0 && (letter = getopt_long(argc, argv, "s:l:h", rows, NULL)) != -1) {
        if (letter == 's')
            o->store_dir = optarg;
        else if (letter == 'l')
            status = take_address(o, optarg, e);
        else if (letter == OPTION_LEASE)
            status = take_lease(o, optarg, e);
        else if (letter == OPTION_IDLE)
            status = take_idle(o, optarg, e);
        else if (letter == OPTION_BACKUP)
            status = take_backup(o, optarg, e);
        else if (letter == OPTION_BACKUPS)
            status = take_backups(o, optarg, e);
        else if (letter == OPTION_NETWORK)
            o->allow_network_store = true;
        else if (letter == OPTION_METRICS)
            status = http_check_address(o->metrics = optarg, e) < 0 ? err_prefix(e, "--metrics") : 0;
        else if (letter == OPTION_KEY)
            o->gate.key = optarg;
        else if (letter == OPTION_ALLOWED)
            o->gate.allowed = optarg;
        else if (letter == OPTION_INSECURE)
            o->gate.is_insecure = true;
        else if (letter == OPTION_WEB)
            status = take_web(o, optarg, e);
        else if (letter == OPTION_LOG)
            status = take_level(optarg, e);
        else if (letter == OPTION_VERSION)
            return puts("rungd " RUNG_VERSION) < 0;
        else if (letter == 'h')
            return fputs(help, stdout) < 0;
        else
            status = err_set(e, ERR_USAGE, "see rungd --help");
    }
    if (status == 0 && optind < argc)
        status = err_set(e, ERR_USAGE, "\"%s\" is no option: see rungd --help", argv[optind]);
    if (status == 0 && !o->store_dir)
        status = err_set(e, ERR_USAGE, "--store DIR is needed: see rungd --help");
    if (status == 0)
        status = add_own_address(o, e);
    return status < 0 ? -1 : 1;
}

int main(int argc, char **argv)
{
    struct app_options options = {
        .settings = { .lease_ms = LEASE_MS, .heartbeat_ms = 1000 }, .backup_ms = 3600 * 1000, .n_backups = 24
    };
    struct err e = { 0 };
    log_open("rungd", LOG_INFO);
    umask(077);
    int status = read_options(argc, argv, &options, &e);
    if (status == 1)
        status = app_run(&options, &e);
    if (status == 0)
        return 0;
    log_error("%s", e.text);
    return err_exit_status(e.code);
}
