/* Complex exponential smoothing's passes, region and search: statsforecast's numbers, slow twins. */
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
#include "models/ces/ces_state.h"
#include "run_model.h"

enum { H = RUN_H };

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_statsforecast), cmocka_unit_test(kernels_agree),
        cmocka_unit_test(backcast_twin),         cmocka_unit_test(search_is_an_optimum),
        cmocka_unit_test(region_of_pairs),       cmocka_unit_test(region_of_seasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
