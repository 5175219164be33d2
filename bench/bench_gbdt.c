/* Boosted trees on tables that bench/gbdt_peers.py writes: seconds of a fit, error on the newest rows. */
/* SPDX-License-Identifier: Apache-2.0 */
/* bench_gbdt TABLE [option=value ...]: TABLE holds n, columns, training rows (int64), then columns and
 * the target as doubles. Prints seconds of binning and fit (CPU of this thread), trees, RMSE. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feat/bins.h"
#include "models/gbdt/gbdt.h"

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct table {
    int64_t n, k, n_train;
    double *value; /* (k + 1, n) */
    const double **column;
    norni_feature_kind *kind;
} table;

static bool read_table(const char *path, table *t) {
    FILE *f = fopen(path, "rb");
    int64_t head[3];
    if (!f) return false;
    bool ok = fread(head, sizeof *head, 3, f) == 3;
    t->n = head[0], t->k = head[1], t->n_train = head[2];
    const size_t cells = ok ? (size_t)(t->n * (t->k + 1)) : 0;
    t->value = malloc(cells * sizeof *t->value + 1);
    t->column = calloc((size_t)t->k + 1, sizeof *t->column);
    t->kind = calloc((size_t)t->k + 1, sizeof *t->kind);
    ok = ok && t->value && t->column && t->kind &&
         fread(t->value, sizeof *t->value, cells, f) == cells;
    for (int64_t j = 0; ok && j <= t->k; j++)
        t->column[j] = t->value + j * t->n;
    fclose(f);
    return ok;
}

static void set_option(norni_gbdt_opt *o, const char *text) {
    const char *eq = strchr(text, '=');
    const double v = eq ? atof(eq + 1) : 1;
    const size_t n = eq ? (size_t)(eq - text) : strlen(text);
    const struct {
        const char *name;
        int32_t *to;
    } whole[] = {{"n_trees", &o->n_trees},
                 {"leaves", &o->n_leaves},
                 {"max_depth", &o->max_depth},
                 {"min_child", &o->min_child},
                 {"max_bins", &o->max_bins},
                 {"early_stopping", &o->early_stopping},
                 {"loss", &o->loss}};
    const struct {
        const char *name;
        double *to;
    } real[] = {{"learning_rate", &o->learning_rate},
                {"lambda_l2", &o->lambda_l2},
                {"lambda_l1", &o->lambda_l1},
                {"feature_fraction", &o->feature_fraction},
                {"subsample", &o->subsample},
                {"validation", &o->validation},
                {"alpha", &o->alpha},
                {"tweedie_power", &o->tweedie_power}};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (strlen(whole[i].name) == n && !strncmp(whole[i].name, text, n))
            *whole[i].to = (int32_t)v;
    for (size_t i = 0; i < sizeof real / sizeof real[0]; i++)
        if (strlen(real[i].name) == n && !strncmp(real[i].name, text, n)) *real[i].to = v;
    if (!strncmp("goss", text, n)) o->goss = v != 0;
}

static double rmse_of(const norni_gbdt *m, const table *t) {
    double sum = 0;
    double *x = malloc((size_t)t->k * sizeof *x);
    for (int64_t i = t->n_train; x && i < t->n; i++) {
        for (int64_t j = 0; j < t->k; j++)
            x[j] = t->column[j][i];
        const double e = norni_gbdt_predict(m, x) - t->column[t->k][i];
        sum += e * e;
    }
    free(x);
    return sqrt(sum / (double)(t->n - t->n_train));
}

static int run(norni_arena *arena, const table *t, const norni_gbdt_opt *o) {
    norn_err err = {0};
    norni_bins bins;
    norni_gbdt m;
    norni_env env = {.arena = arena, .seed = 42, .item = 7};
    const size_t n = (size_t)t->n_train;
    const double a = seconds();
    if (norni_bins_make(arena, NULL, t->column, t->kind, (size_t)t->k, n, (uint32_t)o->max_bins,
                        &bins, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const double b = seconds();
    const norni_gbdt_task task = {
        .n = n,
        .n_validate = (size_t)(o->early_stopping > 0 ? o->validation * (double)n : 0),
        .bins = &bins,
        .y = t->column[t->k]};
    if (norni_gbdt_fit(&env, o, &task, &m, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const double c = seconds();
    printf("bins %.4f fit %.4f trees %zu rmse %.6f\n", b - a, c - b, m.n_trees, rmse_of(&m, t));
    return 0;
}

int main(int argc, char **argv) {
    table t = {0};
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    if (argc < 2 || !read_table(argv[1], &t)) {
        fprintf(
            stderr,
            "bench_gbdt TABLE [option=value ...]; bench/gbdt_peers.py makes tables and runs it\n");
        return argc < 2 ? 0 : 2;
    }
    norni_gbdt_opt o = norni_gbdt_opt_default();
    int runs = 3;
    o.early_stopping = 0;
    for (int i = 2; i < argc; i++)
        if (!strncmp(argv[i], "runs=", 5))
            runs = atoi(argv[i] + 5);
        else
            set_option(&o, argv[i]);
    int rc = 0;
    for (int r = 0; r < runs && rc == 0; r++) {
        norni_arena_init(&arena, &alloc);
        rc = run(&arena, &t, &o);
        norni_arena_clear(&arena);
    }
    free(t.value), free(t.column), free(t.kind);
    return rc;
}
