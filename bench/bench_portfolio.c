/* What portfolio metrics and the probability of overfitting cost: metrics of many series, CSCV of many trials. */
/* SPDX-License-Identifier: Apache-2.0 */
/* bench_portfolio metrics FILE n_series n_returns | pbo FILE n_trials n_returns n_blocks | pbo-made n_trials n_blocks, workers before
 * them as -w N. FILE: doubles of this machine, a series or trial after the other. Prints "name value" lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "portfolio/portfolio_metrics.h"
#include "portfolio/portfolio_overfit.h"
#include "bench_spent.h"

enum { REPEAT = 3 };

typedef struct many {
    const double *x;
    size_t n;
    norni_port_metrics *out;
    norni_port_metrics_opt opt;
} many;

static norn_status one(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const many *m = arg;
    return norni_port_metrics_of(m->x + item * m->n, m->n, NULL, &m->opt, &worker->arena,
                                 &m->out[item], err);
}

static int metrics(norn_ctx *ctx, const double *x, size_t n_series, size_t n) {
    many m = {.x = x,
              .n = n,
              .out = calloc(n_series, sizeof *m.out),
              .opt = norni_port_metrics_opt_default()};
    const norni_for_opt opt = {.grain = 16};
    spent least = {1e300, 1e300};
    for (int r = 0; m.out && r < REPEAT; r++) {
        const spent start = now();
        if (norni_for(ctx, NULL, n_series, one, &m, &opt, NULL) != NORN_OK) return 1;
        keep_least(&least, start);
    }
    size_t rows;
    const norni_port_metric_row *row = norni_port_metric_rows(m.opt.convention, &rows);
    (void)printf("seconds %.6f\ncores %.6f\n", least.wall, least.cores);
    for (size_t i = 0; m.out && i < rows; i++) { /* sums over the series, for the comparison */
        double sum = 0, v;
        for (size_t k = 0; k < n_series; k++) {
            memcpy(&v, (const char *)&m.out[k] + row[i].offset, sizeof v);
            sum += v;
        }
        (void)printf("%s %.17g\n", row[i].name, sum);
    }
    free(m.out);
    return 0;
}

static int pbo(norn_ctx *ctx, const norni_pbo_block *b, size_t n, size_t n_blocks) {
    spent least = {1e300, 1e300};
    norni_port_pbo p = {0};
    norni_arena arena;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena_init(&arena, &alloc);
    for (int r = 0; r < REPEAT; r++) {
        norni_arena_reset(&arena);
        const spent start = now();
        if (norni_port_pbo_of(ctx, NULL, NORNI_PORT_OF_SHARPE, b, n, n_blocks, &arena, &p, NULL) !=
            NORN_OK)
            return 1;
        keep_least(&least, start);
    }
    (void)printf("seconds %.6f\ncores %.6f\n", least.wall, least.cores);
    (void)printf("splits %zu\npbo %.17g\nloss_probability %.17g\nmedian_logit %.17g\n", p.n_splits,
                 p.pbo, p.loss_probability, p.median_logit);
    norni_arena_clear(&arena);
    return 0;
}

static void block_sums(const double *x, size_t n, size_t n_blocks, norni_pbo_block *b) {
    for (size_t j = 0; j < n_blocks; j++) {
        b[j] = (norni_pbo_block){0};
        for (size_t i = n * j / n_blocks; i < n * (j + 1) / n_blocks; i++) {
            b[j].n++;
            b[j].sum += x[i];
            b[j].sum_squares += x[i] * x[i];
        }
    }
}

static int trials(norn_ctx *ctx, int argc, char **argv) {
    const bool made = !strcmp(argv[0], "pbo-made");
    const size_t n = strtoull(argv[made ? 1 : 2], NULL, 10),
                 n_blocks = strtoull(argv[made ? 2 : 4], NULL, 10);
    const size_t per = made ? n_blocks * 4 : strtoull(argv[3], NULL, 10);
    norni_pbo_block *b = calloc(n * n_blocks, sizeof *b);
    double *x = made ? calloc(per, sizeof *x) : read_doubles(argv[1], n * per);
    uint64_t state = 1;
    (void)argc;
    if (!b || !x) return 1;
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; made && i < per; i++) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            x[i] = (double)(state >> 44) / 1048576 - 0.5;
        }
        block_sums(made ? x : x + k * per, per, n_blocks, b + k * n_blocks);
    }
    const int code = pbo(ctx, b, n, n_blocks);
    free(x);
    free(b);
    return code;
}

int main(int argc, char **argv) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    if (argc > 2 && !strcmp(argv[1], "-w")) {
        opt.n_threads = (int32_t)strtol(argv[2], NULL, 10);
        argv += 2;
        argc -= 2;
    }
    if (norn_ctx_new(&opt, &ctx, NULL) != NORN_OK) return 1;
    int code = 2;
    if (argc == 5 && !strcmp(argv[1], "metrics")) {
        const size_t n_series = strtoull(argv[3], NULL, 10), n = strtoull(argv[4], NULL, 10);
        double *x = read_doubles(argv[2], n_series * n);
        code = x ? metrics(ctx, x, n_series, n) : 1;
        free(x);
    } else if ((argc == 6 && !strcmp(argv[1], "pbo")) ||
               (argc == 4 && !strcmp(argv[1], "pbo-made"))) {
        code = trials(ctx, argc - 1, argv + 1);
    }
    norn_ctx_free(ctx);
    return code;
}
