/* One fit of given orders: starts, least squares, exact likelihood, and what they say. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/arima/arima_fit.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/arima/arima_work.h"

/* Relative to the squares: what a further step must promise. N/2 times it is log likelihood. */
static const double start_tol = 1e-3, css_tol = 1e-9, ml_tol = 1e-11;
/* A second search is made from a place whose log likelihood is at most so much below the best's. */
static const double worth_a_search = 2;

/* What a step of a search that only looks around must promise. */
static const double look_tol = 1e-2;
/* Searches that look around, by parameter, and what they may cost together, in exact values' work. */
enum { LOOKS = 4 };
static const double most_look_work = 1e6;

/* Observations up to which a fit is also searched from starts that least squares has not moved. */
enum { SHORT = 64 };

/* Standard errors by the delta method from the inverse of J'J, both scaled by sigma2. */
static void fill_se(const arima_work *w, const double *v, const double *cov, double sigma2,
                    double *se) {
    const size_t n[4] = {(size_t)w->o.p, (size_t)w->o.q, (size_t)w->o.P, (size_t)w->o.Q};
    size_t at = 0;
    for (size_t f = 0; f < 4; at += n[f++]) {
        double c[ARIMA_MOST_FACTOR], up[ARIMA_MOST_FACTOR], down[ARIMA_MOST_FACTOR];
        double v_moved[ARIMA_MOST_FACTOR], row[ARIMA_MOST_FACTOR];
        const double h = 0x1p-18;
        for (size_t i = 0; i < n[f]; i++) {
            for (size_t j = 0; j < n[f]; j++) {
                memcpy(v_moved, v + at, n[f] * sizeof *v);
                v_moved[j] += h;
                arima_factor_from_free(v_moved, n[f], up, NULL);
                v_moved[j] -= 2 * h;
                arima_factor_from_free(v_moved, n[f], down, NULL);
                row[j] = (up[i] - down[i]) / (2 * h);
            }
            double s = 0;
            for (size_t j = 0; j < n[f]; j++) {
                c[j] = 0;
                for (size_t l = 0; l < n[f]; l++)
                    c[j] += cov[(at + j) * w->k + at + l] * row[l];
                s += c[j] * row[j];
            }
            se[at + i] = sqrt(s * sigma2);
        }
    }
}

/* Standard errors of the constant and the regressors: those of R^-1 b, b with covariance `variance`
 * times the inverse of the products. */
static void fill_linear_se(const arima_work *w, const arima_objective *f, double variance,
                           double *scratch, double *se) {
    const size_t n = w->n_reg, all = f->n_b + n;
    double *const a = scratch, *const x = scratch + all * all;
    f->products(f, a);
    const bool regular = arima_cholesky(a, all);
    for (size_t i = 0; i < n; i++) {
        /* row i of R^-1: R' x = e_i, solved from the front */
        memset(x, 0, all * sizeof *x);
        double *const row = x + f->n_b;
        for (size_t j = i; j < n; j++) {
            double s = j == i;
            for (size_t l = i; l < j; l++)
                s -= w->r[l * n + j] * row[l];
            row[j] = s / w->r[j * n + j];
        }
        for (size_t j = 0; j < all && regular; j++) { /* |L^-1 x|^2 */
            for (size_t l = 0; l < j; l++)
                x[j] -= a[j * all + l] * x[l];
            x[j] /= a[j * all + j];
        }
        const double size = regular ? sqrt(variance * arima_dot(x, x, all)) : NORNI_NAN;
        se[i] = ldexp(size, w->exponent - w->x_exp[i]);
    }
}

typedef struct fit_run {
    arima_work w;
    double *v, *v_try, *cov; /* (k), (k), (k, k) */
    double *place;           /* (ARIMA_MOST_STARTS, k) */
    double *linear;          /* (n_lin, n_lin + 1), n_lin = n_flat + n_reg */
    double value[ARIMA_MOST_STARTS];
    size_t n_place;
    double best; /* value at v */
    norn_stop stop;
    bool any, at_best; /* v stands; the last search ended there */
    norni_arima_fit *out;
} fit_run;

/* sigma2 and loglik from what the filter gave on the scaled series. */
static void fill_likelihood(norni_arima_fit *out, double squares, double sumlog,
                            const arima_work *w) {
    const double n = (double)out->n_used, sigma2 = squares / n;
    const double ln2 = 0.693147180559945309417, ln2pi = 1.83787706640934548356;
    out->loglik =
        -0.5 * (n * (ln2pi + 1 + norni_log(sigma2)) + sumlog) - n * w->exponent * ln2 + w->gap_log;
    out->sigma2 = ldexp(sigma2, 2 * w->exponent);
}

/* The exact filter that follows least squares needs a stationary process. */
static void keep_stationary(const norni_arima_order *o, double *v) {
    const size_t from[2] = {0, (size_t)o->p + (size_t)o->q}, n[2] = {(size_t)o->p, (size_t)o->P};
    for (size_t f = 0; f < 2; f++) {
        for (size_t i = from[f]; i < from[f] + n[f]; i++) {
            if (fabs(arima_reflect(v[i])) > 1 - 1e-8) v[i] = v[i] > 0 ? 2 - 4e-4 : 4e-4 - 2;
        }
    }
}

static void take(fit_run *r, const arima_objective *f, double value, norni_arima_method method,
                 norn_stop stop) {
    arima_work *const w = &r->w;
    norni_arima_fit *const out = r->out;
    if (method == NORNI_ARIMA_CSS) keep_stationary(&w->o, r->v);
    arima_coef_from_free(&w->o, r->v, out->coef);
    arima_work_beta(w, f->b + f->n_b, out->coef + w->k);
    out->method = method;
    out->stop = stop;
    if (method == NORNI_ARIMA_CSS) {
        out->sigma2 =
            ldexp(value / (double)(f->n_e > w->n_gap ? f->n_e - w->n_gap : 1), 2 * w->exponent);
        out->loglik = NORNI_NAN;
    } else {
        double sumlog = 0, squares = 0;
        arima_ml_parts(f, &sumlog, &squares);
        fill_likelihood(out, squares, sumlog, w);
    }
    const double variance = value / (double)f->n_e;
    if (w->k > 0) fill_se(w, r->v, r->cov, variance, out->se);
    if (w->n_reg > 0) fill_linear_se(w, f, variance, r->linear, out->se + w->k);
    out->min_root = arima_min_root(&w->o, out->coef);
}

static bool same_place(const double *a, const double *b, size_t k) {
    double far = 0;
    for (size_t i = 0; i < k; i++)
        far = fmax(far, fabs(arima_reflect(a[i]) - arima_reflect(b[i])));
    return far < 0.02;
}

/* Each start is improved a little by squares, then valued by the objective f that decides. Equal
 * places are left out. n_place of r->place, by value. */
static norn_status value_places(fit_run *r, arima_objective *css, arima_objective *f,
                                const double *start, norn_err *err) {
    arima_work *const w = &r->w;
    const size_t k = w->k, n = arima_starts(w, start, r->place);
    norn_stop stop;
    for (size_t i = 0; i < n; i++) {
        double *const v = r->place + i * k, value = NORNI_INF;
        if (i > 0 && w->cut) break;
        if (css) NORN_TRY(arima_minimise(css, v, start_tol, &value, NULL, &stop, err));
        bool known = false;
        for (size_t j = 0; j < r->n_place; j++)
            known = known || same_place(v, r->place + j * k, k);
        if (known) continue;
        for (size_t j = 0; j < k && f != css; j++) /* the bounds have no slope, or no value; nearer
                                                      to them than this, searches stop short of a unit root */
            v[j] = fmin(fmax(v[j], -1.6), 1.6);
        if (f != css) {
            w->n_values++;
            (void)norni_effort_spend(w->env->effort, 1);
            value = f->value(f, v);
            if (w->cancelled) return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
        }
        size_t at = r->n_place++;
        memcpy(r->v_try, v, k * sizeof *v);
        for (; at > 0 && r->value[at - 1] > value; at--) {
            r->value[at] = r->value[at - 1];
            memcpy(r->place + at * k, r->place + (at - 1) * k, k * sizeof *v);
        }
        r->value[at] = value;
        memcpy(r->place + at * k, r->v_try, k * sizeof *v);
    }
    return NORN_OK;
}

/* From v: the better one of what is known and what is found there stands in r->v, r->best. */
static norn_status descend_from(fit_run *r, arima_objective *f, const double *v, double tol,
                                norn_err *err) {
    double value = NORNI_INF;
    norn_stop stop;
    memmove(r->v_try, v, r->w.k * sizeof *v);
    NORN_TRY(arima_minimise(f, r->v_try, tol, &value, r->cov, &stop, err));
    r->at_best = value < r->best || !r->any;
    if (r->at_best) {
        memcpy(r->v, r->v_try, r->w.k * sizeof *v);
        r->best = value;
        r->stop = stop;
        r->any = true;
    }
    return NORN_OK;
}

/* The best place, and the next one where it is about as good; once more from nearer the middle when
 * they end at the bounds, where many a poor local optimum lies. */
static norn_status descend_places(fit_run *r, arima_objective *f, double tol, norn_err *err) {
    arima_work *const w = &r->w;
    const double margin = norni_exp(2 * worth_a_search / (double)f->n_e);
    NORN_TRY(descend_from(r, f, r->place, tol, err));
    if (r->n_place > 1 && !w->cut && !w->hasty && r->value[1] < margin * r->value[0])
        NORN_TRY(descend_from(r, f, r->place + w->k, tol, err));
    bool edge = !(r->best < NORNI_INF);
    for (size_t i = 0; i < w->k && !w->hasty; i++)
        edge = edge || fabs(arima_reflect(r->v[i])) > 0.9999;
    if (edge && w->k > 0 && !w->cut) {
        double *const v = r->place;
        if (!arima_guess(w, v)) memset(v, 0, w->k * sizeof *v);
        for (size_t i = 0; i < w->k; i++)
            v[i] *= 0.5;
        NORN_TRY(descend_from(r, f, v, tol, err));
    }
    if (!(r->best < NORNI_INF))
        return norn_fail(err, NORN_E_NUMERIC, "arima: no admissible estimate was found");
    return NORN_OK;
}

/* The objective and cov back to where the best is. */
static norn_status settle(fit_run *r, arima_objective *f, norn_err *err) {
    const norn_stop stop = r->stop;
    if (r->at_best) return NORN_OK;
    r->any = false;
    NORN_TRY(descend_from(r, f, r->v, NORNI_INF, err));
    r->stop = stop;
    return NORN_OK;
}

/* Is the settled optimum likely to be one of several? Where the data tell the parameters apart, the
 * free ones have standard errors of about 1/sqrt(n), and the likelihood has one hollow; where factors
 * nearly cancel or roots lie near the circle, it has many. */
static bool is_doubtful(const fit_run *r, const arima_objective *f) {
    const arima_work *const w = &r->w;
    if (r->best <= w->floor) return false;
    if (r->stop == NORN_STOP_MAXITER) return true;
    for (size_t i = 0; i < w->k; i++) {
        const double se = sqrt(r->cov[i * w->k + i] * r->best / (double)f->n_e);
        if (!(se < 0.3) || fabs(arima_reflect(r->v[i])) > 0.9) return true;
    }
    return false;
}

/* Searches jump to and fro over a moving average's root on the circle, at v = 2: once from on it. */
static norn_status step_on_circle(fit_run *r, arima_objective *f, norn_err *err) {
    const size_t p = (size_t)r->w.o.p, q = (size_t)r->w.o.q, sp = (size_t)r->w.o.P, k = r->w.k;
    double *const v = r->place;
    bool moved = false;
    for (size_t i = 0; i < k; i++) {
        const bool of_ma = (i >= p && i < p + q) || i >= p + q + sp;
        const bool near = of_ma && fabs(arima_reflect(r->v[i])) > 0.85;
        v[i] = near ? copysign(2, r->v[i]) : r->v[i];
        moved = moved || v[i] != r->v[i];
    }
    return moved ? descend_from(r, f, v, ml_tol, err) : NORN_OK;
}

/* Looks for better hollows from points spread over the region, and goes down where one is near. Two
 * parameters on more than a few points are only valued at the corners where others mostly lie. */
static norn_status look_around(fit_run *r, arima_objective *f, norn_err *err) {
    arima_work *const w = &r->w;
    const bool quick = w->o.p == 1 && w->o.q == 1 && w->k == 2 && w->n_rows > SHORT;
    const double margin = norni_exp((quick ? 0.4 : 2 * worth_a_search) / (double)f->n_e);
    const double most = most_look_work / arima_exact_work(&w->o, w->n, w->n_gap);
    double *const v = r->place;
    norn_stop stop;
    if (!quick) NORN_TRY(step_on_circle(r, f, err));
    for (size_t i = 1; i <= (quick ? 2 : LOOKS * w->k) && (double)i <= most && !w->cut; i++) {
        double value = NORNI_INF;
        if (quick) {
            v[0] = i == 1 ? 1.4 : -1.4;
            v[1] = i == 1 ? 2 : -2;
            if (arima_work_spend_value(w)) value = f->value(f, v);
            if (w->cancelled) return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
        } else {
            arima_spread(&w->o, i, v);
            NORN_TRY(arima_minimise(f, v, look_tol, &value, NULL, &stop, err));
            r->at_best = false;
        }
        if (value < margin * r->best && !same_place(v, r->v, w->k))
            NORN_TRY(descend_from(r, f, v, ml_tol, err));
    }
    if (!quick && !w->cut) NORN_TRY(step_on_circle(r, f, err));
    return settle(r, f, err);
}

/* Least squares leads astray on few points: it drops the first ones, and its optimum may lie in
 * another hollow of the likelihood. Short series are searched from the plain starts, too. */
static bool is_short(const arima_work *w, const double *start) {
    return w->n_rows <= SHORT && w->k > 1 && start == NULL && w->patience == 0 && !w->hasty;
}

static norn_status run(fit_run *r, norni_arima_method method, const double *start, norn_err *err) {
    arima_work *const w = &r->w;
    const bool only_css = method == NORNI_ARIMA_CSS;
    const bool can_css = w->n_w >= arima_lag_ar(&w->o) + w->k + w->n_reg + 1;
    arima_objective css, ml, *const f = only_css ? &css : &ml;
    const bool use_css = only_css || (method == NORNI_ARIMA_CSS_ML && can_css && w->k > 0);
    if (use_css) NORN_TRY(arima_css_objective(w, &css, err));
    if (!only_css) NORN_TRY(arima_ml_objective(w, &ml, err));
    NORN_TRY(value_places(r, use_css ? &css : NULL, f, start, err));
    NORN_TRY(descend_places(r, f, only_css ? css_tol : ml_tol, err));
    if (use_css && !only_css && is_short(w, start) && !w->cut) {
        r->n_place = 0;
        NORN_TRY(value_places(r, NULL, f, start, err));
        NORN_TRY(descend_places(r, f, ml_tol, err));
    }
    NORN_TRY(settle(r, f, err));
    const bool searched = start == NULL && w->patience == 0 && !w->hasty && !w->cut;
    if (searched && !only_css && w->k > 1 && is_doubtful(r, f)) NORN_TRY(look_around(r, f, err));
    take(r, f, r->best, only_css ? NORNI_ARIMA_CSS : NORNI_ARIMA_ML, r->stop);
    return NORN_OK;
}

static norn_status out_init(norni_arena *arena, const norni_arima_data *data,
                            norni_arima_order order, norni_arima_constant constant,
                            norni_arima_fit *out, norn_err *err) {
    memset(out, 0, sizeof *out);
    out->order = order;
    out->constant = constant;
    out->n_x = data->n_x;
    out->n_coef = arima_n_arma(&order) + data->n_x + (constant != NORNI_ARIMA_NO_CONSTANT);
    out->coef = norni_arena_get(arena, out->n_coef + 1, 2 * sizeof *out->coef);
    if (!out->coef) return norni_alloc_fail(err, "arima", out->n_coef, 2 * sizeof *out->coef);
    out->se = out->coef + out->n_coef + 1;
    return NORN_OK;
}

norn_status norni_arima_fit_patient(norni_env *env, const norni_arima_data *data,
                                    norni_arima_order order, norni_arima_constant constant,
                                    norni_arima_method method, const double *start,
                                    uint64_t patience, norni_arima_fit *out, bool *out_of,
                                    norn_err *err) {
    *out_of = false;
    NORN_TRY(out_init(env->arena, data, order, constant, out, err));
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    fit_run r = {.out = out, .best = NORNI_INF};
    norn_status st = arima_work_make(env, data, order, constant, &r.w, err);
    if (st == NORN_OK) {
        const size_t k = r.w.k;
        r.w.patience = patience;
        out->n_used = r.w.n_rows - r.w.n_flat;
        const size_t n_lin = r.w.n_flat + r.w.n_reg;
        const size_t room = k * (k + 2 + ARIMA_MOST_STARTS) + n_lin * (n_lin + 1) + 1;
        r.v = norni_arena_get(env->arena, room, sizeof *r.v);
        r.v_try = r.v + k;
        r.cov = r.v_try + k;
        r.place = r.cov + k * k;
        r.linear = r.place + k * ARIMA_MOST_STARTS;
        st = r.v ? run(&r, method, start, err) : norni_alloc_fail(err, "arima", room, sizeof *r.v);
        *out_of = patience > 0 && r.w.n_values > patience;
    }
    norni_arena_rewind(env->arena, mark);
    return st;
}

norn_status norni_arima_fit_run(norni_env *env, const norni_arima_data *data,
                                norni_arima_order order, norni_arima_constant constant,
                                norni_arima_method method, const double *start,
                                norni_arima_fit *out, norn_err *err) {
    bool out_of;
    return norni_arima_fit_patient(env, data, order, constant, method, start, 0, out, &out_of, err);
}

/* The exact objective's one value at out->coef, regressors' coefficients fixed there, too. */
static norn_status value_at(arima_work *w, const norni_arima_fit *at, double *squares,
                            double *sumlog, norn_err *err) {
    arima_objective f;
    double *const b = norni_arena_get(w->arena, w->n_reg + 1, sizeof *b);
    if (!b) return norni_alloc_fail(err, "arima", w->n_reg, sizeof *b);
    arima_work_unbeta(w, at->coef + w->k, b);
    for (size_t j = 0; j < w->n_reg; j++) {
        for (size_t t = 0; t < w->n_w; t++)
            w->w[0][t] -= b[j] * w->w[1 + j][t];
        for (size_t t = 0; t < w->n && w->level; t++)
            w->level[0][t] -= b[j] * w->level[1 + w->n_flat + j][t];
    }
    w->n_reg = 0;
    NORN_TRY(arima_ml_objective(w, &f, err));
    arima_work_set_coef(w, at->coef);
    if (!(arima_ml_value_here(&f) < NORNI_INF))
        return w->cancelled
                   ? norn_fail(err, NORN_E_CANCEL, "arima: cancelled")
                   : norn_fail(err, NORN_E_NUMERIC, "arima: these estimates are not stationary");
    f.accept(&f);
    arima_ml_parts(&f, sumlog, squares);
    return NORN_OK;
}

norn_status norni_arima_fit_at(norni_env *env, const norni_arima_data *data,
                               norni_arima_order order, norni_arima_constant constant,
                               const double *coef, norni_arima_fit *out, norn_err *err) {
    NORN_TRY(out_init(env->arena, data, order, constant, out, err));
    memcpy(out->coef, coef, out->n_coef * sizeof *coef);
    out->se = NULL;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    arima_work w;
    double squares = 0, sumlog = 0;
    norn_status st = arima_work_make(env, data, order, constant, &w, err);
    if (st == NORN_OK) {
        out->n_used = w.n_rows - w.n_flat;
        (void)norni_effort_spend(env->effort, 1);
        st = value_at(&w, out, &squares, &sumlog, err);
    }
    norni_arena_rewind(env->arena, mark);
    if (st != NORN_OK) return st;
    out->method = NORNI_ARIMA_ML;

    fill_likelihood(out, squares, sumlog, &w);
    out->min_root = arima_min_root(&order, coef);
    return NORN_OK;
}
