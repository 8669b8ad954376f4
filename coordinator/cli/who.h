/* who.h: who asks, as the store keeps it: user@host. */
#ifndef RUNG_COORDINATOR_CLI_WHO_H
#define RUNG_COORDINATOR_CLI_WHO_H

const char *who(void); /* of this process; borrows until the next call */

#endif
