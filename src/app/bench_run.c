/* The harness of `norn bench`: one workload, serially and at 1, 2, … workers, beside as many one-thread processes. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The least time of all runs stands for a worker count: on a machine with other work beside, it is the one that was disturbed
 * least; median and spread stand beside it. Every round goes through all counts, so that a machine's slow minute meets all
 * of them. */
#include "app/bench_parts.h"

#include <math.h>

#include "app/summary.h"
#include "base/clock.h"

/* Seconds; longer runs have one round only. */
#define LONG_RUN 15.0

norni_bench_how norni_bench_how_default(bool quick) {
    return (norni_bench_how){
        .least_seconds = quick ? 0.1 : 0.5, .least_runs = 1, .rounds = quick ? 2 : 3, .plant = 0};
}

int32_t norni_bench_next(int32_t workers, int32_t most) {
    if (workers >= most) return 0;
    return 2 * workers < most ? 2 * workers : most;
}

norn_status norni_bench_work_run(const void *arg, norn_ctx *ctx, int32_t workers,
                                 norni_bench_one *out, norn_err *err) {
    const norni_bench *b = arg;
    return b->work->run(b, ctx, workers, out, err);
}

/* So many runs that they take as long as a measurement should; the same count for all processes. */
static size_t runs_of(const norni_bench *b) {
    const double n = ceil(b->how.least_seconds / b->serial.median);
    const size_t least = b->how.least_runs > 0 ? b->how.least_runs : 1;
    if (!(n > (double)least)) return least;
    return n < NORNI_BENCH_RUNS / 2 ? (size_t)n : NORNI_BENCH_RUNS / 2;
}

static norn_status add_set(norni_bench *b, int32_t workers, norni_bench_set *into, norn_err *err) {
    norni_bench_set set;
    NORN_TRY(norni_bench_measure(b, norni_bench_work_run, b, workers, &b->how, &set, err));
    norni_bench_set_join(into, &set);
    b->equal = b->equal && into->same && norni_bench_same(into->one.digest, b->serial.one.digest);
    return NORN_OK;
}

/* One thread-less process is the serial run itself. */
static norn_status add_processes(norni_bench *b, norni_bench_point *p, norn_err *err) {
    norni_bench_set set;
    const int32_t w = p->set.workers;
    if (w == 1) {
        p->process_seconds = b->serial.least;
        p->process_rss = b->serial.rss;
        return NORN_OK;
    }
    NORN_TRY(norni_bench_processes(b, norni_bench_work_run, b, w, runs_of(b), &set, err));
    if (p->process_seconds <= 0 || set.least < p->process_seconds) p->process_seconds = set.least;
    if (set.rss > p->process_rss) p->process_rss = set.rss;
    b->equal = b->equal && set.same && norni_bench_same(set.one.digest, b->serial.one.digest);
    return NORN_OK;
}

static void find_points(norni_bench *b) {
    int32_t most = norni_pool_threads(b->env->ctx);
    b->most = most > NORNI_BENCH_WORKERS ? NORNI_BENCH_WORKERS : most;
    for (int32_t w = 1; w > 0 && b->n_points < NORNI_BENCH_POINTS;
         w = norni_bench_next(w, b->most)) {
        norni_bench_point *p = &b->point[b->n_points++];
        memset(p, 0, sizeof *p);
        p->set.workers = w;
        p->over = w > b->machine.usable_cores;
    }
}

static void fit(norni_bench *b) {
    int32_t workers[NORNI_BENCH_POINTS];
    double speed_up[NORNI_BENCH_POINTS];
    size_t n = 0;
    for (size_t k = 0; k < b->n_points; k++) {
        if (b->point[k].over) continue;
        workers[n] = b->point[k].set.workers;
        speed_up[n++] = norni_bench_speed_up(b, k);
    }
    b->amdahl = norni_amdahl_fit(workers, speed_up, n);
}

static norn_status measure(norni_bench *b, norn_err *err) {
    const norni_machine_clock from = norni_machine_clock_read("");
    const int64_t start = norni_clock_ns();
    b->equal = true;
    for (size_t round = 0; round < (b->serial.least > LONG_RUN ? 1 : b->how.rounds); round++) {
        NORN_TRY(add_set(b, 0, &b->serial, err));
        if (!(b->n_items > 0)) b->n_items = (double)b->serial.one.n_items;
        for (size_t k = 0; k < b->n_points; k++) {
            NORN_TRY(add_set(b, b->point[k].set.workers, &b->point[k].set, err));
            NORN_TRY(add_processes(b, &b->point[k], err));
        }
    }
    for (size_t k = 0; k < b->n_points; k++) {
        norni_bench_point *p = &b->point[k];
        p->process_gain = p->set.workers * b->serial.least / p->process_seconds;
    }
    const norni_machine_clock to = norni_machine_clock_read("");
    norni_machine_between(&b->machine, &from, &to, (double)(norni_clock_ns() - start) * 1e-9);
    fit(b);
    norni_hash_text(b->serial.one.digest, b->digest);
    return NORN_OK;
}

static void say_machine(const norni_bench *b) {
    const norni_machine *m = &b->machine;
    norni_say(b->env, "%s, %d usable cores of %d, %g GiB, %s, load %g%s%s", m->cpu,
              (int)m->usable_cores, (int)m->online_cores, norni_bench_round(m->memory / 1073741824),
              m->system, m->load[0], m->governor[0] ? ", governor " : "", m->governor);
}

static void say_busy(const norni_bench *b) {
    const norni_machine *m = &b->machine;
    if (!m->busy) return;
    norni_say(b->env,
              "warning: the machine is busy (load %g at the start, other processes took %g cores "
              "meanwhile): times are too long and speed-ups too low; measure again on a quiet one",
              m->load[0], norni_bench_round(m->other_cores > 0 ? m->other_cores : 0));
}

static norn_status measure_and_tell(norni_bench *b, norn_err *err) {
    if (b->opt->output != NULL) NORN_TRY(norni_folder_make(b->opt->output, "--output", err));
    say_machine(b);
    NORN_TRY(b->work->prepare(b, err));
    find_points(b);
    NORN_TRY(measure(b, err));
    norni_say(b->env, "serial: %g s (median %g, up to %g, %zu run%s), %g %s/s",
              norni_bench_round(b->serial.least), norni_bench_round(b->serial.median),
              norni_bench_round(b->serial.most), b->serial.n, b->serial.n == 1 ? "" : "s",
              norni_bench_round(b->n_items / b->serial.least), b->work->item);
    for (size_t k = 0; k < b->n_points; k++)
        norni_bench_say_point(b, &b->point[k]);
    norni_bench_say_amdahl(b);
    if (b->work->more != NULL) NORN_TRY(b->work->more(b, err));
    say_busy(b);
    NORN_TRY(norni_bench_write(b, err));
    if (b->opt->output != NULL) NORN_TRY(norni_bench_charts(b, b->opt->output, err));
    if (b->work->last != NULL) b->work->last(b);
    return NORN_OK;
}

static norn_status write_summary(const norni_bench *b, const norni_op_result *out,
                                 const norni_stopwatch *watch, norn_err *err) {
    if (b->opt->common.summary == NULL) return NORN_OK;
    norni_spool none;
    norni_spool_init(&none, &b->env->ctx->alloc, 1);
    const norni_summary s = {.operation = "bench",
                             .n_items = out->n_items,
                             .n_ok = out->n_ok,
                             .n_fallback = out->n_fallback,
                             .n_failed = out->n_failed,
                             .failures = &none,
                             .digest = out->digest,
                             .out_path = b->opt->common.out,
                             .budget = b->env->budget,
                             .watch = *watch};
    const norn_status st = norni_summary_write(b->env->ctx, &s, b->opt->common.summary, err);
    norni_spool_clear(&none);
    return st;
}

norn_status norni_bench_run(const norni_op_env *env, const norni_bench_opt *opt,
                            const norni_bench_work *work, const norni_bench_how *how,
                            norni_op_result *out, norn_err *err) {
    const norni_stopwatch watch = norni_stopwatch_start();
    norni_bench *b = norni_alloc_zero(&env->ctx->alloc, 1, sizeof *b);
    if (b == NULL) return norni_alloc_fail(err, "bench", 1, sizeof *b);
    b->env = env;
    b->opt = opt;
    b->work = work;
    b->how = *how;
    norni_arena_init(&b->arena, &env->ctx->alloc);
    norni_machine_read(&b->machine, "");
    norn_status st = measure_and_tell(b, err);
    if (st == NORN_OK) {
        const norni_bench_one *one = &b->serial.one;
        out->n_items = one->n_items;
        out->n_ok = one->n_ok;
        out->n_fallback = one->n_fallback;
        out->n_failed = one->n_failed;
        out->digests_differ = !b->equal;
        memcpy(out->digest, b->digest, sizeof out->digest);
        st = write_summary(b, out, &watch, err);
    }
    if (work->clear != NULL) work->clear(b);
    norni_arena_clear(&b->arena);
    norni_alloc_drop(&env->ctx->alloc, b, 1, sizeof *b);
    return st;
}
