/* key_store.h: the allow-list of a store as the commands about keys change and show it. */
#ifndef RUNG_COORDINATOR_CLI_KEY_STORE_H
#define RUNG_COORDINATOR_CLI_KEY_STORE_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/io/allow_list.h"

/* ERR_NOT_FOUND, with what to do, when there is no such store. */
int key_store_check(const char *store, struct err *e);

/* Puts the public half into the list, under its name. ERR_EXISTS when the name, or the key, is there. */
int key_store_allow(const char *store, const struct key *k, struct err *e);

/* Removes each file with the key of that name. */
int key_store_revoke(const char *store, const char *name, struct err *e);

/* Appends rung.keys/1. */
void key_store_json(const char *server, const struct allow_list *l, struct str *json);

#endif
