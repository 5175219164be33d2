/* Learners of `norn multi` kept and taken up, cancelled runs, runs without enough memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../par/workers.h"
#include "app/op_multi.h"
#include "app/registry.h"
#include "multi_learners.h"

enum { ROWS = 90, MOST = 24 };

static char place[] = "/tmp/norn-multi-XXXXXX";

static char *in(const char *name) {
    static char path[8][128];
    static int at;
    at = (at + 1) % 8;
    snprintf(path[at], sizeof path[at], "%s/%s", place, name);
    return path[at];
}

/* Rows [from, to) of the plant; `with` names its columns. */
static void write_rows(const char *name, int from, int to, const char *with) {
    FILE *f = fopen(in(name), "w");
    assert_non_null(f);
    fprintf(f, "date,%s\n", with);
    for (int t = from; t < to; t++) {
        const norni_rng rng = {4, (uint64_t)t};
        fprintf(f, "%04d-%02d-%02d", 2020 + t / 336, t / 28 % 12 + 1, t % 28 + 1);
        for (const char *p = with; *p != '\0'; p += strcspn(p, ",") + (strchr(p, ',') != NULL)) {
            const double u = norni_rng_normal(rng, (uint64_t)*p);
            if (*p == 'm')
                fprintf(f, ",%s", t % 9 < 4 ? "wet" : "dry");
            else if (*p == 'f' && t % 11 == 3)
                fprintf(f, ",");
            else
                fprintf(f, ",%.4f", 100 + 5 * (t % 7) + 3 * u);
        }
        fprintf(f, "\n");
    }
    assert_int_equal(fclose(f), 0);
}

typedef struct said {
    char text[8192];
    size_t n;
} said;

static void say(void *user, const char *text) {
    said *s = user;
    s->n += norni_format(s->text + s->n, sizeof s->text - s->n, "%s\n", text);
}

typedef struct run_opt {
    norn_ctx *ctx;
    const char *data;
    said *said;
    norni_op_result result;
    norn_err err;
} run_opt;

/* Options as name, value, …, NULL. */
static norn_status run(run_opt *r, ...) {
    const norni_op *op = norni_registry_op(norni_str_of("multi"));
    norn_alloc plain = norni_alloc_default();
    norni_arena arena;
    norni_multi_opt opt;
    va_list ap;
    assert_int_equal(op->opt_size, sizeof opt);
    memset(&opt, 0, sizeof opt);
    norni_arena_init(&arena, &plain);
    for (size_t g = 0; g < op->n_groups; g++)
        assert_int_equal(
            norni_param_defaults(op->groups[g].rows, *op->groups[g].n_rows, &opt, &arena, NULL),
            NORN_OK);
    opt.panel.common.quiet = true;
    opt.panel.common.out = "/dev/null";
    opt.panel.data = (norni_inputs){&r->data, 1};
    va_start(ap, r);
    for (const char *o; (o = va_arg(ap, const char *)) != NULL;) {
        const norni_param *row = NULL;
        for (size_t g = 0; g < op->n_groups && row == NULL; g++)
            row = norni_param_find(op->groups[g].rows, *op->groups[g].n_rows, norni_str_of(o));
        assert_non_null(row);
        assert_int_equal(norni_param_set(row, &opt, norni_str_of(va_arg(ap, const char *)), &arena,
                                         "test", NULL),
                         NORN_OK);
    }
    va_end(ap);
    const norni_op_env env = {.ctx = r->ctx,
                              .models = norni_registry_models(),
                              .learners = &test_set,
                              .say = r->said ? say : NULL,
                              .say_user = r->said};
    r->result = (norni_op_result){0};
    r->err = (norn_err){NORN_OK, ""};
    const norn_status st = norni_op_multi(&env, &opt, &r->result, &r->err);
    norni_arena_clear(&arena);
    return st;
}

static char *read_whole(const char *path) {
    static char text[2][1 << 16];
    static int at;
    at = 1 - at;
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[at][fread(text[at], 1, sizeof text[at] - 1, f)] = '\0';
    (void)fclose(f);
    return text[at];
}

static int make_place(void **state) {
    (void)state;
    if (mkdtemp(place) == NULL) return -1;
    write_rows("plant.csv", 0, ROWS, "A,B,feed,mode,API");
    return 0;
}

static int remove_place(void **state) {
    char command[160];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", place);
    return system(command);
}

#define MODELS                                                                                  \
    "targets", "A,B", "static", "API", "horizon", "3", "windows", "6", "step", "2", "lookback", \
        "5", "driver-lookback", "2", "roll", "3", "max-features", "10"

static void kept_learners_go_on(void **state) {
    (void)state;
    run_opt r = {.ctx = ctx_of_threads(2), .data = in("plant.csv")};
    char fitted[1 << 14], path[128], kept[128];
    snprintf(path, sizeof path, "%s", in("a.csv"));
    snprintf(kept, sizeof kept, "%s", in("kept.norn"));
    if (run(&r, MODELS, "model", "line,flat,l=line,ensemble,sick", "save", kept, "out", path, NULL))
        fail_msg("%s", r.err.text);
    snprintf(fitted, sizeof fitted, "%s", read_whole(path));
    /* the same rows: the same forecasts, weights, intervals and fallbacks */
    if (run(&r, "load", kept, "out", path, NULL)) fail_msg("%s", r.err.text);
    assert_string_equal(read_whole(path), fitted);
    assert_int_equal(r.result.n_fallback, 2);
    /* other levels; only the last rows, columns in another order, one more column, a new word */
    write_rows("newer.csv", ROWS - 40, ROWS, "extra,mode,API,B,A,feed");
    r.data = in("newer.csv");
    if (run(&r, "load", kept, "level", "50", "out", path, NULL)) fail_msg("%s", r.err.text);
    const char *text = read_whole(path);
    assert_memory_equal(text, "unique_id,ds,line,line-lo-50,line-hi-50,", 40);
    /* refused: a column that is not there, another horizon, other models, too few rows */
    write_rows("less.csv", 0, ROWS, "A,B,feed,API");
    r.data = in("less.csv");
    assert_int_equal(run(&r, "load", kept, NULL), NORN_E_DATA);
    assert_non_null(strstr(r.err.text, "'mode'"));
    r.data = in("plant.csv");
    assert_int_equal(run(&r, "load", kept, "horizon", "5", NULL), NORN_E_ARG);
    assert_int_equal(run(&r, "load", kept, "model", "flat", NULL), NORN_E_ARG);
    assert_int_equal(run(&r, "load", kept, "save", path, NULL), NORN_E_ARG);
    write_rows("short.csv", ROWS - 3, ROWS, "A,B,feed,mode,API");
    r.data = in("short.csv");
    assert_int_equal(run(&r, "load", kept, NULL), NORN_E_DATA);
    norn_ctx_free(r.ctx);
}

static void damaged_stores_are_refused(void **state) {
    (void)state;
    run_opt r = {.ctx = ctx_of_threads(1), .data = in("plant.csv")};
    static unsigned char bytes[1 << 18];
    char kept[128], broken[128];
    snprintf(kept, sizeof kept, "%s", in("whole.norn"));
    snprintf(broken, sizeof broken, "%s", in("broken.norn"));
    assert_int_equal(run(&r, MODELS, "model", "line,ensemble", "save", kept, NULL), NORN_OK);
    FILE *f = fopen(kept, "rb");
    assert_non_null(f);
    const size_t n = fread(bytes, 1, sizeof bytes, f);
    (void)fclose(f);
    assert_true(n > 1000 && n < sizeof bytes);
    for (size_t k = 0; k < 60; k++) {
        const size_t at = k * n / 60, cut = k % 2 ? n : at;
        if (k % 2) bytes[at] ^= 0x20;
        f = fopen(broken, "wb");
        assert_int_equal(fwrite(bytes, 1, cut, f), cut);
        assert_int_equal(fclose(f), 0);
        if (k % 2) bytes[at] ^= 0x20;
        const norn_status st = run(&r, "load", broken, NULL);
        assert_true(st == NORN_E_FORMAT || st == NORN_E_DATA);
    }
    norn_ctx_free(r.ctx);
}

/* ---- cancelled, then gone on ---- */

static void *cancel_soon(void *ctx) {
    (void)usleep(60000);
    norn_ctx_cancel(ctx);
    return NULL;
}

static void cancelled_runs_go_on(void **state) {
    (void)state;
    run_opt r = {.ctx = ctx_of_threads(2), .data = in("plant.csv")};
    char folder[128], digest[NORNI_DIGEST_TEXT];
    said words = {.n = 0};
    pthread_t thread;
    snprintf(folder, sizeof folder, "%s", in("run"));
    assert_int_equal(
        run(&r, MODELS, "model", "line(delay=20000),flat,ensemble", "refit", "1", NULL), NORN_OK);
    memcpy(digest, r.result.digest, sizeof digest);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, r.ctx), 0);
    assert_int_equal(run(&r, MODELS, "model", "line(delay=20000),flat,ensemble", "refit", "1",
                         "resume", folder, "explain", in("why"), NULL),
                     NORN_E_CANCEL);
    assert_int_equal(pthread_join(thread, NULL), 0);
    norn_ctx_rearm(r.ctx);
    const int before = atomic_exchange(&line_fits, 0);
    r.said = &words;
    if (run(&r, MODELS, "model", "line(delay=20000),flat,ensemble", "refit", "1", "resume", folder,
            "explain", in("why"), NULL))
        fail_msg("%s", r.err.text);
    assert_string_equal(r.result.digest, digest);
    assert_true(before > 0 && atomic_load(&line_fits) < 7 * 6); /* some were there already */
    assert_non_null(strstr(words.text, "of an earlier run"));
    atomic_store(&line_fits, 0);
    assert_int_equal(run(&r, MODELS, "model", "line(delay=20000),flat,ensemble", "refit", "1",
                         "resume", folder, "explain", in("why"), NULL),
                     NORN_OK);
    assert_int_equal(atomic_load(&line_fits), 0); /* all of them were */
    assert_string_equal(r.result.digest, digest);
    assert_int_equal(run(&r, MODELS, "model", "flat", "resume", folder, NULL), NORN_E_ARG);
    norn_ctx_free(r.ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_learners_go_on),
                                       cmocka_unit_test(damaged_stores_are_refused),
                                       cmocka_unit_test(cancelled_runs_go_on)};
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
