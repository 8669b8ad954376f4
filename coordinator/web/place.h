/* place.h: where to listen for HTTP: "127.0.0.1:9464" or "[::1]:9464".
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_WEB_PLACE_H
#define RUNG_COORDINATOR_WEB_PLACE_H

#include <netinet/in.h>

#include "common/base/err.h"
#include "common/base/str.h"

union place {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Port 0 is any that is free. ERR_USAGE for what is no address, and for one that other machines could reach. */
int place_parse(const char *text, union place *out, struct err *e);

/* Appends it as place_parse reads it. */
void place_print(const union place *p, struct str *out);

#endif
