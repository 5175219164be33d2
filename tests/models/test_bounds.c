/* Fits under bounds on their work, and fits that start from an earlier one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/fp.h"
#include "base/rng.h"
#include "models/ets/ets_state.h"
#include "models/theta/theta.h"
#include "models/theta/theta_ahead.h"
#include "shared_arena.h"

enum { H = 8, N = 120, N_MODELS = 8 };

static const norni_model *const models[N_MODELS] = {
    &norni_model_auto_ets,      &norni_model_ets,        &norni_model_holt,
    &norni_model_holt_winters,  &norni_model_theta,      &norni_model_opt_theta,
    &norni_model_dynamic_theta, &norni_model_auto_theta,
};

static int32_t season = 12;

static void make_series(uint64_t item, double *y) {
    const norni_rng rng = {23, item};
    double level = 50;
    for (size_t t = 0; t < N; t++) {
        level *= 1 + 0.004 + 0.01 * norni_rng_normal(rng, 2 * t);
        y[t] = level * (1 + 0.2 * norni_sin(0.5235987755982988 * (double)t)) *
               (1 + 0.02 * norni_rng_normal(rng, 2 * t + 1));
    }
}

typedef struct answer {
    double mean[H], sd[H], value; /* AICc, or n log sse */
    char text[256];
    norni_effort effort;
} answer;

/* Fits to y (n) and says what came out; kept (may be NULL) gets the model as bytes. */
static answer run(const norni_model *m, const double *y, size_t n, norni_effort bounds,
                  norni_str warm, norni_buf *kept) {
    answer a;
    norn_err err = {NORN_OK, ""};
    void *state = NULL;
    memset(&a, 0, sizeof a);
    a.effort = bounds;
    norni_arena_reset(&arena);
    void *opt = norni_arena_zero(&arena, 1, m->opt_size + 1);
    assert_int_equal(norni_param_defaults(m->params, m->n_params, opt, &arena, &err), NORN_OK);
    const norni_series s = {.n = n, .y = y, .n_season = 1, .season = &season, .horizon = H};
    const norni_group group = {1, &s};
    norni_env env = {.arena = &arena, .effort = &a.effort, .warm = warm};
    norni_dist d = {.horizon = H, .mean = a.mean, .sd = a.sd};
    if (m->fit(&env, opt, &group, &state, &err) != NORN_OK) fail_msg("%s: %s", m->name, err.text);
    assert_int_equal(m->predict(&env, state, 0, H, false, &d, &err), NORN_OK);
    for (size_t h = 0; h < H; h++)
        assert_true(isfinite(a.mean[h]));
    m->describe(state, 0, a.text, sizeof a.text);
    a.value = strstr(m->name, "theta")
                  ? (double)n * norni_log(((const theta_state *)state)->fit.sse)
                  : ((const ets_state *)state)->aicc;
    if (kept != NULL) {
        kept->n = 0;
        assert_int_equal(m->save(state, 0, kept, &err), NORN_OK);
    }
    return a;
}

static const norni_str cold = {"", 0};

static bool same(const answer *a, const answer *b) {
    return memcmp(a->mean, b->mean, sizeof a->mean) == 0 && strcmp(a->text, b->text) == 0;
}

/* 1, 10, 100 evaluations: an answer each time, the same each time, never better with fewer. */
static void counted(void **state) {
    (void)state;
    double y[N];
    size_t n_cut = 0;
    make_series(1, y);
    for (size_t i = 0; i < N_MODELS; i++) {
        const norni_model *m = models[i];
        const answer free = run(m, y, N, (norni_effort){0}, cold, NULL);
        double before = HUGE_VAL;
        assert_false(free.effort.cut);
        assert_true(free.effort.spent > 1);
        for (uint64_t limit = 1; limit <= 1000; limit *= 10) {
            const norni_effort bound = {.limit = limit};
            const answer a = run(m, y, N, bound, cold, NULL), b = run(m, y, N, bound, cold, NULL);
            assert_true(same(&a, &b));
            assert_int_equal(a.effort.cut, free.effort.spent > limit);
            assert_false(a.effort.late);
            if (a.effort.cut) assert_true(a.effort.spent <= limit + 2); /* it was told so at once */
            n_cut += a.effort.cut;
            if (!a.effort.cut) assert_true(same(&a, &free) && a.effort.spent == free.effort.spent);
            if (m != &norni_model_auto_theta && m != &norni_model_auto_ets)
                assert_true(a.value <= before + 1e-9);
            before = a.value;
        }
    }
    assert_true(n_cut > N_MODELS);
}

/* A moment that has passed: the start's answer at once. One far away: as without bounds. */
static void timed(void **state) {
    (void)state;
    double y[N];
    make_series(2, y);
    for (size_t i = 0; i < N_MODELS; i++) {
        const norni_effort past = {.deadline_ns = norni_clock_ns() - 1},
                           ample = {.deadline_ns = norni_clock_ns() + INT64_C(1000000000000)};
        const answer free = run(models[i], y, N, (norni_effort){0}, cold, NULL),
                     none = run(models[i], y, N, past, cold, NULL),
                     all = run(models[i], y, N, ample, cold, NULL);
        assert_true(none.effort.cut && none.effort.late && none.effort.spent < 200);
        assert_true(same(&all, &free) && !all.effort.cut);
    }
}

/* Bounds met at every possible place: an answer at each. */
static void cut_anywhere(void **state) {
    (void)state;
    double y[N];
    make_series(3, y);
    for (size_t t = 70; t < 75; t++)
        y[t] = NORNI_NAN;
    for (size_t i = 0; i < N_MODELS; i++) {
        const uint64_t all = run(models[i], y, N, (norni_effort){0}, cold, NULL).effort.spent;
        for (uint64_t limit = 1; limit < all && limit < 150; limit++)
            (void)run(models[i], y, N, (norni_effort){.limit = limit}, cold, NULL);
    }
}

/* Twelve months further: fewer evaluations, and an AICc that is hardly ever above the cold one. */
static void warm_starts(void **state) {
    (void)state;
    double y[N];
    norni_buf kept;
    norni_buf_init(&kept, &alloc);
    for (size_t i = 0; i < N_MODELS; i++) {
        const norni_model *m = models[i];
        size_t good = 0;
        uint64_t n_cold = 0, n_warm = 0;
        for (uint64_t item = 0; item < 40; item++) {
            make_series(100 + item, y);
            const norni_effort free = {0};
            (void)run(m, y, N - 12, free, cold, &kept);
            const answer c = run(m, y, N, free, cold, NULL),
                         w = run(m, y, N, free, (norni_str){kept.p, kept.n}, NULL);
            good += w.value <= c.value + 1e-3 ? 1 : 0;
            n_cold += c.effort.spent;
            n_warm += w.effort.spent;
        }
        if (good < 37) fail_msg("%s: %zu of 40 as good as cold", m->name, good);
        if (m == &norni_model_auto_ets) assert_true(4 * n_warm < n_cold);
        assert_true(n_warm <= n_cold);
    }
    norni_buf_clear(&kept);
}

/* Whatever stands in env->warm: it is used or not, and never harms. */
static void warm_rubbish(void **state) {
    (void)state;
    double y[N];
    norni_buf kept, other;
    norni_buf_init(&kept, &alloc);
    norni_buf_init(&other, &alloc);
    make_series(4, y);
    for (size_t i = 0; i < N_MODELS; i++) {
        const norni_model *m = models[i];
        const norni_effort free = {0};
        const answer c = run(m, y, N, free, cold, &kept);
        for (size_t n = 0; n < kept.n; n += 1 + n / 8) { /* cut short: as if it were not there */
            const answer a = run(m, y, N, free, (norni_str){kept.p, n}, NULL);
            if (!strstr(m->name, "theta")) assert_true(same(&a, &c));
        }
        (void)run(models[(i + 4) % N_MODELS], y, N, free, cold, &other);
        const answer foreign = run(m, y, N, free, (norni_str){other.p, other.n}, NULL);
        assert_true(same(&foreign, &c));
        const norni_rng rng = {9, i};
        for (uint64_t k = 0; k < 60; k++) { /* numbers changed: NaN, infinities, anything */
            norni_buf_add(&kept, "", 0);
            const size_t at = (size_t)(norni_rng_uniform(rng, 2 * k) * (double)(kept.n - 4));
            char was[4];
            memcpy(was, kept.p + at, 4);
            const uint32_t wild[] = {0x7FC00000U, 0x7F800000U, 0xFF800000U,
                                     0x7F7FFFFFU, 0xFFFFFFFFU, (uint32_t)k * 2654435761U};
            memcpy(kept.p + at, &wild[k % 6], 4);
            const answer a = run(m, y, N, free, (norni_str){kept.p, kept.n}, NULL);
            assert_true(isfinite(a.value));
            memcpy(kept.p + at, was, 4);
        }
    }
    norni_buf_clear(&kept);
    norni_buf_clear(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted), cmocka_unit_test(timed), cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(warm_starts), cmocka_unit_test(warm_rubbish)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
