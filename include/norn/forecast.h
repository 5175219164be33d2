/* Forecasts of many series held in memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_FORECAST_H
#define NORN_FORECAST_H

#include <norn/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct norn_forecast_opt {
    int32_t horizon;    ///< periods to forecast, in [1, 100000]
    const char *model;  ///< one spec, as "auto_ets" or "theta(season=none)"; NULL: auto
    const char
        *fallback;  ///< spec that serves a series whose model failed; NULL: seasonal_naive; "none"
    int32_t season_length;  ///< periods a season; 1 = none
    double level;           ///< of the prediction interval in per cent, in (0,100)
    uint64_t seed;          ///< of simulated intervals
} norn_forecast_opt;

/// Defaults: horizon 1, auto, fallback seasonal_naive, season 1, level 95, seed 0.
NORN_API norn_forecast_opt norn_forecast_opt_default(void);

/// Forecasts `n_series` series that lie one behind the other in `y`, in parallel under `ctx`.
/// y (offsets[n_series]) and offsets (n_series + 1, ascending) are borrowed; NaN in y is missing.
/// mean, lo, hi (n_series, horizon), row-major, are the caller's; lo and hi may both be NULL.
/// status (n_series) may be NULL: each series' own outcome. A failed series has NaN and does not fail the call.
/// Results are the same at any number of threads. Errors: NORN_E_ARG, NORN_E_MEM, NORN_E_CANCEL.
NORN_API NORN_CHECKED norn_status norn_forecast_series(norn_ctx *ctx, const double *y,
                                                       const size_t *offsets, size_t n_series,
                                                       const norn_forecast_opt *opt, double *mean,
                                                       double *lo, double *hi, norn_status *status,
                                                       norn_err *err);

/// The library's version, as "0.1.0". Static storage.
NORN_API const char *norn_version(void);

#ifdef __cplusplus
}
#endif
#endif
