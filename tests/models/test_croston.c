/* Intermittent demand: statsforecast's and R's numbers, gaps, odd series, paths, keeping and moving on. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/croston/croston.h"
#include "models/croston/level_grid.h"
#include "run_model.h"

static const norni_model *const all[] = {
    &norni_model_croston, &norni_model_croston_sba, &norni_model_tsb,
    &norni_model_adida,   &norni_model_imapa,
};
enum { N_ALL = sizeof all / sizeof all[0] };

static run_answer run(const norni_model *m, const double *y, size_t n) {
    return run_model(&(run_case){.model = m, .y = y, .n = n, .m = 1});
}

static void demand(double *y, size_t n, uint64_t item, double p) {
    const norni_rng rng = {3, item};
    for (size_t t = 0; t < n; t++)
        y[t] = norni_rng_uniform(rng, 2 * t) < p
                   ? 1 + floor(-3 * norni_log(norni_rng_uniform(rng, 2 * t + 1)))
                   : 0;
}

static size_t numbers(char *at, double *x) {
    size_t n = 0;
    for (char *end = at; n < RUN_MOST; at = end, n++) {
        x[n] = strtod(at, &end);
        if (end == at) break;
    }
    return n;
}

static void close_to(const char *what, double got, double want, double tol) {
    if (isnan(want) ? isnan(got) : fabs(got - want) <= tol * (1 + fabs(want))) return;
    fail_msg("%s: %.15g, the oracle has %.15g", what, got, want);
}

/* A model with any number of options on one series: fit, keep, load, move on, forecast. */
typedef struct kept_case {
    const norni_model *model;
    const char *const *options; /* name, value, ... NULL; or NULL */
    const double *y;
    size_t n, n_fit; /* the fit sees n_fit of n; the others come by update */
    bool through_bytes, harm;
    norni_effort *effort;
} kept_case;

static norn_status kept_steps(const kept_case *c, norni_arena *arena, run_answer *a) {
    const norni_model *m = c->model;
    void *opt = norni_arena_zero(arena, 1, m->opt_size), *state = NULL;
    NORN_TRY(norni_param_defaults(m->params, m->n_params, opt, arena, &a->err));
    for (size_t i = 0; c->options && c->options[i]; i += 2)
        NORN_TRY(
            norni_param_set(norni_param_find(m->params, m->n_params, norni_str_of(c->options[i])),
                            opt, norni_str_of(c->options[i + 1]), arena, m->name, &a->err));
    const norni_series s = {.n = c->n_fit, .y = c->y, .horizon = RUN_H},
                       more = {.n = c->n - c->n_fit, .y = c->y + c->n_fit, .horizon = RUN_H};
    norni_env env = {.arena = arena, .seed = 1, .effort = c->effort};
    norni_dist d = {.horizon = RUN_H, .mean = a->mean, .sd = a->sd};
    NORN_TRY(m->fit(&env, opt, &(norni_group){1, &s}, &state, &a->err));
    if (!c->through_bytes) NORN_TRY(m->fitted(&env, state, 0, a->fitted, &a->err));
    if (c->through_bytes) {
        const norn_alloc own = norni_alloc_default();
        norni_buf b = {.alloc = &own};
        NORN_TRY(m->save(state, 0, &b, &a->err));
        char *copy = norni_arena_text(arena, b.p, b.n);
        const size_t n = b.n;
        norni_buf_clear(&b);
        for (size_t k = 0; k < n && c->harm; k++) { /* cut anywhere: refused */
            const norn_status st = m->load(&env, opt, (norni_str){copy, k}, &state, &a->err);
            assert_int_equal(st, NORN_E_FORMAT);
        }
        NORN_TRY(m->load(&env, opt, (norni_str){copy, n}, &state, &a->err));
    }
    if (more.n) NORN_TRY(m->update(&env, state, &more, &a->err));
    NORN_TRY(m->predict(&env, state, 0, RUN_H, true, &d, &a->err));
    a->kind = d.kind;
    norni_levels(&d, 95, a->lo, a->hi);
    m->describe(state, 0, a->text, sizeof a->text);
    return NORN_OK;
}

static run_answer kept(const kept_case *c) {
    run_answer a;
    memset(&a, 0, sizeof a);
    const norn_alloc own = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &own);
    a.status = kept_steps(c, &arena, &a);
    norni_arena_clear(&arena);
    return a;
}

/* statsforecast rounds the mean interval half to even for IMAPA's forecast, half up for its fitted
 * values; here both as the forecast. */
static bool at_a_half(const double *y, size_t t) {
    size_t last = 0, n = 0;
    for (size_t k = 0; k < t; k++) {
        if (y[k] > 0) last = k + 1, n++;
    }
    return n && 2 * last % n == 0 && 2 * last / n % 2 == 1;
}

/* Without a search to 1e-12. With one 1e-7: statsforecast's golden section ends where the rounding
 * of its objective does, at 1e-8 of alpha. */
static void check_model(const char *kind, const double *y, size_t n, const double *want) {
    static const char *const optimise[] = {"optimise", "true", NULL}, *const tsb[] = {
                                                                          "alpha_d", "0.2",
                                                                          "alpha_p", "0.05", NULL};
    const bool fitted = strncmp(kind, "fitted:", 7) == 0, r = strcmp(kind, "r:croston") == 0,
               best = strcmp(kind, "optimised") == 0;
    const char *name = r || best ? "croston" : kind + (fitted ? 7 : 0);
    size_t k = 0;
    while (strcmp(all[k]->name, name) != 0)
        k++;
    const run_answer a = kept(&(kept_case){.model = all[k],
                                           .options = best     ? optimise
                                                      : k == 2 ? tsb
                                                               : NULL,
                                           .y = y,
                                           .n = n,
                                           .n_fit = n});
    const double tol = k < 3 && !best ? 1e-12 : 1e-7;
    assert_int_equal(a.status, NORN_OK);
    for (size_t t = 0; t < n && fitted; t++) {
        if (k < 4 || !at_a_half(y, t)) close_to(kind, a.fitted[t], want[t], tol);
    }
    for (size_t h = 0; h < RUN_H && !fitted; h++)
        close_to(kind, a.mean[h], want[0], tol);
}

static double least_sse(const double *y, size_t n, bool interval) {
    double x[RUN_MOST];
    size_t k = 0, last = 0;
    for (size_t t = 0; t < n; t++) {
        if (!(y[t] > 0)) continue;
        x[k++] = interval ? (double)(t + 1 - last) : y[t];
        last = t + 1;
    }
    norni_level l;
    assert_true(norni_level_fit(x, k, NULL, NULL, &l));
    return l.sse;
}

static void against_oracles(void **state) {
    (void)state;
    static char line[1 << 16];
    static double y[RUN_MOST], want[RUN_MOST];
    size_t n = 0, checked = 0;
    FILE *f = fopen(NORN_FIXTURES "/croston_sf.csv", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char kind[32], name[32];
        int used = 0;
        if (line[0] == '#') continue;
        assert_int_equal(sscanf(line, "%31[^,],%31[^,],%n", kind, name, &used), 2);
        if (strcmp(kind, "y") == 0) {
            n = numbers(line + used, y);
            continue;
        }
        (void)numbers(line + used, want);
        if (strncmp(kind, "sse:", 4) == 0) {
            const double mine = least_sse(y, n, strcmp(kind, "sse:interval") == 0);
            if (!(mine <= want[0] * (1 + 1e-14)))
                fail_msg("%s of %s: %.17g, statsforecast %.17g", kind, name, mine, want[0]);
        } else {
            check_model(kind, y, n, want);
        }
        checked++;
    }
    (void)fclose(f);
    assert_int_equal(checked, 184);
}

/* The global minimum, and the incremental one beside it; sequences with several minima included. */
static void search_is_global(void **state) {
    (void)state;
    double x[80];
    for (uint64_t item = 0; item < 60; item++) {
        const size_t n = 3 + item;
        norni_level_grid g = {.n = 0};
        demand(x, n, item, 0.7);
        if (item % 3 == 0) x[n / 2] += 40;
        for (size_t t = 0; t < n; t++) {
            norni_level l;
            double near, level, least = NORNI_INF;
            norni_level_grid_add(&g, x[t]);
            if (t < 2 || (t + item) % 5) continue;
            near = norni_level_grid_best(&g, &level);
            assert_true(norni_level_fit(x, t + 1, NULL, NULL, &l));
            for (int k = 0; k <= 400; k++)
                least = fmin(least, norni_level_run(x, t + 1, 0.1 + k / 2000.0).sse);
            if (!(l.sse <= least * (1 + 1e-14)) || l.alpha < 0.1 || l.alpha > 0.3)
                fail_msg("item %u, %zu values: %.17g at %.17g, above %.17g", (unsigned)item, t + 1,
                         l.sse, l.alpha, least);
            const double nearly = norni_level_run(x, t + 1, near).sse;
            assert_true(nearly <= l.sse * (1 + 1e-12));
            if (fabs(near - l.alpha) < 1e-4)
                close_to("level", level, norni_level_run(x, t + 1, near).level, 1e-8);
        }
    }
    /* Two minima, the left one lower: golden section may take the right. */
    norni_level l;
    const double flat[2] = {3, 5};
    assert_true(norni_level_fit(flat, 2, NULL, NULL, &l) && l.alpha == 0.2);
}

static void gaps_stop_the_clock(void **state) {
    (void)state;
    double y[60], z[60];
    demand(z, 60, 1, 0.4);
    size_t n = 0;
    for (size_t t = 0; t < 60; t++) {
        y[t] = z[t];
        if (t % 4 == 1 || t > 56 || t < 2)
            y[t] = NORNI_NAN;
        else
            z[n++] = y[t];
    }
    for (size_t i = 0; i < N_ALL; i++) {
        const run_answer a = run(all[i], y, 60), b = run(all[i], z, n);
        assert_int_equal(a.status, NORN_OK);
        assert_memory_equal(a.mean, b.mean, sizeof a.mean);
        assert_memory_equal(a.hi, b.hi, sizeof a.hi);
        assert_true(isnan(a.fitted[2]));
        for (size_t t = 3, k = 1; t < 60; t++) {
            assert_true(a.fitted[t] == b.fitted[k] || k == n);
            if (!isnan(y[t])) k++;
        }
    }
}

static void odd_series(void **state) {
    (void)state;
    const double none[5] = {0, 0, 0, 0, 0}, below[4] = {0, 1, -3, 1},
                 nothing[2] = {NORNI_NAN, NORNI_NAN}, wide[2] = {NORNI_INF, 1};
    double y[40], z[40];
    for (size_t i = 0; i < N_ALL; i++) {
        const run_answer a = run(all[i], none, 5);
        assert_int_equal(a.status, NORN_OK);
        assert_non_null(strstr(a.text, "without any demand"));
        assert_true(a.mean[0] == 0 && a.lo[3] == 0 && a.hi[3] == 0 && a.fitted[4] == 0);
        const run_answer refused = run(all[i], below, 4);
        assert_int_equal(refused.status, NORN_E_DATA);
        assert_non_null(strstr(refused.err.text, "-3"));
        assert_int_equal(run(all[i], nothing, 2).status, NORN_E_DATA);
        assert_int_equal(run(all[i], wide, 2).status, NORN_E_DATA);
        for (size_t n = 1; n <= 40; n++) { /* one demand, anywhere; constants; two points */
            for (size_t t = 0; t < n; t++)
                y[t] = t == n / 3 ? 7 : 0, z[t] = 7;
            const run_answer one = run(all[i], y, n), same = run(all[i], z, n);
            assert_int_equal(one.status, NORN_OK);
            assert_true(one.mean[0] > 0 && one.mean[0] <= 7 && one.hi[0] >= one.mean[0] * 0);
            const double want = i == 1 ? 7 * 0.95 : 7;
            assert_true(fabs(same.mean[14] - want) < 1e-12);
        }
        demand(y, 40, 2, 0.4);
        const run_answer plain = run(all[i], y, 40);
        const int powers[] = {1010, -1000, -400, 30};
        for (size_t k = 0; k < 4; k++) {
            for (size_t t = 0; t < 40; t++)
                z[t] = ldexp(y[t], powers[k]);
            const run_answer b = run(all[i], z, 40);
            for (size_t h = 0; h < RUN_H; h++) {
                assert_true(ldexp(b.mean[h], -powers[k]) == plain.mean[h]);
                assert_true(fabs(ldexp(b.hi[h], -powers[k]) / plain.hi[h] - 1) < 1e-12);
            }
            assert_true(fabs(ldexp(b.fitted[39], -powers[k]) / plain.fitted[39] - 1) < 1e-12);
        }
    }
}

static void keep_and_move_on(void **state) {
    (void)state;
    static double y[1000];
    demand(y, 1000, 5, 0.9);
    for (size_t t = 0; t < 200; t++)
        y[t] = t % 7 == 3 ? 0 : y[t];
    y[150] = y[700] = NORNI_NAN;
    const size_t at[] = {1, 40, 150, 640, 999, 1000};
    for (size_t i = 0; i < N_ALL; i++) {
        for (size_t k = 0; k < 6; k++) {
            kept_case c = {.model = all[i], .y = y, .n = at[k], .n_fit = at[k]};
            const run_answer plain = kept(&c);
            c.through_bytes = true;
            c.harm = k == 1;
            const run_answer same = kept(&c);
            assert_int_equal(same.status, NORN_OK);
            assert_memory_equal(plain.mean, same.mean, sizeof plain.mean);
            assert_memory_equal(plain.hi, same.hi, sizeof plain.hi);
            assert_string_equal(plain.text, same.text);
            if (i > 2) continue;
            c.n = 1000, c.harm = false;
            const run_answer moved = kept(&c), whole = run(all[i], y, 1000);
            assert_memory_equal(moved.mean, whole.mean, sizeof moved.mean);
            assert_string_equal(moved.text, whole.text);
            for (size_t h = 0; h < RUN_H; h++) /* the oldest sizes are kept as their level alone */
                assert_true(fabs(moved.hi[h] - whole.hi[h]) < 1e-9);
        }
    }
    /* A bucket of three more periods: one step of its level. */
    double z[15] = {0, 0, 3, 0, 0, 6, 0, 0, 3, 0, 0, 9, 0, 4, 0};
    const run_answer before = run(&norni_model_adida, z, 12),
                     after = kept(
                         &(kept_case){.model = &norni_model_adida, .y = z, .n = 15, .n_fit = 12}),
                     open = kept(
                         &(kept_case){.model = &norni_model_adida, .y = z, .n = 14, .n_fit = 12});
    const double alpha = strtod(strstr(before.text, "alpha=") + 6, NULL);
    assert_non_null(strstr(before.text, "bucket=3"));
    assert_true(open.mean[0] == before.mean[0]);
    assert_true(fabs(after.mean[0] - (before.mean[0] + alpha * (4.0 / 3 - before.mean[0]))) < 1e-6);
    z[13] = -1;
    for (size_t i = 0; i < N_ALL; i++)
        assert_int_equal(kept(&(kept_case){.model = all[i], .y = z, .n = 15, .n_fit = 12}).status,
                         NORN_E_DATA);
}

static void few_evaluations(void **state) {
    (void)state;
    static const char *const optimise[] = {"optimise", "true", NULL};
    double y[60];
    demand(y, 60, 3, 0.5);
    norni_effort e = {.limit = 1};
    const run_answer a = kept(&(kept_case){.model = &norni_model_croston,
                                           .options = optimise,
                                           .y = y,
                                           .n = 60,
                                           .n_fit = 60,
                                           .effort = &e}),
                     plain = run(&norni_model_croston, y, 60);
    assert_true(e.cut);
    assert_memory_equal(a.mean, plain.mean, sizeof a.mean);
}

static void paths(void **state) {
    (void)state;
    double y[80];
    demand(y, 80, 9, 0.3);
    for (size_t t = 0; t < 80; t++)
        y[t] = 6 * floor(y[t] / 2); /* sold in sixes */
    for (size_t i = 0; i < N_ALL; i++) {
        run_case c = {.model = all[i],
                      .name = "n_paths",
                      .value = "20000",
                      .y = y,
                      .n = 80,
                      .m = 1,
                      .item = 11};
        const run_answer a = run_model(&c), b = run_model(&c);
        assert_true(a.kind == NORNI_DIST_PATHS);
        assert_memory_equal(a.hi, b.hi, sizeof a.hi);
        for (size_t h = 0; h < RUN_H; h++) {
            assert_true(a.lo[h] == 0 && a.hi[h] > a.mean[h] && fmod(a.hi[h], 6) == 0);
            assert_true(a.sd[h] > 0 && a.sd[h] == a.sd[0]);
        }
        c.value = "100";
        const run_answer few = run_model(&c);
        c.item = 12;
        assert_true(memcmp(few.hi, run_model(&c).hi, sizeof few.hi) != 0);
    }
}

/* What lies above the 95 % interval's end: 2.5 % at best. */
static void coverage(void **state) {
    (void)state;
    double y[75];
    for (size_t i = 0; i < 3; i++) {
        size_t above = 0, count = 0;
        for (uint64_t item = 0; item < 300; item++) {
            demand(y, 75, 100 + item, item % 2 ? 0.2 : 0.5);
            const run_answer a = run_model(&(run_case){.model = all[i],
                                                       .name = "n_paths",
                                                       .value = "400",
                                                       .y = y,
                                                       .n = 60,
                                                       .m = 1,
                                                       .item = item});
            for (size_t h = 0; h < RUN_H; h++, count++)
                above += y[60 + h] > a.hi[h] ? 1 : 0;
        }
        const double share = (double)above / (double)count;
        if (share < 0.01 || share > 0.05) fail_msg("%s: %g above", all[i]->name, share);
    }
}

static bool stop_after(void *user) {
    size_t *left = user;
    return *left == 0 || --*left == 0;
}

static void cancelled(void **state) {
    (void)state;
    double y[120];
    demand(y, 120, 9, 0.1);
    for (size_t i = 0; i < N_ALL; i++) {
        size_t k = 1;
        for (norn_status st = NORN_E_CANCEL; st != NORN_OK; k++) {
            size_t left = k;
            const run_case c = {
                .model = all[i], .y = y, .n = 120, .m = 1, .poll = {stop_after, &left}};
            st = run_model(&c).status;
            assert_true((st == NORN_OK || st == NORN_E_CANCEL) && k < 1000);
        }
        assert_true(k > 2);
    }
}

static void short_of_memory(void **state) {
    (void)state;
    static double y[1000];
    demand(y, 1000, 2, 0.2);
    for (size_t i = 0; i < N_ALL; i++)
        assert_true(run_short_of_memory((run_case){.model = all[i], .y = y, .n = 1000, .m = 1}) >
                    0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_oracles),
        cmocka_unit_test(search_is_global),
        cmocka_unit_test(gaps_stop_the_clock),
        cmocka_unit_test(odd_series),
        cmocka_unit_test(keep_and_move_on),
        cmocka_unit_test(few_evaluations),
        cmocka_unit_test(paths),
        cmocka_unit_test(coverage),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
