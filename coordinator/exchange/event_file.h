/* event_file.h: TensorBoard's event files: records with checksums, around a few messages of protocol buffers.
 * Pure: no I/O, no clock, no globals.
 *
 * Record: length (8 bytes, little-endian), its masked crc32c, the payload, its masked crc32c (TensorFlow's
 * record_writer.cc). The fields' numbers are those of tensorboard/compat/proto/{event,summary,tensor}.proto and
 * tensorboard/plugins/hparams/{plugin_data,api}.proto.
 */
#ifndef RUNG_COORDINATOR_EXCHANGE_EVENT_FILE_H
#define RUNG_COORDINATOR_EXCHANGE_EVENT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

/* Fields of a protocol-buffers message, appended to its bytes. */
void proto_add_number(struct str *m, int field, double value);
void proto_add_float(struct str *m, int field, float value);
void proto_add_int(struct str *m, int field, int64_t value); /* also enums and bools */
void proto_add_text(struct str *m, int field, const char *text);
void proto_add_message(struct str *m, int field, const struct str *inner);

/* The first record of a file. */
void event_begin(struct str *file, double wall_s);

/* A scalar at a step. */
void event_scalar(struct str *file, double wall_s, int64_t step, const char *tag, double value);

/* A whole curve as doubles, (n, 2): step and value. Scalars are 32-bit floats there; TensorBoard shows this nowhere,
 * and its readers give it back to the last bit. */
void event_exact(struct str *file, double wall_s, const char *tag, const double *pairs, size_t n);

/* A summary of the HParams plug-in: `data` is an HParamsPluginData. */
void event_hparams(struct str *file, double wall_s, const char *tag, const struct str *data);

#endif
