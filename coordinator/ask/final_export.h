/* final_export.h: the weights of a trained checkpoint as a safetensors file, by `rung-train`.
 */
#ifndef RUNG_COORDINATOR_ASK_FINAL_EXPORT_H
#define RUNG_COORDINATOR_ASK_FINAL_EXPORT_H

#include <stdint.h>

#include "common/base/err.h"
#include "common/domain/spec.h"

/* Writes `path` from the checkpoint of that hash in the store's blobs, which a trial of the built-in program of `spec`
 * left after `epochs`. The data must be on this machine: the file names the classes. Fails with ERR_NOT_FOUND when the
 * store has no such blob, ERR_IO when rung-train fails, which has said why on standard error. */
int final_export(const struct campaign_spec *spec, const char *store, const char *checkpoint, int64_t epochs,
    const char *path, struct err *e);

#endif
