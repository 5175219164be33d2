/* The automatic ARIMA search: R's choices, awkward series, bounds on the work, earlier fits. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Fixture: R 4.2.2, forecast 8.20 (tests/oracle/make_auto_arima.R). R's search stops at optima that
 * its numeric gradients reach to about 1e-5 in the log likelihood, and passes over models without a
 * constant in one branch, so that a lower criterion is agreement; a higher one is not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/arima/arima_search.h"
#include "models/arima/auto_arima.h"
#include "run_model.h"
#include "shared_arena.h"

enum { MAX_N = 400, LINE = 1 << 14, AHEAD = 4 };

static const norni_model *const model = &norni_model_auto_arima;

/* One series with its options: what the search finds and what the model forecasts. */
typedef struct job {
    const char *settings;
    const double *y, *x; /* x (n + AHEAD) or NULL */
    size_t n;
    int32_t m;
    norni_effort *effort;
    norni_str warm;
} job;

static norni_series series_of(const job *j, const double *x[2]) {
    norni_series s = {
        .n = j->n, .y = j->y, .n_season = j->m > 1, .season = &j->m, .horizon = AHEAD};
    x[0] = j->x, x[1] = j->x ? j->x + j->n : NULL;
    if (j->x) s.n_x = 1, s.x = &x[0], s.x_future = &x[1];
    return s;
}

static norni_env env_of(const job *j) {
    return (norni_env){.arena = &arena, .seed = 1, .item = 2, .effort = j->effort, .warm = j->warm};
}

static arima_found search(const job *j) {
    const double *x[2];
    const norni_series s = series_of(j, x);
    const norni_arima_data data = {s.n, s.y, s.n_x, s.x};
    const arima_search_opt *o = options_of(model, j->settings);
    norni_env env = env_of(j);
    arima_found found;
    norn_err err = {0};
    const norn_status status = arima_search_run(&env, o, &data, j->m, NULL, &found, &err);
    if (status != NORN_OK) fail_msg("%s", err.text);
    return found;
}

static norn_status forecast(const job *j, double *mean, double *sd, void **state, norn_err *err) {
    const double *x[2];
    const norni_series s = series_of(j, x);
    const arima_search_opt *o = options_of(model, j->settings);
    norni_env env = env_of(j);
    norni_dist d = {.horizon = AHEAD, .mean = mean, .sd = sd};
    NORN_TRY(model->fit(&env, o, &(norni_group){1, &s}, state, err));
    return model->predict(&env, *state, 0, AHEAD, true, &d, err);
}

static double aicc_of(const norni_arima_fit *f) {
    const double k = (double)f->n_coef + 1, n = (double)f->n_used;
    return -2 * f->loglik + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

/* ---- R's choices ---- */

typedef struct fixture {
    char name[32];
    int32_t m;
    size_t n, n_x;
    double y[MAX_N], x[MAX_N];
} fixture;

static size_t read_numbers(char *p, double *out) {
    size_t n = 0;
    while (p && *p && n < MAX_N) {
        char *end;
        out[n] = strncmp(p, "NA", 2) ? strtod(p, &end) : (end = p + 2, (double)NAN);
        n++;
        p = *end == ',' ? end + 1 : NULL;
    }
    return n;
}

static void check_row(const fixture *f, char *line, int widen, size_t *n_same, size_t *n_better) {
    char *fields[20];
    size_t k = 0;
    for (char *p = line; p && k < 20; k++) {
        fields[k] = p;
        p = strchr(p, ',');
        if (p) *p++ = 0;
    }
    assert_true(k >= 13 + AHEAD);
    char settings[128];
    snprintf(settings, sizeof settings, "%s%swiden=%d", fields[2], *fields[2] ? ";" : "", widen);
    const job j = {settings, f->y, f->n_x ? f->x : NULL, f->n, f->m, NULL, {0}};
    const arima_found found = search(&j);
    const norni_arima_order *o = &found.fit.order;
    const int32_t mine[] = {
        o->p, o->d, o->q, o->P, o->D, o->Q, found.fit.constant != NORNI_ARIMA_NO_CONSTANT};
    bool same = true;
    for (size_t i = 0; i < 7; i++)
        same = same && mine[i] == atoi(fields[3 + i]);
    const double loglik = strtod(fields[10], NULL), aicc = strtod(fields[11], NULL);
    if (o->d != atoi(fields[4]) || o->D != atoi(fields[7]))
        fail_msg("%s (%s): d %d D %d", f->name, fields[2], o->d, o->D);
    if (!strcmp(f->name, "deathsgaps")) return;
    if (widen && !strstr(fields[2], "ic=") && aicc_of(&found.fit) > aicc + 1e-3)
        fail_msg("%s (%s): aicc %.6f is above R's %.6f", f->name, fields[2], aicc_of(&found.fit),
                 aicc);
    *n_same += same;
    *n_better += !same;
    if (!same) return;
    if (found.fit.loglik < loglik - 1e-4)
        fail_msg("%s: loglik %.8f is below R's %.8f", f->name, found.fit.loglik, loglik);
    double mean[AHEAD], sd[AHEAD];
    void *state;
    norn_err err;
    assert_int_equal(forecast(&j, mean, sd, &state, &err), NORN_OK);
    for (size_t h = 0; h < AHEAD; h++) {
        const double r = strtod(fields[13 + h], NULL);
        /* A twentieth of a standard deviation where the likelihood is flat. */
        if (fabs(mean[h] - r) > 1e-3 * fabs(r) && fabs(mean[h] - r) > 0.05 * sd[h])
            fail_msg("%s (%s) step %zu: %.8g, R %.8g", f->name, fields[2], h + 1, mean[h], r);
    }
}

static void compare(int widen, size_t *n_same, size_t *n_better) {
    FILE *file = fopen(NORN_FIXTURES "/auto_arima_r.csv", "r");
    assert_non_null(file);
    static char line[LINE];
    fixture *all = calloc(32, sizeof *all);
    size_t n_all = 0;
    assert_non_null(all);
    while (fgets(line, sizeof line, file)) {
        char *kind = strtok(line, ","), *name = strtok(NULL, ",");
        char *rest = name + strlen(name) + 1;
        fixture *f = &all[n_all];
        if (!strcmp(kind, "series")) {
            snprintf(f->name, sizeof f->name, "%s", name);
            f->m = atoi(rest);
            f->n = read_numbers(strchr(rest, ',') + 1, f->y);
            n_all++;
        } else if (!strcmp(kind, "x")) {
            all[n_all - 1].n_x = read_numbers(rest, all[n_all - 1].x);
        } else {
            for (f = all; strcmp(f->name, name);)
                f++;
            name[strlen(name)] = ',';
            kind[strlen(kind)] = ',';
            norni_arena_reset(&arena);
            check_row(f, kind, widen, n_same, n_better);
        }
    }
    fclose(file);
    free(all);
}

/* widen=0: as R. */
static void test_r(void **state) {
    (void)state;
    size_t same[2] = {0}, better[2] = {0};
    compare(0, &same[0], &better[0]);
    compare(-1, &same[1], &better[1]);
    print_message("# R's orders: %zu, better ones: %zu; widened: %zu, %zu\n", same[0], better[0],
                  same[1], better[1]);
    assert_true(same[0] >= 26);
    assert_true(better[1] >= better[0]);
}

/* ---- awkward series ---- */

static uint64_t next_bits(uint64_t *s) {
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return *s >> 11;
}

static double noise(uint64_t *s) {
    double u = -6;
    for (int i = 0; i < 12; i++)
        u += (double)next_bits(s) / 9007199254740992.0;
    return u;
}

static void expect_answer(const double *y, size_t n, int32_t m, double want, double within) {
    const job j = {"", y, NULL, n, m, NULL, {0}};
    double mean[AHEAD], sd[AHEAD], fitted[MAX_N];
    void *state;
    norn_err err = {0};
    char text[256];
    norni_env env = env_of(&j);
    norni_arena_reset(&arena);
    if (forecast(&j, mean, sd, &state, &err) != NORN_OK) fail_msg("%s", err.text);
    for (size_t h = 0; h < AHEAD; h++) {
        assert_true(isfinite(mean[h]));
        assert_true(sd[h] >= 0 || isnan(sd[h]));
        if (!isnan(want) && !(fabs(mean[h] - want) <= within))
            fail_msg("step %zu: %g, wanted %g", h + 1, mean[h], want);
    }
    assert_int_equal(model->fitted(&env, state, 0, fitted, &err), NORN_OK);
    model->describe(state, 0, text, sizeof text);
    assert_memory_equal(text, "ARIMA(", 6);
}

static void test_awkward(void **state) {
    (void)state;
    const double any = (double)NAN, gap = (double)NAN;
    double y[MAX_N];
    uint64_t seed = 5;
    for (size_t i = 0; i < 60; i++)
        y[i] = 42.5;
    expect_answer(y, 60, 12, 42.5, 1e-9);
    expect_answer(y, 1, 1, 42.5, 1e-9);
    expect_answer(y, 2, 12, 42.5, 1e-9);
    y[59] = 43;
    expect_answer(y, 60, 1, any, 0);
    for (size_t i = 0; i < 60; i++)
        y[i] = i == 30;
    expect_answer(y, 60, 12, any, 0);
    for (size_t i = 0; i < 60; i++)
        y[i] = i % 2 ? 1 : -1;
    expect_answer(y, 60, 1, any, 0);
    expect_answer(y, 60, 12, any, 0);
    for (size_t i = 0; i < 60; i++)
        y[i] = (double)i * 3;
    expect_answer(y, 60, 1, any, 0);
    expect_answer(y, 60, 4, any, 0);
    for (size_t i = 0; i < 60; i++)
        y[i] = (double)(i * i);
    expect_answer(y, 60, 1, any, 0);
    for (size_t i = 0; i < 60; i++)
        y[i] = i == 40 ? 1e300 : noise(&seed);
    expect_answer(y, 60, 12, any, 0);
    for (size_t i = 0; i < 60; i++)
        y[i] = 1e-300 * noise(&seed);
    expect_answer(y, 60, 1, any, 0);
    const double two[] = {1, 5}, three[] = {1, 5, 2}, gaps[] = {gap, gap, 4, gap, 6, gap};
    expect_answer(two, 2, 1, any, 0);
    expect_answer(two, 2, 7, any, 0);
    expect_answer(three, 3, 1, any, 0);
    expect_answer(gaps, 6, 1, any, 0);
    expect_answer(gaps, 3, 1, 4, 1e-9);
}

/* Short random series of many kinds: an answer each time. */
static void test_random_short(void **state) {
    (void)state;
    uint64_t seed = 77;
    double y[MAX_N];
    for (size_t k = 0; k < 150; k++) {
        const size_t n = 1 + next_bits(&seed) % 30;
        const int32_t m = (int32_t)(1 + next_bits(&seed) % 8);
        const double steps = (double)(next_bits(&seed) % 4);
        double level = 0;
        for (size_t i = 0; i < n; i++) {
            level += noise(&seed) * steps;
            y[i] = floor(level + noise(&seed) * 2);
            if (i > 0 && next_bits(&seed) % 9 == 0) y[i] = (double)NAN;
        }
        expect_answer(y, n, m, (double)NAN, 0);
    }
}

static void test_leading_gaps(void **state) {
    (void)state;
    double y[90], late[100], fitted[100], mean[2][AHEAD], sd[2][AHEAD];
    uint64_t seed = 9;
    void *st;
    norn_err err;
    for (size_t i = 0; i < 90; i++)
        y[i] = (i ? y[i - 1] : 50) + noise(&seed);
    for (size_t i = 0; i < 100; i++)
        late[i] = i < 10 ? (double)NAN : y[i - 10];
    const job a = {"", y, NULL, 90, 1, NULL, {0}}, b = {"", late, NULL, 100, 1, NULL, {0}};
    assert_int_equal(forecast(&a, mean[0], sd[0], &st, &err), NORN_OK);
    assert_int_equal(forecast(&b, mean[1], sd[1], &st, &err), NORN_OK);
    assert_memory_equal(mean[0], mean[1], sizeof mean[0]);
    norni_env env = env_of(&b);
    assert_int_equal(model->fitted(&env, st, 0, fitted, &err), NORN_OK);
    assert_true(isnan(fitted[9]) != 0);
    assert_true(isfinite(fitted[30]));
}

static void test_refused(void **state) {
    (void)state;
    const double none[] = {(double)NAN, (double)NAN}, inf[] = {1, 2, (double)INFINITY};
    double mean[AHEAD], sd[AHEAD];
    void *st;
    norn_err err;
    const job a = {"", none, NULL, 2, 1, NULL, {0}}, b = {"", inf, NULL, 3, 1, NULL, {0}};
    assert_int_equal(forecast(&a, mean, sd, &st, &err), NORN_E_DATA);
    assert_int_equal(forecast(&b, mean, sd, &st, &err), NORN_E_DATA);
    const void *const seasonal = options_of(model, "sd=1");
    const void *const still = options_of(model, "stationary=true;d=1");
    const norni_series s = {.n = 2, .y = inf, .horizon = 1};
    assert_int_equal(model->validate(seasonal, &s, &err), NORN_E_ARG);
    assert_int_equal(model->validate(still, &s, &err), NORN_E_ARG);
}

/* ---- the search ---- */

static void make_seasonal(double *y, size_t n, int32_t m, uint64_t seed) {
    double e = 0;
    for (size_t i = 0; i < n; i++) {
        e = 0.7 * e + noise(&seed);
        y[i] = 100 + 0.1 * (double)i + e + 8 * sin(6.283185307179586 * (double)i / m);
    }
}

static void test_limits(void **state) {
    (void)state;
    double y[120];
    make_seasonal(y, 120, 12, 3);
    const job j = {"max_p=1;max_q=0;max_sp=1;max_sq=0;d=0;sd=1", y, NULL, 120, 12, NULL, {0}};
    const arima_found f = search(&j);
    assert_true(f.fit.order.p <= 1 && f.fit.order.q == 0);
    assert_true(f.fit.order.P <= 1 && f.fit.order.Q == 0);
    assert_int_equal(f.fit.order.d, 0);
    assert_int_equal(f.fit.order.D, 1);
    const job one = {"max_models=1", y, NULL, 120, 12, NULL, {0}};
    assert_int_equal(search(&one).n_trials, 1);
}

/* Every model up to max_order: not worse than the stepwise search within it. */
static void test_all(void **state) {
    (void)state;
    double y[100];
    for (uint64_t k = 0; k < 4; k++) {
        make_seasonal(y, 100, 4, 11 + k);
        const job step = {"max_p=2;max_q=2;max_sp=1;max_sq=1", y, NULL, 100, 4, NULL, {0}};
        job all = step;
        all.settings = "max_p=2;max_q=2;max_sp=1;max_sq=1;stepwise=false;max_order=6";
        assert_true(search(&all).ic <= search(&step).ic + 1e-6);
        norni_arena_reset(&arena);
    }
}

/* A power of two changes no decision. */
static void test_scale(void **state) {
    (void)state;
    double y[80], z[80];
    make_seasonal(y, 80, 4, 21);
    for (size_t i = 0; i < 80; i++)
        z[i] = ldexp(y[i], 700);
    const job a = {"", y, NULL, 80, 4, NULL, {0}}, b = {"", z, NULL, 80, 4, NULL, {0}};
    double mean[2][AHEAD], sd[2][AHEAD];
    void *st;
    norn_err err;
    assert_int_equal(forecast(&a, mean[0], sd[0], &st, &err), NORN_OK);
    assert_int_equal(forecast(&b, mean[1], sd[1], &st, &err), NORN_OK);
    for (size_t h = 0; h < AHEAD; h++)
        assert_true(fabs(ldexp(mean[1][h], -700) - mean[0][h]) <= 1e-9 * fabs(mean[0][h]));
}

static void test_effort(void **state) {
    (void)state;
    double y[120], mean[AHEAD], sd[AHEAD];
    void *st;
    norn_err err = {0};
    make_seasonal(y, 120, 12, 31);
    uint64_t full = 0;
    for (uint64_t limit = 1; limit < 3000; limit = limit * 3 + 1) {
        norni_effort e = {.limit = limit};
        const job j = {"", y, NULL, 120, 12, &e, {0}};
        norni_arena_reset(&arena);
        if (forecast(&j, mean, sd, &st, &err) != NORN_OK) fail_msg("%s", err.text);
        /* A cut search ends; starts are valued in any case. */
        assert_true(e.spent <= limit + 40);
        full = e.spent;
        assert_true(isfinite(mean[0]));
    }
    assert_true(full > 100);
}

static bool always(void *user) {
    (void)user;
    return true;
}

static void test_cancel(void **state) {
    (void)state;
    double y[120];
    make_seasonal(y, 120, 12, 31);
    run_case c = {.model = model, .y = y, .n = 120, .m = 12, .poll = {always, NULL}};
    const run_answer a = run_model(&c);
    assert_int_equal(a.status, NORN_E_CANCEL);
}

static void test_memory(void **state) {
    (void)state;
    double y[40];
    make_seasonal(y, 40, 4, 41);
    const run_case c = {
        .model = model, .name = "max_models", .value = "5", .y = y, .n = 40, .m = 4};
    assert_true(run_short_of_memory(c) > 0);
}

/* ---- regressors ---- */

static void test_regressors(void **state) {
    (void)state;
    double y[100], x[2][104], mean[AHEAD], sd[AHEAD];
    uint64_t seed = 51;
    double e = 0;
    for (size_t i = 0; i < 104; i++) {
        x[0][i] = 10 * noise(&seed);
        x[1][i] = 7; /* constant: left out */
        e = 0.5 * e + noise(&seed);
        if (i < 100) y[i] = 5 + 3 * x[0][i] + e;
    }
    const double *now[] = {x[1], x[0], x[0]};
    const double *later[] = {x[1] + 100, x[0] + 100, x[0] + 100};
    const norni_series s = {
        .n = 100, .y = y, .n_x = 3, .x = now, .x_future = later, .horizon = AHEAD};
    arima_search_opt o = *(arima_search_opt *)options_of(model, "");
    norni_env env = {.arena = &arena};
    norni_dist d = {.horizon = AHEAD, .mean = mean, .sd = sd};
    void *st;
    norn_err err = {0};
    if (model->fit(&env, &o, &(norni_group){1, &s}, &st, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_int_equal(model->predict(&env, st, 0, AHEAD, true, &d, &err), NORN_OK);
    for (size_t h = 0; h < AHEAD; h++)
        assert_true(fabs(mean[h] - 5 - 3 * x[0][100 + h]) < 4 * 1.2);
}

/* ---- earlier fits ---- */

static void test_kept(void **state) {
    (void)state;
    double y[124], mean[3][AHEAD], sd[3][AHEAD];
    void *st, *again;
    norn_err err = {0};
    norni_buf bytes;
    make_seasonal(y, 124, 12, 61);
    norni_effort cold = {0}, warm = {0}, next_cold = {0};
    job j = {"", y, NULL, 112, 12, &cold, {0}};
    assert_int_equal(forecast(&j, mean[0], sd[0], &st, &err), NORN_OK);
    norni_buf_init(&bytes, &alloc);
    assert_int_equal(model->save(st, 0, &bytes, &err), NORN_OK);
    const norni_str saved = {bytes.p, bytes.n};
    arima_search_opt o = *(arima_search_opt *)options_of(model, "");
    norni_env env = {.arena = &arena};
    assert_int_equal(model->load(&env, &o, saved, &again, &err), NORN_OK);
    norni_dist d = {.horizon = AHEAD, .mean = mean[1], .sd = sd[1]};
    assert_int_equal(model->predict(&env, again, 0, AHEAD, true, &d, &err), NORN_OK);
    assert_memory_equal(mean[0], mean[1], sizeof mean[0]);
    assert_memory_equal(sd[0], sd[1], sizeof sd[0]);
    /* Cut or spoilt bytes are no model. */
    for (size_t n = 0; n < saved.n; n += 3)
        assert_int_equal(model->load(&env, &o, (norni_str){saved.p, n}, &again, &err),
                         NORN_E_FORMAT);
    /* A later cut-off begins at the earlier choice: fewer evaluations, the same kind of answer. */
    job k = {"", y, NULL, 124, 12, &warm, saved};
    assert_int_equal(forecast(&k, mean[1], sd[1], &st, &err), NORN_OK);
    k.warm = (norni_str){0}, k.effort = &next_cold;
    assert_int_equal(forecast(&k, mean[2], sd[2], &st, &err), NORN_OK);
    print_message("# evaluations: cold %zu, warm %zu\n", (size_t)next_cold.spent,
                  (size_t)warm.spent);
    assert_true(warm.spent < next_cold.spent);
    for (size_t h = 0; h < AHEAD; h++)
        assert_true(fabs(mean[1][h] - mean[2][h]) < sd[2][h]);
    k.warm = (norni_str){"nonsense", 8};
    assert_int_equal(forecast(&k, mean[1], sd[1], &st, &err), NORN_OK);
    assert_memory_equal(mean[1], mean[2], sizeof mean[1]);
    norni_buf_clear(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_r, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_awkward, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random_short, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leading_gaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_scale, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_effort, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_regressors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
