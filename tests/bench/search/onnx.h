/* onnx.h: the named arrays of floats in an ONNX file, and nothing else of it.
 *
 * ONNX is a protocol buffer: ModelProto.graph (field 7) has initializers (field 5), each a TensorProto with its name
 * (field 8) and its floats (raw_data, field 9, little-endian).
 */
#ifndef RUNG_TESTS_BENCH_SEARCH_ONNX_H
#define RUNG_TESTS_BENCH_SEARCH_ONNX_H

#include <stddef.h>

#include "common/base/err.h"
#include "common/base/str.h"

/* Reads the whole file into `bytes`, from which onnx_floats copies. */
int onnx_read(const char *path, struct str *bytes, struct err *e);

/* Copies the n floats of the initializer of that name. ERR_INVALID when it is not there or has another size. */
int onnx_floats(const struct str *bytes, const char *name, float *out, size_t n, struct err *e);

#endif
