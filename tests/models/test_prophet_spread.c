/* The uncertainty of Prophet's estimates: against finite differences, draws, and true parameters. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/prophet/prophet_curvature.h"
#include "models/prophet/prophet_solve.h"
#include "models/prophet/prophet_spread.h"
#include "num/least_squares.h"
#include "prophet_series.h"
#include "shared_arena.h"

enum { ROWS = 400, AHEAD = 60, MOST = 64, SERIES = 400, DRAWS = 20000 };
static const norni_poll no_poll;
static int64_t ds[ROWS + AHEAD];
static double y[ROWS + AHEAD], cap[ROWS + AHEAD], promo[ROWS + AHEAD], rest[ROWS];
static double draw_trend[(ROWS + AHEAD) * 64], draw_more[(ROWS + AHEAD) * 64];
static double one_row[DRAWS], other_row[DRAWS];

/* A model of the first ROWS values, its uncertainty, and all rows. */
typedef struct model {
    norni_prophet_plan plan;
    norni_prophet_design past, all;
    norni_prophet_problem p;
    norni_prophet_fit fit;
    norni_prophet_spread spread;
    norni_prophet_fitted fitted;
    norni_prophet_parts parts;
} model;

typedef enum kind { LINEAR, MULTIPLICATIVE, LOGISTIC, FLAT } kind;

static double normal(uint64_t item, uint64_t i) {
    return norni_rng_normal((norni_rng){11, item}, i);
}

/* A trend that turns, a week, a regressor, noise. */
static void make_values(kind k, double noise) {
    for (size_t i = 0; i < ROWS + AHEAD; i++) {
        const double x = (double)i / ROWS, week = i % 7 < 5 ? 0.2 : -0.4;
        ds[i] = (int64_t)(18000 + i) * series_day;
        promo[i] = i % 11 == 3;
        cap[i] = 12;
        double trend = 5 + 2 * x - (x > 0.5 ? 3 * (x - 0.5) : 0);
        if (k == LOGISTIC) trend = 12 / (1 + norni_exp(-4 * (x - 0.4)));
        if (k == FLAT) trend = 5;
        const double part = week + 0.3 * promo[i];
        y[i] = (k == MULTIPLICATIVE ? trend * (1 + part) : trend + part) + noise * normal(k, i);
    }
}

static void make_parts(const model *m, const norni_prophet_fit *fit, norni_prophet_parts *out) {
    const norni_prophet_fitted f = {&m->plan, fit, 1.0 / (ROWS - 1),
                                    fit == &m->fit ? m->fitted.spread : NULL};
    assert_int_equal(norni_prophet_parts_make(&arena, &no_poll, &f, &m->all, true, out, NULL),
                     NORN_OK);
}

static void fit_model(model *m, const norni_prophet_spec *spec) {
    static const double *const columns[] = {promo};
    const norni_str name[] = {norni_str_of("promo")};
    const bool capped = spec->growth == NORNI_PROPHET_LOGISTIC;
    norni_prophet_rows rows = {.n = ROWS,
                               .ds = ds,
                               .y = y,
                               .cap = capped ? cap : NULL,
                               .n_x = spec->n_regressor,
                               .x_name = name,
                               .x = columns};
    assert_int_equal(
        norni_prophet_plan_make(&arena, &no_poll, spec, &rows, &m->plan, &m->past, NULL, NULL),
        NORN_OK);
    assert_int_equal(norni_prophet_problem_of(&arena, &m->plan, &m->past, &m->p, NULL), NORN_OK);
    m->fit = (norni_prophet_fit){.k = 0};
    m->fit.delta = norni_arena_zero(&arena, m->plan.n_change + 1, sizeof(double));
    m->fit.beta = norni_arena_zero(&arena, m->plan.n_column + 1, sizeof(double));
    assert_true(m->fit.delta && m->fit.beta);
    assert_int_equal(norni_prophet_solve(&arena, &no_poll, &m->p, NULL, &m->fit, NULL), NORN_OK);
    assert_int_equal(
        norni_prophet_spread_make(&arena, &no_poll, &m->plan, &m->fit, &m->past, &m->spread, NULL),
        NORN_OK);
    m->fitted = (norni_prophet_fitted){&m->plan, &m->fit, 1.0 / (ROWS - 1), &m->spread};
    rows.n = ROWS + AHEAD;
    rows.y = NULL;
    assert_int_equal(norni_prophet_design_make(&arena, &no_poll, &m->plan, &rows, &m->all, NULL),
                     NORN_OK);
    make_parts(m, &m->fit, &m->parts);
}

static norni_prophet_spec spec_of(kind k) {
    static const norni_prophet_regressor promo_of = {
        .name = {"promo", 5}, .prior = 10, .standardise = -1, .sd = 1};
    static norni_prophet_regressor regressor;
    norni_prophet_spec spec = prophet_defaults();
    regressor = promo_of;
    spec.yearly = spec.daily = 0;
    spec.weekly = 3;
    spec.n_changepoints = 8;
    spec.growth = k == LOGISTIC ? NORNI_PROPHET_LOGISTIC
                  : k == FLAT   ? NORNI_PROPHET_FLAT
                                : NORNI_PROPHET_LINEAR;
    spec.multiplicative = regressor.multiplicative = k == MULTIPLICATIVE;
    spec.n_regressor = 1;
    spec.regressor = &regressor;
    return spec;
}

static void setup_kind(model *m, kind k) {
    const norni_prophet_spec spec = spec_of(k);
    make_values(k, 0.3);
    fit_model(m, &spec);
}

/* Where a coordinate stands in a fit. */
static double *place_of(const model *m, norni_prophet_fit *fit, uint32_t at) {
    const size_t n_x = m->plan.n_column;
    if (at < n_x) return &fit->beta[at];
    if (at - n_x == NORNI_PROPHET_AT_K) return &fit->k;
    if (at - n_x == NORNI_PROPHET_AT_M) return &fit->m;
    return &fit->delta[at - n_x - NORNI_PROPHET_AT_DELTA];
}

static double precision_of(const norni_prophet_spread *s, size_t i, size_t j) {
    const size_t n = i < j ? i : j;
    double sum = 0;
    for (size_t c = 0; c <= n; c++)
        sum += s->factor[i * s->n + c] * s->factor[j * s->n + c];
    return sum / s->unit[i] / s->unit[j];
}

/* The posterior is quadratic near the optimum of a linear model: second differences are its Hessian. */
static void hessian_of_linear_models(void **state) {
    static const kind kinds[] = {LINEAR, FLAT};
    (void)state;
    for (size_t q = 0; q < 2; q++) {
        model m;
        setup_kind(&m, kinds[q]);
        const norni_prophet_spread *s = &m.spread;
        size_t n_delta = 0, n_free = 0;
        for (size_t j = 0; j < m.plan.n_change; j++)
            n_delta += m.fit.delta[j] != 0;
        for (size_t c = 0; c < s->n; c++)
            n_free += s->at[c] >= m.plan.n_column + NORNI_PROPHET_AT_DELTA;
        assert_int_equal(n_free, n_delta);
        assert_int_equal(s->n, 7 + (kinds[q] == FLAT ? 1 : 2 + n_delta));
        assert_true(kinds[q] == FLAT || (n_delta > 0 && n_delta < m.plan.n_change));
        for (size_t i = 0; i < s->n; i++)
            for (size_t j = 0; j <= i; j++) {
                const double hi = 1e-4, hj = 1e-4; /* far from a delta's 0, beyond rounding */
                double *const a = place_of(&m, &m.fit, s->at[i]), *const b = place_of(&m, &m.fit,
                                                                                      s->at[j]);
                const double was_a = *a, was_b = *b;
                double lp[4];
                for (int k = 0; k < 4; k++) {
                    *a = was_a + (k & 1 ? hi : -hi);
                    *b = (a == b ? *a : was_b) + (k & 2 ? hj : -hj);
                    lp[k] = norni_prophet_log_posterior(&m.p, &m.fit, rest);
                    *a = was_a, *b = was_b;
                }
                const double seen = -(lp[3] - lp[1] - lp[2] + lp[0]) / (4 * hi * hj),
                             size = sqrt(precision_of(s, i, i) * precision_of(s, j, j));
                assert_true(fabs(seen - precision_of(s, i, j)) <= 1e-4 * size);
            }
    }
}

/* yhat, trend and components by central differences in each coordinate: (n) into out. */
static void differences(model *m, uint32_t at, size_t component, double *of_yhat, double *of_trend,
                        double *of_component) {
    norni_prophet_fit moved = m->fit;
    const size_t n = ROWS + AHEAD;
    const double h = 1e-5;
    norni_prophet_parts parts[2];
    moved.delta = norni_arena_zero(&arena, m->plan.n_change + 1, sizeof(double));
    moved.beta = norni_arena_zero(&arena, m->plan.n_column + 1, sizeof(double));
    assert_true(moved.delta && moved.beta);
    for (int k = 0; k < 2; k++) {
        memcpy(moved.delta, m->fit.delta, m->plan.n_change * sizeof(double));
        memcpy(moved.beta, m->fit.beta, m->plan.n_column * sizeof(double));
        moved.k = m->fit.k, moved.m = m->fit.m;
        *place_of(m, &moved, at) += k ? h : -h;
        make_parts(m, &moved, &parts[k]);
    }
    for (size_t i = 0; i < n; i++) {
        of_yhat[i] = (parts[1].yhat[i] - parts[0].yhat[i]) / (2 * h);
        of_trend[i] = (parts[1].trend[i] - parts[0].trend[i]) / (2 * h);
        of_component[i] =
            (parts[1].component[component].value[i] - parts[0].component[component].value[i]) /
            (2 * h);
    }
}

static void check_sd(const double *jacobian, size_t n_z, const double *l, const double *sd) {
    double v[MOST];
    for (size_t i = 0; i < ROWS + AHEAD; i++) {
        double sum = 0;
        for (size_t c = 0; c < n_z; c++)
            v[c] = jacobian[c * (ROWS + AHEAD) + i];
        norni_cholesky_forward(l, n_z, v);
        for (size_t c = 0; c < n_z; c++)
            sum += v[c] * v[c];
        assert_true(fabs(sqrt(sum) - sd[i]) <= 1e-5 * sd[i] + 1e-9);
    }
}

/* Standard deviations of rows are those of J (J'J / sigma^2 + P)^-1 J' with J by finite differences, in
 * every growth and mode. */
static void rows_by_differences(void **state) {
    static const kind kinds[] = {LINEAR, MULTIPLICATIVE, LOGISTIC, FLAT};
    (void)state;
    for (size_t q = 0; q < 4; q++) {
        model m;
        setup_kind(&m, kinds[q]);
        const size_t n_z = m.spread.n, n = ROWS + AHEAD;
        assert_true(n_z > 0 && n_z <= MOST);
        for (size_t c = 0; c < m.parts.n_component; c++) {
            double *j = norni_arena_zero(&arena, 3 * n * n_z + n_z * n_z, sizeof *j),
                   *jt = j + n * n_z, *jc = jt + n * n_z, *h = jc + n * n_z;
            assert_non_null(j);
            for (size_t a = 0; a < n_z; a++)
                differences(&m, m.spread.at[a], c, j + a * n, jt + a * n, jc + a * n);
            for (size_t a = 0; a < n_z; a++)
                for (size_t b = 0; b < n_z; b++) {
                    double sum = 0;
                    for (size_t i = 0; i < ROWS; i++)
                        sum += j[a * n + i] * j[b * n + i];
                    h[a * n_z + b] =
                        sum / (m.fit.sigma * m.fit.sigma * m.plan.y_scale * m.plan.y_scale);
                }
            for (size_t a = 0; a < n_z; a++) {
                const size_t at = m.spread.at[a], n_x = m.plan.n_column;
                if (at < n_x)
                    h[a * n_z + a] += 1 / (m.plan.column[at].prior * m.plan.column[at].prior);
                if (at >= n_x && at < n_x + NORNI_PROPHET_AT_DELTA) h[a * n_z + a] += 1.0 / 25;
            }
            assert_int_equal(norni_cholesky(h, n_z, 1e-14), 0);
            check_sd(j, n_z, h, m.parts.yhat_sd);
            check_sd(jt, n_z, h, m.parts.trend_sd);
            check_sd(jc, n_z, h, m.parts.component[c].sd);
        }
    }
}

/* A draw is the same however many there are; its trend has one line between two changepoints; another
 * seed gives others. */
static void draws_are_paths(void **state) {
    model m;
    (void)state;
    setup_kind(&m, LINEAR);
    norni_prophet_draws draws = {.n = 40, .seed = 5, .item = 9};
    assert_int_equal(norni_prophet_draw(&arena, &no_poll, &m.fitted, &m.all, &m.parts, &draws,
                                        draw_trend, NULL, NULL),
                     NORN_OK);
    draws.n = 64;
    assert_int_equal(norni_prophet_draw(&arena, &no_poll, &m.fitted, &m.all, &m.parts, &draws,
                                        draw_more, NULL, NULL),
                     NORN_OK);
    for (size_t i = 0; i < ROWS + AHEAD; i++)
        for (size_t d = 0; d < 40; d++)
            assert_true(draw_trend[i * 40 + d] == draw_more[i * 64 + d]);
    double apart = 0;
    for (size_t d = 0; d < 64; d++) {
        const double *t = draw_more + d;
        for (size_t i = 1; i + 1 < 30; i++) /* the first changepoint is at row 35 or so */
            assert_true(fabs(t[(i + 1) * 64] - 2 * t[i * 64] + t[(i - 1) * 64]) < 1e-12);
        apart += fabs(t[0] - m.parts.trend[0]);
    }
    assert_true(apart > 0);
    draws.seed = 6;
    assert_int_equal(norni_prophet_draw(&arena, &no_poll, &m.fitted, &m.all, &m.parts, &draws,
                                        draw_trend, NULL, NULL),
                     NORN_OK);
    assert_true(draw_trend[0] != draw_more[0]);
}

static double sd_of(const double *x, size_t n) {
    double mean = 0, sum = 0;
    for (size_t d = 0; d < n; d++)
        mean += x[d] / (double)n;
    for (size_t d = 0; d < n; d++)
        sum += (x[d] - mean) * (x[d] - mean);
    return sqrt(sum / (double)(n - 1));
}

/* Draws spread as the closed form says: 20,000 draws know an sd to 0.5 %; linearised where the model is
 * not linear. */
static void draws_spread_as_told(void **state) {
    static const kind kinds[] = {LINEAR, MULTIPLICATIVE, LOGISTIC, FLAT};
    static const size_t spots[] = {0, 100, ROWS - 1};
    (void)state;
    for (size_t q = 0; q < 4; q++) {
        model m;
        setup_kind(&m, kinds[q]);
        const double noise = m.fit.sigma * m.plan.y_scale;
        for (size_t k = 0; k < 3; k++) {
            norni_prophet_design spot = m.all;
            const double *column[MOST];
            norni_prophet_parts parts;
            spot.n = 1, spot.t += spots[k], spot.ds += spots[k];
            if (spot.cap) spot.cap += spots[k];
            for (size_t j = 0; j < spot.n_x; j++)
                column[j] = m.all.x[j] + spots[k];
            spot.x = column;
            assert_int_equal(
                norni_prophet_parts_make(&arena, &no_poll, &m.fitted, &spot, false, &parts, NULL),
                NORN_OK);
            const norni_prophet_draws draws = {.n = DRAWS, .seed = 3};
            assert_int_equal(norni_prophet_draw(&arena, &no_poll, &m.fitted, &spot, &parts, &draws,
                                                one_row, other_row, NULL),
                             NORN_OK);
            const double want = sqrt(parts.yhat_sd[0] * parts.yhat_sd[0] + noise * noise);
            assert_true(fabs(sd_of(one_row, DRAWS) / parts.trend_sd[0] - 1) < 0.04);
            assert_true(fabs(sd_of(other_row, DRAWS) / want - 1) < 0.02);
        }
    }
}

/* The closed form's bounds hold as many draws as they should: 4 standard errors of a share of 20,000. */
static void exact_bounds_hold_draws(void **state) {
    static double lower[ROWS + AHEAD], upper[ROWS + AHEAD], t_lower[ROWS + AHEAD],
        t_upper[ROWS + AHEAD];
    model m;
    (void)state;
    setup_kind(&m, LINEAR);
    const norni_prophet_draws exact = {.ahead = NORNI_PROPHET_EXACT, .n = 1};
    const norni_prophet_bounds bounds = {lower, upper, t_lower, t_upper};
    assert_int_equal(norni_prophet_intervals(&arena, &no_poll, &m.fitted, &m.all, &m.parts, &exact,
                                             0.8, &bounds, NULL),
                     NORN_OK);
    double *trend = norni_arena_get(&arena, (size_t)AHEAD * DRAWS, 2 * sizeof *trend);
    assert_non_null(trend);
    double *yhat = trend + (size_t)AHEAD * DRAWS;
    const norni_prophet_draws draws = {.n = DRAWS, .seed = 8, .skip = ROWS};
    assert_int_equal(norni_prophet_draw(&arena, &no_poll, &m.fitted, &m.all, &m.parts, &draws,
                                        trend, yhat, NULL),
                     NORN_OK);
    for (size_t i = 0; i < AHEAD; i++) {
        size_t in = 0, t_in = 0;
        for (size_t d = 0; d < DRAWS; d++) {
            in += yhat[i * DRAWS + d] >= lower[ROWS + i] && yhat[i * DRAWS + d] <= upper[ROWS + i];
            t_in += trend[i * DRAWS + d] >= t_lower[ROWS + i] &&
                    trend[i * DRAWS + d] <= t_upper[ROWS + i];
        }
        const double off = 4 * sqrt(0.8 * 0.2 / DRAWS);
        assert_true(fabs((double)in / DRAWS - 0.8) < off);
        assert_true(fabs((double)t_in / DRAWS - 0.8) < off);
    }
    /* in the history, too, and wider than without */
    assert_true(t_upper[0] > t_lower[0]);
    assert_true(upper[0] - lower[0] > 2 * 1.2815 * m.fit.sigma * m.plan.y_scale);
}

/* 80 % intervals hold the true trend, component and mean in 80 % of 400 simulated series: within four
 * standard errors, 8 %. Trends without changes; the priors are wide. */
static void true_values_are_held(void **state) {
    const double z = norni_normal_quantile(0.9);
    size_t in[3] = {0, 0, 0};
    (void)state;
    for (size_t q = 0; q < SERIES; q++) {
        const norni_arena_mark mark = norni_arena_mark_get(&arena);
        const size_t spot = ROWS - 1;
        double week[7], truth = 0;
        model m;
        norni_prophet_spec spec = spec_of(LINEAR);
        spec.n_changepoints = 0;
        spec.n_regressor = 0;
        for (size_t i = 0; i < 7; i++)
            week[i] = 0.5 * normal(1000 + q, i);
        double mean = 0;
        for (size_t i = 0; i < 7; i++)
            mean += week[i] / 7;
        const double k = normal(1000 + q, 8), level = 5 + normal(1000 + q, 9);
        for (size_t i = 0; i < ROWS + AHEAD; i++) {
            ds[i] = (int64_t)(18000 + i) * series_day;
            truth = level + k * (double)i / (ROWS - 1) + week[i % 7] - mean;
            y[i] = truth + normal(1000 + q, 10 + i);
        }
        fit_model(&m, &spec);
        size_t weekly = 0;
        while (!norni_str_is(m.parts.component[weekly].name, "weekly"))
            weekly++;
        const norni_prophet_component *c = &m.parts.component[weekly];
        const double trend = level + k, part = week[spot % 7] - mean;
        in[0] += fabs(m.parts.trend[spot] - trend) <= z * m.parts.trend_sd[spot];
        in[1] += fabs(c->value[spot] - part) <= z * c->sd[spot];
        in[2] += fabs(m.parts.yhat[spot] - trend - part) <= z * m.parts.yhat_sd[spot];
        norni_arena_rewind(&arena, mark);
    }
    for (size_t i = 0; i < 3; i++)
        assert_true(fabs((double)in[i] / SERIES - 0.8) < 0.08);
}

static void all_finite(const model *m) {
    for (size_t i = 0; i < ROWS + AHEAD; i++)
        assert_true(isfinite(m->parts.trend_sd[i]) && isfinite(m->parts.yhat_sd[i]));
}

/* Coordinates that stand for each other, a constant, values of any size. */
static void hard_cases(void **state) {
    static int64_t change[] = {0, 0, 0};
    static const double scales[] = {1e-300, 1e300};
    model m;
    (void)state;
    make_values(LINEAR, 0.1);
    norni_prophet_spec spec = spec_of(LINEAR);
    change[0] = change[1] = change[2] = ds[200];
    spec.changepoints_given = true;
    spec.n_changepoint = 3;
    spec.changepoint = change;
    fit_model(&m, &spec);
    all_finite(&m);
    for (size_t j = 0; j < 3; j++) /* a delta shared among equal changepoints: one sum is known */
        m.fit.delta[j] = m.fit.delta[0] + m.fit.delta[1] + m.fit.delta[2] + 0.1 * (double)(j + 1);
    assert_int_equal(
        norni_prophet_spread_make(&arena, &no_poll, &m.plan, &m.fit, &m.past, &m.spread, NULL),
        NORN_OK);
    assert_int_equal(m.spread.n, 7 + 2 + 1);
    for (size_t q = 0; q < 2; q++) {
        spec = spec_of(LINEAR);
        make_values(LINEAR, 0.1);
        for (size_t i = 0; i < ROWS; i++)
            y[i] = y[i] * 0.1 * scales[q];
        fit_model(&m, &spec);
        all_finite(&m);
    }
    for (size_t i = 0; i < ROWS; i++)
        y[i] = 3;
    fit_model(&m, &spec);
    all_finite(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hessian_of_linear_models, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_by_differences, set_up, tear_down),
        cmocka_unit_test_setup_teardown(draws_are_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(draws_spread_as_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exact_bounds_hold_draws, set_up, tear_down),
        cmocka_unit_test_setup_teardown(true_values_are_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hard_cases, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
