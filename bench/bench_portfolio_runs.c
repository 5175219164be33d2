/* What simulated portfolios and estimated weights cost: many configurations over one panel, and the weights of one covariance. */
/* SPDX-License-Identifier: Apache-2.0 */
/* bench_portfolio_runs [-w workers] sim PRICES n_bars n_assets WEIGHTS n_configs monthly|free|bands|reference OUT
 *                                  weights RETURNS n n_assets
 * PRICES (n_bars, n_assets), WEIGHTS (n_configs, n_assets), RETURNS (n, n_assets): doubles of this machine. OUT of sim: for each
 * configuration six metrics, then of the first one its equity (n_bars) and the value of its holdings (n_bars, n_assets). Prints "name value". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "par/pool.h"
#include "portfolio/portfolio_alloc.h"
#include "bench_spent.h"

enum { REPEAT = 5, BATCH = 256, METRICS = 6 };
static const int64_t day_us = 86400000000;

static int say(const norn_err *err) {
    (void)fprintf(stderr, "%s\n", err->text);
    return 1;
}

/* ---- sim ---- */

typedef struct job {
    norni_port_market market;
    norni_port_window window;
    size_t first, mark, n;
    norni_port_rule *rule;             /* (n) */
    norni_port_targets *targets;       /* (n) */
    const norni_port_targets **target; /* (n) */
    norni_port_stats *stats;           /* (n) */
} job;

static norn_status batch(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    job *j = arg;
    const size_t from = item * BATCH, n = j->n - from < BATCH ? j->n - from : BATCH;
    return norni_port_simulate(&j->market, &j->window, j->rule + from, j->target + from, n,
                               &worker->arena, NULL, j->stats + from, NULL, err);
}

static norni_port_rule rule_of(const char *name) {
    norni_port_rule r = norni_port_rule_default();
    if (!strcmp(name, "reference")) return r;
    r.method = !strcmp(name, "bands") ? NORNI_PORT_HYBRID : NORNI_PORT_CALENDAR;
    r.threshold = 0.05;
    r.clock = NORNI_PORT_CLOCK_MONTHS;
    r.every = 1;
    r.min_interval_hours = 0;
    r.fee = !strcmp(name, "free") ? 0 : 0.001;
    return r;
}

static norn_status panel(const norn_alloc *alloc, const double *price, size_t n_bars,
                         size_t n_assets, norni_port_prices *p, norn_err *err) {
    int64_t *time = calloc(n_bars, sizeof *time);
    double *close = calloc(n_bars * n_assets, sizeof *close);
    norni_port_quotes *q = calloc(n_assets, sizeof *q);
    char(*name)[8] = calloc(n_assets, sizeof *name);
    norn_status st = NORN_E_MEM;
    if (time && close && q && name) {
        for (size_t i = 0; i < n_bars; i++)
            time[i] = (int64_t)(16436 + i) * day_us; /* 2015-01-01 */
        for (size_t a = 0; a < n_assets; a++) {
            for (size_t i = 0; i < n_bars; i++)
                close[a * n_bars + i] = price[i * n_assets + a];
            const int len = snprintf(name[a], sizeof name[a], "S%zu", a % 1000);
            q[a] = (norni_port_quotes){{name[a], (size_t)len}, n_bars, time, close + a * n_bars};
        }
        const norni_port_prices_opt opt = norni_port_prices_opt_default();
        st =
            norni_port_prices_make(alloc, q, n_assets, &opt,
                                   (norni_time_style){.kind = NORNI_TIME_DATE, .sep = '-'}, p, err);
    }
    free(time);
    free(close);
    free(q);
    free(name);
    return st;
}

static int write_out(const char *path, const job *j, norni_arena *arena, norn_err *err) {
    norni_port_path one;
    if (norni_port_record(&j->market, &j->window, &j->rule[0], j->target[0], arena, &one, err) !=
        NORN_OK)
        return say(err);
    FILE *f = fopen(path, "wb");
    bool good = f != NULL;
    for (size_t k = 0; good && k < j->n; k++) {
        const norni_port_stats *s = &j->stats[k];
        const double v[METRICS] = {s->total_return, s->cagr,    s->volatility,
                                   s->sharpe,       s->sortino, s->max_drawdown};
        good = fwrite(v, sizeof *v, METRICS, f) == METRICS;
    }
    good = good && fwrite(one.equity, sizeof(double), one.n, f) == one.n;
    good =
        good && fwrite(one.value, sizeof(double), one.n * one.n_assets, f) == one.n * one.n_assets;
    if (f) good = fclose(f) == 0 && good;
    (void)printf("rebalances %zu\n", one.n_events);
    return good ? 0 : 1;
}

static int run_job(norn_ctx *ctx, job *j, const char *out, norni_arena *arena) {
    norn_err err = {0};
    const size_t items = (j->n + BATCH - 1) / BATCH;
    spent least = {1e300, 1e300};
    for (int r = 0; r < REPEAT; r++) {
        const spent start = now();
        if (norni_for(ctx, NULL, items, batch, j, NULL, &err) != NORN_OK) return say(&err);
        keep_least(&least, start);
    }
    (void)printf("seconds %.6f\ncores %.6f\n", least.wall, least.cores);
    return write_out(out, j, arena, &err);
}

static int sim(norn_ctx *ctx, char **a, norni_arena *arena) {
    const size_t n_bars = strtoull(a[1], NULL, 10), n_assets = strtoull(a[2], NULL, 10);
    job j = {.n = strtoull(a[4], NULL, 10), .mark = n_bars};
    double *price = read_doubles(a[0], n_bars * n_assets),
           *weight = read_doubles(a[3], j.n * n_assets);
    size_t *asset = norni_arena_zero(arena, n_assets, sizeof *asset);
    j.rule = norni_arena_zero(arena, j.n, sizeof *j.rule);
    j.targets = norni_arena_zero(arena, j.n, sizeof *j.targets);
    j.target = norni_arena_zero(arena, j.n, sizeof *j.target);
    j.stats = norni_arena_zero(arena, j.n, sizeof *j.stats);
    norni_port_prices p = {.n_bars = 0};
    norn_err err = {0};
    int code = 1;
    if (price && weight && asset && j.rule && j.targets && j.target && j.stats) {
        for (size_t i = 0; i < n_assets; i++)
            asset[i] = i;
        for (size_t k = 0; k < j.n; k++) {
            j.rule[k] = rule_of(a[5]);
            j.targets[k] = (norni_port_targets){1, &j.first, weight + k * n_assets};
            j.target[k] = &j.targets[k];
        }
        j.window = (norni_port_window){.first = 0, .mark = &j.mark, .n_marks = 1};
        if (panel(arena->alloc, price, n_bars, n_assets, &p, &err) == NORN_OK &&
            norni_port_market_of(&p, asset, n_assets, arena, &j.market, &err) == NORN_OK)
            code = run_job(ctx, &j, a[6], arena);
        else
            code = say(&err);
        norni_port_prices_clear(&p);
    }
    free(price);
    free(weight);
    return code;
}

/* ---- weights ---- */

typedef struct method {
    const char *name;
    norni_port_alloc_kind kind;
    norni_port_shrinkage shrinkage;
} method;

static int weights(char **a, norni_arena *arena) {
    static const method methods[] = {
        {"min_variance", NORNI_PORT_MIN_VARIANCE, NORNI_PORT_SAMPLE},
        {"min_variance_ledoit_wolf", NORNI_PORT_MIN_VARIANCE, NORNI_PORT_LEDOIT_WOLF},
        {"erc", NORNI_PORT_ERC, NORNI_PORT_SAMPLE},
        {"hrp", NORNI_PORT_HRP, NORNI_PORT_SAMPLE},
    };
    const size_t n = strtoull(a[1], NULL, 10), k = strtoull(a[2], NULL, 10);
    double *x = read_doubles(a[0], n * k), *w = calloc(k, sizeof *w);
    norn_err err = {0};
    int code = x && w ? 0 : 1;
    for (size_t m = 0; code == 0 && m < sizeof methods / sizeof *methods; m++) {
        norni_port_alloc o = norni_port_alloc_default();
        spent least = {1e300, 1e300};
        o.kind = methods[m].kind;
        o.shrinkage = methods[m].shrinkage;
        for (int r = 0; code == 0 && r < 4 * REPEAT; r++) {
            const norni_arena_mark mark = norni_arena_mark_get(arena);
            const spent start = now();
            if (norni_port_alloc_weights(&o, x, n, k, 252, arena, w, &err) != NORN_OK)
                code = say(&err);
            keep_least(&least, start);
            norni_arena_rewind(arena, mark);
        }
        (void)printf("%s %.9f", methods[m].name, least.cores);
        for (size_t i = 0; i < k; i++)
            (void)printf(" %.17g", w[i]);
        (void)printf("\n");
    }
    free(x);
    free(w);
    return code;
}

int main(int argc, char **argv) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_arena arena;
    const norn_alloc alloc = norni_alloc_default();
    if (argc > 2 && !strcmp(argv[1], "-w")) {
        opt.n_threads = (int32_t)strtol(argv[2], NULL, 10);
        argv += 2;
        argc -= 2;
    }
    if (norn_ctx_new(&opt, &ctx, NULL) != NORN_OK) return 1;
    norni_arena_init(&arena, &alloc);
    int code = 2;
    if (argc == 9 && !strcmp(argv[1], "sim"))
        code = sim(ctx, argv + 2, &arena);
    else if (argc == 5 && !strcmp(argv[1], "weights"))
        code = weights(argv + 2, &arena);
    norni_arena_clear(&arena);
    norn_ctx_free(ctx);
    return code;
}
