/* Backtests a second on one core: the portfolio simulator by workload, mix of rules and instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_portfolio_sim [repetitions [portfolios [mix]]] (default 7 1024; a mix by number: only that, widest
 * vectors). Prices are random walks; every 120 portfolios share weights, costs are 0.1 % + 0.05 %, all of the
 * simulator's numbers are computed; the time is the thread's own. The first 64 of each mix are held against the plain
 * twin, bit for bit. Medians; smallest and largest behind them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../tests/portfolio/plain_simulator.h"
#include "base/fp.h"
#include "base/rng.h"
#include "portfolio/portfolio_lanes.h"

enum { CHECKED = 64, MOST_REPEATS = 101 };

typedef struct mix {
    const char *name;
    size_t bars, assets;
    bool bands, calendar, months, momentum, full;
} mix;

static const mix mixes[] = {
    {"10 assets x 2520, bands + calendar + fees", 2520, 10, true, true, false, false, false},
    {"10 assets x 2520, bands + months + fees", 2520, 10, true, true, true, false, false},
    {"10 assets x 2520, bands + calendar + momentum", 2520, 10, true, true, false, true, false},
    {"10 assets x 2520, bands", 2520, 10, true, false, false, false, false},
    {"10 assets x 2520, calendar", 2520, 10, false, true, false, false, false},
    {"10 assets x 2520, every feature", 2520, 10, true, true, false, true, true},
    {"4 assets x 1000, the reference's proof", 1000, 4, true, false, false, false, false},
    {"4 assets x 1000, bands + calendar + fees", 1000, 4, true, true, false, false, false},
};

/* Of this thread: others may be at work on the machine. */
static int64_t cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *need(norni_arena *a, size_t n, size_t size) {
    void *p = norni_arena_get(a, n, size);
    if (!p) exit(1);
    return p;
}

static norni_port_market make_market(norni_arena *a, const mix *x) {
    const norni_rng rng = {11, 0};
    double *price = need(a, x->bars * x->assets, sizeof *price);
    double *clock = need(a, x->bars * NORNI_PORT_CLOCKS, sizeof *clock);
    const double **clocks = need(a, NORNI_PORT_CLOCKS, sizeof *clocks);
    static const double length[NORNI_PORT_CLOCKS] = {1, 7, 30.4375, 91.3125, 365.25, 1};
    for (size_t i = 0; i < x->assets; i++) {
        const double sd = 0.01 + 0.02 * (double)i / (double)x->assets;
        double p = 100;
        for (size_t t = 0; t < x->bars; t++) {
            p *= norni_exp(0.0003 + sd * norni_rng_normal(rng, t * x->assets + i));
            price[t * x->assets + i] = p;
        }
    }
    for (size_t c = 0; c < NORNI_PORT_CLOCKS; c++) {
        clocks[c] = clock + c * x->bars;
        for (size_t t = 0; t < x->bars; t++) {
            const double units = (double)t / length[c];
            clock[c * x->bars + t] = c ? (double)(long)units : units;
        }
    }
    return (norni_port_market){x->bars, x->assets, price, NULL, clocks, 365, NULL};
}

/* The grid's own axes, in its order, over the weights. */
static norni_port_rule make_rule(const mix *x, size_t i) {
    static const double bands[] = {0.05, 0.08, 0.10, 0.12, 0.15, 0.20};
    static const double days[] = {7, 14, 30, 60, 90}, hours[] = {12, 24, 48, 72};
    norni_port_rule r = norni_port_rule_default();
    r.method = x->bands && x->calendar ? NORNI_PORT_HYBRID
               : x->bands              ? NORNI_PORT_THRESHOLD
                                       : NORNI_PORT_CALENDAR;
    r.threshold = bands[i % 6];
    r.every = days[i / 6 % 5];
    if (x->months) r.clock = NORNI_PORT_CLOCK_MONTHS, r.every = 1;
    r.min_interval_hours = hours[i / 30 % 4];
    if (x->momentum) r.momentum_days = 30;
    r.fee = 0.001, r.slippage = 0.0005;
    if (x->full) r.edge = i % 2, r.delay = 1, r.cash_rate = 0.02, r.min_trade = 0.001;
    return r;
}

static const norni_port_targets *make_target(norni_arena *a, const mix *x, size_t i) {
    norni_port_targets *t = need(a, 1, sizeof *t);
    size_t *bar = need(a, 1, sizeof *bar);
    double *w = need(a, x->assets, sizeof *w), sum = 0;
    for (size_t k = 0; k < x->assets; k++)
        sum += w[k] = 0.2 + norni_rng_uniform((norni_rng){5, i}, k);
    for (size_t k = 0; k < x->assets; k++)
        w[k] /= sum;
    *bar = 0;
    *t = (norni_port_targets){1, bar, w};
    return t;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct job {
    const mix *mix;
    norni_port_market market;
    norni_port_rule *rule;
    const norni_port_targets **target;
    norni_port_stats *stats;
    size_t n, repeats;
} job;

/* Portfolios of the first CHECKED whose numbers are not the twin's. */
static size_t differ(const job *j, const norni_port_window *w) {
    size_t n = 0;
    for (size_t i = 0; i < CHECKED; i++) {
        norni_port_stats twin;
        plain_simulate(&j->market, w, &j->rule[i], j->target[i], &twin, NULL, NULL);
        n += memcmp(&twin, &j->stats[i], offsetof(norni_port_stats, unbought)) != 0;
    }
    return n;
}

static void run_simd(const job *j, norni_port_simd simd, norni_arena *a) {
    const norni_port_window w = {.mark = &j->mix->bars, .n_marks = 1};
    double rate[MOST_REPEATS], trades = 0;
    for (size_t r = 0; r < j->repeats; r++) {
        const int64_t start = cpu_ns();
        if (norni_port_simulate_on(simd, 0, &j->market, &w, j->rule, j->target, j->n, a, NULL,
                                   j->stats, NULL, NULL) != NORN_OK)
            exit(1);
        rate[r] = (double)j->n * 1e9 / (double)(cpu_ns() - start);
    }
    for (size_t i = 0; i < j->n; i++)
        trades += (double)j->stats[i].n_rebalances / (double)j->n;
    qsort(rate, j->repeats, sizeof *rate, by_size);
    const size_t wrong = differ(j, &w);
    printf(
        "%-46s %-8s %8.0f/s (%.0f to %.0f), %.1f rebalances each, twin: %zu "
        "of %d differ\n",
        j->mix->name, norni_port_kernel_get(simd)->name, rate[j->repeats / 2], rate[0],
        rate[j->repeats - 1], trades, wrong, CHECKED);
    if (wrong) exit(1);
}

int main(int argc, char **argv) {
    const size_t repeats = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 7;
    const size_t n = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 1024;
    const size_t only = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 0;
    const norn_alloc alloc = norni_alloc_default();
    if (repeats < 1 || repeats > MOST_REPEATS || n < CHECKED) return 2;
    for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++) {
        if (only && i + 1 != only) continue;
        norni_arena a;
        norni_arena_init(&a, &alloc);
        job j = {.mix = &mixes[i], .n = n, .repeats = repeats};
        j.market = make_market(&a, j.mix);
        j.rule = need(&a, n, sizeof *j.rule), j.stats = need(&a, n, sizeof *j.stats);
        j.target = need(&a, n, sizeof *j.target);
        for (size_t k = 0; k < n; k++)
            j.rule[k] = make_rule(j.mix, k), j.target[k] = make_target(&a, j.mix, k / 120);
        const norni_port_kernel *done = NULL;
        for (int simd = NORNI_PORT_AVX512;
             simd >= (argc > 3 ? NORNI_PORT_AVX512 : NORNI_PORT_PLAIN); simd--) {
            const norni_port_kernel *k = norni_port_kernel_get((norni_port_simd)simd);
            if (k != done) run_simd(&j, (norni_port_simd)simd, &a);
            done = k;
        }
        norni_arena_clear(&a);
    }
    return 0;
}
