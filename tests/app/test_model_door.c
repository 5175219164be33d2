/* One model over many series in memory: kept, taken up, moved on, applied; failures, threads, memory that runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "app/model_door.h"
#include "counting.h"

enum { N_SERIES = 40, LONGEST = 121, HORIZON = 6 }; /* the longest and three more */

static double y[N_SERIES][LONGEST];
static norni_door_item item[N_SERIES];
static norni_door_answer answer[2][N_SERIES];
static double level[] = {80, 95};

static norn_ctx *context(int32_t n_threads, counting *count) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    opt.n_threads = n_threads;
    if (count) opt.alloc = (norn_alloc){counting_resize, count};
    const norn_status st = norn_ctx_new(&opt, &ctx, NULL);
    assert_true(st == NORN_OK || count != NULL);
    return ctx;
}

static int set_up(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (size_t i = 0; i < N_SERIES; i++) {
        item[i] = (norni_door_item){.y = y[i], .n = 40 + 2 * i};
        for (size_t t = 0; t < LONGEST; t++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            y[i][t] = (t ? y[i][t - 1] : 0) + (double)(seed >> 40) / 0x1p23 - 1;
        }
    }
    return 0;
}

static norni_door_call fit_call(void) {
    return (norni_door_call){.task = NORNI_DOOR_FIT,
                             .spec = "arima(1,1,1)",
                             .item = item,
                             .n_items = N_SERIES,
                             .horizon = HORIZON,
                             .levels = {2, level},
                             .estimates = true,
                             .keep = true,
                             .fitted = true};
}

static void same_numbers(const norni_door_answer *a, const norni_door_answer *b) {
    assert_int_equal(a->n_number, b->n_number);
    assert_memory_equal(a->number, b->number, a->n_number * sizeof *a->number);
}

static void kept_models_go_on(void **state) {
    (void)state;
    norn_ctx *ctx = context(2, NULL);
    norni_door_call call = fit_call();
    assert_int_equal(norni_door_run(ctx, &call, answer[0], NULL), NORN_OK);
    norni_door_item kept[N_SERIES];
    for (size_t i = 0; i < N_SERIES; i++) {
        const norni_door_answer *a = &answer[0][i];
        assert_int_equal(a->status, NORN_OK);
        assert_int_equal(a->estimates.n, 2);
        assert_true(a->names.n == 7 && memcmp(a->names.p, "ar1\nma1", 7) == 0);
        assert_true(a->aicc > a->aic && a->aic == 6 - 2 * a->estimates.loglik);
        assert_true(a->mean[HORIZON] < a->mean[0] && a->mean[2 * HORIZON] > a->mean[0]);
        assert_true(a->mean[3 * HORIZON] < a->mean[HORIZON]); /* 95 is wider */
        assert_true(isnan(a->fitted[0]) && isfinite(a->fitted[1]));
        kept[i] = (norni_door_item){.kept = {a->kept.p, a->kept.n}};
    }
    call = (norni_door_call){.task = NORNI_DOOR_TAKE,
                             .item = kept,
                             .n_items = N_SERIES,
                             .horizon = HORIZON,
                             .levels = {2, level},
                             .estimates = true,
                             .keep = true};
    assert_int_equal(norni_door_run(ctx, &call, answer[1], NULL), NORN_OK);
    for (size_t i = 0; i < N_SERIES; i++) {
        const norni_door_answer *a = &answer[0][i], *b = &answer[1][i];
        assert_int_equal(b->status, NORN_OK);
        assert_memory_equal(a->number, b->number, b->n_number * sizeof(double));
        assert_true(a->kept.n == b->kept.n && memcmp(a->kept.p, b->kept.p, a->kept.n) == 0);
    }
    norni_door_clear(ctx, answer[1], N_SERIES);
    /* Moved on by what follows, and the parameters over all of it: the same filter. */
    norni_door_item all[N_SERIES];
    for (size_t i = 0; i < N_SERIES; i++) {
        all[i] = (norni_door_item){.y = y[i], .n = item[i].n + 3, .kept = kept[i].kept};
        kept[i].y = y[i] + item[i].n;
        kept[i].n = 3;
    }
    call.task = NORNI_DOOR_MOVE;
    assert_int_equal(norni_door_run(ctx, &call, answer[1], NULL), NORN_OK);
    norni_door_answer over[N_SERIES];
    call.task = NORNI_DOOR_APPLY;
    call.item = all;
    assert_int_equal(norni_door_run(ctx, &call, over, NULL), NORN_OK);
    for (size_t i = 0; i < N_SERIES; i++) {
        assert_int_equal(over[i].status, NORN_OK);
        for (size_t h = 0; h < 5 * HORIZON; h++)
            assert_true(fabs(over[i].mean[h] - answer[1][i].mean[h]) < 1e-9);
    }
    norni_door_clear(ctx, over, N_SERIES);
    norni_door_clear(ctx, answer[1], N_SERIES);
    norni_door_clear(ctx, answer[0], N_SERIES);
    norn_ctx_free(ctx);
}

static void damage_is_seen(void **state) {
    (void)state;
    norn_ctx *ctx = context(1, NULL);
    norni_door_call call = fit_call();
    char bytes[1024];
    call.n_items = 1;
    assert_int_equal(norni_door_run(ctx, &call, answer[0], NULL), NORN_OK);
    const size_t n = answer[0][0].kept.n;
    assert_true(n < sizeof bytes);
    call.task = NORNI_DOOR_TAKE;
    for (size_t k = 0; k < 2 * n; k++) {
        memcpy(bytes, answer[0][0].kept.p, n);
        bytes[k / 2] = (char)(bytes[k / 2] ^ 1);
        const norni_door_item bad = {.kept = {bytes, k % 2 ? n : k / 2}};
        call.item = &bad;
        assert_int_equal(norni_door_run(ctx, &call, answer[1], NULL), NORN_OK);
        assert_int_equal(answer[1][0].status, NORN_E_FORMAT);
        assert_true(answer[1][0].message[0] != '\0' && answer[1][0].mean == NULL);
        norni_door_clear(ctx, answer[1], 1);
    }
    norni_door_clear(ctx, answer[0], 1);
    norn_ctx_free(ctx);
}

static void one_failure_ends_nothing(void **state) {
    (void)state;
    norn_ctx *ctx = context(2, NULL);
    norni_door_call call = fit_call();
    const double bad[] = {1, (double)INFINITY, 3};
    const norni_door_item some[] = {
        item[3], {.y = bad, .n = 3}, {.y = bad, .n = 0}, {.y = bad, .n = 1}, item[3]};
    norn_err err = {NORN_OK, ""};
    call.item = some;
    call.n_items = 5;
    assert_int_equal(norni_door_run(ctx, &call, answer[0], &err), NORN_OK);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(answer[0][i].status, i % 4 == 0 ? NORN_OK : NORN_E_DATA);
    same_numbers(&answer[0][0], &answer[0][4]);
    assert_non_null(strstr(answer[0][1].message, "value 2 of the series is infinite"));
    norni_door_clear(ctx, answer[0], 5);
    /* A model that does not say what it estimated; calls that cannot be. */
    call.spec = "naive";
    assert_int_equal(norni_door_run(ctx, &call, answer[0], &err), NORN_OK);
    assert_int_equal(answer[0][0].status, NORN_E_ARG);
    norni_door_clear(ctx, answer[0], 5);
    call.spec = "arima(1,1";
    assert_int_equal(norni_door_run(ctx, &call, answer[0], &err), NORN_E_ARG);
    norni_door_clear(ctx, answer[0], 5);
    call = fit_call();
    call.horizon = 100001;
    assert_int_equal(norni_door_run(ctx, &call, answer[0], &err), NORN_E_ARG);
    call.horizon = 1;
    level[0] = 100;
    assert_int_equal(norni_door_run(ctx, &call, answer[0], &err), NORN_E_ARG);
    level[0] = 80;
    norn_ctx_cancel(ctx);
    assert_int_equal(norni_door_run(ctx, &call, answer[0], &err), NORN_E_CANCEL);
    norni_door_clear(ctx, answer[0], N_SERIES);
    norn_ctx_free(ctx);
}

static void any_number_of_workers(void **state) {
    (void)state;
    const norni_door_call call = fit_call();
    norn_ctx *one = context(1, NULL);
    assert_int_equal(norni_door_run(one, &call, answer[0], NULL), NORN_OK);
    for (int32_t n = 2; n < 8; n += 1 + n / 3) {
        norn_ctx *ctx = context(n, NULL);
        assert_int_equal(norni_door_run(ctx, &call, answer[1], NULL), NORN_OK);
        for (size_t i = 0; i < N_SERIES; i++)
            same_numbers(&answer[0][i], &answer[1][i]);
        norni_door_clear(ctx, answer[1], N_SERIES);
        norn_ctx_free(ctx);
    }
    norni_door_call more = call;
    assert_true(norni_door_cost(one, &call) > 1e5 && norni_door_cost(one, &call) < 1e9);
    more.spec = "arima(4,1,4)";
    assert_true(norni_door_cost(one, &more) > 2 * norni_door_cost(one, &call));
    more.n_items = 65;
    assert_true(isinf(norni_door_cost(one, &more)));
    norni_door_clear(one, answer[0], N_SERIES);
    norn_ctx_free(one);
}

/* Every allocation fails in turn: the call or an item says so, and nothing leaks. */
static void memory_runs_out(void **state) {
    (void)state;
    norni_door_call call = fit_call();
    long n = 1, refused = 0;
    call.n_items = 3;
    for (long k = 0; k <= n; k++) {
        counting c = {.below = norni_alloc_default(), .fail_at = k};
        norn_ctx *ctx = context(1, &c);
        if (ctx == NULL) {
            refused++;
        } else {
            const norn_status st = norni_door_run(ctx, &call, answer[0], NULL);
            bool said = st == NORN_E_MEM;
            assert_true(st == NORN_OK || said);
            for (size_t i = 0; i < 3; i++) {
                assert_true(answer[0][i].status == NORN_OK || answer[0][i].status == NORN_E_MEM);
                said = said || answer[0][i].status == NORN_E_MEM;
            }
            refused += said;
            norni_door_clear(ctx, answer[0], 3);
            norn_ctx_free(ctx);
        }
        assert_int_equal(atomic_load(&c.live), 0);
        if (k == 0) n = atomic_load(&c.calls);
    }
    assert_true(n > 10 && refused > n / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_models_go_on), cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(one_failure_ends_nothing), cmocka_unit_test(any_number_of_workers),
        cmocka_unit_test(memory_runs_out)};
    return cmocka_run_group_tests(tests, set_up, NULL);
}
