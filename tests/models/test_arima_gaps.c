/* ARIMA models of series with values missing where the differences start, beside R's and each other. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arima_cases.h"
#include "base/fp.h"
#include "base/rng.h"
#include "models/arima/arima_search.h"
#include "models/arima/arima_work.h"
#include "models/arima/auto_arima.h"
#include "shared_arena.h"

enum { H = 12 };
static const norni_arima_method methods[] = {NORNI_ARIMA_CSS_ML, NORNI_ARIMA_ML};

/* As make_arima_gaps.R makes them. */
static void fill_wave(double *a, double *b, size_t first, size_t n) {
    for (size_t t = 0; t < n; t++) {
        a[t] = norni_cos((double)(first + t) / 3);
        b[t] = (double)((first + t) % 7) - 3;
    }
}

typedef struct forecast {
    double mean[H], sd[H];
} forecast;

static void forecast_or_fail(bed *b, const norni_series *s, const norni_arima_fit *fit,
                             forecast *out) {
    norni_dist d = {.horizon = H, .mean = out->mean, .sd = out->sd};
    norni_arima_state *state;
    norn_err err = {NORN_OK, ""};
    if (norni_arima_state_make(&b->env, s, fit, &state, &err) ||
        norni_arima_predict(&b->env, state, 0, H, true, &d, &err))
        fail_msg("%s", err.text);
}

/* Means to `mean_tol` of a standard error, standard errors to 1e-3 of themselves. */
static void assert_forecast(const r_case *c, const forecast *a, double mean_tol) {
    const double *const mean = c->v + c->n_coef + 1, *const se = mean + H;
    for (size_t h = 0; h < H; h++) {
        if (!(fabs(a->mean[h] - mean[h]) <= mean_tol * se[h]) ||
            !(fabs(a->sd[h] - se[h]) <= 1e-3 * se[h]))
            fail_msg("%s (%d,%d,%d) step %d: %.9g (%.9g), R has %.9g (%.9g)", c->name,
                     (int)c->order.p, (int)c->order.d, (int)c->order.q, (int)h + 1, a->mean[h],
                     a->sd[h], mean[h], se[h]);
    }
}

/* One row: at R's estimates its likelihood (2e-3: the optimum is flat, R's start of variance 1e8 and
 * its rounding are not) and forecasts (1e-3 standard errors); an own likelihood that is not below
 * it, by either method, from a search that says that it ended there. True: the same optimum. */
static bool check_row(const r_case *c) {
    bed b;
    double wave[2][CASE_LENGTH], ahead[2][H];
    const double *const x[2] = {wave[0], wave[1]}, *const future[2] = {ahead[0], ahead[1]};
    const size_t n = c->series->n;
    fill_wave(wave[0], wave[1], 1, n);
    fill_wave(ahead[0], ahead[1], n + 1, H);
    const norni_series s = {.n = n,
                            .y = c->series->y,
                            .n_season = c->order.m > 1,
                            .season = &c->order.m,
                            .n_x = c->n_x,
                            .x = x,
                            .x_future = future,
                            .horizon = H};
    const norni_arima_data data = {n, s.y, c->n_x, x};
    norni_arima_fit theirs, ours;
    norn_err err = {NORN_OK, ""};
    forecast f;
    bool same = true;
    bed_make(&b);
    if (norni_arima_fit_at(&b.env, &data, c->order, c->constant, c->v, &theirs, &err))
        fail_msg("%s: %s", c->name, err.text);
    if (!(fabs(theirs.loglik - c->v[c->n_coef]) <= 2e-3))
        fail_msg("%s: %.9g, R has %.9g", c->name, theirs.loglik, c->v[c->n_coef]);
    forecast_or_fail(&b, &s, &theirs, &f);
    assert_forecast(c, &f, 1e-3);
    for (size_t i = 0; i < 2; i++) {
        if (norni_arima_fit_run(&b.env, &data, c->order, c->constant, methods[i], NULL, &ours,
                                &err))
            fail_msg("%s: %s", c->name, err.text);
        if (!(ours.loglik >= theirs.loglik - 1e-6) || ours.stop != NORN_STOP_CONVERGED)
            fail_msg("%s (%d,%d,%d), method %d: %.9g (stop %d), R's estimates give %.9g", c->name,
                     (int)c->order.p, (int)c->order.d, (int)c->order.q, (int)methods[i],
                     ours.loglik, (int)ours.stop, theirs.loglik);
        same = same && ours.loglik < theirs.loglik + 1e-5;
        if (ours.loglik >= theirs.loglik + 1e-5) continue;
        forecast_or_fail(&b, &s, &ours, &f);
        assert_forecast(c, &f, 1e-2);
    }
    norni_arena_clear(&b.arena);
    return same;
}

static void check_fits(void **state) {
    (void)state;
    r_file r;
    r_case c;
    size_t seen = 0, same = 0;
    assert_true(r_open_file(&r, NORN_FIXTURES "/arima_gaps_r.csv"));
    while (r_next(&r, &c)) {
        if (c.order.p + c.order.q > 3) continue; /* many hollows */
        same += check_row(&c);
        seen++;
    }
    assert_int_equal(seen, 38);
    assert_true(same >= 30);
}

static double loglik_of(bed *b, size_t n, const double *y, norni_arima_order o,
                        norni_arima_method method) {
    const norni_arima_data data = {n, y, 0, NULL};
    norni_arima_fit fit;
    norn_err err = {NORN_OK, ""};
    if (norni_arima_fit_run(&b->env, &data, o, NORNI_ARIMA_NO_CONSTANT, method, NULL, &fit, &err))
        fail_msg("%s", err.text);
    assert_int_equal(fit.stop, NORN_STOP_CONVERGED);
    return fit.loglik;
}

/* An airline series of 150 months, or a second integral of noise. */
static void make_series(uint64_t item, size_t n, size_t m, double *y) {
    const norni_rng rng = {23, item};
    double slope = 0;
    for (size_t t = 0; t < n; t++) {
        const uint64_t at = t + m + 1;
        double w = norni_rng_normal(rng, at) - 0.5 * norni_rng_normal(rng, at - 1);
        if (m > 1)
            w += -0.7 * norni_rng_normal(rng, at - m) + 0.35 * norni_rng_normal(rng, at - m - 1);
        else
            w = slope += w;
        y[t] = w + (t > 0 ? y[t - 1] : 0);
        if (m > 1) y[t] += (t >= m ? y[t - m] : 0) - (t > m ? y[t - m - 1] : 0);
    }
}

/* A gap anywhere among the first values, alone and with one behind them: no model's likelihood lies
 * below that of one that it contains, and both methods find the same. */
static void check_nesting(void **state) {
    (void)state;
    static const norni_arima_order chain[2][2] = {{{0, 1, 1, 0, 1, 1, 12}, {1, 1, 1, 0, 1, 1, 12}},
                                                  {{0, 2, 1, 0, 0, 0, 1}, {0, 2, 2, 0, 0, 0, 1}}};
    for (size_t i = 0; i < 2; i++) {
        const size_t m = (size_t)chain[i][0].m, n = 150, lost = m > 1 ? m + 1 : 2;
        for (size_t gap = 0; gap < 2 * (lost + 2); gap++) {
            bed b;
            double y[150], below[2] = {-1e300, -1e300};
            bed_make(&b);
            make_series(gap, n, m, y);
            y[gap / 2] = NORNI_NAN;
            if (gap % 2) y[gap / 2 + m] = y[60] = NORNI_NAN;
            for (size_t j = 0; j < 2; j++) {
                for (size_t k = 0; k < 2; k++) {
                    const double loglik = loglik_of(&b, n, y, chain[i][j], methods[k]);
                    if (!(loglik >= below[k] - 1e-6))
                        fail_msg("gap %d, method %d: %.9g for (%d,%d,%d), %.9g for one inside it",
                                 (int)gap, (int)methods[k], loglik, (int)chain[i][j].p,
                                 (int)chain[i][j].d, (int)chain[i][j].q, below[k]);
                    below[k] = loglik;
                }
                if (!(fabs(below[0] - below[1]) <= 1e-5))
                    fail_msg("gap %d, (%d,%d,%d): %.9g and %.9g", (int)gap, (int)chain[i][j].p,
                             (int)chain[i][j].d, (int)chain[i][j].q, below[0], below[1]);
            }
            norni_arena_clear(&b.arena);
        }
    }
}

/* The slope is that of the value: central differences of it, whose error at this step is about 1e-6. */
static void check_slope(void **state) {
    (void)state;
    static const norni_arima_order orders[] = {{0, 1, 1, 0, 1, 1, 12},
                                               {1, 1, 2, 1, 1, 0, 12},
                                               {2, 0, 1, 0, 1, 1, 12},
                                               {1, 2, 1, 0, 0, 0, 1}};
    for (size_t i = 0; i < 4; i++) {
        for (int constant = 0; constant < 2; constant++) {
            bed b;
            arima_work w;
            arima_objective f;
            const size_t m = (size_t)orders[i].m, n = 150;
            double y[150], x[2][150], v[8], moved[8], jj[64], je[8];
            const double *const columns[2] = {x[0], x[1]};
            const norni_arima_data data = {n, y, constant ? 2 : 0, columns};
            bed_make(&b);
            make_series(i, n, m, y);
            fill_wave(x[0], x[1], 1, n);
            y[1] = y[40] = NORNI_NAN;
            if (m > 1) y[5] = y[11] = y[5 + m] = NORNI_NAN;
            assert_int_equal(
                arima_work_make(&b.env, &data, orders[i], NORNI_ARIMA_NO_CONSTANT, &w, NULL),
                NORN_OK);
            assert_true(w.n_flat == (m > 1 ? 3 : 1));
            assert_int_equal(arima_ml_objective(&w, &f, NULL), NORN_OK);
            for (size_t j = 0; j < w.k; j++)
                v[j] = 0.4 - 0.15 * (double)j;
            const double here = f.value(&f, v), h = 1e-4;
            f.accept(&f);
            f.slope(&f, v, jj, je);
            for (size_t j = 0; j < w.k; j++) {
                memcpy(moved, v, sizeof v);
                moved[j] = v[j] + h;
                const double up = f.value(&f, moved);
                moved[j] = v[j] - h;
                const double slope = (up - f.value(&f, moved)) / (2 * h);
                if (!(fabs(2 * je[j] - slope) <= 1e-5 * (here + fabs(slope))))
                    fail_msg("order %d, parameter %d: %.9g, differences give %.9g", (int)i, (int)j,
                             2 * je[j], slope);
            }
            norni_arena_clear(&b.arena);
        }
    }
}

/* The automatic choice on co2 with gaps: at least as good a criterion as that of the airline model
 * with an autoregression, which R's search without approximations takes there. */
static void check_auto(void **state) {
    (void)state;
    r_file r;
    r_case c;
    double aicc = NORNI_INF;
    assert_true(r_open_file(&r, NORN_FIXTURES "/arima_gaps_r.csv"));
    while (r_next(&r, &c)) {
        if (strcmp(c.name, "co2") != 0) continue;
        const double k = (double)c.n_coef + 1, n = (double)c.series->n - 5 - 13;
        aicc = fmin(aicc, -2 * c.v[c.n_coef] + 2 * k + 2 * k * (k + 1) / (n - k - 1));
    }
    const r_series *s = NULL;
    for (size_t i = 0; i < r.n_series; i++)
        s = strcmp(r.series[i].name, "co2") == 0 ? &r.series[i] : s;
    assert_non_null(s);
    const norni_arima_data data = {s->n, s->y, 0, NULL};
    norni_env env = {.arena = &arena};
    norn_err err = {NORN_OK, ""};
    arima_found found;
    if (arima_search_run(&env, options_of(&norni_model_auto_arima, ""), &data, 12, NULL, &found,
                         &err))
        fail_msg("%s", err.text);
    const norni_arima_fit *const f = &found.fit;
    const double k = (double)f->n_coef + 1, n = (double)f->n_used;
    const double own = -2 * f->loglik + 2 * k + 2 * k * (k + 1) / (n - k - 1);
    if (!(own <= aicc + 1e-3))
        fail_msg("(%d,%d,%d)(%d,%d,%d): AICc %g, R's is %g", (int)f->order.p, (int)f->order.d,
                 (int)f->order.q, (int)f->order.P, (int)f->order.D, (int)f->order.Q, own, aicc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_fits),
        cmocka_unit_test(check_nesting),
        cmocka_unit_test(check_slope),
        cmocka_unit_test_setup_teardown(check_auto, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
