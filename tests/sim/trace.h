/* trace.h: what happens, a line each, for `simulator --trace`.
 */
#ifndef RUNG_TESTS_SIM_TRACE_H
#define RUNG_TESTS_SIM_TRACE_H

#include "tests/sim/world.h"

extern bool trace_is_on;

void trace_hub(const struct world *w, const struct hub_event *e); /* after the step: what came, and what it did */
void trace_agent(const struct world *w, int a, const struct session_event *e);
void trace_note(const struct world *w, const char *what, int actor);

#endif
