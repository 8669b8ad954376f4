#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "coordinator/ask/archive.h"

struct wanted_log {
    uint64_t lease;       /* 0: any */
    uint64_t found_lease; /* 0: none */
    bool is_running;
    char *text; /* owned; NULL: it kept none */
};

static int take_attempt(void *context, const struct attempt_row *row, struct err *e)
{
    struct wanted_log *w = (struct wanted_log *)context;
    if (w->lease ? row->lease != w->lease : w->found_lease && !row->log_tail)
        return 0;
    free(w->text);
    w->text = mem_strdup(row->log_tail);
    w->found_lease = row->lease;
    w->is_running = row->ended_ms == 0;
    return 0;
}

/* Line by line, so that a terminal obeys none of what a trial printed but ends of lines. */
static void add_log(const char *log, struct str *out)
{
    while (*log) {
        size_t len = strcspn(log, "\n");
        char *line = mem_strndup(log, len);
        for (char *c = line; *c; c++)
            *c = *c == '\t' ? ' ' : *c;
        view_text(out, line, (int)len);
        str_add_char(out, '\n');
        free(line);
        log += len + (log[len] == '\n');
    }
}

static int answer(struct archive *a, const char *word, struct wanted_log *w, FILE *out, struct err *e)
{
    struct archived_trial trial;
    struct str text = { 0 };
    if (archive_find(a, word, &trial, e) < 0 ||
        store_load_attempts(a->store, &(struct attempt_filter){ .trial = trial.row.id }, take_attempt, w, e) < 0)
        return -1;
    if (!w->found_lease)
        return w->lease ? err_set(e, ERR_NOT_FOUND, "trial %s has no attempt %llu", word, (unsigned long long)w->lease)
                        : err_set(e, ERR_NOT_FOUND, "trial %s has not been attempted yet", word);
    if (!w->text)
        return err_set(e, ERR_NOT_FOUND, "attempt %llu of trial %s %s", (unsigned long long)w->found_lease, word,
            w->is_running ? "is running: what it prints comes with its result" : "sent nothing that it printed");
    add_log(w->text, &text);
    return archive_print(&text, out, e);
}

int cli_logs(const struct asking *q, const char *trial, int64_t attempt, FILE *out, struct err *e)
{
    struct archive a;
    struct wanted_log w = { .lease = (uint64_t)attempt };
    if (archive_open(&a, q, e) < 0)
        return -1;
    int status = answer(&a, trial, &w, out, e);
    free(w.text);
    archive_close(&a);
    return status;
}
