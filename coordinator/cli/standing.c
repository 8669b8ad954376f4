#include "coordinator/cli/standing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io/address.h"
#include "common/io/files.h"
#include "common/io/system.h"
#include "common/proto/json.h"
#include "coordinator/cli/child.h"
#include "coordinator/cli/errand.h"
#include "coordinator/cli/interrupt.h"

#define MODE 0700
#define ANSWER_MS 300
#define END_MS 10000
#define FILE_BYTES 4096

/* ---- what was started ---- */

struct standing {
    int64_t pid;
    struct str listen; /* empty: on this machine alone */
};

static void add_file(const char *store, struct str *path)
{
    str_addf(path, "%s/coordinator.json", store);
}

static int save(const char *store, const struct standing *s, struct err *e)
{
    struct str path = { 0 }, json = { 0 };
    json_open_object(&json);
    json_add_int(&json, "pid", s->pid);
    json_add_text(&json, "listen", str_text(&s->listen));
    json_close_object(&json);
    str_add_char(&json, '\n');
    add_file(store, &path);
    int status = file_write(path.text, json.text, json.len, 0600, e);
    str_deinit(&path);
    str_deinit(&json);
    return status;
}

/* 1: `out` (to be emptied) says what was started; 0: nothing ever was; -1 with e. */
static int load(const char *store, struct standing *out, struct err *e)
{
    struct str path = { 0 }, text = { 0 };
    struct json_doc *doc = NULL;
    const char *listen;
    int status = 0;
    add_file(store, &path);
    if (access(path.text, F_OK) == 0) {
        status = file_read(path.text, FILE_BYTES, &text, e);
        doc = status == 0 ? json_parse(text.text, text.len, e) : NULL;
        status = doc && json_want_int(json_root(doc), "pid", &out->pid, e) == 0 &&
                         json_want_text(json_root(doc), "listen", &listen, e) == 0
                     ? 1
                     : err_prefix(e, "%s", path.text);
        if (status > 0)
            str_add(&out->listen, listen);
    }
    json_free(doc);
    str_deinit(&text);
    str_deinit(&path);
    return status;
}

/* ---- start ---- */

/* In a session of its own, so that a terminal that closes does not end it. */
static int spawn(const struct child *c, pid_t *pid, struct err *e)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, c->log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    errno = posix_spawn(pid, c->words[0], &files, &how, c->words, environ);
    int status = errno ? err_set_errno(e, "start %s", c->words[0]) : 0;
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return status;
}

static int start(
    const char *store, const struct address *own, const char *listen, const char *log, pid_t *pid, struct err *e)
{
    struct str program = { 0 }, directory = { 0 }, idle = { 0 };
    struct child c = { 0 };
    str_addf(&directory, "%s/log", store);
    str_addf(&idle, "%d", STANDING_IDLE_S);
    int status = file_self_directory(&program, e);
    if (status == 0)
        status = file_make_directory(directory.text, MODE, e);
    str_add(&program, "/rungd");
    child_init(&c,
        (const char *const[]){ program.text, "--store", store, "--idle-exit", idle.text, "--listen", own->text,
            listen ? "--listen" : NULL, listen, NULL },
        log);
    if (status == 0)
        status = spawn(&c, pid, e);
    child_deinit(&c);
    str_deinit(&program);
    str_deinit(&directory);
    str_deinit(&idle);
    return status;
}

/* Until it has answered, or ended. */
static int await(struct client *c, pid_t pid, const char *log, struct err *e)
{
    struct str json = { 0 };
    struct err unanswered;
    int exit_status, status = -1;
    client_set_patience(c, ANSWER_MS);
    while (status < 0 && waitpid(pid, &exit_status, WNOHANG) == 0)
        if ((status = client_status(c, NULL, &json, &unanswered)) < 0 && unanswered.code != ERR_UNREACHABLE)
            break;
    if (status < 0) {
        struct str tail = { 0 };
        child_add_tail(log, &tail);
        err_set(e, ERR_IO, "the coordinator does not come up, and says in %s%s", log, str_text(&tail));
        str_deinit(&tail);
    }
    client_set_patience(c, CLIENT_PATIENCE_MS);
    str_deinit(&json);
    return status;
}

static struct client *start_and_await(const char *store, const struct address *own, const char *listen, struct err *e)
{
    struct str log = { 0 };
    struct client *c = NULL;
    pid_t pid;
    str_addf(&log, "%s/log/rungd.log", store);
    struct standing s = { 0 };
    str_add(&s.listen, listen ? listen : "");
    if (start(store, own, listen, log.text, &pid, e) == 0 && (c = client_open(own->text, NULL, e))) {
        s.pid = pid;
        if (save(store, &s, e) < 0 || await(c, pid, log.text, e) < 0) {
            client_close(c);
            c = NULL;
        }
    }
    str_deinit(&s.listen);
    str_deinit(&log);
    return c;
}

struct client *standing_open(const char *store, const char *listen, bool *is_new, struct err *e)
{
    struct address own;
    if (file_make_directory(store, MODE, e) < 0 || address_for_store(store, getenv("XDG_RUNTIME_DIR"), &own, e) < 0)
        return NULL;
    *is_new = !errand_is_served(store);
    return *is_new ? start_and_await(store, &own, listen, e) : client_open(own.text, NULL, e);
}

/* ---- ask, end ---- */

/* 1: the coordinator that serves the store is the one that was started here. */
static int find(const char *store, struct standing *s, struct err *e)
{
    struct str lock = { 0 }, holder = { 0 };
    int status = load(store, s, e);
    str_addf(&lock, "%s/rungd.lock", store);
    if (status > 0)
        status = errand_is_served(store) && file_read(lock.text, 64, &holder, e) == 0 &&
                 strtoll(str_text(&holder), NULL, 10) == s->pid;
    str_deinit(&lock);
    str_deinit(&holder);
    return status;
}

int standing_address(const char *store, struct str *address, struct err *e)
{
    struct standing s = { 0 };
    int status = find(store, &s, e);
    if (status > 0)
        str_add(address, str_text(&s.listen));
    str_deinit(&s.listen);
    return status < 0 ? -1 : 0;
}

static int count_campaigns(const char *store, size_t *n, struct err *e)
{
    struct address own;
    struct str json = { 0 };
    struct json_doc *doc = NULL;
    struct client *c =
        address_for_store(store, getenv("XDG_RUNTIME_DIR"), &own, e) == 0 ? client_open(own.text, NULL, e) : NULL;
    if (c && client_status(c, NULL, &json, e) == 0 && (doc = json_parse(json.text, json.len, e)))
        *n = json_len(json_get(json_root(doc), "campaigns"));
    int status = doc ? 0 : -1;
    json_free(doc);
    str_deinit(&json);
    client_close(c);
    return status;
}

int standing_end_when_idle(const char *store, struct err *e)
{
    struct standing s = { 0 };
    size_t n = 0;
    int status = find(store, &s, e);
    if (status > 0)
        status = count_campaigns(store, &n, e) < 0 ? -1 : n == 0;
    if (status > 0 && kill((pid_t)s.pid, SIGTERM) < 0)
        status = err_set_errno(e, "end the coordinator, process %lld", (long long)s.pid);
    for (int64_t end_ms = system_monotonic_ms() + END_MS; status > 0 && errand_is_served(store);) {
        if (system_monotonic_ms() > end_ms)
            status = err_set(e, ERR_BUSY, "the coordinator, process %lld, does not end", (long long)s.pid);
        interrupt_sleep(10);
    }
    str_deinit(&s.listen);
    return status;
}
