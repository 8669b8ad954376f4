#include "coordinator/lend.h"

#include "common/proto/cargo.h"

void lend_campaign(struct blobs *blobs, const struct campaign_spec *spec)
{
    struct cargo cargo;
    if (cargo_read(&cargo, spec->trial.blobs, NULL) < 0)
        return; /* no program of ours wrote it: its workers hear that nobody has what they need */
    for (size_t i = 0; i < cargo.n; i++)
        blobs_lend(blobs, cargo.items[i].hash, cargo.items[i].path, cargo.items[i].bytes);
    cargo_deinit(&cargo);
}

void lend_all(struct blobs *blobs, const struct hub *hub)
{
    for (size_t i = 0; i < hub_n_campaigns(hub); i++)
        lend_campaign(blobs, hub_campaign(hub, i)->spec);
}

int lend_each(
    const struct hub *hub, int (*each)(void *context, const char *hash, struct err *e), void *context, struct err *e)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < hub_n_campaigns(hub); i++) {
        struct cargo cargo;
        if (cargo_read(&cargo, hub_campaign(hub, i)->spec->trial.blobs, NULL) < 0)
            continue;
        for (size_t k = 0; status == 0 && k < cargo.n; k++)
            status = each(context, cargo.items[k].hash, e);
        cargo_deinit(&cargo);
    }
    return status;
}
