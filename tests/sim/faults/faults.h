/* faults.h: the faults that come by themselves: partitions, full disks, older stores, jumping clocks, liars, people.
 */
#ifndef RUNG_TESTS_SIM_FAULTS_H
#define RUNG_TESTS_SIM_FAULTS_H

#include "tests/sim/world.h"

void faults_begin(struct world *w); /* each with a dial above 0 is put on the agenda */
void faults_happen(struct world *w, int which);
void faults_heal(struct world *w); /* all of them, for good */

/* A message that nobody sent. */
void liar_speak(struct world *w);

#endif
