/* What a model sees of a series: its training set, and exogenous columns over the horizon. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CV_VIEW_H
#define NORNI_CV_VIEW_H

#include "eval/cv.h"

/* Periods [p->begin, p->cutoff) for `who`; *season is where a single season lies; copies live in the
 * arena. NORN_E_DATA: an exogenous column has a gap that matters. */
NORN_CHECKED norn_status norni_cv_view(const norni_cv *cv, const norni_cv_place *p,
                                       const norni_contender *who, norni_arena *arena,
                                       int32_t *season, norni_series *s, norn_err *err);

#endif
