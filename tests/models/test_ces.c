/* Complex exponential smoothing as a model: variances, damping, odd series, gaps, keeping. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/ces/ces.h"
#include "models/ces/ces_state.h"
#include "run_model.h"

enum { H = RUN_H };

/* A fit with any options; its state is there until the next begins. */
typedef struct bench {
    norn_alloc own;
    norni_arena arena;
    _Alignas(16) char opt[256];
    norni_env env;
    norni_series s;
    int32_t m;
    void *state;
    norn_err err;
    norn_status status;
    double mean[H], sd[H];
} bench;

static void bench_fit(bench *b, const double *y, size_t n, int32_t m, const char *const *options,
                      norni_str warm, norni_effort *effort) {
    const norni_model *model = &norni_model_ces;
    memset(b, 0, sizeof *b);
    b->own = norni_alloc_default();
    norni_arena_init(&b->arena, &b->own);
    b->m = m;
    b->s = (norni_series){.n = n, .y = y, .n_season = m > 1, .season = &b->m, .horizon = H};
    b->env = (norni_env){.arena = &b->arena, .seed = 1, .warm = warm, .effort = effort};
    assert_true(model->opt_size <= sizeof b->opt);
    assert_int_equal(
        norni_param_defaults(model->params, model->n_params, b->opt, &b->arena, &b->err), NORN_OK);
    for (size_t i = 0; options && options[i]; i += 2) {
        const norni_param *row =
            norni_param_find(model->params, model->n_params, norni_str_of(options[i]));
        assert_int_equal(
            norni_param_set(row, b->opt, norni_str_of(options[i + 1]), &b->arena, "ces", &b->err),
            NORN_OK);
    }
    b->status = model->validate(b->opt, &b->s, &b->err);
    if (b->status == NORN_OK)
        b->status = model->fit(&b->env, b->opt, &(norni_group){1, &b->s}, &b->state, &b->err);
}

static void bench_ahead(bench *b) {
    norni_dist d = {.horizon = H, .mean = b->mean, .sd = b->sd};
    assert_int_equal(b->status, NORN_OK);
    assert_int_equal(norni_model_ces.predict(&b->env, b->state, 0, H, true, &d, &b->err), NORN_OK);
    assert_true(d.kind == NORNI_DIST_NORMAL);
}

static void bench_end(bench *b) {
    norni_arena_clear(&b->arena);
}

static run_answer run(const double *y, size_t n, int32_t m) {
    return run_model(&(run_case){.model = &norni_model_ces, .y = y, .n = n, .m = m});
}

/* Level with growth and a season. */
static void sales(double *y, size_t n, size_t m, uint64_t item, double growth) {
    const norni_rng rng = {5, item};
    double level = 100;
    for (size_t t = 0; t < n; t++) {
        level = level * (1 + growth) + 3 * norni_rng_normal(rng, 2 * t);
        y[t] = level + 20 * norni_sin(6.283185307179586 * (double)(t % m) / (double)m) +
               2 * norni_rng_normal(rng, 2 * t + 1);
    }
}

/* The variance is that of the model's own sample paths. */
static void variances(void **state) {
    (void)state;
    static const char *const forms[] = {"none", "simple", "partial", "full"};
    static double y[96];
    enum { PATHS = 4000 };
    sales(y, 96, 4, 3, 0.004);
    for (size_t f = 0; f < 4; f++) {
        const char *const options[] = {"model", forms[f], "damping", "1", NULL};
        bench b;
        bench_fit(&b, y, 96, 4, options, (norni_str){NULL, 0}, NULL);
        assert_int_equal(b.status, NORN_OK);
        ces_state *st = b.state;
        st->n_near = 0; /* parameters known, and of use */
        st->now.par = (ces_param){{1.4, 1.002, f == CES_FULL ? 1.3 : 0.3, 0.98}};
        bench_ahead(&b);
        double square[H] = {0};
        const norni_rng rng = {9, f};
        for (uint64_t i = 0; i < PATHS; i++) {
            double slot[8];
            ces_walk w = st->now;
            memcpy(slot, w.slot, sizeof(double) * 2 * w.m);
            w.slot = slot;
            for (size_t h = 0; h < H; h++) {
                ces_walk peek = w;
                double other[8];
                memcpy(other, slot, sizeof other);
                peek.slot = other;
                const double forecast = ces_walk_step(&peek, NORNI_NAN),
                             x = forecast + sqrt(st->sigma2) * norni_rng_normal(rng, i * H + h);
                (void)ces_walk_step(&w, x);
                square[h] += (x - b.mean[h]) * (x - b.mean[h]);
            }
        }
        for (size_t h = 0; h < H; h++) {
            const double sd = sqrt(square[h] / PATHS);
            if (fabs(sd / b.sd[h] - 1) > 0.05)
                fail_msg("%s, step %zu: paths %g, formula %g", forms[f], h + 1, sd, b.sd[h]);
        }
        bench_end(&b);
    }
}

/* With what the parameters may be wrong by, 95 % intervals of a simulated model cover so much. */
static void coverage(void **state) {
    (void)state;
    size_t inside = 0, count = 0;
    for (uint64_t item = 0; item < 400; item++) {
        double y[40 + H], slot[2] = {0, 0};
        ces_walk w = {.form = CES_NONE,
                      .m = 1,
                      .par = {{1.5, 1.003, 0, 0}},
                      .level = 100,
                      .carry = 66,
                      .slot = slot};
        const norni_rng rng = {4, item};
        for (size_t t = 0; t < 40 + H; t++) {
            ces_walk peek = w;
            y[t] = ces_walk_step(&peek, NORNI_NAN) + 5 * norni_rng_normal(rng, t);
            (void)ces_walk_step(&w, y[t]);
        }
        static const char *const options[] = {"damping", "1", NULL};
        bench b;
        bench_fit(&b, y, 40, 1, options, (norni_str){NULL, 0}, NULL);
        bench_ahead(&b);
        for (size_t h = 0; h < H; h++, count++)
            inside += fabs(y[40 + h] - b.mean[h]) < 1.96 * b.sd[h] ? 1 : 0;
        bench_end(&b);
    }
    const double share = (double)inside / (double)count;
    if (share < 0.91 || share > 0.98) fail_msg("covered %g", share);
}

static void damping(void **state) {
    (void)state;
    double y[40];
    for (size_t t = 0; t < 40; t++)
        y[t] = 100 * norni_exp(0.03 * (double)t) + (double)(t % 3);
    static const char *const options[] = {"damping", "1", NULL};
    bench own, less;
    bench_fit(&own, y, 40, 1, options, (norni_str){NULL, 0}, NULL);
    bench_fit(&less, y, 40, 1, NULL, (norni_str){NULL, 0}, NULL);
    bench_ahead(&own);
    bench_ahead(&less);
    assert_true(own.mean[0] == less.mean[0]);
    double power = 1, want = own.mean[0];
    for (size_t h = 1; h < H; h++) {
        power *= 0.8;
        want += power * (own.mean[h] - own.mean[h - 1]);
        assert_true(fabs(less.mean[h] - want) < 1e-9 * want);
        assert_true(own.mean[h] > own.mean[h - 1] && less.mean[h] < own.mean[h]);
        assert_true(less.sd[h] > own.mean[h] - less.mean[h]);
    }
    bench_end(&own);
    bench_end(&less);
}

static void forms_and_refusals(void **state) {
    (void)state;
    double y[60];
    sales(y, 60, 4, 2, 0.01);
    run_case c = {
        .model = &norni_model_ces, .name = "model", .value = "partial", .y = y, .n = 60, .m = 4};
    assert_non_null(strstr(run_model(&c).text, "CES(partial)"));
    c.value = "simple";
    assert_non_null(strstr(run_model(&c).text, "CES(simple)"));
    c.value = "full";
    assert_non_null(strstr(run_model(&c).text, "i sigma="));
    c.n = 7;
    run_answer a = run_model(&c);
    assert_int_equal(a.status, NORN_E_DATA);
    assert_non_null(strstr(a.err.text, "two whole seasons"));
    c.n = 60, c.m = 1;
    a = run_model(&c);
    assert_int_equal(a.status, NORN_E_DATA);
    assert_non_null(strstr(a.err.text, "season length"));
    c.value = "auto", c.n = 7, c.m = 4; /* no season can be seen */
    assert_non_null(strstr(run_model(&c).text, "CES(none)"));
    static double z[1400];
    sales(z, 1400, 600, 2, 0);
    c = (run_case){.model = &norni_model_ces,
                   .name = "model",
                   .value = "partial",
                   .y = z,
                   .n = 1400,
                   .m = 600};
    assert_int_equal(run_model(&c).status, NORN_E_DATA);
    /* A strong season is found, whatever auto goes by. */
    sales(y, 60, 4, 5, 0);
    c = (run_case){
        .model = &norni_model_ces, .name = "select", .value = "aicc", .y = y, .n = 60, .m = 4};
    assert_null(strstr(run_model(&c).text, "none"));
    c.value = "horizon";
    assert_null(strstr(run_model(&c).text, "none"));
}

static void odd_series(void **state) {
    (void)state;
    const double nothing[2] = {NORNI_NAN, NORNI_NAN}, wide[2] = {-NORNI_INF, 1};
    static double y[64], z[64];
    assert_int_equal(run(nothing, 2, 1).status, NORN_E_DATA);
    assert_int_equal(run(wide, 2, 1).status, NORN_E_DATA);
    for (size_t n = 1; n <= 64; n++) {
        const int32_t m = n % 2 ? 4 : 1;
        for (int kind = 0; kind < 7; kind++) {
            for (size_t t = 0; t < n; t++) {
                const double alternating = t % 2 ? -1 : 1;
                y[t] = kind == 0   ? 3
                       : kind == 1 ? 0
                       : kind == 2 ? (t == n / 2 ? 1e300 : 5)
                       : kind == 3 ? (t == n / 3 ? 7 : 0)
                       : kind == 4 ? alternating * 1e5
                       : kind == 5 ? (double)(t * t)
                                   : alternating * 1e-300 * (double)(1 + t % 5);
            }
            const run_answer a = run(y, n, m);
            assert_int_equal(a.status, NORN_OK);
            for (size_t h = 0; h < H; h++) {
                assert_true(isfinite(a.mean[h]));
                assert_true(isnan(a.sd[h]) || (a.sd[h] >= 0 && isfinite(a.sd[h])));
                if (kind == 0) assert_true(fabs(a.mean[h] - 3) < 1e-12);
                if (kind == 1) assert_true(a.mean[h] == 0);
            }
        }
    }
    const int powers[] = {980, -900, 40};
    sales(y, 60, 4, 1, 0.01);
    const run_answer plain = run(y, 60, 4);
    for (size_t k = 0; k < 3; k++) {
        for (size_t t = 0; t < 60; t++)
            z[t] = ldexp(y[t], powers[k]);
        const run_answer b = run(z, 60, 4);
        for (size_t h = 0; h < H; h++) {
            assert_true(fabs(ldexp(b.mean[h], -powers[k]) / plain.mean[h] - 1) < 1e-6);
            assert_true(fabs(ldexp(b.hi[h], -powers[k]) / plain.hi[h] - 1) < 1e-6);
        }
    }
}

static void gaps(void **state) {
    (void)state;
    static double y[80], z[80];
    sales(y, 80, 4, 6, 0.005);
    memcpy(z, y, sizeof z);
    for (size_t t = 0; t < 80; t++) {
        if (t % 11 == 3 || t < 2 || t == 79) z[t] = NORNI_NAN;
    }
    for (int32_t m = 1; m <= 4; m += 3) {
        const run_answer a = run(y, 80, m), b = run(z, 80, m);
        assert_int_equal(b.status, NORN_OK);
        for (size_t h = 0; h < H; h++)
            assert_true(fabs(a.mean[h] - b.mean[h]) < 0.2 * fabs(a.mean[h]));
        for (size_t t = 0; t < 80; t++)
            assert_true(isfinite(b.fitted[t]));
    }
}

static norni_str keep(bench *b) {
    const norn_alloc own = norni_alloc_default();
    norni_buf buf = {.alloc = &own};
    assert_int_equal(norni_model_ces.save(b->state, 0, &buf, &b->err), NORN_OK);
    char *copy = norni_arena_text(&b->arena, buf.p, buf.n);
    const norni_str saved = {copy, buf.n};
    norni_buf_clear(&buf);
    return saved;
}

static void keep_and_move_on(void **state) {
    (void)state;
    static const char *const forms[] = {"none", "simple", "partial", "full"};
    static double y[90];
    sales(y, 90, 4, 7, 0.004);
    y[50] = y[83] = NORNI_NAN;
    for (size_t f = 0; f < 4; f++) {
        const char *const options[] = {"model", forms[f], NULL};
        bench b, c;
        bench_fit(&b, y, 80, 4, options, (norni_str){NULL, 0}, NULL);
        bench_ahead(&b);
        const norni_str saved = keep(&b);
        for (size_t k = 0; k < saved.n; k += f == 1 ? 1 : 7) { /* cut anywhere: refused */
            void *other = NULL;
            assert_int_equal(
                norni_model_ces.load(&b.env, b.opt, (norni_str){saved.p, k}, &other, &b.err),
                NORN_E_FORMAT);
        }
        c = b;
        assert_int_equal(norni_model_ces.load(&c.env, c.opt, saved, &c.state, &c.err), NORN_OK);
        bench_ahead(&c);
        assert_memory_equal(b.mean, c.mean, sizeof b.mean);
        assert_memory_equal(b.sd, c.sd, sizeof b.sd);
        char text[2][256];
        norni_model_ces.describe(b.state, 0, text[0], sizeof text[0]);
        norni_model_ces.describe(c.state, 0, text[1], sizeof text[1]);
        assert_string_equal(text[0], text[1]);
        /* On by ten values: as the filter goes. */
        ces_state *st = b.state, *moved = c.state;
        for (size_t t = 80; t < 90; t++)
            (void)ces_walk_step(&st->now, y[t]);
        const norni_series more = {.n = 10, .y = y + 80, .horizon = H};
        assert_int_equal(norni_model_ces.update(&c.env, c.state, &more, &c.err), NORN_OK);
        assert_true(st->now.level == moved->now.level && st->now.j == moved->now.j);
        assert_memory_equal(st->now.slot, moved->now.slot, 2 * st->now.m * sizeof(double));
        bench_ahead(&c);
        const double first = c.mean[0], wrong[2] = {5, NORNI_INF};
        const norni_series bad = {.n = 2, .y = wrong, .horizon = H};
        assert_int_equal(norni_model_ces.update(&c.env, c.state, &bad, &c.err), NORN_E_DATA);
        bench_ahead(&c);
        assert_true(c.mean[0] == first); /* nothing of it was taken */
        bench_end(&b);
    }
}

static void warm_starts(void **state) {
    (void)state;
    static double y[100];
    size_t cold_spent = 0, warm_spent = 0;
    for (uint64_t item = 0; item < 10; item++) {
        sales(y, 100, 4, item, 0.003);
        norni_effort cold = {0}, warm = {0};
        bench old, a, b;
        bench_fit(&old, y, 92, 4, NULL, (norni_str){NULL, 0}, NULL);
        const norni_str saved = keep(&old);
        bench_fit(&a, y, 100, 4, NULL, (norni_str){NULL, 0}, &cold);
        bench_fit(&b, y, 100, 4, NULL, saved, &warm);
        bench_ahead(&a);
        bench_ahead(&b);
        for (size_t h = 0; h < H; h++)
            assert_true(fabs(a.mean[h] - b.mean[h]) < 0.1 * fabs(a.mean[h]));
        cold_spent += cold.spent, warm_spent += warm.spent;
        bench_end(&a);
        bench_end(&b);
        bench_end(&old);
    }
    assert_true(2 * warm_spent < cold_spent);
    const norni_str junk = {"CES1 of another kind", 20};
    bench c;
    bench_fit(&c, y, 100, 4, NULL, junk, NULL);
    assert_int_equal(c.status, NORN_OK);
    bench_end(&c);
}

static void few_evaluations(void **state) {
    (void)state;
    static double y[100];
    sales(y, 100, 4, 3, 0.003);
    norni_effort all = {0};
    bench whole;
    bench_fit(&whole, y, 100, 4, NULL, (norni_str){NULL, 0}, &all);
    bench_ahead(&whole);
    assert_true(all.spent > 100);
    for (uint64_t limit = 1; limit < 2 * all.spent; limit = limit * 3 / 2 + 1) {
        norni_effort e = {.limit = limit}, again = {.limit = limit};
        bench b, c;
        bench_fit(&b, y, 100, 4, NULL, (norni_str){NULL, 0}, &e);
        bench_fit(&c, y, 100, 4, NULL, (norni_str){NULL, 0}, &again);
        bench_ahead(&b);
        bench_ahead(&c);
        assert_memory_equal(b.mean, c.mean, sizeof b.mean);
        assert_true(e.cut == (limit < all.spent));
        if (!e.cut) assert_memory_equal(whole.mean, b.mean, sizeof b.mean);
        bench_end(&b);
        bench_end(&c);
    }
    bench_end(&whole);
}

static bool stop_after(void *user) {
    size_t *left = user;
    return *left == 0 || --*left == 0;
}

static void cancelled(void **state) {
    (void)state;
    static double y[5000];
    sales(y, 5000, 4, 9, 0);
    size_t k = 1, asked = 0;
    for (norn_status st = NORN_E_CANCEL; st != NORN_OK; asked++) {
        size_t left = k;
        static double fitted[5000];
        const int32_t m = 4;
        const norn_alloc own = norni_alloc_default();
        norni_arena arena;
        norni_arena_init(&arena, &own);
        _Alignas(16) char opt[256];
        norn_err err;
        assert_int_equal(norni_param_defaults(norni_model_ces.params, norni_model_ces.n_params, opt,
                                              &arena, &err),
                         NORN_OK);
        norni_env env = {.arena = &arena, .poll = {stop_after, &left}};
        const norni_series s = {.n = 5000, .y = y, .n_season = 1, .season = &m, .horizon = H};
        void *fit = NULL;
        st = norni_model_ces.fit(&env, opt, &(norni_group){1, &s}, &fit, &err);
        assert_true(st == NORN_OK || st == NORN_E_CANCEL);
        if (st == NORN_OK)
            assert_int_equal(norni_model_ces.fitted(&env, fit, 0, fitted, &err), NORN_OK);
        norni_arena_clear(&arena);
        k = k * 5 / 4 + 1;
        assert_true(k < 1000000);
    }
    assert_true(asked > 5);
}

static void short_of_memory(void **state) {
    (void)state;
    static double y[400];
    sales(y, 400, 12, 2, 0.001);
    assert_true(
        run_short_of_memory((run_case){.model = &norni_model_ces, .y = y, .n = 400, .m = 12}) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variances),        cmocka_unit_test(coverage),
        cmocka_unit_test(damping),          cmocka_unit_test(forms_and_refusals),
        cmocka_unit_test(odd_series),       cmocka_unit_test(gaps),
        cmocka_unit_test(keep_and_move_on), cmocka_unit_test(warm_starts),
        cmocka_unit_test(few_evaluations),  cmocka_unit_test(cancelled),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
