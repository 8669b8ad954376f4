#include "coordinator/cli/launch_key.h"

#include <stdio.h>
#include <unistd.h>

#include "common/io/files.h"
#include "coordinator/cli/keygen.h"

#define MODE 0700

/* What rung keys calls it. */
static void make_name(const struct launch_plan *p, char name[LIMIT_NAME + 1])
{
    snprintf(name, LIMIT_NAME + 1, "launch-%.*s", LIMIT_NAME - 7, p->campaign);
}

static int make(struct launch_plan *p, const char *store, struct err *e)
{
    char name[LIMIT_NAME + 1];
    make_name(p, name);
    str_addf(&p->key, "%s/worker.key", str_text(&p->directory));
    if (access(p->key.text, F_OK) == 0)
        return 0;
    FILE *nowhere = fopen("/dev/null", "w"); /* rung keygen's words to a person */
    if (!nowhere)
        return err_set_errno(e, "open /dev/null");
    int status = file_make_directory(str_text(&p->directory), MODE, e);
    if (status == 0)
        status = cli_keygen(
            &(struct keygen_options){ .role = "worker", .name = name, .output = p->key.text, .store = store }, nowhere,
            e);
    fclose(nowhere);
    return status;
}

int launch_key_make(struct launch_plan *p, const char *store, const struct address *address,
    const struct launch_options *o, struct err *e)
{
    if (o->worker_key)
        return file_absolute(o->worker_key, &p->key, e);
    if (address->kind != ADDRESS_TCP || address_is_local(address))
        return 0;
    if (o->where.connect)
        return err_set(e, ERR_USAGE,
            "the workers need a key for %s: rung keygen worker makes one, rung allow lets it in there, and "
            "--worker-key FILE gives it to them",
            address->text);
    return make(p, store, e);
}

int launch_key_forget(const struct launch_plan *p, const char *store, struct err *e)
{
    struct str own = { 0 };
    char name[LIMIT_NAME + 1];
    int status = 0;
    make_name(p, name);
    str_addf(&own, "%s/worker.key", str_text(&p->directory));
    if (access(own.text, F_OK) == 0) {
        FILE *nowhere = fopen("/dev/null", "w");
        status = nowhere ? cli_revoke(store, name, nowhere, e) : err_set_errno(e, "open /dev/null");
        if (nowhere)
            fclose(nowhere);
        if (status < 0 && e->code == ERR_NOT_FOUND) /* somebody did that already */
            status = 0;
    }
    str_deinit(&own);
    return status;
}
