/* Findings of months nobody sends: every size, gap and constant gives finite numbers or none, and JSON that closes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/gbdt/gbdt_learner.h"
#include "month_box.h"

static const norni_learner *const list[] = {&norni_learner_gbdt};
static const norni_learner_set set = {list, 1};

/* One of several ways in which a metric may be odd. */
static double odd(uint64_t way, norni_rng r, size_t i, size_t n) {
    const double u = norni_rng_uniform(r, 2 * i), sign = u < 0.5 ? -1 : 1;
    switch (way % 12) {
        case 0: return 0;
        case 1: return 1e300 * sign;
        case 2: return 1e-300 * u;
        case 3: return u < 0.7 ? NORNI_NAN : 5 + u;
        case 4: return NORNI_NAN;
        case 5: return i == n / 2 ? 1e9 : 3;
        case 6: return (double)(i % 2 ? 1 : -1);
        case 7: return norni_exp(0.7 * (double)i);
        case 8: return i % 12 == 11 ? 1e6 : norni_rng_uniform(r, 2 * i + 1);
        case 9: return i < n / 2 ? 100 + u : 5000 + u;
        case 10: return 1.7e308 * u;
        default: return norni_rng_normal(r, i);
    }
}

static void check_numbers(const norni_fin_anomalies *a, const norni_fin_correlations *c,
                          const norni_fin_drivers *d) {
    for (size_t i = 0; i < a->n; i++) {
        const norni_fin_anomaly *x = &a->item[i];
        assert_true(isfinite(x->value) && !isnan(x->mean) && x->score > 0 && x->score <= 1);
        assert_true(i == 0 || x[-1].severity >= x->severity);
    }
    for (size_t i = 0; i < c->n; i++) {
        assert_true(fabs(c->item[i].correlation) > 0.7 && fabs(c->item[i].correlation) <= 1);
        assert_true((c->item[i].lag_months > 0) == !isnan(c->item[i].p_value));
    }
    assert_true(d->n <= 5 && d->insight.n > 0);
    for (size_t i = 0; i < d->n; i++)
        assert_true(d->item[i].score > 0 && isfinite(d->item[i].score));
}

static void check_texts(const norni_fin_facts *f) {
    norni_buf b;
    norni_json j;
    norni_buf_init(&b, &alloc);
    norni_json_init(&j, &b);
    norni_json_open(&j, '[');
    norni_fin_anomalies_json(&j, f->anomalies);
    norni_fin_correlations_json(&j, f->correlations);
    norni_fin_drivers_json(&j, f->drivers);
    norni_fin_narratives_json(&j, f, NORNI_FIN_GUARDIAN);
    norni_fin_narratives_json(&j, f, NORNI_FIN_STORYTELLER);
    norni_fin_recommendations_json(&j, f);
    norni_json_close(&j, ']');
    norni_buf_add(&b, "", 1);
    assert_false(b.failed);
    assert_true(j.depth == 0 && !strstr(b.p, ":nan") && !strstr(b.p, " nan") &&
                !strstr(b.p, ":inf"));
    b.n = 0;
    norni_fin_markdown(&b, f, NORNI_FIN_GUARDIAN);
    assert_true(b.n > 0 && !b.failed);
    norni_buf_clear(&b);
}

static void hostile_months(void **state) {
    (void)state;
    norn_ctx *ctx = month_ctx();
    for (uint64_t k = 0; k < 120; k++) {
        const norni_arena_mark mark = norni_arena_mark_get(&arena);
        const norni_rng r = {11, k};
        const size_t n = k < 40 ? (size_t)k : 10 + (size_t)(norni_rng_uniform(r, 1 << 20) * 100);
        month_box *box = month_box_new(n);
        for (unsigned m = 0; m < NORNI_FIN_METRICS; m++) {
            if (norni_rng_uniform(r, (2 << 20) + m) < 0.2) continue;
            double *y = month_metric(box, (int)m);
            for (size_t i = 0; i < n; i++)
                y[i] = odd((uint64_t)(12 * norni_rng_uniform(r, (3 << 20) + m)), (norni_rng){k, m},
                           i, n);
        }
        for (size_t i = 0; i < n; i++)
            box->rows[i] = (size_t)(4 * norni_rng_uniform(r, (4 << 20) + i));
        norni_fin_anomalies a;
        norni_fin_correlations c;
        norni_fin_drivers d;
        norni_fin_kpis kpis;
        norni_fin_forecasts none = {0};
        assert_int_equal(norni_fin_anomalies_make(ctx, &box->book, k, &arena, &a, NULL), NORN_OK);
        assert_int_equal(norni_fin_correlations_make(&box->book, &arena, &c, NULL), NORN_OK);
        assert_int_equal(norni_fin_drivers_make(ctx, &box->book, &set, k, &arena, &d, NULL),
                         NORN_OK);
        norni_fin_kpis_make(&box->book, &kpis);
        check_numbers(&a, &c, &d);
        check_texts(&(norni_fin_facts){&box->book, &kpis, &none, &a, &c, &d});
        norni_arena_rewind(&arena, mark);
    }
    norn_ctx_free(ctx);
}

/* A context that was cancelled ends each of them with that. */
static void cancelled(void **state) {
    (void)state;
    norn_ctx *ctx = month_ctx();
    month_box *box = month_box_new(40);
    double *p = month_metric(box, NORNI_FIN_PROFIT), *e = month_metric(box, NORNI_FIN_REVENUE);
    for (size_t i = 0; i < 40; i++)
        p[i] = norni_rng_normal((norni_rng){1, 1}, i),
        e[i] = norni_rng_normal((norni_rng){1, 2}, i);
    norni_fin_anomalies a;
    norni_fin_drivers d;
    atomic_store(&ctx->cancel, true);
    assert_int_equal(norni_fin_anomalies_make(ctx, &box->book, 1, &arena, &a, NULL), NORN_E_CANCEL);
    assert_int_equal(norni_fin_drivers_make(ctx, &box->book, &set, 1, &arena, &d, NULL),
                     NORN_E_CANCEL);
    norn_ctx_free(ctx);
}

/* ---- less and less memory ---- */

enum { BLOCK = 65000 }; /* what an arena's first block certainly holds */

/* Gives `left` more blocks; counts those that live. */
typedef struct scarce {
    norn_alloc own;
    size_t left;
    long live;
} scarce;

static void *scarce_resize(void *user, void *ptr, size_t old, size_t size) {
    scarce *s = user;
    if (size > 0 && s->left == 0) return NULL;
    if (size > 0) s->left--;
    void *p = s->own.resize(s->own.user, ptr, old, size);
    if (size == 0)
        s->live -= ptr != NULL;
    else if (p != NULL && ptr == NULL)
        s->live++;
    return p;
}

static norn_status make_all(norn_ctx *ctx, const norni_fin_book *book, bool drivers, norni_arena *a,
                            norn_err *err) {
    norni_fin_anomalies anomalies;
    norni_fin_correlations correlations;
    norni_fin_drivers d;
    NORN_TRY(norni_fin_anomalies_make(ctx, book, 1, a, &anomalies, err));
    NORN_TRY(norni_fin_correlations_make(book, a, &correlations, err));
    return drivers ? norni_fin_drivers_make(ctx, book, &set, 1, a, &d, err) : NORN_OK;
}

/* In an arena with `room` bytes (0: none yet) and `left` more blocks. */
static norn_status make_in(norn_ctx *ctx, const norni_fin_book *book, size_t room, size_t left) {
    scarce memory = {.own = norni_alloc_default(), .left = 1};
    const norn_alloc own = {scarce_resize, &memory};
    norni_arena a;
    norn_err err = {NORN_OK, ""};
    norni_arena_init(&a, &own);
    if (room > 0) {
        assert_true(room < BLOCK);
        assert_non_null(norni_arena_get(&a, BLOCK, 1));
        norni_arena_reset(&a);
        assert_non_null(norni_arena_get(&a, BLOCK - room, 1));
    }
    memory.left = left;
    const norn_status st = make_all(ctx, book, room == 0, &a, &err);
    if (st != NORN_OK) {
        assert_int_equal(st, NORN_E_MEM);
        assert_non_null(strstr(err.text, "memory"));
    }
    norni_arena_clear(&a);
    assert_int_equal(memory.live, 0);
    return st;
}

static month_box *two_metrics(size_t n) {
    month_box *box = month_box_new(n);
    double *p = month_metric(box, NORNI_FIN_PROFIT), *e = month_metric(box, NORNI_FIN_REVENUE);
    for (size_t i = 0; i < n; i++) {
        e[i] = norni_rng_normal((norni_rng){1, 2}, i);
        p[i] = e[i] + 0.2 * norni_rng_normal((norni_rng){1, 1}, i) + (i == n / 2 ? 9 : 0);
    }
    return box;
}

static void little_memory(void **state) {
    (void)state;
    norn_ctx *ctx = month_ctx();
    const month_box *box = two_metrics(30);
    size_t room = 64, left = 0;
    while (room + 64 < BLOCK && make_in(ctx, &box->book, room, 0) != NORN_OK)
        room += 488;
    assert_int_equal(make_in(ctx, &box->book, room, 0), NORN_OK);
    assert_true(room > 4000);
    while (left < 2000 && make_in(ctx, &box->book, 0, left) != NORN_OK)
        left++;
    assert_true(left > 3 && left < 2000);
    /* words without paper: the writer says so */
    scarce paper = {.own = norni_alloc_default()};
    const norn_alloc none = {scarce_resize, &paper};
    norni_fin_anomaly one = {.votes = 7, .value = 3, .mean = 1};
    const norni_fin_anomalies anomalies = {1, &one};
    norni_buf b;
    norni_json j;
    norni_buf_init(&b, &none);
    norni_json_init(&j, &b);
    norni_fin_anomalies_json(&j, &anomalies);
    assert_true(b.failed && paper.live == 0);
    norni_fin_kpis kpis;
    norni_fin_kpis_make(&box->book, &kpis);
    const norni_fin_facts f = {&box->book, &kpis, NULL, &anomalies, NULL, NULL};
    norni_buf_init(&b, &none);
    norni_fin_markdown(&b, &f, NORNI_FIN_GUARDIAN);
    assert_true(b.failed && paper.live == 0);
    norn_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hostile_months, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(little_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("finance_findings", tests, NULL, NULL);
}
