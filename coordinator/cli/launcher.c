#include "coordinator/cli/launcher.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/io/files.h"
#include "common/proto/json.h"

#define WORDS (24 + LAUNCH_WORDS) /* of a launcher's command line, with the NULL behind */

/* ---- where they are ---- */

/* Directories, each ended by ':'. */
static int list_places(struct str *places, struct err *e)
{
    const char *said = getenv("RUNG_LAUNCHERS"), *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    struct str self = { 0 };
    if (file_self_directory(&self, e) < 0)
        return -1;
    if (said && *said)
        str_addf(places, "%s:", said);
    if (config && *config == '/')
        str_addf(places, "%s/rung/launchers:", config);
    else if (home && *home == '/')
        str_addf(places, "%s/.config/rung/launchers:", home);
    str_addf(places, "/etc/rung/launchers:%s/deploy/launchers:%s/../libexec/rung/launchers:", str_text(&self),
        str_text(&self));
    str_deinit(&self);
    return 0;
}

/* Adds the names of the programs in a directory to the list, without those that are in it; what has a dot is a
 * program's part. */
static void add_names(const char *place, struct str *names)
{
    DIR *directory = opendir(place);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        struct str path = { 0 }, name = { 0 };
        str_addf(&path, "%s/%s", place, entry->d_name);
        str_addf(&name, " %s,", entry->d_name);
        bool is_program = !strchr(entry->d_name, '.') && access(path.text, X_OK) == 0;
        if (is_program && !strstr(str_text(names), name.text))
            str_add(names, name.text);
        str_deinit(&path);
        str_deinit(&name);
    }
    if (directory)
        closedir(directory);
}

static bool is_there(const char *place, const char *name, struct str *path)
{
    struct str full = { 0 };
    str_addf(&full, "%s/%s", place, name);
    bool found = access(full.text, X_OK) == 0;
    if (found)
        str_add(path, full.text);
    str_deinit(&full);
    return found;
}

int launcher_find(const char *name, struct str *path, struct err *e)
{
    struct str places = { 0 }, names = { 0 };
    bool is_name = *name && !strpbrk(name, "./") && strlen(name) <= LIMIT_NAME, is_found = false;
    if (list_places(&places, e) < 0)
        return -1;
    char *rest = places.text;
    for (char *place; !is_found && (place = strsep(&rest, ":"));) {
        is_found = is_name && *place && is_there(place, name, path);
        add_names(place, &names);
    }
    if (!is_found)
        err_set(e, ERR_NOT_FOUND, "there is no launcher \"%s\"; there are:%.*s", name,
            (int)(names.len ? names.len - 1 : 0), str_text(&names));
    str_deinit(&places);
    str_deinit(&names);
    return is_found ? 0 : -1;
}

/* ---- calling one ---- */

struct call {
    char *words[WORDS]; /* owned */
    int n;
};

static void add(struct call *c, const char *word)
{
    assert(c->n + 1 < WORDS);
    c->words[c->n++] = mem_strdup(word);
}

static void add_text(struct call *c, const char *option, const char *value)
{
    if (*value) {
        add(c, option);
        add(c, value);
    }
}

static void add_number(struct call *c, const char *option, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    add_text(c, option, text);
}

static int make_call(struct call *c, const struct launch_plan *p, const char *verb, struct err *e)
{
    struct str path = { 0 }, worker = { 0 };
    int status = launcher_find(p->launcher, &path, e) < 0 || file_self_directory(&worker, e) < 0 ? -1 : 0;
    if (status == 0) {
        str_add(&worker, "/rung-worker");
        add(c, path.text);
        add(c, verb);
        add_text(c, "--campaign", p->campaign);
        add_text(c, "--state", str_text(&p->directory));
        add_text(c, "--connect", str_text(&p->address));
        add_text(c, "--worker", worker.text);
        add_number(c, "--workers", p->n_workers);
        add_number(c, "--slots", p->slots);
        add_number(c, "--idle-exit", p->idle_exit_s);
        add_text(c, "--key", str_text(&p->key));
        add_text(c, "--hosts", str_text(&p->hosts));
        if (p->is_copied)
            add(c, "--copy");
        add_text(c, "--allow-commands", str_text(&p->commands));
        add(c, "--");
        for (int i = 0; i < p->n_words; i++)
            add(c, str_text(&p->words[i]));
    }
    str_deinit(&path);
    str_deinit(&worker);
    return status;
}

static void end_call(struct call *c)
{
    for (int i = 0; i < c->n; i++)
        free(c->words[i]);
}

/* `out` takes its standard output; -1: ours. Returns its process, or -1 with e. */
static pid_t start(struct call *c, int out, struct err *e)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        int null_fd = open("/dev/null", O_RDONLY);
        if (null_fd >= 0 && dup2(null_fd, 0) >= 0 && (out < 0 || dup2(out, 1) >= 0))
            execv(c->words[0], c->words);
        _exit(127);
    }
    return pid < 0 ? err_set_errno(e, "start %s", c->words[0]) : pid;
}

static int wait_for(pid_t pid, const struct call *c, struct err *e)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_set_errno(e, "wait for %s", c->words[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return err_set(e, ERR_IO, "%s %s ends with %s %d", c->words[0], c->words[1],
        WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static const char *text_of(json_value root, const char *key)
{
    json_value v = json_get(root, key);
    return v && json_type(v) == JSON_TEXT ? json_text(v) : "";
}

static int take_line(const char *line, size_t len, void (*on_member)(void *context, const struct launcher_member *m),
    void *context, struct err *e)
{
    const char *worker, *state;
    struct json_doc *doc = json_parse(line, len, e);
    int status = !doc || json_want_text(json_root(doc), "worker", &worker, e) < 0 ||
                         json_want_text(json_root(doc), "state", &state, e) < 0
                     ? err_prefix(e, "a line of the launcher's answer")
                     : 0;
    if (status == 0)
        on_member(context, &(struct launcher_member){ worker, state, text_of(json_root(doc), "where"),
                               text_of(json_root(doc), "id"), text_of(json_root(doc), "text") });
    json_free(doc);
    return status;
}

static int read_answer(
    FILE *answer, void (*on_member)(void *context, const struct launcher_member *m), void *context, struct err *e)
{
    char *line = NULL;
    size_t cap = 0;
    int status = 0;
    for (ssize_t len; (len = getline(&line, &cap, answer)) > 0;) {
        if (line[len - 1] == '\n')
            len--;
        if (status == 0 && len > 0) /* after a bad line the rest is read and left, so that the launcher can end */
            status = take_line(line, (size_t)len, on_member, context, e);
    }
    free(line);
    return status;
}

int launcher_call(const struct launch_plan *plan, const char *verb,
    void (*on_member)(void *context, const struct launcher_member *m), void *context, struct err *e)
{
    struct call c = { 0 };
    int ends[2], status = make_call(&c, plan, verb, e);
    if (status == 0 && pipe2(ends, O_CLOEXEC) < 0)
        status = err_set_errno(e, "open a pipe");
    if (status == 0) {
        pid_t pid = start(&c, ends[1], e);
        close(ends[1]);
        FILE *answer = fdopen(ends[0], "r");
        status = pid < 0 ? -1 : read_answer(answer, on_member, context, e);
        fclose(answer);
        if (pid > 0 && wait_for(pid, &c, status == 0 ? e : NULL) < 0)
            status = -1;
    }
    end_call(&c);
    return status;
}

int launcher_print_logs(const struct launch_plan *plan, struct err *e)
{
    struct call c = { 0 };
    int status = make_call(&c, plan, "logs", e);
    pid_t pid = status == 0 ? start(&c, -1, e) : -1;
    status = pid < 0 ? -1 : wait_for(pid, &c, e);
    end_call(&c);
    return status;
}
