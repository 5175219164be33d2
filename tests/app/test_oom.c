/* Every allocation of a whole forecast run fails in turn, once and from then on: an error, never a crash or a leak. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/op_forecast.h"
#include "app/registry.h"

/* Counts calls that ask for memory; the fail_at-th fails, and all later ones when `onwards`. */
typedef struct counting {
    norn_alloc below;
    atomic_long calls, live;
    long fail_at;
    bool onwards;
} counting;

static void *counting_resize(void *user, void *ptr, size_t old, size_t size) {
    counting *c = user;
    if (size == 0) {
        if (ptr) atomic_fetch_sub(&c->live, 1);
        return c->below.resize(c->below.user, ptr, old, 0);
    }
    const long call = atomic_fetch_add(&c->calls, 1) + 1;
    if (c->fail_at > 0 && (call == c->fail_at || (c->onwards && call > c->fail_at))) return NULL;
    void *p = c->below.resize(c->below.user, ptr, old, size);
    if (p && !ptr) atomic_fetch_add(&c->live, 1);
    return p;
}

static char data_path[] = "/tmp/norn-oom-XXXXXX";

static int write_data(void **state) {
    (void)state;
    const int fd = mkstemp(data_path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) return -1;
    fprintf(f, "unique_id,ds,y,\"x,1\"\n");
    for (int i = 0; i < 6; i++) {
        for (int t = 0; t < 30 + i; t++) {
            if (i == 2 && t == 7) continue; /* a gap */
            fprintf(f, "s%d,%d-%02d-01,%d.5,1\n", i, 2000 + t / 12, t % 12 + 1,
                    100 + t * i + 10 * (t % 12 == 3));
        }
    }
    for (int t = 0; t < 20; t++)
        fprintf(f, "void,%d-%02d-01,,1\n", 2000 + t / 12, t % 12 + 1); /* fails as an item */
    return fclose(f);
}

static int remove_data(void **state) {
    (void)state;
    return unlink(data_path);
}

/* A run folder, a workbook, compressed items and a chart: everything that holds memory of its own. */
static bool all_files;
static char place[] = "/tmp/norn-oom-dir-XXXXXX";

static void remove_run(void) {
    static const char *const names[] = {"run/run.txt", "run/items.log", "out.xlsx", "items.csv.gz",
                                        "chart.svg"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", place, names[i]);
        (void)unlink(path);
    }
    snprintf(path, sizeof path, "%s/run", place);
    (void)rmdir(path);
}

static norn_status run_forecast(counting *c) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_op_result result = {0};
    opt.alloc = (norn_alloc){counting_resize, c};
    opt.n_threads = 2;
    norn_status st = norn_ctx_new(&opt, &ctx, NULL);
    if (st != NORN_OK) return st;
    const norni_op *op = norni_registry_op(norni_str_of("forecast"));
    norn_alloc plain = norni_alloc_default(); /* the face's own memory is outside the test */
    norni_arena arena;
    norni_arena_init(&arena, &plain);
    norni_forecast_opt *o = norni_arena_zero(&arena, 1, sizeof *o);
    for (size_t g = 0; g < op->n_groups; g++) {
        assert_int_equal(
            norni_param_defaults(op->groups[g].rows, *op->groups[g].n_rows, o, &arena, NULL),
            NORN_OK);
    }
    const char *path = data_path;
    o->panel.data = (norni_inputs){&path, 1};
    o->horizon = 4;
    o->model = "naive,auto_ets,theta,dynamic_theta,naive2";
    o->fitted = true;
    o->panel.common.out = o->panel.common.items = o->panel.common.summary = "/dev/null";
    char file[4][64];
    static const char *const leaf[4] = {"run", "out.xlsx", "items.csv.gz", "chart.svg"};
    for (size_t i = 0; i < 4; i++)
        snprintf(file[i], sizeof file[i], "%s/%s", place, leaf[i]);
    if (all_files) {
        o->model = "naive,theta";
        o->panel.common.resume = file[0];
        o->panel.common.out = file[1];
        o->panel.common.items = file[2];
        o->panel.common.plot = file[3];
        remove_run();
    }
    const norni_op_env env = {.ctx = ctx, .models = norni_registry_models()};
    norn_err err = {NORN_OK, ""};
    st = op->run(&env, o, &result, &err);
    if (st != NORN_OK) assert_true(err.text[0] != '\0');
    norni_arena_clear(&arena);
    norn_ctx_free(ctx);
    return st;
}

static void fail_each(bool onwards) {
    counting count = {.below = norni_alloc_default()};
    assert_int_equal(run_forecast(&count), NORN_OK);
    assert_int_equal(atomic_load(&count.live), 0);
    const long n = atomic_load(&count.calls);
    long refused = 0;
    assert_true(n > 40);
    for (long k = 1; k <= n; k++) {
        counting c = {.below = norni_alloc_default(), .fail_at = k, .onwards = onwards};
        const norn_status st = run_forecast(&c);
        if (st != NORN_OK && st != NORN_E_MEM)
            fail_msg("allocation %ld: status %s", k, norn_status_name(st));
        refused += st == NORN_E_MEM;
        if (atomic_load(&c.live) != 0)
            fail_msg("allocation %ld: %ld blocks leak", k, atomic_load(&c.live));
    }
    assert_true(
        refused >
        n / 4); /* an item may be retried or served by its fallback; most places must say no */
}

static void fail_once_with_files(void **state) {
    (void)state;
    all_files = true;
    assert_non_null(mkdtemp(place));
    fail_each(false);
    remove_run();
    assert_int_equal(rmdir(place), 0); /* nothing else was left in it */
    all_files = false;
}

static void fail_once(void **state) {
    (void)state;
    fail_each(false);
}

static void fail_from_then_on(void **state) {
    (void)state;
    fail_each(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(fail_once),
                                       cmocka_unit_test(fail_once_with_files),
                                       cmocka_unit_test(fail_from_then_on)};
    return cmocka_run_group_tests(tests, write_data, remove_data);
}
