/* profile.h: where the time of a step goes. The clock is the caller's, so that the numeric code stays pure.
 * Pure: no I/O, no globals.
 */
#ifndef RUNG_WORKER_TRAIN_NN_PROFILE_H
#define RUNG_WORKER_TRAIN_NN_PROFILE_H

enum profile_part {
    PROFILE_PRODUCTS,  /* products of the layers, but for those of PROFILE_RECURRENT */
    PROFILE_RECURRENT, /* forward step by step: recurrent products and gates in one */
    PROFILE_GATES,     /* backward: what the gates pass on */
    PROFILE_ATTENTION,
    PROFILE_OPTIMISER,
    PROFILE_DATA,  /* packing batches, dropout masks */
    PROFILE_OTHER, /* weights into the kernels' layouts, classifier, loss */
    PROFILE_N_PARTS
};

struct profile {
    double (*now)(void); /* seconds, monotonic */
    double started;
    enum profile_part part;
    double seconds[PROFILE_N_PARTS];
};

/* "products", "recurrent", … */
const char *profile_part_name(enum profile_part part);

/* From now on time counts for `part`; what passed since the last call counts for the part named then. p may be NULL. */
void profile_enter(struct profile *p, enum profile_part part);

#endif
