/* From a fit to a model that can predict: one exact pass over the series. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The innovations' variance is that of R's forecast package: their squares over n_used less the
 * number of coefficients. Values missing among those that the differences start from are unknowns
 * of least squares here; their covariance stays with the state. */
#include "models/arima/arima_state.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "num/chi2.h"
#include "num/extent.h"

enum { MOST_BOX_LAGS = 100 };

double arima_state_effect(const norni_arima_state *st, const double *const *x, size_t row,
                          size_t t) {
    const norni_arima_fit *const f = &st->fit;
    const double *beta = f->coef + arima_n_arma(&f->order);
    double s = 0;
    if (f->constant == NORNI_ARIMA_MEAN) s = *beta;
    if (f->constant == NORNI_ARIMA_DRIFT) s = *beta * (double)(t + 1);
    if (f->constant != NORNI_ARIMA_NO_CONSTANT) beta++;
    for (size_t j = 0; j < f->n_x; j++)
        s += beta[j] * x[j][row];
    return st->exponent ? ldexp(s, -st->exponent) : s;
}

norn_status arima_state_polys(norni_arena *arena, norni_arima_state *st, norn_err *err) {
    const norni_arima_order *o = &st->fit.order;
    const size_t p = (size_t)o->p, q = (size_t)o->q, sp = (size_t)o->P, sq = (size_t)o->Q;
    const double *const c = st->fit.coef;
    if (!arima_poly_get(arena, p, sp, &st->ar) || !arima_poly_get(arena, q, sq, &st->ma))
        return norni_alloc_fail(err, "arima", (1 + p) * (1 + sp) + (1 + q) * (1 + sq),
                                sizeof(double));
    arima_poly_multiply(c, p, c + p + q, sp, (size_t)o->m, 1, &st->ar);
    arima_poly_multiply(c + p, q, c + p + q + sp, sq, (size_t)o->m, -1, &st->ma);
    return NORN_OK;
}

norn_status arima_state_move_track(norni_arena *arena, const norni_arima_order *o,
                                   const arima_track *from, size_t more, arima_track *to,
                                   norn_err *err) {
    NORN_TRY(arima_track_get(arena, o, 1, from->n_loose, more, to, err));
    to->ar = from->ar;
    to->ma = from->ma;
    to->settled = from->settled;
    to->f = from->f;
    if (!from->settled) {
        memcpy(to->k, from->k, to->r * sizeof *to->k);
        memcpy(to->l, from->l + from->at, to->r * sizeof *to->l);
    }
    for (size_t j = 0; j < 1 + from->n_loose; j++) {
        const size_t at = j ? from->n_lin - 1 + j : 0;
        if (j) (void)arima_track_grow(to);
        memcpy(to->a[j], from->a[at] + from->at, to->r * sizeof **to->a);
        memcpy(to->y[j], from->y[at] + from->at, to->n_diff * sizeof **to->y);
    }
    for (size_t i = 0; i < from->n_loose; i++) {
        memcpy(to->root + i * to->wide, from->root + i * from->wide,
               from->n_root * sizeof *to->root);
        to->est[i] = from->est[i];
    }
    to->n_root = from->n_root;
    return NORN_OK;
}

/* The pass: linear columns are the series and one for each unknown first value. */
typedef struct pass {
    norni_arima_state *st;
    const double *y; /* (n) tracked series, NaN where missing */
    size_t n, n_lin;
    double *e;    /* (n_lin, n) scaled innovations, NaN where there is none */
    double *gram; /* (n_lin, n_lin) of them */
    double *row, *v;
    size_t *unknown; /* (n_lin - 1) */
    double logs;
} pass;

static norn_status run_pass(norni_env *env, pass *p, norn_err *err) {
    arima_track *const k = &p->st->track;
    for (size_t t = 0; t < p->n; t++) {
        memset(p->row, 0, p->n_lin * sizeof *p->row);
        const bool seen = !isnan(p->y[t]);
        p->row[0] = seen ? p->y[t] : 0;
        for (size_t j = 0; j < p->n_lin; j++)
            p->e[j * p->n + t] = NORNI_NAN;
        for (size_t j = 1; j < p->n_lin; j++)
            p->row[j] = p->unknown[j - 1] == t;
        if (t < k->n_diff) {
            arima_track_seed(k, p->row);
        } else if (seen) {
            double f = 1;
            arima_track_see(k, p->row, p->v, &f);
            const double root = sqrt(f);
            for (size_t j = 0; j < p->n_lin; j++)
                p->v[j] = p->e[j * p->n + t] = p->v[j] / root;
            for (size_t i = 0; i < p->n_lin; i++) {
                for (size_t j = 0; j <= i; j++)
                    p->gram[i * p->n_lin + j] += p->v[i] * p->v[j];
            }
            if (f != 1) p->logs += norni_log(f);
        } else {
            arima_track_miss(k);
        }
        if (t % 256 == 255 && norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
    }
    p->st->steps = p->n - k->n_diff;
    return NORN_OK;
}

/* Estimates the unknown first values; they become loose columns of a track of their own. */
static norn_status solve_first(norni_env *env, pass *p, double *squares, norn_err *err) {
    const size_t n = p->n_lin - 1, all = p->n_lin;
    norni_arima_state *const st = p->st;
    arima_track *const k = &st->track;
    double *const b = norni_arena_get(env->arena, n + n * n, sizeof *b);
    if (b == NULL) return norni_alloc_fail(err, "arima", n + n * n, sizeof *b);
    double *const a = b + n;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++)
            a[i * n + j] = p->gram[(1 + i) * all + 1 + j];
        b[i] = -p->gram[(1 + i) * all];
    }
    *squares = p->gram[0];
    if (!arima_cholesky(a, n))
        return norn_fail(err, NORN_E_DATA,
                         "arima: missing values leave no trace of where the differences start");
    for (size_t i = 0; i < n; i++)
        p->logs += 2 * norni_log(a[i * n + i]);
    arima_cholesky_solve(a, n, b);
    for (size_t i = 0; i < n; i++) {
        *squares += b[i] * p->gram[(1 + i) * all];
        st->start[p->unknown[i]] = b[i];
        for (size_t t = 0; t < p->n; t++)
            p->e[t] += b[i] * p->e[(1 + i) * p->n + t];
        for (size_t l = 0; l < k->r; l++)
            k->a[0][k->at + l] += b[i] * k->a[1 + i][k->at + l];
        for (size_t l = 0; l < k->n_diff; l++)
            k->y[0][k->at + l] += b[i] * k->y[1 + i][k->at + l];
        for (size_t s = 0; s < k->n_loose; s++)
            k->est[s] += b[i] * k->est[(1 + i) * k->cap + s];
    }
    arima_track_settle_estimates(k);
    /* The unknown ones are columns 1 .. n, right before the loose ones; the root of their covariance
     * is the inverse of a', beside that of the others. */
    const size_t both = n + k->n_loose, wide = n + k->n_root;
    double *const root = norni_arena_zero(env->arena, both * wide + 1, sizeof *root);
    double *const est = norni_arena_zero(env->arena, both + 1, sizeof *est);
    if (!root || !est) return norni_alloc_fail(err, "arima", both * wide, sizeof *root);
    for (size_t j = 0; j < n; j++) {
        for (size_t i = n; i-- > 0;) {
            double s = i == j;
            for (size_t l = i + 1; l < n; l++)
                s -= a[l * n + i] * root[l * wide + j];
            root[i * wide + j] = s / a[i * n + i];
        }
    }
    for (size_t i = 0; i < k->n_loose; i++)
        memcpy(root + (n + i) * wide + n, k->root + i * k->wide, k->n_root * sizeof *root);
    arima_track joined = *k;
    joined.n_lin = 1;
    joined.n_loose = joined.cap = both;
    joined.n_root = joined.wide = wide;
    joined.root = root;
    joined.est = est;
    if (wide > both) arima_track_narrow(&joined);
    return arima_state_move_track(env->arena, &st->fit.order, &joined, 0, k, err);
}

/* As R's checkresiduals (forecast 8.20): 10 lags, or two seasons, but not more than a fifth of the
 * series. Departure: R counts residuals of 0 for the values that differences start from. */
static void box_test(norni_arima_state *st, const double *e, size_t n) {
    const size_t m = (size_t)st->fit.order.m, n_arma = arima_n_arma(&st->fit.order);
    const size_t fifth = (2 * n + 5) / 10; /* rounded */
    size_t lag = m > 1 ? 2 * m : 10;
    lag = lag < fifth ? lag : fifth;
    lag = lag > n_arma + 3 ? lag : n_arma + 3;
    lag = lag < MOST_BOX_LAGS ? lag : MOST_BOX_LAGS;
    st->box = norni_ljung_box(e, n, lag, n_arma).p;
}

static norn_status finish(norni_env *env, pass *p, norn_err *err) {
    norni_arima_state *const st = p->st;
    const size_t n_coef = st->fit.n_coef;
    double squares = p->gram[0];
    size_t rows = 0;
    for (size_t t = 0; t < p->n; t++) {
        if (!isnan(p->e[t])) rows++;
    }
    if (p->n_lin > 1) {
        NORN_TRY(solve_first(env, p, &squares, err));
    } else {
        arima_track_settle_estimates(&st->track);
    }
    const size_t used = rows - (p->n_lin - 1);
    st->variance = fmax(squares, 0) / (double)(used > n_coef ? used - n_coef : used);
    box_test(st, p->e, p->n);
    double largest = 0x1p-52; /* as in arima_work.c: what rounding leaves of a perfect fit */
    for (size_t t = 0; t < p->n; t++)
        largest = fabs(p->y[t]) > largest ? fabs(p->y[t]) : largest;
    squares = fmax(squares, (double)used * largest * largest * 0x1p-104);
    if (st->fit.method == NORNI_ARIMA_CSS && isnan(st->fit.loglik)) {
        const double ln2 = 0.693147180559945309417, ln2pi = 1.83787706640934548356;
        const double n = (double)used;
        st->fit.loglik =
            -0.5 * (n * (ln2pi + 1 + norni_log(squares / n)) + p->logs) - n * st->exponent * ln2;
    }
    return NORN_OK;
}

static norn_status read_series(norni_arima_state *st, const norni_extent *e, double *y,
                               norn_err *err) {
    const norni_series *const s = st->s;
    for (size_t t = 0; t <= e->last - e->first; t++) {
        const size_t at = e->first + t;
        y[t] = st->exponent ? ldexp(s->y[at], -st->exponent) : s->y[at];
        y[t] -= arima_state_effect(st, s->x, at, at);
        if (isnan(y[t]) && !isnan(s->y[at]))
            return norn_fail(err, NORN_E_DATA, "arima: a regressor is missing at %zu", at + 1);
    }
    return NORN_OK;
}

norn_status norni_arima_state_make(norni_env *env, const norni_series *s,
                                   const norni_arima_fit *fit, norni_arima_state **out,
                                   norn_err *err) {
    norni_arena *const arena = env->arena;
    const norni_extent e = norni_extent_of(s->y, s->n);
    const size_t lost = arima_lag_diff(&fit->order);
    if (e.n_seen <= lost)
        return norn_fail(err, NORN_E_DATA, "arima: %zu observed values are too few", e.n_seen);
    norni_arima_state *const st = norni_arena_zero(arena, 1, sizeof *st);
    double *const coef = norni_arena_get(arena, fit->n_coef + 1, sizeof *coef);
    double *const start = norni_arena_zero(arena, lost + 1, sizeof *start);
    if (!st || !coef || !start) return norni_alloc_fail(err, "arima", lost, sizeof *start);
    memcpy(coef, fit->coef, fit->n_coef * sizeof *coef);
    st->fit = *fit;
    st->fit.coef = coef;
    st->fit.se = NULL;
    st->exponent = e.exponent;
    st->n = s->n;
    st->ahead = s->n - 1 - e.last;
    st->s = s;
    st->first = e.first;
    st->start = start;
    st->x_future = s->x_future;
    st->n_future = s->horizon;
    NORN_TRY(arima_state_polys(arena, st, err));
    pass p = {.st = st, .n = e.last + 1 - e.first, .n_lin = 1};
    for (size_t t = 0; t < lost; t++) {
        if (isnan(s->y[e.first + t])) p.n_lin++;
    }
    st->n_first = p.n_lin - 1;
    double *const y = norni_arena_get(arena, p.n * (1 + p.n_lin), sizeof *y);
    p.gram = norni_arena_zero(arena, p.n_lin * (p.n_lin + 2), sizeof *p.gram);
    p.unknown = norni_arena_get(arena, p.n_lin, sizeof *p.unknown);
    if (!y || !p.gram || !p.unknown)
        return norni_alloc_fail(err, "arima", p.n, (1 + p.n_lin) * sizeof *y);
    p.y = y;
    p.e = y + p.n;
    p.row = p.gram + p.n_lin * p.n_lin;
    p.v = p.row + p.n_lin;
    NORN_TRY(read_series(st, &e, y, err));
    for (size_t t = 0, j = 0; t < lost; t++) {
        if (isnan(y[t])) p.unknown[j++] = t;
        start[t] = isnan(y[t]) ? 0 : y[t];
    }
    arima_start begin;
    NORN_TRY(arima_start_get(&fit->order, arena, &begin, err));
    if (!arima_start_run(&fit->order, coef, &st->ar, &st->ma, &begin))
        return norn_fail(err, NORN_E_NUMERIC, "arima: the estimates are not stationary");
    NORN_TRY(arima_track_get(arena, &fit->order, p.n_lin, 0, p.n - e.n_seen, &st->track, err));
    arima_track_begin(&st->track, &st->ar, &st->ma, &begin);
    NORN_TRY(run_pass(env, &p, err));
    NORN_TRY(finish(env, &p, err));
    *out = st;
    return NORN_OK;
}

norn_status norni_arima_fitted(norni_env *env, const void *state, size_t g, double *out,
                               norn_err *err) {
    (void)g;
    const norni_arima_state *const st = state;
    const norni_series *const s = st->s;
    const norni_arima_order *const o = &st->fit.order;
    arima_start begin;
    arima_track k;
    size_t missing = 0;
    for (size_t t = 0; t < s->n; t++) {
        if (isnan(s->y[t])) missing++;
    }
    NORN_TRY(arima_start_get(o, env->arena, &begin, err));
    if (!arima_start_run(o, st->fit.coef, &st->ar, &st->ma, &begin))
        return norn_fail(err, NORN_E_NUMERIC, "arima: the estimates are not stationary");
    NORN_TRY(arima_track_get(env->arena, o, 1, 0, missing, &k, err));
    arima_track_begin(&k, &st->ar, &st->ma, &begin);
    for (size_t t = 0; t < s->n; t++) {
        out[t] = NORNI_NAN;
        if (t < st->first) continue;
        const size_t at = t - st->first;
        const double effect = arima_state_effect(st, s->x, t, t);
        double expected = 0, v = 0, f = 1;
        if (at < k.n_diff) {
            arima_track_seed(&k, &st->start[at]);
            continue;
        }
        (void)arima_track_expect(&k, &expected);
        out[t] = ldexp(expected + effect, st->exponent);
        if (isnan(s->y[t])) {
            arima_track_miss(&k);
        } else {
            const double y = ldexp(s->y[t], -st->exponent) - effect;
            arima_track_see(&k, &y, &v, &f);
        }
        if (t % 256 == 255 && norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
    }
    return NORN_OK;
}

/* Six digits are enough to read. */
static double brief(double x) {
    double size = fabs(x), power = 1;
    if (!(size > 0 && size < 1e15 && size > 1e-12)) return x;
    for (; size * power < 1e5; power *= 10) {
    }
    if (power > 1) return nearbyint(x * power) / power;
    for (; size / power >= 1e6; power *= 10) {
    }
    return nearbyint(x / power) * power;
}

void norni_arima_describe(const void *state, size_t g, char *out, size_t size) {
    (void)g;
    static const char *const words[] = {"ar", "ma", "sar", "sma"};
    const norni_arima_state *const st = state;
    const norni_arima_fit *const f = &st->fit;
    const norni_arima_order *const o = &f->order;
    const int32_t counts[4] = {o->p, o->q, o->P, o->Q};
    const double *c = f->coef;
    size_t n = norni_format(out, size, "ARIMA(%d,%d,%d)", (int)o->p, (int)o->d, (int)o->q);
    if (o->P + o->D + o->Q > 0)
        n += norni_format(out + n, size - n, "(%d,%d,%d)[%d]", (int)o->P, (int)o->D, (int)o->Q,
                          (int)o->m);
    if (f->n_x > 0)
        n += norni_format(out + n, size - n, " with %zu regressors", f->n_x);
    else if (f->constant != NORNI_ARIMA_NO_CONSTANT)
        n += norni_format(out + n, size - n, " with %s",
                          f->constant == NORNI_ARIMA_MEAN ? "mean" : "drift");
    for (int w = 0; w < 4; w++) {
        for (int32_t j = 0; j < counts[w]; j++)
            n += norni_format(out + n, size - n, " %s%d=%g", words[w], (int)j + 1, brief(*c++));
    }
    if (f->constant != NORNI_ARIMA_NO_CONSTANT)
        n += norni_format(out + n, size - n, " %s=%g",
                          f->constant == NORNI_ARIMA_MEAN ? "mean" : "drift", brief(*c++));
    for (size_t j = 0; j < f->n_x && j < 8; j++)
        n += norni_format(out + n, size - n, " x%zu=%g", j + 1, brief(*c++));
    const double k = (double)f->n_coef + 1, used = (double)f->n_used;
    const double aicc =
        used - k - 1 > 0 ? 2 * k - 2 * f->loglik + 2 * k * (k + 1) / (used - k - 1) : NORNI_INF;
    n +=
        norni_format(out + n, size - n, " sigma2=%g", brief(ldexp(st->variance, 2 * st->exponent)));
    if (!isnan(f->loglik)) /* NaN: nothing was left to estimate, and there is no likelihood */
        n += norni_format(out + n, size - n, " loglik=%g aicc=%g", brief(f->loglik), brief(aicc));
    if (isfinite(f->min_root)) n += norni_format(out + n, size - n, " root=%g", brief(f->min_root));
    if (!isnan(st->box)) norni_format(out + n, size - n, " ljung_box=%g", brief(st->box));
}
