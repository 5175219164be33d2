/* The run: every part of every learner at every fit as one list of items, the costliest first. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_RUN_H
#define NORNI_MULTI_RUN_H

#include "app/multi_job.h"

/* What a run wants besides forecasts. */
typedef struct norni_multi_wish {
    bool states, texts, reasons;
} norni_multi_wish;

/* j: ctx, plan, table, arena and, if any, tally, store, plan_key, kept are set, the rest zero.
 * Everything else is filled; norni_multi_clear is due whatever is returned. Fails itself for cancel,
 * memory and options that no fit could take; a part that fails is served by the target's last value. */
NORN_CHECKED norn_status norni_multi_run(norni_multi_job *j, const norni_multi_wish *wish,
                                         norn_err *err);
void norni_multi_clear(norni_multi_job *j);
/* How many of the parts of (spec, target) that forecast what follows DATA, or any, have the fallback. */
size_t norni_multi_n_fallback(const norni_multi_job *j, size_t spec, size_t target, bool last_only,
                              size_t *first);

#endif
