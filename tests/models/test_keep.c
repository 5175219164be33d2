/* Models kept and taken up again: equal bits, updates that equal the filter over all, damage. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/ets/ets_state.h"
#include "models/naive/naive.h"
#include "models/theta/theta.h"
#include "models/theta/theta_ahead.h"
#include "shared_arena.h"

enum { H = 15, MOST = 160 };

typedef struct keep_case {
    const norni_model *model;
    const char *name, *value; /* one parameter, or NULL */
} keep_case;

static const keep_case cases[] = {
    {&norni_model_naive, NULL, NULL},
    {&norni_model_naive2, NULL, NULL},
    {&norni_model_seasonal_naive, NULL, NULL},
    {&norni_model_drift, NULL, NULL},
    {&norni_model_mean, NULL, NULL},
    {&norni_model_window_average, "window", "5"},
    {&norni_model_ses, NULL, NULL},
    {&norni_model_holt, NULL, NULL},
    {&norni_model_holt, "damped", "true"},
    {&norni_model_holt_winters, NULL, NULL},
    {&norni_model_ets, "trend", "A"},
    {&norni_model_ets, "error", "M"},
    {&norni_model_auto_ets, NULL, NULL},
    {&norni_model_auto_ets, "simulate", "true"},
    {&norni_model_auto_ets, "multiplicative-trend", "true"},
    {&norni_model_theta, NULL, NULL},
    {&norni_model_theta, "season", "additive"},
    {&norni_model_opt_theta, NULL, NULL},
    {&norni_model_dynamic_theta, NULL, NULL},
    {&norni_model_dynamic_opt_theta, NULL, NULL},
    {&norni_model_auto_theta, NULL, NULL},
};
enum { N_CASES = sizeof cases / sizeof cases[0], N_SERIES = 8 };

/* Series number k (up to MOST points); *m is its season. */
static size_t make_series(size_t k, double *y, int32_t *m) {
    static const double size[] = {1, 1, 1, 1, 1e300, 1e-300, 1, 1};
    static const size_t length[] = {120, 97, 60, 40, 72, 72, 3, 80};
    const norni_rng rng = {11, k};
    double level = 100;
    *m = k == 3 ? 1 : 12;
    for (size_t t = 0; t < length[k]; t++) {
        level += 0.4 + norni_rng_normal(rng, t);
        const double season = k == 3 ? 0 : 15 * norni_sin(0.5235987755982988 * (double)t);
        y[t] = (level + season) * size[k];
        if (k == 1 && (t % 13 == 5 || t > 93)) y[t] = NORNI_NAN; /* and missing at the end */
        if (k == 2) y[t] -= 110;                                 /* both signs */
        if (k == 7) y[t] = 42;
    }
    return length[k];
}

typedef struct kept {
    const keep_case *c;
    void *opt;
    int32_t m;
    norni_series s;
    norni_env env;
    norn_err err;
} kept;

static void prepare(kept *k, const keep_case *c, const double *y, size_t n, int32_t m) {
    *k = (kept){.c = c, .m = m};
    norni_arena_reset(&arena);
    k->opt = norni_arena_zero(&arena, 1, c->model->opt_size + 1);
    assert_int_equal(
        norni_param_defaults(c->model->params, c->model->n_params, k->opt, &arena, &k->err),
        NORN_OK);
    if (c->name) {
        const norni_param *row =
            norni_param_find(c->model->params, c->model->n_params, norni_str_of(c->name));
        assert_non_null(row);
        assert_int_equal(
            norni_param_set(row, k->opt, norni_str_of(c->value), &arena, "test", &k->err), NORN_OK);
    }
    k->s = (norni_series){.n = n, .y = y, .n_season = m > 1, .season = &k->m, .horizon = H};
    k->env = (norni_env){.arena = &arena, .seed = 5, .item = 77};
}

static void *fit(kept *k, norn_status *st) {
    void *state = NULL;
    const norni_group group = {1, &k->s};
    k->s.season = &k->m;
    *st = k->c->model->validate ? k->c->model->validate(k->opt, &k->s, &k->err) : NORN_OK;
    if (*st == NORN_OK) *st = k->c->model->fit(&k->env, k->opt, &group, &state, &k->err);
    return state;
}

/* Everything that a forecast shows, as bytes. */
static norni_buf answer(kept *k, const void *state) {
    norni_buf b;
    char text[512] = "";
    double mean[H] = {0}, sd[H] = {0};
    norni_dist d = {.horizon = H, .mean = mean, .sd = sd};
    const norn_status st = k->c->model->predict(&k->env, state, 0, H, true, &d, &k->err);
    norni_buf_init(&b, &alloc);
    k->c->model->describe(state, 0, text, sizeof text);
    norni_buf_add(&b, &st, sizeof st);
    norni_buf_add(&b, &d.kind, sizeof d.kind);
    norni_buf_text(&b, text);
    if (st == NORN_OK) {
        for (size_t h = 0; h < H; h++)
            assert_true(isfinite(mean[h]));
        norni_buf_add(&b, mean, sizeof mean);
        if (d.kind == NORNI_DIST_NORMAL) norni_buf_add(&b, sd, sizeof sd);
        if (d.kind == NORNI_DIST_PATHS) norni_buf_add(&b, d.paths, H * d.n_paths * sizeof(double));
    }
    assert_false(b.failed);
    return b;
}

static void same_and_drop(norni_buf a, norni_buf b, const char *what, const kept *k) {
    if (a.n != b.n || memcmp(a.p, b.p, a.n) != 0)
        fail_msg("%s: %s(%s)", what, k->c->model->name, k->c->value ? k->c->value : "");
    norni_buf_clear(&a);
    norni_buf_clear(&b);
}

static void save(const kept *k, const void *state, norni_buf *b) {
    b->n = 0;
    assert_int_equal(k->c->model->save(state, 0, b, NULL), NORN_OK);
}

static norn_status load(kept *k, const char *p, size_t n, void **state) {
    /* a block of just this size, so that a read behind it is seen */
    char *own = norni_alloc_get(&alloc, n, 1);
    assert_non_null(own);
    if (n > 0) memcpy(own, p, n);
    const norn_status st = k->c->model->load(&k->env, k->opt, (norni_str){own, n}, state, &k->err);
    norni_alloc_drop(&alloc, own, n, 1);
    return st;
}

static void loaded_forecasts_are_the_same(void **state) {
    (void)state;
    double y[MOST];
    size_t largest = 0, checked = 0;
    norni_buf b, again;
    norni_buf_init(&b, &alloc);
    norni_buf_init(&again, &alloc);
    for (size_t i = 0; i < N_CASES * N_SERIES; i++) {
        kept k;
        int32_t m;
        norn_status st;
        void *back = NULL;
        const size_t n = make_series(i % N_SERIES, y, &m);
        prepare(&k, &cases[i / N_SERIES], y, n, m);
        const void *fitted = fit(&k, &st);
        if (st != NORN_OK) continue; /* too short for the form, or not positive */
        save(&k, fitted, &b);
        assert_int_equal(load(&k, b.p, b.n, &back), NORN_OK);
        same_and_drop(answer(&k, fitted), answer(&k, back), "loaded", &k);
        save(&k, back, &again);
        assert_int_equal(again.n, b.n);
        assert_memory_equal(again.p, b.p, b.n);
        largest = b.n > largest ? b.n : largest;
        checked++;
    }
    assert_true(checked > N_CASES * N_SERIES * 3 / 4);
    assert_true(largest < 1400);
    norni_buf_clear(&b);
    norni_buf_clear(&again);
}

/* The last states that one filter over all of y has, with the parameters of the fit to its head. */
static void check_ets_filter(const void *head, const void *moved, const double *y, size_t n) {
    const ets_state *a = head, *b = moved;
    double scaled[MOST], states[MOST];
    norni_ets_fitness fitness;
    const size_t bytes = ets_n_states(a->form, a->m) * sizeof(double);
    memcpy(states, a->start, bytes);
    for (size_t t = 0; t < n; t++)
        scaled[t] = ldexp(y[t], -a->exponent);
    assert_true(norni_ets_loglik(a->form, a->m, &a->par, states, scaled, n, NULL, &fitness));
    assert_memory_equal(states, b->last, bytes);
    assert_int_equal(b->n, n);
}

static void check_theta_filter(const void *head, const void *moved, const double *y, size_t n) {
    const theta_state *a = head, *b = moved;
    double x[MOST], line[2 * MOST];
    theta_data d = {.x = x, .line_a = line, .line_b = line + MOST};
    for (size_t t = 0; t < n; t++) {
        x[t] = norni_theta_adjust(a, y[t], t);
        if (!isnan(x[t])) d.n = t + 1;
    }
    norni_theta_lines(&d, norni_theta_is_dynamic(a->fit.kind));
    for (size_t t = 0; t < n && !norni_theta_is_dynamic(a->fit.kind); t++)
        line[t] = a->line.a, line[MOST + t] = a->line.b; /* a parameter: it stays */
    theta_fit f = a->fit;
    norni_theta_pass(&d, &f, NULL);
    assert_memory_equal(&f.level, &b->fit.level, sizeof f.level);
    assert_memory_equal(&f.power, &b->fit.power, sizeof f.power);
    assert_true(b->n == n && b->data.n == d.n);
}

/* What a fit to all would forecast, where a model has no other parameters than its variance. */
static void check_carried(kept *k, const void *moved, const double *y, size_t n) {
    double mean[2][H], sd[H];
    norni_dist d[2] = {{.horizon = H, .mean = mean[0], .sd = sd},
                       {.horizon = H, .mean = mean[1], .sd = sd}};
    norn_status st;
    k->s.y = y;
    k->s.n = n;
    const void *whole = fit(k, &st);
    assert_int_equal(st, NORN_OK);
    assert_int_equal(k->c->model->predict(&k->env, moved, 0, H, false, &d[0], NULL), NORN_OK);
    assert_int_equal(k->c->model->predict(&k->env, whole, 0, H, false, &d[1], NULL), NORN_OK);
    for (size_t h = 0; h < H; h++) {
        if (k->c->model == &norni_model_mean) /* a running mean instead of one sum */
            assert_true(fabs(mean[0][h] - mean[1][h]) <= 1e-13 * fabs(mean[1][h]));
        else
            assert_memory_equal(&mean[0][h], &mean[1][h], sizeof(double));
    }
}

static void moved_on_is_the_filter(void **state) {
    (void)state;
    double y[MOST];
    norni_buf b;
    norni_buf_init(&b, &alloc);
    for (size_t i = 0; i < N_CASES * N_SERIES; i++) {
        kept k;
        int32_t m;
        norn_status st;
        void *one = NULL, *many = NULL;
        const keep_case *c = &cases[i / N_SERIES];
        const size_t n = make_series(i % N_SERIES, y, &m), head = n - n / 4;
        prepare(&k, c, y, head, m);
        const void *fitted = fit(&k, &st);
        if (st != NORN_OK) continue;
        if (i % N_SERIES == 0) y[head + 1] = y[head + 2] = y[n - 1] = NORNI_NAN;
        save(&k, fitted, &b);
        assert_int_equal(load(&k, b.p, b.n, &one), NORN_OK);
        assert_int_equal(load(&k, b.p, b.n, &many), NORN_OK);
        norni_series more = {.n = n - head, .y = y + head};
        assert_int_equal(c->model->update(&k.env, one, &more, &k.err), NORN_OK);
        for (size_t t = head, step = 1; t < n; t += more.n, step++) { /* piece by piece */
            more = (norni_series){.n = t + step < n ? step : n - t, .y = y + t};
            assert_int_equal(c->model->update(&k.env, many, &more, &k.err), NORN_OK);
            save(&k, many, &b); /* and through a file each time */
            assert_int_equal(load(&k, b.p, b.n, &many), NORN_OK);
        }
        if (strstr(c->model->name, "theta"))
            check_theta_filter(fitted, one, y, n);
        else if (i / N_SERIES >= 6)
            check_ets_filter(fitted, one, y, n);
        else if (c->model != &norni_model_drift && c->model != &norni_model_naive2)
            check_carried(&k, one, y, n);
        same_and_drop(answer(&k, one), answer(&k, many), "moved on", &k);
    }
    norni_buf_clear(&b);
}

/* drift goes on with its old slope from the newest value; nothing else of it moves. */
static void drift_keeps_its_slope(void **state) {
    (void)state;
    const double y[] = {1, 3, 2, 7, 20, NORNI_NAN};
    double mean[H], sd[H];
    norni_dist d = {.horizon = H, .mean = mean, .sd = sd};
    kept k;
    norn_status st;
    const keep_case c = {&norni_model_drift, NULL, NULL};
    prepare(&k, &c, y, 4, 1);
    void *drift = fit(&k, &st);
    assert_int_equal(st, NORN_OK);
    const norni_series more = {.n = 2, .y = y + 4};
    assert_int_equal(c.model->update(&k.env, drift, &more, NULL), NORN_OK);
    assert_int_equal(c.model->predict(&k.env, drift, 0, H, false, &d, NULL), NORN_OK);
    for (size_t h = 0; h < H; h++) /* slope 2; one period passed without a value */
        assert_true(mean[h] == 20 + 2 * (double)(h + 2));
}

static void damage_is_noticed(void **state) {
    (void)state;
    double y[MOST];
    norni_buf b;
    size_t refused = 0, tried = 0;
    norni_buf_init(&b, &alloc);
    for (size_t i = 0; i < N_CASES; i++) {
        kept k;
        int32_t m;
        norn_status st;
        void *back = NULL;
        const size_t n = make_series(0, y, &m);
        prepare(&k, &cases[i], y, n, m);
        const void *fitted = fit(&k, &st);
        assert_int_equal(st, NORN_OK);
        save(&k, fitted, &b);
        for (size_t cut = 0; cut < b.n; cut++)
            assert_int_equal(load(&k, b.p, cut, &back), NORN_E_FORMAT);
        norni_buf_add(&b, "", 1);
        assert_int_equal(load(&k, b.p, b.n, &back), NORN_E_FORMAT);
        b.n--;
        for (size_t at = 0; at < b.n; at++) { /* a number may change unseen; nothing else happens */
            b.p[at] ^= (char)(1 << at % 8);
            st = load(&k, b.p, b.n, &back);
            assert_true(st == NORN_OK || st == NORN_E_FORMAT);
            refused += st != NORN_OK;
            tried++;
            if (st == NORN_OK) {
                double mean[H], sd[H];
                norni_dist d = {.horizon = H, .mean = mean, .sd = sd};
                const norni_series more = {.n = 6, .y = y};
                st = k.c->model->predict(&k.env, back, 0, H, false, &d, NULL);
                assert_true(st == NORN_OK || st == NORN_E_NUMERIC);
                st = k.c->model->update(&k.env, back, &more, NULL);
                assert_true(st == NORN_OK || st == NORN_E_DATA);
            }
            b.p[at] ^= (char)(1 << at % 8);
        }
        for (size_t j = 0; j < N_CASES; j++) { /* another model's */
            kept other;
            const norni_model *was = cases[i].model, *is = cases[j].model;
            char *blob = norni_alloc_get(&alloc, b.n, 1);
            memcpy(blob, b.p, b.n);
            prepare(&other, &cases[j], y, n, m);
            st = load(&other, blob, b.n, &back);
            if (was == is && i == j) assert_int_equal(st, NORN_OK);
            if (strstr(was->name, "theta") && !strstr(is->name, "theta"))
                assert_int_equal(st, NORN_E_FORMAT);
            if (i < 6 && was != is) assert_int_equal(st, NORN_E_FORMAT);
            norni_alloc_drop(&alloc, blob, b.n, 1);
        }
    }
    assert_true(refused > tried / 10);
    norni_buf_clear(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loaded_forecasts_are_the_same), cmocka_unit_test(moved_on_is_the_filter),
        cmocka_unit_test(drift_keeps_its_slope), cmocka_unit_test(damage_is_noticed)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
