/* The Theta family: standard, and the state space models with optimised and dynamic lines. */
/* SPDX-License-Identifier: Apache-2.0 */
/* theta: Assimakopoulos and Nikolopoulos (2000) in the form of Hyndman and Billah (2003), as R's
 * thetaf: SES with drift b/2, mean_h = l_n + b/2 (h - 1 + (1 - (1-a)^n)/a),   se_h = sqrt(s2 ((h-1)
 * a^2 + 1)),   b the least-squares slope. The others: Fiorucci, Pellegrini, Louzada, Petropoulos,
 * Koehler (2016), "Models for optimising the theta method": mu_t = l_{t-1} + w [A_t (1-a)^{t-1} +
 * B_t (1 - (1-a)^t)/a],  l_t = a y_t + (1-a) l_{t-1},  w = 1 - 1/theta, with A, B the line of the
 * whole series, or running means of what was seen (dynamic). Departure: l_0 and w enter mu linearly
 * once a is fixed, so both are solved exactly (w clamped to [0,1]) and the search is over a alone:
 * a grid for the basin, then Brent. So the objective is at most that of a search over all three. */
#include "models/theta/theta.h"

#include <math.h>

#include "base/fp.h"
#include "base/rng.h"
#include "num/decompose.h"
#include "num/minimise.h"

typedef enum theta_kind {
    THETA_STANDARD,
    THETA_STM,
    THETA_OTM,
    THETA_DSTM,
    THETA_DOTM,
    THETA_AUTO
} theta_kind;

typedef struct theta_opt {
    int32_t season; /* auto additive multiplicative none */
    int32_t n_paths;
} theta_opt;

enum { SEASON_AUTO, SEASON_ADDITIVE, SEASON_MULTIPLICATIVE, SEASON_NONE };

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

/* One solved model on adjusted, scaled data. */
typedef struct theta_fit {
    theta_kind kind;
    double alpha, level0, weight, sse; /* weight = 1 - 1/theta */
    norn_stop stop;
} theta_fit;

typedef struct theta_state {
    const norni_series *s;
    int32_t m;
    bool multiplicative;
    double *figure;          /* (m) or NULL */
    double *x;               /* (n) adjusted for season, scaled; NaN = missing */
    double *line_a, *line_b; /* (n) A_t, B_t before x_t; NULL for the standard model */
    double scale;            /* y = x scale (a power of two) */
    double line_level, line_slope;
    theta_fit fit;
    double level, sigma2;
    size_t n_seen;
    int32_t n_paths;
} theta_state;

/* What the search sees. first: points before it do not count in the objective. */
typedef struct theta_search {
    const theta_state *st;
    theta_kind kind;
    size_t first;
    double level0, weight; /* solved at the last alpha */
} theta_search;

static bool is_dynamic(theta_kind k) {
    return k == THETA_DSTM || k == THETA_DOTM;
}

/* Sum of squares at alpha with the linear parameters solved. Residual t is r_t - level0 c_t -
 * weight g_t, c_t = (1-a)^t. */
static double solve_linear(double alpha, void *arg) {
    theta_search *q = arg;
    const theta_state *st = q->st;
    const double keep = 1 - alpha;
    const bool line = q->kind != THETA_STANDARD;
    double base = 0, c = 1, rr = 0, rc = 0, cc = 0, rg = 0, cg = 0, gg = 0;
    for (size_t t = 0; t < st->s->n; t++) {
        const double x = st->x[t], seen = isnan(x) ? 0 : 1;
        if (t >= q->first && seen != 0) {
            const double r = x - base;
            rr += r * r;
            rc += r * c;
            cc += c * c;
            if (line) {
                const double g = st->line_a[t] * c + st->line_b[t] * (1 - c * keep) / alpha;
                rg += r * g;
                cg += c * g;
                gg += g * g;
            }
        }
        if (seen != 0) { /* a missing value leaves the level where it is */
            base = alpha * x + keep * base;
            c *= keep;
        }
    }
    double w = 0.5;
    if (!line)
        w = 0;
    else if (q->kind == THETA_OTM || q->kind == THETA_DOTM) {
        const double det = cc * gg - cg * cg;
        w = det > 1e-12 * cc * gg ? (cc * rg - cg * rc) / det : 0.5;
        if (!(w > 0)) w = 0;
        if (w > 1) w = 1;
    }
    q->weight = w;
    q->level0 = cc > 0 ? (rc - w * cg) / cc : 0;
    const double l0 = q->level0;
    return rr - 2 * l0 * rc - 2 * w * rg + l0 * l0 * cc + 2 * l0 * w * cg + w * w * gg;
}

/* Direct residuals at the solution: no cancellation. Leaves the last level and the fitted values
 * (may be NULL). */
static double residual_pass(const theta_state *st, const theta_fit *f, size_t first, double *level,
                            double *fitted) {
    const double keep = 1 - f->alpha;
    double l = f->level0, c = 1, sse = 0;
    for (size_t t = 0; t < st->s->n; t++) {
        double mu = l;
        if (f->kind != THETA_STANDARD)
            mu += f->weight * (st->line_a[t] * c + st->line_b[t] * (1 - c * keep) / f->alpha);
        if (fitted) fitted[t] = mu;
        if (isnan(st->x[t])) continue;
        if (t >= first) sse += (st->x[t] - mu) * (st->x[t] - mu);
        l = f->alpha * st->x[t] + keep * l;
        c *= keep;
    }
    *level = l;
    return sse;
}

static size_t first_counted(theta_kind kind, size_t n) {
    return kind == THETA_STANDARD ? 0 : n > 6 ? 3 : 0;
}

/* Grid for the basin, Brent inside it. */
static theta_fit search_alpha(const theta_state *st, theta_kind kind) {
    enum { GRID = 8 };
    const double lo = kind == THETA_STANDARD ? 1e-4 : 0.1,
                 hi = kind == THETA_STANDARD ? 0.9999 : 0.99;
    theta_search q = {.st = st, .kind = kind, .first = first_counted(kind, st->s->n)};
    double at[GRID + 1], best = NORNI_INF;
    size_t k = 0;
    for (size_t i = 0; i <= GRID; i++) {
        at[i] = lo + (hi - lo) * (double)i / GRID;
        const double v = solve_linear(at[i], &q);
        if (v < best) {
            best = v;
            k = i;
        }
    }
    const double left = at[k > 0 ? k - 1 : 0], right = at[k < GRID ? k + 1 : GRID];
    double value;
    double alpha = norni_brent(solve_linear, &q, left, right, 1e-7, 60, &value);
    if (best <= value) alpha = at[k]; /* the optimum lies on the box */
    (void)solve_linear(alpha, &q);
    theta_fit f = {.kind = kind,
                   .alpha = alpha,
                   .level0 = q.level0,
                   .weight = q.weight,
                   .stop = NORN_STOP_CONVERGED};
    double level;
    f.sse = residual_pass(st, &f, q.first, &level, NULL);
    return f;
}

/* Lines of the static models: least squares over all points; of the dynamic ones: running, before
 * each point. */
static void fill_lines(theta_state *st, bool dynamic) {
    double mean = 0, b = 0, a = 0;
    size_t k = 0;
    for (size_t t = 0; t < st->s->n; t++) {
        st->line_a[t] = dynamic ? a : st->line_level;
        st->line_b[t] = dynamic ? b : st->line_slope;
        if (!dynamic || isnan(st->x[t])) continue;
        const double i = (double)++k;
        if (k == 1) {
            mean = a = st->x[t];
            st->line_a[t] =
                st->x[t]; /* the first point's own line: it never counts in the objective */
            continue;
        }
        b = ((i - 2) * b + 6 * (st->x[t] - mean) / i) / (i + 1);
        mean += (st->x[t] - mean) / i;
        a = mean - b * (i + 1) / 2;
    }
}

/* Takes the season out where one is asked for or found. */
static norn_status adjust_season(norni_env *env, const theta_opt *o, theta_state *st,
                                 norn_err *err) {
    const norni_series *s = st->s;
    const size_t n = s->n;
    st->m = norni_series_season(s);
    if (o->season == SEASON_NONE || st->m < 2 || n <= 2 * (size_t)st->m) return NORN_OK;
    double *scratch = norni_arena_get(env->arena, n + (size_t)st->m, sizeof *scratch);
    double *figure = norni_arena_get(env->arena, (size_t)st->m, sizeof *figure);
    if (!scratch || !figure) return norni_alloc_fail(err, "theta", n, 2 * sizeof *scratch);
    bool positive = true;
    for (size_t t = 0; t < n && positive; t++)
        positive = isnan(st->x[t]) || st->x[t] > 0;
    st->multiplicative =
        o->season == SEASON_MULTIPLICATIVE || (o->season == SEASON_AUTO && positive);
    if (o->season == SEASON_MULTIPLICATIVE && !positive) {
        return norn_fail(err, NORN_E_DATA,
                         "theta: season=multiplicative needs values above 0; use additive");
    }
    if (o->season == SEASON_AUTO && !norni_season_test(st->x, n, st->m, 1.6448536269514722, scratch)) return NORN_OK;
    if (!norni_decompose(st->x, n, st->m, st->multiplicative, figure, NULL, scratch))
        return NORN_OK;
    for (int32_t j = 0; j < st->m && st->multiplicative; j++) {
        if (fabs(figure[j]) < 1e-4)
            return NORN_OK; /* indices near zero: R falls back to no season, too */
    }
    st->figure = figure;
    for (size_t t = 0; t < n; t++) {
        const double index = figure[t % (size_t)st->m];
        st->x[t] = st->multiplicative ? st->x[t] / index : st->x[t] - index;
    }
    return NORN_OK;
}

/* A power of two that brings the largest value near 1, so that squares neither overflow nor vanish.
 */
static void copy_scaled(theta_state *st) {
    const norni_series *s = st->s;
    double largest = 0;
    int exponent = 0;
    for (size_t t = 0; t < s->n; t++) {
        const double a = fabs(s->y[t]);
        if (a > largest) largest = a;
    }
    if (largest > 0) (void)frexp(largest, &exponent);
    if (exponent > -400 && exponent < 400)
        exponent = 0; /* nothing to save there: leave the bits alone */
    st->scale = ldexp(1.0, exponent);
    for (size_t t = 0; t < s->n; t++) {
        st->x[t] = exponent ? ldexp(s->y[t], -exponent) : s->y[t];
        st->n_seen += isnan(s->y[t]) ? 0 : 1;
    }
}

static norn_status fit_theta_kind(norni_env *env, const theta_opt *o, theta_kind kind,
                                  const norni_group *group, void **state, norn_err *err) {
    static const theta_kind all[] = {THETA_STM, THETA_OTM, THETA_DSTM, THETA_DOTM};
    theta_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, "theta", 1, sizeof *st);
    st->s = &group->series[0];
    st->n_paths = o->n_paths;
    const size_t n = st->s->n;
    st->x = norni_arena_get(env->arena, 3 * n, sizeof *st->x);
    if (st->x == NULL) return norni_alloc_fail(err, "theta", n, 3 * sizeof *st->x);
    st->line_a = st->x + n;
    st->line_b = st->x + 2 * n;
    copy_scaled(st);
    if (st->n_seen == 0)
        return norn_fail(err, NORN_E_DATA, "theta: the series has no observed value");
    NORN_TRY(adjust_season(env, o, st, err));
    norni_line_fit(st->x, n, &st->line_level, &st->line_slope);
    if (kind != THETA_STANDARD && kind != THETA_AUTO) {
        fill_lines(st, is_dynamic(kind));
        st->fit = search_alpha(st, kind);
    } else if (kind == THETA_STANDARD) {
        st->fit = search_alpha(st, kind);
    } else {
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
            if (i == 0 || i == 2) fill_lines(st, is_dynamic(all[i]));
            const theta_fit f = search_alpha(st, all[i]);
            if (i == 0 || f.sse < st->fit.sse) st->fit = f;
            if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        }
        fill_lines(st, is_dynamic(st->fit.kind));
    }
    (void)residual_pass(st, &st->fit, 0, &st->level, NULL);
    const size_t n_par = st->fit.kind == THETA_OTM || st->fit.kind == THETA_DOTM ? 3 : 2;
    st->sigma2 = st->n_seen > n_par ? st->fit.sse / (double)(st->n_seen - n_par) : NORNI_NAN;
    *state = st;
    return NORN_OK;
}

static double seasonal_index(const theta_state *st, size_t t) {
    return st->figure ? st->figure[t % (size_t)st->m] : st->multiplicative ? 1 : 0;
}

/* Back to the user's scale. */
static double restore(const theta_state *st, double x, size_t t) {
    if (st->figure) x = st->multiplicative ? x * seasonal_index(st, t) : x + seasonal_index(st, t);
    return x * st->scale;
}

/* Level and running line behind the last point, for the way ahead. */
typedef struct theta_walk {
    double level, c, mean, a, b;
    size_t k;
} theta_walk;

static theta_walk walk_from_end(const theta_state *st) {
    theta_walk w = {.level = st->level, .c = 1};
    for (size_t t = 0; t < st->s->n; t++) {
        if (isnan(st->x[t])) continue;
        const double i = (double)++w.k;
        w.c *= 1 - st->fit.alpha;
        if (w.k == 1) {
            w.mean = w.a = st->x[t];
            continue;
        }
        w.b = ((i - 2) * w.b + 6 * (st->x[t] - w.mean) / i) / (i + 1);
        w.mean += (st->x[t] - w.mean) / i;
        w.a = w.mean - w.b * (i + 1) / 2;
    }
    return w;
}

/* One step: the mean, then the state as if mean + shock had been seen. */
static double walk_step(const theta_state *st, theta_walk *w, double shock) {
    const theta_fit *f = &st->fit;
    const bool dynamic = is_dynamic(f->kind);
    const double a = dynamic ? w->a : st->line_level, b = dynamic ? w->b : st->line_slope,
                 keep = 1 - f->alpha;
    const double x = w->level + f->weight * (a * w->c + b * (1 - w->c * keep) / f->alpha) + shock;
    const double i = (double)++w->k;
    w->level = f->alpha * x + keep * w->level;
    w->c *= keep;
    if (w->k > 1) {
        w->b = ((i - 2) * w->b + 6 * (x - w->mean) / i) / (i + 1);
        w->mean += (x - w->mean) / i;
        w->a = w->mean - w->b * (i + 1) / 2;
    }
    return x;
}

static norn_status simulate_dynamic(norni_env *env, const theta_state *st, size_t horizon,
                                    norni_dist *out, norn_err *err) {
    const size_t n_paths = (size_t)st->n_paths;
    const norni_rng rng = {env->seed, env->item};
    const theta_walk end = walk_from_end(st);
    const double sd = sqrt(st->sigma2);
    double *shock = norni_arena_get(env->arena, horizon, sizeof *shock);
    out->paths = norni_arena_get(env->arena, horizon * n_paths, sizeof *out->paths);
    if (!shock || !out->paths)
        return norni_alloc_fail(err, "theta", horizon * n_paths, sizeof *shock);
    for (size_t p = 0; p < n_paths; p++) {
        theta_walk w = end;
        norni_rng_normals(rng, p * horizon, shock, horizon);
        for (size_t h = 0; h < horizon; h++) {
            out->paths[h * n_paths + p] =
                restore(st, walk_step(st, &w, sd * shock[h]), st->s->n + h);
        }
        if (p % 64 == 0 && norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
    }
    out->n_paths = n_paths;
    out->kind = NORNI_DIST_PATHS;
    return NORN_OK;
}

static norn_status predict_theta(norni_env *env, const void *state, size_t g, size_t horizon,
                                 bool want_levels, norni_dist *out, norn_err *err) {
    (void)g;
    const theta_state *st = state;
    const size_t n = st->s->n;
    const double a = st->fit.alpha;
    theta_walk w = walk_from_end(st);
    const double drift = st->line_slope / 2, ahead = (1 - norni_pow(1 - a, (double)n)) / a;
    for (size_t h = 0; h < horizon; h++) {
        const double x = st->fit.kind == THETA_STANDARD ? st->level + drift * ((double)h + ahead)
                                                        : walk_step(st, &w, 0);
        out->mean[h] = restore(st, x, n + h);
        /* R's se stays on the adjusted data's scale; the index brings it to the season's, so that
         * intervals follow the level. */
        const double index = st->figure && st->multiplicative && st->fit.kind != THETA_STANDARD
                                 ? fabs(seasonal_index(st, n + h))
                                 : 1;
        out->sd[h] = sqrt(st->sigma2 * (1 + (double)h * a * a)) * index * st->scale;
    }
    out->kind = NORNI_DIST_NORMAL;
    if (want_levels && is_dynamic(st->fit.kind) && st->sigma2 == st->sigma2)
        return simulate_dynamic(env, st, horizon, out, err);
    return NORN_OK;
}

static norn_status fitted_theta(norni_env *env, const void *state, size_t g, double *out,
                                norn_err *err) {
    (void)env;
    (void)g;
    (void)err;
    const theta_state *st = state;
    double level;
    (void)residual_pass(st, &st->fit, 0, &level, out);
    for (size_t t = 0; t < st->s->n; t++)
        out[t] = restore(st, out[t], t);
    return NORN_OK;
}

static void describe_theta(const void *state, size_t g, char *out, size_t size) {
    static const char *const names[] = {"Theta", "STM", "OTM", "DSTM", "DOTM", "Auto"};
    (void)g;
    const theta_state *st = state;
    const char *season = st->figure == NULL   ? "none"
                         : st->multiplicative ? "multiplicative"
                                              : "additive";
    const size_t n = norni_format(out, size, "%s(season=%s) alpha=%g level=%g", names[st->fit.kind],
                                  season, st->fit.alpha, st->level * st->scale);
    if (st->fit.kind != THETA_STANDARD && n < size) {
        if (st->fit.weight < 1)
            norni_format(out + n, size - n, " theta=%g sse=%g", 1 / (1 - st->fit.weight),
                         st->fit.sse * st->scale * st->scale);
        else
            norni_format(out + n, size - n, " theta=inf sse=%g",
                         st->fit.sse * st->scale * st->scale);
    }
}

static double theta_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    (void)opt;
    (void)season;
    return 500 + 30 * 8 * (double)n + 20 * (double)horizon;
}

static double auto_theta_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    return 5 * theta_cost(opt, n, season, horizon);
}

#define FIT(name, kind)                                                                      \
    static norn_status fit_##name(norni_env *env, const void *opt, const norni_group *group, \
                                  void **state, norn_err *err) {                             \
        return fit_theta_kind(env, opt, kind, group, state, err);                            \
    }
FIT(standard, THETA_STANDARD)
FIT(optimised, THETA_OTM)
FIT(dynamic, THETA_DSTM)
FIT(dynamic_optimised, THETA_DOTM)
FIT(automatic, THETA_AUTO)
#undef FIT

#define SHARED                                                                            \
    .params = theta_rows, .n_params = N_THETA_ROWS, .opt_size = sizeof(theta_opt),        \
    .intervals = true, .missing = true, .predict = predict_theta, .fitted = fitted_theta, \
    .describe = describe_theta
#define FIORUCCI "Fiorucci, Pellegrini, Louzada, Petropoulos, Koehler 2016, Int. J. Forecasting 32"

const norni_model norni_model_theta = {
    .name = "theta",
    .summary = "standard Theta: simple smoothing with half the trend",
    .source = "Assimakopoulos and Nikolopoulos 2000; Hyndman and Billah 2003",
    .cost = theta_cost,
    .fit = fit_standard,
    SHARED};
const norni_model norni_model_opt_theta = {.name = "opt_theta",
                                           .summary = "Theta with an optimised theta line (OTM)",
                                           .source = FIORUCCI,
                                           .cost = theta_cost,
                                           .fit = fit_optimised,
                                           SHARED};
const norni_model norni_model_dynamic_theta = {
    .name = "dynamic_theta",
    .summary = "Theta with a line that moves with the data (DSTM)",
    .source = FIORUCCI,
    .cost = theta_cost,
    .fit = fit_dynamic,
    SHARED};
const norni_model norni_model_dynamic_opt_theta = {
    .name = "dynamic_opt_theta",
    .summary = "dynamic Theta with an optimised line (DOTM)",
    .source = FIORUCCI,
    .cost = theta_cost,
    .fit = fit_dynamic_optimised,
    SHARED};
const norni_model norni_model_auto_theta = {
    .name = "auto_theta",
    .summary = "the best of four Theta models by in-sample error",
    .source = FIORUCCI,
    .cost = auto_theta_cost,
    .fit = fit_automatic,
    SHARED};
