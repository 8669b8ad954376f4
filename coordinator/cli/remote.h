/* remote.h: the commands that ask a coordinator which somebody else has started: `rung submit`, `status`, `watch`,
 * steer.h has those that change something.
 */
#ifndef RUNG_COORDINATOR_CLI_REMOTE_H
#define RUNG_COORDINATOR_CLI_REMOTE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/err.h"
#include "common/io/credential.h"
#include "coordinator/cli/client.h"
#include "coordinator/cli/submission.h"

/* Where it is. All commands fail with ERR_UNREACHABLE when nobody answers there. */
struct remote {
    const char *store;   /* a directory on this machine: its coordinator's own socket */
    const char *connect; /* or an address; NULL: the store's */
    struct credential_choice choice;
};

/* What STORE_ROW and CONNECT_ROWS were given. Borrows argv. */
struct options;
struct remote remote_of(const struct options *o);

/* A client of it. Returns owned (client_close), or NULL with e. */
struct client *remote_connect(const struct remote *where, struct err *e);

/* The campaign that is meant by naming none: the only one that is going on. ERR_NOT_FOUND when there is none, ERR_USAGE
 * when there are more. */
int remote_find_only(struct client *c, struct str *name, struct err *e);

/* Begins the campaign in the file, or goes on with it. 0; EXIT_STATUS_INVALID for a file with mistakes, which it
 * prints; -1 with ERR_EXISTS when there is another campaign of that name. */
int cli_submit(const struct remote *where, const char *path, FILE *out, struct err *e);

/* Brings what travels with the campaign to a coordinator on another machine (delivery.h). */
int remote_deliver(const struct remote *where, const struct submission *file, struct err *e);

/* The same with a campaign that is at hand. Says nothing. */
int remote_submit(
    const struct remote *where, const struct submission *file, struct client_submitted *out, struct err *e);

/* How the campaign goes, or, with NULL, each that is not over; as rung.status/1 when is_json. */
int cli_status(const struct remote *where, const char *campaign, bool is_json, FILE *out, struct err *e);

/* With `until` (until.h; else NULL) also as soon as that holds, with 0, or, over without it, with EXIT_STATUS_NOT_MET.
 * Shows how the campaign goes until it is over, and ends with what status_exit says; with EXIT_STATUS_TIMEOUT when that
 * takes longer than timeout_ms (0: no limit), or EXIT_STATUS_INTERRUPTED. NULL: the only one that is going on. A
 * coordinator that goes away is waited for, a minute long. */
int cli_watch(const struct remote *where, const char *campaign, const char *until, int64_t timeout_ms, struct err *e);

#endif
