#include "coordinator/keep.h"

#include "coordinator/core/campaign.h"

static int save_one(struct store *s, const struct save *save, struct err *e)
{
    switch (save->kind) {
    case SAVE_RESULT:
        return store_save_result(s, &save->as.result, e);
    case SAVE_ATTEMPT:
        return store_save_attempt(s, &save->as.attempt, e);
    case SAVE_DECISION:
        return store_save_decision(s, &save->as.decision, e);
    case SAVE_EVENT:
        return store_save_event(s, &save->as.event, e);
    case SAVE_BLOB:
        return store_save_blob(s, &save->as.blob, e);
    case SAVE_SPARE: /* nothing to keep: coordinator/spare.h removes it after the commit */
        return 0;
    case SAVE_IMPORT:
        return store_save_import(s, &save->as.import, e);
    case SAVE_STEER:
        return store_save_steer(s, &save->as.steer, e);
    }
    return 0;
}

int keep_rows(struct store *s, const struct effects *fx, struct err *e)
{
    for (size_t i = 0; i < fx->n_campaigns; i++)
        if (store_save_campaign(s, &fx->campaigns[i]->row, e) < 0)
            return -1;
    for (size_t i = 0; i < fx->n_workers; i++)
        if (store_save_worker(s, &fx->workers[i], e) < 0)
            return -1;
    for (size_t i = 0; i < fx->n_trials; i++)
        if (store_save_trial(s, &fx->trials[i]->row, e) < 0)
            return -1;
    for (size_t i = 0; i < fx->n_saves; i++)
        if (save_one(s, &fx->saves[i], e) < 0)
            return -1;
    return 0;
}
