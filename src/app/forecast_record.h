/* One item's result as a record of the run folder, and back. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_RECORD_H
#define NORNI_FORECAST_RECORD_H

#include "app/forecast_answer.h"

/* Fills the item's slots and *outcome from f->shared->store; false: it has no such item. */
bool norni_forecast_recall(norni_worker *w, norni_forecast *f, size_t item, norni_outcome *outcome);
NORN_CHECKED norn_status norni_forecast_remember(norni_worker *w, norni_forecast *f, size_t item,
                                                 const norni_outcome *outcome, norn_err *err);

#endif
