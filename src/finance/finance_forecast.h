/* Forecasts of a report: every metric, region and department, each by the model that its own past chose. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_FORECAST_H
#define NORNI_FINANCE_FORECAST_H

#include "eval/trial.h"
#include "finance/finance_months.h"
#include "par/batch.h"

enum { NORNI_FIN_HORIZON = 3, NORNI_FIN_LEAST_MONTHS = 12 };

typedef struct norni_fin_candidate {
    norni_str name; /* as shown: "AutoARIMA", "Prophet", or a spec */
    norni_str spec; /* as `norn evaluate` takes it */
    norni_contender who;
    int32_t rank; /* of equal errors the lower rank serves */
} norni_fin_candidate;

typedef struct norni_fin_point {
    int64_t month;                  /* year * 12 + month - 1 */
    double predicted, lower, upper; /* lower <= predicted <= upper */
} norni_fin_point;

/* What a candidate's back-test gave. */
typedef struct norni_fin_score {
    bool ok;
    double rmse, mae, mape; /* NaN: not defined */
    norni_str described;    /* "ARIMA(1,1,0)(0,1,1)[12] …" of the fit to the training months */
    norni_str message;      /* of a failure */
} norni_fin_score;

typedef enum norni_fin_part {
    NORNI_FIN_OF_ALL,
    NORNI_FIN_OF_REGION,
    NORNI_FIN_OF_DEPARTMENT
} norni_fin_part;

/* One series with its answer. */
typedef struct norni_fin_series {
    norni_fin_part part;
    norni_str name; /* metric, region or department */
    norni_str id; /* "revenue", "region/EMEA" …: of random streams, of norn evaluate's unique_id */
    size_t n;
    int64_t first;                /* month of y[0] */
    const double *y;              /* (n) NaN = missing month */
    size_t holdout;               /* months held out: 6, 4, 3 or 2 */
    const norni_fin_score *score; /* (n_candidates) */
    size_t best;                  /* candidate that served; SIZE_MAX: none */
    bool fallback;                /* none of them: the fallback serves */
    norni_str fitted;             /* its description on all months */
    double accuracy_percentage;   /* NaN: none */
    size_t n_points;
    norni_fin_point point[NORNI_FIN_HORIZON];
    norn_status status; /* NORN_OK, or why there are no points; */
    norni_str reason;   /* in words */
    bool cached;
    double seconds; /* of its worker, for reports of speed only */
} norni_fin_series;

typedef struct norni_fin_forecasts {
    size_t n_candidates;
    const norni_fin_candidate *candidate;
    norni_fin_candidate fallback;
    double level; /* of the intervals, per cent */
    size_t n;
    norni_fin_series *series; /* (n) metrics in the spec's order, then regions, then departments */
    bool has_growth;          /* growth_rate, derived from revenue's points */
    norni_fin_point growth[NORNI_FIN_HORIZON];
    size_t n_growth;
    size_t n_ok, n_fallback, n_failed; /* series; fallbacks are ok */
    size_t n_hits;                     /* from the cache */
    double seconds;                    /* of the wall clock */
    int32_t workers;
} norni_fin_forecasts;

typedef struct norni_fin_forecast_opt {
    const norni_fin_candidate *candidate; /* (n_candidates) at least 1 */
    size_t n_candidates;
    norni_fin_candidate fallback; /* serves where every candidate fails; who.model NULL: none */
    const norni_model_set *models;
    double level; /* of the intervals, in (0,100) */
    uint64_t seed;
    uint32_t attempts;         /* at a fit that breaks down; 0 = 1 */
    struct norni_cache *cache; /* store/cache.h; or NULL */
    norni_str version;         /* of the engine: part of cache keys */
    norni_tally *tally;        /* or NULL */
    /* A series is done: from any worker, one call at a time, in the order in which they end. Or NULL. */
    void (*done)(void *user, const norni_fin_series *s, const struct norni_fin_forecasts *f);
    void *user;
} norni_fin_forecast_opt;

/* The series of the book, all in the arena, nothing forecast yet: what --series writes. */
NORN_CHECKED norn_status norni_fin_series_make(const norni_fin_book *book,
                                               const norni_fin_forecast_opt *opt,
                                               norni_arena *arena, norni_fin_forecasts *out,
                                               norn_err *err);
/* Forecasts all of them. Series that cannot be forecast say why; an error of its own is cancel or memory. */
NORN_CHECKED norn_status norni_fin_forecasts_run(norn_ctx *ctx, const norni_fin_forecast_opt *opt,
                                                 norni_arena *arena, norni_fin_forecasts *f,
                                                 norn_err *err);
/* "AutoARIMA" …, the fallback's name, or "none". */
norni_str norni_fin_series_model(const norni_fin_forecasts *f, const norni_fin_series *s);
/* Mean of the series' accuracy_percentage; NaN: none has one. */
double norni_fin_accuracy(const norni_fin_forecasts *f);

/* {"date", "predicted", "lower", "upper"} of each point, as an array. */
void norni_fin_points_json(norni_json *j, const norni_fin_point *p, size_t n);
/* forecast_chart: {metric: points, growth_rate, regional_revenue: {…}, departmental_revenue: {…}}. */
void norni_fin_chart_json(norni_json *j, const norni_fin_forecasts *f);
/* model_health_report: an object for each metric, growth_rate, regional_revenue and departmental_revenue. */
void norni_fin_health_json(norni_json *j, const norni_fin_forecasts *f, int64_t unix_seconds);
/* One series that is done, for those who watch: {"id", "status", "model", …, "points"}. */
void norni_fin_item_json(norni_json *j, const norni_fin_series *s, const norni_fin_forecasts *f);

/* The series of that name, or NULL. */
const norni_fin_series *norni_fin_series_find(const norni_fin_forecasts *f, norni_fin_part part,
                                              norni_str name);

#endif
