/* shape.h: how large the data of a spec are, which is what the memory of a trial depends on. */
#ifndef RUNG_WORKER_TRAIN_DATA_SHAPE_H
#define RUNG_WORKER_TRAIN_DATA_SHAPE_H

#include "common/base/err.h"
#include "common/domain/builtin_memory.h"
#include "worker/train/data/spec.h"

/* Files are read whole, and so fail as dataset_load does; what is generated is known beforehand. */
int data_shape_find(struct builtin_data *shape, const struct data_spec *spec, struct err *e);

#endif
