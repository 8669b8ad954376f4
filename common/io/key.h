/* key.h: a CURVE key pair and its file.
 *
 * A file has the form of ZeroMQ's certificates, as czmq's zcert and pyzmq's zmq.auth read and write them:
 *
 *     metadata
 *         name = "office"
 *         role = "worker"
 *         server-key = "…"     the public key of the coordinator it is for
 *         address = "…"        and where that listens
 *     curve
 *         public-key = "…"
 *         secret-key = "…"     40 characters of Z85; not in the half that others get
 *
 * Lines that begin with # are comments; what is unknown is ignored.
 */
#ifndef RUNG_COMMON_IO_KEY_H
#define RUNG_COMMON_IO_KEY_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/base/limits.h"
#include "common/io/address.h"
#include "common/proto/role.h"

#define KEY_SUFFIX ".pub" /* behind the name of the file that has the secret: the half for others */

struct key {
    char name[LIMIT_NAME + 1]; /* "" : none */
    enum role role;            /* ROLE_NONE: it does not say */
    char public_key[KEY_TEXT];
    char secret_key[KEY_TEXT]; /* "": the public half alone */
    char server_key[KEY_TEXT]; /* "": it does not say */
    char address[ADDRESS_TEXT];
};

/* Forty characters that are a key. NULL is none. */
bool key_is_text(const char *text);

/* 1 to LIMIT_NAME letters, digits, and . _ - but not first: what names a key, and its file in an allow-list. */
bool key_is_name(const char *name);

/* A fresh pair. `name` is a key's. */
int key_make(struct key *k, const char *name, enum role role, struct err *e);

/* Reads a file that has the secret. ERR_REFUSED when others may read or write it: it must belong to this user, with
 * mode 0600 or less, or to root, who may let the group read it too (a secret that a system mounts). ERR_INVALID for
 * what is no key, whose halves do not belong together, or which ZeroMQ's manual prints. */
int key_read_secret(const char *path, struct key *out, struct err *e);

/* Reads a public half; a secret in it is refused. */
int key_read_public(const char *path, struct key *out, struct err *e);

/* Write one file, 0600 the secret and 0644 the public half. What is there is never replaced: ERR_EXISTS. */
int key_write_secret(const char *path, const struct key *k, struct err *e);
int key_write_public(const char *path, const struct key *k, struct err *e);

/* Fills in public_key from secret_key. ERR_INVALID. */
int key_derive_public(struct key *k, struct err *e);

void key_wipe(struct key *k); /* leaves nothing of the secret in memory */

#endif
