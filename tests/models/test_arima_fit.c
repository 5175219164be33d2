/* Fits and forecasts of ARIMA models beside R's, with gaps and regressors, kept and moved on. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arima_cases.h"
#include "base/fp.h"
#include "base/pack.h"
#include "base/rng.h"
#include "models/arima/arima_fit.h"

enum { H = 12 };

/* A fitted series with everything that was made of it. */
typedef struct answer {
    norni_arima_fit fit;
    norni_arima_state *state;
    double mean[H], sd[H];
} answer;

static void answer_or_fail(bed *b, const norni_series *s, norni_arima_order o,
                           norni_arima_constant constant, answer *a) {
    const norni_arima_data data = {s->n, s->y, s->n_x, s->x};
    norn_err err = {NORN_OK, ""};
    norni_dist d = {.horizon = H, .mean = a->mean, .sd = a->sd};
    if (norni_arima_fit_run(&b->env, &data, o, constant, NORNI_ARIMA_CSS_ML, NULL, &a->fit, &err) ||
        norni_arima_state_make(&b->env, s, &a->fit, &a->state, &err) ||
        norni_arima_predict(&b->env, a->state, 0, H, true, &d, &err))
        fail_msg("%s", err.text);
    assert_int_equal(d.kind, NORNI_DIST_NORMAL);
}

/* As make_arima.R makes them. */
static void fill_wave(double *a, double *b, size_t first, size_t n) {
    for (size_t t = 0; t < n; t++) {
        a[t] = norni_cos((double)(first + t) / 3);
        b[t] = (double)((first + t) % 7) - 3;
    }
}

/* A likelihood below that of R's estimates by rounding at most. (R's own number for it is off by up to
 * 2e-3 where levels are high: its start of variance 1e6.) Where both are the same, forecasts to 1e-4 and
 * their standard errors to 1e-3. */
static void check_fits(void **state) {
    (void)state;
    r_file r;
    r_case c;
    size_t seen = 0, same = 0;
    assert_true(r_open(&r));
    while (r_next(&r, &c)) {
        if (strcmp(c.kind, "fit") != 0) continue;
        bed b;
        answer a;
        norni_arima_fit theirs;
        double wave[2][CASE_LENGTH], ahead[2][H];
        const double *const x[2] = {wave[0], wave[1]}, *const future[2] = {ahead[0], ahead[1]};
        const size_t n = c.series->n;
        fill_wave(wave[0], wave[1], 1, n);
        fill_wave(ahead[0], ahead[1], n + 1, H);
        const norni_series s = {.n = n,
                                .y = c.series->y,
                                .n_season = c.order.m > 1,
                                .season = &c.order.m,
                                .n_x = c.n_x,
                                .x = x,
                                .x_future = future,
                                .horizon = H};
        const norni_arima_data data = {n, s.y, c.n_x, x};
        bed_make(&b);
        answer_or_fail(&b, &s, c.order, c.constant, &a);
        assert_int_equal(norni_arima_fit_at(&b.env, &data, c.order, c.constant, c.v, &theirs, NULL),
                         NORN_OK);
        if (!(a.fit.loglik >= theirs.loglik - 1e-6))
            fail_msg("%s: %.10g, R's estimates give %.10g", c.name, a.fit.loglik, theirs.loglik);
        assert_true(fabs(theirs.loglik - c.v[c.n_coef]) <= 2e-3);
        if (a.fit.loglik < theirs.loglik + 1e-5) {
            const double *const mean = c.v + c.n_coef + 1, *const se = mean + H;
            for (size_t h = 0; h < H; h++) {
                if (!(fabs(a.mean[h] - mean[h]) <= 1e-4 * fabs(mean[h]) + 1e-4 * se[h]) ||
                    !(fabs(a.sd[h] - se[h]) <= 1e-3 * se[h]))
                    fail_msg("%s step %d: %g (%g), R has %g (%g)", c.name, (int)h + 1, a.mean[h],
                             a.sd[h], mean[h], se[h]);
            }
            same++;
        }
        norni_arena_clear(&b.arena);
        seen++;
    }
    assert_int_equal(seen, 18);
    assert_true(same >= 14);
}

static double draw(uint64_t item, uint64_t k) {
    return norni_rng_normal((norni_rng){21, item}, k);
}

/* A seasonal walk with noise, a share of its values missing. */
static void make_series(uint64_t item, size_t n, size_t m, double missing, double *y) {
    double level = 20;
    for (size_t t = 0; t < n; t++) {
        level += 0.3 * draw(item, t);
        y[t] = level + 3 * (double)(t % m) / (double)m + 0.5 * draw(item, 5000 + t);
        if (norni_rng_uniform((norni_rng){22, item}, t) < missing) y[t] = NORNI_NAN;
    }
}

static const norni_arima_order orders[] = {
    {1, 0, 1, 0, 0, 0, 1}, {0, 1, 1, 0, 1, 1, 4}, {2, 1, 0, 1, 0, 1, 4},  {0, 2, 1, 0, 0, 0, 1},
    {1, 0, 2, 1, 1, 0, 4}, {3, 1, 1, 0, 0, 0, 1}, {0, 0, 1, 0, 1, 1, 12}, {0, 1, 0, 0, 0, 0, 1},
};
enum { N_ORDERS = sizeof orders / sizeof orders[0] };

static norni_arima_constant constant_for(const norni_arima_order *o) {
    return o->d + o->D == 0   ? NORNI_ARIMA_MEAN
           : o->d + o->D == 1 ? NORNI_ARIMA_DRIFT
                              : NORNI_ARIMA_NO_CONSTANT;
}

static void assert_close(const answer *a, const answer *b, double tol, const char *what,
                         uint64_t item) {
    for (size_t h = 0; h < H; h++) {
        if (!(fabs(a->mean[h] - b->mean[h]) <= tol * (1 + fabs(a->mean[h]))) ||
            !(fabs(a->sd[h] - b->sd[h]) <= tol * a->sd[h]))
            fail_msg("%s, item %d, step %d: %.12g (%.12g) and %.12g (%.12g)", what, (int)item,
                     (int)h + 1, a->mean[h], a->sd[h], b->mean[h], b->sd[h]);
    }
}

/* A model made of the first part and moved on by the rest, through bytes, is the one whose filter
 * ran over the whole at the same estimates. Pieces end inside gaps. */
static void check_moved(void **state) {
    (void)state;
    for (uint64_t item = 0; item < 6 * N_ORDERS; item++) {
        static const double shares[] = {0, 0.1, 0.4};
        const norni_arima_order o = orders[item % N_ORDERS];
        const size_t n = 70 + (size_t)(item % 5), part = 45 + (size_t)(item % 7);
        double y[80];
        bed b;
        answer a, whole, moved;
        norn_err err = {NORN_OK, ""};
        void *loaded = NULL;
        norni_buf kept;
        bed_make(&b);
        norni_buf_init(&kept, &b.alloc);
        make_series(item, n, (size_t)o.m, shares[item / N_ORDERS % 3], y);
        for (size_t t = 0; t < 14;
             t++) /* the start is whole: its unknowns would be estimated anew */
            if (isnan(y[t])) y[t] = 20;
        norni_series s = {.n = part, .y = y, .n_season = o.m > 1, .season = &o.m, .horizon = H};
        answer_or_fail(&b, &s, o, constant_for(&o), &a);
        s.n = n;
        whole = moved = a;
        if (norni_arima_state_make(&b.env, &s, &a.fit, &whole.state, &err))
            fail_msg("%s", err.text);
        norni_dist d = {.horizon = H, .mean = whole.mean, .sd = whole.sd};
        if (norni_arima_predict(&b.env, whole.state, 0, H, true, &d, &err))
            fail_msg("%s", err.text);
        assert_int_equal(norni_arima_save(a.state, 0, &kept, &err), NORN_OK);
        const norni_str bytes = {kept.p, kept.n};
        if (norni_arima_load(&b.env, NULL, bytes, &loaded, &err)) fail_msg("%s", err.text);
        for (size_t t = part; t < n;) {
            const size_t piece = t + 9 < n ? 9 : n - t;
            const norni_series more = {.n = piece, .y = y + t, .horizon = H};
            if (norni_arima_update(&b.env, loaded, &more, &err)) fail_msg("%s", err.text);
            t += piece;
        }
        d = (norni_dist){.horizon = H, .mean = moved.mean, .sd = moved.sd};
        if (norni_arima_predict(&b.env, loaded, 0, H, true, &d, &err)) fail_msg("%s", err.text);
        /* the variance is that of the fit, the whole's has more values in it */
        for (size_t h = H; h-- > 0;) {
            moved.sd[h] /= moved.sd[0];
            whole.sd[h] /= whole.sd[0];
        }
        assert_close(&whole, &moved, 1e-8, "moved on", item);
        norni_buf_clear(&kept);
        norni_arena_clear(&b.arena);
    }
}

/* Bytes that end early or are changed: refused, or taken for what they say, never a crash. */
static void check_damage(void **state) {
    (void)state;
    double y[60];
    bed b;
    answer a;
    norn_err err = {NORN_OK, ""};
    norni_buf kept;
    bed_make(&b);
    norni_buf_init(&kept, &b.alloc);
    make_series(3, 60, 4, 0.1, y);
    y[0] = 20;
    const norni_series s = {.n = 60, .y = y, .n_season = 1, .season = &orders[1].m, .horizon = H};
    answer_or_fail(&b, &s, orders[1], NORNI_ARIMA_NO_CONSTANT, &a);
    assert_int_equal(norni_arima_save(a.state, 0, &kept, &err), NORN_OK);
    for (size_t n = 0; n < kept.n; n++) {
        void *loaded = NULL;
        assert_int_equal(norni_arima_load(&b.env, NULL, (norni_str){kept.p, n}, &loaded, &err),
                         NORN_E_FORMAT);
    }
    for (size_t k = 0; k < 4000; k++) {
        const size_t at = (size_t)(norni_rng_u64((norni_rng){23, 0}, k) % kept.n);
        const char before = kept.p[at];
        void *loaded = NULL;
        const norni_arena_mark mark = norni_arena_mark_get(&b.arena);
        kept.p[at] = (char)norni_rng_u64((norni_rng){24, 0}, k);
        if (norni_arima_load(&b.env, NULL, (norni_str){kept.p, kept.n}, &loaded, &err) == NORN_OK) {
            norni_dist d = {.horizon = H, .mean = a.mean, .sd = a.sd};
            (void)!norni_arima_predict(&b.env, loaded, 0, H, true, &d, &err);
            (void)!norni_arima_update(&b.env, loaded, &(norni_series){.n = 20, .y = y}, &err);
        }
        kept.p[at] = before;
        norni_arena_rewind(&b.arena, mark);
    }
    norni_buf_clear(&kept);
    norni_arena_clear(&b.arena);
}

/* Values missing at the end: the forecasts of the series without them, further on. */
static void check_tail(void **state) {
    (void)state;
    for (uint64_t item = 0; item < N_ORDERS; item++) {
        const norni_arima_order o = orders[item];
        double y[70], mean[H + 5], sd[H + 5];
        bed b;
        answer a, late;
        norn_err err = {NORN_OK, ""};
        bed_make(&b);
        make_series(item, 60, (size_t)o.m, 0, y);
        norni_series s = {.n = 60, .y = y, .n_season = o.m > 1, .season = &o.m, .horizon = H};
        answer_or_fail(&b, &s, o, constant_for(&o), &a);
        norni_dist d = {.horizon = H + 5, .mean = mean, .sd = sd};
        if (norni_arima_predict(&b.env, a.state, 0, H + 5, true, &d, &err))
            fail_msg("%s", err.text);
        for (size_t t = 60; t < 65; t++)
            y[t] = NORNI_NAN;
        s.n = 65;
        answer_or_fail(&b, &s, o, constant_for(&o), &late);
        assert_true(fabs(late.fit.loglik - a.fit.loglik) <= 1e-9 * fabs(a.fit.loglik));
        for (size_t h = 0; h < H; h++) {
            assert_true(fabs(late.mean[h] - mean[h + 5]) <= 1e-9 * fabs(mean[h + 5]));
            assert_true(fabs(late.sd[h] - sd[h + 5]) <= 1e-9 * sd[h + 5]);
        }
        /* and in front: a drift counts on, nothing else knows */
        double padded[80];
        for (size_t t = 0; t < 70; t++)
            padded[t] = t < 10 ? NORNI_NAN : y[t - 10];
        s.y = padded;
        s.n = 70;
        answer_or_fail(&b, &s, o, constant_for(&o), &late);
        for (size_t h = 0; h < H; h++)
            assert_true(fabs(late.mean[h] - a.mean[h]) <= 1e-7 * fabs(a.mean[h]));
        norni_arena_clear(&b.arena);
    }
}

/* One-step values: each equals the forecast of a model made of what stands before it. */
static void check_fitted(void **state) {
    (void)state;
    for (uint64_t item = 0; item < N_ORDERS; item++) {
        const norni_arima_order o = orders[item];
        const size_t lost = (size_t)(o.d + o.m * o.D);
        double y[60], fitted[60];
        bed b;
        answer a;
        norn_err err = {NORN_OK, ""};
        bed_make(&b);
        make_series(item, 60, (size_t)o.m, item % 2 ? 0.15 : 0, y);
        for (size_t t = 0; t < 13; t++)
            if (isnan(y[t])) y[t] = 20;
        norni_series s = {.n = 60, .y = y, .n_season = o.m > 1, .season = &o.m, .horizon = H};
        answer_or_fail(&b, &s, o, constant_for(&o), &a);
        assert_int_equal(norni_arima_fitted(&b.env, a.state, 0, fitted, &err), NORN_OK);
        for (size_t t = 0; t < 60; t++) {
            if (t < lost) {
                assert_true(isnan(fitted[t]));
                continue;
            }
            if (t < lost + 1 || isnan(y[t - 1])) continue; /* a model ends with an observation */
            norni_arima_state *before = NULL;
            double mean = 0, sd = 0;
            s.n = t;
            norni_dist d = {.horizon = 1, .mean = &mean, .sd = &sd};
            if (norni_arima_state_make(&b.env, &s, &a.fit, &before, &err) ||
                norni_arima_predict(&b.env, before, 0, 1, true, &d, &err))
                fail_msg("item %d at %d: %s", (int)item, (int)t, err.text);
            assert_true(fabs(fitted[t] - mean) <= 1e-8 * (1 + fabs(mean)));
        }
        norni_arena_clear(&b.arena);
    }
}

/* The variances ahead at known estimates, where the filter is far from settled: a walk's and a
 * short autoregression's are known. */
static void check_variance(void **state) {
    (void)state;
    const double y[] = {3, 1, 4, 1, 5};
    bed b;
    norn_err err = {NORN_OK, ""};
    norni_arima_state *made = NULL;
    double mean[H], sd[H], theta = 0.9;
    norni_dist d = {.horizon = H, .mean = mean, .sd = sd};
    bed_make(&b);
    /* (0,0,1): F_6 of the recursion F' = 1 + theta^2 - theta^2 / F; further ahead 1 + theta^2 */
    norni_arima_fit fit = {.order = {0, 0, 1, 0, 0, 0, 1},
                           .n_coef = 1,
                           .coef = &theta,
                           .n_used = 5,
                           .method = NORNI_ARIMA_ML};
    const norni_series s = {.n = 5, .y = y, .horizon = H};
    assert_int_equal(norni_arima_state_make(&b.env, &s, &fit, &made, &err), NORN_OK);
    assert_int_equal(norni_arima_predict(&b.env, made, 0, H, true, &d, &err), NORN_OK);
    double f = 1 + theta * theta, squares = 0, a = 0;
    for (size_t t = 0; t < 5; t++) {
        const double v = y[t] - a;
        squares += v * v / f;
        a = theta * v / f;
        f = 1 + theta * theta - theta * theta / f;
    }
    const double sigma2 = squares / 4;
    assert_true(fabs(mean[0] - a) <= 1e-12);
    assert_true(fabs(sd[0] - sqrt(sigma2 * f)) <= 1e-12 * sd[0]);
    assert_true(fabs(sd[1] - sqrt(sigma2 * (1 + theta * theta))) <= 1e-12 * sd[1]);
    /* (0,1,1) of theta = -1 exactly: the mean of all, with its own variance. */
    theta = -1;
    fit.order = (norni_arima_order){0, 1, 1, 0, 0, 0, 1};
    fit.n_used = 4;
    assert_int_equal(norni_arima_state_make(&b.env, &s, &fit, &made, &err), NORN_OK);
    assert_int_equal(norni_arima_predict(&b.env, made, 0, H, true, &d, &err), NORN_OK);
    for (size_t h = 0; h < H; h++) {
        assert_true(fabs(mean[h] - 2.8) <= 1e-12);
        assert_true(fabs(sd[h] / sd[0] - 1) <= 1e-12);
    }
    /* of 5 values about their mean: 12.8 squares, 3 left of them, 1 + 1/5 */
    assert_true(fabs(sd[0] - sqrt(12.8 / 3 * 1.2)) <= 1e-12);
    norni_arena_clear(&b.arena);
}

/* White noise about regressors is ordinary least squares: standard errors by the normal equations. */
static void check_errors(void **state) {
    (void)state;
    enum { N = 40 };
    double y[N], a[N], c[N], gram[3][6] = {{0}};
    const double *const x[2] = {a, c};
    bed b;
    norni_arima_fit fit;
    fill_wave(a, c, 1, N);
    for (size_t t = 0; t < N; t++) {
        a[t] = 1000 + a[t];
        y[t] = 5 + 2 * a[t] - c[t] + draw(77, t);
        const double row[3] = {1, a[t], c[t]};
        for (size_t i = 0; i < 3; i++) {
            gram[i][3 + i] = 1;
            for (size_t j = 0; j < 3; j++)
                gram[i][j] += row[i] * row[j];
        }
    }
    for (size_t k = 0; k < 3; k++) { /* Gauss and Jordan */
        const double pivot = gram[k][k];
        for (size_t j = 0; j < 6; j++)
            gram[k][j] /= pivot;
        for (size_t i = 0; i < 3; i++) {
            const double s = gram[i][k];
            for (size_t j = 0; j < 6 && i != k; j++)
                gram[i][j] -= s * gram[k][j];
        }
    }
    bed_make(&b);
    const norni_arima_data data = {N, y, 2, x};
    const norni_arima_order white = {.m = 1};
    for (int css = 0; css < 2; css++) {
        assert_int_equal(
            norni_arima_fit_run(&b.env, &data, white, NORNI_ARIMA_MEAN,
                                css ? NORNI_ARIMA_CSS : NORNI_ARIMA_ML, NULL, &fit, NULL),
            NORN_OK);
        for (size_t i = 0; i < 3; i++) {
            const double se = sqrt(fit.sigma2 * gram[i][3 + i]);
            assert_true(fabs(fit.se[i] - se) <= 1e-5 * se); /* the normal equations lose digits */
        }
    }
    norni_arena_clear(&b.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_fits),   cmocka_unit_test(check_moved),
        cmocka_unit_test(check_damage), cmocka_unit_test(check_tail),
        cmocka_unit_test(check_fitted), cmocka_unit_test(check_variance),
        cmocka_unit_test(check_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
