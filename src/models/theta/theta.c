/* The Theta family: standard, and the state space models with optimised and dynamic lines. */
/* SPDX-License-Identifier: Apache-2.0 */
/* theta: Assimakopoulos and Nikolopoulos (2000) in the form of Hyndman and Billah (2003), as R's
 * thetaf: a season test, multiplicative decomposition, simple exponential smoothing with drift. The
 * others: theta_fit.c. The season is taken out additively where values are not above 0 (R divides
 * all the same). auto_theta: the least in-sample error of STM, OTM, DSTM and DOTM; the optimised
 * models hold the standard ones (theta = 2), so two searches decide. */
#include "models/theta/theta.h"

#include <math.h>

#include "base/fp.h"
#include "models/theta/theta_ahead.h"
#include "num/decompose.h"
#include "num/extent.h"

typedef struct theta_opt {
    int32_t season; /* season_mode */
    int32_t n_paths;
} theta_opt;

enum season_mode { SEASON_AUTO, SEASON_ADDITIVE, SEASON_MULTIPLICATIVE, SEASON_NONE };

static const norni_param theta_rows[] = {
    {.name = "season",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(theta_opt, season),
     .def = "auto",
     .choices = "auto|additive|multiplicative|none",
     .help = "auto: multiplicative (additive with values <= 0) when a test finds one"},
    {.name = "n_paths",
     .type = NORNI_T_INT,
     .offset = offsetof(theta_opt, n_paths),
     .def = "1000",
     .min = 100,
     .max = 1000000,
     .help = "simulated paths for the intervals of dynamic models"},
};
enum { N_THETA_ROWS = sizeof theta_rows / sizeof theta_rows[0] };

/* The first squares depend on the start alone; they count where there is little else. */
enum { SKIPPED = 3, SKIP_ABOVE = 6 };

static norn_status validate_theta(const void *opt, const norni_series *s, norn_err *err) {
    const theta_opt *o = opt;
    if (o->season != SEASON_MULTIPLICATIVE) return NORN_OK;
    for (size_t t = 0; t < s->n; t++) {
        if (s->y[t] <= 0)
            return norn_fail(err, NORN_E_DATA,
                             "theta: season=multiplicative needs values above 0, the series has "
                             "%g; use additive",
                             s->y[t]);
    }
    return NORN_OK;
}

/* Takes the season out of x (n) where one is asked for or found. */
static norn_status adjust_season(norni_env *env, const theta_opt *o, const norni_series *s,
                                 bool positive, theta_state *st, double *x, norn_err *err) {
    const size_t n = st->n, m = (size_t)norni_series_season(s);
    if (o->season == SEASON_NONE || m < 2 || n <= 2 * m) return NORN_OK;
    double *scratch = norni_arena_get(env->arena, n, sizeof *scratch);
    double *figure = norni_arena_get(env->arena, m, sizeof *figure);
    if (!scratch || !figure) return norni_alloc_fail(err, "theta", n + m, sizeof *scratch);
    const double one_sided_95 = 1.6448536269514722; /* qnorm(0.95) */
    st->multiplicative =
        o->season == SEASON_MULTIPLICATIVE || (o->season == SEASON_AUTO && positive);
    const norni_poll *poll = &env->poll;
    const bool found =
        (o->season != SEASON_AUTO ||
         norni_season_test_polled(x, n, (int32_t)m, one_sided_95, scratch, poll)) &&
        norni_decompose_polled(x, n, (int32_t)m, st->multiplicative, figure, NULL, scratch, poll);
    if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "theta: cancelled");
    if (!found) return NORN_OK;
    for (size_t j = 0; j < m && st->multiplicative; j++) {
        if (fabs(figure[j]) < 1e-4) return NORN_OK; /* R's limit */
    }
    st->figure = figure;
    st->m = m;
    for (size_t t = 0, j = 0; t < n; t++, j = j + 1 == m ? 0 : j + 1)
        x[t] = st->multiplicative ? x[t] / figure[j] : x[t] - figure[j];
    return NORN_OK;
}

/* Less its first value (mu only moves along, since the starting level is free): sums then see the
 * series' variation, not its height. */
static void fill_data(theta_state *st, const norni_extent *e, theta_kind kind, double *x) {
    theta_data *d = &st->data;
    st->shift = x[e->first];
    d->n = e->last + 1;
    d->x = x;
    d->n_seen = e->n_seen;
    d->gaps = e->n_seen < d->n;
    d->first = kind == THETA_STANDARD || e->n_seen <= SKIP_ABOVE ? 0 : e->first + SKIPPED;
    for (size_t t = 0; t < d->n; t++) {
        x[t] -= st->shift;
        if (isnan(x[t])) continue;
        norni_theta_line_add(&st->line, (double)(t + 1), x[t]);
        if (t >= d->first) d->n_square++;
    }
}

static theta_search search_of(norni_env *env, theta_kind kind) {
    return (theta_search){
        .poll = &env->poll, .effort = env->effort, .near = norni_theta_kept_alpha(env->warm, kind)};
}

static void fit_best_of_two(theta_state *st, norni_env *env) {
    theta_search how = search_of(env, THETA_OTM);
    norni_theta_lines(&st->data, false);
    st->fit = norni_theta_search(&st->data, THETA_OTM, &how);
    if (st->fit.stop == NORN_STOP_CANCELLED) return;
    how = search_of(env, THETA_DOTM);
    norni_theta_lines(&st->data, true);
    const theta_fit f = norni_theta_search(&st->data, THETA_DOTM, &how);
    if (f.sse < st->fit.sse || f.stop == NORN_STOP_CANCELLED)
        st->fit = f;
    else
        norni_theta_lines(&st->data, false);
}

static norn_status fit_kind(norni_env *env, const theta_opt *o, theta_kind kind, bool best,
                            const norni_group *group, void **state, norn_err *err) {
    const norni_series *s = &group->series[0];
    const norni_extent e = norni_extent_of(s->y, s->n);
    if (e.n_seen == 0)
        return norn_fail(err, NORN_E_DATA, "theta: the series has no observed value");
    if (e.infinite) return norn_fail(err, NORN_E_DATA, "theta: the series has an infinite value");
    const size_t columns = kind == THETA_STANDARD ? 1 : 3; /* x, and the two of the line */
    theta_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    double *x = norni_arena_get(env->arena, s->n, columns * sizeof *x);
    if (!st || !x) return norni_alloc_fail(err, "theta", s->n, columns * sizeof *x);
    st->n = s->n;
    st->n_paths = (size_t)o->n_paths;
    st->exponent = e.exponent;
    norni_rescale(s->y, s->n, e.exponent, x);
    NORN_TRY(adjust_season(env, o, s, e.least > 0, st, x, err));
    fill_data(st, &e, kind, x);
    if (columns > 1) {
        st->data.line_a = x + s->n;
        st->data.line_b = x + 2 * s->n;
    }
    if (best) {
        fit_best_of_two(st, env);
    } else {
        if (columns > 1) norni_theta_lines(&st->data, norni_theta_is_dynamic(kind));
        const theta_search how = search_of(env, kind);
        st->fit = norni_theta_search(&st->data, kind, &how);
    }
    if (st->fit.stop == NORN_STOP_CANCELLED)
        return norn_fail(err, NORN_E_CANCEL, "theta: cancelled");
    const size_t n_par = norni_theta_is_optimised(st->fit.kind) ? 3 : 2;
    st->sigma2 =
        st->data.n_square > n_par ? st->fit.sse / (double)(st->data.n_square - n_par) : NORNI_NAN;
    *state = st;
    return NORN_OK;
}

static norn_status fitted_theta(norni_env *env, const void *state, size_t g, double *out,
                                norn_err *err) {
    (void)env, (void)g, (void)err;
    const theta_state *st = state;
    theta_fit f = st->fit;
    norni_theta_pass(&st->data, &f, out);
    for (size_t t = 0; t < st->n; t++)
        out[t] = t < st->data.n ? norni_theta_restore(st, out[t], t) : NORNI_NAN;
    return NORN_OK;
}

static void describe_theta(const void *state, size_t g, char *out, size_t size) {
    static const char *const names[] = {"Theta", "STM", "OTM", "DSTM", "DOTM"};
    (void)g;
    const theta_state *st = state;
    const theta_fit *f = &st->fit;
    const char *season = st->m == 0 ? "none" : st->multiplicative ? "multiplicative" : "additive";
    const size_t n = norni_format(out, size, "%s(seasonal=%s) alpha=%g sigma=%g", names[f->kind],
                                  season, f->alpha, ldexp(sqrt(st->sigma2), st->exponent));
    if (f->kind == THETA_STANDARD)
        norni_format(out + n, size - n, " drift=%g", ldexp(st->line.b / 2, st->exponent));
    else
        norni_format(out + n, size - n, " theta=%g sse=%g", 1 / (1 - f->weight),
                     ldexp(f->sse, 2 * st->exponent));
}

/* About twenty passes of 4 ns a value, and the season test. */
static double theta_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    (void)opt;
    return 500 + (80 + 2 * (double)season) * (double)n + 20 * (double)horizon;
}

static double line_theta_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    const theta_opt *o = opt;
    return 2 * theta_cost(opt, n, season, horizon) + 20 * (double)o->n_paths * (double)horizon;
}

#define FIT(name, kind, best)                                                                      \
    static norn_status fit_##name(norni_env *env, const void *opt, const norni_group *group,       \
                                  void **state, norn_err *err) {                                   \
        return fit_kind(env, opt, kind, best, group, state, err);                                  \
    }                                                                                              \
    static norn_status load_##name(norni_env *env, const void *opt, norni_str saved, void **state, \
                                   norn_err *err) {                                                \
        const theta_opt *o = opt;                                                                  \
        return norni_theta_load(env, kind, best ? THETA_DOTM : kind, (size_t)o->n_paths, saved,    \
                                state, err);                                                       \
    }
FIT(standard, THETA_STANDARD, false)
FIT(optimised, THETA_OTM, false)
FIT(dynamic, THETA_DSTM, false)
FIT(dynamic_optimised, THETA_DOTM, false)
FIT(automatic, THETA_OTM, true)
#undef FIT

#define SHARED                                                                          \
    .params = theta_rows, .n_params = N_THETA_ROWS, .opt_size = sizeof(theta_opt),      \
    .intervals = true, .missing = true, .validate = validate_theta,                     \
    .predict = norni_theta_predict, .fitted = fitted_theta, .describe = describe_theta, \
    .save = norni_theta_save, .paths = norni_paths_always, .update = norni_theta_update
#define FIORUCCI "Fiorucci, Pellegrini, Louzada, Petropoulos, Koehler 2016, Int. J. Forecasting 32"

const norni_model norni_model_theta = {
    .name = "theta",
    .summary = "standard Theta: simple smoothing with half the trend",
    .source = "Assimakopoulos and Nikolopoulos 2000; Hyndman and Billah 2003",
    .cost = theta_cost,
    .fit = fit_standard,
    .load = load_standard,
    SHARED};
const norni_model norni_model_opt_theta = {.name = "opt_theta",
                                           .summary = "Theta with an optimised theta line (OTM)",
                                           .source = FIORUCCI,
                                           .cost = line_theta_cost,
                                           .fit = fit_optimised,
                                           .load = load_optimised,
                                           SHARED};
const norni_model norni_model_dynamic_theta = {
    .name = "dynamic_theta",
    .summary = "Theta with a line that moves with the data (DSTM)",
    .source = FIORUCCI,
    .cost = line_theta_cost,
    .fit = fit_dynamic,
    .load = load_dynamic,
    SHARED};
const norni_model norni_model_dynamic_opt_theta = {
    .name = "dynamic_opt_theta",
    .summary = "dynamic Theta with an optimised line (DOTM)",
    .source = FIORUCCI,
    .cost = line_theta_cost,
    .fit = fit_dynamic_optimised,
    .load = load_dynamic_optimised,
    SHARED};
const norni_model norni_model_auto_theta = {
    .name = "auto_theta",
    .summary = "the best of four Theta models by in-sample error",
    .source = FIORUCCI,
    .cost = line_theta_cost,
    .fit = fit_automatic,
    .load = load_automatic,
    SHARED};
