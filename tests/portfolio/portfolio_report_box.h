/* A made-up result of a search for the tests of its reports: prices, grid, rows, the best ones, curves, luck. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTFOLIO_REPORT_BOX_H
#define PORTFOLIO_REPORT_BOX_H

#include <math.h>

#include "base/fp.h"
#include "portfolio/portfolio_report.h"

enum { BOX_WINDOW = 60 };

/* What the made-up search is like; zero is a usual one. */
typedef struct box_wish {
    size_t n_symbols; /* 0: 8, the reference's */
    size_t n_splits;  /* 0: 5 */
    size_t n_top;     /* 0: 100, or what there is */
    size_t held;      /* assets of the best one; 0: as the grid has it */
    size_t n_events;
    bool quick, hourly, nan, ruined, robust, free, no_luck;
    norni_port_metric metric;
    const char *symbol; /* of asset 1 */
} box_wish;

typedef struct report_box {
    norni_arena arena;
    norni_port_prices prices;
    norni_port_grid *grid;
    norni_port_result r;
    norni_port_stamp stamp;
} report_box;

#define GET(n, of) norni_arena_zero(&b->arena, (n), sizeof(of))

static inline double box_wave(size_t k) {
    return norni_sin(0.37 * (double)k) + 0.6 * norni_sin(1.7 * (double)k + 1) +
           0.3 * norni_sin(11.3 * (double)k);
}

static inline void box_prices(report_box *b, const box_wish *w) {
    static const char *const usual[8] = {"BTC", "ETH", "BNB", "SOL", "ADA", "XRP", "MATIC", "DOT"};
    norni_port_prices *p = &b->prices;
    const size_t splits = w->n_splits ? w->n_splits : 5;
    p->n_assets = w->n_symbols ? w->n_symbols : 8;
    p->bars_per_day = w->hourly ? 24 : 1;
    p->periods_per_year = w->hourly ? 8760 : 365;
    p->n_bars = (splits + 1) * BOX_WINDOW * (size_t)p->bars_per_day;
    p->time = GET(p->n_bars, int64_t);
    p->symbol = GET(p->n_assets, norni_str);
    p->style = (norni_time_style){.kind = NORNI_TIME_DATE, .sep = '-'};
    const int64_t step = (w->hourly ? 3600 : 86400) * INT64_C(1000000);
    for (size_t i = 0; i < p->n_bars; i++)
        p->time[i] = INT64_C(1577836800000000) + step * (int64_t)i;
    for (size_t k = 0; k < p->n_assets; k++) {
        char *name = GET(16, char);
        (void)norni_format(name, 16, "COIN%zu", k);
        p->symbol[k] = norni_str_of(k < 8 ? usual[k] : name);
    }
}

static inline norni_port_stats box_stats(const box_wish *w, size_t i, bool train) {
    const double held = 0.04 + 0.05 * box_wave(i),
                 more = (w->robust ? 0.03 : 0.012) +
                        (w->robust ? 0.004 : 0.02) * box_wave(7 * i + train);
    norni_port_stats s = {.n_returns = BOX_WINDOW - 1,
                          .total_return = w->nan ? NORNI_NAN : held + more,
                          .buyhold_return = held,
                          .cagr = 0.3,
                          .volatility = 0.55,
                          .sharpe = w->nan ? NORNI_NAN : 1.1,
                          .max_drawdown = w->nan ? NORNI_NAN : -0.12 - 0.02 * (double)i,
                          .turnover = 0.8,
                          .costs = 21.5,
                          .n_rebalances = w->n_events,
                          .n_blocked = 1,
                          .ruined = w->ruined && !train && i == 0};
    if (s.ruined) s.total_return = -1, s.max_drawdown = -1;
    s.final_value = 10000 * (1 + s.total_return);
    return s;
}

static inline norni_port_row box_row(const report_box *b, const box_wish *w, uint64_t index) {
    const uint64_t same = norni_port_grid_same(b->grid, index);
    const double x = 0.02 * box_wave((size_t)(index % 9973)) - 0.001 * (double)(index % 7);
    norni_port_row row = {.id = index + 1, .same = same + 1};
    if (same == UINT64_MAX) return row;
    row.n_splits = (uint32_t)(w->n_splits ? w->n_splits : 5);
    row.outperformance = x;
    row.total_return = 0.06 + x;
    row.sharpe = 1 + 10 * x;
    row.max_drawdown = -0.2 + x;
    row.train_outperformance = 0.7 * x + 0.01 * box_wave((size_t)(index % 9973) + 3);
    row.generalization_gap = row.gap_per_window = row.train_outperformance - x;
    row.consistency = 0.021;
    row.win_rate = 0.8;
    row.volatility = 0.5;
    row.cagr = 0.3;
    row.turnover = 0.8;
    row.costs = 21.5;
    row.n_rebalances = 4.4;
    if (w->nan) {
        row.outperformance = row.total_return = row.sharpe = row.max_drawdown = NORNI_NAN;
        row.generalization_gap = row.gap_per_window = row.win_rate = row.consistency =
            row.turnover = NORNI_NAN;
        row.volatility = row.cagr = row.costs = row.n_rebalances = NORNI_NAN;
        row.train_outperformance = NORNI_NAN;
    }
    if (w->robust)
        row.win_rate = 1, row.generalization_gap = row.gap_per_window = 0.004,
        row.outperformance = 0.03;
    return row;
}

static inline void box_top(report_box *b, const box_wish *w, norni_port_row *best, size_t n) {
    norni_port_result *r = &b->r;
    r->top = GET(n, norni_port_best);
    r->n_top = n;
    for (size_t k = 0; k < n; k++) {
        norni_port_best *t = &r->top[k];
        t->row = best[k];
        norni_port_grid_at(b->grid, best[k].id - 1, &t->config);
        if (k == 0 && w->held > 0) {
            t->config.n_assets = w->held;
            for (size_t i = 0; i < w->held; i++)
                t->config.asset[i] = i;
            t->config.alloc.kind = NORNI_PORT_EQUAL;
        }
        t->train = GET(r->n_splits, norni_port_stats);
        t->test = GET(r->n_splits, norni_port_stats);
        for (size_t i = 0; i < r->n_splits; i++) {
            t->train[i] = box_stats(w, i, true);
            t->test[i] = box_stats(w, i, false);
        }
    }
}

/* Every row to the spool; the best n of them by rank. */
static inline size_t box_rows(report_box *b, const box_wish *w, norni_port_row *best, size_t n) {
    const uint64_t all = norni_port_grid_count(b->grid).n_all;
    size_t kept = 0;
    for (uint64_t i = 0; i < all; i++) {
        const norni_port_row row = box_row(b, w, i);
        if (norni_spool_add(&b->r.rows, &row, sizeof row, NULL) != NORN_OK) return 0;
        if (row.n_splits == 0 || row.same != row.id) continue;
        const double x = norni_port_row_metric(&row, w->metric);
        size_t k = kept < n ? kept++ : n;
        if (k == n) {
            if (!(x > norni_port_row_metric(&best[n - 1], w->metric))) continue;
            k = n - 1;
        }
        for (; k > 0 && x > norni_port_row_metric(&best[k - 1], w->metric); k--)
            best[k] = best[k - 1];
        best[k] = row;
    }
    return kept;
}

static inline void box_axes(report_box *b, const box_wish *w) {
    norni_port_result *r = &b->r;
    r->n_axes = norni_port_grid_axes(b->grid);
    r->axis = GET(r->n_axes, norni_port_sensitivity);
    for (size_t k = 0; k < r->n_axes; k++) {
        norni_port_sensitivity *s = &r->axis[k];
        s->axis = k;
        s->n_values = norni_port_grid_axis_size(b->grid, k);
        s->mean = GET(s->n_values, double);
        s->median = GET(s->n_values, double);
        s->best = GET(s->n_values, double);
        s->top_share = GET(s->n_values, double);
        s->count = GET(s->n_values, uint64_t);
        for (size_t v = 0; v < s->n_values; v++) {
            s->mean[v] = w->nan ? NORNI_NAN : 0.002 + 0.004 * box_wave(v + k);
            s->median[v] = s->mean[v] - 0.001;
            s->best[v] = s->mean[v] + 0.03;
            s->top_share[v] = 1 / (double)s->n_values;
            s->count[v] = r->counts.n_usable / s->n_values;
        }
    }
    if (r->n_axes < 2) return;
    r->heat_row_axis = 0;
    r->heat_column_axis = r->n_axes > 2 ? 2 : 1;
    r->heat_rows = norni_port_grid_axis_size(b->grid, r->heat_row_axis);
    r->heat_columns = norni_port_grid_axis_size(b->grid, r->heat_column_axis);
    r->heat = GET(r->heat_rows * r->heat_columns, double);
    for (size_t i = 0; i < r->heat_rows * r->heat_columns; i++)
        r->heat[i] = i % 11 == 10 || w->nan ? NORNI_NAN : 0.002 + 0.012 * box_wave(i);
}

static inline void box_path(report_box *b, const box_wish *w, norni_port_path *p, size_t first,
                            size_t end) {
    p->n = end - first;
    p->n_assets = b->r.top[0].config.n_assets;
    p->equity = GET(p->n, double);
    p->buyhold = GET(p->n, double);
    p->cash = GET(p->n, double);
    p->equity[0] = p->buyhold[0] = 10000;
    const double size = w->hourly ? 0.004 : 0.02;
    for (size_t i = 1; i < p->n; i++) {
        const double move = size * (0.05 + box_wave((i + first) * 7919 % 1009));
        p->equity[i] = w->ruined && i > p->n / 2 ? 0 : p->equity[i - 1] * (1 + move + 0.02 * size);
        p->buyhold[i] = p->buyhold[i - 1] * (1 + 1.1 * move);
    }
    p->n_events = w->n_events;
    p->event = GET(p->n_events, norni_port_event);
    for (size_t i = 0; i < p->n_events; i++) {
        norni_port_event *e = &p->event[i];
        e->bar = first + 1 + i % (p->n - 1);
        e->total_value = p->equity[e->bar - first];
        e->max_deviation = 0.11;
        e->turnover = 0.21;
        e->cost = 3.25;
        e->weights_before = GET(p->n_assets, double);
        for (size_t k = 0; k < p->n_assets; k++)
            e->weights_before[k] = 1 / (double)p->n_assets;
    }
}

static inline void box_luck(report_box *b, const box_wish *w) {
    norni_port_result *r = &b->r;
    norni_port_pbo *o = &r->pbo;
    r->deflated = (norni_port_deflated){.n_returns = r->n_oos,
                                        .n_trials = (double)r->counts.n_distinct,
                                        .sharpe = 0.071,
                                        .sharpe_std = 0.02,
                                        .expected_max = 0.064,
                                        .probabilistic = 0.912,
                                        .deflated = w->robust ? 0.97 : 0.56,
                                        .min_track_record = 537};
    r->deflated_active = norni_port_metric_measure(w->metric) == NORNI_PORT_OF_ACTIVE;
    r->raw = r->deflated;
    r->excess = (norni_port_deflated){.n_returns = r->n_oos,
                                      .n_trials = 1,
                                      .min_track_record = 537,
                                      .probabilistic = w->nan      ? NORNI_NAN
                                                       : w->robust ? 0.98
                                                                   : 0.81};
    if (w->nan || w->no_luck) {
        if (w->nan)
            r->deflated = (norni_port_deflated){.n_trials = 1,
                                                .deflated = NORNI_NAN,
                                                .probabilistic = NORNI_NAN,
                                                .min_track_record = NORNI_NAN};
        (void)norni_format(r->pbo_why, sizeof r->pbo_why, "one configuration alone");
        return;
    }
    r->raw = (norni_port_deflated){
        .n_returns = r->n_oos, .n_trials = 1, .probabilistic = 0.953, .deflated = 0.953};
    *o = (norni_port_pbo){.measure = norni_port_metric_measure(w->metric),
                          .n_trials = (size_t)r->counts.n_distinct,
                          .n_blocks = 16,
                          .n_splits = 12870,
                          .pbo = w->robust ? 0.03 : 0.46,
                          .loss_probability = 0.22,
                          .slope = -0.31,
                          .intercept = 0.08,
                          .r_squared = 0.12,
                          .median_logit = 0.2};
    r->n_trials_total = o->n_trials;
    o->logit = GET(o->n_splits, double);
    o->in_sample = GET(o->n_splits, double);
    o->out_of_sample = GET(o->n_splits, double);
    for (size_t i = 0; i < o->n_splits; i++) {
        o->logit[i] = 0.2 + 1.5 * box_wave(i);
        o->in_sample[i] = 0.12 + 0.02 * box_wave(3 * i);
        o->out_of_sample[i] = 0.08 - 0.31 * o->in_sample[i] + 0.02 * box_wave(5 * i + 1);
    }
}

static inline void box_walk(report_box *b, const box_wish *w) {
    norni_port_result *r = &b->r;
    const size_t a = r->n_splits;
    r->walk_forward = GET(a, double);
    r->walk_forward_id = GET(a, uint64_t);
    for (size_t i = 0; i < a; i++) {
        r->walk_forward[i] = w->nan ? NORNI_NAN : 0.004 + 0.01 * box_wave(i);
        r->walk_forward_id[i] = 3 + i;
    }
    r->efficiency = w->nan ? NORNI_NAN : 0.37;
    r->n_oos = a * (r->split[0].test_end - r->split[0].test_first - 1);
    r->oos_returns = GET(r->n_oos, double);
    for (size_t i = 0; i < r->n_oos; i++)
        r->oos_returns[i] = w->nan && i % 3 == 0
                                ? NORNI_NAN
                                : (w->hourly ? 0.004 : 0.02) * (0.08 + box_wave(i * 7919 % 1009));
    r->oos_buyhold = GET(r->n_oos, double);
    r->oos_time = GET(r->n_oos + 1, int64_t);
    for (size_t i = 0; i < r->n_oos; i++)
        r->oos_buyhold[i] = 1.1 * r->oos_returns[i] - 0.0001;
    size_t at = 0;
    for (size_t i = 0; i < a; i++)
        for (size_t k = r->split[i].test_first + (i > 0); k < r->split[i].test_end; k++)
            r->oos_time[at++] = b->prices.time[k];
}

static inline void box_fill(report_box *b, const box_wish *w, size_t n_best, norni_port_row *best) {
    norni_port_result *r = &b->r;
    r->n_splits = w->n_splits ? w->n_splits : 5;
    r->split = GET(r->n_splits, norni_port_split);
    const size_t p = b->prices.n_bars / (r->n_splits + 1);
    for (size_t i = 0; i < r->n_splits; i++)
        r->split[i] = (norni_port_split){0, p * (i + 1), p * (i + 1), p * (i + 2)};
    box_top(b, w, best, n_best);
    r->best = norni_port_row_metric(&best[0], w->metric);
    r->median = w->nan ? NORNI_NAN : 0.0011;
    r->mean = w->nan ? NORNI_NAN : 0.0014;
    r->worst = w->nan ? NORNI_NAN : -0.042;
    r->positive_share = w->nan ? NORNI_NAN : 0.61;
    r->plateau = w->nan ? NORNI_NAN : 0.87;
    r->n_neighbours = 4;
    r->neighbour_axes = 1U << 2 | 1U << 3;
    box_axes(b, w);
    box_walk(b, w);
    box_luck(b, w);
    r->best_metrics = (norni_port_metrics){.n = r->n_oos,
                                           .total_return = 0.31,
                                           .cagr = 0.36,
                                           .volatility = 0.55,
                                           .sharpe = 1.21,
                                           .max_drawdown = -0.24,
                                           .omega = w->nan ? NORNI_NAN : (double)INFINITY};
    r->buyhold_metrics = (norni_port_metrics){.n = r->n_oos,
                                              .total_return = 0.21,
                                              .cagr = 0.25,
                                              .volatility = 0.61,
                                              .sharpe = 0.9,
                                              .max_drawdown = -0.31};
    const norni_port_split *s = &r->split[r->n_splits - 1];
    box_path(b, w, &r->train_path, s->train_first, s->train_end);
    box_path(b, w, &r->test_path, s->test_first, s->test_end);
    r->train_path.stats = r->top[0].train[r->n_splits - 1];
    r->test_path.stats = r->top[0].test[r->n_splits - 1];
    if (w->ruined) r->test_path.stats.ruined = true;
    r->n_simulated = r->counts.n_distinct * 2 * r->n_splits;
    r->digest = (norni_hash128){UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)};
}

static inline report_box *box_new(const box_wish *w) {
    const norn_alloc *alloc = NULL;
    static norn_alloc own;
    own = norni_alloc_default();
    alloc = &own;
    report_box *b = norni_alloc_zero(alloc, 1, sizeof *b);
    norn_err err;
    norni_arena_init(&b->arena, alloc);
    norni_buf_init(&b->prices.notes, alloc);
    norni_spool_init(&b->r.rows, alloc, 1 << 20);
    box_prices(b, w);
    if (w->symbol != NULL) b->prices.symbol[1] = norni_str_of(w->symbol);
    const norni_port_grid_opt opt = {.fee = w->free ? 0 : 0.001,
                                     .slippage = w->free ? 0 : 0.0005,
                                     .capital = 10000,
                                     .periods_per_year = b->prices.periods_per_year,
                                     .bar_days = 1 / b->prices.bars_per_day};
    if (norni_port_grid_reference(&b->arena, w->quick, b->prices.symbol, b->prices.n_assets, &opt,
                                  &b->grid, &err) != NORN_OK)
        return NULL;
    b->r.prices = &b->prices;
    b->r.grid = b->grid;
    b->r.counts = norni_port_grid_count(b->grid);
    b->r.metric = w->metric;
    b->stamp = (norni_port_stamp){INT64_C(1795310400000000), "1.2.3", BOX_WINDOW,
                                  norni_str_of(w->hourly ? "1h" : "1d"), NORNI_PORT_LIKE_EMPYRICAL};
    const size_t most = w->n_top ? w->n_top : 100;
    norni_port_row *best = GET(most, norni_port_row);
    const size_t n = box_rows(b, w, best, most);
    if (n == 0) return NULL;
    box_fill(b, w, n, best);
    return b;
}

static inline void box_free(report_box *b) {
    const norn_alloc own = norni_alloc_default();
    norni_spool_clear(&b->r.rows);
    norni_buf_clear(&b->prices.notes);
    norni_arena_clear(&b->arena);
    norni_alloc_drop(&own, b, 1, sizeof *b);
}

#endif
