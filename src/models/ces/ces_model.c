/* Complex exponential smoothing: four forms, and the choice among them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Svetunkov, Kourentzes, Ord (2022), "Complex exponential smoothing", Naval Research Logistics 69.
 * A value y and its unobserved part, a complex number, are smoothed by a complex parameter
 * alpha_0 + i alpha_1. As a state space with one source of error, level l and carry c:
 *   y_t = l_{t-1} + e_t
 *   l_t = l_{t-1} - (1 - alpha_1) c_{t-1} + (alpha_0 - alpha_1) e_t
 *   c_t = l_{t-1} + (1 - alpha_0) c_{t-1} + (alpha_0 + alpha_1) e_t
 * Levels, growth and decline come from alpha alone (alpha_1 = 1: simple exponential smoothing by
 * alpha_0 - 1), and no trend is added or multiplied. Forms:
 *   none     as above
 *   simple   the same with l_{t-m}, c_{t-m}: every season on its own
 *   partial  y_t = l_{t-1} + s_{t-m} + e_t,  s_t = s_{t-m} + beta_0 e_t
 *   full     the season is a pair of its own under beta_0 + i beta_1
 * Parameters: least squares (ces_search.c) inside the region of ces_region.c, over passes whose first
 * state is backcast (ces_pass.c) or least-squares, too (ces_exact.c). `auto` takes the least AICc =
 * n log SSE + 2k + 2k(k+1)/(n-k-1), k as statsforecast counts: 3, 3, 4, 5, and the first states where
 * they are searched. Missing values: the state goes on without an innovation. With fewer than four
 * values: alpha = 1.3 + i. */
#include "models/ces/ces.h"

#include <math.h>

#include "base/fp.h"
#include "models/ces/ces_state.h"
#include "num/extent.h"

typedef struct ces_opt {
    int32_t form; /* 0: auto; else ces_form + 1 */
    int32_t initial;
} ces_opt;

enum { AUTO, FEW = 4 };

static const char *const form_names[] = {"none", "simple", "partial", "full"};

static const norni_param ces_rows[] = {
    {.name = "model",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(ces_opt, form),
     .def = "auto",
     .choices = "auto|none|simple|partial|full",
     .help = "seasonal form; auto: the least AICc"},
    {.name = "initial",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(ces_opt, initial),
     .def = "backcast",
     .choices = "backcast|statsforecast",
     .help = "first state; statsforecast: backcast as that package does"},
};
enum { N_CES_ROWS = sizeof ces_rows / sizeof ces_rows[0] };

/* Why a form cannot be had; NULL: it can. */
static const char *refusal(ces_form form, size_t n, size_t m) {
    if (form == CES_NONE) return NULL;
    if (m < 2) return "needs a season length of 2 or more";
    if (n < 2 * m) return "needs two whole seasons";
    if (form != CES_SIMPLE && m > CES_MOST_SEASON) return "takes seasons of at most 512";
    return NULL;
}

static norn_status validate_ces(const void *opt, const norni_series *s, norn_err *err) {
    const ces_opt *o = opt;
    if (o->form == AUTO) return NORN_OK;
    const size_t m = (size_t)norni_series_season(s);
    const char *why = refusal((ces_form)(o->form - 1), s->n, m);
    if (why == NULL) return NORN_OK;
    return norn_fail(err, NORN_E_DATA, "ces: model=%s %s; the series has %zu values, season %zu",
                     form_names[o->form - 1], why, s->n, m);
}

static double ces_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    const ces_opt *o = opt;
    const double passes = o->form > 0 ? 30 : season > 1 ? 130 : 20;
    return 2000 + passes * (10 * (double)n + 300) + 20 * (double)horizon;
}

/* Comparable among forms; without an innovation (or one that counts) the simpler form wins. */
static double criterion(ces_form form, double sse, const ces_data *d, double largest) {
    static const double counts[] = {3, 3, 4, 5};
    const double n = (double)d->n_seen, k = counts[form], noise = 1e-15 * largest,
                 least = n * noise * noise + 1e-300;
    if (n - k - 1 <= 0) return NORNI_INF;
    return n * norni_log(sse > least ? sse : least) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

/* The best form's fit; stop tells of a cancelled search. */
static ces_fit search_forms(norni_env *env, const ces_opt *o, ces_data *d, ces_state *st,
                            double largest, double *scratch) {
    ces_fit chosen = {.form = CES_NONE, .sse = NORNI_INF};
    bool kept[CES_N_FORMS];
    ces_param near[CES_N_FORMS];
    const bool warm = ces_kept_forms(env->warm, kept, near);
    for (size_t f = 0; f < CES_N_FORMS; f++) {
        const ces_form form = (ces_form)f;
        if (o->form == AUTO ? refusal(form, d->n, d->m) != NULL : f != (size_t)o->form - 1)
            continue;
        if (form >= CES_PARTIAL && d->figure == NULL) continue;
        if (env->effort && env->effort->cut && chosen.sse < NORNI_INF) break;
        const ces_fit fit =
            ces_search(d, form, warm && kept[f] ? &near[f] : NULL, env->effort, scratch);
        if (fit.stop == NORN_STOP_CANCELLED) return fit;
        if (!(fit.sse < NORNI_INF)) continue;
        const double aicc = criterion(form, fit.sse, d, largest);
        st->tried[f] = true;
        st->best[f] = fit.par;
        if (chosen.sse < NORNI_INF && !(aicc < st->aicc)) continue;
        chosen = fit;
        st->aicc = aicc;
    }
    return chosen;
}

/* From the first state over the series: squares, and the state behind it. */
static void follow(ces_state *st, const ces_data *d, size_t n_param) {
    double sse = 0;
    for (size_t t = 0; t < d->n; t++) {
        const double e = d->y[t] - ces_walk_step(&st->now, d->y[t]);
        if (!isnan(e)) sse += e * e;
    }
    st->sigma2 = d->n_seen > n_param ? sse / (double)(d->n_seen - n_param) : NORNI_NAN;
}

static norn_status settle(norni_env *env, ces_data *d, const ces_fit *fit, ces_state *st,
                          norn_err *err) {
    ces_param par[CES_LANES];
    for (size_t k = 0; k < CES_LANES; k++)
        par[k] = fit->par;
    const size_t m = fit->form == CES_NONE ? 1 : d->m;
    st->start.slot = norni_arena_get(env->arena, m, 2 * sizeof *st->start.slot);
    if (st->start.slot == NULL) return norni_alloc_fail(err, "ces", m, 2 * sizeof *st->start.slot);
    if (!ces_backcast(d, fit->form, par)) return norn_fail(err, NORN_E_CANCEL, "ces: cancelled");
    ces_walk_take(d->lanes, &st->start);
    if (!ces_walk_copy(&st->start, env->arena, &st->now))
        return norni_alloc_fail(err, "ces", m, 2 * sizeof *st->start.slot);
    follow(st, d, ces_n_param(fit->form));
    return NORN_OK;
}

static norn_status fit_ces(norni_env *env, const void *opt, const norni_group *group, void **state,
                           norn_err *err) {
    const ces_opt *o = opt;
    const norni_series *s = &group->series[0];
    const norni_extent e = norni_extent_of(s->y, s->n);
    const size_t m = (size_t)norni_series_season(s);
    if (e.n_seen == 0) return norn_fail(err, NORN_E_DATA, "ces: the series has no observed value");
    if (e.infinite) return norn_fail(err, NORN_E_DATA, "ces: the series has an infinite value");
    ces_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    double *y = norni_arena_get(env->arena, s->n, sizeof *y);
    double *scratch = norni_arena_get(env->arena, 2 * m + 3, 2 * sizeof *scratch);
    ces_data d;
    if (!st || !y || !scratch) return norni_alloc_fail(err, "ces", s->n, sizeof *y);
    norni_rescale(s->y, s->n, e.exponent, y);
    if (!ces_data_init(&d, y, s->n, m, &env->poll, env->arena))
        return norni_alloc_fail(err, "ces", s->n + m, CES_LANES * sizeof *y);
    d.turn = (ces_turn)o->initial;
    double largest = 0;
    for (size_t t = 0; t < s->n; t++)
        largest = fabs(y[t]) > largest ? fabs(y[t]) : largest;
    st->s = s;
    st->y = y;
    st->exponent = e.exponent;
    ces_fit fit = {.form = CES_NONE, .par = {{1.3, 1, 0, 0}}};
    st->aicc = NORNI_NAN;
    if (d.n_seen >= FEW) fit = search_forms(env, o, &d, st, largest, scratch);
    if (fit.stop == NORN_STOP_CANCELLED) return norn_fail(err, NORN_E_CANCEL, "ces: cancelled");
    if (!(fit.sse < NORNI_INF))
        return norn_fail(err, NORN_E_NUMERIC, "ces: no parameters give finite forecasts");
    NORN_TRY(settle(env, &d, &fit, st, err));
    *state = st;
    return NORN_OK;
}

static norn_status fitted_ces(norni_env *env, const void *state, size_t g, double *out,
                              norn_err *err) {
    (void)g;
    const ces_state *st = state;
    ces_walk w;
    if (!ces_walk_copy(&st->start, env->arena, &w))
        return norni_alloc_fail(err, "ces", st->start.m, 2 * sizeof *w.slot);
    for (size_t t = 0; t < st->s->n; t++)
        out[t] = ldexp(ces_walk_step(&w, st->y[t]), st->exponent);
    return NORN_OK;
}

static void describe_ces(const void *state, size_t g, char *out, size_t size) {
    (void)g;
    const ces_state *st = state;
    const ces_walk *w = &st->now;
    const double *p = w->par.v;
    size_t n = norni_format(out, size, "CES(%s) alpha=%g%+gi", form_names[w->form], p[0], p[1]);
    if (w->form == CES_PARTIAL) n += norni_format(out + n, size - n, " beta=%g", p[2]);
    if (w->form == CES_FULL) n += norni_format(out + n, size - n, " beta=%g%+gi", p[2], p[3]);
    n += norni_format(out + n, size - n, " sigma=%g", ldexp(sqrt(st->sigma2), st->exponent));
    if (isfinite(st->aicc)) norni_format(out + n, size - n, " aicc=%g", st->aicc);
}

const norni_model norni_model_ces = {
    .name = "ces",
    .summary = "complex exponential smoothing, the seasonal form chosen by AICc",
    .source = "Svetunkov, Kourentzes, Ord 2022, Naval Research Logistics 69",
    .params = ces_rows,
    .n_params = N_CES_ROWS,
    .opt_size = sizeof(ces_opt),
    .intervals = true,
    .missing = true,
    .validate = validate_ces,
    .cost = ces_cost,
    .fit = fit_ces,
    .predict = ces_predict,
    .fitted = fitted_ces,
    .describe = describe_ces,
    .save = ces_save,
    .load = ces_load,
    .update = ces_update,
};
