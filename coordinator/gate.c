#include "coordinator/gate.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/io/allow_list.h"
#include "common/io/files.h"
#include "common/io/key_home.h"
#include "common/io/system.h"
#include "common/io/zap.h"

#define LOOK_MS 1000      /* how often a change of a file in place is looked for */
#define COMPLAIN_MS 10000 /* how often a stranger is worth a line */
#define WARN_MS 60000     /* how often --insecure is */

struct gate {
    const struct gate_options *options;
    struct key server;
    struct allow_list *allowed;
    struct zap *zap;
    char *published; /* the file that says where rungd listens; NULL: none */
    uv_timer_t look, warn;
    int64_t complained_ms;
    uint64_t n_strangers; /* since then */
    uint64_t looked_ms;   /* of the loop: when the list was last looked at */
    uv_loop_t *loop;
    int n_timers; /* that the loop has still to close */
};

bool gate_guards(const struct gate_options *options, const struct address *a)
{
    return a->kind == ADDRESS_TCP && !options->is_insecure && (options->key || !address_is_local(a));
}

/* ---- strangers ---- */

static void complain(struct gate *g, const char *public_key, const char *address)
{
    int64_t now_ms = system_monotonic_ms();
    g->n_strangers++;
    if (g->complained_ms && now_ms - g->complained_ms < COMPLAIN_MS)
        return;
    log_warn("not let in: key %s from %s (%llu since the last such line); rung allow would", public_key, address,
        (unsigned long long)g->n_strangers);
    g->complained_ms = now_ms;
    g->n_strangers = 0;
}

/* At most once a turn of the loop, since that is as often as messages come. */
static void look(struct gate *g)
{
    uint64_t now_ms = uv_now(g->loop);
    if (now_ms == g->looked_ms)
        return;
    g->looked_ms = now_ms;
    allow_list_refresh(g->allowed, false);
}

static bool on_question(void *context, const char *public_key, const char *address)
{
    struct gate *g = context;
    look(g);
    const struct key *k = allow_list_find(g->allowed, public_key);
    if (!k)
        complain(g, public_key, address);
    else
        log_info("%s %s comes in from %s", role_name(k->role), k->name, address);
    return k != NULL;
}

bool gate_admit(struct gate *g, uint64_t peer, const char *user, struct sender *out)
{
    *out = (struct sender){ .peer = peer, .role = ROLE_OPERATOR };
    if (!*user)
        return true;
    if (!g->allowed)
        return false;
    look(g);
    const struct key *k = allow_list_find(g->allowed, user);
    if (!k)
        return false;
    out->role = k->role;
    str_copy(out->key, sizeof out->key, user);
    return true;
}

/* ---- start and end ---- */

static void on_look(uv_timer_t *timer)
{
    struct gate *g = timer->data;
    if (allow_list_refresh(g->allowed, true))
        log_info("%zu keys may come in now", allow_list_n(g->allowed));
}

static void on_warn(uv_timer_t *timer)
{
    log_warn("--insecure: EVERYBODY who reaches the port may stop campaigns, read results and run as a worker; "
             "without that option only invited keys are heard");
}

static void begin(struct gate *g, uv_timer_t *timer, uv_timer_cb callback, uint64_t first_ms, uint64_t each_ms)
{
    uv_timer_init(g->loop, timer);
    timer->data = g;
    g->n_timers++;
    uv_timer_start(timer, callback, first_ms, each_ms);
}

static int open_list(struct gate *g, struct err *e)
{
    struct str path = { 0 };
    if (g->options->allowed)
        str_add(&path, g->options->allowed);
    else
        key_home_allowed(g->options->store_dir, &path);
    int status = g->options->allowed ? 0 : file_make_directory(path.text, 0700, e);
    if (status == 0)
        g->allowed = allow_list_open(path.text);
    str_deinit(&path);
    return status;
}

/* Not there yet when the server's key lies elsewhere. */
static int make_keys_directory(const struct gate *g, struct err *e)
{
    struct str path = { 0 };
    str_addf(&path, "%s/keys", g->options->store_dir);
    int status = file_make_directory(path.text, 0700, e);
    str_deinit(&path);
    return status;
}

struct gate *gate_open(
    struct zcontext *c, uv_loop_t *loop, const struct gate_options *options, bool has_guarded, struct err *e)
{
    struct gate *g = mem_zalloc(1, sizeof *g);
    *g = (struct gate){ .options = options, .loop = loop };
    if (!has_guarded) {
        if (options->is_insecure)
            begin(g, &g->warn, on_warn, 0, WARN_MS);
        return g;
    }
    int status = options->key ? key_read_secret(options->key, &g->server, e)
                              : key_home_server(options->store_dir, &g->server, e);
    if (status == 0 && g->server.role != ROLE_SERVER && g->server.role != ROLE_NONE)
        status = err_set(e, ERR_INVALID, "key %s is %s's: a coordinator needs one of its own: rung keygen server",
            options->key, role_word(g->server.role));
    if (status == 0 && options->key)
        status = make_keys_directory(g, e);
    if (status < 0 || open_list(g, e) < 0 || !(g->zap = zap_open(c, loop, on_question, g, e))) {
        gate_close(g);
        return NULL;
    }
    begin(g, &g->look, on_look, LOOK_MS, LOOK_MS);
    log_info("known by the key %s; %zu keys may come in", g->server.public_key, allow_list_n(g->allowed));
    return g;
}

int gate_publish(struct gate *g, const struct address *addresses, int n, struct err *e)
{
    struct str path = { 0 }, text = { 0 };
    for (int i = 0; i < n; i++)
        if (gate_guards(g->options, &addresses[i]))
            str_addf(&text, "%s\n", addresses[i].text);
    key_home_addresses(g->options->store_dir, &path);
    int status = text.len ? file_write(path.text, text.text, text.len, 0600, e) : 0;
    if (status == 0 && text.len)
        g->published = str_take(&path);
    str_deinit(&path);
    str_deinit(&text);
    return status;
}

static void destroy(struct gate *g)
{
    allow_list_close(g->allowed);
    key_wipe(&g->server);
    free(g->published);
    free(g);
}

static void on_closed(uv_handle_t *handle)
{
    struct gate *g = handle->data;
    if (--g->n_timers == 0)
        destroy(g);
}

void gate_close(struct gate *g)
{
    if (!g)
        return;
    zap_close(g->zap);
    g->zap = NULL;
    if (g->published)
        unlink(g->published);
    if (g->n_timers == 0) {
        destroy(g);
        return;
    }
    uv_close((uv_handle_t *)(g->look.data ? &g->look : &g->warn), on_closed);
}

const char *gate_secret_key(const struct gate *g)
{
    return g->server.secret_key;
}
