/* hub_quota.c: limits.checkpoints: while a campaign's checkpoints take more, the one that is least likely to be resumed
 * goes. Which one that is follows from the rows alone, so a hub that was made anew from them drops the same. */
#include "coordinator/core/hub_state.h"

#include "common/base/str.h"
#include "common/base/units.h"

/* clang-format off */
/* By state, the lower goes first; 0 stays: somebody goes on from it, or is about to. */
static const struct {
    int turn;
    const char *why;
} chances[] = {
    [TRIAL_QUEUED]    = { 0, NULL },
    [TRIAL_RUNNING]   = { 0, NULL },
    [TRIAL_COMPLETED] = { 1, "it is complete, and not the best" },
    [TRIAL_FAILED]    = { 2, "it goes on only if a person wants it" },
    [TRIAL_SET_ASIDE] = { 2, "it goes on only if a person wants it" },
    [TRIAL_STOPPED]   = { 3, "of those that stopped it is the last that would go on" },
    [TRIAL_PAUSED]    = { 4, "of those that wait it is the least likely to go on" },
};
/* clang-format on */

static bool goes_before(const struct trial *t, const struct trial *other)
{
    int turn = chances[t->row.state].turn, others = chances[other->row.state].turn;
    return turn != others ? turn < others : campaign_is_better(t->campaign, other, t);
}

/* The checkpoint to drop; NULL when none may go: the best's stays, whatever happens. */
static struct trial *find_least(const struct campaign *c)
{
    struct trial *least = NULL;
    for (size_t i = 0; i < c->n_trials; i++) {
        struct trial *t = c->trials[i];
        if (!t->row.checkpoint[0] || t == c->best || chances[t->row.state].turn == 0)
            continue;
        if (!least || goes_before(t, least))
            least = t;
    }
    return least;
}

void hub_spare_blob(struct effects *fx, const struct campaign *c, const char *hash)
{
    if (*hash && c->spec->limits.checkpoints_bytes)
        str_copy(effects_save(fx, SAVE_SPARE)->as.blob.hash, HASH_TEXT, hash);
}

static void drop_checkpoint(struct hub *h, const struct hub_event *e, struct effects *fx, struct trial *t)
{
    struct campaign *c = t->campaign;
    struct str quota = { 0 };
    units_put_bytes(&quota, c->spec->limits.checkpoints_bytes);
    struct event_row *row = hub_log(h, e, fx, EVENT_CAMPAIGN, c, t);
    row->lease = t->row.lease;
    row->text = effects_text(fx, "the checkpoint of trial %u was dropped, as all together take more than %s: %s",
        t->row.number, str_text(&quota), chances[t->row.state].why);
    str_deinit(&quota);
    hub_spare_blob(fx, c, t->row.checkpoint);
    campaign_set_checkpoint(c, t, "", 0, 0);
    effects_change_trial(fx, t);
}

void hub_keep_quotas(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    struct trial *least;
    for (size_t i = 0; i < h->n_campaigns; i++) {
        const struct campaign *c = h->campaigns[i];
        int64_t quota = c->spec->limits.checkpoints_bytes;
        while (quota && c->checkpoint_bytes > quota && (least = find_least(c)))
            drop_checkpoint(h, e, fx, least);
    }
}
