/* L-BFGS on hard functions, with and without a gradient, at walls and within bounds. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "hard_functions.h"
#include "num/lbfgs.h"

enum { N = 64 };

static double scratch[2 * 20 * N + 5 * N + 2 * 20], x[N];

static norni_found run(norni_objective fn, watch *w, const norni_lbfgs_opt *opt) {
    assert_true(norni_lbfgs_scratch(w->n, opt->memory) <= sizeof scratch / sizeof *scratch);
    w->calls = w->beyond = 0;
    const norni_found f = norni_lbfgs(fn, w, x, w->n, opt, scratch);
    assert_int_equal(f.n_evals, w->calls);
    return f;
}

static void start(size_t n, double value) {
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

static void rosenbrock_and_beale(void **state) {
    (void)state;
    norni_lbfgs_opt opt = norni_lbfgs_opt_default();
    static const size_t size[3] = {2, 10, 50};
    /* calls that a good implementation stays below: 36 (n = 2) is the textbook's count */
    static const uint64_t most[3] = {60, 120, 400};
    for (int differences = 0; differences < 2; differences++) {
        opt.differences = differences;
        for (int k = 0; k < 3; k++) {
            watch w = {.n = size[k]};
            for (size_t i = 0; i < w.n; i++)
                x[i] = i % 2 ? 1 : -1.2;
            const norni_found f = run(rosenbrock, &w, &opt);
            assert_int_equal(f.stop, NORN_STOP_CONVERGED);
            for (size_t i = 0; i < w.n; i++)
                assert_true(fabs(x[i] - 1) < 1e-5);
            assert_true(f.value < 1e-11);
            if (!differences) assert_true(f.n_evals < most[k]);
        }
        watch w = {.n = 2};
        x[0] = x[1] = 1;
        const norni_found f = run(beale, &w, &opt);
        assert_int_equal(f.stop, NORN_STOP_CONVERGED);
        assert_true(fabs(x[0] - 3) < 1e-5 && fabs(x[1] - 0.5) < 1e-5 && f.value < 1e-11);
    }
}

static void ill_conditioned(void **state) {
    (void)state;
    norni_lbfgs_opt opt = norni_lbfgs_opt_default();
    opt.memory = 20;
    opt.max_steps = 5000;
    static const double scale[3] = {1e2, 1e6, 1e10};
    for (int k = 0; k < 3; k++) {
        watch w = {.n = 12, .scale = scale[k]};
        start(w.n, 0);
        const norni_found f = run(quadratic, &w, &opt);
        assert_int_equal(f.stop, NORN_STOP_CONVERGED);
        assert_true(fabs(f.value + 1) < 1e-11);
    }
}

static void walls(void **state) {
    (void)state;
    norni_lbfgs_opt opt = norni_lbfgs_opt_default();
    for (int differences = 0; differences < 2; differences++) {
        opt.differences = differences;
        for (double from = 1e-8; from < 2; from = from < 0.1 ? 10 * from : from + 0.3) {
            watch w = {.n = 5};
            start(5, 1.99);
            x[0] = from;
            const norni_found f = run(walled, &w, &opt);
            assert_int_equal(f.stop, NORN_STOP_CONVERGED);
            for (int i = 0; i < 5; i++)
                assert_true(fabs(x[i] - 1) < 1e-5);
            assert_true(fabs(f.value - 1) < 1e-10);
        }
    }
    /* The start lies outside: said, and left as it is. */
    watch w = {.n = 2};
    start(2, -3);
    const norni_found f = run(walled, &w, &opt);
    assert_true(f.stop == NORN_STOP_STALLED && f.value == NORNI_INF && x[0] == -3 && x[1] == -3);
}

static void flat_broken_and_bottomless(void **state) {
    (void)state;
    const norni_lbfgs_opt opt = norni_lbfgs_opt_default();
    watch w = {.n = 3};
    start(3, 2);
    norni_found f = run(flat, &w, &opt);
    assert_true(f.stop == NORN_STOP_CONVERGED && f.value == 7 && f.n_evals == 1 && x[0] == 2);
    f = run(nowhere, &w, &opt);
    assert_true(f.stop == NORN_STOP_STALLED && f.value == NORNI_INF && x[2] == 2);
    w.n = 1;
    f = run(cliff, &w, &opt);
    assert_true(f.stop == NORN_STOP_CONVERGED && f.value == -NORNI_INF && x[0] < -50);
}

static void bounds(void **state) {
    (void)state;
    norni_lbfgs_opt opt = norni_lbfgs_opt_default();
    watch w = {.n = 10};
    double lowest = NORNI_INF;
    for (uint64_t most = 1; most < 40; most++) {
        opt.bounds.max_evals = most;
        start(10, -1.2);
        const norni_found f = run(rosenbrock, &w, &opt);
        assert_true(f.stop == NORN_STOP_MAXITER && f.n_evals == most);
        assert_true(f.value == rosenbrock(x, NULL, &w)); /* x is where the value was seen */
        assert_true(f.value <= lowest);                  /* more work is never worse */
        lowest = f.value;
    }
    opt.bounds.max_evals = 0;
    norni_effort effort = {.limit = 7};
    opt.bounds.effort = &effort;
    start(10, -1.2);
    norni_found f = run(rosenbrock, &w, &opt);
    assert_true(f.stop == NORN_STOP_MAXITER && f.n_evals == 7 && effort.cut);
    start(10, -1.2); /* nothing is left: the start is evaluated all the same */
    f = run(rosenbrock, &w, &opt);
    assert_true(f.n_evals == 1 && f.value == rosenbrock(x, NULL, &w) && x[9] == -1.2);
    opt.bounds.effort = NULL;
    alarm_clock alarm = {5, &w};
    const norni_poll poll = {rings, &alarm};
    opt.bounds.poll = &poll;
    for (int differences = 0; differences < 2; differences++) {
        opt.differences = differences;
        start(10, -1.2);
        f = run(rosenbrock, &w, &opt);
        assert_true(f.stop == NORN_STOP_CANCELLED && f.n_evals == 5 && isfinite(f.value));
    }
    opt = norni_lbfgs_opt_default();
    opt.max_steps = 3;
    start(10, -1.2);
    f = run(rosenbrock, &w, &opt);
    assert_true(f.stop == NORN_STOP_MAXITER && f.n_steps == 3);
}

/* The same bits twice, whatever the scratch held. */
static void same_bits(void **state) {
    (void)state;
    norni_lbfgs_opt opt = norni_lbfgs_opt_default();
    double first[20];
    watch w = {.n = 20};
    for (int k = 0; k < 2; k++) {
        memset(scratch, k ? 0x7f : 0xff, sizeof scratch);
        start(20, 0.3);
        (void)run(rosenbrock, &w, &opt);
        if (k == 0) memcpy(first, x, sizeof first);
    }
    assert_memory_equal(first, x, sizeof first);
}

/* Every accepted step satisfies strong Wolfe, seen from outside: the objective records the points,
 * n = 1, so that the line is the axis. */
typedef struct trace {
    size_t n;
    double at[200], f[200], g[200];
} trace;

static double wavy(const double *at, double *g, void *arg) {
    trace *t = arg;
    const double f = 0.01 * at[0] * at[0] + sin(at[0]) + exp(0.3 * at[0]);
    const double slope = 0.02 * at[0] + cos(at[0]) + 0.3 * exp(0.3 * at[0]);
    t->at[t->n] = at[0];
    t->f[t->n] = f;
    t->g[t->n++] = slope;
    if (g) *g = slope;
    return f;
}

static void strong_wolfe(void **state) {
    (void)state;
    norni_lbfgs_opt opt = norni_lbfgs_opt_default();
    for (double from = -20; from < 12; from += 0.37) {
        trace t = {0};
        double last = from;
        for (uint32_t steps = 1; steps < 30; steps++) {
            opt.max_steps = steps;
            t.n = 0;
            x[0] = from;
            const norni_found f = norni_lbfgs(wavy, &t, x, 1, &opt, scratch);
            size_t now = 0, before = 0;
            for (size_t i = 0; i < t.n; i++) {
                if (t.at[i] == x[0]) now = i;
                if (t.at[i] == last) before = i;
            }
            if (f.n_steps < steps) {
                assert_true(fabs(t.g[now]) < 1e-6);
                break;
            }
            const double slope = t.g[before] * (x[0] - last);
            assert_true(t.f[now] <= t.f[before] + 1e-4 * slope + 1e-14);
            /* 1e-7: there the value is all rounding */
            assert_true(fabs(t.g[now]) <= 0.9 * fabs(t.g[before]) + 1e-7);
            last = x[0];
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rosenbrock_and_beale),
        cmocka_unit_test(ill_conditioned),
        cmocka_unit_test(walls),
        cmocka_unit_test(flat_broken_and_bottomless),
        cmocka_unit_test(bounds),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(strong_wolfe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
