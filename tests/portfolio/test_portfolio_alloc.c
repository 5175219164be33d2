/* Tests of allocations: other libraries' weights, optimality, and what cannot be allocated. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "portfolio/portfolio_risk.h"

enum { MOST = 64, TEXT = 1 << 16 };
static const char *const BOUNDS[] = {"0_1", "0_0.3", "-0.1_0.4"};
static const double LOW[] = {0, 0, -0.1}, HIGH[] = {1, 0.3, 0.4};

typedef struct bed {
    norn_alloc alloc;
    norni_arena arena;
    char *text; /* the fixture */
} bed;

typedef struct matrix {
    size_t n, k;
    double *x; /* (n, k) */
} matrix;

static int open_bed(void **state) {
    static bed b;
    b.alloc = norni_alloc_default();
    norni_arena_init(&b.arena, &b.alloc);
    b.text = norni_arena_zero(&b.arena, TEXT, 1);
    FILE *f = fopen(NORN_FIXTURES "/portfolio_weights.txt", "rb");
    if (f == NULL) return 1;
    const size_t got = fread(b.text, 1, TEXT - 1, f);
    (void)fclose(f);
    *state = &b;
    return got == 0 || got == TEXT - 1;
}

static int close_bed(void **state) {
    bed *b = *state;
    norni_arena_clear(&b->arena);
    return 0;
}

/* "= CASE.NAME rows columns" and its numbers. */
static matrix get(bed *b, const char *which, const char *name) {
    char head[96];
    (void)snprintf(head, sizeof head, "= %s.%s ", which, name);
    const char *at = strstr(b->text, head);
    if (at == NULL) fail_msg("no %s in the fixture", head);
    char *p = (char *)(uintptr_t)(at + strlen(head));
    matrix m = {.n = strtoul(p, &p, 10)};
    m.k = strtoul(p, &p, 10);
    m.x = norni_arena_get(&b->arena, m.n * m.k, sizeof *m.x);
    for (size_t i = 0; i < m.n * m.k; i++)
        m.x[i] = strtod(p, &p);
    return m;
}

static void near(const double *x, const double *y, size_t n, double tol, const char *what) {
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i] - y[i]) <= tol)) fail_msg("%s[%zu]: %.17g, not %.17g", what, i, x[i], y[i]);
}

static double objective(const double *cov, const double *mu, double aversion, const double *w,
                        size_t k) {
    double f = aversion / 2 * norni_port_variance(cov, w, k);
    for (size_t i = 0; mu != NULL && i < k; i++)
        f -= mu[i] * w[i];
    return f;
}

static void covariances_are_scikit_learns(void **state) {
    bed *b = *state;
    norn_err err;
    for (int which = 0; which < 2; which++) {
        const char *name = which ? "many" : "eight";
        const matrix x = get(b, name, "returns"), want = get(b, name, "lw_cov");
        double cov[MOST * MOST], share, most = 0;
        assert_int_equal(norni_port_cov_ledoit_wolf(x.x, x.n, x.k, &b->arena, cov, &share, &err),
                         NORN_OK);
        for (size_t i = 0; i < x.k * x.k; i++)
            most = want.x[i] > most ? want.x[i] : most;
        near(cov, want.x, x.k * x.k, 1e-12 * most, "cov");
        near(&share, get(b, name, "lw_shrinkage").x, 1, 1e-12, "shrinkage");
        /* returns of another size entirely: the same share */
        double again = 0;
        for (size_t i = 0; i < x.n * x.k; i++)
            x.x[i] = ldexp(x.x[i], -400);
        assert_int_equal(norni_port_cov_ledoit_wolf(x.x, x.n, x.k, &b->arena, cov, &again, &err),
                         NORN_OK);
        assert_true(again == share);
    }
    const matrix x = get(b, "gaps", "returns"), want = get(b, "gaps", "cov");
    double cov[16], corr[16];
    assert_int_equal(norni_port_cov_pairwise(x.x, x.n, x.k, cov, corr, &err), NORN_OK);
    near(cov, want.x, 16, 1e-15, "pairwise cov");
}

/* Weights to 1e-6 where they are unique, and never a worse objective than the oracle's. */
static void programmes_are_optimal(void **state) {
    bed *b = *state;
    for (int which = 0; which < 2; which++)
        for (int shrunk = 0; shrunk < 2; shrunk++)
            for (int kind = 0; kind < 2; kind++)
                for (int bound = 0; bound < 3; bound++) {
                    const char *name = which ? "many" : "eight";
                    const matrix x = get(b, name, "returns");
                    char tag[64];
                    double w[MOST], cov[MOST * MOST], mu[MOST] = {0}, share;
                    norn_err err;
                    norni_port_alloc a = norni_port_alloc_default();
                    a.kind = kind ? NORNI_PORT_MEAN_VARIANCE : NORNI_PORT_MIN_VARIANCE;
                    a.shrinkage = shrunk ? NORNI_PORT_LEDOIT_WOLF : NORNI_PORT_SAMPLE;
                    a.risk_aversion = 4;
                    a.min_weight = LOW[bound];
                    a.max_weight = HIGH[bound];
                    (void)snprintf(tag, sizeof tag, "%s_variance_%s_%s", kind ? "mean" : "min",
                                   shrunk ? "lw" : "sample", BOUNDS[bound]);
                    const matrix want = get(b, name, tag);
                    assert_int_equal(
                        norni_port_alloc_weights(&a, x.x, x.n, x.k, 252, &b->arena, w, &err),
                        NORN_OK);
                    if (shrunk || which == 0) near(w, want.x, x.k, 1e-6, tag);
                    if (shrunk)
                        assert_int_equal(
                            norni_port_cov_ledoit_wolf(x.x, x.n, x.k, &b->arena, cov, &share, &err),
                            NORN_OK);
                    else
                        norni_port_cov_sample(x.x, x.n, x.k, cov);
                    for (size_t t = 0; t < x.n; t++)
                        for (size_t i = 0; i < x.k; i++)
                            mu[i] += x.x[t * x.k + i] / (double)x.n;
                    double sum = 0;
                    for (size_t i = 0; i < x.k; i++) {
                        sum += w[i];
                        assert_true(w[i] >= LOW[bound] && w[i] <= HIGH[bound]);
                    }
                    assert_true(fabs(sum - 1) < 1e-14);
                    const double own = objective(cov, kind ? mu : NULL, 4, w, x.k);
                    const double theirs = objective(cov, kind ? mu : NULL, 4, want.x, x.k);
                    assert_true(own <= theirs + 1e-13 * fabs(cov[0]));
                }
}

static void equal_risk_is_equal(void **state) {
    bed *b = *state;
    norn_err err;
    double w[MOST], cov[MOST * MOST];
    norni_port_alloc a = norni_port_alloc_default();
    a.kind = NORNI_PORT_ERC;
    for (int which = 0; which < 2; which++) {
        const char *name = which ? "many" : "eight";
        const matrix x = get(b, name, "returns"), c = get(b, name, "lw_cov");
        assert_int_equal(norni_port_alloc_weights(&a, x.x, x.n, x.k, 252, &b->arena, w, &err),
                         NORN_OK);
        near(w, get(b, name, "erc_lw").x, x.k, 1e-9, "erc_lw");
        for (size_t i = 0; i < x.k; i++) {
            double row = 0;
            for (size_t j = 0; j < x.k; j++)
                row += c.x[i * x.k + j] * w[j];
            const double part = w[i] * row / norni_port_variance(c.x, w, x.k) * (double)x.k;
            assert_true(fabs(part - 1) < 1e-12);
        }
    }
    const matrix x = get(b, "eight", "returns");
    norni_port_cov_sample(x.x, x.n, x.k, cov);
    assert_int_equal(
        norni_port_solve_erc(cov, get(b, "eight", "budget").x, x.k, &b->arena, w, &err), NORN_OK);
    near(w, get(b, "eight", "erc_budget").x, x.k, 1e-9, "erc_budget");
}

static void hierarchies_are_pypfopts(void **state) {
    bed *b = *state;
    norn_err err;
    double w[MOST];
    norni_port_alloc a = norni_port_alloc_default();
    a.kind = NORNI_PORT_HRP;
    static const char *const names[] = {"eight", "many", "gaps"};
    for (int which = 0; which < 3; which++) {
        const matrix x = get(b, names[which], "returns");
        assert_int_equal(norni_port_alloc_weights(&a, x.x, x.n, x.k, 252, &b->arena, w, &err),
                         NORN_OK);
        near(w, get(b, names[which], "hrp").x, x.k, 1e-12, names[which]);
    }
    const matrix cov = get(b, "file", "cov"), corr = get(b, "file", "corr");
    assert_int_equal(norni_port_hrp_of(cov.x, corr.x, cov.k, &b->arena, w, &err), NORN_OK);
    near(w, get(b, "file", "hrp").x, cov.k, 1e-12, "pypfopt_weights_hrp.csv");
    /* all distances alike: nothing but the rule of ties decides, and equal assets end alike */
    double even[64] = {0};
    for (size_t i = 0; i < 8; i++)
        even[i * 9] = 0.04;
    assert_int_equal(norni_port_solve_hrp(even, 8, &b->arena, w, &err), NORN_OK);
    for (size_t i = 0; i < 8; i++)
        assert_true(w[i] == 0.125);
}

static void simple_ones_are_as_written(void **state) {
    bed *b = *state;
    norn_err err;
    double w[MOST];
    norni_port_alloc a = norni_port_alloc_default();
    const matrix x = get(b, "eight", "returns");
    a.kind = NORNI_PORT_INVERSE_VOL;
    assert_int_equal(norni_port_alloc_weights(&a, x.x, x.n, x.k, 252, &b->arena, w, &err), NORN_OK);
    near(w, get(b, "eight", "inverse_vol").x, x.k, 1e-14, "inverse_vol");
    /* grown: 1.21, 1.32, 1.1, less the last row 1.1, 1.2, 1.2: the first of two alike */
    const double r[] = {0.1, 0.2, 0.2, 0.1, 0.1, -1 / 12.0};
    a.kind = NORNI_PORT_MOMENTUM;
    a.top_k = 1;
    assert_int_equal(norni_port_alloc_weights(&a, r, 2, 3, 365, &b->arena, w, &err), NORN_OK);
    assert_true(w[0] == 0 && w[1] == 1 && w[2] == 0);
    a.skip_days = 1;
    a.top_k = 2;
    assert_int_equal(norni_port_alloc_weights(&a, r, 2, 3, 365, &b->arena, w, &err), NORN_OK);
    assert_true(w[0] == 0 && w[1] == 0.5 && w[2] == 0.5);
    a.top_k = 1;
    assert_int_equal(norni_port_alloc_weights(&a, r, 2, 3, 365, &b->arena, w, &err), NORN_OK);
    assert_true(w[1] == 1);
    const double fixed[] = {0.5, 0.25, 0.25};
    a.kind = NORNI_PORT_FIXED;
    a.weight = fixed;
    a.n_weights = 3;
    a.leverage = 2;
    assert_int_equal(norni_port_alloc_weights(&a, NULL, 0, 3, 365, &b->arena, w, &err), NORN_OK);
    assert_true(w[0] == 1 && w[1] == 0.5);
}

static void volatility_meets_its_target(void **state) {
    bed *b = *state;
    norn_err err;
    double w[MOST], cov[MOST * MOST], sum = 0;
    norni_port_alloc a = norni_port_alloc_default();
    const matrix x = get(b, "eight", "returns");
    a.kind = NORNI_PORT_EQUAL;
    a.shrinkage = NORNI_PORT_SAMPLE;
    a.vol_target = 0.1;
    a.max_leverage = 3;
    assert_int_equal(norni_port_alloc_weights(&a, x.x, x.n, x.k, 252, &b->arena, w, &err), NORN_OK);
    norni_port_cov_sample(x.x, x.n, x.k, cov);
    assert_true(fabs(sqrt(252 * norni_port_variance(cov, w, x.k)) - 0.1) < 1e-14);
    a.vol_target = 9;
    assert_int_equal(norni_port_alloc_weights(&a, x.x, x.n, x.k, 252, &b->arena, w, &err), NORN_OK);
    for (size_t i = 0; i < x.k; i++)
        sum += w[i];
    assert_true(fabs(sum - 3) < 1e-14);
}

/* Large, with fewer returns than assets and columns that are copies: no weight could gain by trading with another. */
static void large_programmes_are_exact(void **state) {
    bed *b = *state;
    enum { K = 200, N = 120 };
    norn_err err;
    double w[K], *cov = norni_arena_get(&b->arena, K * K, sizeof *cov);
    double *x = norni_arena_get(&b->arena, N * K, sizeof *x);
    const norni_rng rng = {.seed = 9};
    for (size_t i = 0; i < N * K; i++)
        x[i] = 0.01 * (norni_rng_uniform(rng, i) - 0.5) * (double)(1 + i % K % 7);
    for (size_t t = 0; t < N; t++)
        x[t * K + 5] = x[t * K + 3];
    norni_port_cov_sample(x, N, K, cov);
    for (int bound = 0; bound < 2; bound++) {
        const double hi = bound ? 0.01 : 1;
        double best = NORNI_INF, worst = -NORNI_INF;
        assert_int_equal(norni_port_solve_qp(cov, NULL, 1, 0, hi, K, &b->arena, w, &err), NORN_OK);
        for (size_t i = 0; i < K; i++) {
            double g = 0;
            for (size_t j = 0; j < K; j++)
                g += cov[i * K + j] * w[j];
            if (w[i] < hi && g < best) best = g;
            if (w[i] > 0 && g > worst) worst = g;
        }
        assert_true(worst - best <= 1e-11 * worst); /* variances are 10^4 times this */
        assert_true(fabs(w[3] - w[5]) < 1e-9);
    }
}

static norn_status kind_of(bed *b, norni_port_alloc_kind kind, const double *x, size_t n, size_t k,
                           double *w, norn_err *err) {
    norni_port_alloc a = norni_port_alloc_default();
    a.kind = kind;
    return norni_port_alloc_weights(&a, x, n, k, 252, &b->arena, w, err);
}

static void degenerate_returns_are_met(void **state) {
    bed *b = *state;
    norn_err err;
    double w[4];
    const double one[] = {0.01, -0.02, 0.01}, flat[8] = {0};
    const double twins[] = {0.01, 0.01, -0.02, -0.02, 0.03, 0.03, 0, 0};
    const double still[] = {0.01, 0, -0.02, 0, 0.03, 0, 0.01, 0};
    const double against[] = {0.01, -0.01, -0.02, 0.02, 0.03, -0.03, 0, 0};
    for (int kind = NORNI_PORT_EQUAL; kind < NORNI_PORT_ALLOCS; kind++) {
        const norni_port_alloc_kind it = (norni_port_alloc_kind)kind;
        assert_int_equal(kind_of(b, it, one, 3, 1, w, &err), NORN_OK);
        assert_true(w[0] == 1);
        assert_int_equal(kind_of(b, it, twins, 4, 2, w, &err), NORN_OK);
        assert_true(fabs(w[0] - 0.5) < 1e-9 && fabs(w[1] - 0.5) < 1e-9);
        const bool estimates = it != NORNI_PORT_EQUAL;
        assert_int_equal(kind_of(b, it, twins, 0, 2, w, &err), estimates ? NORN_E_DATA : NORN_OK);
        if (it == NORNI_PORT_EQUAL || it == NORNI_PORT_MOMENTUM || it == NORNI_PORT_MEAN_VARIANCE)
            continue; /* need no variance */
        assert_int_equal(kind_of(b, it, flat, 4, 2, w, &err), NORN_E_DATA);
    }
    assert_int_equal(kind_of(b, NORNI_PORT_MEAN_VARIANCE, flat, 4, 2, w, &err), NORN_OK);
    norni_port_alloc a = norni_port_alloc_default();
    a.kind = NORNI_PORT_MIN_VARIANCE;
    a.shrinkage = NORNI_PORT_SAMPLE; /* one that never moves is all of minimum variance … */
    assert_int_equal(norni_port_alloc_weights(&a, still, 4, 2, 252, &b->arena, w, &err), NORN_OK);
    assert_true(fabs(w[1] - 1) < 1e-9);
    assert_int_equal(kind_of(b, NORNI_PORT_INVERSE_VOL, still, 4, 2, w, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "asset 2")); /* … and has no risk to share */
    assert_int_equal(kind_of(b, NORNI_PORT_HRP, still, 4, 2, w, &err), NORN_E_DATA);
    a.kind = NORNI_PORT_ERC; /* a pair that cancels: any size will do */
    assert_int_equal(norni_port_alloc_weights(&a, against, 4, 2, 252, &b->arena, w, &err),
                     NORN_E_DATA);
}

static void wrong_input_is_named(void **state) {
    bed *b = *state;
    norn_err err;
    double w[4];
    const double gaps[] = {0.01, NAN, NAN, 0.01, 0.02, NAN, NAN, -0.01};
    const double endless[] = {0.01, INFINITY, 0.02, 0.01};
    const double bent[] = {1, -3, -3, 1}, wild[] = {1, NAN, NAN, 1};
    norni_port_alloc a = norni_port_alloc_default();
    assert_int_equal(kind_of(b, NORNI_PORT_MIN_VARIANCE, gaps, 4, 2, w, &err), NORN_E_DATA);
    assert_int_equal(kind_of(b, NORNI_PORT_HRP, gaps, 4, 2, w, &err), NORN_E_DATA);
    assert_int_equal(kind_of(b, NORNI_PORT_ERC, endless, 2, 2, w, &err), NORN_E_DATA);
    assert_int_equal(norni_port_solve_qp(bent, NULL, 1, -9, 9, 2, &b->arena, w, &err), NORN_E_DATA);
    assert_int_equal(norni_port_solve_qp(wild, NULL, 1, 0, 1, 2, &b->arena, w, &err), NORN_E_DATA);
    assert_int_equal(norni_port_solve_qp(bent, NULL, 1, 0, 0.4, 2, &b->arena, w, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "cannot sum to 1"));
    assert_int_equal(norni_port_solve_qp(bent, NULL, 0, 0, 1, 2, &b->arena, w, &err), NORN_E_ARG);
    a.kind = NORNI_PORT_FIXED;
    a.n_weights = 1;
    a.weight = gaps;
    assert_int_equal(norni_port_alloc_check(&a, 2, &err), NORN_E_ARG);
    a = norni_port_alloc_default();
    a.leverage = NAN;
    assert_int_equal(norni_port_alloc_check(&a, 2, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "leverage"));
    a = norni_port_alloc_default();
    a.kind = NORNI_PORT_MOMENTUM;
    a.skip_days = 90;
    assert_int_equal(norni_port_alloc_check(&a, 2, &err), NORN_E_ARG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covariances_are_scikit_learns),
        cmocka_unit_test(programmes_are_optimal),
        cmocka_unit_test(equal_risk_is_equal),
        cmocka_unit_test(hierarchies_are_pypfopts),
        cmocka_unit_test(simple_ones_are_as_written),
        cmocka_unit_test(volatility_meets_its_target),
        cmocka_unit_test(large_programmes_are_exact),
        cmocka_unit_test(degenerate_returns_are_met),
        cmocka_unit_test(wrong_input_is_named),
    };
    return cmocka_run_group_tests(tests, open_bed, close_bed);
}
