/* app.h: rungd's shell: sockets, timer and signals around turn.h.
 */
#ifndef RUNG_COORDINATOR_APP_H
#define RUNG_COORDINATOR_APP_H

#include "common/base/err.h"
#include "common/io/address.h"
#include "coordinator/core/hub.h"
#include "coordinator/gate.h"

#define APP_ADDRESSES 8

struct app_options {
    const char *store_dir;
    struct address addresses[APP_ADDRESSES]; /* where to listen */
    int n_addresses;
    struct gate_options gate; /* its store_dir is filled in */
    bool allow_network_store;
    struct hub_settings settings;
    int64_t idle_exit_ms; /* leave when no campaign has gone on for so long; 0: never */
    int64_t backup_ms;    /* how often the database is copied; 0: never */
    int n_backups;        /* how many of these are kept */
    const char *metrics;  /* "127.0.0.1:9464": what Prometheus scrapes there; NULL: nothing */
    const char *web;      /* "127.0.0.1:8470": the page; NULL: where it was last, or any free port of 127.0.0.1 */
    bool has_no_web;
};

/* Serves until SIGTERM or SIGINT. 0, or -1 with e. */
int app_run(const struct app_options *options, struct err *e);

#endif
