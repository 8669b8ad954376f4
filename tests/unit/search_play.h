/* search_play.h: a campaign played in memory for tests of the search: slots, losses, failures, and the notes kept, so
 * that the search can be rebuilt from them. */
#ifndef RUNG_TESTS_UNIT_SEARCH_PLAY_H
#define RUNG_TESTS_UNIT_SEARCH_PLAY_H

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/rng.h"
#include "coordinator/search/search.h"
#include "tests/tap.h"

enum play_kind { PLAY_STARTED, PLAY_PROMOTED, PLAY_RESULT, PLAY_FAILED, PLAY_ABANDONED };

struct play_note {
    enum play_kind kind;
    uint32_t trial;
    int bracket, rung;
    double loss;
    double x[16];
};

struct play {
    struct search_inputs in;
    struct search *search;
    struct rng r;
    int n_slots;
    double failure, abandonment; /* probabilities */
    double (*loss)(const struct play *p, uint32_t trial, const double *x, int rung);
    const void *context; /* of loss */
    struct play_note notes[20000];
    int n_notes;
    struct play_note running[256];
    int n_running;
    int64_t n_started, n_finished; /* finished: results at max_budget */
};

__attribute__((unused)) static void play_apply(struct search *s, const struct play_note *n)
{
    switch (n->kind) {
    case PLAY_STARTED:
        search_note_started(s, n->trial, n->x, n->bracket);
        break;
    case PLAY_PROMOTED:
        search_note_promoted(s, n->trial, n->rung);
        break;
    case PLAY_RESULT:
        search_note_result(s, n->trial, n->rung, n->loss);
        break;
    case PLAY_FAILED:
        search_note_failed(s, n->trial, n->rung);
        break;
    case PLAY_ABANDONED:
        search_note_abandoned(s, n->trial);
        break;
    }
}

__attribute__((unused)) static void play_note(struct play *p, struct play_note n)
{
    if (p->n_notes == 20000)
        TAP_FAIL("the campaign does not end");
    p->notes[p->n_notes++] = n;
    play_apply(p->search, &n);
}

__attribute__((unused)) static struct search *play_rebuild(const struct play *p)
{
    struct search *s = search_new(&p->in);
    for (int i = 0; i < p->n_notes; i++)
        play_apply(s, &p->notes[i]);
    return s;
}

__attribute__((unused)) static struct play *play_new(const struct search_inputs *in, int n_slots, uint64_t seed)
{
    struct play *p = mem_zalloc(1, sizeof *p);
    p->in = *in;
    p->search = search_new(in);
    p->n_slots = n_slots;
    rng_derive(&p->r, seed, 0, RNG_TEST, 0);
    return p;
}

__attribute__((unused)) static void play_free(struct play *p)
{
    search_free(p->search);
    free(p);
}

/* Takes the search's next move into a slot; false when it has none. */
__attribute__((unused)) static bool play_fill(struct play *p, struct search_decision *d)
{
    search_next(p->search, d);
    if (d->move == SEARCH_WAIT || d->move == SEARCH_END)
        return false;
    struct play_note n = { d->move == SEARCH_START ? PLAY_STARTED : PLAY_PROMOTED, d->trial, d->bracket, d->rung, 0,
        { 0 } };
    if (d->move == SEARCH_START) {
        memcpy(n.x, d->x, (size_t)p->in.space->n_params * sizeof(double));
        p->n_started++;
    } else {
        for (int i = 0; i < p->n_notes; i++)
            if (p->notes[i].kind == PLAY_STARTED && p->notes[i].trial == d->trial)
                memcpy(n.x, p->notes[i].x, sizeof n.x);
    }
    play_note(p, n);
    p->running[p->n_running++] = n;
    return true;
}

/* Ends the i-th running trial: with its loss, by a failure or abandoned, as the dice fall. */
__attribute__((unused)) static void play_end(struct play *p, int i)
{
    struct play_note n = p->running[i];
    p->running[i] = p->running[--p->n_running];
    double dice = rng_double(&p->r);
    n.kind = dice < p->failure ? PLAY_FAILED : dice < p->failure + p->abandonment ? PLAY_ABANDONED : PLAY_RESULT;
    n.loss = p->loss(p, n.trial, n.x, n.rung);
    int64_t rungs[LIMIT_RUNGS];
    if (n.kind == PLAY_RESULT && n.rung + 1 == search_bracket_rungs(p->in.spec, n.bracket, rungs))
        p->n_finished++;
    play_note(p, n);
}

/* Plays until the search ends, ending running trials in random order; checks the promise that a slot idles only while
 * something runs. */
__attribute__((unused)) static void play_to_the_end(struct play *p)
{
    struct search_decision d;
    for (;;) {
        while (p->n_running < p->n_slots && play_fill(p, &d))
            ;
        search_next(p->search, &d);
        if (p->n_running == 0) {
            if (d.move != SEARCH_END)
                TAP_FAIL("nothing runs, and the search says %s: %s", search_move_name(d.move), d.note);
            return;
        }
        play_end(p, (int)rng_below(&p->r, (uint64_t)p->n_running));
    }
}

#endif
