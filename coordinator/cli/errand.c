#include "coordinator/cli/errand.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/io/address.h"
#include "common/io/files.h"
#include "common/io/system.h"
#include "coordinator/cli/interrupt.h"

#define END_MS 10000 /* a coordinator that was asked to end is killed after so long */

/* Is the store there, and free? */
static int check_store(const char *store, struct err *e)
{
    struct str path = { 0 };
    str_addf(&path, "%s/rung.db", store);
    int status = access(path.text, F_OK) == 0 ? 0 : err_set(e, ERR_NOT_FOUND, "there is no store at %s", store);
    str_deinit(&path);
    return status;
}

static int start_own(struct errand *r, const struct remote *where, struct err *e)
{
    struct str store = { 0 };
    struct address address;
    int status = check_store(where->store, e);
    if (status == 0)
        status = file_absolute(where->store, &store, e);
    if (status == 0)
        status = address_for_store(store.text, getenv("XDG_RUNTIME_DIR"), &address, e);
    if (status == 0)
        status = fleet_init(&r->fleet, store.text, address.text, 0, 1, e);
    if (status == 0) {
        r->is_own = true;
        status = fleet_start_coordinator(&r->fleet, system_monotonic_ms(), e);
    }
    if (status == 0)
        status = (r->client = client_open(address.text, NULL, e)) ? 0 : -1;
    str_deinit(&store);
    return status;
}

/* A socket can be left behind by a coordinator that was killed: its lock says whether there is one. */
bool errand_is_served(const char *store)
{
    struct str lock = { 0 };
    struct err e = { 0 };
    str_addf(&lock, "%s/rungd.lock", store);
    int fd = access(lock.text, F_OK) == 0 ? file_lock(lock.text, &e) : -1;
    file_unlock(fd);
    str_deinit(&lock);
    return fd < 0 && e.code == ERR_BUSY;
}

int errand_open(struct errand *r, const struct remote *where, struct err *e)
{
    *r = (struct errand){ 0 };
    if (!where->connect && !errand_is_served(where->store)) {
        if (start_own(r, where, e) == 0)
            return 0;
        errand_close(r);
        return -1;
    }
    r->client = remote_connect(where, e);
    return r->client ? 0 : -1;
}

void errand_close(struct errand *r)
{
    int64_t end_ms = system_monotonic_ms() + END_MS;
    client_close(r->client);
    if (r->is_own)
        fleet_end_coordinator(&r->fleet, SIGTERM);
    while (r->is_own && fleet_has_coordinator(&r->fleet)) {
        if (system_monotonic_ms() > end_ms)
            fleet_end_coordinator(&r->fleet, SIGKILL);
        interrupt_sleep(5);
    }
    if (r->is_own)
        fleet_deinit(&r->fleet);
    *r = (struct errand){ 0 };
}
