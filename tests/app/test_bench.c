/* `norn bench`: the harness on small made-up workloads, Amdahl's fit, the machine's words, JSON and charts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "../plot/svg_check.h"
#include "app/bench_parts.h"
#include "app/registry.h"
#include "base/clock.h"
#include "counting.h"

static char place[] = "/tmp/norn-bench-test-XXXXXX";

static int make_place(void **state) {
    (void)state;
    return mkdtemp(place) == NULL ? -1 : 0;
}

static const char *const charts[] = {"performance_comparison.svg", "scalability_analysis.svg",
                                     "memory_usage_analysis.svg", "throughput_analysis.svg"};

static const char *path_of(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", place, name);
    return path;
}

static int remove_place(void **state) {
    (void)state;
    for (size_t k = 0; k < 4; k++)
        (void)unlink(path_of(charts[k]));
    (void)unlink(path_of("bench.json"));
    (void)unlink(path_of("out.json"));
    (void)unlink(path_of("stat"));
    return rmdir(place);
}

static char *text_of(const char *name) {
    static char text[1 << 18];
    FILE *f = fopen(path_of(name), "r");
    assert_non_null(f);
    const size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    assert_true(n < sizeof text - 1);
    text[n] = '\0';
    return text;
}

/* The number behind a key's k-th appearance. */
static double number_of(const char *json, const char *key, size_t k) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *p = json;
    for (size_t i = 0; p != NULL && i <= k; i++)
        p = strstr(p + (i > 0), quoted);
    if (p == NULL) fail_msg("%s: not %zu of them", key, k + 1);
    return strtod(p + strlen(quoted), NULL);
}

/* ---- the fit ---- */

static void amdahl(void **state) {
    (void)state;
    static const double share[] = {0, 0.03, 0.4, 1};
    const int32_t workers[] = {1, 2, 4, 8, 16};
    for (size_t k = 0; k < 4; k++) {
        double s[5];
        for (size_t i = 0; i < 5; i++)
            s[i] = 1 / (share[k] + (1 - share[k]) / workers[i]);
        const norni_amdahl a = norni_amdahl_fit(workers, s, 5);
        assert_true(a.fitted && a.n_points == 5);
        assert_true(fabs(a.serial_share - share[k]) < 1e-14 && a.residual < 1e-15);
        for (size_t i = 0; i < 5; i++)
            assert_true(fabs(norni_amdahl_speed_up(&a, workers[i]) - s[i]) < 1e-12 * s[i]);
    }
    /* By hand: a = 0, 1/2, 3/4; y = 0, 1/1.6 - 1/2 = 0.125, 1/2 - 1/4 = 0.25; s = 0.25 / 0.8125. */
    const double rough[] = {1, 1.6, 2}, above[] = {1, 2.2, 4.4}, nothing[] = {1, 0, 2};
    const norni_amdahl a = norni_amdahl_fit(workers, rough, 3);
    assert_true(fabs(a.serial_share - 0.25 / 0.8125) < 1e-15);
    const double d1 = 0.625 - (a.serial_share / 2 + 0.5), d2 = 0.5 - (0.75 * a.serial_share + 0.25);
    assert_true(fabs(a.residual - sqrt((d1 * d1 + d2 * d2) / 3)) < 1e-15);
    /* More than the workers: told as it is, projected as none. */
    const norni_amdahl over = norni_amdahl_fit(workers, above, 3);
    assert_true(over.fitted && over.serial_share < 0 && norni_amdahl_speed_up(&over, 8) == 8);
    assert_false(norni_amdahl_fit(workers, rough, 2).fitted);
    assert_false(norni_amdahl_fit(workers, nothing, 3).fitted);
    assert_false(norni_amdahl_fit((const int32_t[]){1, 1, 1}, rough, 3).fitted);
}

static void medians(void **state) {
    (void)state;
    double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2};
    assert_true(norni_median_sort(odd, 3) == 2 && odd[0] == 1 && odd[2] == 3);
    assert_true(norni_median_sort(even, 4) == 2.5);
}

/* ---- the machine ---- */

static void busy_machine(void **state) {
    (void)state;
    norni_machine m;
    norni_machine_read(&m, "");
    assert_true(m.cpu[0] != '\0' && m.system[0] != '\0' && m.usable_cores >= 1 && m.memory > 0);
    norni_machine_read(&m, "/nowhere-at-all");
    assert_true(m.load[0] == -1 && m.governor[0] == '\0' && m.usable_cores >= 1 && !m.busy);
    /* 10 s on two cores: 12 s busy, 6 of them ours, 7 idle, 1 stolen. */
    const norni_machine_clock from = {100, 50, 2, 30}, to = {112, 57, 3, 36};
    norni_machine_between(&m, &from, &to, 10);
    assert_true(fabs(m.other_cores - 0.6) < 1e-12 && fabs(m.stolen - 1.0 / 20) < 1e-12);
    assert_false(m.busy); /* 7 s of idle cores: nobody had to wait */
    m.busy = false;
    norni_machine_between(&m, &from, &(norni_machine_clock){112, 52, 3, 36}, 10);
    assert_true(m.busy); /* nobody was idle for long while others worked */
    m.busy = false;
    norni_machine_between(&m, &from, &(norni_machine_clock){112, 52, 3, 41.9}, 10);
    assert_false(m.busy); /* it was all ours */
    norni_machine_between(&m, &(norni_machine_clock){-1, 0, 0, 0}, &to, 10);
    assert_true(!m.busy);
}

/* ---- made-up workloads ---- */

static double sink;

static void burn(size_t n) {
    volatile double x = 1;
    for (size_t i = 0; i < n; i++)
        x = x * 1.0000001 + 1e-9;
    sink = x;
}

static norn_status burn_item(norni_worker *w, size_t i, void *arg, norn_err *err) {
    (void)w, (void)err;
    burn(4000);
    ((double *)arg)[i] = (double)i * 0.1;
    return NORN_OK;
}

static norn_status prepare_plain(norni_bench *b, norn_err *err) {
    b->n_items = 64;
    b->data = norni_arena_zero(&b->arena, 64, sizeof(double));
    return b->data ? NORN_OK : norni_alloc_fail(err, "made up", 64, 8);
}

static norn_status run_plain(const norni_bench *b, norn_ctx *ctx, int32_t workers,
                             norni_bench_one *out, norn_err *err) {
    (void)workers;
    NORN_TRY(norni_for(ctx, NULL, 64, burn_item, b->data, NULL, err));
    out->digest = norni_hash_128(b->data, 64 * sizeof(double));
    out->n_items = out->n_ok = 64;
    return NORN_OK;
}

static void facts_plain(const norni_bench *b, norni_json *j) {
    (void)b;
    norni_json_key_int(j, "made_up", 1);
}

static const norni_bench_work plain = {.name = "plain",
                                       .item = "things",
                                       .rate_key = "things_per_second",
                                       .prepare = prepare_plain,
                                       .run = run_plain,
                                       .facts = facts_plain};
static const norni_bench_how brief = {.least_seconds = 0.004, .least_runs = 2, .rounds = 2};

static norn_status bench_with(const norni_bench_work *work, const norni_bench_how *how,
                              int32_t threads, const char *output, norni_op_result *out,
                              norn_err *err) {
    norn_ctx_opt ctx_opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_bench_opt opt = {.workload = work->name, .quick = true, .output = output};
    char path[128];
    ctx_opt.n_threads = threads;
    assert_int_equal(norn_ctx_new(&ctx_opt, &ctx, err), NORN_OK);
    snprintf(path, sizeof path, "%s/out.json", place);
    opt.common.out = path;
    const norni_op_env env = {.ctx = ctx, .models = norni_registry_models()};
    memset(out, 0, sizeof *out);
    const norn_status st = norni_bench_run(&env, &opt, work, how, out, err);
    norn_ctx_free(ctx);
    return st;
}

static void whole(void **state) {
    (void)state;
    norni_op_result r;
    norn_err err = {NORN_OK, ""};
    assert_int_equal(bench_with(&plain, &brief, 4, place, &r, &err), NORN_OK);
    assert_true(!r.digests_differ && r.n_items == 64 && r.n_ok == 64);
    char digest[NORNI_DIGEST_TEXT];
    double want[64];
    for (size_t i = 0; i < 64; i++)
        want[i] = (double)i * 0.1;
    norni_hash_text(norni_hash_128(want, sizeof want), digest);
    assert_string_equal(r.digest, digest);
    const char *json = text_of("out.json");
    assert_non_null(strstr(json, "\"digests_equal\":true"));
    assert_non_null(strstr(json, "\"deterministic\":true"));
    assert_non_null(strstr(json, "\"made_up\":1"));
    assert_non_null(strstr(json, digest));
    for (size_t k = 0; k < 3; k++) { /* 1, 2, 4 workers */
        const double seconds =
                         number_of(json, "seconds", k + 1), /* the first is the serial set's */
            gain = number_of(json, "speed_up", k),
                     w = k == 0   ? 1
                         : k == 1 ? 2
                                  : 4;
        assert_true(number_of(json, "workers", k + 1) == w); /* the first is the list */
        assert_true(seconds > 0 && number_of(json, "median_seconds", k + 1) >= seconds);
        assert_true(number_of(json, "longest_seconds", k + 1) >=
                    number_of(json, "median_seconds", k + 1));
        assert_true(number_of(json, "runs", k + 1) >= 4); /* two rounds of two */
        assert_true(fabs(gain - number_of(json, "serial_seconds", 0) / seconds) < 1e-9 * gain);
        assert_true(fabs(number_of(json, "efficiency", k) - gain / w) < 1e-12);
        assert_true(fabs(number_of(json, "items_per_second", k + 1) * seconds - 64) < 1e-6);
        assert_true(number_of(json, "things_per_second", k + 1) ==
                    number_of(json, "items_per_second", k + 1));
        assert_true(number_of(json, "process_speed_up", k) > 0);
        assert_true(number_of(json, "peak_rss_bytes", k + 2) > 100000);
    }
    assert_true(number_of(json, "process_speed_up", 0) == 1);
    char copy[1 << 16];
    assert_true(strlen(json) < sizeof copy);
    memcpy(copy, json, strlen(json) + 1);
    assert_string_equal(copy, text_of("bench.json"));
    for (size_t k = 0; k < 4; k++) {
        const char *svg = text_of(charts[k]), *fault = fault_of(svg);
        if (fault != NULL) fail_msg("%s: %s", charts[k], fault);
        assert_non_null(strstr(svg, "norn bench plain --quick"));
        assert_non_null(strstr(svg, "digests equal"));
    }
}

/* One wrong bit at two workers, and only there. */
static void planted(void **state) {
    (void)state;
    norni_op_result r;
    norn_err err = {NORN_OK, ""};
    norni_bench_how how = brief;
    for (int32_t at = 1; at <= 3; at++) {
        how.plant = at;
        assert_int_equal(bench_with(&plain, &how, 2, NULL, &r, &err), NORN_OK);
        assert_true(r.digests_differ == (at <= 2)); /* nothing runs with three */
        const char *json = text_of("out.json");
        assert_true((strstr(json, "\"digests_equal\":false") != NULL) == (at <= 2));
        assert_true(count_of(json, "\"digest_equal\":false") == (at <= 2 ? 1 : 0));
    }
}

/* Different from run to run: no second worker is needed to see it. */
static norn_status run_drifting(const norni_bench *b, norn_ctx *ctx, int32_t workers,
                                norni_bench_one *out, norn_err *err) {
    NORN_TRY(run_plain(b, ctx, workers, out, err));
    out->digest.lo += (uint64_t)norni_clock_ns();
    return NORN_OK;
}

static void drifting(void **state) {
    (void)state;
    norni_bench_work work = plain;
    norni_op_result r;
    norn_err err = {NORN_OK, ""};
    work.run = run_drifting;
    assert_int_equal(bench_with(&work, &brief, 1, NULL, &r, &err), NORN_OK);
    assert_true(r.digests_differ);
}

/* Memory of one worker count does not show in another's. */
static norn_status run_hungry(const norni_bench *b, norn_ctx *ctx, int32_t workers,
                              norni_bench_one *out, norn_err *err) {
    if (workers == 1) {
        norni_arena arena;
        norni_arena_init(&arena, &ctx->alloc);
        char *p = norni_arena_get(&arena, 48 << 20, 1);
        if (p != NULL) memset(p, 1, 48 << 20);
        norni_arena_clear(&arena);
    }
    return run_plain(b, ctx, workers, out, err);
}

static void memory_apart(void **state) {
    (void)state;
    norni_bench_work work = plain;
    norni_op_result r;
    norn_err err = {NORN_OK, ""};
    work.run = run_hungry;
    assert_int_equal(bench_with(&work, &brief, 2, NULL, &r, &err), NORN_OK);
    const char *json = text_of("out.json");
    const double one = number_of(json, "peak_bytes", 1), two = number_of(json, "peak_bytes", 2);
    assert_true(one > (48 << 20) && two < (4 << 20));
    assert_true(number_of(json, "peak_rss_bytes", 2) >
                number_of(json, "peak_rss_bytes", 3) + (40 << 20));
    assert_true(number_of(json, "peak_rss_bytes", 0) == number_of(json, "peak_rss_bytes", 2));
}

static norn_status run_failing(const norni_bench *b, norn_ctx *ctx, int32_t workers,
                               norni_bench_one *out, norn_err *err) {
    if (workers == 2) return norn_fail(err, NORN_E_DATA, "made up: two are too many");
    return run_plain(b, ctx, workers, out, err);
}

static norn_status run_killed(const norni_bench *b, norn_ctx *ctx, int32_t workers,
                              norni_bench_one *out, norn_err *err) {
    if (workers == 2) (void)raise(SIGKILL);
    return run_plain(b, ctx, workers, out, err);
}

/* One of the processes that wait for each other ends: nobody waits for ever. */
static norn_status run_lonely(const norni_bench *b, norn_ctx *ctx, int32_t workers,
                              norni_bench_one *out, norn_err *err) {
    static int runs;
    if (++runs == 3 && mkdir(path_of("first"), 0700) == 0)
        return norn_fail(err, NORN_E_NUMERIC, "made up: the third");
    return run_plain(b, ctx, workers, out, err);
}

static void failures(void **state) {
    (void)state;
    norni_bench_work work = plain;
    norni_op_result r;
    norn_err err = {NORN_OK, ""};
    work.run = run_failing;
    assert_int_equal(bench_with(&work, &brief, 2, NULL, &r, &err), NORN_E_DATA);
    assert_string_equal(err.text, "made up: two are too many");
    work.run = run_killed;
    assert_int_equal(bench_with(&work, &brief, 2, NULL, &r, &err), NORN_E_INTERNAL);
    assert_non_null(strstr(err.text, "signal 9"));
    work.run = run_lonely;
    const norni_bench_how four = {.least_seconds = 0, .least_runs = 5, .rounds = 1};
    norni_bench b = {.how = four, .work = &work};
    norn_ctx *ctx = NULL;
    assert_int_equal(norn_ctx_new(NULL, &ctx, NULL), NORN_OK);
    const norni_op_env env = {.ctx = ctx};
    norni_bench_set set;
    b.env = &env;
    norni_arena_init(&b.arena, &ctx->alloc);
    assert_int_equal(prepare_plain(&b, &err), NORN_OK);
    assert_int_equal(norni_bench_processes(&b, norni_bench_work_run, &b, 2, 5, &set, &err),
                     NORN_E_NUMERIC);
    assert_int_equal(rmdir(path_of("first")), 0);
    work.run = run_plain;
    assert_int_equal(norni_bench_processes(&b, norni_bench_work_run, &b, 3, 4, &set, &err),
                     NORN_OK);
    assert_true(set.n == 4 && set.same && set.least > 0 && set.least <= set.median);
    norni_arena_clear(&b.arena);
    norn_ctx_free(ctx);
}

static norn_ctx *to_cancel;

static void on_alarm(int number) {
    (void)number;
    norn_ctx_cancel(to_cancel);
}

static norn_status run_long(const norni_bench *b, norn_ctx *ctx, int32_t workers,
                            norni_bench_one *out, norn_err *err) {
    (void)b, (void)ctx, (void)workers, (void)out, (void)err;
    sleep(60);
    return NORN_OK;
}

static void cancelled(void **state) {
    (void)state;
    norni_bench_work work = plain;
    norni_op_result r = {0};
    norn_err err = {NORN_OK, ""};
    const norni_bench_opt opt = {.workload = "plain"};
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval later = {.it_value = {0, 100000}};
    work.run = run_long;
    assert_int_equal(norn_ctx_new(NULL, &to_cancel, NULL), NORN_OK);
    const norni_op_env env = {.ctx = to_cancel, .models = norni_registry_models()};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &later, NULL);
    const int64_t start = norni_clock_ns();
    assert_int_equal(norni_bench_run(&env, &opt, &work, &brief, &r, &err), NORN_E_CANCEL);
    assert_true(norni_clock_ns() - start < 5000000000);
    norn_ctx_free(to_cancel);
}

/* ---- the JSON of a machine that this one may not be ---- */

static char said[4096];

static void hear(void *user, const char *text) {
    (void)user;
    const size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s\n", text);
}

static void projections(void **state) {
    (void)state;
    const norni_bench_opt opt = {.workload = "plain"};
    static norni_bench b;
    norni_buf text;
    norni_json j;
    norn_ctx *ctx = NULL;
    norn_err err = {NORN_OK, ""};
    assert_int_equal(norn_ctx_new(NULL, &ctx, NULL), NORN_OK);
    const norni_op_env env = {.ctx = ctx, .say = hear};
    b = (norni_bench){.env = &env,
                      .opt = &opt,
                      .work = &plain,
                      .n_items = 10,
                      .n_points = 3,
                      .equal = true,
                      .serial = {.n = 1, .seconds = {8}, .least = 8}};
    for (size_t k = 0; k < 3; k++) {
        norni_bench_point *p = &b.point[k];
        p->set.workers = 1 << k;
        p->set.n = 1;
        p->set.least = p->set.seconds[0] = 8 * (0.1 + 0.9 / (1 << k));
        p->set.same = true;
        p->process_gain = 1;
        p->process_seconds = 8;
    }
    const double gain[] = {1, 1 / 0.55, 1 / 0.325};
    b.amdahl = norni_amdahl_fit((const int32_t[]){1, 2, 4}, gain, 3);
    norni_buf_init(&text, &ctx->alloc);
    norni_json_init(&j, &text);
    norni_bench_json(&b, &j);
    norni_buf_add(&text, "", 1);
    assert_false(text.failed);
    assert_true(fabs(number_of(text.p, "serial_share", 0) - 0.1) < 1e-12);
    assert_int_equal(count_of(text.p, "\"projection\":true"), 5);
    const double last = number_of(strstr(text.p, "projections"), "speed_up", 4);
    assert_true(fabs(last - 1 / (0.1 + 0.9 / 32)) < 1e-9);
    norni_buf_clear(&text);
    said[0] = '\0';
    norni_bench_say_amdahl(&b);
    assert_non_null(strstr(said, "Amdahl: serial share 0.1, residual"));
    assert_int_equal(count_of(said, "projection, not measured: "), 5);
    assert_non_null(strstr(said, "not measured: 16 workers, speed-up 6.4\n"));
    assert_int_equal(norni_bench_charts(&b, place, &err), NORN_OK);
    const char *svg = text_of("scalability_analysis.svg");
    assert_null(fault_of(svg));
    assert_non_null(strstr(svg, "Amdahl&#39;s law, fitted"));
    /* Two counts: nothing is fitted, and nothing says it was. */
    b.n_points = 2;
    b.amdahl = norni_amdahl_fit((const int32_t[]){1, 2}, gain, 2);
    said[0] = '\0';
    norni_bench_say_amdahl(&b);
    assert_true(strstr(said, "no fit") != NULL && strstr(said, "projection") == NULL);
    assert_int_equal(norni_bench_charts(&b, place, &err), NORN_OK);
    assert_null(strstr(text_of("scalability_analysis.svg"), "Amdahl"));
    norn_ctx_free(ctx);
}

static void counts(void **state) {
    (void)state;
    static const int32_t most[] = {1, 2, 3, 7, 64},
                         want[][8] = {
                             {1}, {1, 2}, {1, 2, 3}, {1, 2, 4, 7}, {1, 2, 4, 8, 16, 32, 64}};
    for (size_t k = 0; k < 5; k++) {
        size_t n = 0;
        for (int32_t w = 1; w > 0; w = norni_bench_next(w, most[k]))
            assert_int_equal(w, want[k][n++]);
        assert_true(n < 8 && want[k][n] == 0);
    }
}

/* ---- memory ---- */

static norn_status run_counted(const norni_bench_work *work, counting *c) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_op_result r = {0};
    norn_err err = {NORN_OK, ""};
    const norni_bench_opt bench = {.workload = work->name,
                                   .n_series = 10,
                                   .quick = true,
                                   .output = place,
                                   .common = {.out = "/dev/null", .retry_attempts = 3}};
    const norni_bench_how how = {.least_seconds = 0, .least_runs = 1, .rounds = 1};
    opt.alloc = (norn_alloc){counting_resize, c};
    opt.n_threads = 2;
    norn_status st = norn_ctx_new(&opt, &ctx, NULL);
    if (st != NORN_OK) return st;
    const norni_op_env env = {.ctx = ctx, .models = norni_registry_models()};
    st = norni_bench_run(&env, &bench, work, &how, &r, &err);
    if (st != NORN_OK) assert_true(err.text[0] != '\0');
    if (st == NORN_OK) assert_false(r.digests_differ);
    norn_ctx_free(ctx);
    return st;
}

static void every_allocation(const norni_bench_work *work) {
    counting count = {.below = norni_alloc_default()};
    assert_int_equal(run_counted(work, &count), NORN_OK);
    const long n = atomic_load(&count.calls);
    assert_true(n > 20);
    for (long k = 1; k <= n; k += n > 60 ? 2 : 1) {
        counting c = {.below = norni_alloc_default(), .fail_at = k, .onwards = k % 3 == 0};
        const norn_status st = run_counted(work, &c);
        if (st != NORN_OK && st != NORN_E_MEM)
            fail_msg("allocation %ld: status %s", k, norn_status_name(st));
        if (atomic_load(&c.live) != 0)
            fail_msg("allocation %ld: %ld blocks leak", k, atomic_load(&c.live));
    }
}

static void out_of_memory(void **state) {
    (void)state;
    every_allocation(&plain);
    every_allocation(&norni_bench_rolling);
    every_allocation(&norni_bench_forecast);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amdahl),       cmocka_unit_test(medians),
        cmocka_unit_test(busy_machine), cmocka_unit_test(whole),
        cmocka_unit_test(planted),      cmocka_unit_test(drifting),
        cmocka_unit_test(memory_apart), cmocka_unit_test(failures),
        cmocka_unit_test(cancelled),    cmocka_unit_test(projections),
        cmocka_unit_test(counts),       cmocka_unit_test(out_of_memory)};
    return cmocka_run_group_tests_name("bench", tests, make_place, remove_place);
}
