/* agents.h: workers in the simulator: the real session, around it the shell as worker/app*.c has it: effects are done
 * in their order, the spool is written, then synced, then spoken of; and it may be killed between any two of these.
 */
#ifndef RUNG_TESTS_SIM_AGENTS_H
#define RUNG_TESTS_SIM_AGENTS_H

#include "tests/sim/world.h"

void agent_start(struct world *w, int a);
void agent_die(struct world *w, int a, bool is_power_cut, int64_t away_ms);
void agent_deinit(struct world *w, int a);

/* One event, and what the shell has to say after it. */
void agent_take(struct world *w, int a, struct session_event event);
void agent_take_message(struct world *w, int a, const struct parcel *p);
void agent_tick(struct world *w, int a);
void agent_finish_job(struct world *w, int a, struct job *job); /* takes job */

/* ---- for the parts of the shell ---- */

struct later *agent_later(struct agent *a, enum session_event_kind kind);

/* spool.c: the outcomes on the worker's disk. */
void spool_write(struct world *w, int a, const struct session_effect *effect);
void spool_strip(struct world *w, int a, const struct session_effect *effect);
bool spool_sync(struct world *w, int a); /* false: the disk said no, and the process must end */
void spool_deliver(struct world *w, int a, const struct session_effect *effect);
void spool_forget(struct world *w, int a, const struct session_effect *effect);
void spool_lose_power(struct world *w, int a);
void spool_recover(struct world *w, int a);
void spool_deinit(struct agent *a);

/* processes.c: the trials. */
void process_start(struct world *w, int a, const struct session_effect *effect);
void process_tell(struct world *w, int a, const struct session_effect *effect);
void process_end_input(struct world *w, int a, const struct session_effect *effect);
void process_kill(struct world *w, int a, const struct session_effect *effect);
void process_go_on(struct world *w, int a, int slot);

/* jobs.c: checkpoints on their way. */
void job_fetch(struct world *w, int a, const struct session_effect *effect);
void job_save(struct world *w, int a, const struct session_effect *effect);
void job_upload(struct world *w, int a, const struct session_effect *effect);

#endif
