/* One part of a learner at one fit: fitted, asked for its forecasts, kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_ITEM_H
#define NORNI_MULTI_ITEM_H

#include "app/multi_job.h"

/* Fits the item, or loads it (j->kept), and fills its slots. */
NORN_CHECKED norn_status norni_multi_item_run(norni_worker *w, norni_multi_job *j, size_t item,
                                              uint32_t attempt, norn_err *err);
/* The last observed value of each target before each origin, for every step of the item. */
NORN_CHECKED norn_status norni_multi_item_fall_back(norni_multi_job *j, size_t item, norn_err *err);

#endif
