/* The model auto_arima: its rows, and the search behind the vtable. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Values before the first observed one play no part. Regressors that are constant, or that the ones
 * before them explain, are left out (R stops). What is saved is the choice with its estimates, so
 * that a later search can begin there, and the state that predicts. */
#include "models/arima/auto_arima.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/fp.h"
#include "base/pack.h"
#include "models/arima/arima_search.h"
#include "models/arima/arima_state.h"
#include "num/extent.h"
#include "num/least_squares.h"
#include "num/unit_root.h"

static const char part[] = "auto_arima";
enum { MOST_ORDER = 1000, MOST_X = 10000, VERSION = 1 };

static const norni_param rows[] = {
#define ROW(field, kind, text, least, most, words, line)                                        \
    {                                                                                           \
        .name = #field, .type = kind, .offset = offsetof(arima_search_opt, field), .def = text, \
        .min = least, .max = most, .choices = words, .help = line                               \
    }
#define COUNT(field, text, most, line)   ROW(field, NORNI_T_INT, text, 0, most, NULL, line)
#define FLAG(field, text, line)          ROW(field, NORNI_T_BOOL, text, 0, 0, NULL, line)
#define CHOICE(field, words, text, line) ROW(field, NORNI_T_CHOICE, text, 0, 0, words, line)
    ROW(d, NORNI_T_INT, "-1", -1, 4, NULL, "ordinary differences; -1: by test"),
    ROW(sd, NORNI_T_INT, "-1", -1, 4, NULL, "seasonal differences; -1: by test"),
    COUNT(max_p, "5", 50, "most autoregressive terms"),
    COUNT(max_q, "5", 50, "most moving-average terms"),
    COUNT(max_sp, "2", 10, "most seasonal autoregressive terms"),
    COUNT(max_sq, "2", 10, "most seasonal moving-average terms"),
    COUNT(max_d, "2", 4, "most ordinary differences a test may ask for"),
    COUNT(max_sd, "1", 4, "most seasonal differences a test may ask for"),
    COUNT(max_order, "5", 120, "most terms together when stepwise=false"),
    COUNT(start_p, "2", 50, "autoregressive terms of the first model"),
    COUNT(start_q, "2", 50, "moving-average terms of the first model"),
    COUNT(start_sp, "1", 10, "seasonal autoregressive terms of the first model"),
    COUNT(start_sq, "1", 10, "seasonal moving-average terms of the first model"),
    FLAG(stationary, "false", "no differences"),
    FLAG(seasonal, "true", "seasonal terms and differences where the season is known"),
    FLAG(stepwise, "true", "from neighbour to neighbour; false: every model up to max_order"),
    CHOICE(
        approximation, "auto|true|false", "auto",
        "search by squares, then refit exactly; auto: where likelihoods are dear (long seasons)"),
    CHOICE(ic, "aicc|aic|bic", "aicc", "what the models are compared by"),
    FLAG(allow_mean, "true", "a mean where nothing is differenced"),
    FLAG(allow_drift, "true", "a drift where there is one difference"),
    CHOICE(test, "kpss|adf|pp", "kpss", "unit-root test for d"),
    CHOICE(season_test, "strength|ocsb|ch", "strength",
           "test for sd: strength of the season, Osborn-Chui-Smith-Birchenhall, Canova-Hansen"),
    ROW(max_models, NORNI_T_INT, "94", 1, 100000, NULL, "most models a stepwise search fits"),
    ROW(polish, NORNI_T_INT, "3", 1, 1000, NULL,
        "models refitted exactly after an approximate search; 1: as R"),
    ROW(widen, NORNI_T_INT, "-1", -1, 1000, NULL,
        "further models whose neighbours a stepwise search tries; 0: as R, -1: by length, up to 4"),
    COUNT(truncate, "0", 1e9,
          "the search looks at the last so many values; 0: 10000 or 12 seasons"),
    FLAG(simulate, "false", "intervals from sample paths in place of the formula"),
    ROW(n_paths, NORNI_T_INT, "5000", 100, 1000000, NULL,
        "sample paths where intervals are simulated"),
#undef ROW
#undef COUNT
#undef FLAG
#undef CHOICE
};

/* The series as the core is given it. */
typedef struct auto_input {
    size_t skipped; /* missing values before the first observed one */
    size_t n_all;   /* regressors given */
    size_t n_kept;
    size_t *kept; /* (n_kept) ascending */
    norni_series series;
} auto_input;

typedef struct auto_state {
    norni_arima_state *core;
    auto_input in;
    norni_arima_order order;
    norni_arima_constant constant;
    size_t n_coef;
    double *coef; /* (n_coef) */
} auto_state;

/* Columns of x kept, each moved on by `skip`; NULL stays NULL. */
static norn_status pick_columns(norni_env *env, const auto_input *in, const double *const *x,
                                size_t skip, const double *const **out, norn_err *err) {
    *out = NULL;
    if (!x) return NORN_OK;
    const double **v = norni_arena_get(env->arena, in->n_kept + 1, sizeof *v);
    if (!v) return norni_alloc_fail(err, part, in->n_kept, sizeof *v);
    for (size_t k = 0; k < in->n_kept; k++)
        v[k] = x[in->kept[k]] + skip;
    *out = v;
    return NORN_OK;
}

/* Keeps the regressors that differ from a constant and from each other. */
static norn_status pick_regressors(norni_env *env, const norni_series *s, auto_input *in,
                                   norn_err *err) {
    const size_t n = s->n - in->skipped, p = s->n_x + 1;
    in->n_all = s->n_x;
    in->kept = norni_arena_get(env->arena, p, sizeof *in->kept);
    if (!in->kept) return norni_alloc_fail(err, part, p, sizeof *in->kept);
    if (s->n_x == 0) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    norni_qr q = {.n = n,
                  .p = p,
                  .a = norni_arena_get(env->arena, n, p * sizeof(double)),
                  .work = norni_arena_get(env->arena, norni_qr_work(p), sizeof(double)),
                  .pivot = norni_arena_get(env->arena, p, sizeof(size_t))};
    bool *keep = norni_arena_zero(env->arena, p, sizeof *keep);
    if (!q.a || !q.work || !q.pivot || !keep)
        return norni_alloc_fail(err, part, n, p * sizeof(double));
    for (size_t t = 0; t < n; t++)
        q.a[t] = 1;
    for (size_t k = 0; k < s->n_x; k++)
        for (size_t t = 0; t < n; t++) {
            const double v = s->x[k][in->skipped + t];
            q.a[(k + 1) * n + t] = isnan(v) ? 0 : v;
        }
    if (!norni_qr_factor(&q, NORNI_QR_IN_ORDER, 1e-7, &env->poll))
        return norn_fail(err, NORN_E_CANCEL, "%s: cancelled", part);
    for (size_t j = 0; j < q.rank; j++)
        keep[q.pivot[j]] = true;
    for (size_t k = 0; k < s->n_x; k++)
        if (keep[k + 1] && !norni_is_constant(s->x[k] + in->skipped, n, 0))
            in->kept[in->n_kept++] = k;
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

static norn_status read_input(norni_env *env, const norni_series *s, auto_input *in,
                              norn_err *err) {
    const norni_extent e = norni_extent_of(s->y, s->n);
    if (e.n_seen == 0)
        return norn_fail(err, NORN_E_DATA, "%s: the series has no observed value", part);
    if (e.infinite)
        return norn_fail(err, NORN_E_DATA, "%s: the series has an infinite value", part);
    *in = (auto_input){.skipped = e.first};
    NORN_TRY(pick_regressors(env, s, in, err));
    norni_series *r = &in->series;
    *r = *s;
    r->n = s->n - in->skipped, r->y = s->y + in->skipped, r->n_x = in->n_kept;
    if (s->times) r->times = s->times + in->skipped;
    NORN_TRY(pick_columns(env, in, s->x, in->skipped, &r->x, err));
    return pick_columns(env, in, s->x_future, 0, &r->x_future, err);
}

static norn_status unsaved(norn_err *err) {
    return norn_fail(err, NORN_E_FORMAT, "%s: this is no saved auto_arima model", part);
}

/* What `save` wrote before the core's bytes, which *core gets. */
static norn_status read_saved(norni_env *env, norni_str saved, auto_state *st, norni_str *core,
                              norn_err *err) {
    norni_unpack u = {saved, false};
    norni_arima_order *o = &st->order;
    int32_t *const orders[] = {&o->p, &o->d, &o->q, &o->P, &o->D, &o->Q};
    (void)norni_unpack_count(&u, VERSION, VERSION);
    for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++)
        *orders[k] = (int32_t)norni_unpack_count(&u, 0, MOST_ORDER);
    o->m = (int32_t)norni_unpack_count(&u, 1, INT32_MAX);
    st->constant = (norni_arima_constant)norni_unpack_count(&u, 0, NORNI_ARIMA_DRIFT);
    st->in.n_all = norni_unpack_count(&u, 0, MOST_X);
    st->in.n_kept = norni_unpack_count(&u, 0, (uint32_t)st->in.n_all);
    if (u.failed) return unsaved(err);
    st->n_coef = (size_t)(o->p + o->q + o->P + o->Q) + st->in.n_kept;
    if (st->constant != NORNI_ARIMA_NO_CONSTANT) st->n_coef++;
    st->in.kept = norni_arena_get(env->arena, st->in.n_kept + 1, sizeof *st->in.kept);
    st->coef = norni_arena_get(env->arena, st->n_coef + 1, sizeof *st->coef);
    if (!st->in.kept || !st->coef) return norni_alloc_fail(err, part, st->n_coef, sizeof(double));
    for (size_t k = 0; k < st->in.n_kept; k++)
        st->in.kept[k] = norni_unpack_count(&u, 0, (uint32_t)st->in.n_all - 1);
    norni_unpack_f64s(&u, st->coef, st->n_coef);
    *core = norni_unpack_str(&u);
    return norni_unpack_end(&u) ? NORN_OK : unsaved(err);
}

/* The earlier fit that the environment holds, if it is one of this model. */
static norn_status read_known(norni_env *env, arima_known *out, bool *known, norn_err *err) {
    auto_state old = {0};
    norni_str core;
    norn_err why = {0};
    *known = false;
    if (env->warm.n == 0) return NORN_OK;
    const norn_status status = read_saved(env, env->warm, &old, &core, &why);
    if (status != NORN_OK && status != NORN_E_FORMAT) {
        if (err) *err = why;
        return status;
    }
    *known = status == NORN_OK;
    *out = (arima_known){old.order, old.constant, old.n_coef, old.coef};
    return NORN_OK;
}

static size_t paths_of(const arima_search_opt *o) {
    return o->simulate ? (size_t)o->n_paths : 0;
}

/* Searches until the choice can also be carried to the series' end: missing values may leave no trace
 * of where differences begin. Then there are fewer of them; the mean always can. */
static norn_status choose(norni_env *env, const arima_search_opt *opt, const arima_known *known,
                          auto_state *st, norn_err *err) {
    norni_series *in = &st->in.series;
    const norni_arima_data data = {in->n, in->y, in->n_x, in->x};
    const size_t n_kept = st->in.n_kept;
    arima_search_opt o = *opt;
    norn_status status = NORN_E_NUMERIC;
    for (int attempt = 0; attempt < 4; attempt++) {
        arima_found found;
        norn_err why = {0};
        st->in.n_kept = n_kept, in->n_x = data.n_x;
        if (attempt >= 1) o.sd = 0;
        if (attempt >= 2) o.d = 0;
        if (attempt == 3) o.max_p = o.max_q = o.max_sp = o.max_sq = 0;
        status = arima_search_run(env, &o, &data, norni_series_season(in), known, &found, &why);
        if (status == NORN_OK && found.fit.n_x < in->n_x) /* flat: none was fitted */
            st->in.n_kept = in->n_x = 0;
        if (status == NORN_OK)
            status = norni_arima_state_make(env, in, &found.fit, &st->core, &why);
        if (status == NORN_OK) {
            st->order = found.fit.order, st->constant = found.fit.constant;
            st->n_coef = found.fit.n_coef, st->coef = found.fit.coef;
            st->core->n_paths = paths_of(opt);
            return NORN_OK;
        }
        if (err) *err = why;
        if (status != NORN_E_DATA && status != NORN_E_NUMERIC) break;
    }
    return status;
}

static norn_status fit_auto(norni_env *env, const void *opt, const norni_group *group, void **state,
                            norn_err *err) {
    auto_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    arima_known known;
    bool is_known;
    if (!st) return norni_alloc_fail(err, part, 1, sizeof *st);
    NORN_TRY(read_input(env, &group->series[0], &st->in, err));
    NORN_TRY(read_known(env, &known, &is_known, err));
    NORN_TRY(choose(env, opt, is_known ? &known : NULL, st, err));
    *state = st;
    return NORN_OK;
}

static norn_status predict_auto(norni_env *env, const void *state, size_t g, size_t horizon,
                                bool want_levels, norni_dist *out, norn_err *err) {
    const auto_state *st = state;
    return norni_arima_predict(env, st->core, g, horizon, want_levels, out, err);
}

static norn_status fitted_auto(norni_env *env, const void *state, size_t g, double *out,
                               norn_err *err) {
    const auto_state *st = state;
    for (size_t t = 0; t < st->in.skipped; t++)
        out[t] = NORNI_NAN;
    return norni_arima_fitted(env, st->core, g, out + st->in.skipped, err);
}

static void describe_auto(const void *state, size_t g, char *out, size_t size) {
    const auto_state *st = state;
    norni_arima_describe(st->core, g, out, size);
}

static norn_status save_auto(const void *state, size_t g, norni_buf *out, norn_err *err) {
    const auto_state *st = state;
    const norni_arima_order *o = &st->order;
    const int32_t orders[] = {o->p, o->d, o->q, o->P, o->D, o->Q, o->m, (int32_t)st->constant};
    norni_pack_u32(out, VERSION);
    for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++)
        norni_pack_u32(out, (uint32_t)orders[k]);
    norni_pack_u32(out, (uint32_t)st->in.n_all);
    norni_pack_u32(out, (uint32_t)st->in.n_kept);
    for (size_t k = 0; k < st->in.n_kept; k++)
        norni_pack_u32(out, (uint32_t)st->in.kept[k]);
    norni_pack_f64s(out, st->coef, st->n_coef);
    norni_buf core;
    norni_buf_init(&core, out->alloc);
    const norn_status status = norni_arima_save(st->core, g, &core, err);
    if (status == NORN_OK) norni_pack_str(out, (norni_str){core.p, core.n});
    const bool failed = core.failed || out->failed;
    norni_buf_clear(&core);
    if (status == NORN_OK && failed) return norni_alloc_fail(err, part, out->n, 1);
    return status;
}

static norn_status load_auto(norni_env *env, const void *opt, norni_str saved, void **state,
                             norn_err *err) {
    auto_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    norni_str core;
    void *inner = NULL;
    if (!st) return norni_alloc_fail(err, part, 1, sizeof *st);
    NORN_TRY(read_saved(env, saved, st, &core, err));
    NORN_TRY(norni_arima_load(env, opt, core, &inner, err));
    st->core = inner;
    st->core->n_paths = paths_of(opt);
    *state = st;
    return NORN_OK;
}

static norn_status update_auto(norni_env *env, void *state, const norni_series *more,
                               norn_err *err) {
    auto_state *st = state;
    norni_series s = *more;
    if (st->in.n_kept > 0 && more->n_x != st->in.n_all)
        return norn_fail(err, NORN_E_DATA, "%s: %zu regressors are given, the model has %zu", part,
                         more->n_x, st->in.n_all);
    s.n_x = st->in.n_kept;
    NORN_TRY(pick_columns(env, &st->in, s.n_x ? more->x : NULL, 0, &s.x, err));
    NORN_TRY(pick_columns(env, &st->in, s.n_x ? more->x_future : NULL, 0, &s.x_future, err));
    return norni_arima_update(env, st->core, &s, err);
}

/* Measured: a value of the series costs 15 (yearly data) to 80 microseconds of search, and one of a
 * long series' rest 1 to 2.5. */
static double cost_auto(const void *opt, size_t n, int32_t season, size_t horizon) {
    const double paths = 100 * (double)paths_of(opt);
    const double searched = n < ARIMA_LONG ? (double)n : ARIMA_LONG, rest = (double)n - searched;
    const double each = season > 1 ? 80e3 : n < 60 ? 15e3 : 60e3;
    return 50e3 + each * searched + 2e3 * rest + (50 + paths) * (double)horizon;
}

static norn_status validate_auto(const void *opt, const norni_series *s, norn_err *err) {
    const arima_search_opt *o = opt;
    if (o->sd > 0 && norni_series_season(s) < 2)
        return norn_fail(err, NORN_E_ARG,
                         "%s: sd=%d needs a season length of 2 or more, the series has none", part,
                         (int)o->sd);
    if (o->stationary && (o->d > 0 || o->sd > 0))
        return norn_fail(err, NORN_E_ARG, "%s: stationary=true allows no d or sd above 0", part);
    return NORN_OK;
}

const norni_model norni_model_auto_arima = {
    .name = "auto_arima",
    .summary = "seasonal ARIMA with orders found by the Hyndman-Khandakar search",
    .source = "Hyndman and Khandakar 2008, J. Stat. Software 27(3)",
    .params = rows,
    .n_params = sizeof rows / sizeof rows[0],
    .opt_size = sizeof(arima_search_opt),
    .intervals = true,
    .missing = true,
    .exogenous = true,
    .validate = validate_auto,
    .cost = cost_auto,
    .fit = fit_auto,
    .predict = predict_auto,
    .fitted = fitted_auto,
    .describe = describe_auto,
    .save = save_auto,
    .paths = norni_paths_always,
    .load = load_auto,
    .update = update_auto,
};
