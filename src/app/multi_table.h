/* A table made ready for learning: features, targets that can be trained, rolling origins. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_TABLE_H
#define NORNI_MULTI_TABLE_H

#include "app/multi_job.h"

/* Lookbacks and windows that a table of n rows affords: a quarter of them at most. true: some were cut. */
bool norni_multi_features_fit(norni_features_opt *x, size_t n_rows, norni_arena *arena);
/* Everything of *t but wide and report, which are there; opt is what the features are to be. All in the
 * arena. NORN_E_DATA: the rows are too few; the text says how many are needed. */
NORN_CHECKED norn_status norni_multi_table_make(norn_ctx *ctx, const norni_multi_plan *plan,
                                                const norni_features_opt *opt, norni_arena *arena,
                                                norni_multi_table *t, norn_err *err);

#endif
