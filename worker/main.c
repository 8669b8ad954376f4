/* main.c: rung-worker: its command line, and the two programs that it is: the agent, and the supervisor of a slot. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/base/units.h"
#include "common/domain/allowed.h"
#include "common/io/system.h"
#include "worker/app.h"
#include "worker/join.h"
#include "worker/launch.h"
#include "worker/slot/slot.h"
#include "worker/slot/supervisor.h"

struct settings {
    struct app_options app;
    struct join_options join;
    enum log_level level;
};

/* ---- options: one table for getopt and for --help ---- */

static int take_number(const char *text, long minimum, long maximum, const char *name, int *out, struct err *e)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < minimum || value > maximum)
        return err_set(e, ERR_USAGE, "--%s %s: a number from %ld to %ld is expected", name, text, minimum, maximum);
    *out = (int)value;
    return 0;
}

static int take_connect(struct settings *s, char *value, struct err *e)
{
    s->join.connect = value;
    return 0;
}

static int take_join(struct settings *s, char *value, struct err *e)
{
    s->join.invitation = value;
    return 0;
}

static int take_key(struct settings *s, char *value, struct err *e)
{
    s->join.choice.key = value;
    return 0;
}

static int take_server_key(struct settings *s, char *value, struct err *e)
{
    s->join.choice.server_key = value;
    return 0;
}

static int take_slots(struct settings *s, char *value, struct err *e)
{
    return take_number(value, 1, LIMIT_SLOTS, "slots", &s->app.slots, e);
}

static int take_dir(struct settings *s, char *value, struct err *e)
{
    s->app.directory = value;
    return 0;
}

static int take_name(struct settings *s, char *value, struct err *e)
{
    if (!*value || strlen(value) > LIMIT_NAME || !str_is_utf8(value, strlen(value)))
        return err_set(e, ERR_USAGE, "--name: 1 to %d bytes of text are expected", LIMIT_NAME);
    s->app.name = value;
    return 0;
}

static int take_allow_commands(struct settings *s, char *value, struct err *e)
{
    s->app.commands = value;
    return allowed_check(value, e) < 0 ? err_prefix(e, "--allow-commands") : 0;
}

static int take_gpus(struct settings *s, char *value, struct err *e)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-,/:";
    size_t len = strlen(value);
    if (len == 0 || strspn(value, letters) != len || *value == ',' || value[len - 1] == ',' || strstr(value, ",,"))
        return err_set(e, ERR_USAGE, "--gpus %s: ids with commas between are expected, as 0,1", value);
    s->app.gpus = value;
    return 0;
}

static int take_memory(struct settings *s, char *value, struct err *e)
{
    return units_parse_bytes(value, &s->app.memory_bytes) && s->app.memory_bytes > 0
               ? 0
               : err_set(e, ERR_USAGE, "--memory %s: as 32GiB", value);
}

static int take_cache(struct settings *s, char *value, struct err *e)
{
    s->app.cache = value;
    return 0;
}

static int take_cache_size(struct settings *s, char *value, struct err *e)
{
    return units_parse_bytes(value, &s->app.cache_bytes) ? 0
                                                         : err_set(e, ERR_USAGE, "--cache-size %s: as 20GiB", value);
}

static int take_idle_exit(struct settings *s, char *value, struct err *e)
{
    return take_number(value, 1, 31536000, "idle-exit", &s->app.idle_exit_s, e);
}

static int take_log_level(struct settings *s, char *value, struct err *e)
{
    static const char *const names[LOG_N_LEVELS] = { "error", "warning", "info", "debug" };
    for (int i = 0; i < LOG_N_LEVELS; i++)
        if (str_equal(value, names[i])) {
            s->level = (enum log_level)i;
            return 0;
        }
    return err_set(e, ERR_USAGE, "--log-level %s: error, warning, info or debug is expected", value);
}

static int print_version(struct settings *s, char *value, struct err *e)
{
    printf("rung-worker %s\n", RUNG_VERSION);
    exit(0);
}

static int print_help(struct settings *s, char *value, struct err *e);

// clang-format off
static const struct {
    const char *name, *value; /* of the value, in --help; NULL: none */
    int (*take)(struct settings *s, char *value, struct err *e);
    const char *help;
} options[] = {
    { "connect",        "ADDRESS", take_connect,        "the coordinator: ipc://PATH, or tcp://HOST:PORT" },
    { "join",           "TOKEN",   take_join,           "or an invitation (-: from stdin); kept for next time" },
    { "key",            "FILE",    take_key,            "its key (default: $RUNG_KEY, ~/.config/rung/worker.key)" },
    { "server-key",     "KEY",     take_server_key,     "the coordinator's: 40 letters, or a file" },
    { "slots",          "N",       take_slots,          "trials to run at once (default: one a GPU, or a core)" },
    { "dir",            "DIR",     take_dir,            "where results wait (default: ~/.local/state/rung/worker)" },
    { "name",           "NAME",    take_name,           "what people see (default: the machine's name)" },
    { "allow-commands", "NAMES",   take_allow_commands, "that campaigns may run: python3,/opt/bin/ (none)" },
    { "gpus",           "IDS",     take_gpus,           "0,1: CUDA_VISIBLE_DEVICES of commands, by slot" },
    { "memory",         "SIZE",    take_memory,         "for all slots together (default: the machine's)" },
    { "cache",          "DIR",     take_cache,          "of data and files, for all workers (~/.cache/rung)" },
    { "cache-size",     "SIZE",    take_cache_size,     "what it may take beyond what is in use (default: 20GiB)" },
    { "idle-exit",      "SECONDS", take_idle_exit,      "leave after so long without work" },
    { "log-level",      "LEVEL",   take_log_level,      "error, warning, info (default) or debug" },
    { "version",        NULL,      print_version,       "print the version" },
    { "help",           NULL,      print_help,          "print this" },
};
// clang-format on

#define N_OPTIONS (sizeof options / sizeof *options)

static int print_help(struct settings *s, char *value, struct err *e)
{
    puts("Usage: rung-worker [--connect ADDRESS | --join TOKEN] [OPTION]...\n"
         "Joins a coordinator, runs trials for it, and delivers what they achieve.\n");
    for (size_t i = 0; i < N_OPTIONS; i++) {
        char left[48];
        snprintf(left, sizeof left, "--%s%s%s", options[i].name, options[i].value ? " " : "",
            options[i].value ? options[i].value : "");
        printf("  %-20s %s\n", left, options[i].help);
    }
    puts("\nSIGTERM or SIGINT: trials are asked to stop and handed back; a second one kills\nthem. SIGUSR1 only asks.");
    exit(0);
}

static int read_options(int argc, char **argv, struct settings *s, struct err *e)
{
    struct option list[N_OPTIONS + 1] = { 0 };
    int chosen, index;
    for (size_t i = 0; i < N_OPTIONS; i++)
        list[i] =
            (struct option){ .name = options[i].name, .has_arg = options[i].value ? required_argument : no_argument };
    opterr = 0;
    while ((chosen = getopt_long(argc, argv, "", list, &index)) == 0)
        if (options[index].take(s, optarg, e) < 0)
            return -1;
    if (chosen != -1)
        return err_set(
            e, ERR_USAGE, "%s: no such option, or its value is missing; --help lists them", argv[optind - 1]);
    if (optind < argc)
        return err_set(e, ERR_USAGE, "%s: only options are expected; --help lists them", argv[optind]);
    return 0;
}

/* ---- what they leave open ---- */

static int choose_directory(struct str *out, struct err *e)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && *state == '/')
        str_addf(out, "%s/rung/worker", state);
    else if (home && *home == '/')
        str_addf(out, "%s/.local/state/rung/worker", home);
    else
        return err_set(e, ERR_USAGE, "neither XDG_STATE_HOME nor HOME is set: say --dir DIR");
    return 0;
}

static int run(struct settings *s, int *status, struct err *e)
{
    struct address address;
    struct credential credential = { 0 };
    struct str directory = { 0 };
    if (!s->app.directory && choose_directory(&directory, e) < 0)
        return -1;
    if (!s->app.directory)
        s->app.directory = str_text(&directory);
    s->join.directory = s->app.directory;
    s->app.address = &address;
    s->app.credential = &credential;
    int r = join_find(&s->join, &address, &credential, e);
    if (r == 0)
        r = app_run(&s->app, status, e);
    credential_wipe(&credential);
    str_deinit(&directory);
    return r;
}

int main(int argc, char **argv)
{
    if (argc > 1 && str_equal(argv[1], SLOT_ARGUMENT))
        return supervisor_main(argc, argv);
    struct settings s = { .app = { .cache_bytes = INT64_C(20) << 30, .memory_bytes = system_memory_bytes() },
        .level = LOG_INFO };
    struct err e = { 0 };
    int status = 0;
    int r = read_options(argc, argv, &s, &e);
    log_open("rung-worker", s.level);
    if (s.app.slots == 0)
        s.app.slots = s.app.gpus ? launch_count_gpus(s.app.gpus) : system_cores();
    if (r == 0)
        r = run(&s, &status, &e);
    if (r == 0)
        return status;
    log_error("%s", e.text);
    return err_exit_status(e.code);
}
