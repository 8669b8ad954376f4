/* person.h: who submits the campaigns, again until it is confirmed, and at times pauses, resumes, stops or extends one,
 * or has a configuration tried.
 */
#ifndef RUNG_TESTS_SIM_PERSON_H
#define RUNG_TESTS_SIM_PERSON_H

#include "tests/sim/world.h"

void person_act(struct world *w); /* each second */
void person_take(struct world *w, const struct parcel *p);
void person_drain(struct world *w, int agent); /* asks it to leave, through the coordinator */
bool person_is_content(const struct world *w); /* all campaigns are submitted and over */

#endif
