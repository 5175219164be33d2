/* Nelder and Mead's simplex on hard functions, at walls and within bounds. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "hard_functions.h"
#include "num/simplex.h"

enum { N = 20 };

static double scratch[(N + 1) * (N + 1) + 3 * N], x[N];

static norni_found run(norni_objective fn, watch *w, const norni_simplex_opt *opt) {
    assert_true(norni_simplex_scratch(w->n) <= sizeof scratch / sizeof *scratch);
    w->calls = w->beyond = 0;
    const norni_found f = norni_simplex(fn, w, x, w->n, opt, scratch);
    assert_int_equal(f.n_evals, w->calls);
    return f;
}

static void start(size_t n, double value) {
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

static void rosenbrock_and_beale(void **state) {
    (void)state;
    static const size_t size[4] = {2, 3, 5, 10};
    norni_simplex_opt opt = norni_simplex_opt_default();
    opt.max_steps = 100000;
    for (int adaptive = 0; adaptive < 2; adaptive++) {
        opt.adaptive = adaptive;
        for (int k = 0; k < 4; k++) {
            watch w = {.n = size[k]};
            for (size_t i = 0; i < w.n; i++)
                x[i] = i % 2 ? 1 : -1.2;
            const norni_found f = run(rosenbrock, &w, &opt);
            assert_int_equal(f.stop, NORN_STOP_CONVERGED);
            assert_true(f.value < 1e-10 && f.value == rosenbrock(x, NULL, &w));
            for (size_t i = 0; i < w.n; i++)
                assert_true(fabs(x[i] - 1) < 1e-4);
            assert_true(f.n_evals < 12000);
        }
        watch w = {.n = 2};
        x[0] = x[1] = 1;
        const norni_found f = run(beale, &w, &opt);
        assert_true(fabs(x[0] - 3) < 1e-4 && fabs(x[1] - 0.5) < 1e-4 && f.value < 1e-10);
    }
}

static void ill_conditioned(void **state) {
    (void)state;
    norni_simplex_opt opt = norni_simplex_opt_default();
    opt.max_steps = 100000;
    opt.restarts = 20;
    for (double scale = 1; scale < 1e7; scale *= 100) {
        watch w = {.n = 6, .scale = scale};
        start(w.n, 0);
        const norni_found f = run(quadratic, &w, &opt);
        assert_int_equal(f.stop, NORN_STOP_CONVERGED);
        assert_true(fabs(f.value + 1) < 1e-8);
    }
}

/* K. McKinnon's function (1998) in the coordinates of its own simplex, (0, 0), (1, 1) and
 * ((1 + sqrt 33)/8, (1 - sqrt 33)/8): Nelder and Mead's steps contract for ever to (0, 0), which is
 * no minimum. */
static double mckinnon(const double *at, double *g, void *arg) {
    (void)g;
    ((watch *)arg)->calls++;
    const double a = at[0] + (1 + sqrt(33)) / 8 * at[1], b = at[0] + (1 - sqrt(33)) / 8 * at[1];
    return (a <= 0 ? 360 * a * a : 6 * a * a) + b + b * b;
}

static void restarts(void **state) {
    (void)state;
    const double edges[2] = {1, 1};
    norni_simplex_opt opt = norni_simplex_opt_default();
    opt.adaptive = false;
    opt.step = edges;
    for (uint32_t k = 0; k < 4; k++) {
        watch w = {.n = 2};
        opt.restarts = k;
        start(2, 0);
        const norni_found f = run(mckinnon, &w, &opt);
        assert_int_equal(f.stop, NORN_STOP_CONVERGED);
        if (k == 0)
            assert_true(fabs(f.value) < 1e-6); /* stuck, as published */
        else
            assert_true(fabs(f.value + 0.25) < 1e-8);
    }
}

static void walls(void **state) {
    (void)state;
    norni_simplex_opt opt = norni_simplex_opt_default();
    opt.max_steps = 100000;
    for (double from = 1e-4; from < 2; from += 0.2) {
        watch w = {.n = 4};
        start(4, 1.99);
        x[0] = from;
        const norni_found f = run(walled, &w, &opt);
        assert_true(w.beyond > 0); /* the first simplex reaches beyond 2 */
        assert_int_equal(f.stop, NORN_STOP_CONVERGED);
        assert_true(fabs(f.value - 1) < 1e-8);
    }
    /* The start lies outside, but the simplex reaches in. */
    watch w = {.n = 2};
    const double step[2] = {1, -1};
    opt.step = step;
    x[0] = -0.5, x[1] = 2.5;
    (void)run(walled, &w, &opt); /* none of the three vertices lies inside */
    x[0] = -0.5, x[1] = 1.5;
    const norni_found f = run(walled, &w, &opt);
    assert_true(f.stop == NORN_STOP_CONVERGED && fabs(f.value - 1) < 1e-8);
}

static void flat_broken_and_bottomless(void **state) {
    (void)state;
    const norni_simplex_opt opt = norni_simplex_opt_default();
    watch w = {.n = 3};
    start(3, 2);
    norni_found f = run(flat, &w, &opt);
    assert_true(f.stop == NORN_STOP_CONVERGED && f.value == 7);
    start(3, 2);
    f = run(nowhere, &w, &opt);
    assert_true(f.stop == NORN_STOP_STALLED || f.stop == NORN_STOP_MAXITER);
    assert_true(f.value == NORNI_INF && x[0] == 2 && x[1] == 2 && x[2] == 2);
    w.n = 1;
    start(1, 1);
    f = run(cliff, &w, &opt);
    assert_true(f.stop == NORN_STOP_CONVERGED && f.value == -NORNI_INF && x[0] < -50);
    w.n = 0;
    f = run(flat, &w, &opt);
    assert_true(f.stop == NORN_STOP_CONVERGED && f.value == 7 && f.n_evals == 1);
}

static void bounds(void **state) {
    (void)state;
    norni_simplex_opt opt = norni_simplex_opt_default();
    watch w = {.n = 5};
    double lowest = NORNI_INF;
    for (uint64_t most = 1; most < 200; most++) {
        opt.bounds.max_evals = most;
        memset(scratch, 0xff, sizeof scratch);
        start(5, -1.2);
        const norni_found f = run(rosenbrock, &w, &opt);
        assert_true(f.stop == NORN_STOP_MAXITER && f.n_evals == most);
        assert_true(f.value == rosenbrock(x, NULL, &w));
        assert_true(f.value <= lowest);
        lowest = f.value;
    }
    opt.bounds.max_evals = 0;
    norni_effort effort = {.limit = 9};
    opt.bounds.effort = &effort;
    start(5, -1.2);
    norni_found f = run(rosenbrock, &w, &opt);
    assert_true(f.stop == NORN_STOP_MAXITER && f.n_evals == 9 && effort.cut);
    start(5, -1.2);
    f = run(rosenbrock, &w, &opt);
    assert_true(f.n_evals == 1 && f.value == rosenbrock(x, NULL, &w) && x[4] == -1.2);
    opt.bounds.effort = NULL;
    alarm_clock alarm = {50, &w};
    const norni_poll poll = {rings, &alarm};
    opt.bounds.poll = &poll;
    start(5, -1.2);
    f = run(rosenbrock, &w, &opt);
    assert_true(f.stop == NORN_STOP_CANCELLED && f.n_evals == 50 && isfinite(f.value));
    opt.bounds.poll = NULL;
    opt.max_steps = 17;
    start(5, -1.2);
    f = run(rosenbrock, &w, &opt);
    assert_true(f.stop == NORN_STOP_MAXITER && f.n_steps == 17);
}

/* The same bits twice, whatever the scratch held. */
static void same_bits(void **state) {
    (void)state;
    const norni_simplex_opt opt = norni_simplex_opt_default();
    double first[8];
    watch w = {.n = 8};
    for (int k = 0; k < 2; k++) {
        memset(scratch, k ? 0x7f : 0xff, sizeof scratch);
        start(8, 0.3);
        (void)run(rosenbrock, &w, &opt);
        if (k == 0) memcpy(first, x, sizeof first);
    }
    assert_memory_equal(first, x, sizeof first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rosenbrock_and_beale),
        cmocka_unit_test(ill_conditioned),
        cmocka_unit_test(restarts),
        cmocka_unit_test(walls),
        cmocka_unit_test(flat_broken_and_bottomless),
        cmocka_unit_test(bounds),
        cmocka_unit_test(same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
