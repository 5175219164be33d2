/* The ETS fit: exact derivatives, equal bits on every instruction set, the choice, and awkward
 * series. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/ets/ets_fit.h"
#include "passengers.h"
#include "shared_arena.h"

/* Fills the pass of one form at a point in the region's inside. */
static void place(ets_pass *p, norni_ets_form form, const double *y, size_t n, size_t m,
                  double *season, double *rows, double *dirs) {
    memset(p, 0, sizeof *p);
    p->form = form, p->m = form.season ? m : 1, p->n = n, p->n_vec = 3, p->y = y;
    p->lane[0] = 0;
    p->lane[1] = form.trend ? 1 : -1;
    p->lane[2] = form.season ? 2 : -1;
    p->lane[3] = form.damped ? 3 : -1;
    p->par =
        (norni_ets_param){0.3, form.trend ? 0.05 : 0, form.season ? 0.2 : 0, form.damped ? 0.9 : 1};
    p->level = 0.2, p->trend = form.trend == NORNI_ETS_MUL ? 1.01 : form.trend ? 0.003 : 0;
    p->season = season, p->rows = rows, p->grad = dirs, p->dlog = dirs + 24;
    double *level_dir = dirs + 48, *trend_dir = dirs + 72;
    p->season_dir = dirs + 96;
    memset(level_dir, 0, 24 * sizeof(double));
    memset(trend_dir, 0, 24 * sizeof(double));
    memset(p->season_dir, 0, 24 * m * sizeof(double));
    level_dir[4] = 1;
    trend_dir[5] = form.trend ? 1 : 0;
    for (size_t j = 0; j < m; j++) {
        season[j] = form.season == NORNI_ETS_MUL ? 1 + 0.1 * cos((double)j) : 0.02 * cos((double)j);
        p->season_dir[j * 24 + 6 + j] = form.season ? 1 : 0;
    }
    p->level_dir = level_dir, p->trend_dir = trend_dir;
}

static double *direction(ets_pass *p, size_t lane) {
    switch (lane) {
        case 0: return &p->par.alpha;
        case 1: return &p->par.beta;
        case 2: return &p->par.gamma;
        case 3: return &p->par.phi;
        case 4: return &p->level;
        case 5: return &p->trend;
        default: return &p->season[lane - 6];
    }
}

static bool has_lane(norni_ets_form f, size_t lane) {
    if (lane == 1 || lane == 5) return f.trend != NORNI_ETS_NONE;
    if (lane == 3) return f.damped;
    return (lane != 2 && lane < 6) || f.season;
}

static bool form_number(int k, norni_ets_form *f) {
    *f = (norni_ets_form){k / 18 ? NORNI_ETS_MUL : NORNI_ETS_ADD, (norni_ets_part)(k / 6 % 3),
                          (norni_ets_part)(k / 2 % 3), k % 2};
    return f->trend || !f->damped;
}

static void test_derivatives(void **state) {
    (void)state;
    enum { N = 60, M = 4 };
    static _Alignas(64) double rows[N * 24], dirs[24 * (4 + M)];
    double y[N], season[M];
    for (int t = 0; t < N; t++)
        y[t] = passengers[t] / 622;
    y[17] = (double)NAN;
    const ets_kernel *kernel = ets_kernel_get(ETS_SIMD_AVX512);
    int forms = 0;
    for (int k = 0; k < 36; k++) {
        norni_ets_form f;
        if (!form_number(k, &f)) continue;
        forms++;
        for (size_t lane = 0; lane < 6 + M; lane++) {
            if (!has_lane(f, lane)) continue;
            double value[2], log_f[2], got = 0, got_log = 0;
            const double step = 1e-6;
            for (int side = -1; side <= 1; side++) {
                ets_pass p;
                place(&p, f, y, N, M, season, rows, dirs);
                *direction(&p, lane) += side * step;
                assert_true(kernel->pass(&p));
                if (side == 0)
                    got = -2 * p.grad[lane], got_log = p.dlog[lane];
                else
                    value[side > 0] = p.sse, log_f[side > 0] = p.log_f;
            }
            const double want = (value[1] - value[0]) / (2 * step);
            const double want_log = (log_f[1] - log_f[0]) / (2 * step);
            if (fabs(got - want) > 1e-6 * (1 + fabs(want)) ||
                fabs(got_log - want_log) > 1e-6 * (1 + fabs(want_log)))
                fail_msg("form %d, direction %zu: %g %g, differences give %g %g", k, lane, got,
                         got_log, want, want_log);
        }
    }
    assert_int_equal(forms, 30);
}

/* The kernel's sums are the plain recursions'. */
static void test_pass_is_the_recursion(void **state) {
    (void)state;
    enum { N = 60, M = 4 };
    static _Alignas(64) double rows[N * 24], dirs[24 * (4 + M)];
    double season[M], states[2 + M];
    for (int k = 0; k < 36; k++) {
        norni_ets_form f;
        if (!form_number(k, &f)) continue;
        double y[N];
        for (int t = 0; t < N; t++)
            y[t] = passengers[t] / 622;
        ets_pass p;
        place(&p, f, y, N, M, season, rows, dirs);
        states[0] = p.level, states[1] = p.trend;
        for (size_t j = 0; j < M; j++)
            states[(size_t)(f.trend ? 2 : 1) + M - 1 - j] = season[j];
        assert_true(ets_kernel_get(0)->pass(&p));
        norni_ets_fitness out;
        assert_true(norni_ets_loglik(f, f.season ? M : 1, &p.par, states, y, N, NULL, &out));
        assert_true(fabs(p.sse - out.sse) <= 1e-12 * out.sse);
        assert_true(fabs(p.log_f - out.log_f) <= 1e-12 * fabs(out.log_f));
    }
}

static size_t choose(const double *y, size_t n, size_t m, const ets_opt *opt, int simd,
                     ets_fit *best) {
    ets_data d;
    ets_work w;
    assert_true(ets_data_init(&d, y, n, m, &arena));
    assert_true(ets_work_init(&w, &d, simd, NULL, &arena));
    ets_memory *mem = ets_memory_new(&d, &arena);
    double *season = norni_arena_get(&arena, 2 * m, sizeof(double));
    assert_true(mem && season);
    best->season = season;
    const size_t k = ets_choose(&w, &d, mem, opt, best, season + m);
    return k;
}

static ets_opt any_form(void) {
    return (ets_opt){
        .alpha = (double)NAN, .beta = (double)NAN, .gamma = (double)NAN, .phi = (double)NAN};
}

static void test_same_bits(void **state) {
    (void)state;
    const ets_opt opt = any_form();
    ets_fit base, wide;
    for (int simd = ETS_SIMD_AVX2; simd <= ETS_SIMD_AVX512; simd++) {
        assert_int_equal(choose(passengers, 144, 12, &opt, ETS_SIMD_BASE, &base), 15);
        assert_int_equal(choose(passengers, 144, 12, &opt, simd, &wide), 15);
        assert_memory_equal(&base.form, &wide.form, sizeof base.form);
        assert_memory_equal(&base.par, &wide.par, sizeof base.par);
        assert_memory_equal(&base.value, &wide.value, sizeof base.value);
        assert_memory_equal(base.season, wide.season, 12 * sizeof(double));
    }
}

static void test_choice_beats_r(void **state) {
    (void)state;
    /* R 4.2.2, forecast 8.20: ets(AirPassengers) is ETS(M,Ad,M) with aicc 1400.638. */
    const ets_opt opt = any_form();
    ets_fit best;
    choose(passengers, 144, 12, &opt, ETS_SIMD_AVX512, &best);
    assert_true(best.ic <= 1400.638 + 1e-3);
    assert_true(best.ic > 1380);
    assert_int_equal(best.form.error, NORNI_ETS_MUL);
    assert_int_equal(best.form.season, NORNI_ETS_MUL);
    assert_true(best.par.beta <= best.par.alpha && best.par.gamma <= 1 - best.par.alpha);
    assert_true(best.par.alpha >= 1e-4 && best.par.alpha <= 0.9999);
}

/* Fits stay inside both regions, on series that pull them out (integrated noise, short cycles). */
static void test_region_holds(void **state) {
    (void)state;
    static const double shape[4] = {1, -2, 0.5, 1.5};
    uint32_t seed = 12345;
    const ets_limits lim = {ETS_BOTH, {(double)NAN, (double)NAN, (double)NAN, (double)NAN}, false};
    for (int kind = 0; kind < 6; kind++) {
        double y[80], slope = 0, level = 500;
        const size_t m = kind % 2 ? 4 : 12;
        for (size_t t = 0; t < 80; t++) {
            seed = seed * 1664525u + 1013904223u;
            const double z = (double)(seed >> 8) / 16777216.0 - 0.5;
            if (kind < 4) slope += z, level += slope;
            y[t] = fabs(level + 3 * shape[t % 4] * (kind >= 2) + (kind >= 4) * 40 * z) + 1;
        }
        ets_data d;
        ets_work w;
        assert_true(ets_data_init(&d, y, 80, m, &arena));
        assert_true(ets_work_init(&w, &d, ETS_SIMD_AVX512, NULL, &arena));
        ets_memory *mem = ets_memory_new(&d, &arena);
        double season[12];
        for (int k = 0; k < 36; k++) {
            norni_ets_form f;
            if (!form_number(k, &f)) continue;
            ets_fit fit = {.season = season};
            if (!ets_fit_form(&w, &d, mem, f, &lim, HUGE_VAL, &fit)) continue;
            assert_true(norni_ets_admissible(f, m, &fit.par));
            assert_true(fit.par.alpha >= 1e-4 && fit.par.alpha <= 0.9999);
            assert_true(fit.par.beta <= fit.par.alpha &&
                        fit.par.gamma <= 1 - fit.par.alpha + 1e-12);
            if (f.damped) assert_true(fit.par.phi >= 0.8 && fit.par.phi <= 0.98);
        }
    }
}

/* Scaling by a power of two and by anything else leaves the answer alone. */
static void test_scale(void **state) {
    (void)state;
    double y[144];
    ets_fit plain, scaled;
    const ets_opt opt = any_form();
    choose(passengers, 144, 12, &opt, ETS_SIMD_AVX512, &plain);
    for (int e = -990; e <= 990; e += 1980) {
        for (int t = 0; t < 144; t++)
            y[t] = ldexp(passengers[t], e);
        choose(y, 144, 12, &opt, ETS_SIMD_AVX512, &scaled);
        assert_memory_equal(&plain.par, &scaled.par, sizeof plain.par);
        assert_memory_equal(&plain.value, &scaled.value, sizeof plain.value);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derivatives), cmocka_unit_test(test_pass_is_the_recursion),
        cmocka_unit_test(test_same_bits),   cmocka_unit_test(test_choice_beats_r),
        cmocka_unit_test(test_scale),       cmocka_unit_test(test_region_holds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
