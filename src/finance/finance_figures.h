/* The data behind a report's charts and tables, as JSON (the spec's `visualizations` and `tables`). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_FIGURES_H
#define NORNI_FINANCE_FIGURES_H

#include "finance/finance_forecast.h"
#include "finance/finance_months.h"

/* visualizations: breakdowns, time_series, correlations (matrix, scatters, regressions, by region). Memory from `arena`. */
NORN_CHECKED norn_status norni_fin_visuals_json(norni_json *j, const norni_fin_book *book,
                                                norni_arena *arena, norn_err *err);
/* tables: summaries, diagnostics, forecast_tables. */
NORN_CHECKED norn_status norni_fin_tables_json(norni_json *j, const norni_fin_book *book,
                                               const norni_fin_forecasts *forecasts,
                                               norni_arena *arena, norn_err *err);
/* raw_data_preview: the first rows under their keys, and the extra columns. */
void norni_fin_preview_json(norni_json *j, const norni_fin_book *book, size_t n_rows);

#endif
