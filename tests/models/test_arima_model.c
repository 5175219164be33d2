/* The model arima on series of every kind: refusals, extremes, bounds on the work, memory that fails. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/arima/arima.h"
#include "run_model.h"

/* The options that the tests set; rows by name. */
typedef struct want {
    const char *name, *value;
} want;

typedef struct ran {
    norn_status status;
    double mean[RUN_H], sd[RUN_H];
    char text[512];
    uint64_t spent;
    bool cut;
    norn_err err;
} ran;

static norn_status run_in(norni_arena *arena, const want *wants, const norni_series *s,
                          uint64_t limit, ran *r) {
    const norni_model *const m = &norni_model_arima;
    void *const opt = norni_arena_zero(arena, 1, m->opt_size), *state = NULL;
    norni_effort effort = {.limit = limit};
    norni_env env = {.arena = arena, .effort = &effort};
    norni_dist d = {.horizon = s->horizon, .mean = r->mean, .sd = r->sd};
    if (opt == NULL) return NORN_E_MEM;
    NORN_TRY(norni_param_defaults(m->params, m->n_params, opt, arena, &r->err));
    for (; wants->name; wants++)
        NORN_TRY(
            norni_param_set(norni_param_find(m->params, m->n_params, norni_str_of(wants->name)),
                            opt, norni_str_of(wants->value), arena, m->name, &r->err));
    NORN_TRY(m->validate(opt, s, &r->err));
    NORN_TRY(m->fit(&env, opt, &(norni_group){1, s}, &state, &r->err));
    r->spent = effort.spent;
    r->cut = effort.cut;
    NORN_TRY(m->predict(&env, state, 0, s->horizon, true, &d, &r->err));
    m->describe(state, 0, r->text, sizeof r->text);
    return NORN_OK;
}

static ran run_arima(const want *wants, const norni_series *s, uint64_t limit) {
    ran r;
    const norn_alloc own = norni_alloc_default();
    norni_arena arena;
    memset(&r, 0, sizeof r);
    norni_arena_init(&arena, &own);
    r.status = run_in(&arena, wants, s, limit, &r);
    norni_arena_clear(&arena);
    return r;
}

#define WANT(...)      \
    (const want[]) {   \
        __VA_ARGS__, { \
            NULL, NULL \
        }              \
    }

static void check_refusals(void **state) {
    (void)state;
    double y[40], x[40], twice[40], flat[40], ahead[RUN_H] = {0};
    const int32_t m = 12;
    for (size_t t = 0; t < 40; t++) {
        y[t] = (double)(t * t % 17);
        x[t] = (double)(t % 5);
        twice[t] = 2 * x[t];
        flat[t] = 3;
    }
    const double *const both[] = {x, twice}, *const still[] = {flat},
                        *const future[] = {ahead, ahead};
    norni_series s = {.n = 40, .y = y, .horizon = RUN_H};
    const struct {
        const want *wants;
        const char *said;
        size_t n;
        const double *const *x;
        size_t n_x;
        bool season;
        norn_status status;
    } cases[] = {
        {WANT({"sp", "1"}), "the series has no season", 40, NULL, 0, false, NORN_E_ARG},
        {WANT({"d", "1"}, {"constant", "mean"}), "constant=mean needs d=0", 40, NULL, 0, false,
         NORN_E_ARG},
        {WANT({"constant", "drift"}), "needs one difference", 40, NULL, 0, false, NORN_E_ARG},
        {WANT({"p", "2"}, {"d", "1"}), "too few for these orders, which need 4", 3, NULL, 0, false,
         NORN_E_DATA},
        {WANT({"sd", "1"}), "too few for these orders, which need 13", 12, NULL, 0, true,
         NORN_E_DATA},
        {WANT({"p", "1"}), "regressor 2 is constant, or a combination", 40, both, 2, false,
         NORN_E_DATA},
        {WANT({"p", "1"}), "regressor 1 is constant, or a combination", 40, still, 1, false,
         NORN_E_DATA},
        {WANT({"p", "3"}, {"sp", "2"}, {"method", "css"}), "too few for least squares", 30, NULL, 0,
         true, NORN_E_DATA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        s.n = cases[i].n;
        s.x = cases[i].x;
        s.n_x = cases[i].n_x;
        s.x_future = future;
        s.season = &m;
        s.n_season = cases[i].season;
        const ran r = run_arima(cases[i].wants, &s, 0);
        if (r.status != cases[i].status || strstr(r.err.text, cases[i].said) == NULL)
            fail_msg("case %d: status %d, '%s'", (int)i, (int)r.status, r.err.text);
    }
    /* regressors of the past alone do not serve a forecast */
    s = (norni_series){.n = 40, .y = y, .n_x = 1, .x = both, .horizon = RUN_H};
    const ran r = run_arima(WANT({"p", "1"}), &s, 0);
    assert_int_equal(r.status, NORN_E_DATA);
    assert_non_null(strstr(r.err.text, "over the whole horizon"));
    /* every value missing, an infinite one */
    double none[5] = {NORNI_NAN, NORNI_NAN, NORNI_NAN, NORNI_NAN, NORNI_NAN};
    s = (norni_series){.n = 5, .y = none, .horizon = RUN_H};
    assert_int_equal(run_arima(WANT({"p", "1"}), &s, 0).status, NORN_E_DATA);
    none[2] = NORNI_INF;
    assert_int_equal(run_arima(WANT({"p", "1"}), &s, 0).status, NORN_E_DATA);
}

/* What a kind of series is; all of n values. */
static void fill_kind(int kind, size_t n, double *y) {
    for (size_t t = 0; t < n; t++) {
        const double noise = norni_rng_normal((norni_rng){31, (uint64_t)kind}, t);
        switch (kind) {
            case 0: y[t] = 7; break;
            case 1: y[t] = t % 2 ? 1 : -1; break;
            case 2: y[t] = t == n / 2 ? 5 : 0; break;
            case 3: y[t] = t == n / 2 ? 1e300 : noise; break;
            case 4: y[t] = 1e-300 * noise; break;
            case 5: y[t] = 1e300 * noise / 10; break;
            case 6: y[t] = 3 + 2 * (double)t; break;
            case 7: y[t] = norni_exp(0.7 * (double)t); break;
            case 8: y[t] = (double)(t % 4); break;
            case 9: y[t] = 1e15 + noise; break;
            case 10: y[t] = t < n / 2 ? 0 : 1e6; break;
            default: y[t] = noise;
        }
    }
}
enum { N_KINDS = 12 };

/* A status within bounds; what is forecast is finite, and no spread is NaN. */
static void check_kinds(void **state) {
    (void)state;
    const want *const models[] = {
        WANT({"p", "1"}),
        WANT({"p", "2"}, {"d", "1"}, {"q", "2"}),
        WANT({"q", "1"}, {"d", "2"}),
        WANT({"p", "1"}, {"d", "1"}, {"constant", "drift"}),
        WANT({"p", "1"}, {"q", "1"}, {"sp", "1"}, {"sd", "1"}, {"sq", "1"}),
        WANT({"p", "2"}, {"q", "2"}, {"method", "css"}),
    };
    const int32_t m = 4;
    size_t served = 0;
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
            static const size_t lengths[] = {1, 2, 3, 7, 12, 60};
            for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
                double y[60];
                fill_kind(kind, lengths[l], y);
                const norni_series s = {
                    .n = lengths[l], .y = y, .n_season = 1, .season = &m, .horizon = RUN_H};
                const ran r = run_arima(models[i], &s, 3000);
                assert_true(r.spent < 4000);
                if (r.status != NORN_OK) {
                    assert_true(r.status == NORN_E_DATA || r.status == NORN_E_NUMERIC);
                    assert_true(r.err.text[0] != '\0');
                    continue;
                }
                served++;
                for (size_t h = 0; h < RUN_H; h++) {
                    const bool huge = kind == 5 || kind == 3 || kind == 7;
                    if (!(huge ? !isnan(r.mean[h]) : isfinite(r.mean[h])) || !(r.sd[h] >= 0))
                        fail_msg("kind %d, model %d, n %d, step %d: %g (%g)", kind, (int)i,
                                 (int)lengths[l], (int)h + 1, r.mean[h], r.sd[h]);
                }
            }
        }
    }
    assert_true(served > 180);
}

/* A constant series goes on, a line with drift, too; a white one is its mean. */
static void check_plain(void **state) {
    (void)state;
    double y[30];
    norni_series s = {.n = 30, .y = y, .horizon = RUN_H};
    fill_kind(0, 30, y);
    ran r = run_arima(WANT({"p", "1"}), &s, 0);
    assert_int_equal(r.status, NORN_OK);
    for (size_t h = 0; h < RUN_H; h++)
        assert_true(fabs(r.mean[h] - 7) <= 1e-12 && r.sd[h] <= 1e-12);
    fill_kind(6, 30, y);
    r = run_arima(WANT({"q", "1"}, {"d", "1"}, {"constant", "drift"}), &s, 0);
    assert_int_equal(r.status, NORN_OK);
    for (size_t h = 0; h < RUN_H; h++)
        assert_true(fabs(r.mean[h] - (63 + 2 * (double)h)) <= 1e-9);
    assert_non_null(strstr(r.text, "ARIMA(0,1,1) with drift ma1="));
    assert_non_null(strstr(r.text, " drift=2 "));
    fill_kind(1, 30, y);
    r = run_arima(WANT({"p", "0"}), &s, 0);
    assert_true(fabs(r.mean[0]) <= 1e-15);
    assert_non_null(strstr(r.text, "ARIMA(0,0,0) with mean mean=0 sigma2=1.03448 loglik=-42.568"));
}

/* Scale changes nothing but the scale: powers of two to the bit. */
static void check_scale(void **state) {
    (void)state;
    double y[50], big[50];
    for (size_t t = 0; t < 50; t++) {
        y[t] = norni_rng_normal((norni_rng){32, 0}, t) + (t > 0 ? 0.8 * y[t - 1] : 0);
        big[t] = ldexp(y[t], 900);
    }
    norni_series s = {.n = 50, .y = y, .horizon = RUN_H};
    const ran small = run_arima(WANT({"p", "1"}, {"d", "1"}, {"q", "1"}), &s, 0);
    s.y = big;
    const ran large = run_arima(WANT({"p", "1"}, {"d", "1"}, {"q", "1"}), &s, 0);
    assert_int_equal(small.status, NORN_OK);
    assert_int_equal(large.status, NORN_OK);
    for (size_t h = 0; h < RUN_H; h++) {
        assert_true(fabs(ldexp(large.mean[h], -900) - small.mean[h]) <= 1e-9 * fabs(small.mean[h]));
        assert_true(fabs(ldexp(large.sd[h], -900) - small.sd[h]) <= 1e-9 * small.sd[h]);
    }
}

/* Bounds are kept and told; the start is valued in any case. */
static void check_bounds(void **state) {
    (void)state;
    double y[100];
    for (size_t t = 0; t < 100; t++)
        y[t] = norni_rng_normal((norni_rng){33, 0}, t) + (t > 0 ? 0.8 * y[t - 1] : 0);
    const norni_series s = {.n = 100, .y = y, .horizon = RUN_H};
    const want *const wants = WANT({"p", "2"}, {"q", "2"});
    const ran free_run = run_arima(wants, &s, 0);
    assert_int_equal(free_run.status, NORN_OK);
    assert_false(free_run.cut);
    for (uint64_t limit = 1; limit < free_run.spent + 3; limit++) {
        const ran r = run_arima(wants, &s, limit);
        assert_int_equal(r.status, NORN_OK);
        assert_true(isfinite(r.mean[0]) && r.sd[0] > 0);
        assert_true(r.spent <= limit + 4 + 4); /* starts; a slope of four passes refused */
        assert_int_equal(r.cut, limit < free_run.spent);
    }
}

static bool stop_at_once(void *user) {
    ++*(size_t *)user;
    return true;
}

static void check_cancel(void **state) {
    (void)state;
    enum { LONG = 200000 };
    size_t asked = 0;
    const norn_alloc own = norni_alloc_default();
    double *const y = norni_alloc_get(&own, LONG, sizeof *y);
    norni_arena arena;
    int32_t opt[16] = {2, 1, 2}; /* the orders come first */
    assert_true(norni_model_arima.opt_size <= sizeof opt);
    void *made = NULL;
    assert_non_null(y);
    for (size_t t = 0; t < LONG; t++)
        y[t] = norni_rng_normal((norni_rng){34, 0}, t);
    norni_arena_init(&arena, &own);
    norni_env env = {.arena = &arena, .poll = {stop_at_once, &asked}};
    const norni_series s = {.n = LONG, .y = y, .horizon = RUN_H};
    assert_int_equal(norni_model_arima.fit(&env, opt, &(norni_group){1, &s}, &made, NULL),
                     NORN_E_CANCEL);
    assert_int_equal(asked, 1);
    norni_arena_clear(&arena);
    norni_alloc_drop(&own, y, LONG, sizeof *y);
}

static void check_memory(void **state) {
    (void)state;
    double y[60];
    fill_kind(11, 60, y);
    y[1] = y[20] = y[21] = y[59] = NORNI_NAN;
    const run_case c = {
        .model = &norni_model_arima, .name = "d", .value = "1", .y = y, .n = 60, .m = 4};
    assert_true(run_short_of_memory(c) > 0);
}

/* An earlier fit is a place to begin, and the answer stays the same. */
static void check_warm(void **state) {
    (void)state;
    double y[90];
    const norn_alloc own = norni_alloc_default();
    norni_arena arena;
    norni_buf kept;
    for (size_t t = 0; t < 90; t++)
        y[t] = norni_rng_normal((norni_rng){35, 0}, t) + (t > 0 ? 0.7 * y[t - 1] : 0);
    norni_arena_init(&arena, &own);
    norni_buf_init(&kept, &own);
    int32_t opt[16] = {1, 0, 1}; /* the orders come first */
    assert_true(norni_model_arima.opt_size <= sizeof opt);
    double mean[2][RUN_H], sd[RUN_H];
    uint64_t spent[2];
    for (int warm = 0; warm < 2; warm++) {
        void *made = NULL;
        norni_effort effort = {0};
        norni_env env = {.arena = &arena, .effort = &effort};
        norni_series s = {.n = warm ? 90 : 80, .y = y, .horizon = RUN_H};
        norni_dist d = {.horizon = RUN_H, .mean = mean[warm], .sd = sd};
        if (warm) env.warm = (norni_str){kept.p, kept.n};
        assert_int_equal(norni_model_arima.fit(&env, opt, &(norni_group){1, &s}, &made, NULL),
                         NORN_OK);
        assert_int_equal(norni_model_arima.predict(&env, made, 0, RUN_H, true, &d, NULL), NORN_OK);
        if (!warm) assert_int_equal(norni_model_arima.save(made, 0, &kept, NULL), NORN_OK);
        spent[warm] = effort.spent;
    }
    assert_true(spent[1] < spent[0]);
    const norni_series s = {.n = 90, .y = y, .horizon = RUN_H};
    const ran cold = run_arima(WANT({"p", "1"}, {"q", "1"}), &s, 0);
    for (size_t h = 0; h < RUN_H; h++)
        assert_true(fabs(cold.mean[h] - mean[1][h]) <= 1e-4);
    /* other orders: those bytes are of another model */
    void *made = NULL;
    int32_t other[16] = {2, 0, 1};
    norni_env env = {.arena = &arena};
    assert_int_equal(norni_model_arima.load(&env, other, (norni_str){kept.p, kept.n}, &made, NULL),
                     NORN_E_FORMAT);
    assert_int_equal(norni_model_arima.load(&env, opt, (norni_str){kept.p, kept.n}, &made, NULL),
                     NORN_OK);
    norni_buf_clear(&kept);
    norni_arena_clear(&arena);
}

/* Random orders on random series of every kind, with gaps. */
static void check_random(void **state) {
    (void)state;
    for (uint64_t item = 0; item < 1500; item++) {
        const norni_rng rng = {36, item};
        char digits[6][2];
        static const char *const names[] = {"p", "d", "q", "sp", "sd", "sq"};
        static const uint64_t most[] = {4, 3, 4, 2, 2, 2};
        want wants[8] = {{NULL, NULL}};
        double y[60];
        const int32_t m = 2 + (int32_t)(norni_rng_u64(rng, 0) % 6);
        const size_t n = 1 + norni_rng_u64(rng, 1) % 60;
        for (size_t i = 0; i < 6; i++) {
            digits[i][0] = (char)('0' + norni_rng_u64(rng, 10 + i) % most[i]);
            digits[i][1] = '\0';
            wants[i] = (want){names[i], digits[i]};
        }
        if (item % 5 == 0) wants[6] = (want){"method", "css"};
        fill_kind((int)(norni_rng_u64(rng, 2) % N_KINDS), n, y);
        for (size_t t = 0; t < n && item % 3 == 0; t++)
            if (norni_rng_uniform(rng, 100 + t) < 0.2) y[t] = NORNI_NAN;
        const norni_series s = {.n = n, .y = y, .n_season = 1, .season = &m, .horizon = RUN_H};
        const ran r = run_arima(wants, &s, 60);
        if (r.status != NORN_OK) {
            assert_true(r.status == NORN_E_DATA || r.status == NORN_E_NUMERIC ||
                        r.status == NORN_E_ARG);
            continue;
        }
        for (size_t h = 0; h < RUN_H; h++)
            assert_true(!isnan(r.mean[h]) && r.sd[h] >= 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_refusals), cmocka_unit_test(check_kinds),
        cmocka_unit_test(check_plain),    cmocka_unit_test(check_scale),
        cmocka_unit_test(check_bounds),   cmocka_unit_test(check_cancel),
        cmocka_unit_test(check_memory),   cmocka_unit_test(check_warm),
        cmocka_unit_test(check_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
