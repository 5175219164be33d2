/* Times the automatic ETS choice on one core, and compares its AICc with R's where R's numbers are given. */
/* SPDX-License-Identifier: Apache-2.0 */
/* bench_ets [m3|yearly|quarterly|weekly|hourly|all] [baseline|avx2|avx512]
 * NORN_DATA: folder of the series (default ../shared/data). NORN_ORACLES: folder of R's tables; when given, only
 * the series in the table are fitted, and the share with AICc(ours) <= AICc(R) + 1e-3 is printed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "models/ets/ets_fit.h"

enum { LINE = 1 << 20, MAX_N = 100000, MAX_ROWS = 4000 };

typedef struct bench_set {
    const char *name, *file, *oracle;
    size_t m;
    bool wide; /* one row a series, else unique_id,ds,y */
} bench_set;

static const bench_set sets[] = {
    {"m3", "competitions/m3_monthly_train.csv", "r_m3_monthly_ets.csv", 12, true},
    {"yearly", "m4/yearly_train.csv", "r_m4_yearly_ets.csv", 1, false},
    {"quarterly", "m4/quarterly_train.csv", "r_m4_quarterly_ets.csv", 4, false},
    {"weekly", "m4/weekly_train.csv", "r_m4_weekly_ets.csv", 1, false},
    {"hourly", "m4/hourly_train.csv", "r_m4_hourly_ets.csv", 24, false},
};

typedef struct oracle_row {
    char id[24];
    double aicc;
} oracle_row;

typedef struct bench_run {
    const bench_set *set;
    oracle_row *rows; /* (n_rows) */
    size_t n_rows;
    norni_arena arena;
    int simd;
    double seconds, diff;
    uint64_t n_evals;
    size_t n, n_ok, n_compared;
} bench_run;

static void fit(bench_run *b, const char *id, const double *y, size_t n) {
    const oracle_row *row = NULL;
    for (size_t i = 0; i < b->n_rows && !row; i++)
        if (!strcmp(b->rows[i].id, id)) row = &b->rows[i];
    if (b->n_rows && !row) return;
    const double before = norni_clock_thread_seconds();
    norni_arena_reset(&b->arena);
    const size_t m = n > b->set->m ? b->set->m : 1;
    ets_data d;
    ets_work w;
    const ets_opt opt = {
        .alpha = (double)NAN, .beta = (double)NAN, .gamma = (double)NAN, .phi = (double)NAN};
    double *season = norni_arena_get(&b->arena, 2 * m, sizeof(double));
    if (!season || !ets_data_init(&d, y, n, m, &b->arena) ||
        !ets_work_init(&w, &d, b->simd, NULL, &b->arena))
        return;
    ets_fit best = {.season = season};
    (void)ets_choose(&w, &d, ets_memory_new(&d, &b->arena), &opt, &best, season + m);
    b->seconds += norni_clock_thread_seconds() - before;
    b->n_evals += w.n_evals;
    b->n++;
    if (!row || isnan(row->aicc)) return;
    b->n_compared++;
    b->n_ok += best.ic <= row->aicc + 1e-3;
    if (best.ic > row->aicc + 1e-3) printf("  %s: aicc %.4f, R %.4f\n", id, best.ic, row->aicc);
    b->diff += best.ic - row->aicc;
}

static void read_oracle(bench_run *b, char *line) {
    char path[1024];
    const char *folder = getenv("NORN_ORACLES");
    if (!folder) return;
    snprintf(path, sizeof path, "%s/%s", folder, b->set->oracle);
    FILE *f = fopen(path, "r");
    if (!f) return;
    while (fgets(line, LINE, f) && b->n_rows < MAX_ROWS) {
        oracle_row *r = &b->rows[b->n_rows];
        /* id,method,spec,loglik,aicc,... */
        if (sscanf(line, "%23[^,],%*[^,],%*[^,],%*[^,],%lf", r->id, &r->aicc) == 2) b->n_rows++;
    }
    fclose(f);
}

static void read_series(bench_run *b, FILE *f, char *line, double *y) {
    char id[64] = "", now[64];
    size_t n = 0;
    if (!fgets(line, LINE, f)) return;
    while (fgets(line, LINE, f)) {
        char *p = strchr(line, ',');
        if (!p) continue;
        *p++ = 0;
        snprintf(now, sizeof now, "%.60s", line);
        if (!b->set->wide) {
            if (n && strcmp(now, id)) fit(b, id, y, n), n = 0;
            memcpy(id, now, sizeof id);
            p = strchr(p, ',');
            if (p && n < MAX_N) y[n++] = strtod(p + 1, NULL);
            continue;
        }
        for (n = 0; n < MAX_N;) {
            char *end;
            const double v = strtod(p, &end);
            if (end == p) break;
            y[n++] = v;
            p = end + (*end == ',');
        }
        fit(b, now, y, n);
    }
    if (!b->set->wide && n) fit(b, id, y, n);
}

static int run_set(const bench_set *set, int simd) {
    const char *folder = getenv("NORN_DATA");
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "../shared/data", set->file);
    FILE *f = fopen(path, "r");
    if (!f) {
        printf("bench_ets: %s is absent (NORN_DATA)\n", path);
        return 0;
    }
    const norn_alloc alloc = norni_alloc_default();
    bench_run b = {.set = set, .simd = simd};
    norni_arena_init(&b.arena, &alloc);
    char *line = malloc(LINE);
    double *y = malloc(MAX_N * sizeof *y);
    b.rows = malloc(MAX_ROWS * sizeof *b.rows);
    if (!line || !y || !b.rows) return 1;
    read_oracle(&b, line);
    read_series(&b, f, line, y);
    printf("auto_ets %s (%s): %zu series, %.4f ms a series, %.1f evaluations a series\n", set->name,
           ets_kernel_get(simd)->name, b.n, 1e3 * b.seconds / (double)b.n,
           (double)b.n_evals / (double)b.n);
    if (b.n_compared)
        printf("  aicc <= R + 1e-3: %zu of %zu (%.2f %%), mean difference %.4f\n", b.n_ok,
               b.n_compared, 100.0 * (double)b.n_ok / (double)b.n_compared,
               b.diff / (double)b.n_compared);
    fclose(f);
    free(line), free(y), free(b.rows);
    norni_arena_clear(&b.arena);
    return 0;
}

int main(int argc, char **argv) {
    const char *which = argc > 1 ? argv[1] : "m3";
    int simd = ETS_SIMD_AVX512;
    if (argc > 2)
        simd = !strcmp(argv[2], "baseline") ? ETS_SIMD_BASE
               : !strcmp(argv[2], "avx2")   ? ETS_SIMD_AVX2
                                            : simd;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        if (!strcmp(which, "all") || !strcmp(which, sets[i].name)) {
            if (run_set(&sets[i], simd)) return 1;
        }
    return 0;
}
