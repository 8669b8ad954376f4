#include "coordinator/cli/export.h"

#include <string.h>

#include "common/io/system.h"
#include "coordinator/ask/archive.h"
#include "coordinator/cli/interrupt.h"
#include "coordinator/cli/screen.h"
#include "coordinator/exchange/export.h"
#include "coordinator/exchange/place.h"

#define SAY_AFTER_MS 700 /* a short export needs no bar */
#define SAY_EVERY_MS 200
#define LINE_EVERY_MS 5000 /* where there is no terminal */
#define BAR_COLUMNS 30

static const struct form {
    const char *name;
    int (*write)(const struct takeout *t, const char *path, struct err *e);
    bool is_directory;
    const char *next; /* a command that opens it, but for the path */
} forms[] = {
    { "csv", export_csv, false, "" },
    { "optuna", export_optuna, false, "optuna-dashboard sqlite:///" },
    { "tensorboard", export_tensorboard, true, "tensorboard --logdir " },
    { "html", export_html, false, "" },
};
#define N_FORMS (sizeof forms / sizeof *forms)

static const struct form *find_form(const char *name, struct err *e)
{
    const char *names[N_FORMS];
    for (size_t i = 0; i < N_FORMS; i++) {
        if (str_equal(forms[i].name, name))
            return &forms[i];
        names[i] = forms[i].name;
    }
    const char *nearest = name ? str_nearest(name, names, N_FORMS) : NULL;
    if (nearest)
        err_set(e, ERR_USAGE, "there is no format \"%s\"; is it %s?", name, nearest);
    else
        err_set(e, ERR_USAGE, "--format csv, optuna, tensorboard or html is needed");
    return NULL;
}

struct bar {
    struct screen screen;
    int64_t begun_ms, said_ms;
};

static int say(void *context, size_t done, size_t all, struct err *e)
{
    struct bar *b = context;
    int64_t now_ms = system_monotonic_ms();
    if (interrupt_count())
        return err_set(e, ERR_INTERRUPTED, "interrupted; nothing was written");
    if (now_ms - b->begun_ms < SAY_AFTER_MS || now_ms - b->said_ms < (b->screen.is_live ? SAY_EVERY_MS : LINE_EVERY_MS))
        return 0;
    b->said_ms = now_ms;
    struct str line = { 0 };
    int full = all ? (int)(done * BAR_COLUMNS / all) : 0;
    for (int i = 0; b->screen.is_live && i < BAR_COLUMNS; i++)
        str_add(&line, i < full ? (b->screen.is_utf8 ? "█" : "#") : b->screen.is_utf8 ? "░" : ".");
    str_addf(&line, "%s%zu of %zu trials\n", line.len ? " " : "", done, all);
    if (b->screen.is_live)
        screen_draw(&b->screen, str_text(&line));
    else
        fputs(str_text(&line), stderr);
    str_deinit(&line);
    return 0;
}

static int write_form(struct archive *a, const struct export_request *q, const struct form *form, struct err *e)
{
    struct bar bar = { .begun_ms = system_monotonic_ms() };
    struct takeout t = { 0 };
    struct place p = { 0 };
    const struct archived_campaign *c = a->campaigns;
    while (c->row.id != a->campaign)
        c++;
    screen_open(&bar.screen);
    if (place_open(&p, q->output, form->is_directory, q->is_forced, export_tensorboard_is_ours, e) < 0)
        return -1;
    int failed = takeout_open(&t, a->store, &c->row, &a->spec, &(struct takeout_progress){ say, &bar }, e) < 0 ||
                 form->write(&t, p.temporary, e) < 0 || place_commit(&p, e) < 0;
    if (bar.screen.is_live && bar.said_ms)
        screen_draw(&bar.screen, "");
    if (!failed)
        fprintf(stderr, "rung export: %zu trials of %s in %s%s%s%s\n", t.n, a->spec.name, p.path,
            *form->next ? "; next: " : "", form->next, *form->next ? p.path : "");
    takeout_close(&t);
    place_close(&p);
    return failed ? -1 : 0;
}

int cli_export(const struct export_request *q, struct err *e)
{
    struct archive a;
    const struct form *form = find_form(q->format, e);
    if (!form)
        return -1;
    if (!q->output || !*q->output)
        return err_set(e, ERR_USAGE, "--output PATH is needed: a %s", form->is_directory ? "directory" : "file");
    if (archive_open(&a, &q->about, e) < 0)
        return -1;
    interrupt_watch();
    int failed = write_form(&a, q, form, e);
    archive_close(&a);
    return failed;
}
