/* jobs.c: checkpoints: from a trial's file into the worker's cache, to the coordinator, and back. As worker/app_jobs.c.
 */
#include "tests/sim/agents.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "tests/sim/coordinator.h"
#include "tests/sim/digest.h"

enum { TRIES = 20, RETRY_MS = 250 };

static void put(struct world *w, int a, struct job job, int64_t ms)
{
    struct job *copy = mem_alloc(sizeof *copy);
    *copy = job;
    world_put(w, ITEM_JOB, a, 0, w->agents[a].mortal.life, ms, copy);
}

void job_fetch(struct world *w, int a, const struct session_effect *effect)
{
    struct job job = { .kind = JOB_FETCH, .attempt = effect->attempt, .blob = blob_number(&w->blobs, effect->hash) };
    str_copy(job.name, sizeof job.name, effect->hash);
    put(w, a, job, world_below(w, 20));
}

void job_save(struct world *w, int a, const struct session_effect *effect)
{
    uint64_t path = digest_text(effect->text);
    struct job job = { .kind = JOB_SAVE, .attempt = effect->attempt, .blob = -1 };
    for (int i = 0; i < SIM_FILES; i++)
        if (w->agents[a].files[i].path == path)
            job.blob = w->agents[a].files[i].blob;
    put(w, a, job, world_below(w, 20));
}

void job_upload(struct world *w, int a, const struct session_effect *effect)
{
    struct job job = { .kind = JOB_UPLOAD, .blob = blob_number(&w->blobs, effect->hash) };
    str_copy(job.name, sizeof job.name, effect->hash);
    put(w, a, job, world_below(w, 30));
}

static bool is_reachable(const struct world *w, int a)
{
    return w->coordinator.mortal.is_alive && !w->agents[a].is_cut_up && !w->agents[a].is_cut_down;
}

static void finish_fetch(struct world *w, int a, const struct job *job)
{
    struct session_event event = { .kind = SESSION_FETCHED, .attempt = job->attempt, .reason = "nobody has it" };
    struct blob *b = job->blob >= 0 ? &w->blobs.list[job->blob] : NULL;
    bool is_here = b && b->agents >> a & 1;
    if (!is_here && !is_reachable(w, a) && job->tries < TRIES) {
        struct job again = *job;
        again.tries++;
        put(w, a, again, RETRY_MS);
        return;
    }
    if (!is_here && b && b->is_stored && is_reachable(w, a)) {
        b->agents |= 1u << a;
        is_here = true;
    }
    event.text = is_here ? job->name : NULL;
    agent_take(w, a, event);
}

static void finish_save(struct world *w, int a, const struct job *job)
{
    struct session_event event = { .kind = SESSION_SAVED, .attempt = job->attempt, .reason = "no such file" };
    char name[BLOB_NAME];
    if (job->blob >= 0 && !world_chance(w, w->dials.save)) {
        blob_name(job->blob, name);
        w->blobs.list[job->blob].agents |= 1u << a;
        event.hash = name;
        event.bytes = BLOB_BYTES;
    } else {
        w->counts.faults[FAULT_SAVE]++;
    }
    agent_take(w, a, event);
}

/* First the bytes go, then the coordinator says that it has them: two moments, and it may die in between. */
static void finish_upload(struct world *w, int a, const struct job *job)
{
    struct session_event event = { .kind = SESSION_UPLOADED, .hash = job->name };
    struct blob *b = job->blob >= 0 ? &w->blobs.list[job->blob] : NULL;
    if (b && world_chance(w, w->dials.blob_lost)) {
        b->agents &= ~(1u << a);
        w->counts.faults[FAULT_BLOB_LOST]++;
    }
    event.is_missing = !b || !(b->agents >> a & 1);
    event.is_failed = event.is_missing || !is_reachable(w, a);
    if (b && job->is_there && b->is_stored && world_chance(w, w->dials.blob_gone)) {
        b->is_stored = false; /* before its outcome is there: then it is asked for again */
        w->counts.faults[FAULT_BLOB_GONE]++;
    }
    if (event.is_failed || job->is_there) {
        agent_take(w, a, event);
        return;
    }
    struct job second = *job;
    second.is_there = true;
    put(w, a, second, world_below(w, 5));
    bool is_new = !b->is_stored;
    b->is_stored = true;
    if (is_new)
        coordinator_take_blob(w, job->blob);
}

void agent_finish_job(struct world *w, int a, struct job *job)
{
    struct job copy = *job;
    free(job);
    switch (copy.kind) {
    case JOB_FETCH:
        finish_fetch(w, a, &copy);
        break;
    case JOB_SAVE:
        finish_save(w, a, &copy);
        break;
    case JOB_UPLOAD:
        finish_upload(w, a, &copy);
        break;
    }
}
