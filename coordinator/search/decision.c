/* Decisions in words, and two of them side by side. */
#include <math.h>
#include <string.h>

#include "coordinator/search/search.h"

const char *search_move_name(enum search_move m)
{
    static const char *const names[] = { "start", "promote", "wait", "end" };
    return names[m];
}

const char *search_origin_name(enum search_origin o)
{
    static const char *const names[] = { "enqueued", "grid", "prior", "model", "quota", "endgame", "rung_complete",
        "none" };
    return names[o];
}

enum field_kind { FIELD_MOVE, FIELD_ORIGIN, FIELD_TEXT, FIELD_INT, FIELD_INT64, FIELD_NUMBER, FIELD_KEPT, FIELD_LIST };

/* clang-format off */
#define AT(member) offsetof(struct search_decision, member)
static const struct field {
    const char *name;
    enum field_kind kind;
    size_t offset;
} fields[] = {
    { "move", FIELD_MOVE, AT(move) }, { "trial", FIELD_INT, AT(trial) }, { "bracket", FIELD_INT, AT(bracket) },
    { "rung", FIELD_INT, AT(rung) }, { "budget", FIELD_INT64, AT(budget) }, { "origin", FIELD_ORIGIN, AT(origin) },
    { "note", FIELD_TEXT, AT(note) }, { "n_candidates", FIELD_INT, AT(n_candidates) },
    { "score", FIELD_NUMBER, AT(score) }, { "score_rank", FIELD_INT, AT(score_rank) },
    { "model_rung", FIELD_INT, AT(model_rung) }, { "n_good", FIELD_INT, AT(n_good) }, { "n_bad", FIELD_INT, AT(n_bad) },
    { "n_pending", FIELD_INT, AT(n_pending) }, { "rank", FIELD_INT, AT(rank) }, { "n_at_rung", FIELD_INT, AT(n_at_rung) },
    { "n_promoted", FIELD_INT, AT(n_promoted) }, { "loss", FIELD_NUMBER, AT(loss) }, { "line", FIELD_NUMBER, AT(line) },
    { "n_running", FIELD_KEPT, AT(n_running) }, { "running", FIELD_LIST, AT(running) },
    { "best_first", FIELD_LIST, AT(best_first) },
};
/* clang-format on */

static void put_list(struct str *out, const struct search_list *list)
{
    str_add_char(out, '[');
    for (int i = 0; i < list->n; i++)
        str_addf(out, i ? ",%u" : "%u", list->trials[i]);
    str_add_char(out, ']');
}

static void put_field(struct str *out, const struct field *f, const struct search_decision *d)
{
    const void *at = (const char *)d + f->offset;
    switch (f->kind) {
    case FIELD_MOVE:
        str_add(out, search_move_name(d->move));
        break;
    case FIELD_ORIGIN:
        str_add(out, search_origin_name(d->origin));
        break;
    case FIELD_TEXT:
        str_addf(out, "\"%s\"", *(const char *const *)at);
        break;
    case FIELD_INT:
    case FIELD_KEPT:
        str_addf(out, "%d", *(const int *)at);
        break;
    case FIELD_INT64:
        str_addf(out, "%lld", (long long)*(const int64_t *)at);
        break;
    case FIELD_NUMBER:
        str_addf(out, "%.17g", *(const double *)at);
        break;
    case FIELD_LIST:
        put_list(out, at);
        break;
    }
}

/* What nobody kept is like anything. */
static bool is_kept(const struct field *f, const struct search_decision *d)
{
    const void *at = (const char *)d + f->offset;
    if (f->kind == FIELD_LIST)
        return ((const struct search_list *)at)->n >= 0;
    return f->kind != FIELD_KEPT || *(const int *)at >= 0;
}

static bool is_like(const struct field *f, const struct search_decision *a, const struct search_decision *b)
{
    struct str a_text = { 0 }, b_text = { 0 };
    put_field(&a_text, f, a);
    put_field(&b_text, f, b);
    bool is_same = str_equal(str_text(&a_text), str_text(&b_text));
    str_deinit(&a_text);
    str_deinit(&b_text);
    return is_same;
}

/* Bit for bit; all absent ones are the same. */
static int first_other_value(const double *a, const double *b, int n)
{
    for (int j = 0; j < n; j++)
        if (!(isnan(a[j]) && isnan(b[j])) && memcmp(&a[j], &b[j], sizeof a[j]) != 0)
            return j;
    return n;
}

bool search_decisions_agree(const struct search_decision *kept, const struct search_decision *again,
    const struct space *space, struct search_difference *out)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct field *f = &fields[i];
        if (!is_kept(f, kept) || is_like(f, kept, again))
            continue;
        str_add(&out->what, f->name);
        put_field(&out->kept, f, kept);
        put_field(&out->again, f, again);
        return false;
    }
    if (kept->move != SEARCH_START)
        return true;
    int j = first_other_value(kept->x, again->x, space->n_params);
    if (j == space->n_params)
        return true;
    str_add(&out->what, space->params[j].name);
    str_addf(&out->kept, "%.17g", kept->x[j]);
    str_addf(&out->again, "%.17g", again->x[j]);
    return false;
}

void search_difference_deinit(struct search_difference *d)
{
    str_deinit(&d->what);
    str_deinit(&d->kept);
    str_deinit(&d->again);
}

void search_agreement_words(const struct search_agreement *a, struct str *out)
{
    str_addf(
        out, "the order at budget %lld says little about that at %lld: ", (long long)a->lower, (long long)a->upper);
    if (a->turned)
        str_addf(out, "new trials begin at %lld; next time ", (long long)a->upper);
    str_addf(out, "set \"min_budget\": %lld (rank correlation %.2f of %d trials)", (long long)a->upper, a->correlation,
        a->n);
}
