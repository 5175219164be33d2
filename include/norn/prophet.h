/* Prophet's model at its exact optimum: specification, fit, prediction, cross-validation. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_PROPHET_H
#define NORN_PROPHET_H

#include <norn/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum norn_prophet_growth {
    NORN_PROPHET_LINEAR,
    NORN_PROPHET_LOGISTIC, ///< needs a cap in every row
    NORN_PROPHET_FLAT
} norn_prophet_growth;

typedef struct norn_prophet_opt {
    norn_prophet_growth growth;
    bool changepoints_given;      ///< true: `changepoints` holds all of them, none among them
    const int64_t *changepoints;  ///< (n_given) microseconds since 1970
    size_t n_given;
    int32_t n_changepoints;       ///< placed in the first part of the history, >= 0
    double changepoint_range;     ///< that part, in [0, 1]
    int32_t yearly, weekly, daily; ///< Fourier pairs; 0 off, -1 as the history allows, -2 on by default order
    bool multiplicative;          ///< seasonalities and regressors that do not say otherwise
    int32_t holidays_multiplicative; ///< 1, 0, or -1: as `multiplicative`
    bool minmax;                  ///< y is scaled to [0, 1] instead of by its largest size
    double seasonality_prior, holidays_prior, changepoint_prior; ///< scales, > 0
    const char *country;          ///< public holidays of it ("US"); NULL: none
} norn_prophet_opt;

/// Prophet's defaults: linear, 25 changepoints in the first 80 %, automatic seasonalities, additive,
/// scales 10, 10 and 0.05.
NORN_API norn_prophet_opt norn_prophet_opt_default(void);

typedef struct norn_prophet_seasonality {
    const char *name;
    double period;         ///< days, > 0
    int32_t order;         ///< Fourier pairs, >= 1
    double prior;          ///< scale; NaN: seasonality_prior
    int32_t multiplicative; ///< 1, 0, or -1: as the model
    const char *condition; ///< column of 0 and 1 that switches it on; NULL: always on
} norn_prophet_seasonality;

typedef struct norn_prophet_regressor {
    const char *name;
    double prior;           ///< scale; NaN: holidays_prior
    int32_t standardise;    ///< 1, 0, or -1: unless it holds only 0 and 1
    int32_t multiplicative; ///< 1, 0, or -1: as the model
    double mu, sd;          ///< out only (norn_prophet_state)
} norn_prophet_regressor;

typedef struct norn_prophet_holiday {
    const char *name;
    int64_t day;          ///< days since 1970-01-01
    int32_t lower, upper; ///< first (<= 0) and last (>= 0) day touched, counted from `day`
    double prior;         ///< scale; NaN: holidays_prior
} norn_prophet_holiday;

/// Rows to fit on or to predict; all borrowed, in any order (results come sorted by ds, stably).
typedef struct norn_prophet_rows {
    size_t n;
    const int64_t *ds;         ///< (n) microseconds since 1970, without zone
    const double *y;           ///< (n), NaN = not seen; NULL when predicting
    const double *cap, *floor; ///< (n) or NULL
    size_t n_x;
    const char *const *x_name; ///< (n_x) regressors and conditions
    const double *const *x;    ///< (n_x) columns of (n)
} norn_prophet_rows;

/// A model: first a specification, after norn_prophet_fit a fit. Calls that change one must not run
/// side by side with others on it; predictions from one may.
typedef struct norn_prophet norn_prophet;

/// `opt` NULL means defaults. Errors: NORN_E_ARG with what is allowed, NORN_E_MEM. The caller frees *out.
NORN_API NORN_CHECKED norn_status norn_prophet_new(norn_ctx *ctx, const norn_prophet_opt *opt,
                                                   norn_prophet **out, norn_err *err);
NORN_API void norn_prophet_free(norn_prophet *p); ///< NULL is legal
/// The four below refuse names that are reserved or taken, and a model that is already fitted.
/// A seasonality or regressor of a name that is there replaces it.
NORN_API NORN_CHECKED norn_status
norn_prophet_add_seasonality(norn_prophet *p, const norn_prophet_seasonality *s, norn_err *err);
NORN_API NORN_CHECKED norn_status norn_prophet_add_regressor(norn_prophet *p,
                                                             const norn_prophet_regressor *r,
                                                             norn_err *err);
NORN_API NORN_CHECKED norn_status norn_prophet_add_holidays(norn_prophet *p,
                                                            const norn_prophet_holiday *rows,
                                                            size_t n, norn_err *err);
NORN_API NORN_CHECKED norn_status norn_prophet_add_country(norn_prophet *p, const char *country,
                                                           norn_err *err);
/// Codes of the countries and markets whose public holidays are there, ascending; static, *n of them.
NORN_API const char *const *norn_prophet_countries(size_t *n);

/// Estimates everything from rows with y. `warm`: a fitted model of the same shape to start from, or
/// NULL. Errors: NORN_E_ARG, NORN_E_DATA (which column, which row), NORN_E_MEM, NORN_E_CANCEL.
NORN_API NORN_CHECKED norn_status norn_prophet_fit(norn_ctx *ctx, norn_prophet *p,
                                                   const norn_prophet_rows *rows,
                                                   const norn_prophet *warm, norn_err *err);

/// All of a fit, as views that live as long as the model (or, going in, are the caller's). Numbers are
/// on the scaled axes: t = (ds - start) / t_scale, y_scaled = (y - floor) / y_scale.
typedef struct norn_prophet_state {
    int64_t start, t_scale; ///< microseconds
    double y_scale, y_min;
    bool floor;             ///< logistic growth with a floor column
    size_t n_change;
    const int64_t *change;  ///< (n_change) microseconds
    const double *change_t; ///< (n_change)
    size_t n_season;
    const norn_prophet_seasonality *season; ///< (n_season) resolved, in the order of their columns
    size_t n_regressor;
    const norn_prophet_regressor *regressor;
    size_t n_holiday_name;
    const char *const *holiday_name; ///< (n_holiday_name) seen in training
    size_t n_column;
    const char *const *column;      ///< (n_column) "yearly_delim_1"
    const char *const *component;   ///< (n_column) "yearly"
    const bool *column_multiplicative; ///< (n_column)
    const double *prior;            ///< (n_column)
    double k, m, sigma;
    const double *delta; ///< (n_change)
    const double *beta;  ///< (n_column)
    double log_posterior;
    double kkt; ///< the optimum's certificate: largest violation of the first-order conditions
    bool exact; ///< the problem is convex given sigma and was solved to kkt
    int32_t passes;
    size_t n_rows;       ///< rows used
    double mean_step;    ///< of t over the history: steps of trend uncertainty with one future row
    size_t n_note;
    const char *const *note; ///< (n_note) what the user should be told: seasonalities left out, ...
} norn_prophet_state;

NORN_API NORN_CHECKED norn_status norn_prophet_state_view(const norn_prophet *p,
                                                          norn_prophet_state *out, norn_err *err);
/// Makes a specification a fitted model from a saved state (names, scales, estimates; log_posterior,
/// notes and n_rows are echoed). Errors: NORN_E_ARG when the state is not one of this specification.
NORN_API NORN_CHECKED norn_status norn_prophet_restore(norn_prophet *p,
                                                       const norn_prophet_state *state,
                                                       norn_err *err);

/// Works out how uncertain the estimates are, for predictions with opt->parameters: the curvature of the log
/// posterior at the optimum, from the rows that were fitted. Of no effect when it is done already; restored
/// models need it, too, norn_prophet_cv does not. Errors: NORN_E_ARG when the rows are not as many as fitted.
NORN_API NORN_CHECKED norn_status norn_prophet_spread(norn_ctx *ctx, norn_prophet *p,
                                                      const norn_prophet_rows *rows, norn_err *err);

typedef enum norn_prophet_paths {
    NORN_PROPHET_PATHS_STEPS,   ///< as Python's default: a change or none at each step
    NORN_PROPHET_PATHS_POISSON, ///< as R's, and Python's vectorized=False: changes at any time
    NORN_PROPHET_PATHS_EXACT    ///< no draws: moments in closed form where they are known
} norn_prophet_paths;

typedef struct norn_prophet_predict_opt {
    int32_t samples;       ///< draws; 0: no intervals
    double interval_width; ///< in [0, 1]
    uint64_t seed;
    norn_prophet_paths paths;
    bool components;       ///< every seasonality, holiday and regressor, with its bounds
    bool parameters;       ///< the estimates' own uncertainty, too: norn_prophet_spread comes first
} norn_prophet_predict_opt;

/// 1,000 draws, width 0.8, seed 0, steps, components.
NORN_API norn_prophet_predict_opt norn_prophet_predict_opt_default(void);

/// Named columns, owned by the caller (norn_prophet_table_free).
typedef struct norn_prophet_table {
    size_t n, n_column;
    const int64_t *ds;        ///< (n) ascending
    const int64_t *cutoff;    ///< (n) of cross-validation, else NULL
    const char *const *name;  ///< (n_column) trend, yhat_lower, ...
    const double *const *value; ///< (n_column) columns of (n)
    void *owner;
} norn_prophet_table;
NORN_API void norn_prophet_table_free(norn_prophet_table *t);

/// Columns in Prophet's order: trend, cap, floor, yhat_lower, yhat_upper, trend_lower, trend_upper, each
/// component with its bounds by name, and last yhat.
NORN_API NORN_CHECKED norn_status norn_prophet_predict(norn_ctx *ctx, const norn_prophet *p,
                                                       const norn_prophet_rows *rows,
                                                       const norn_prophet_predict_opt *opt,
                                                       norn_prophet_table *out, norn_err *err);
/// Draws of trend and yhat, (n, opt->samples) row-major, rows ascending by ds; either may be NULL.
NORN_API NORN_CHECKED norn_status norn_prophet_samples(norn_ctx *ctx, const norn_prophet *p,
                                                       const norn_prophet_rows *rows,
                                                       const norn_prophet_predict_opt *opt,
                                                       double *trend, double *yhat, norn_err *err);
/// Refits at every cut-off (rows up to it) and predicts the rows in (cutoff, cutoff + horizon]: columns y,
/// yhat, yhat_lower, yhat_upper, in the order of the cut-offs. `p` is a specification or a fit; it is not changed.
NORN_API NORN_CHECKED norn_status norn_prophet_cv(norn_ctx *ctx, const norn_prophet *p,
                                                  const norn_prophet_rows *rows,
                                                  const int64_t *cutoffs, size_t n_cutoff,
                                                  int64_t horizon,
                                                  const norn_prophet_predict_opt *opt,
                                                  norn_prophet_table *out, norn_err *err);
/// Fits many series side by side: out[i] is a new fitted model of `p`'s specification, or NULL with
/// its reason in status[i] (n_series, may be NULL). Series of one calendar share its products.
NORN_API NORN_CHECKED norn_status norn_prophet_fit_many(norn_ctx *ctx, const norn_prophet *p,
                                                        const norn_prophet_rows *rows,
                                                        size_t n_series, norn_prophet **out,
                                                        norn_status *status, norn_err *err);

/// How charts are drawn.
typedef struct norn_prophet_plot_opt {
    double interval_width; ///< what the prediction's bounds hold, in (0, 1]: for the key
    bool uncertainty;      ///< bounds, where the prediction has some
    bool plot_cap;         ///< cap and floor, where it has some
    int32_t weekly_start;  ///< weekday that the weekly panel begins with, in [0, 6]; 0: Sunday
    int32_t yearly_start;  ///< day that the yearly panel begins with, in [0, 365]; 0: 1 January
    int32_t width;         ///< px in [320, 4096]; 0: 960
    const char *title, *x_label, *y_label; ///< NULL: none; components have a title alone
} norn_prophet_plot_opt;
/// Width 0.8, bounds and limits drawn, Sunday, 1 January, no words.
NORN_API norn_prophet_plot_opt norn_prophet_plot_opt_default(void);

/// One SVG document, UTF-8 with a NUL behind it, owned by the caller (norn_prophet_chart_free). The same
/// bytes for the same values; light and dark follow the reader's preference.
typedef struct norn_prophet_chart {
    size_t n; ///< bytes without the NUL
    const char *svg;
    void *owner;
} norn_prophet_chart;
NORN_API void norn_prophet_chart_free(norn_prophet_chart *chart);

/// The history (ds and y; NULL: none) as dots, `forecast`'s yhat over it with bounds, cap and floor. The
/// forecast needs ds and the column yhat; times in any order of input are drawn as they stand.
NORN_API NORN_CHECKED norn_status norn_prophet_plot(norn_ctx *ctx, const norn_prophet_rows *history,
                                                    const norn_prophet_table *forecast,
                                                    const norn_prophet_plot_opt *opt,
                                                    norn_prophet_chart *out, norn_err *err);
/// A panel for the trend, holidays, every seasonality over one period of its own, and extra regressors,
/// as far as `forecast` has their columns. history (ds alone; NULL: forecast's) says whether the data are daily.
NORN_API NORN_CHECKED norn_status norn_prophet_plot_components(
    norn_ctx *ctx, const norn_prophet *p, const norn_prophet_rows *history,
    const norn_prophet_table *forecast, const norn_prophet_plot_opt *opt, norn_prophet_chart *out,
    norn_err *err);

#ifdef __cplusplus
}
#endif
#endif
