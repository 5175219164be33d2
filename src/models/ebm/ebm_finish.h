/* From the bags' tensors to the model: centred terms, means and deviations, importances, intercept. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_FINISH_H
#define NORNI_EBM_FINISH_H

#include "models/ebm/ebm_bags.h"

/* Room of a term of one column, or of a pair (n_axes 2), for n_bags bags, in `arena`. */
NORN_CHECKED norn_status ebm_term_make(norni_arena *arena, const norni_bins *bins, size_t n_axes,
                                       const uint32_t column[2], size_t n_bags, norni_ebm_term *out,
                                       norn_err *err);
/* The bags' tensors and intercepts in `out` become the model. bag (n_bags): their weights. */
NORN_CHECKED norn_status ebm_finish(norni_env *env, const ebm_job *job, const ebm_bag_sums *bag,
                                    norni_ebm *out, norn_err *err);

#endif
