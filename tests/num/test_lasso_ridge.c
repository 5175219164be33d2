/* Lasso plus ridge: first-order conditions and objective against coordinate descent and all signs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "num/lasso_ridge.h"

enum { MOST = 1000 };

static norn_alloc alloc;
static norni_arena arena;
static norni_rng rng = {11, 0};
static uint64_t drawn;

typedef struct problem {
    size_t n;
    double *gram, *c, *ridge, *lasso, *x, *other;
} problem;

static double normal(void) {
    return norni_rng_normal(rng, drawn++);
}

static int set_up(void **state) {
    (void)state;
    alloc = norni_alloc_default();
    norni_arena_init(&arena, &alloc);
    drawn = 0;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    norni_arena_clear(&arena);
    return 0;
}

static problem problem_of(size_t n) {
    problem p = {.n = n};
    p.gram = norni_arena_zero(&arena, n * n, sizeof(double));
    double *v = norni_arena_zero(&arena, 5 * n, sizeof(double));
    assert_true(p.gram && v);
    p.c = v, p.ridge = v + n, p.lasso = v + 2 * n, p.x = v + 3 * n, p.other = v + 4 * n;
    return p;
}

/* G = A'A, c = A'b of rows normal draws; mixed > 0 makes columns alike. */
static problem draw(size_t n, size_t rows, double mixed) {
    problem p = problem_of(n);
    double *a = norni_arena_get(&arena, rows * n, sizeof *a);
    assert_non_null(a);
    for (size_t r = 0; r < rows; r++) {
        const double common = normal();
        for (size_t j = 0; j < n; j++)
            a[r * n + j] = normal() + mixed * common;
        const double b = 2 * a[r * n] - a[r * n + n / 2] + 0.5 * normal();
        for (size_t i = 0; i < n; i++) {
            p.c[i] += a[r * n + i] * b;
            for (size_t j = 0; j < n && rows < 300; j++)
                p.gram[i * n + j] += a[r * n + i] * a[r * n + j];
        }
    }
    if (rows >= 300) /* by columns: the draw above is n^2 rows */
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) {
                double s = 0;
                for (size_t r = 0; r < rows; r++)
                    s += a[r * n + i] * a[r * n + j];
                p.gram[i * n + j] = p.gram[j * n + i] = s;
            }
    return p;
}

static double objective(const problem *p, const double *x) {
    double f = 0;
    for (size_t i = 0; i < p->n; i++) {
        double g = 0;
        for (size_t j = 0; j < p->n; j++)
            g += p->gram[i * p->n + j] * x[j];
        f +=
            x[i] * (0.5 * g - p->c[i]) + 0.5 * p->ridge[i] * x[i] * x[i] + p->lasso[i] * fabs(x[i]);
    }
    return f;
}

/* The largest violation, over the coordinates' own scale sqrt(H_ii). */
static double violation(const problem *p, const double *x) {
    double most = 0;
    for (size_t i = 0; i < p->n; i++) {
        double g = p->ridge[i] * x[i] - p->c[i];
        for (size_t j = 0; j < p->n; j++)
            g += p->gram[i * p->n + j] * x[j];
        const double l = p->lasso[i];
        const double off = x[i] != 0 ? fabs(g + copysign(l, x[i])) : fmax(0, fabs(g) - l);
        const double d = p->gram[i * p->n + i] + p->ridge[i];
        if (d > 0) most = fmax(most, off / sqrt(d));
    }
    return most;
}

static void descend(const problem *p, double *x, int sweeps) {
    for (int s = 0; s < sweeps; s++)
        for (size_t i = 0; i < p->n; i++) {
            const double d = p->gram[i * p->n + i] + p->ridge[i];
            double r = p->c[i] + p->gram[i * p->n + i] * x[i];
            if (!(d > 0)) continue;
            for (size_t j = 0; j < p->n; j++)
                r -= p->gram[i * p->n + j] * x[j];
            const double over = fabs(r) - p->lasso[i];
            x[i] = over > 0 ? copysign(over, r) / d : 0;
        }
}

static int32_t solve(const problem *p, double *x, double *kkt) {
    const norni_lasso_ridge q = {p->n, p->gram, p->c, p->ridge, NULL, p->lasso};
    int32_t steps;
    const size_t total = arena.total;
    assert_int_equal(norni_lasso_ridge_solve(&arena, NULL, &q, x, kkt, &steps, NULL), NORN_OK);
    assert_true(arena.total >= total);
    return steps;
}

/* Objective no worse than long coordinate descent's, from the solution and from 0. */
static void holds(const problem *p, double tol) {
    double kkt;
    (void)solve(p, p->x, &kkt);
    assert_true(violation(p, p->x) <= tol);
    memset(p->other, 0, p->n * sizeof *p->other);
    descend(p, p->other, 3000);
    const double mine = objective(p, p->x), theirs = objective(p, p->other);
    assert_true(mine <= theirs + 1e-12 * (1 + fabs(theirs)));
    const double was = kkt;
    assert_true(solve(p, p->x, &kkt) <= (int32_t)p->n); /* a warm start changes nothing */
    assert_true(kkt <= 4 * was + 1e-12 * (1 + fabs(theirs)));
    assert_true(fabs(objective(p, p->x) - mine) <= 1e-13 * (1 + fabs(mine)));
}

static void random_shapes(void **state) {
    (void)state;
    for (int k = 0; k < 60; k++) {
        rng.item = (uint64_t)k;
        const size_t n = 1 + (size_t)(k * 7 % 40), rows = 5 + (size_t)(k * 13 % 90);
        problem p = draw(n, rows, k % 3 ? 0 : 3);
        for (size_t i = 0; i < n; i++) {
            const double u = norni_rng_uniform(rng, drawn++);
            p.lasso[i] = u < 0.4 ? 0 : exp(3 * normal());
            p.ridge[i] = p.lasso[i] > 0 && u < 0.8 ? 0 : exp(2 * normal());
        }
        holds(&p, 1e-11);
        norni_arena_clear(&arena);
    }
}

/* All 3^5 patterns of signs: the one that fits its own signs is the optimum. */
static void every_sign(void **state) {
    (void)state;
    for (int k = 0; k < 20; k++) {
        rng.item = 100 + (uint64_t)k;
        problem p = draw(5, 8, 1);
        double kkt, least = 1e300;
        for (size_t i = 0; i < 5; i++)
            p.lasso[i] = 3 * exp(normal());
        (void)solve(&p, p.x, &kkt);
        for (int pattern = 0; pattern < 243; pattern++) {
            memset(p.other, 0, 5 * sizeof(double));
            int sign[5], rest = pattern;
            for (int i = 0; i < 5; i++, rest /= 3)
                sign[i] = rest % 3 - 1;
            for (int sweep = 0; sweep < 2000; sweep++)
                for (size_t i = 0; i < 5; i++) { /* Gauss-Seidel over the pattern */
                    if (!sign[i]) continue;
                    double r = p.c[i] - p.lasso[i] * sign[i];
                    for (size_t j = 0; j < 5; j++)
                        r -= j == i ? 0 : p.gram[i * 5 + j] * p.other[j];
                    p.other[i] = r / p.gram[i * 5 + i];
                }
            least = fmin(least, objective(&p, p.other));
        }
        assert_true(fabs(objective(&p, p.x) - least) <= 1e-10 * (1 + fabs(least)));
        norni_arena_clear(&arena);
    }
}

static void alike_columns(void **state) {
    (void)state;
    for (int k = 0; k < 20; k++) {
        rng.item = 200 + (uint64_t)k;
        problem p = draw(12, 30, 0.5);
        static const size_t twin[4][2] = {{0, 5}, {1, 7}, {2, 8}, {3, 11}};
        for (size_t t = 0; t < 4; t++) { /* column b becomes column a, the last one -2 a */
            const size_t a = twin[t][0], b = twin[t][1];
            const double f = t == 3 ? -2 : 1;
            for (size_t i = 0; i < 12; i++)
                p.gram[b * 12 + i] = f * p.gram[a * 12 + i];
            for (size_t i = 0; i < 12; i++)
                p.gram[i * 12 + b] = f * p.gram[i * 12 + a];
            p.c[b] = f * p.c[a];
        }
        for (size_t i = 0; i < 12; i++) {
            p.lasso[i] = i < 3 ? 0 : 2 + 0.1 * (double)i;
            p.ridge[i] = i < 2 || i == 3 ? 0.5 : 0;
        }
        p.ridge[2] = 1e-9; /* free, and explained by column 8 but for its penalty */
        p.lasso[11] = k % 2 ? 0.5 : 40;
        for (size_t i = 0; i < 12; i++)
            p.x[i] = k % 4 ? normal() : 0; /* starts with all of them in use */
        holds(&p, 1e-9);
        norni_arena_clear(&arena);
    }
    problem p = problem_of(4); /* columns of noughts */
    p.gram[0] = 2, p.c[0] = 3;
    p.lasso[0] = p.lasso[1] = p.lasso[2] = 1;
    p.x[1] = 5, p.x[3] = 1;
    double kkt;
    (void)solve(&p, p.x, &kkt);
    assert_true(p.x[0] == 1 && p.x[1] == 0 && p.x[2] == 0 && p.x[3] == 0 && kkt == 0);
}

static void any_scale(void **state) {
    (void)state;
    problem p = draw(15, 40, 1), q = problem_of(15);
    for (size_t i = 0; i < 15; i++) {
        p.lasso[i] = i < 5 ? 0 : 4;
        p.ridge[i] = 1;
    }
    double kkt;
    (void)solve(&p, p.x, &kkt);
    for (size_t i = 0; i < 15; i++) { /* x_i in units of 2^e: the same bits */
        const int e = (int)(i % 5) * 130 - 260;
        for (size_t j = 0; j < 15; j++)
            q.gram[i * 15 + j] = ldexp(p.gram[i * 15 + j], e + (int)(j % 5) * 130 - 260);
        q.c[i] = ldexp(p.c[i], e);
        q.lasso[i] = ldexp(p.lasso[i], e);
        q.ridge[i] = ldexp(p.ridge[i], 2 * e);
    }
    (void)solve(&q, q.x, &kkt);
    for (size_t i = 0; i < 15; i++) {
        const double back = ldexp(q.x[i], (int)(i % 5) * 130 - 260);
        assert_true(fabs(back - p.x[i]) <= 1e-12 * (1 + fabs(p.x[i])));
    }
}

/* Many free coordinates, few others; many kinks of a line; an absolute penalty on everything. */
static void large(void **state) {
    (void)state;
    problem p = draw(500, 600, 0.3);
    for (size_t i = 0; i < 500; i++) {
        p.lasso[i] = i >= 475 ? 20 : 0;
        p.ridge[i] = i >= 475 ? 0 : 0.01;
    }
    double kkt;
    (void)solve(&p, p.x, &kkt);
    assert_true(violation(&p, p.x) < 1e-10);
    problem h = problem_of(252); /* 1, t, (t - s)+ over 250 kinks: columns very much alike */
    for (size_t r = 0; r < 1000; r++) {
        const double t = (double)r / 999;
        const double y = fabs(t - 0.4) + 3 * fabs(t - 0.7) + 0.05 * normal();
        double row[252] = {1, t};
        for (size_t i = 2; i < 252; i++)
            row[i] = fmax(0, t - 0.8 * (double)(i - 1) / 250);
        for (size_t i = 0; i < 252; i++) {
            h.c[i] += row[i] * y;
            for (size_t j = 0; j < 252; j++)
                h.gram[i * 252 + j] += row[i] * row[j];
        }
    }
    for (size_t i = 0; i < 252; i++) {
        h.lasso[i] = i < 2 ? 0 : 0.05;
        h.ridge[i] = i < 2 ? 1e-4 : 0;
    }
    (void)solve(&h, h.x, &kkt);
    assert_true(violation(&h, h.x) < 1e-10);
    size_t used = 0;
    for (size_t i = 2; i < 252; i++)
        used += h.x[i] != 0;
    assert_in_range(used, 2, 60);
    problem l = draw(250, 150, 0.2); /* fewer rows than columns */
    for (size_t i = 0; i < 250; i++)
        l.lasso[i] = 1;
    (void)solve(&l, l.x, &kkt);
    assert_true(violation(&l, l.x) < 1e-10);
}

static bool stop_at(void *user) {
    int *left = user;
    return (*left)-- <= 0;
}

static void stops_and_fails(void **state) {
    (void)state;
    problem p = draw(20, 30, 0);
    for (size_t i = 0; i < 20; i++)
        p.lasso[i] = 0.1;
    int left = 3;
    double kkt;
    const norni_poll poll = {stop_at, &left};
    const norni_lasso_ridge q = {20, p.gram, p.c, p.ridge, NULL, p.lasso};
    norn_err err;
    assert_int_equal(norni_lasso_ridge_solve(&arena, &poll, &q, p.x, &kkt, NULL, &err),
                     NORN_E_CANCEL);
    p.c[3] = NAN; /* no loop without end */
    memset(p.x, 0, 20 * sizeof *p.x);
    assert_int_equal(norni_lasso_ridge_solve(&arena, NULL, &q, p.x, &kkt, NULL, &err), NORN_OK);
    const norni_lasso_ridge none = {.n = 0};
    assert_int_equal(norni_lasso_ridge_solve(&arena, NULL, &none, NULL, &kkt, NULL, &err), NORN_OK);
}

/* centre: the same as shifting x by hand. */
static void centre(void **state) {
    (void)state;
    problem p = draw(10, 30, 0);
    double at[10], c[10], x[10] = {0}, kkt;
    for (size_t i = 0; i < 10; i++) {
        p.lasso[i] = i < 4 ? 0 : 3;
        p.ridge[i] = exp(normal());
        at[i] = normal();
        c[i] = p.c[i] + p.ridge[i] * at[i];
    }
    const norni_lasso_ridge q = {10, p.gram, p.c, p.ridge, at, p.lasso};
    assert_int_equal(norni_lasso_ridge_solve(&arena, NULL, &q, x, &kkt, NULL, NULL), NORN_OK);
    assert_true(kkt < 1e-11);
    p.c = c;
    (void)solve(&p, p.x, &kkt);
    for (size_t i = 0; i < 10; i++)
        assert_true(fabs(p.x[i] - x[i]) < 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_shapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_sign, set_up, tear_down),
        cmocka_unit_test_setup_teardown(alike_columns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_scale, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stops_and_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(centre, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
