/* The EBM's fit on a table in a file: seconds, error on the rows behind the training ones, memory. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_ebm FILE [runs=3] [threads=1] [interactions=-5] [seed=42] [bags=14] [smoothing=500] [names=0]
 * FILE: three int64 (rows, columns, training rows), then the columns, then y, all float64; names: so many
 * of the last columns hold codes of names. bench/ebm_peers.py writes such files. Binning counts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fp.h"
#include "eval/share.h"
#include "models/ebm/ebm.h"

typedef struct table {
    int64_t rows, columns, train;
    const double **x; /* (columns) of (rows) */
    const double *y;
} table;

typedef struct setting {
    int runs, threads, names;
    uint64_t seed;
    norni_ebm_opt opt;
} setting;

typedef struct run {
    const table *t;
    const setting *s;
    double rmse, steps[2];
} run;

static void require(norn_status st, const norn_err *err) {
    if (st == NORN_OK) return;
    (void)fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static table read_table(const char *path) {
    table t;
    FILE *f = fopen(path, "rb");
    if (f == NULL || fread(&t, 8, 3, f) != 3) exit(1);
    const size_t n = (size_t)t.rows;
    t.x = malloc((size_t)t.columns * sizeof *t.x);
    if (t.x == NULL) exit(1);
    for (int64_t j = 0; j <= t.columns; j++) {
        double *column = malloc(n * sizeof *column);
        if (column == NULL || fread(column, 8, n, f) != n) exit(1);
        if (j < t.columns)
            t.x[j] = column;
        else
            t.y = column;
    }
    (void)fclose(f);
    return t;
}

/* Most memory that the process held, in KB (getrusage's would be its parent's). */
static long peak_memory(void) {
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long kb = 0;
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0) kb = strtol(line + 6, NULL, 10);
    if (f) (void)fclose(f);
    return kb;
}

static setting read_setting(int argc, char **argv) {
    setting s = {3, 1, 0, 42, norni_ebm_opt_default()};
    for (int i = 2; i < argc; i++) {
        const char *eq = strchr(argv[i], '=');
        if (eq == NULL) exit(1);
        const double v = strtod(eq + 1, NULL);
        switch (argv[i][0]) {
            case 'r': s.runs = (int)v; break;
            case 't': s.threads = (int)v; break;
            case 'i': s.opt.interactions = v; break;
            case 's':
                if (argv[i][1] == 'e')
                    s.seed = (uint64_t)v;
                else
                    s.opt.smoothing_rounds = (int32_t)v;
                break;
            case 'b': s.opt.outer_bags = (int32_t)v; break;
            case 'n': s.names = (int)v; break;
            default: exit(1);
        }
    }
    return s;
}

/* Error on the rows behind the training ones. */
static double judge(norni_arena *arena, const table *t, const norni_bins *mains,
                    const norni_bins *pairs, const norni_ebm *m) {
    const size_t from = (size_t)t->train, n = (size_t)t->rows - from, k = (size_t)t->columns;
    const uint16_t **at[2];
    double *out = norni_arena_get(arena, n + 1, sizeof *out), sum = 0;
    for (int level = 0; level < 2; level++) {
        const norni_bins *bins = level ? pairs : mains;
        at[level] = norni_arena_get(arena, k, sizeof **at);
        for (size_t j = 0; bins && j < k; j++) {
            uint16_t *bin = norni_arena_get(arena, n + 1, sizeof *bin);
            norni_bins_place(&bins->column[j], t->x[j] + from, n, bin);
            at[level][j] = bin;
        }
    }
    norni_ebm_predict(m, at[0], at[1], n, out);
    for (size_t i = 0; i < n; i++)
        sum += (out[i] - t->y[from + i]) * (out[i] - t->y[from + i]);
    return sqrt(sum / (double)n);
}

static norn_status fit_once(norni_worker *w, size_t item, void *arg, norn_err *err) {
    run *r = arg;
    const table *t = r->t;
    const setting *s = r->s;
    const size_t k = (size_t)t->columns;
    const norni_share share = norni_share_of(w);
    norni_env env = {
        .arena = &w->arena, .share = &share, .poll = norni_ctx_poll(w->ctx), .seed = s->seed};
    norni_feature_kind *kind = norni_arena_zero(env.arena, k, sizeof *kind);
    norni_bins mains, pairs;
    norni_ebm m;
    (void)item;
    for (size_t j = k - (size_t)s->names; j < k; j++)
        kind[j] = NORNI_FEATURE_NOMINAL;
    NORN_TRY(norni_bins_make(env.arena, &env.poll, t->x, kind, k, (size_t)t->train,
                             (uint32_t)s->opt.max_bins, &mains, err));
    const bool has_pairs = s->opt.interactions != 0;
    if (has_pairs)
        NORN_TRY(norni_bins_coarsen(env.arena, &mains, (uint32_t)s->opt.max_interaction_bins,
                                    &pairs, err));
    const norni_ebm_task task = {
        .n = (size_t)t->train, .mains = &mains, .pairs = has_pairs ? &pairs : NULL, .y = t->y};
    NORN_TRY(norni_ebm_fit(&env, &s->opt, &task, &m, err));
    memset(r->steps, 0, sizeof r->steps);
    for (size_t b = 0; b < 2 * m.n_bags; b++)
        r->steps[b / m.n_bags] += m.best_iteration[b] / (double)m.n_bags;
    r->rmse = judge(env.arena, t, &mains, has_pairs ? &pairs : NULL, &m);
    return NORN_OK;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        (void)printf("bench_ebm FILE: a table; bench/ebm_peers.py makes such and runs it\n");
        return 0;
    }
    const table t = read_table(argv[1]);
    const setting s = read_setting(argc, argv);
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norn_err err = {0};
    double best = NORNI_INF, cpu = NORNI_INF;
    run r = {.t = &t, .s = &s};
    opt.n_threads = s.threads;
    require(norn_ctx_new(&opt, &ctx, &err), &err);
    const long before = peak_memory();
    for (int i = 0; i < s.runs; i++) {
        const int64_t start = norni_clock_ns();
        const clock_t c = clock();
        require(norni_for(ctx, NULL, 1, fit_once, &r, NULL, &err), &err);
        best = fmin(best, (double)(norni_clock_ns() - start) / 1e9);
        cpu = fmin(cpu, (double)(clock() - c) / CLOCKS_PER_SEC);
    }
    const long after = peak_memory();
    (void)printf("seconds %.4f cpu %.4f rmse %.6f steps %.0f %.0f memory %ld of %ld KB\n", best,
                 cpu, r.rmse, r.steps[0], r.steps[1], after - before, after);
    norn_ctx_free(ctx);
    return 0;
}
