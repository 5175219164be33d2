/* One item of a forecast: a model fitted to a series, its answer taken into the item's slots. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_ITEM_H
#define NORNI_FORECAST_ITEM_H

#include "app/forecast_answer.h"

/* The item's series as a model sees it under the spec: seasons are the spec's, else the user's, else
 * the frequency's. *season is room for one. */
norni_series norni_forecast_view(const norni_forecast *f, size_t item, const norni_spec *spec,
                                 int32_t *season);
/* The exogenous columns of series i, past and future, where the run has some and the spec's model uses
 * them; in the arena. */
NORN_CHECKED norn_status norni_forecast_exogenous(const norni_forecast *f, size_t i,
                                                  const norni_spec *spec, norni_arena *arena,
                                                  norni_series *s, norn_err *err);
/* Fits `spec` (the item's own, or the fallback) and fills the item's slots. */
NORN_CHECKED norn_status norni_forecast_item(norni_worker *w, norni_forecast *f, size_t item,
                                             const norni_spec *spec, uint32_t attempt,
                                             norn_err *err);

#endif
