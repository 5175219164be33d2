/* The parts of ARIMA: polynomials, likelihood and squares at given estimates, beside R and a slow twin. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arima_cases.h"
#include "base/fp.h"
#include "base/rng.h"
#include "models/arima/arima_like.h"

enum { MOST = 90, TWIN_CASES = 600 };

#define assert_near(a, b, tol) assert_true(fabs((a) - (b)) <= (tol))

static double uniform(uint64_t item, uint64_t draw) {
    return norni_rng_uniform((norni_rng){5, item}, draw);
}

/* Free parameters lead into the region and back; the slopes are those of differences. */
static void check_free(void **state) {
    (void)state;
    for (uint64_t item = 0; item < 200; item++) {
        const size_t n = 1 + (size_t)item % 6;
        double v[6], c[6], jac[36], up[6], down[6], back[6], k[6];
        for (size_t j = 0; j < n; j++)
            v[j] = 3.6 * (uniform(item, j) - 0.5);
        arima_factor_from_free(v, n, c, jac);
        assert_true(arima_step_down(c, n, k));
        arima_free_from_factor(c, n, back);
        for (size_t j = 0; j < n; j++) {
            assert_near(back[j], v[j], 1e-6);
            double moved[6];
            const double h = 1e-6;
            memcpy(moved, v, n * sizeof *v);
            moved[j] += h;
            arima_factor_from_free(moved, n, up, NULL);
            moved[j] -= 2 * h;
            arima_factor_from_free(moved, n, down, NULL);
            for (size_t i = 0; i < n; i++)
                assert_near(jac[i * n + j], (up[i] - down[i]) / (2 * h), 1e-8);
        }
    }
}

/* Outside the region: drawn inside, with the same signs. */
static void check_outside(void **state) {
    (void)state;
    const double far[3] = {2.5, -0.4, 1.7};
    double v[3], c[3], k[3];
    arima_free_from_factor(far, 3, v);
    arima_factor_from_free(v, 3, c, NULL);
    assert_true(arima_step_down(c, 3, k));
    for (size_t j = 0; j < 3; j++)
        assert_true(c[j] * far[j] > 0);
    assert_false(arima_step_down((const double[]){1.0}, 1, k));
    assert_false(arima_step_down((const double[]){0.5, 0.6}, 2, k));
}

/* Roots known in advance. */
static void check_roots(void **state) {
    (void)state;
    /* (1 - B/1.25)(1 - B/2) */
    const norni_arima_order two = {.p = 2, .m = 1};
    assert_near(arima_min_root(&two, (const double[]){1.3, -0.4}), 1.25, 1e-13);
    /* 1 - 2 cos(1) r B + r^2 B^2 with r = 1/1.01, and three times the root -3 in theta */
    const double r = 1 / 1.01, cos1 = 0.54030230586813972;
    const norni_arima_order mixed = {.p = 2, .q = 3, .m = 1};
    const double coef[] = {2 * cos1 * r, -r * r, 1, 1.0 / 3, 1.0 / 27};
    assert_near(arima_min_root(&mixed, coef), 1.01, 1e-12);
    const norni_arima_order triple = {.q = 3, .m = 1};
    assert_near(arima_min_root(&triple, coef + 2), 3, 1e-3); /* triple: eps^(1/3) */
    /* seasonal: of B, not B^12; a last coefficient of nothing is cut */
    const norni_arima_order seasonal = {.P = 2, .m = 12};
    assert_near(arima_min_root(&seasonal, (const double[]){0.5, 1e-9}), norni_pow(2, 1.0 / 12),
                1e-13);
    assert_true(arima_min_root(&(norni_arima_order){.d = 1, .m = 1}, NULL) > 1e300);
    /* outside the region the modulus is below 1 */
    assert_near(arima_min_root(&two, (const double[]){0, 4}), 0.5, 1e-13);
}

static void check_products(void **state) {
    (void)state;
    bed b;
    bed_make(&b);
    arima_poly out, diff;
    assert_true(arima_poly_get(&b.arena, 3, 2, &out));
    const double small[] = {0.5, -0.2, 0.1}, seasonal[] = {0.4, 0.3};
    arima_poly_multiply(small, 3, seasonal, 2, 2, 1, &out); /* lags 2 and 3 meet */
    const size_t lags[] = {1, 2, 3, 4, 5, 6, 7};
    const double want[] = {
        0.5,  -0.2 + 0.4, 0.1 - 0.5 * 0.4, 0.3 + 0.2 * 0.4, -0.1 * 0.4 - 0.5 * 0.3,
        0.06, -0.1 * 0.3};
    assert_int_equal(out.n, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(out.lag[i], lags[i]);
        assert_near(out.c[i], want[i], 1e-15);
    }
    assert_true(
        arima_difference_poly(&b.arena, &(norni_arima_order){.d = 2, .D = 1, .m = 12}, &diff));
    const size_t at[] = {1, 2, 12, 13, 14};
    const double of[] = {2, -1, 1, -2, 1};
    assert_int_equal(diff.n, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(diff.lag[i], at[i]);
        assert_true(diff.c[i] == of[i]);
    }
    norni_arena_clear(&b.arena);
}

static norn_status value_at(bed *b, const r_case *c, norni_arima_fit *fit, norn_err *err) {
    const norni_arima_data data = {c->series->n, c->series->y, 0, NULL};
    return norni_arima_fit_at(&b->env, &data, c->order, c->constant, c->v, fit, err);
}

/* R at the same estimates: 1e-8, and 1e-6 where R's start of variance 1e6 takes part. */
static void check_likelihood(void **state) {
    (void)state;
    r_file r;
    r_case c;
    size_t seen = 0;
    assert_true(r_open(&r));
    while (r_next(&r, &c)) {
        const bool gap = strcmp(c.kind, "gap") == 0;
        if (!gap && strcmp(c.kind, "lik") != 0) continue;
        bed b;
        norni_arima_fit fit;
        norn_err err = {NORN_OK, ""};
        bed_make(&b);
        if (value_at(&b, &c, &fit, &err) != NORN_OK) fail_msg("%s: %s", c.name, err.text);
        const double loglik = c.v[c.n_coef], sigma2 = c.v[c.n_coef + 1], tol = gap ? 1e-6 : 1e-8;
        if (!(fabs(fit.loglik - loglik) <= tol * fabs(loglik)))
            fail_msg("%s (%d,%d,%d): %.12g, R has %.12g", c.name, (int)c.order.p, (int)c.order.d,
                     (int)c.order.q, fit.loglik, loglik);
        assert_true(fabs(fit.sigma2 - sigma2) <= 3 * tol * sigma2 * (gap ? 20 : 1));
        norni_arena_clear(&b.arena);
        seen++;
    }
    assert_int_equal(seen, 22);
}

/* The squares at v, by the objective that fits minimise; sigma2 as R's CSS. */
static void check_squares(void **state) {
    (void)state;
    r_file r;
    r_case c;
    size_t seen = 0;
    assert_true(r_open(&r));
    while (r_next(&r, &c)) {
        if (strcmp(c.kind, "css") != 0) continue;
        bed b;
        arima_work w;
        arima_objective f;
        double y[CASE_LENGTH], v[16];
        const double beta = c.v[c.n_coef - 1];
        bed_make(&b);
        for (size_t t = 0; t < c.series->n; t++) /* the constant is given, not estimated */
            y[t] = c.series->y[t] - (c.constant == NORNI_ARIMA_MEAN    ? beta
                                     : c.constant == NORNI_ARIMA_DRIFT ? beta * (double)(t + 1)
                                                                       : 0);
        const norni_arima_data data = {c.series->n, y, 0, NULL};
        assert_int_equal(arima_work_make(&b.env, &data, c.order, NORNI_ARIMA_NO_CONSTANT, &w, NULL),
                         NORN_OK);
        assert_int_equal(arima_css_objective(&w, &f, NULL), NORN_OK);
        arima_free_from_coef(&c.order, c.v, v);
        const double sigma2 = f.value(&f, v) / (double)f.n_e;
        assert_true(fabs(sigma2 - c.v[c.n_coef]) <= 1e-10 * sigma2);
        norni_arena_clear(&b.arena);
        seen++;
    }
    assert_int_equal(seen, 4);
}

/* The derivatives that the search uses, beside differences of the residuals' squares. */
static void check_slopes(void **state) {
    (void)state;
    for (uint64_t item = 0; item < 60; item++) {
        bed b;
        arima_work w;
        arima_objective f;
        double y[120], v[12], jj[144], je[12];
        const bool exact = item % 2;
        const norni_arima_order o = {.p = (int32_t)(item % 3),
                                     .d = (int32_t)(item / 3 % 2),
                                     .q = (int32_t)(item / 6 % 3),
                                     .P = (int32_t)(item / 2 % 3),
                                     .Q = (int32_t)(item / 5 % 3),
                                     .m = 4};
        const norni_arima_constant mean = o.d ? NORNI_ARIMA_DRIFT : NORNI_ARIMA_MEAN;
        bed_make(&b);
        for (size_t t = 0; t < 120; t++)
            y[t] = 3 * uniform(item, t) + (t > 0 ? 0.5 * y[t - 1] : 0);
        const norni_arima_data data = {120, y, 0, NULL};
        assert_int_equal(arima_work_make(&b.env, &data, o, mean, &w, NULL), NORN_OK);
        assert_int_equal((exact ? arima_ml_objective : arima_css_objective)(&w, &f, NULL), NORN_OK);
        for (size_t j = 0; j < w.k; j++)
            v[j] = 1.5 * (uniform(item, 500 + j) - 0.5);
        (void)f.value(&f, v);
        f.accept(&f);
        f.slope(&f, v, jj, je);
        for (size_t j = 0; j < w.k; j++) {
            const double h = 1e-5, v0 = v[j];
            v[j] = v0 + h;
            const double up = f.value(&f, v);
            v[j] = v0 - h;
            const double slope = (up - f.value(&f, v)) / (4 * h);
            v[j] = v0;
            /* J by forward differences of 1e-6: so far off the exact objective's may be */
            assert_true(fabs(slope - je[j]) <=
                        (exact ? 1e-4 : 1e-6) * (fabs(slope) + 1 + up / 100));
        }
        norni_arena_clear(&b.arena);
    }
}

/* The slow twin: the whole covariance matrix from psi weights, its Cholesky factor, and what is
 * missing integrated over. */
typedef struct twin {
    size_t n_w;
    double cov[MOST * MOST], m[MOST * MOST], w[MOST];
} twin;

static void expand(const double *a, size_t na, const double *s, size_t ns, size_t m, double sign,
                   double *out, size_t n) {
    memset(out, 0, n * sizeof *out);
    for (size_t j = 0; j <= ns; j++) {
        for (size_t i = 0; i <= na; i++)
            out[j * m + i] += (j ? sign * s[j - 1] : 1) * (i ? sign * a[i - 1] : 1);
    }
}

static void fill_covariance(twin *t, const norni_arima_order *o, const double *coef) {
    enum { LONG = 6000, POLY = 64 };
    static double psi[LONG];
    double phi[POLY], theta[POLY];
    const size_t p = (size_t)o->p, q = (size_t)o->q, sp = (size_t)o->P, sq = (size_t)o->Q;
    expand(coef, p, coef + p + q, sp, (size_t)o->m, -1, phi, POLY);
    expand(coef + p, q, coef + p + q + sp, sq, (size_t)o->m, 1, theta, POLY);
    for (size_t k = 0; k < LONG; k++) {
        psi[k] = k < POLY ? theta[k] : 0;
        for (size_t j = 1; j < POLY && j <= k; j++)
            psi[k] -= phi[j] * psi[k - j];
    }
    for (size_t k = 0; k < t->n_w; k++) {
        double g = 0;
        for (size_t j = 0; j + k < LONG; j++)
            g += psi[j] * psi[j + k];
        for (size_t i = 0; i + k < t->n_w; i++)
            t->cov[i * MOST + i + k] = t->cov[(i + k) * MOST + i] = g;
    }
}

/* Cholesky of the leading n of a (MOST wide); half the log of the determinant. */
static double factor(double *a, size_t n) {
    double logs = 0;
    for (size_t j = 0; j < n; j++) {
        for (size_t i = j; i < n; i++) {
            double s = a[i * MOST + j];
            for (size_t k = 0; k < j; k++)
                s -= a[i * MOST + k] * a[j * MOST + k];
            a[i * MOST + j] = i == j ? sqrt(s) : s / a[j * MOST + j];
        }
        logs += norni_log(a[j * MOST + j]);
    }
    return logs;
}

static void solve(const double *l, size_t n, double *x) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            x[i] -= l[i * MOST + k] * x[k];
        x[i] /= l[i * MOST + i];
    }
}

static double twin_loglik(const norni_arima_order *o, const double *coef, const double *y,
                          size_t n) {
    static twin t;
    double x[MOST], gram[MOST * MOST], b[MOST];
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        x[i] = isnan(y[i]) ? 0 : y[i];
    t.n_w = arima_difference(x, n, o->d, o->D, o->m);
    memcpy(t.w, x, sizeof x);
    fill_covariance(&t, o, coef);
    double logs = factor(t.cov, t.n_w);
    solve(t.cov, t.n_w, t.w);
    for (size_t i = 0; i < n; i++) {
        if (!isnan(y[i])) continue;
        memset(x, 0, sizeof x);
        x[i] = 1;
        (void)arima_difference(x, n, o->d, o->D, o->m);
        memcpy(t.m + k * MOST, x, sizeof x);
        solve(t.cov, t.n_w, t.m + k++ * MOST);
    }
    double squares = 0;
    for (size_t i = 0; i < t.n_w; i++)
        squares += t.w[i] * t.w[i];
    for (size_t i = 0; i < k; i++) {
        b[i] = 0;
        for (size_t l = 0; l < t.n_w; l++)
            b[i] += t.m[i * MOST + l] * t.w[l];
        for (size_t j = 0; j < k; j++) {
            gram[i * MOST + j] = 0;
            for (size_t l = 0; l < t.n_w; l++)
                gram[i * MOST + j] += t.m[i * MOST + l] * t.m[j * MOST + l];
        }
    }
    logs += factor(gram, k);
    solve(gram, k, b);
    for (size_t i = 0; i < k; i++)
        squares -= b[i] * b[i];
    const double used = (double)(t.n_w - k);
    return -0.5 * used * (1.83787706640934548356 + 1 + norni_log(squares / used)) - logs;
}

/* Random orders, estimates and gaps; those first values that differences need are there. */
static void check_twin(void **state) {
    (void)state;
    for (uint64_t item = 0; item < TWIN_CASES; item++) {
        static const int32_t seasons[] = {1, 2, 3, 4, 5, 12};
        uint64_t draw = 0;
        const int32_t m = seasons[item % 6];
        const int32_t most = m == 12 ? 2 : 3;
#define PICK(bound) ((int32_t)(uniform(item, draw++) * (bound)))
        norni_arima_order o = {.p = PICK(4), .d = PICK(2), .q = PICK(4), .m = m};
        if (m > 1) o.P = PICK(most), o.D = PICK(2), o.Q = PICK(most);
        const size_t n = 45 + (size_t)PICK(40), lost = arima_lag_diff(&o), k = arima_n_arma(&o);
#undef PICK
        double v[16], coef[16], y[MOST] = {0};
        for (size_t j = 0; j < k; j++)
            v[j] = 2.2 * (uniform(item, draw++) - 0.5);
        arima_coef_from_free(&o, v, coef);
        for (size_t t = 0; t < n; t++) {
            y[t] = norni_rng_normal((norni_rng){6, item}, t) + (t > 0 ? y[t - 1] : 10);
        }
        const double share = item % 3 == 0 ? 0 : item % 3 == 1 ? 0.1 : 0.5;
        double kept[MOST];
        memcpy(kept, y, sizeof y);
        for (size_t t = lost; t + 1 < n; t++)
            if (t > 0 && uniform(item, 1000 + t) < share) kept[t] = NORNI_NAN;
        bed b;
        norni_arima_fit fit;
        norn_err err = {NORN_OK, ""};
        bed_make(&b);
        const norni_arima_data data = {n, kept, 0, NULL};
        if (norni_arima_fit_at(&b.env, &data, o, NORNI_ARIMA_NO_CONSTANT, coef, &fit, &err) !=
            NORN_OK)
            fail_msg("item %d: %s", (int)item, err.text);
        const double want = twin_loglik(&o, coef, kept, n);
        if (!(fabs(fit.loglik - want) <= 1e-8 * (1 + fabs(want))))
            fail_msg("item %d (%d,%d,%d)(%d,%d,%d)[%d] n %d: %.12g, the twin has %.12g", (int)item,
                     (int)o.p, (int)o.d, (int)o.q, (int)o.P, (int)o.D, (int)o.Q, (int)m, (int)n,
                     fit.loglik, want);
        norni_arena_clear(&b.arena);
    }
}

/* Every instruction set gives the same bits. */
static void check_machines(void **state) {
    (void)state;
    enum { N = 150 };
    static const norni_arima_order some[] = {{1, 0, 1, 1, 0, 1, 12},
                                             {0, 0, 2, 0, 0, 1, 24},
                                             {3, 0, 0, 0, 0, 0, 1},
                                             {1, 0, 1, 0, 0, 1, 7}};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        bed b;
        arima_work w;
        arima_like like;
        double y[N], first[2][N], other[2][N], v[8];
        bed_make(&b);
        for (size_t t = 0; t < N; t++)
            y[t] = norni_rng_normal((norni_rng){8, i}, t);
        const norni_arima_data data = {N, y, 0, NULL};
        assert_int_equal(arima_work_make(&b.env, &data, some[i], NORNI_ARIMA_MEAN, &w, NULL),
                         NORN_OK);
        assert_int_equal(arima_like_get(&w, &like, NULL), NORN_OK);
        const arima_sweeps plain = arima_sweeps_get(ARIMA_SIMD_NONE);
        const arima_sweeps wide = arima_sweeps_get(ARIMA_SIMD_ANY);
        for (size_t n = 0; n < 40; n++)
            assert_true(plain.dot(y, y + 1, n) == wide.dot(y, y + 1, n));
        for (size_t j = 0; j < w.k; j++)
            v[j] = j % 2 ? -1.1 : 1.3;
        arima_work_set(&w, v);
        for (int cap = ARIMA_SIMD_NONE; cap <= ARIMA_SIMD_ANY; cap++) {
            double *to[2] = {cap ? other[0] : first[0], cap ? other[1] : first[1]};
            like.unsettled = arima_unsettled_get(cap);
            assert_true(arima_like_run(&w, &like, (const double *const *)w.w, 2, to));
            assert_true(like.settled > 5);
            if (cap) assert_memory_equal(first, other, sizeof first);
        }
        norni_arena_clear(&b.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_free),       cmocka_unit_test(check_outside),
        cmocka_unit_test(check_roots),      cmocka_unit_test(check_products),
        cmocka_unit_test(check_likelihood), cmocka_unit_test(check_squares),
        cmocka_unit_test(check_slopes),     cmocka_unit_test(check_twin),
        cmocka_unit_test(check_machines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
