#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "coordinator/ask/archive.h"
#include "coordinator/store/ask.h"

#define WORD_COLUMNS 10 /* of the word that a step begins with */

/* A step of the trial's story: a word, and sentences. Collected first, printed as text or JSON. */
struct story {
    struct archive *a;
    struct archived_trial trial;
    struct step {
        const char *word;
        char *text; /* owned */
    } * steps;
    size_t n, cap;
    struct str line; /* of the step that is being written */
    char *reason;    /* owned: of the last attempt that failed */
};

static void story_deinit(struct story *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->steps[i].text);
    free(s->steps);
    free(s->reason);
    str_deinit(&s->line);
}

/* Ends the step that stands in s->line. */
static void end_step(struct story *s, const char *word)
{
    s->steps = mem_grow(s->steps, s->n, &s->cap, sizeof *s->steps);
    s->steps[s->n++] = (struct step){ word, str_take(&s->line) };
}

/* ---- numbers in words ---- */

/* A loss as the objective's value: the search sees the negative of what is maximised. */
static void say_loss(struct story *s, double loss)
{
    view_number(&s->line, s->a->spec.goal == GOAL_MAXIMIZE ? -loss : loss);
}

static void say_count(struct story *s, int64_t n, const char *one, const char *many)
{
    str_addf(&s->line, "%lld %s", (long long)n, n == 1 ? one : many);
}

/* ---- proposed ---- */

static void say_enqueued(struct story *s, const struct search_decision *d)
{
    str_add(&s->line, "because somebody asked for it, by `enqueue` in the campaign file or by rung enqueue.");
}

static void say_grid(struct story *s, const struct search_decision *d)
{
    str_add(&s->line, "the next point of the grid.");
}

static void say_prior(struct story *s, const struct search_decision *d)
{
    str_add(&s->line, "at random, from the whole space");
    if (d->n_candidates > 1)
        str_addf(&s->line, "; draw %d was the first that is allowed and new", d->n_candidates);
    str_add_char(&s->line, '.');
}

static void say_model(struct story *s, const struct search_decision *d)
{
    str_add(&s->line, "by the model: ");
    if (d->score_rank > 1)
        str_addf(&s->line, "number %d of ", d->score_rank);
    else
        str_add(&s->line, "the best of ");
    say_count(s, d->n_candidates, "candidate", "candidates");
    str_addf(&s->line, " (score %.3g)", d->score);
    if (d->score_rank > 1)
        str_add(&s->line, ", as the better ones had been tried");
    str_addf(&s->line, ". It was built on the results at budget %lld: %d good, %d not",
        (long long)archive_budget(s->a, 0, d->model_rung), d->n_good, d->n_bad);
    if (d->n_pending)
        str_addf(&s->line, " (%d of those still running)", d->n_pending);
    str_add_char(&s->line, '.');
}

/* ---- promoted ---- */

static void say_place(struct story *s, const struct search_decision *d)
{
    str_addf(&s->line, "to budget %lld: place %d of %d at budget %lld with ", (long long)d->budget, d->rank,
        d->n_at_rung, (long long)archive_budget(s->a, d->bracket, d->rung - 1));
    say_loss(s, d->loss);
}

static void say_quota(struct story *s, const struct search_decision *d)
{
    say_place(s, d);
    str_add(&s->line, ". The line to pass was ");
    say_loss(s, d->line);
    str_add(&s->line, "; ");
    if (d->n_promoted)
        say_count(s, d->n_promoted, "trial", "trials");
    else
        str_add(&s->line, "none");
    str_add(&s->line, " had gone up before.");
}

static void say_endgame(struct story *s, const struct search_decision *d)
{
    say_place(s, d);
    str_add(&s->line, ". No new trial was allowed any more, so the best that waited went on.");
}

static void say_complete(struct story *s, const struct search_decision *d)
{
    say_place(s, d);
    str_add(&s->line, ". Its rung was complete, and the best of it went on; the last of them had ");
    say_loss(s, d->line);
    str_add_char(&s->line, '.');
}

/* clang-format off */
static const struct {
    const char *word;
    void (*say)(struct story *, const struct search_decision *);
} origins[] = {
    [SEARCH_ENQUEUED]      = { "proposed", say_enqueued },
    [SEARCH_GRID]          = { "proposed", say_grid },
    [SEARCH_PRIOR]         = { "proposed", say_prior },
    [SEARCH_MODEL]         = { "proposed", say_model },
    [SEARCH_QUOTA]         = { "promoted", say_quota },
    [SEARCH_ENDGAME]       = { "promoted", say_endgame },
    [SEARCH_RUNG_COMPLETE] = { "promoted", say_complete },
};
/* clang-format on */

static void say_list(struct story *s, const struct search_list *list, int n_all, int n_shown)
{
    for (int i = 0; i < list->n && i < n_shown; i++)
        str_addf(&s->line, "%s%u", i ? ", " : "", list->trials[i]);
    if (n_all > n_shown)
        str_add(&s->line, ", …");
}

/* What else was so; rows of older stores do not say it. */
static void say_moment(struct story *s, const struct decision_row *row)
{
    const struct search_decision *d = &row->decision;
    enum { SHOWN = 12 };
    if (d->best_first.n > 0) {
        str_add(&s->line, " The order there: ");
        say_list(s, &d->best_first, d->best_first.n, SHOWN);
        str_add_char(&s->line, '.');
    }
    if (d->n_running > 0) {
        str_addf(&s->line, " %s under way then: ", d->n_running == 1 ? "Trial" : "Trials");
        say_list(s, &d->running, d->n_running, SHOWN);
        str_add_char(&s->line, '.');
    } else if (d->n_running == 0) {
        str_add(&s->line, " No trial was under way then.");
    }
    str_addf(&s->line, " The last event that it saw was %llu.", (unsigned long long)row->saw);
}

static int take_decision(void *context, const struct decision_row *row, struct err *e)
{
    struct story *s = (struct story *)context;
    size_t origin = row->decision.origin;
    if (origin >= sizeof origins / sizeof *origins)
        return err_set(e, ERR_CORRUPT, "decision %llu has no origin", (unsigned long long)row->seq);
    origins[origin].say(s, &row->decision);
    if (*row->decision.note) {
        s->line.text[--s->line.len] = '\0'; /* the full stop, which goes behind the note */
        str_addf(&s->line, " (%s).", row->decision.note);
    }
    say_moment(s, row);
    end_step(s, origins[origin].word);
    return 0;
}

/* ---- what became of it ---- */

static int say_standing(struct story *s, struct err *e)
{
    const struct trial_row *t = &s->trial.row;
    struct store_standing at = { .worst = NAN };
    if (store_ask_standing(s->a->store, t->id, t->rung, &at, e) < 0)
        return -1;
    if (at.place == 0)
        return 0;
    str_addf(&s->line, " at budget %lld with ", (long long)t->reached);
    view_number(&s->line, t->value);
    str_addf(&s->line, ", place %lld of %lld there. ", (long long)at.place, (long long)at.n_at_rung);
    if (at.n_promoted == 0)
        str_add(&s->line, "None went on from there.");
    else {
        say_count(s, at.n_promoted, "went", "went");
        str_add(&s->line, " on from there, the last of them with ");
        view_number(&s->line, at.worst);
        str_add_char(&s->line, '.');
    }
    return 0;
}

static int say_paused(struct story *s, struct err *e)
{
    str_add(&s->line, "it waits");
    return say_standing(s, e);
}

static int say_stopped(struct story *s, struct err *e)
{
    if (isnan(s->trial.row.value)) {
        str_add(&s->line, "before it had a result, as the campaign ended.");
        return 0;
    }
    str_add(&s->line, "when the campaign ended: it was waiting");
    return say_standing(s, e);
}

static int say_queued(struct story *s, struct err *e)
{
    str_addf(&s->line, "it waits for a free slot, to go to budget %lld.",
        (long long)archive_budget(s->a, s->trial.row.bracket, s->trial.row.rung));
    return 0;
}

static int say_running(struct story *s, struct err *e)
{
    str_addf(&s->line, "to budget %lld, attempt %d.",
        (long long)archive_budget(s->a, s->trial.row.bracket, s->trial.row.rung), s->trial.row.n_attempts);
    return 0;
}

static int say_completed(struct story *s, struct err *e)
{
    str_addf(&s->line, "it reached budget %lld, all that the campaign gives a trial, with ",
        (long long)s->trial.row.reached);
    view_number(&s->line, s->trial.row.value);
    str_add_char(&s->line, '.');
    return 0;
}

static int say_failed(struct story *s, struct err *e)
{
    str_addf(&s->line, "%s. It counts as worst, and goes no further.", s->reason ? s->reason : "for no stated reason");
    return 0;
}

static int say_set_aside(struct story *s, struct err *e)
{
    str_addf(&s->line, "it was lost or stuck again and again (the last time: %s), so nothing is learned from it.",
        s->reason ? s->reason : "for no stated reason");
    return 0;
}

/* clang-format off */
static const struct {
    const char *word;
    int (*say)(struct story *, struct err *);
} ends[] = {
    [TRIAL_QUEUED]    = { "queued",    say_queued },
    [TRIAL_RUNNING]   = { "running",   say_running },
    [TRIAL_PAUSED]    = { "paused",    say_paused },
    [TRIAL_COMPLETED] = { "completed", say_completed },
    [TRIAL_STOPPED]   = { "stopped",   say_stopped },
    [TRIAL_FAILED]    = { "failed",    say_failed },
    [TRIAL_SET_ASIDE] = { "set aside", say_set_aside },
};
/* clang-format on */

static int take_attempt(void *context, const struct attempt_row *row, struct err *e)
{
    struct story *s = (struct story *)context;
    struct str reason = { 0 };
    if (row->ended_ms == 0 || str_equal(row->outcome, "reached") || str_equal(row->outcome, "handed_back"))
        return 0;
    str_addf(&reason, "%s%s%s", row->outcome, *row->reason ? ": " : "", row->reason);
    while (reason.len && strchr(".\n ", reason.text[reason.len - 1]))
        reason.text[--reason.len] = '\0';
    free(s->reason);
    s->reason = str_take(&reason);
    return 0;
}

/* A checkpoint that was dropped or lost. */
static int take_event(void *context, const struct event_row *row, struct err *e)
{
    struct story *s = (struct story *)context;
    if (row->kind != EVENT_CAMPAIGN || row->lease == 0)
        return 0;
    str_addf(&s->line, "after attempt %llu: %s.", (unsigned long long)row->lease, row->text);
    end_step(s, "dropped");
    return 0;
}

static int tell(struct story *s, const char *word, struct err *e)
{
    if (archive_find(s->a, word, &s->trial, e) < 0)
        return -1;
    const struct trial_row *t = &s->trial.row;
    if (store_ask_decisions(s->a->store, t->id, take_decision, s, e) < 0 ||
        store_load_attempts(s->a->store, &(struct attempt_filter){ .trial = t->id }, take_attempt, s, e) < 0 ||
        store_load_events(
            s->a->store, &(struct event_filter){ .trial = t->id, .is_said_only = true }, take_event, s, e) < 0 ||
        ends[t->state].say(s, e) < 0)
        return -1;
    end_step(s, ends[t->state].word);
    return 0;
}

/* ---- printing ---- */

/* The text in lines, broken at blanks, with the word in front of the first. */
static void add_step(const struct step *step, const struct view_look *look, struct str *out)
{
    struct str safe = { 0 };
    view_text(&safe, step->text, LIMIT_REASON);
    str_addf(out, "%s%-*s%s", look->has_colour ? VIEW_BOLD : "", WORD_COLUMNS, step->word,
        look->has_colour ? VIEW_PLAIN : "");
    int used = WORD_COLUMNS;
    for (char *rest = NULL, *word = strtok_r(safe.text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        int width = view_width(word);
        if (used > WORD_COLUMNS && used + 1 + width > look->columns) {
            str_addf(out, "\n%*s", WORD_COLUMNS, "");
            used = WORD_COLUMNS;
        }
        str_addf(out, "%s%s", used > WORD_COLUMNS ? " " : "", word);
        used += width + (used > WORD_COLUMNS);
    }
    str_add_char(out, '\n');
    str_deinit(&safe);
}

static void add_text(const struct story *s, const struct view_look *look, struct str *out)
{
    archive_add_line(out, look, VIEW_BOLD, "trial %u of %s", s->trial.row.number, s->a->spec.name);
    for (size_t i = 0; i < s->n; i++)
        add_step(&s->steps[i], look, out);
}

static void add_json(const struct story *s, struct str *out)
{
    json_open_object(out);
    json_add_text(out, "schema", "rung.explain/1");
    json_add_text(out, "campaign", s->a->spec.name);
    json_add_int(out, "trial", s->trial.row.number);
    json_add_text(out, "state", trial_state_names[s->trial.row.state]);
    json_put_key(out, "steps");
    json_open_array(out);
    for (size_t i = 0; i < s->n; i++) {
        json_open_object(out);
        json_add_text(out, "what", s->steps[i].word);
        json_add_text(out, "why", s->steps[i].text);
        json_close_object(out);
    }
    json_close_array(out);
    json_close_object(out);
    str_add_char(out, '\n');
}

int cli_explain(const struct asking *q, const char *trial, FILE *out, struct err *e)
{
    struct archive a;
    struct str text = { 0 };
    if (archive_open(&a, q, e) < 0)
        return -1;
    struct story s = { .a = &a };
    int status = tell(&s, trial, e);
    if (status == 0 && q->is_json)
        add_json(&s, &text);
    else if (status == 0)
        add_text(&s, &q->look, &text);
    if (status == 0)
        status = archive_print(&text, out, e);
    str_deinit(&text);
    story_deinit(&s);
    archive_close(&a);
    return status;
}
