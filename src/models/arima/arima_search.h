/* The search for the orders of a seasonal ARIMA model: its settings, its plan, its trials. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ARIMA_SEARCH_H
#define NORNI_ARIMA_SEARCH_H

#include "models/arima/arima_fit.h"

enum { ARIMA_LONG = 10000 }; /* values that the search looks at */

typedef enum arima_ic { ARIMA_AICC, ARIMA_AIC, ARIMA_BIC } arima_ic;
typedef enum arima_approximation {
    ARIMA_APPROXIMATE_AUTO, /* where the exact likelihood is dear */
    ARIMA_APPROXIMATE,
    ARIMA_EXACT,
} arima_approximation;

/* The settings; auto_arima.c's rows fill them. */
typedef struct arima_search_opt {
    int32_t d, sd; /* -1: by tests */
    int32_t max_p, max_q, max_sp, max_sq, max_d, max_sd, max_order;
    int32_t start_p, start_q, start_sp, start_sq;
    int32_t max_models; /* of the stepwise search */
    int32_t widen;    /* stepwise: so many more models whose neighbours are tried; -1 = by length */
    int32_t truncate; /* the search looks at the last so many values; 0 = by length */
    int32_t polish;   /* so many of the best are refitted exactly after an approximate search */
    int32_t ic;       /* arima_ic */
    int32_t approximation; /* arima_approximation */
    int32_t test, season_test;
    bool stationary, seasonal, stepwise, allow_drift, allow_mean;
    bool simulate; /* these two are of the forecast's intervals, not of the search */
    int32_t n_paths;
} arima_search_opt;

/* What is settled before any model is fitted. */
typedef struct arima_plan {
    int32_t m, d, sd;
    int32_t max_p, max_q, max_sp, max_sq;
    norni_arima_constant constant; /* the kind that d + D allow */
    arima_ic ic;
    size_t n_obs;  /* observed values */
    bool css;      /* the search minimises squares */
    int32_t widen; /* as in the settings, resolved */
    bool flat;     /* the differenced series is constant: nothing to search */
    double step;   /* flat: its value, per period */
} arima_plan;

/* One model tried. */
typedef struct arima_trial {
    int32_t p, q, sp, sq;
    bool constant;
    bool expanded;      /* its neighbours were tried */
    double raw;         /* the criterion of the best fit; R's offset of squares is left out */
    double ic;          /* of the best fit that may be used; inf: all lie too near the bounds */
    const double *coef; /* (p + q + sp + sq + constant + n_x) of that fit, else of the best */
} arima_trial;

/* An earlier fit to start from; borrowed. */
typedef struct arima_known {
    norni_arima_order order;
    norni_arima_constant constant;
    size_t n_coef;
    const double *coef; /* (n_coef) */
} arima_known;

typedef struct arima_search {
    norni_env *env;
    const arima_search_opt *opt;
    const arima_plan *plan;
    norni_arima_data data; /* what the trials see: the end of a long series */
    size_t n_star;         /* its observed values less d + D m */
    double level;          /* where a constant starts that no neighbour has: the mean step */
    arima_trial *trials;   /* (cap) in the order of evaluation */
    size_t n_trials, cap;
    bool near;     /* begun at an earlier choice: one order moves at a time */
    size_t best;   /* the trial of least ic; SIZE_MAX: none yet */
    size_t most;   /* coefficients of a trial */
    double *start; /* (most) scratch for a start */
    double *coefs; /* room for the next trials' estimates */
} arima_search;

/* Observed values among y (n). */
size_t arima_n_seen(const double *y, size_t n);

/* arima_search_plan.c. `data` begins with an observed value; m >= 1. */
NORN_CHECKED norn_status arima_plan_make(norni_env *env, const arima_search_opt *opt,
                                         const norni_arima_data *data, int32_t m, arima_plan *out,
                                         norn_err *err);

/* About the nanoseconds of one pass of the exact filter over n values, n_gap of them missing. The
 * model reaches back over `lags` differenced values, its differences over `lost`. */
double arima_pass_ns(size_t n, size_t n_gap, double lags, double lost);

/* arima_search_trial.c */
/* Room for `cap` trials. */
NORN_CHECKED norn_status arima_search_init(arima_search *s, norni_env *env,
                                           const arima_search_opt *opt, const arima_plan *plan,
                                           const norni_arima_data *data, size_t cap, norn_err *err);
/* A fit of the trial's orders to `data` with at most `patience` values (0: as many as the account has
 * left). *cut: they were not enough. env: whose arena and account are used. */
NORN_CHECKED norn_status arima_search_fit(const arima_search *s, norni_env *env,
                                          const norni_arima_data *data, const arima_trial *t,
                                          norni_arima_method how, const double *start,
                                          uint64_t patience, norni_arima_fit *out, bool *cut,
                                          norn_err *err);
/* The trial's criteria and estimates, fitted from those of `from` (NULL: from none) where `best` is to
 * beat; start, coef (s->most): room, coef for the estimates. Changes nothing in *s. */
NORN_CHECKED norn_status arima_search_value(const arima_search *s, norni_env *env,
                                            const arima_trial *from, double best, double *start,
                                            double *coef, arima_trial *t, norn_err *err);
/* Takes a valued trial in as the last one; its estimates are copied. */
void arima_search_take(arima_search *s, const arima_trial *t);
/* Evaluates a model, from the estimates of `from` (NULL: from none); the trial becomes the last one.
 * The errors are those that end the search: out of memory, cancelled. */
NORN_CHECKED norn_status arima_search_try(arima_search *s, arima_trial model,
                                          const arima_trial *from, norn_err *err);
/* The trial of these orders, or NULL. */
arima_trial *arima_search_find(const arima_search *s, const arima_trial *model);
/* inf where the sample is too small for the count of parameters. */
double arima_criterion(arima_ic ic, double minus2, size_t n_par, size_t n_star);
/* Of an exact fit; inf where it lies too near the bounds to be useful. */
double arima_fit_criterion(arima_ic ic, const norni_arima_fit *fit);

/* arima_search_sweep.c */
/* Tries those of list (n) that are new, in turn, each from `from`, up to the first that becomes the
 * best: its place in *at, n when there is none. Idle workers fit ahead of the turn; what the turn does
 * not ask for is dropped. */
NORN_CHECKED norn_status arima_search_sweep(arima_search *s, const arima_trial *list, size_t n,
                                            const arima_trial *from, size_t *at, norn_err *err);
/* Nothing more may be tried, though there is an answer. */
bool arima_search_must_end(const arima_search *s);
/* An account for work ahead of its turn: what `whole` (may be NULL) has left. false: nothing. */
bool arima_search_account(const norni_effort *whole, norni_effort *out);
/* Whether work done on the account is what the turn would have got; then it is spent. */
bool arima_search_settle(norni_effort *whole, const norni_effort *own);

/* arima_search_steps.c: the two ways through the models. `known` (may be NULL): where stepwise
 * begins. */
NORN_CHECKED norn_status arima_search_stepwise(arima_search *s, const arima_trial *known,
                                               norn_err *err);
NORN_CHECKED norn_status arima_search_all(arima_search *s, norn_err *err);
size_t arima_search_all_count(const arima_plan *plan, int32_t max_order);

/* arima_search.c: the whole. *out lies in env->arena; its method says how it was fitted. */
typedef struct arima_found {
    norni_arima_fit fit;
    double ic;       /* of the exact likelihood; NaN when there is none */
    size_t n_trials; /* models fitted */
} arima_found;
NORN_CHECKED norn_status arima_search_run(norni_env *env, const arima_search_opt *opt,
                                          const norni_arima_data *data, int32_t m,
                                          const arima_known *known, arima_found *out,
                                          norn_err *err);

#endif
