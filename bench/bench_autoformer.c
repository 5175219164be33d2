/* The Autoformer: seconds per training step beside the products' bound, and its error on ETTh1. */
/* SPDX-License-Identifier: Apache-2.0 */
/* bench_autoformer steps [small|paper] [workers]   seconds per step of 32 windows
 * bench_autoformer etth1 [name=value ...]          fit on 12 + 4 months, error on the next 4
 * NORN_DATA (default ../shared/data) holds longhorizon/ETTh1.csv. Standard split: 8640, 2880, 2880
 * rows, scored in units of the training rows' deviation. tail=1: scored on the validation rows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fp.h"
#include "eval/share.h"
#include "models/autoformer/autoformer_learner.h"
#include "num/gemm.h"

enum { TARGETS = 7, ROWS = 14400, TRAIN = 8640, VALID = 2880, AHEAD = 96 };

static double column[TARGETS][ROWS];
static const double *y[TARGETS];
static int64_t times[ROWS + AHEAD];
static norni_lesson lesson;

static bool read_etth1(void) {
    char path[1024], line[512];
    const char *folder = getenv("NORN_DATA");
    snprintf(path, sizeof path, "%s/longhorizon/ETTh1.csv", folder ? folder : "../shared/data");
    FILE *f = fopen(path, "r");
    if (!f || !fgets(line, sizeof line, f)) {
        printf("no %s: set NORN_DATA\n", path);
        return false;
    }
    for (size_t t = 0; t < ROWS && fgets(line, sizeof line, f); t++) {
        char *p = strchr(line, ',');
        for (size_t j = 0; j < TARGETS && p; j++)
            column[j][t] = strtod(p + 1, &p);
    }
    fclose(f);
    return true;
}

static void make_lesson(void) {
    static const int32_t season[1] = {24};
    const norni_civil begin = {.year = 2016, .month = 7, .day = 1};
    for (size_t j = 0; j < TARGETS; j++)
        y[j] = column[j];
    for (size_t t = 0; t < ROWS + AHEAD; t++)
        times[t] = norni_us_from_civil(&begin) + (int64_t)t * 3600 * NORNI_US_SECOND;
    static const norni_str names[TARGETS] = {{"HUFL", 4}, {"HULL", 4}, {"MUFL", 4}, {"MULL", 4},
                                             {"LUFL", 4}, {"LULL", 4}, {"OT", 2}};
    static norni_features none = {.n_rows = ROWS, .horizon = AHEAD};
    lesson = (norni_lesson){.n = TRAIN + VALID,
                            .n_targets = TARGETS,
                            .horizon = AHEAD,
                            .target_name = names,
                            .y = y,
                            .x = &none,
                            .n_season = 1,
                            .season = season,
                            .start = times[0],
                            .freq = {.unit = NORNI_UNIT_HOUR, .step = 1},
                            .times = times,
                            .key = 1};
}

typedef struct job {
    autoformer_opt opt;
    uint64_t seed;
    size_t steps;
    bool tail;
    double seconds, cpu, mse, mae;
    char text[512];
} job;

/* GFLOP/s of one thread at the network's products, and what a step takes of them. */
static double gemm_rate(size_t m, size_t n, size_t k) {
    float *a = calloc(m * k, 4), *b = calloc(n * k, 4), *c = calloc(m * n, 4);
    void *scratch = aligned_alloc(64, (norni_gemm_scratch() + 63) / 64 * 64);
    const norni_gemm g = {.m = m, .n = n, .k = k, .lda = k, .ldb = k, .ldc = n, .b_turned = true};
    double best = INFINITY;
    for (int r = 0; r < 8; r++) {
        const double from = norni_clock_thread_seconds();
        const size_t times_n = 1 + (size_t)(2e8 / ((double)m * (double)n * (double)k));
        for (size_t i = 0; i < times_n; i++)
            norni_gemm_f32(&g, a, b, c, scratch);
        best = fmin(best, (norni_clock_thread_seconds() - from) / (double)times_n);
    }
    free(a), free(b), free(c), free(scratch);
    return 2 * (double)m * (double)n * (double)k / best;
}

/* Of one window, forward and back (which is twice that, but for the embeddings' inputs). */
static double step_flops(const autoformer_shape *s) {
    const double d = (double)s->d, ff = (double)s->ff, e = (double)s->len_enc,
                 t = (double)s->len_dec, in = (double)autoformer_inputs(s), c = (double)s->channels;
    const double layers =
        (double)s->n_enc * e * (8 * d * d + 4 * d * ff) +
        (double)s->n_dec * (t * (12 * d * d + 4 * d * ff + 6 * c * d) + e * 4 * d * d) +
        t * 2 * c * d;
    const double scores = (double)s->n_enc * 2 * e * e * d +
                          (double)s->n_dec * (2 * t * t * d + 2 * fmin(e, t) * t * d);
    return 3 * layers + scores + 2 * 2 * in * d * (e + t);
}

static norn_status time_steps(norni_worker *w, size_t item, void *arg, norn_err *err) {
    job *j = arg;
    const norni_share share = norni_share_of(w);
    norni_env env = {.arena = &w->arena, .share = &share, .poll = norni_ctx_poll(w->ctx)};
    autoformer_shape s;
    (void)item;
    NORN_TRY(autoformer_shape_of(&j->opt, &lesson, &s, err));
    const autoformer_calendar calendar = autoformer_calendar_of(&lesson);
    autoformer_channel *channel = norni_arena_get(env.arena, s.channels, sizeof *channel);
    float *z = norni_arena_get(env.arena, lesson.n * s.channels, sizeof *z);
    float *marks = norni_arena_get(env.arena, (lesson.n + AHEAD) * s.marks, sizeof *marks);
    float *weights = norni_arena_get(env.arena, autoformer_weights(&s), sizeof *weights);
    const autoformer_table table = {.shape = &s, .n = lesson.n, .z = z, .goal = z, .marks = marks};
    const autoformer_plan plan = {.batch = 32, .epochs = 1, .patience = 1, .dropout = 0.05};
    autoformer_trainer *t;
    NORN_TRY(autoformer_scale(env.arena, &lesson, &s, lesson.n, channel, err));
    autoformer_z(&lesson, &s, channel, 0, lesson.n, z);
    autoformer_mark_rows(&lesson, &calendar, 0, lesson.n + AHEAD, marks);
    (void)autoformer32_draw(&s, (norni_rng){1, 1}, NULL, weights);
    NORN_TRY(autoformer_trainer_new(&env, &table, &plan, weights, &t, err));
    j->seconds = INFINITY;
    for (size_t k = 0; k <= j->steps; k++) {
        size_t window[32];
        double loss;
        for (size_t i = 0; i < 32; i++)
            window[i] = s.len_enc - 1 + (k * 7919 + i * 251) % (lesson.n - AHEAD - s.len_enc);
        const double from = (double)norni_clock_ns() * 1e-9, cpu = norni_clock_process_seconds();
        NORN_TRY(autoformer_step(&env, t, window, 32, 1e-4, &loss, err));
        const double took = (double)norni_clock_ns() * 1e-9 - from;
        if (k && took < j->seconds) {
            j->seconds = took;
            j->cpu = norni_clock_process_seconds() - cpu;
        }
    }
    j->mse = step_flops(&s) * 32;
    return NORN_OK;
}

static double deviation_of(size_t j) {
    double mean, variance;
    norni_mean_var(column[j], TRAIN, 0, &mean, &variance);
    return sqrt(variance);
}

static norn_status fit_etth1(norni_worker *w, size_t item, void *arg, norn_err *err) {
    const norni_learner *m = &norni_learner_autoformer;
    job *j = arg;
    const norni_share share = norni_share_of(w);
    norni_env env = {
        .arena = &w->arena, .share = &share, .poll = norni_ctx_poll(w->ctx), .seed = j->seed};
    norni_lesson at = lesson;
    void *state;
    static double out[TARGETS * AHEAD];
    double squares = 0, sizes = 0, n = 0, deviation[TARGETS];
    (void)item;
    for (size_t k = 0; k < TARGETS; k++)
        deviation[k] = deviation_of(k);
    const double from = (double)norni_clock_ns() * 1e-9;
    NORN_TRY(m->fit(&env, &j->opt, &lesson, (norni_lesson_part){0, 0}, &state, err));
    j->seconds = (double)norni_clock_ns() * 1e-9 - from;
    m->describe(state, j->text, sizeof j->text);
    at.n = ROWS;
    const size_t first = j->tail ? TRAIN : TRAIN + VALID, end = first + VALID;
    for (size_t t = first - 1; t + AHEAD < end; t++) {
        NORN_TRY(m->predict(&env, state, &at, t, out, err));
        for (size_t i = 0; i < TARGETS * AHEAD; i++) {
            const size_t k = i / AHEAD;
            const double e = (out[i] - column[k][t + 1 + i % AHEAD]) / deviation[k];
            squares += e * e, sizes += fabs(e), n++;
        }
    }
    j->mse = squares / n, j->mae = sizes / n;
    return NORN_OK;
}

static bool set_options(job *j, int argc, char **argv, norni_arena *arena) {
    const norni_learner *m = &norni_learner_autoformer;
    norn_err err;
    if (norni_param_defaults(m->params, m->n_params, &j->opt, arena, &err) != NORN_OK) return false;
    j->opt.epochs = 3;
    j->opt.validation = (double)VALID / (TRAIN + VALID);
    for (int i = 0; i < argc; i++) {
        const char *eq = strchr(argv[i], '=');
        const norni_str name = {argv[i], eq ? (size_t)(eq - argv[i]) : 0};
        if (eq && norni_str_is(name, "tail")) {
            j->tail = true;
        } else if (eq && norni_str_is(name, "seed")) {
            j->seed = strtoull(eq + 1, NULL, 10);
        } else if (eq) {
            const norni_param *row = norni_param_find(m->params, m->n_params, name);
            if (!row || norni_param_set(row, &j->opt, norni_str_of(eq + 1), arena, "bench", &err) !=
                            NORN_OK) {
                printf("%s: not an option\n", argv[i]);
                return false;
            }
        }
    }
    return true;
}

static int run(norni_item_fn fn, job *j, int32_t workers) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norn_err err = {0};
    opt.n_threads = workers;
    if (norn_ctx_new(&opt, &ctx, &err) != NORN_OK ||
        norni_for(ctx, NULL, 1, fn, j, NULL, &err) != NORN_OK) {
        printf("failed: %s\n", err.text);
        return 1;
    }
    norn_ctx_free(ctx);
    return 0;
}

int main(int argc, char **argv) {
    const norn_alloc alloc = norni_alloc_default();
    const char *what = argc > 1 ? argv[1] : "steps", *preset = argc > 2 ? argv[2] : "small";
    norni_arena arena;
    static job j;
    norni_arena_init(&arena, &alloc);
    if (!read_etth1()) return 0;
    make_lesson();
    if (!set_options(&j, argc > 2 ? argc - 2 : 0, argv + 2, &arena)) return 1;
    if (!strcmp(what, "etth1")) {
        if (run(fit_etth1, &j, 0)) return 1;
        printf("%s\nETTh1, 96 ahead, %s: MSE %.4f MAE %.4f, fit %.1f s\n", j.text,
               j.tail ? "validation" : "test", j.mse, j.mae, j.seconds);
        return 0;
    }
    const bool paper = !strcmp(preset, "paper");
    j.opt.preset = paper ? AUTOFORMER_PAPER : AUTOFORMER_SMALL;
    j.steps = paper ? 2 : 12;
    const int32_t workers = argc > 3 ? (int32_t)atoi(argv[3]) : 1;
    if (run(time_steps, &j, workers)) return 1;
    const double rate = paper ? gemm_rate(768, 512, 512) : gemm_rate(384, 64, 64);
    printf(
        "%s, %d worker(s): %.4f s per step (cpu %.4f); %.2f GFLOP of products; one thread's rate "
        "%.1f GFLOP/s: bound %.4f s, reached %.0f %%\n",
        preset, workers, j.seconds, j.cpu, j.mse * 1e-9, rate * 1e-9,
        j.mse / rate / (double)workers, 100 * j.mse / rate / (double)workers / j.seconds);
    norni_arena_clear(&arena);
    return 0;
}
