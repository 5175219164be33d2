/* What stands out in a report: anomalies, correlations, drivers of profit, and the words for all of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_FINDINGS_H
#define NORNI_FINANCE_FINDINGS_H

#include "finance/finance_forecast.h"
#include "finance/finance_kpis.h"
#include "models/learner.h"

typedef enum norni_fin_severity {
    NORNI_FIN_INFO,
    NORNI_FIN_LOW,
    NORNI_FIN_MEDIUM,
    NORNI_FIN_HIGH,
    NORNI_FIN_CRITICAL
} norni_fin_severity;

typedef struct norni_fin_anomaly {
    int64_t month;
    norni_fin_metric metric;
    double value, mean, median,
        score;          /* expected: what trend and season of the other months say, and
                                          that plus the median rest; score: .6 confidence + .4
                                          min(|deviation|, 1) */
    uint32_t votes;     /* a bit for each detector that agrees */
    bool trend, season; /* what the expected values follow */
    norni_fin_severity severity;
    norni_str group; /* the region or department whose own months these are; empty: all rows' */
} norni_fin_anomaly;
typedef struct norni_fin_anomalies {
    size_t n;
    norni_fin_anomaly *item; /* (n) by severity, then month */
} norni_fin_anomalies;
/* Six detectors vote on every month of ten metrics, and of each region's and department's revenue; three agree or more, and the
 * month stands out of trend and season beyond chance (num/deleted_fit.h). Randomness from seed. */
NORN_CHECKED norn_status norni_fin_anomalies_make(norn_ctx *ctx, const norni_fin_book *book,
                                                  uint64_t seed, norni_arena *arena,
                                                  norni_fin_anomalies *out, norn_err *err);
void norni_fin_anomalies_json(norni_json *j, const norni_fin_anomalies *a);

typedef struct norni_fin_correlation {
    norni_fin_metric a, b;
    double correlation;
    int32_t lag_months; /* of the Granger test that says most; 0: none below .05 */
    double p_value;     /* of that test; NaN: none below .05 */
    uint32_t
        n_tests; /* lags and directions that were tried; 0: no run of months long enough, or nothing to test */
    bool b_leads; /* b's changes tell of a's; else a's of b's */
    size_t n;     /* months */
    /* The same test with a mean for each month of the year; NaN: too few months for that. */
    double p_value_without_season;
} norni_fin_correlation;
/* Whether a lead is to be spoken of: with the season out too, p times `tests` is below .05. */
bool norni_fin_leads(const norni_fin_correlation *c, size_t tests);
typedef struct norni_fin_correlations {
    size_t n;
    norni_fin_correlation *item;
} norni_fin_correlations;
NORN_CHECKED norn_status norni_fin_correlations_make(const norni_fin_book *book, norni_arena *arena,
                                                     norni_fin_correlations *out, norn_err *err);
void norni_fin_correlations_json(norni_json *j, const norni_fin_correlations *all);

/* profit_drivers: exact Shapley values of boosted trees (or an additive model). */
typedef struct norni_fin_driver {
    norni_str feature;
    double score; /* mean |contribution|, in profit's unit */
} norni_fin_driver;
typedef struct norni_fin_drivers {
    size_t n; /* five at most, the strongest first */
    norni_fin_driver *item;
    norni_str model;   /* "gbdt(…)" with its version */
    double r2;         /* out of fold: how much of profit the drivers tell; NaN: not measured */
    norni_str insight; /* a sentence */
} norni_fin_drivers;
NORN_CHECKED norn_status norni_fin_drivers_make(norn_ctx *ctx, const norni_fin_book *book,
                                                const norni_learner_set *learners, uint64_t seed,
                                                norni_arena *arena, norni_fin_drivers *out,
                                                norn_err *err);
void norni_fin_drivers_json(norni_json *j, const norni_fin_drivers *d);

typedef enum norni_fin_mode { NORNI_FIN_GUARDIAN, NORNI_FIN_STORYTELLER } norni_fin_mode;
/* Both narratives are made of the same facts. */
typedef struct norni_fin_facts {
    const norni_fin_book *book;
    const norni_fin_kpis *kpis;
    const norni_fin_forecasts *forecasts;
    const norni_fin_anomalies *anomalies;
    const norni_fin_correlations *correlations;
    const norni_fin_drivers *drivers;
} norni_fin_facts;
/* `narratives` (guardian: {summary_text, analyst_insights[]}; storyteller: {narrative}), `recommendations` (an array), and the
 * markdown of ai_response. */
void norni_fin_narratives_json(norni_json *j, const norni_fin_facts *f, norni_fin_mode mode);
void norni_fin_recommendations_json(norni_json *j, const norni_fin_facts *f);
void norni_fin_markdown(norni_buf *out, const norni_fin_facts *f, norni_fin_mode mode);

#endif
