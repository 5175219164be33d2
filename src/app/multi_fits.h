/* The rows at which learners are fitted, and all that is computed once for each: features chosen, gaps
 * filled, bins. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_FITS_H
#define NORNI_MULTI_FITS_H

#include "app/multi_job.h"

/* Fills j->fit; only_last: the rows are all known, nothing is held back (--load). */
NORN_CHECKED norn_status norni_multi_fits_list(norni_multi_job *j, bool only_last, norn_err *err);
/* Statistics of each fit's own rows: in parallel, the same at any worker count. */
NORN_CHECKED norn_status norni_multi_fits_prepare(norni_multi_job *j, norn_err *err);
void norni_multi_fits_clear(norni_multi_job *j);
/* What a learner sees when it is fitted: slot in [0, n_trained), or n_trained: all targets. Borrows
 * the fit; the rest in the arena. */
NORN_CHECKED norn_status norni_multi_view_make(const norni_multi_job *j, const norni_multi_fit *f,
                                               const norni_learner_spec *spec, size_t slot,
                                               norni_arena *arena, norni_multi_view *v,
                                               norn_err *err);
/* Bins that the learner wants under its options. */
int32_t norni_multi_bins_of(const norni_learner_spec *spec);

#endif
