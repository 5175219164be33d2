/* Prophet's posterior with multiplicative terms and logistic growth: Stan's heights, conditions, edges. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/prophet/prophet_climb_parts.h"
#include "models/prophet/prophet_trend.h"
#include "prophet_climb_case.h"
#include "run_model.h"

typedef struct bed {
    norn_alloc own;
    norni_arena arena;
    norni_poll poll;
    norni_prophet_fit fit;
    double delta[CASE_CHANGES], beta[CASE_COLUMNS];
    norn_err err;
} bed;

static void bed_init(bed *b) {
    memset(b, 0, sizeof *b);
    b->own = norni_alloc_default();
    norni_arena_init(&b->arena, &b->own);
    b->fit.delta = b->delta, b->fit.beta = b->beta;
}

static norn_status climb(bed *b, const norni_prophet_problem *p, const norni_prophet_fit *warm) {
    return norni_prophet_climb(&b->arena, &b->poll, p, warm, &b->fit, &b->err);
}

static FILE *fixture(void) {
    FILE *f = fopen(NORN_FIXTURES "/prophet_climb.csv", "r");
    assert_non_null(f);
    return f;
}

/* Prophet's own functions, in any order of t, changepoints' own times among them: 1e-12. */
static void trends_are_prophets(void **state) {
    static char line[CASE_LINE];
    double t[64], change[8], delta[8], want[64], cap[64], out[64], slope[64], above[64], s[20];
    char growth[16];
    double k, m, c;
    size_t n, n_change, seen = 0;
    (void)state;
    FILE *f = fixture();
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "trend,", 6) != 0) continue;
        assert_int_equal(
            sscanf(line, "trend,%15[^,],%lf,%lf,%lf,%zu,%zu", growth, &k, &m, &c, &n, &n_change),
            6);
        assert_true(n <= 64 && n_change <= 8);
        assert_int_equal(read_numbers(f, "t,", t, 64), n);
        assert_int_equal(read_numbers(f, "change,", change, 8), n_change);
        assert_int_equal(read_numbers(f, "delta,", delta, 8), n_change);
        assert_int_equal(read_numbers(f, "out,", want, 64), n);
        for (size_t i = 0; i < n; i++)
            cap[i] = c;
        assert_true(norni_prophet_trend_scratch(n_change) <= 20);
        norni_prophet_trend(growth_of(growth), n, t, cap, k, m, n_change, change, delta, s, out);
        for (size_t i = 0; i < n; i++)
            assert_true(fabs(out[i] - want[i]) <= 1e-12 * (1 + fabs(want[i])));
        norni_prophet_trend_slope(growth_of(growth), n, t, cap, k, m, n_change, change, delta, s,
                                  above, slope);
        assert_memory_equal(above, out, n * sizeof *out);
        for (size_t i = 0; i < n; i++) { /* f' = f (1 - f / cap) */
            const double is = growth[1] == 'o' ? out[i] * (1 - out[i] / c) : 1;
            assert_true(fabs(slope[i] - is) <= 1e-12);
        }
        seen++;
    }
    (void)fclose(f);
    assert_int_equal(seen, 7);
}

/* Where the recursion divides by 0: a rate of nought between two others leaves the curve level. */
static void rates_of_nought(void **state) {
    const double t[] = {0, 0.25, 0.3, 0.5, 0.6, 1}, change[] = {0.25, 0.5}, delta[] = {-3, 2};
    const double cap[] = {2, 2, 2, 2, 2, 2}, z = 3 * (0.25 - 0.1);
    const double want[] = {-0.3, z, z, z, z + 0.2, z + 1};
    double s[8], out[6];
    (void)state;
    norni_prophet_trend(NORNI_PROPHET_LOGISTIC, 6, t, cap, 3, 0.1, 2, change, delta, s, out);
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs(out[i] - 2 / (1 + exp(-want[i]))) < 1e-15);
}

/* How much the log posterior changes per unit at a step to either side of *x. */
static void sides(const norni_prophet_problem *p, norni_prophet_fit *f, double *x, double step,
                  double *up, double *down) {
    const double at = *x, here = paper_log_posterior(p, f);
    *x = at + step;
    *up = (paper_log_posterior(p, f) - here) / step;
    *x = at - step;
    *down = (paper_log_posterior(p, f) - here) / step;
    *x = at;
}

/* Differences of 1e-6 are good to about 1e-8 (1 + |second derivative|) per unit; both sides' mean is
 * the slope where it is smooth. At a rate change of 0 the posterior falls to both sides. */
static void first_order(const climb_case *c, norni_prophet_fit *f) {
    double *smooth[CASE_COLUMNS + 3] = {&f->k, &f->m, &f->sigma}, up, down;
    for (size_t j = 0; j < c->p.n_x; j++)
        smooth[3 + j] = &f->beta[j];
    for (size_t j = 0; j < 3 + c->p.n_x; j++) {
        sides(&c->p, f, smooth[j], 1e-6, &up, &down);
        if (c->p.growth == NORNI_PROPHET_FLAT && j == 0) continue;
        if (fabs(up - down) > 1e-3 + 1e-3 * (fabs(up) + fabs(down)))
            print_message("%s %zu: %g %g\n", c->name, j, up, down);
        assert_true(fabs(up - down) <= 1e-3 + 1e-3 * (fabs(up) + fabs(down)));
    }
    for (size_t j = 0; j < c->p.n_change && c->p.growth != NORNI_PROPHET_FLAT; j++) {
        const double at = f->delta[j];
        sides(&c->p, f, &f->delta[j], at == 0 || fabs(at) > 1e-5 ? 1e-6 : fabs(at) / 4, &up, &down);
        if (at == 0)
            assert_true(up < 1e-3 && down < 1e-3);
        else
            assert_true(fabs(up - down) <= 1e-2 + 1e-3 * (fabs(up) + fabs(down)));
    }
}

static void at_least_stans(void **state) {
    static climb_case c;
    static bed b;
    size_t seen = 0, higher = 0;
    double worst = 0;
    (void)state;
    FILE *f = fixture();
    while (read_case(f, &c)) {
        bed_init(&b);
        assert_int_equal(climb(&b, &c.p, NULL), NORN_OK);
        const double lp = paper_log_posterior(&c.p, &b.fit);
        if (!(lp >= c.stan - 1e-6)) print_message("%s: %.9g, Stan %.9g\n", c.name, lp, c.stan);
        assert_true(lp >= c.stan - 1e-6);
        assert_true(fabs(lp - b.fit.log_posterior) <= 1e-9 * (1 + fabs(lp)));
        assert_int_equal(b.fit.stop, NORN_STOP_CONVERGED);
        if (b.fit.kkt > worst) worst = b.fit.kkt;
        first_order(&c, &b.fit);
        higher += lp > c.stan + 1e-3;
        seen++;
        norni_arena_clear(&b.arena);
    }
    (void)fclose(f);
    assert_int_equal(seen, 51);
    assert_true(higher >= 25); /* Stan stops short; and peaks differ */
    assert_true(worst <= 1e-7);
}

/* The better peak of the passengers, known from before (Stan: 503.374). */
static void passengers_peak(void **state) {
    static climb_case c;
    static bed b;
    (void)state;
    FILE *f = fixture();
    assert_true(read_case(f, &c));
    (void)fclose(f);
    bed_init(&b);
    assert_int_equal(climb(&b, &c.p, NULL), NORN_OK);
    assert_true(fabs(b.fit.log_posterior - 503.8883) < 1e-3);
    norni_arena_clear(&b.arena);
}

/* Never below where it began; the same bits again; and back on the same peak from it. */
static void starts_and_warmth(void **state) {
    static climb_case c;
    static bed b, w;
    double scratch[CASE_ROWS];
    uint64_t item = 0;
    (void)state;
    FILE *f = fixture();
    while (read_case(f, &c)) {
        const norni_rng rng = {11, item++};
        bed_init(&b);
        bed_init(&w);
        w.fit.k = norni_rng_normal(rng, 0), w.fit.m = norni_rng_normal(rng, 1), w.fit.sigma = 0.1;
        for (size_t j = 0; j < c.p.n_change; j++)
            w.delta[j] = 0.3 * norni_rng_normal(rng, 2 + j);
        for (size_t j = 0; j < c.p.n_x; j++)
            w.beta[j] = 0.3 * norni_rng_normal(rng, 99 + j);
        const double before = norni_prophet_log_posterior(&c.p, &w.fit, scratch);
        assert_int_equal(climb(&b, &c.p, &w.fit), NORN_OK);
        assert_true(b.fit.log_posterior > before);
        assert_int_equal(climb(&w, &c.p, NULL), NORN_OK);
        const norni_prophet_fit cold = w.fit;
        assert_int_equal(climb(&b, &c.p, &cold), NORN_OK);
        assert_true(b.fit.log_posterior >= cold.log_posterior - 1e-9);
        const int32_t passes = cold.passes;
        memset(b.beta, 0, sizeof b.beta);
        assert_int_equal(climb(&b, &c.p, NULL), NORN_OK);
        assert_true(b.fit.passes == passes && b.fit.k == cold.k && b.fit.sigma == cold.sigma);
        assert_memory_equal(b.delta, w.delta, sizeof b.delta);
        assert_memory_equal(b.beta, w.beta, sizeof b.beta);
        norni_arena_clear(&b.arena);
        norni_arena_clear(&w.arena);
    }
    (void)fclose(f);
}

/* A problem of n rows: logistic or linear, one wave that multiplies and one that is added. */
static void build(climb_case *c, norni_prophet_growth growth, size_t n, size_t n_change) {
    memset(c, 0, sizeof *c);
    c->p = (norni_prophet_problem){.growth = growth, .n = n, .n_change = n_change, .tau = 0.05};
    c->p.t = c->t, c->p.y = c->y, c->p.cap = c->cap, c->p.change = c->change;
    c->p.x = c->x, c->p.prior = c->prior, c->p.multiplicative = c->multiplicative;
    c->p.n_x = 2;
    for (size_t i = 0; i < n; i++) {
        c->t[i] = (double)i / (double)(n - 1);
        c->column[0][i] = sin(0.9 * (double)i);
        c->column[1][i] = cos(0.5 * (double)i);
        c->y[i] = 0.5 + 0.3 * c->t[i] * (1 + 0.2 * c->column[0][i]) + 0.01 * sin(37.0 * (double)i);
        c->cap[i] = 1.2;
    }
    for (size_t j = 0; j < n_change; j++)
        c->change[j] = 0.8 * (double)(j + 1) / (double)(n_change + 1);
    for (size_t j = 0; j < 2; j++)
        c->x[j] = c->column[j], c->prior[j] = 10, c->multiplicative[j] = j == 0;
}

static norni_prophet_fit sound(const climb_case *c) {
    static bed b;
    bed_init(&b);
    assert_int_equal(climb(&b, &c->p, NULL), NORN_OK);
    assert_true(isfinite(b.fit.k) && isfinite(b.fit.m) && isfinite(b.fit.log_posterior));
    assert_true(b.fit.sigma > 0 && isfinite(b.fit.sigma));
    for (size_t j = 0; j < c->p.n_change; j++)
        assert_true(isfinite(b.delta[j]));
    for (size_t j = 0; j < c->p.n_x; j++)
        assert_true(isfinite(b.beta[j]));
    norni_arena_clear(&b.arena);
    return b.fit;
}

static void edges(void **state) {
    static const norni_prophet_growth all[] = {NORNI_PROPHET_LINEAR, NORNI_PROPHET_LOGISTIC,
                                               NORNI_PROPHET_FLAT};
    static climb_case c;
    (void)state;
    for (size_t g = 0; g < 3; g++) {
        build(&c, all[g], 2, 0); /* two rows */
        (void)sound(&c);
        build(&c, all[g], 12, 9); /* as many unknowns as rows, and more */
        (void)sound(&c);
        build(&c, all[g], 40, 10); /* constant, and nothing at all */
        for (size_t i = 0; i < 40; i++)
            c.y[i] = 1;
        (void)sound(&c);
        memset(c.y, 0, sizeof c.y);
        (void)sound(&c);
        build(&c, all[g], 40, 10); /* one row stands out; times that repeat */
        for (size_t i = 0; i < 40; i++)
            c.y[i] = i == 20 ? 1 : 1e-6 * c.y[i], c.t[i] = (double)(i / 2) / 19;
        (void)sound(&c);
        build(&c, all[g], 40, 10); /* cap just above y, below it, nought, and far away */
        for (size_t k = 0; k < 4; k++) {
            for (size_t i = 0; i < 40; i++)
                c.cap[i] = k == 0   ? c.y[i] * (1 + 1e-12)
                           : k == 1 ? 0.7
                           : k == 2 ? (i < 20 ? 0 : 1)
                                    : 1e12;
            (void)sound(&c);
        }
        build(&c, all[g], 40, 10); /* columns of any size, twice the same, and of nothing */
        for (size_t i = 0; i < 40; i++)
            c.column[1][i] *= 1e300;
        c.prior[1] = 1e-299;
        (void)sound(&c);
        memcpy(c.column[1], c.column[0], sizeof c.column[1]);
        (void)sound(&c);
        memset(c.column[0], 0, sizeof c.column[0]);
        (void)sound(&c);
        build(&c, all[g], 40, 10);
        c.p.tau = 1e-12, c.prior[0] = 1e-12;
        (void)sound(&c);
        c.p.tau = 1e6, c.prior[0] = 1e6;
        (void)sound(&c);
        c.p.n_x = 0;
        (void)sound(&c);
    }
}

/* A logistic curve at half its cap starts at k = 0, where m has no say. */
static void level_curve(void **state) {
    static climb_case c;
    (void)state;
    build(&c, NORNI_PROPHET_LOGISTIC, 60, 5);
    for (size_t i = 0; i < 60; i++)
        c.y[i] = 0.6 + 0.01 * sin(37.0 * (double)i);
    const norni_prophet_fit f = sound(&c);
    assert_true(fabs(f.k) < 0.1 && f.sigma < 0.02);
    assert_true(f.kkt < 1e-6);
}

/* Columns times 2^40 with priors to match: the same bits but for the scale. */
static void units_do_not_matter(void **state) {
    static climb_case c;
    static bed a, b;
    (void)state;
    build(&c, NORNI_PROPHET_LOGISTIC, 90, 12);
    bed_init(&a);
    bed_init(&b);
    assert_int_equal(climb(&a, &c.p, NULL), NORN_OK);
    for (size_t i = 0; i < 90; i++)
        c.column[0][i] = ldexp(c.column[0][i], 40);
    c.prior[0] = ldexp(c.prior[0], -40);
    assert_int_equal(climb(&b, &c.p, NULL), NORN_OK);
    assert_true(a.fit.log_posterior == b.fit.log_posterior && a.fit.k == b.fit.k);
    assert_true(a.beta[0] == ldexp(b.beta[0], 40) && a.beta[1] == b.beta[1]);
    norni_arena_clear(&a.arena);
    norni_arena_clear(&b.arena);
}

/* Linear growth without changepoints: a steep rate is charged as a change at 0 (prophet_solve.h). */
static void steep_without_changes(void **state) {
    static climb_case c;
    static bed b;
    double scratch[CASE_ROWS];
    (void)state;
    build(&c, NORNI_PROPHET_LINEAR, 50, 0);
    c.p.tau = 100;
    bed_init(&b);
    assert_int_equal(climb(&b, &c.p, NULL), NORN_OK);
    const double at = norni_prophet_log_posterior(&c.p, &b.fit, scratch);
    assert_true(fabs(b.fit.k) > 25 / c.p.tau);
    assert_true(fabs(at - b.fit.log_posterior) < 1e-9 * fabs(at));
    const double k = b.fit.k;
    for (int side = -1; side <= 1; side += 2) {
        b.fit.k = k + side * 1e-3;
        assert_true(norni_prophet_log_posterior(&c.p, &b.fit, scratch) < at);
    }
    norni_arena_clear(&b.arena);
}

/* Any width of register gives the bits of plain sums, row by row. */
static void products_on_any_machine(void **state) {
    enum { ROWS = 77, LEFT = 8, RIGHT = 20, LD = 24 };
    static double left[ROWS * LEFT], right[ROWS * RIGHT], a[LEFT * LD], b[LEFT * LD];
    const norni_rng rng = {3, 3};
    (void)state;
    for (size_t i = 0; i < ROWS * LEFT; i++)
        left[i] = norni_rng_normal(rng, i);
    for (size_t i = 0; i < ROWS * RIGHT; i++)
        right[i] = norni_rng_normal(rng, 9999 + i);
    climb_rows_product(ROWS, left, LEFT, LEFT, right, RIGHT, RIGHT, a, LD);
    climb_rows_product_plain(ROWS, left, LEFT, LEFT, right, RIGHT, RIGHT, b, LD);
    assert_memory_equal(a, b, sizeof a);
    for (size_t i = 0; i < LEFT; i++)
        for (size_t j = 0; j < LD; j++) {
            double sum = 0;
            for (size_t r = 0; j < RIGHT && r < ROWS; r++)
                sum += left[r * LEFT + i] * right[r * RIGHT + j];
            assert_true(a[i * LD + j] == sum);
        }
}

/* Derivatives against differences of passes, holidays and all; thin columns against full ones. */
static void slopes_are_differences(void **state) {
    static climb_case c;
    static bed b;
    (void)state;
    for (int growth = 0; growth < 3; growth++) {
        climb_ground g;
        climb_point at, to;
        climb_slopes s, t;
        double fall[40];
        build(&c, (norni_prophet_growth)growth, 150, 6);
        c.p.n_x = 14; /* eight thin ones multiply, four are added; two are full */
        for (size_t j = 2; j < 14; j++) {
            c.x[j] = c.column[j], c.prior[j] = 1, c.multiplicative[j] = j % 3 != 0;
            for (size_t i = 0; i < 150; i++)
                c.column[j][i] = i % 75 == j || (j > 9 && i == 100) ? 1 : 0;
        }
        bed_init(&b);
        assert_int_equal(climb_ground_make(&g, &b.arena, &b.poll, &c.p, &b.err), NORN_OK);
        assert_int_equal(g.thin_mult + g.thin_add, 12);
        assert_true(climb_point_make(&at, &g) && climb_point_make(&to, &g));
        assert_true(climb_slopes_make(&s, &g) && climb_slopes_make(&t, &g));
        for (size_t j = 0; j < g.n_unknown; j++)
            at.x[j] = 0.3 + 0.1 * sin(3.0 * (double)j);
        assert_true(climb_evaluate(&g, &at) && climb_slopes_at(&g, &at, &s));
        for (size_t j = 0; j < g.n_unknown; j++) {
            memcpy(to.x, at.x, g.n_unknown * sizeof *to.x);
            to.x[j] += 1e-6;
            assert_true(climb_evaluate(&g, &to) && climb_slopes_at(&g, &to, &t));
            const double up = to.squares;
            memcpy(fall, t.fall, g.n_unknown * sizeof *fall);
            to.x[j] = at.x[j] - 1e-6;
            assert_true(climb_evaluate(&g, &to) && climb_slopes_at(&g, &to, &t));
            assert_true(fabs((up - to.squares) / 4e-6 - s.fall[j]) < 1e-6 * (1 + fabs(s.fall[j])));
            for (size_t i = 0; i < g.n_unknown; i++) {
                const double is = s.newton[i * g.n_unknown + j];
                assert_true(fabs((fall[i] - t.fall[i]) / 2e-6 - is) < 1e-6 * (1 + fabs(is)));
            }
        }
        norni_arena_clear(&b.arena);
    }
}

static bool after(void *user) {
    int *left = user;
    return --*left < 0;
}

static void cancels_anywhere(void **state) {
    static climb_case c;
    static bed b;
    int left = 0;
    (void)state;
    build(&c, NORNI_PROPHET_LOGISTIC, 120, 20);
    for (int polls = 0;; polls += 1 + polls / 8) {
        bed_init(&b);
        left = polls;
        b.poll = (norni_poll){after, &left};
        const norn_status status = climb(&b, &c.p, NULL);
        norni_arena_clear(&b.arena);
        if (status == NORN_OK) break;
        assert_int_equal(status, NORN_E_CANCEL);
    }
    assert_true(left >= 0);
}

static void short_of_memory(void **state) {
    static climb_case c;
    static bed b;
    (void)state;
    build(&c, NORNI_PROPHET_LINEAR, 150, 20);
    for (size_t k = 0; k < 200; k++) {
        run_short_memory s = {norni_alloc_default(), k};
        const norn_alloc a = {run_short_resize, &s};
        bed_init(&b);
        norni_arena_init(&b.arena, &a);
        const norn_status status = climb(&b, &c.p, NULL);
        norni_arena_clear(&b.arena);
        if (status == NORN_OK) return;
        assert_int_equal(status, NORN_E_MEM);
    }
    fail();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trends_are_prophets),
        cmocka_unit_test(rates_of_nought),
        cmocka_unit_test(at_least_stans),
        cmocka_unit_test(passengers_peak),
        cmocka_unit_test(starts_and_warmth),
        cmocka_unit_test(edges),
        cmocka_unit_test(level_curve),
        cmocka_unit_test(units_do_not_matter),
        cmocka_unit_test(steep_without_changes),
        cmocka_unit_test(cancels_anywhere),
        cmocka_unit_test(short_of_memory),
        cmocka_unit_test(products_on_any_machine),
        cmocka_unit_test(slopes_are_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
