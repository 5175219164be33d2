/* The naive family, theta, acf and decompose against R's numbers; missing values, short and extreme series; Theta's optimum. */
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

#include "eval/levels.h"
#include "models/naive/naive.h"
#include "models/theta/theta.h"
#include "num/decompose.h"

enum { MOST = 1024, H = 15 };

typedef struct answer {
    norn_status status;
    double mean[H], lo[H], hi[H], fitted[MOST];
    char text[512];
    norn_err err;
} answer;

static answer run_model(const norni_model *model, const char *args, const double *y, size_t n,
                        int32_t m) {
    answer a;
    memset(&a, 0, sizeof a);
    norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    void *opt = norni_arena_zero(&arena, 1, model->opt_size + 1);
    assert_int_equal(norni_param_defaults(model->params, model->n_params, opt, &arena, NULL),
                     NORN_OK);
    if (args) {
        const char *eq = strchr(args, '=');
        const norni_param *row = norni_param_find(model->params, model->n_params,
                                                  (norni_str){args, (size_t)(eq - args)});
        assert_int_equal(norni_param_set(row, opt, norni_str_of(eq + 1), &arena, model->name, NULL),
                         NORN_OK);
    }
    const norni_series s = {.n = n, .y = y, .n_season = m > 1, .season = &m, .horizon = H};
    const norni_group group = {1, &s};
    norni_env env = {.arena = &arena, .seed = 1, .item = 2};
    void *state = NULL;
    double sd[H];
    norni_dist d = {.horizon = H, .mean = a.mean, .sd = sd};
    a.status = model->fit(&env, opt, &group, &state, &a.err);
    if (a.status == NORN_OK) a.status = model->predict(&env, state, 0, H, true, &d, &a.err);
    if (a.status == NORN_OK) {
        norni_levels(&d, 95, a.lo, a.hi);
        assert_int_equal(model->fitted(&env, state, 0, a.fitted, &a.err), NORN_OK);
        model->describe(state, 0, a.text, sizeof a.text);
    }
    norni_arena_clear(&arena);
    return a;
}

static size_t read_numbers(char *text, double *out) {
    size_t n = 0;
    char *save = NULL;
    for (char *t = strtok_r(text, " \n", &save); t && n < MOST; t = strtok_r(NULL, " \n", &save))
        out[n++] = strtod(t, NULL);
    return n;
}

/* Relative to the larger of the two, with a floor for values near 0. */
static void near(const char *what, size_t i, double got, double want, double tolerance) {
    if (fabs(got - want) > tolerance * (fabs(want) + 1e-6))
        fail_msg("%s[%zu]: %.17g, R has %.17g", what, i, got, want);
}

static const norni_model *model_of(const char *name) {
    static const norni_model *const all[] = {&norni_model_naive, &norni_model_seasonal_naive,
                                             &norni_model_drift, &norni_model_theta};
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(name, all[i]->name) == 0) return all[i];
    }
    return NULL;
}

/* Closed forms to 1e-9; theta to 1e-4, since R's SES stops within 1e-4 of its optimum (notes on its optimiser). */
static void agree_with_r(void **state) {
    (void)state;
    static char line[1 << 16];
    double y[MOST], want[MOST], got[MOST], scratch[MOST + 64];
    size_t n = 0, checked = 0;
    FILE *f = fopen(SIMPLE_FIXTURE, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') continue;
        char *kind = line, *name = strchr(kind, ','), *season = strchr(name + 1, ','),
             *numbers = strchr(season + 1, ',');
        *name = *season = *numbers = '\0';
        const int32_t m = (int32_t)strtol(season + 1, NULL, 10);
        const size_t k = read_numbers(numbers + 1, want);
        if (strcmp(kind, "y") == 0) {
            memcpy(y, want, k * sizeof *y);
            n = k;
            continue;
        }
        checked++;
        if (strcmp(kind, "acf") == 0) {
            norni_acf(y, n, k, got);
            for (size_t i = 0; i < k; i++)
                near("acf", i, got[i], want[i], 1e-9);
        } else if (strncmp(kind, "decompose", 9) == 0) {
            assert_true(norni_decompose(y, n, m, strstr(kind, "mul") != NULL, got, NULL, scratch));
            for (size_t i = 0; i < k; i++)
                near(kind, i, got[i], want[i], 1e-9);
        } else {
            const bool theta = strstr(kind, "theta") != NULL;
            const answer a = run_model(model_of(strchr(kind, ':') + 1), NULL, y, n, m);
            assert_int_equal(a.status, NORN_OK);
            const double *mine = strncmp(kind, "mean", 4) == 0 ? a.mean : a.hi;
            for (size_t i = 0; i < k; i++)
                near(kind, i, mine[i], want[i], theta ? 1e-4 : 1e-9);
        }
    }
    fclose(f);
    assert_true(checked > 90);
}

static const norni_model *const every[] = {
    &norni_model_naive,          &norni_model_naive2,
    &norni_model_seasonal_naive, &norni_model_drift,
    &norni_model_mean,           &norni_model_window_average,
    &norni_model_theta,          &norni_model_opt_theta,
    &norni_model_dynamic_theta,  &norni_model_dynamic_opt_theta,
    &norni_model_auto_theta};
enum { N_EVERY = sizeof every / sizeof every[0] };

static void finite_or_refused(const char *what, const double *y, size_t n, int32_t m) {
    for (size_t i = 0; i < N_EVERY; i++) {
        const answer a = run_model(every[i], NULL, y, n, m);
        if (a.status != NORN_OK) {
            assert_int_equal(a.status, NORN_E_DATA);
            assert_non_null(strstr(a.err.text, ": "));
            continue;
        }
        for (size_t h = 0; h < H; h++) {
            if (!isfinite(a.mean[h]))
                fail_msg("%s on %s: step %zu is %g", every[i]->name, what, h + 1, a.mean[h]);
            if (isfinite(a.lo[h]) && !(a.lo[h] <= a.hi[h]))
                fail_msg("%s on %s: interval turned round", every[i]->name, what);
        }
    }
}

static void hard_series(void **state) {
    (void)state;
    double y[60];
    const double scales[] = {1, 0, -5, 1e300, 1e-300, 1e15};
    for (size_t k = 0; k < sizeof scales / sizeof scales[0]; k++) {
        for (size_t t = 0; t < 60; t++)
            y[t] = scales[k] * (1 + 0.1 * (double)(t % 12) + 0.01 * (double)t);
        for (size_t n = 1; n <= 60; n += n < 6 ? 1 : 9)
            finite_or_refused("a scaled series", y, n, 12);
        for (size_t t = 0; t < 60; t++)
            y[t] = scales[k];
        finite_or_refused("a constant", y, 60, 12);
    }
    for (size_t t = 0; t < 60; t++)
        y[t] = t % 5 ? 0 : 3;
    finite_or_refused("mostly zeros", y, 60, 12);
    for (size_t t = 0; t < 60; t++)
        y[t] = NAN;
    for (size_t i = 0; i < N_EVERY; i++)
        assert_int_equal(run_model(every[i], NULL, y, 60, 12).status, NORN_E_DATA);
    y[17] = 4;
    finite_or_refused("one value", y, 60, 12);
}

static void missing_values(void **state) {
    (void)state;
    const double y[8] = {1, 2, 3, 4, 5, NAN, 7, NAN};
    const answer naive = run_model(&norni_model_naive, NULL, y, 8, 1);
    assert_true(naive.mean[0] == 7 && naive.fitted[6] == 5 && isnan(naive.fitted[0]));
    const answer seasonal = run_model(&norni_model_seasonal_naive, NULL, y, 8, 4);
    assert_true(seasonal.mean[0] == 5 && seasonal.mean[1] == 2 && seasonal.mean[2] == 7 &&
                seasonal.mean[3] == 4);
    const answer drift = run_model(&norni_model_drift, NULL, y, 8, 1);
    assert_true(fabs(drift.mean[0] - 9) < 1e-12); /* the line goes on through the gap */
    const answer window = run_model(&norni_model_window_average, "window=3", y, 8, 1);
    assert_true(fabs(window.mean[0] - 16.0 / 3) < 1e-12);
}

/* The exact solution for level and weight must not lose to any of many other choices on a rough search over all three. */
static void optimum_of_theta(void **state) {
    (void)state;
    double y[40], best = INFINITY;
    for (size_t t = 0; t < 40; t++)
        y[t] = 50 + 1.3 * (double)t + 9 * sin(1.7 * (double)t) + (t % 7 == 2 ? 6 : 0);
    const answer a = run_model(&norni_model_opt_theta, NULL, y, 40, 1);
    assert_int_equal(a.status, NORN_OK);
    const double sse = strtod(strstr(a.text, "sse=") + 4, NULL);
    double level, slope;
    norni_line_fit(y, 40, &level, &slope);
    for (double alpha = 0.1; alpha <= 0.99; alpha += 0.01) {
        for (double w = 0; w <= 1; w += 0.05) {
            for (double l0 = 0; l0 <= 100; l0 += 1) {
                double l = l0, c = 1, total = 0;
                for (size_t t = 0; t < 40; t++) {
                    const double mu = l + w * (level * c + slope * (1 - c * (1 - alpha)) / alpha);
                    if (t >= 3) total += (y[t] - mu) * (y[t] - mu);
                    l = alpha * y[t] + (1 - alpha) * l;
                    c *= 1 - alpha;
                }
                if (total < best) best = total;
            }
        }
    }
    assert_true(sse <= best * (1 + 1e-9));
    assert_true(sse > 0.9 * best); /* and the search came near it: the objective is the same one */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agree_with_r), cmocka_unit_test(hard_series),
        cmocka_unit_test(missing_values), cmocka_unit_test(optimum_of_theta)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
