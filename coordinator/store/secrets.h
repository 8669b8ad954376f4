/* secrets.h: who may see and steer the page of a store: DIR/web (0700), with a file each (0600): `operator` and
 * `viewer` have a token, `key` what stands in the path of the page's files, `address` where it is served.
 *
 * A file that is removed is made anew at the next start: that is how a token is taken back.
 */
#ifndef RUNG_COORDINATOR_STORE_SECRETS_H
#define RUNG_COORDINATOR_STORE_SECRETS_H

#include "common/base/err.h"
#include "common/base/str.h"

#define SECRETS_TOKEN_CHARS 64 /* hexadecimal digits */
#define SECRETS_KEY_CHARS 32

struct secrets {
    char operator[SECRETS_TOKEN_CHARS + 1];
    char viewer[SECRETS_TOKEN_CHARS + 1];
    char key[SECRETS_KEY_CHARS + 1];
};

/* Makes what is not there. */
int secrets_prepare(const char *store, struct secrets *out, struct err *e);

/* ERR_NOT_FOUND when no coordinator has ever served a page of this store. */
int secrets_read(const char *store, struct secrets *out, struct err *e);

int secrets_write_address(const char *store, const char *address, struct err *e);
int secrets_read_address(const char *store, struct str *out, struct err *e); /* appends; ERR_NOT_FOUND */

#endif
