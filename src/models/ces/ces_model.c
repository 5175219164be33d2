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
 * state is backcast (ces_pass.c). Forms: ces_choose.c. Missing values: the state goes on without an
 * innovation. With fewer than four values: alpha = 1.3 + i. sigma^2: the squares over n less the
 * parameters, the two states of the level and the m - 1 of the seasons. Intervals add to the
 * model's own variance what the parameters may be wrong by, by the derivatives of the forecasts. */
#include "models/ces/ces.h"

#include <math.h>

#include "base/fp.h"
#include "models/ces/ces_choose.h"
#include "num/extent.h"

typedef struct ces_opt {
    int32_t form;    /* 0: auto; else ces_form + 1 */
    int32_t select;  /* ces_select */
    int32_t initial; /* ces_turn */
    double damping;  /* 0: by the season */
} ces_opt;

enum { AUTO, FEW = 4 };
#define WIDE 0.5 /* standard error of a parameter that the data say nothing of */

static const char *const form_names[] = {"none", "simple", "partial", "full"};

static const norni_param ces_rows[] = {
    {.name = "model",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(ces_opt, form),
     .def = "auto",
     .choices = "auto|none|simple|partial|full",
     .help = "seasonal form; auto: as `select` says"},
    {.name = "select",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(ces_opt, select),
     .def = "horizon",
     .choices = "horizon|aicc",
     .help = "what auto goes by: errors over the horizon in the past, or AICc"},
    {.name = "initial",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(ces_opt, initial),
     .def = "backcast",
     .choices = "backcast|statsforecast",
     .help = "first state; statsforecast: backcast as that package does"},
    {.name = "damping",
     .type = NORNI_T_DOUBLE,
     .offset = offsetof(ces_opt, damping),
     .def = "0",
     .min = 0,
     .max = 1,
     .help = "of the level's changes ahead, per period; 1: none; 0: 1 - min(0.2, 0.4/season)"},
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

/* What a fit is made with. */
typedef struct fitting {
    norni_env *env;
    const ces_opt *opt;
    size_t horizon;
    ces_data d;
    double *scratch; /* (2 (2m + 3)) */
    ces_state *st;
} fitting;

static norn_status cancelled(norn_err *err) {
    return norn_fail(err, NORN_E_CANCEL, "ces: cancelled");
}

static norn_status take_walk(const ces_data *d, size_t lane, size_t t, norni_arena *arena,
                             ces_walk *out, norn_err *err) {
    const size_t m = d->lanes->m;
    out->slot = norni_arena_get(arena, m, 2 * sizeof *out->slot);
    if (out->slot == NULL) return norni_alloc_fail(err, "ces", m, 2 * sizeof *out->slot);
    ces_walk_take(d->lanes, lane, t, out);
    return NORN_OK;
}

/* How good a fitted form is among others. */
static norn_status weigh(fitting *f, const ces_fit *fit, double *score, norn_err *err) {
    norni_arena *arena = f->env->arena;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    ces_param par[CES_LANES];
    ces_walk first;
    bool full = false;
    for (size_t k = 0; k < CES_LANES; k++)
        par[k] = fit->par;
    if (!ces_backcast(&f->d, fit->form, par)) return cancelled(err);
    NORN_TRY(take_walk(&f->d, 0, 0, arena, &first, err));
    if (!ces_score(&f->d, (ces_select)f->opt->select, &first, fit->sse, f->st->damping, f->horizon,
                   arena, score, &full))
        return full ? norni_alloc_fail(err, "ces", f->d.m, 4 * sizeof(double)) : cancelled(err);
    norni_arena_rewind(arena, mark);
    return NORN_OK;
}

/* The best form's fit. */
static norn_status search_forms(fitting *f, ces_fit *chosen, norn_err *err) {
    const ces_data *d = &f->d;
    bool kept[CES_N_FORMS];
    ces_param near[CES_N_FORMS];
    const bool warm = ces_kept_forms(f->env->warm, kept, near);
    const int32_t wanted = f->opt->form;
    double least = NORNI_INF;
    *chosen = (ces_fit){.form = CES_NONE, .sse = NORNI_INF};
    for (size_t k = 0; k < CES_N_FORMS; k++) {
        const ces_form form = (ces_form)k;
        if (wanted == AUTO ? refusal(form, d->n, d->m) != NULL : k != (size_t)wanted - 1) continue;
        if (form >= CES_PARTIAL && d->figure == NULL) continue;
        if (f->env->effort && f->env->effort->cut && chosen->sse < NORNI_INF) break;
        const ces_fit fit =
            ces_search(&f->d, form, warm && kept[k] ? &near[k] : NULL, f->env->effort, f->scratch);
        if (fit.stop == NORN_STOP_CANCELLED) return cancelled(err);
        if (!(fit.sse < NORNI_INF)) continue;
        f->st->tried[k] = true;
        f->st->best[k] = fit.par;
        double score = 0;
        if (wanted == AUTO && d->m > 1) NORN_TRY(weigh(f, &fit, &score, err));
        if (chosen->sse < NORNI_INF && !(score < least)) continue;
        *chosen = fit;
        least = score;
    }
    if (chosen->sse < NORNI_INF) return NORN_OK;
    return norn_fail(err, NORN_E_NUMERIC, "ces: no parameters give finite forecasts");
}

/* Inverse of a (n, n), symmetric and positive, by Gauss and Jordan; false: it is not. */
static bool invert(double a[CES_PARTS][CES_PARTS], size_t n) {
    for (size_t p = 0; p < n; p++) {
        const double pivot = a[p][p];
        if (!(pivot > 0 && pivot < NORNI_INF)) return false;
        a[p][p] = 1;
        for (size_t k = 0; k < n; k++)
            a[p][k] /= pivot;
        for (size_t i = 0; i < n; i++) {
            if (i == p) continue;
            const double f = a[i][p];
            a[i][p] = 0;
            for (size_t k = 0; k < n; k++)
                a[i][k] -= f * a[p][k];
        }
    }
    return true;
}

/* Degrees of freedom that parameters and first states take. */
static size_t n_taken(ces_form form, size_t m) {
    return ces_n_param(form) + 2 + (form == CES_NONE ? 0 : m - 1);
}

/* First and last states at the parameters found, and beside them the last states under parameters
 * that lie next to them. */
static norn_status settle(fitting *f, const ces_fit *fit, norn_err *err) {
    ces_data *d = &f->d;
    ces_state *st = f->st;
    norni_arena *arena = f->env->arena;
    const size_t n_param = ces_n_param(fit->form);
    ces_param par[CES_LANES];
    for (size_t k = 0; k < CES_LANES; k++) {
        par[k] = fit->par;
        if (k >= 1 && k <= n_param) par[k].v[k - 1] += CES_STEP;
    }
    ces_group g = {.base = 0, .n_param = n_param};
    if (!ces_backcast(d, fit->form, par)) return cancelled(err);
    NORN_TRY(take_walk(d, 0, 0, arena, &st->start, err));
    if (!ces_count(d, &g, 1)) return cancelled(err);
    NORN_TRY(take_walk(d, 0, d->n, arena, &st->now, err));
    const size_t taken = n_taken(fit->form, d->m);
    const double sse = d->lanes->sse[0];
    st->sigma2 = d->n_seen > taken     ? sse / (double)(d->n_seen - taken)
                 : d->n_seen > n_param ? sse / (double)(d->n_seen - n_param)
                                       : NORNI_NAN;
    if (!(st->sigma2 > 0)) return NORN_OK;
    for (size_t i = 0; i < n_param; i++) {
        for (size_t k = 0; k < n_param; k++)
            st->cov[i][k] = g.jj[i][k] / st->sigma2 + (i == k ? 1 / (WIDE * WIDE) : 0);
    }
    if (!invert(st->cov, n_param)) return NORN_OK;
    st->n_near = n_param;
    for (size_t i = 0; i < n_param; i++)
        NORN_TRY(take_walk(d, i + 1, d->n, arena, &st->near[i], err));
    return NORN_OK;
}

static norn_status prepare(norni_env *env, const ces_opt *o, const norni_series *s, fitting *f,
                           norn_err *err) {
    const norni_extent e = norni_extent_of(s->y, s->n);
    const size_t m = (size_t)norni_series_season(s);
    if (e.n_seen == 0) return norn_fail(err, NORN_E_DATA, "ces: the series has no observed value");
    if (e.infinite) return norn_fail(err, NORN_E_DATA, "ces: the series has an infinite value");
    double *y = norni_arena_get(env->arena, s->n, sizeof *y);
    *f = (fitting){.env = env, .opt = o, .horizon = s->horizon};
    f->st = norni_arena_zero(env->arena, 1, sizeof *f->st);
    f->scratch = norni_arena_get(env->arena, 2 * m + 3, 2 * sizeof *f->scratch);
    if (!f->st || !y || !f->scratch) return norni_alloc_fail(err, "ces", s->n, sizeof *y);
    norni_rescale(s->y, s->n, e.exponent, y);
    if (!ces_data_init(&f->d, y, s->n, m, &env->poll, env->arena))
        return norni_alloc_fail(err, "ces", s->n + m, CES_LANES * sizeof *y);
    f->d.turn = (ces_turn)o->initial;
    f->st->damping = o->damping > 0 ? o->damping : 1 - fmin(0.2, 0.4 / (double)m);
    f->st->s = s;
    f->st->y = y;
    f->st->exponent = e.exponent;
    return NORN_OK;
}

static norn_status fit_ces(norni_env *env, const void *opt, const norni_group *group, void **state,
                           norn_err *err) {
    fitting f;
    NORN_TRY(prepare(env, opt, &group->series[0], &f, err));
    ces_fit fit = {.form = CES_NONE, .par = {{1.3, 1, 0, 0}}};
    if (f.d.n_seen >= FEW) NORN_TRY(search_forms(&f, &fit, err));
    NORN_TRY(settle(&f, &fit, err));
    const double units = 2 * f.st->exponent * 0.693147180559945309417 * (double)f.d.n_seen;
    f.st->aicc = ces_aicc(fit.form, f.d.lanes->sse[0], &f.d) + units;
    *state = f.st;
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

static size_t write_complex(char *out, size_t size, const char *name, const double p[2]) {
    return norni_format(out, size, " %s=%g%s%gi", name, p[0], p[1] < 0 ? "" : "+", p[1]);
}

static void describe_ces(const void *state, size_t g, char *out, size_t size) {
    (void)g;
    const ces_state *st = state;
    const ces_walk *w = &st->now;
    const double *p = w->par.v;
    size_t n = norni_format(out, size, "CES(%s)", form_names[w->form]);
    n += write_complex(out + n, size - n, "alpha", p);
    if (w->form == CES_PARTIAL) n += norni_format(out + n, size - n, " beta=%g", p[2]);
    if (w->form == CES_FULL) n += write_complex(out + n, size - n, "beta", p + 2);
    n += norni_format(out + n, size - n, " sigma=%g", ldexp(sqrt(st->sigma2), st->exponent));
    if (st->damping < 1) n += norni_format(out + n, size - n, " damping=%g", st->damping);
    if (isfinite(st->aicc)) norni_format(out + n, size - n, " aicc=%g", st->aicc);
}

const norni_model norni_model_ces = {
    .name = "ces",
    .summary = "complex exponential smoothing, with four seasonal forms",
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
    .paths = norni_paths_always,
    .load = ces_load,
    .update = ces_update,
};
