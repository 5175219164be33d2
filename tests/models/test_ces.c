/* Complex exponential smoothing: statsforecast's numbers, bounds, variances, gaps, keeping. */
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

static size_t numbers(char *at, double *x) {
    size_t n = 0;
    for (char *end = at; n < RUN_MOST; at = end, n++) {
        x[n] = strtod(at, &end);
        if (end == at) break;
    }
    return n;
}

static size_t read_series(const char *name, double *y) {
    static char line[1 << 16];
    size_t n = 0;
    FILE *f = fopen(NORN_FIXTURES "/simple_r.csv", "r");
    assert_non_null(f);
    while (n == 0 && fgets(line, sizeof line, f)) {
        if (strncmp(line, "y,", 2) != 0 || strncmp(line + 2, name, strlen(name)) != 0) continue;
        n = numbers(strchr(strchr(line + 2, ',') + 1, ',') + 1, y);
    }
    (void)fclose(f);
    return n;
}

typedef struct passes {
    norn_alloc own;
    norni_arena arena;
    ces_data d;
    double *scratch;
} passes;

static void passes_init(passes *p, const double *y, size_t n, size_t m) {
    const norni_poll none = {NULL, NULL};
    p->own = norni_alloc_default();
    norni_arena_init(&p->arena, &p->own);
    assert_true(ces_data_init(&p->d, y, n, m, &none, &p->arena));
    p->scratch = norni_arena_get(&p->arena, 2 * m + 3, 2 * sizeof *p->scratch);
    assert_non_null(p->scratch);
}

static double sse_at(passes *p, ces_form form, ces_param par) {
    ces_param all[CES_LANES];
    for (size_t k = 0; k < CES_LANES; k++)
        all[k] = par;
    assert_true(ces_pass(&p->d, form, all, NULL, 0));
    for (size_t k = 1; k < CES_LANES; k++)
        assert_true(p->d.lanes->sse[k] == p->d.lanes->sse[0]);
    return p->d.lanes->sse[0];
}

/* At its parameters its squares and forecasts to 1e-9 (its sums run in another order); and where
 * these lie in the region, a search that does at least as well. */
static void check_oracle(const char *name, size_t m, ces_form form, bool fixed, const double *par,
                         double sse, const double *ahead, size_t *inside) {
    static double y[RUN_MOST];
    const size_t n = read_series(name, y);
    passes p;
    passes_init(&p, y, n, m);
    p.d.turn = CES_TURN_PEER;
    ces_param at = {{par[0], par[1], par[2], par[3]}}, put = at;
    const double mine = sse_at(&p, form, at);
    if (fabs(mine - sse) > 1e-9 * sse)
        fail_msg("%s form %d: squares %.15g, statsforecast %.15g", name, (int)form, mine, sse);
    ces_walk w = {.slot = norni_arena_get(&p.arena, m, 2 * sizeof *w.slot)};
    assert_non_null(w.slot);
    ces_walk_take(p.d.lanes, 0, n, &w);
    for (size_t h = 0; h < H; h++) {
        const double f = ces_walk_step(&w, NORNI_NAN);
        if (fabs(f - ahead[h]) > 1e-9 * fabs(ahead[h]))
            fail_msg("%s form %d: step %zu %.15g, statsforecast %.15g", name, (int)form, h + 1, f,
                     ahead[h]);
    }
    const bool stable = ces_region_admit(form, &put) && memcmp(&put, &at, sizeof at) == 0 &&
                        ces_region_stable(form, &at, m, n, p.scratch);
    if (stable && !fixed) {
        const ces_fit fit = ces_search(&p.d, form, NULL, NULL, p.scratch);
        assert_int_equal(fit.stop, NORN_STOP_CONVERGED);
        if (!(fit.sse <= sse * (1 + 1e-7)))
            fail_msg("%s form %d: %.10g, statsforecast %.10g", name, (int)form, fit.sse, sse);
        ++*inside;
    }
    norni_arena_clear(&p.arena);
}

static void against_statsforecast(void **state) {
    (void)state;
    static char line[4096];
    double par[16], sse[16], ahead[32];
    size_t checked = 0, inside = 0, autos = 0;
    FILE *f = fopen(NORN_FIXTURES "/ces_sf.csv", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char name[32];
        int m, form, used = 0;
        if (line[0] == '#') continue;
        if (strncmp(line, "auto,", 5) == 0) {
            autos++;
            continue;
        }
        assert_int_equal(sscanf(line, "%31[^,],%d,%d,%n", name, &m, &form, &used), 3);
        char *at = line + used;
        assert_int_equal(numbers(at, par), 4);
        at = strchr(at, ',') + 1;
        assert_int_equal(numbers(at, sse), 1);
        assert_int_equal(numbers(strchr(at, ',') + 1, ahead), H);
        check_oracle(name, (size_t)m, (ces_form)(form % 10), form >= 10, par, sse[0], ahead,
                     &inside);
        checked++;
    }
    (void)fclose(f);
    assert_int_equal(checked, 56);
    assert_int_equal(autos, 10);
    assert_true(inside >= 12);
}

static void kernels_agree(void **state) {
    (void)state;
    double y[300];
    sales(y, 300, 7, 1, 0.001);
    y[5] = y[100] = y[299] = NORNI_NAN;
    passes p;
    passes_init(&p, y, 300, 7);
    for (ces_form form = CES_NONE; form <= CES_FULL; form++) {
        double sse[3][CES_LANES];
        for (int cap = CES_SIMD_BASE; cap <= CES_SIMD_AVX512; cap++) {
            ces_param par[CES_LANES];
            for (size_t k = 0; k < CES_LANES; k++)
                par[k] = (ces_param){{1.1 + 0.1 * (double)k, 1.001, 0.1 * (double)k, 1.0}};
            for (size_t k = 0; k < CES_LANES && form == CES_FULL; k++)
                par[k].v[2] = 1.02 + 0.05 * (double)k;
            p.d.kernel = ces_kernel_get(cap);
            assert_true(ces_pass(&p.d, form, par, NULL, 0));
            memcpy(sse[cap], p.d.lanes->sse, sizeof sse[cap]);
        }
        assert_memory_equal(sse[0], sse[1], sizeof sse[0]);
        assert_memory_equal(sse[0], sse[2], sizeof sse[0]);
        /* Step by step, with the same bits. */
        ces_walk w = {.slot = norni_arena_get(&p.arena, 7, 2 * sizeof *w.slot)};
        ces_param par[CES_LANES];
        for (size_t k = 0; k < CES_LANES; k++)
            par[k] = (ces_param){{1.4, 1.002, form == CES_FULL ? 1.1 : 0.2, 0.99}};
        assert_true(ces_backcast(&p.d, form, par));
        ces_walk_take(p.d.lanes, 0, 0, &w);
        assert_true(ces_count(&p.d, NULL, 0));
        for (size_t t = 0; t < 300; t++)
            (void)ces_walk_step(&w, y[t]);
        const double last = form == CES_SIMPLE ? p.d.lanes->slot[w.j * 16] : p.d.lanes->level[0];
        assert_true(last == (form == CES_SIMPLE ? w.slot[2 * w.j] : w.level));
    }
    norni_arena_clear(&p.arena);
}

/* The level alone, or every season's, goes on without innovations. */
static void twin_turn(ces_walk *w) {
    ces_walk bare = *w;
    double none[64] = {0};
    if (w->form == CES_SIMPLE) {
        for (size_t j = 0; j < w->m; j++)
            (void)ces_walk_step(w, NORNI_NAN);
        return;
    }
    bare.slot = none;
    for (size_t j = 0; j < w->m; j++)
        (void)ces_walk_step(&bare, NORNI_NAN);
    w->level = bare.level;
    w->carry = bare.carry;
}

/* The backcast, by a filter that goes value by value. */
static void backcast_twin(void **state) {
    (void)state;
    double y[50];
    sales(y, 50, 4, 2, 0.004);
    y[17] = NORNI_NAN;
    passes p;
    passes_init(&p, y, 50, 4);
    for (ces_form form = CES_NONE; form <= CES_FULL; form++) {
        const ces_param par = {{1.3, 1.01, form == CES_FULL ? 1.2 : 0.3, 0.97}};
        double slot[8] = {0}, sse = 0;
        const size_t m = form == CES_NONE ? 1 : 4;
        const double level = form == CES_NONE ? p.d.head : p.d.cycle;
        ces_walk w = {
            .form = form, .m = m, .par = par, .level = level, .carry = level / 1.1, .slot = slot};
        for (size_t j = 0; j < m && form != CES_NONE; j++) {
            slot[2 * j] = form == CES_SIMPLE ? y[j] : p.d.figure[j];
            slot[2 * j + 1] = slot[2 * j] / 1.1;
        }
        for (size_t t = 0; t < 50; t++)
            (void)ces_walk_step(&w, y[t]);
        twin_turn(&w);
        for (size_t t = 50; t-- > 0;) {
            w.j = t % m;
            (void)ces_walk_step(&w, y[t]);
        }
        w.j = 0;
        twin_turn(&w);
        for (size_t t = 0; t < 50; t++) {
            const double e = y[t] - ces_walk_step(&w, y[t]);
            sse += isnan(e) ? 0 : e * e;
        }
        const double kernel = sse_at(&p, form, par);
        assert_true(fabs(sse - kernel) < 1e-9 * sse);
    }
    norni_arena_clear(&p.arena);
}

/* No admitted step in any parameter lowers the squares. */
static void search_is_an_optimum(void **state) {
    (void)state;
    static double y[120];
    for (uint64_t item = 0; item < 12; item++) {
        const size_t m = item % 3 ? 4 : 12, n = 60 + 5 * (size_t)item;
        sales(y, n, m, item, item % 2 ? 0.01 : -0.002);
        if (item % 4 == 1) y[7] = y[20] = y[21] = NORNI_NAN;
        passes p;
        passes_init(&p, y, n, m);
        for (ces_form form = CES_NONE; form <= CES_FULL; form++) {
            const ces_fit fit = ces_search(&p.d, form, NULL, NULL, p.scratch);
            assert_true(fit.sse == sse_at(&p, form, fit.par));
            assert_true(ces_region_stable(form, &fit.par, m, n, p.scratch));
            for (size_t k = 0; k < 2 * ces_n_param(form); k++) {
                ces_param near = fit.par, put;
                near.v[k / 2] += (k % 2 ? -1 : 1) * (k / 2 % 2 ? 1e-4 : 1e-3);
                put = near;
                if (!ces_region_admit(form, &put) || memcmp(&put, &near, sizeof put) != 0) continue;
                if (sse_at(&p, form, near) < fit.sse * (1 - 1e-8))
                    fail_msg("item %u form %d way %zu", (unsigned)item, (int)form, k);
            }
        }
        norni_arena_clear(&p.arena);
    }
}

/* The circles are where an eigenvalue of the transition that sees y meets the unit circle. */
static void region_of_pairs(void **state) {
    (void)state;
    const norni_rng rng = {1, 1};
    size_t in = 0;
    for (uint64_t k = 0; k < 20000; k++) {
        const double a = 4 * norni_rng_uniform(rng, 2 * k) - 0.5,
                     b = 3 * norni_rng_uniform(rng, 2 * k + 1) - 0.8;
        const double trace = (1 - a + b) + (1 - a),
                     det = (1 - a + b) * (1 - a) - (b - 1) * (1 - a - b),
                     disc = trace * trace / 4 - det;
        const double radius =
            disc < 0 ? sqrt(det) : fmax(fabs(trace / 2 + sqrt(disc)), fabs(trace / 2 - sqrt(disc)));
        double p[2] = {a, b};
        assert_true(ces_region_project(p));
        const bool moved = p[0] != a || p[1] != b;
        if (fabs(radius - 1) > 1e-6) assert_true(moved == (radius > 1));
        in += !moved;
    }
    assert_true(in > 2000);
    double bad[2] = {NORNI_NAN, 1};
    assert_false(ces_region_project(bad));
}

/* Whether a first state's influence grows, against the filter itself run on zeros. */
static void region_of_seasons(void **state) {
    (void)state;
    static double zero[6000];
    const norni_rng rng = {2, 1};
    size_t agreed[2] = {0, 0};
    for (uint64_t k = 0; k < 300; k++) {
        const size_t m = 2 + k % 5;
        const ces_form form = k % 2 ? CES_FULL : CES_PARTIAL;
        ces_param p = {{0.9 + 1.2 * norni_rng_uniform(rng, 4 * k),
                        0.85 + 0.2 * norni_rng_uniform(rng, 4 * k + 1),
                        norni_rng_uniform(rng, 4 * k + 2), 0}};
        if (form == CES_FULL) {
            p.v[2] += 0.95;
            p.v[3] = 0.85 + 0.2 * norni_rng_uniform(rng, 4 * k + 3);
        }
        if (!ces_region_admit(form, &p)) continue;
        double slot[14] = {0}, scratch[64], size[2] = {0, 0};
        ces_walk w = {.form = form, .m = m, .par = p, .level = 1, .carry = -0.3, .slot = slot};
        slot[0] = 0.7, slot[3] = 0.4;
        for (size_t t = 0; t < 6000; t++) {
            (void)ces_walk_step(&w, zero[t]);
            if (t == 2999 || t == 5999) {
                for (size_t j = 0; j < 2 * m; j++)
                    size[t > 3000] += fabs(slot[j]);
                size[t > 3000] += fabs(w.level) + fabs(w.carry);
            }
        }
        const double rate = norni_log(size[1] / size[0]) / 3000; /* log of the spectral radius */
        if (!(fabs(rate) > 1e-5 || size[1] == 0)) continue;
        const bool grows = rate > 0 || isnan(rate);
        assert_true(ces_region_stable(form, &p, m, (size_t)1 << 40, scratch) == !grows);
        agreed[grows]++;
    }
    assert_true(agreed[0] > 50 && agreed[1] > 20);
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
        cmocka_unit_test(against_statsforecast),
        cmocka_unit_test(kernels_agree),
        cmocka_unit_test(backcast_twin),
        cmocka_unit_test(search_is_an_optimum),
        cmocka_unit_test(region_of_pairs),
        cmocka_unit_test(region_of_seasons),
        cmocka_unit_test(variances),
        cmocka_unit_test(coverage),
        cmocka_unit_test(damping),
        cmocka_unit_test(forms_and_refusals),
        cmocka_unit_test(odd_series),
        cmocka_unit_test(gaps),
        cmocka_unit_test(keep_and_move_on),
        cmocka_unit_test(warm_starts),
        cmocka_unit_test(few_evaluations),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
