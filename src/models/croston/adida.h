/* The state of ADIDA and IMAPA, shared by their files. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ADIDA_H
#define NORNI_ADIDA_H

#include "models/croston/demand.h"

typedef struct adida_level {
    size_t size;         /* periods in a bucket */
    double alpha, level; /* smoothed sum of a bucket */
    double sum;          /* of the open bucket, `filled` periods of it */
    size_t filled;
} adida_level;

typedef struct adida_state {
    const char *name;
    bool all; /* IMAPA: buckets of 1 .. n_levels */
    const norni_series *s;
    norni_demand demand; /* behind load: its exponent alone */
    size_t n_paths, n_levels;
    adida_level *levels; /* (n_levels) */
    norni_sizes sizes;   /* for the sample paths */
} adida_state;

/* Mean interval of n demands up to the `last`-th period, rounded half to even; 1 without any. */
size_t norni_adida_interval(size_t last, size_t n);
norn_status norni_adida_fitted(norni_env *env, const void *state, size_t g, double *out,
                               norn_err *err);

#endif
