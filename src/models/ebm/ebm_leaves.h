/* Steps on a column, and what they gain. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_LEAVES_H
#define NORNI_EBM_LEAVES_H

#include "models/ebm/ebm_columns.h"
#include "models/ebm/ebm_step.h"

/* What a leaf gains by its best step: G^2 / (W + lambda), less where thresholds bite. */
static inline double ebm_leaf_gain(const norni_ebm_opt *opt, double g, double w) {
    const double s = norni_ebm_shrunk(opt, g), h = w + opt->reg_lambda;
    if (!(h > 0)) return 0;
    if (!(opt->max_delta_step > 0)) return s * s / h;
    const double step = norni_ebm_step(opt, g, w);
    return -(2 * s * step + h * step * step);
}

typedef struct ebm_leaf_room ebm_leaf_room;
/* Scratch for columns of at most n_slots slots. */
NORN_CHECKED norn_status ebm_leaves_room(norni_arena *arena, uint32_t n_slots, int32_t max_leaves,
                                         ebm_leaf_room **out, norn_err *err);
/* The tree of up to max_leaves leaves on g (n_slots): step of each bin to `table` (n_bins), without
 * the learning rate; returns its gain. */
double ebm_leaves_grow(const norni_ebm_opt *opt, const ebm_column *c, const double *g,
                       ebm_leaf_room *room, uint64_t draw, double *table);
/* The same with max_leaves - 1 cuts at random. */
void ebm_leaves_random(const norni_ebm_opt *opt, const ebm_column *c, const double *g,
                       ebm_leaf_room *room, uint64_t draw, double *table);

#endif
