/* Forecasting a panel: every (series, model) is one item with its own outcome, and a digest over
 * all. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_RUN_H
#define NORNI_FORECAST_RUN_H

#include "app/forecast_answer.h"

/* `worker` as in norni_for; `arena` holds the answer. *out is the caller's (norni_forecast_clear);
 * after an error there is nothing to clear. */
NORN_CHECKED norn_status norni_forecast_run(norn_ctx *ctx, norni_worker *worker,
                                            const norni_panel *panel,
                                            const norni_forecast_plan *plan,
                                            const norni_forecast_shared *shared, norni_arena *arena,
                                            norni_forecast *out, norn_err *err);
/* The digest of this panel alone. */
NORN_CHECKED norn_status norni_forecast_digest(const norni_forecast *f, norni_hash128 *out,
                                               norn_err *err);

#endif
