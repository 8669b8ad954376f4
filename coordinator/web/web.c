#include "coordinator/web/web.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/io/system.h"
#include "coordinator/bridge/status.h"
#include "coordinator/web/files.h"
#include "coordinator/web/routes.h"
#include "coordinator/web/stream.h"
#include "coordinator/web/web_state.h"

#define CONNECTIONS 192
#define MAX_BODY (64 << 10)
#define ANYWHERE "127.0.0.1:0"

/* Nothing but the page's own files and answers; no inline script or style. */
#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src "     \
    "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const struct hub *web_hub(const struct web *w)
{
    return w->options.hub(w->options.context);
}

void web_put_status(const struct web *w, const char *campaign, struct str *json)
{
    struct str trouble = { 0 };
    w->options.describe_trouble(w->options.context, &trouble);
    status_put(web_hub(w), campaign, trouble.len ? trouble.text : NULL, system_monotonic_ms(), json);
    str_deinit(&trouble);
}

/* ---- the page ---- */

static void answer_text(
    struct http_call *http, unsigned status, const char *header, const char *value, const char *text)
{
    struct http_answer a = { .status = status,
        .type = "text/plain; charset=utf-8",
        .fixed = text,
        .fixed_len = strlen(text),
        .headers = { "X-Content-Type-Options", "nosniff", "Cache-Control", "no-store", header, value } };
    http_answer(http, &a);
}

static const struct file *find_file(const char *name)
{
    for (int i = 0; i < files_n; i++)
        if (strcmp(files_all[i].name, name) == 0)
            return &files_all[i];
    return NULL;
}

/* Whoever names encodings without gzip gets none: no browser does. */
static bool takes_gzip(struct http_call *http)
{
    const char *accepted = http_header(http, "Accept-Encoding");
    return !accepted || strstr(accepted, "gzip") || strchr(accepted, '*');
}

static void answer_file(struct http_call *http, const struct file *f)
{
    const char *known = http_header(http, "If-None-Match");
    bool is_known = known && strstr(known, f->etag);
    if (!takes_gzip(http)) {
        answer_text(http, 406, NULL, NULL, "this is there in gzip alone\n");
        return;
    }
    struct http_answer a = { .status = is_known ? 304 : 200,
        .type = f->type,
        .fixed = f->gzip,
        .fixed_len = is_known ? 0 : f->len,
        .headers = { "ETag", f->etag, "Cache-Control", "no-cache", "X-Content-Type-Options", "nosniff",
            "Content-Security-Policy", PAGE_POLICY, "Referrer-Policy", "no-referrer",
            is_known ? NULL : "Content-Encoding", "gzip" } };
    http_answer(http, &a);
}

/* "/page/KEY/NAME". */
static void answer_page(struct web *w, struct http_call *http, const struct target *t)
{
    static const char closed[] = "This is the page of a Rung, and `rung web` opens it: its address has a key.\n";
    const char *raw = http_target(http);
    bool is_read = strcmp(http_method(http), "GET") == 0 || strcmp(http_method(http), "HEAD") == 0;
    const struct file *f = t->n_segments <= 3 ? find_file(t->n_segments == 3 ? t->segments[2] : "index.html") : NULL;
    if (!is_read)
        answer_text(http, 405, "Allow", "GET, HEAD", "the page is only read\n");
    else if (t->n_segments < 2 || !guard_is_key(&w->secrets, t->segments[1]))
        answer_text(http, 401, "WWW-Authenticate", "Bearer realm=\"rung\"", closed);
    else if (!f || t->n_params)
        answer_text(http, 404, NULL, NULL, "there is no such file\n");
    else if (t->n_segments == 2 && raw[strlen(raw) - 1] != '/') {
        struct str place = { 0 };
        str_addf(&place, "/page/%s/", w->secrets.key);
        answer_text(http, 308, "Location", place.text, "it is a directory\n");
        str_deinit(&place);
    } else
        answer_file(http, f);
}

/* ---- answers that are read outside the loop ---- */

static void on_read(struct reader_job *job)
{
    struct call *c = (struct call *)job;
    FILE *out = open_memstream(&c->text, &c->len);
    c->status = out ? c->route->read(c, out, &c->err) : err_set(&c->err, ERR_IO, "no memory");
    if (out)
        fclose(out);
}

static void answer_read(struct call *c)
{
    struct str name = { 0 };
    struct http_answer a = { .status = 200,
        .type = c->route->type ? c->route->type : "application/json",
        .headers = { "Cache-Control", "no-store", "X-Content-Type-Options", "nosniff", "Content-Security-Policy",
            "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy", "no-referrer" } };
    if (c->status < 0) {
        call_refuse(c->http, call_status_of(c->err.code), NULL, &c->err);
    } else if (c->fd >= 0) {
        str_addf(&name, "attachment; filename=\"%s\"", c->name);
        a.headers[8] = "Content-Disposition";
        a.headers[9] = name.text;
        http_answer_file(c->http, c->fd, c->fd_bytes, a.headers);
        c->fd = -1;
    } else {
        a.body = (struct str){ c->text, c->len, c->len };
        c->text = NULL;
        http_answer(c->http, &a);
    }
    str_deinit(&name);
}

static void free_call(struct call *c)
{
    if (c->fd >= 0)
        close(c->fd);
    free(c->text);
    free(c);
}

static void on_read_done(struct reader_job *job)
{
    struct call *c = (struct call *)job, **at = &c->web->calls;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    if (c->http && c->job.has_run)
        answer_read(c);
    free_call(c);
}

static int read_outside(struct call *c, struct err *e)
{
    c->job.run = on_read;
    c->job.done = on_read_done;
    if (!reader_add(&c->web->reader, &c->job))
        return err_set(e, ERR_BUSY, "too much is asked at once; ask again in a moment");
    c->next = c->web->calls;
    c->web->calls = c;
    return 0;
}

/* ---- requests ---- */

/* 0, or the status that says no, with e. */
static unsigned judge(struct call *c, const char **methods, struct err *e)
{
    const char *method = http_method(c->http), *type = http_header(c->http, "Content-Type");
    bool is_known = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "POST") == 0;
    c->role = guard_role_of(&c->web->secrets, http_header(c->http, "Authorization"));
    if (c->role == GUARD_NOBODY)
        return err_set(e, ERR_REFUSED, "a token is needed: Authorization: Bearer TOKEN"), 401;
    c->route = routes_find(&c->target, method, methods);
    if (!c->route && !*methods && !is_known)
        *methods = "GET, HEAD, POST";
    if (!c->route && *methods)
        return err_set(e, ERR_INVALID, "%s is all that is here", *methods), 405;
    if (!c->route)
        return err_set(e, ERR_NOT_FOUND, "nothing is there; schemas/api.openapi.json lists what is"), 404;
    if (c->role < c->route->role)
        return err_set(e, ERR_REFUSED, "a viewer may look, and not steer"), 403;
    if (http_body(c->http)->len && strcmp(method, "POST") != 0)
        return err_set(e, ERR_INVALID, "a %s has no body", method), 400;
    if (http_body(c->http)->len && (!type || !str_starts(type, "application/json")))
        return err_set(e, ERR_INVALID, "Content-Type: application/json is expected"), 415;
    return target_check_params(&c->target, c->route->params, e) < 0 ? 400 : 0;
}

/* The call is done with, or is being read for. */
static bool answer(struct call *c)
{
    struct err e = { 0 };
    const char *allow = NULL;
    unsigned status = judge(c, &allow, &e);
    if (status) {
        call_refuse(c->http, status, status == 405 ? allow : NULL, &e);
        return true;
    }
    int failed = c->route->read ? read_outside(c, &e) : c->route->answer(c, &e);
    if (failed)
        call_refuse(c->http, call_status_of(e.code), NULL, &e);
    return failed || !c->route->read;
}

static void on_call(void *context, struct http_call *http)
{
    struct web *w = context;
    struct err e = { 0 };
    struct call *c = mem_zalloc(1, sizeof *c);
    *c = (struct call){ .web = w, .http = http, .fd = -1, .store = w->options.store, .blobs = w->options.blobs };
    bool is_done = true;
    if (guard_check_place(
            http_header(http, "Host"), http_header(http, "Origin"), http_header(http, "Sec-Fetch-Site"), &e) < 0)
        call_refuse(http, 403, NULL, &e);
    else if (target_parse(http_target(http), &c->target, &e) < 0)
        call_refuse(http, e.code == ERR_LIMIT ? 414 : 400, NULL, &e);
    else if (c->target.n_segments == 0 || str_equal(c->target.segments[0], "page"))
        answer_page(w, http, &c->target);
    else
        is_done = answer(c);
    if (is_done)
        free_call(c);
}

/* ---- life ---- */

static struct http *listen_at(struct web *w, const char *address, struct err *e)
{
    const struct http_options options = {
        .address = address, .connections = CONNECTIONS, .max_body = MAX_BODY, .take = on_call, .context = w
    };
    return http_open(w->loop, &options, e);
}

/* Where it was last, so that pages that are open find it again; else anywhere. */
static struct http *listen_somewhere(struct web *w, struct err *e)
{
    struct str last = { 0 };
    struct err ignored = { 0 };
    struct http *http =
        secrets_read_address(w->options.store, &last, &ignored) == 0 ? listen_at(w, last.text, &ignored) : NULL;
    str_deinit(&last);
    return http ? http : listen_at(w, ANYWHERE, e);
}

struct web *web_open(uv_loop_t *loop, const struct web_options *options, struct err *e)
{
    struct web *w = mem_zalloc(1, sizeof *w);
    w->options = *options;
    w->loop = w->reader.loop = loop;
    if (secrets_prepare(options->store, &w->secrets, e) == 0)
        w->http = options->address ? listen_at(w, options->address, e) : listen_somewhere(w, e);
    if (!w->http || secrets_write_address(options->store, http_address(w->http), e) < 0) {
        http_close(w->http);
        free(w);
        return NULL;
    }
    streams_open(w);
    return w;
}

void web_close(struct web *w)
{
    if (!w || !w->http)
        return;
    for (struct call *c = w->calls; c; c = c->next)
        c->http = NULL; /* the server answers for it */
    streams_close(w);
    reader_close(&w->reader);
    http_close(w->http);
    w->http = NULL;
}

void web_free(struct web *w)
{
    free(w);
}

const char *web_address(const struct web *w)
{
    return http_address(w->http);
}
