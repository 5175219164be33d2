/* The model arima: its options, and the fit of given orders behind the vtable. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Box, Jenkins, Reinsel: Time Series Analysis. Exact likelihood (arima_like.c) from a start by
 * conditional least squares, which alone decides where one exact value would take longer than about
 * a hundredth of a second (method=auto); forecasts come from the exact filter in any case. */
#include "models/arima/arima.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "models/arima/arima_state.h"
#include "num/extent.h"

enum method { METHOD_AUTO, METHOD_CSS_ML, METHOD_ML, METHOD_CSS };
enum constant { CONSTANT_AUTO, CONSTANT_NONE, CONSTANT_MEAN, CONSTANT_DRIFT };

typedef struct arima_opt {
    int32_t p, d, q, sp, sd, sq;
    int32_t constant; /* enum constant */
    int32_t method;   /* enum method */
    bool simulate;
    int32_t n_paths;
} arima_opt;

#define ORDER(field, most, text)                                                               \
    {                                                                                          \
        .name = #field, .type = NORNI_T_INT, .offset = offsetof(arima_opt, field), .def = "0", \
        .min = 0, .max = most, .help = text                                                    \
    }
static const norni_param arima_rows[] = {
    ORDER(p, ARIMA_MOST_FACTOR, "autoregressive terms"),
    ORDER(d, 4, "ordinary differences"),
    ORDER(q, ARIMA_MOST_FACTOR, "moving-average terms"),
    ORDER(sp, 16, "seasonal autoregressive terms"),
    ORDER(sd, 4, "seasonal differences"),
    ORDER(sq, 16, "seasonal moving-average terms"),
    {.name = "constant",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(arima_opt, constant),
     .def = "auto",
     .choices = "auto|none|mean|drift",
     .help = "auto: a mean where nothing is differenced; drift: a line, with one difference"},
    {.name = "method",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(arima_opt, method),
     .def = "auto",
     .choices = "auto|css_ml|ml|css",
     .help = "auto: exact likelihood from least squares, least squares alone on very long series"},
    {.name = "simulate",
     .type = NORNI_T_BOOL,
     .offset = offsetof(arima_opt, simulate),
     .def = "false",
     .help = "intervals from sample paths in place of the formula"},
    {.name = "n_paths",
     .type = NORNI_T_INT,
     .offset = offsetof(arima_opt, n_paths),
     .def = "5000",
     .min = 100,
     .max = 1000000,
     .help = "sample paths where intervals are simulated"},
};

static norni_arima_order order_of(const arima_opt *o, int32_t season) {
    const bool seasonal = o->sp > 0 || o->sd > 0 || o->sq > 0;
    return (norni_arima_order){.p = o->p,
                               .d = o->d,
                               .q = o->q,
                               .P = o->sp,
                               .D = o->sd,
                               .Q = o->sq,
                               .m = seasonal && season > 1 ? season : 1};
}

static norni_arima_constant constant_of(const arima_opt *o) {
    const int32_t differences = o->d + o->sd;
    if (o->constant == CONSTANT_MEAN || (o->constant == CONSTANT_AUTO && differences == 0))
        return NORNI_ARIMA_MEAN;
    return o->constant == CONSTANT_DRIFT ? NORNI_ARIMA_DRIFT : NORNI_ARIMA_NO_CONSTANT;
}

static size_t paths_of(const arima_opt *o) {
    return o->simulate ? (size_t)o->n_paths : 0;
}

static norn_status validate_arima(const void *opt, const norni_series *s, norn_err *err) {
    const arima_opt *const o = opt;
    if (o->sp + o->sd + o->sq > 0 && norni_series_season(s) < 2)
        return norn_fail(
            err, NORN_E_ARG,
            "arima: (%d,%d,%d) are seasonal orders, but the series has no season; give "
            "one, as [12]",
            (int)o->sp, (int)o->sd, (int)o->sq);
    if (o->constant == CONSTANT_MEAN && o->d + o->sd > 0)
        return norn_fail(err, NORN_E_ARG,
                         "arima: constant=mean needs d=0 and sd=0: differences take a mean away; "
                         "drift goes with one difference");
    if (o->constant == CONSTANT_DRIFT && o->d + o->sd != 1)
        return norn_fail(
            err, NORN_E_ARG,
            "arima: constant=drift needs one difference (d+sd=1), not %d; without one, "
            "take mean",
            (int)(o->d + o->sd));
    return NORN_OK;
}

/* Of one value, a search takes some fifty: a tenth of a second, and a second where values are
 * missing, since least squares knows guesses only for those. */
static const double most_exact_work = 5e6, most_gap_work = 1e8;

static double cost_arima(const void *opt, size_t n, int32_t season, size_t horizon) {
    const arima_opt *const o = opt;
    const norni_arima_order order = order_of(o, season);
    const double terms = 2 + (double)arima_n_arma(&order), work = arima_exact_work(&order, n, 0);
    const bool exact = o->method != METHOD_CSS && work <= most_exact_work;
    const double paths = 15 * (double)paths_of(o) * terms;
    return 2000 + terms * (20 * (double)n * terms + (exact ? 15 * work : 0)) +
           (50 + paths) * (double)horizon;
}

/* Estimates of an earlier fit of the same orders, or NULL. */
static const double *warm_start(norni_env *env, const norni_arima_order *o,
                                norni_arima_constant constant, const norni_series *s) {
    void *state = NULL;
    norn_err ignored = {0};
    if (env->warm.n == 0) return NULL;
    if (norni_arima_load(env, NULL, env->warm, &state, &ignored) != NORN_OK) return NULL;
    const norni_arima_fit *const f = &((const norni_arima_state *)state)->fit;
    if (memcmp(&f->order, o, sizeof *o) != 0 || f->constant != constant || f->n_x != s->n_x)
        return NULL;
    return f->coef;
}

static norn_status fit_arima(norni_env *env, const void *opt, const norni_group *group,
                             void **state, norn_err *err) {
    static const norni_arima_method methods[] = {NORNI_ARIMA_CSS_ML, NORNI_ARIMA_CSS_ML,
                                                 NORNI_ARIMA_ML, NORNI_ARIMA_CSS};
    const arima_opt *const o = opt;
    const norni_series *const s = &group->series[0];
    const norni_arima_data data = {s->n, s->y, s->n_x, s->x};
    const norni_arima_order order = order_of(o, norni_series_season(s));
    const norni_arima_constant constant = constant_of(o);
    const norni_extent e = norni_extent_of(s->y, s->n);
    norni_arima_method method = methods[o->method];
    norni_arima_fit fit;
    norni_arima_state *made = NULL;
    if (e.n_seen == 0)
        return norn_fail(err, NORN_E_DATA, "arima: the series has no observed value");
    const size_t gaps = e.last + 1 - e.first - e.n_seen;
    if (o->method == METHOD_AUTO &&
        arima_exact_work(&order, s->n, gaps) > (gaps > 0 ? most_gap_work : most_exact_work))
        method = NORNI_ARIMA_CSS;
    NORN_TRY(norni_arima_fit_run(env, &data, order, constant, method,
                                 warm_start(env, &order, constant, s), &fit, err));
    NORN_TRY(norni_arima_state_make(env, s, &fit, &made, err));
    made->n_paths = paths_of(o);
    *state = made;
    return NORN_OK;
}

static norn_status load_arima(norni_env *env, const void *opt, norni_str saved, void **state,
                              norn_err *err) {
    const arima_opt *const o = opt;
    NORN_TRY(norni_arima_load(env, opt, saved, state, err));
    norni_arima_state *const st = *state;
    const norni_arima_fit *const f = &st->fit;
    st->n_paths = paths_of(o);
    const norni_arima_order want = order_of(o, f->order.m);
    if (memcmp(&f->order, &want, sizeof want) != 0 || f->constant != constant_of(o))
        return norn_fail(err, NORN_E_FORMAT, "arima: the kept model has other orders");
    return NORN_OK;
}

const norni_model norni_model_arima = {
    .name = "arima",
    .summary = "seasonal ARIMA of given orders, with regressors: arima(2,1,1)(0,1,1)[12]",
    .source = "Box and Jenkins 1976; Morf, Sidhu, Kailath 1974; Ansley 1979",
    .params = arima_rows,
    .n_params = sizeof arima_rows / sizeof arima_rows[0],
    .opt_size = sizeof(arima_opt),
    .intervals = true,
    .missing = true,
    .exogenous = true,
    .validate = validate_arima,
    .cost = cost_arima,
    .fit = fit_arima,
    .predict = norni_arima_predict,
    .fitted = norni_arima_fitted,
    .describe = norni_arima_describe,
    .save = norni_arima_save,
    .paths = norni_paths_always,
    .load = load_arima,
    .update = norni_arima_update,
    .estimates = norni_arima_estimates,
    .apply = norni_arima_apply,
};
