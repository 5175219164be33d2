/* The operation `bench`: speed-up measured on this machine, with equal digests as the condition. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The series are made by Philox from the seed, so that everybody measures the same work: monthly,
 * trend, season and noise, 48 to 144 points. Beside each worker count stands what as many
 * independent one-thread processes gain, which is what the machine can give: their work is the
 * same, each process repeating the whole serial run. */
#include "app/op_bench.h"

#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/forecast_run.h"
#include "app/summary.h"
#include "app/version.h"
#include "base/clock.h"
#include "base/fp.h"
#include "base/numtext.h"
#include "base/rng.h"
#include "io/writer.h"

enum { HORIZON = 12, SEASON = 12, MAX_POINTS = 16, MAX_WORKERS = 64 };

#define AT(field) offsetof(norni_bench_opt, field)
const norni_param norni_bench_rows[] = {
    {.name = "quick",
     .type = NORNI_T_BOOL,
     .offset = AT(quick),
     .def = "false",
     .help = "a tenth of the work"},
    {.name = "series",
     .type = NORNI_T_INT,
     .offset = AT(n_series),
     .def = "4000",
     .min = 10,
     .max = 10000000,
     .metavar = "N",
     .help = "synthetic monthly series"},
    {.name = "model",
     .type = NORNI_T_TEXT,
     .offset = AT(model),
     .def = "auto_ets",
     .metavar = "SPEC[,SPEC…]",
     .help = "models of the workload"},
};
#undef AT
const size_t norni_n_bench_rows = sizeof norni_bench_rows / sizeof norni_bench_rows[0];

typedef struct bench_point {
    int32_t workers;
    double seconds;      /* one run */
    double process_gain; /* n one-thread processes: n x serial seconds / their time */
    norni_hash128 digest;
} bench_point;

typedef struct bench_state {
    const norni_op_env *env;
    const norni_bench_opt *opt;
    norni_forecast_plan plan;
    norni_panel panel;
    double serial_seconds;
    norni_hash128 serial_digest;
    bench_point point[MAX_POINTS];
    size_t n_points;
} bench_state;

static void fill_series(norni_rng rng, double *y, size_t n) {
    const double level = 100 + 900 * norni_rng_uniform(rng, 0),
                 slope = level * 0.01 * (norni_rng_uniform(rng, 1) - 0.3);
    const double amplitude = 0.3 * norni_rng_uniform(rng, 2),
                 noise = level * (0.01 + 0.05 * norni_rng_uniform(rng, 3));
    for (size_t t = 0; t < n; t++) {
        const double angle = 6.283185307179586 * (double)(t % SEASON) / SEASON;
        y[t] = (level + slope * (double)t) * (1 + amplitude * norni_sin(angle)) +
               noise * norni_rng_normal(rng, 8 + t);
    }
}

/* A panel of the usual shape, made in memory. */
static norn_status make_panel(bench_state *b, size_t n_series, uint64_t seed, norn_err *err) {
    norni_panel *p = &b->panel;
    memset(p, 0, sizeof *p);
    norni_arena_init(&p->arena, &b->env->ctx->alloc);
    p->n_series = n_series;
    p->offsets = norni_arena_get(&p->arena, n_series + 1, sizeof *p->offsets);
    p->id_offsets = norni_arena_get(&p->arena, n_series + 1, sizeof *p->id_offsets);
    p->id_bytes = norni_arena_get(&p->arena, n_series, 24);
    p->start = norni_arena_zero(&p->arena, n_series, sizeof *p->start);
    p->freq = norni_arena_get(&p->arena, n_series, sizeof *p->freq);
    if (!p->offsets || !p->id_offsets || !p->id_bytes || !p->start || !p->freq) {
        return norni_alloc_fail(err, "bench", n_series, 64);
    }
    p->offsets[0] = p->id_offsets[0] = 0;
    for (size_t i = 0; i < n_series; i++) {
        p->offsets[i + 1] =
            p->offsets[i] + 48 + (size_t)(norni_rng_u64((norni_rng){seed, i}, 4) % 97);
        p->id_bytes[p->id_offsets[i]] = 'S';
        p->id_offsets[i + 1] =
            p->id_offsets[i] + 1 + norni_int_print(p->id_bytes + p->id_offsets[i] + 1, (int64_t)i);
        p->freq[i] = (norni_freq){NORNI_UNIT_MONTH, 1, 1};
    }
    p->n_obs = p->offsets[n_series];
    p->y = norni_arena_get(&p->arena, p->n_obs, sizeof *p->y);
    if (p->y == NULL) return norni_alloc_fail(err, "bench", p->n_obs, sizeof *p->y);
    for (size_t i = 0; i < n_series; i++) {
        fill_series((norni_rng){seed, i}, p->y + p->offsets[i], p->offsets[i + 1] - p->offsets[i]);
    }
    p->style.kind = NORNI_TIME_DATE;
    p->has_id = true;
    return NORN_OK;
}

/* One run under a context of its own with that many workers. */
static norn_status run_once(const bench_state *b, int32_t workers, double *seconds,
                            norni_hash128 *digest, norni_op_result *counts, norn_err *err) {
    norn_ctx_opt ctx_opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_forecast f;
    norni_arena arena;
    ctx_opt.alloc = b->env->ctx->alloc;
    ctx_opt.n_threads = workers;
    NORN_TRY(norn_ctx_new(&ctx_opt, &ctx, err));
    norni_arena_init(&arena, &ctx->alloc);
    const int64_t start = norni_clock_ns();
    norn_status st = norni_forecast_run(ctx, NULL, &b->panel, &b->plan, NULL, &arena, &f, err);
    *seconds = (double)(norni_clock_ns() - start) / 1e9;
    if (st == NORN_OK) {
        st = norni_forecast_digest(&f, digest, err);
        if (counts) {
            counts->n_items = f.batch.n;
            counts->n_ok = f.batch.n_ok;
            counts->n_fallback = f.batch.n_fallback;
            counts->n_failed = f.batch.n_failed;
        }
        norni_forecast_clear(&f);
    }
    norni_arena_clear(&arena);
    norn_ctx_free(ctx);
    if (st == NORN_OK && norn_ctx_cancelled(b->env->ctx))
        return norn_fail(err, NORN_E_CANCEL, "bench: cancelled");
    return st;
}

/* n one-thread processes at once, each doing the serial run: the time until the last is done. */
static norn_status run_processes(const bench_state *b, int32_t n, double *seconds, norn_err *err) {
    pid_t child[MAX_WORKERS];
    int32_t started = 0;
    bool good = true;
    const int64_t start = norni_clock_ns();
    for (; started < n && good; started++) {
        child[started] = fork();
        if (child[started] == 0) {
            double own;
            norni_hash128 digest;
            const norn_status st = run_once(b, 1, &own, &digest, NULL, NULL);
            _exit(st == NORN_OK && digest.hi == b->serial_digest.hi &&
                          digest.lo == b->serial_digest.lo
                      ? 0
                      : 1);
        }
        good = child[started] > 0;
    }
    for (int32_t i = 0; i < started; i++) {
        int status = 1;
        if (child[i] > 0 &&
            (waitpid(child[i], &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0))
            good = false;
    }
    *seconds = (double)(norni_clock_ns() - start) / 1e9;
    return good ? NORN_OK
                : norn_fail(err, NORN_E_INTERNAL, "bench: one of %d one-thread processes failed",
                            (int)n);
}

static void write_report(const bench_state *b, norni_json *j, bool equal) {
    char digest[NORNI_DIGEST_TEXT];
    const double n_items = (double)(b->panel.n_series * b->plan.n_specs);
    norni_hash_text(b->serial_digest, digest);
    norni_json_open(j, '{');
    norni_json_key(j, "workload");
    norni_json_str(j, norni_str_of(b->opt->workload));
    norni_json_key(j, "version");
    norni_json_str(j, norni_str_of(NORNI_VERSION));
    norni_json_key(j, "model");
    norni_json_str(j, norni_str_of(b->opt->model));
    norni_json_key(j, "n_series");
    norni_json_int(j, (int64_t)b->panel.n_series);
    norni_json_key(j, "n_observations");
    norni_json_int(j, (int64_t)b->panel.n_obs);
    norni_json_key(j, "usable_cores");
    norni_json_int(j, norni_cpu_usable(NULL));
    norni_json_key(j, "digest");
    norni_json_str(j, norni_str_of(digest));
    norni_json_key(j, "digests_equal");
    norni_json_bool(j, equal);
    norni_json_key(j, "serial_seconds");
    norni_json_num(j, b->serial_seconds);
    norni_json_key(j, "peak_rss_bytes");
    norni_json_int(j, norni_peak_rss_bytes());
    norni_json_key(j, "workers");
    norni_json_open(j, '[');
    for (size_t k = 0; k < b->n_points; k++) {
        const bench_point *p = &b->point[k];
        norni_json_open(j, '{');
        norni_json_key(j, "workers");
        norni_json_int(j, p->workers);
        norni_json_key(j, "seconds");
        norni_json_num(j, p->seconds);
        norni_json_key(j, "items_per_second");
        norni_json_num(j, n_items / p->seconds);
        norni_json_key(j, "speed_up");
        norni_json_num(j, b->serial_seconds / p->seconds);
        norni_json_key(j, "efficiency");
        norni_json_num(j, b->serial_seconds / p->seconds / p->workers);
        norni_json_key(j, "process_speed_up");
        norni_json_num(j, p->process_gain);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    norni_json_close(j, '}');
    norni_buf_text(j->b, "\n");
}

static double two_digits(double x) {
    return nearbyint(x * 1000) / 1000;
}

/* Serial first, then 1, 2, 4, … and all usable cores (or --threads alone when given). */
static norn_status measure_points(bench_state *b, bool *equal, norni_op_result *out,
                                  norn_err *err) {
    int32_t most = norni_pool_threads(b->env->ctx);
    if (most > MAX_WORKERS) most = MAX_WORKERS;
    double warm;
    NORN_TRY(run_once(b, 1, &warm, &b->serial_digest, out, err));
    NORN_TRY(run_once(b, 1, &b->serial_seconds, &b->serial_digest, NULL, err));
    if (warm < b->serial_seconds) b->serial_seconds = warm;
    norni_say(b->env, "serial: %g s, %g items/s", two_digits(b->serial_seconds),
              nearbyint((double)out->n_items / b->serial_seconds));
    *equal = true;
    for (int32_t w = 1; b->n_points < MAX_POINTS; w = 2 * w < most || w == most ? 2 * w : most) {
        bench_point *p = &b->point[b->n_points++];
        double processes;
        p->workers = w;
        NORN_TRY(run_once(b, w, &p->seconds, &p->digest, NULL, err));
        NORN_TRY(run_once(b, w, &warm, &p->digest, NULL, err));
        if (warm < p->seconds) p->seconds = warm;
        NORN_TRY(run_processes(b, w, &processes, err));
        p->process_gain = w * b->serial_seconds / processes;
        const bool same =
            p->digest.hi == b->serial_digest.hi && p->digest.lo == b->serial_digest.lo;
        *equal = *equal && same;
        norni_say(b->env,
                  "%d workers: %g s, speed-up %g, efficiency %g; %d one-thread processes together "
                  "%g; digest %s",
                  (int)w, two_digits(p->seconds), two_digits(b->serial_seconds / p->seconds),
                  two_digits(b->serial_seconds / p->seconds / w), (int)w,
                  two_digits(p->process_gain), same ? "equal" : "DIFFERENT");
        if (w >= most) break;
    }
    return NORN_OK;
}

norn_status norni_op_bench(const norni_op_env *env, const void *options, norni_op_result *out,
                           norn_err *err) {
    const norni_bench_opt *opt = options;
    bench_state b = {.env = env, .opt = opt};
    norni_arena arena;
    norni_out file;
    norn_status st;
    bool equal = false;
    double level = 95;
    if (strcmp(opt->workload, "forecast") != 0) {
        return norn_fail(err, NORN_E_ARG,
                         "bench: unknown workload '%s'; this version measures: forecast",
                         opt->workload);
    }
    norni_arena_init(&arena, &env->ctx->alloc);
    norni_spec *specs = NULL;
    NORN_TRY_GOTO(norni_specs_parse(env->models, norni_str_of(opt->model), &arena, &specs,
                                    &b.plan.n_specs, err),
                  done);
    b.plan.specs = specs;
    b.plan.models = env->models;
    b.plan.horizon = HORIZON;
    b.plan.levels = (norni_doubles){1, &level};
    b.plan.seed = (uint64_t)opt->common.seed;
    b.plan.max_attempts = (uint32_t)opt->common.retry_attempts;
    b.plan.grain = 16;
    b.plan.error_threshold = opt->common.error_threshold;
    const size_t n_series = (size_t)opt->n_series / (opt->quick ? 10 : 1);
    NORN_TRY_GOTO(make_panel(&b, n_series ? n_series : 1, b.plan.seed, err), clear);
    NORN_TRY_GOTO(measure_points(&b, &equal, out, err), clear);
    norni_hash_text(b.serial_digest, out->digest);
    out->digests_differ = !equal;
    NORN_TRY_GOTO(norni_out_open(&file, &env->ctx->alloc, opt->common.out, err), clear);
    norni_json j;
    norni_json_init(&j, &file.buf);
    write_report(&b, &j, equal);
    st = file.buf.failed ? norni_alloc_fail(err, "bench", 1, 1) : norni_out_commit(&file, err);
    norni_out_abort(&file);
clear:
    norni_panel_clear(&b.panel);
done:
    norni_arena_clear(&arena);
    return st;
}
