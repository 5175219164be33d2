/* The table of a portfolio search: every configuration, ranked. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/portfolio_table.h"

#include <math.h>

#include "base/fp.h"
#include "base/sort.h"

enum { PART = 256, WAVE = 32, SORT_MOST = 4 << 20 };

/* Those of the reference, then ours; behind them every axis of the grid that varies and has no column yet. */
static const char head[] =
    "config_id,assets,weights,threshold,method,calendar_days,min_interval_hours,momentum_filter,"
    "test_outperformance,test_return,test_sharpe,test_drawdown,test_win_rate,test_consistency,"
    "train_outperformance,generalization_gap,splits_tested,"
    "rank,same_as,status,train_return,train_sharpe,train_drawdown,test_cagr,test_volatility,"
    "test_sortino,test_calmar,test_omega,test_ulcer,test_turnover,test_costs,test_rebalances,clock,"
    "every,relative,to_edge,turnover_cap,delay_bars,min_trade,fee_bps,slippage_bps,fixed_fee,"
    "generalization_gap_per_window";
enum { MOST_AXES = 32 };

typedef struct table_job {
    const norni_portfolio_run *r;
    const size_t *order; /* (n) indices by rank, or NULL: by id */
    size_t n, from;      /* of this wave */
    bool escape;
    norni_buf *part;                /* (WAVE) */
    size_t axis[MOST_AXES], n_axes; /* that have columns of their own */
} table_job;

static bool has_column(const char *name) {
    static const char *const told[] = {"band", "to"}; /* as relative and to_edge */
    const size_t n = strlen(name);
    for (size_t k = 0; k < sizeof told / sizeof told[0]; k++)
        if (strcmp(name, told[k]) == 0) return true;
    for (const char *at = head; (at = strstr(at, name)) != NULL; at += n)
        if ((at == head || at[-1] == ',') && (at[n] == ',' || at[n] == '\0')) return true;
    return false;
}

static void find_axes(table_job *job) {
    const norni_port_grid *g = job->r->grid;
    const size_t n = norni_port_grid_axes(g);
    for (size_t k = 0; k < n && job->n_axes < MOST_AXES; k++)
        if (norni_port_grid_axis_size(g, k) > 1 && !has_column(norni_port_grid_axis_name(g, k)))
            job->axis[job->n_axes++] = k;
}

static void put_num(norni_buf *b, double x) {
    norni_buf_add(b, ",", 1);
    norni_csv_num(b, x);
}

static void put_text(norni_buf *b, const norni_buf *text, bool escape) {
    norni_buf_add(b, ",", 1);
    norni_csv_text(b, (norni_str){text->p ? text->p : "", text->n}, escape);
}

/* As hundredths of a per cent, without the noise of the last bits. */
static double bps(double share) {
    return floor(share * 1e10 + 0.5) / 1e6;
}

static void put_rule(norni_buf *b, const norni_port_rule *r) {
    norni_buf_format(b, ",%s", norni_port_clock_name(r->clock));
    put_num(b, r->every);
    norni_buf_format(b, ",%s,%s", r->relative ? "true" : "false", r->edge ? "true" : "false");
    put_num(b, r->turnover_cap);
    put_num(b, r->delay);
    put_num(b, r->min_trade);
    put_num(b, bps(r->fee));
    put_num(b, bps(r->slippage));
    put_num(b, r->fixed_fee);
}

static void put_axes(const table_job *job, const norni_port_row *r, norni_buf *text, norni_buf *b) {
    const norni_port_grid *g = job->r->grid;
    for (size_t k = 0; k < job->n_axes; k++) {
        text->n = 0;
        norni_port_grid_axis_text(g, job->axis[k],
                                  norni_port_grid_axis_of(g, job->axis[k], r->id - 1), text);
        put_text(b, text, job->escape);
    }
}

static void put_row(const table_job *job, const norni_port_row *r, uint64_t rank, norni_buf *text,
                    norni_buf *b) {
    const norni_portfolio_run *run = job->r;
    const bool escape = job->escape;
    norni_port_config c;
    const norni_port_rule *rule = &c.rule;
    norni_port_grid_at(run->grid, r->id - 1, &c);
    const bool days = rule->clock == NORNI_PORT_CLOCK_DAYS;
    norni_buf_format(b, "%llu", (unsigned long long)r->id);
    text->n = 0;
    norni_port_config_assets(&c, run->prices.symbol, text);
    put_text(b, text, escape);
    text->n = 0;
    norni_port_config_weights(&c, text);
    put_text(b, text, escape);
    put_num(b, rule->threshold);
    norni_buf_format(b, ",%s", norni_port_method_name(rule->method));
    put_num(b, days ? rule->every : NORNI_NAN);
    put_num(b, rule->min_interval_hours);
    norni_buf_text(b, rule->momentum_days > 0 ? ",true" : ",false");
    const bool none = r->n_splits == 0;
    const double test[] = {r->outperformance,       r->total_return,      r->sharpe,
                           r->max_drawdown,         r->win_rate,          r->consistency,
                           r->train_outperformance, r->generalization_gap};
    for (size_t k = 0; k < sizeof test / sizeof test[0]; k++)
        put_num(b, none ? NORNI_NAN : test[k]);
    norni_buf_format(b, ",%u,", (unsigned)r->n_splits);
    if (rank > 0) norni_buf_format(b, "%llu", (unsigned long long)rank);
    norni_buf_format(b, ",%llu,%s", (unsigned long long)r->same,
                     norn_status_name((norn_status)r->status));
    const double more[] = {r->train_return, r->train_sharpe, r->train_drawdown, r->cagr,
                           r->volatility,   r->sortino,      r->calmar,         r->omega,
                           r->ulcer,        r->turnover,     r->costs,          r->n_rebalances};
    for (size_t k = 0; k < sizeof more / sizeof more[0]; k++)
        put_num(b, none ? NORNI_NAN : more[k]);
    put_rule(b, rule);
    put_num(b, none ? NORNI_NAN : r->gap_per_window);
    put_axes(job, r, text, b);
    if (run->prices.filter) put_num(b, none ? NORNI_NAN : r->n_filtered);
    norni_buf_add(b, "\n", 1);
}

static norn_status print_part(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    table_job *job = arg;
    norni_buf text, *b = &job->part[item];
    norn_status st = NORN_OK;
    const size_t from = job->from + item * PART, end = from + PART < job->n ? from + PART : job->n;
    norni_buf_init(&text, &worker->ctx->alloc);
    b->n = 0;
    for (size_t k = from; k < end && st == NORN_OK; k++) {
        norni_port_row row;
        st = norni_port_result_row(&job->r->result, job->order ? job->order[k] : k, &row, err);
        if (st != NORN_OK || (row.n_splits == 0 && row.status == NORN_OK)) continue;
        put_row(job, &row, job->order ? k + 1 : 0, &text, b);
    }
    if (st == NORN_OK && (b->failed || text.failed))
        st = norni_alloc_fail(err, "results table", b->cap, 2);
    norni_buf_clear(&text);
    return st;
}

/* ---- the order ---- */

static int by_value(const void *arg, size_t a, size_t b) {
    const double *value = arg;
    const double x = value[a], y = value[b];
    if (isnan(x) || isnan(y)) return (int)isnan(x) - (int)isnan(y);
    return x > y ? -1 : x < y;
}

static norn_status rank_all(const norni_portfolio_run *r, norni_arena *arena, size_t **order,
                            size_t *n, norn_err *err) {
    const size_t all = (size_t)r->counts.n_all;
    double *value = norni_arena_get(arena, all, sizeof *value);
    size_t *index = norni_arena_get(arena, all, sizeof *index);
    size_t *scratch = norni_arena_get(arena, all, sizeof *scratch);
    if (value == NULL || index == NULL || scratch == NULL)
        return norni_alloc_fail(err, "results table", all, sizeof *value);
    *n = 0;
    for (size_t k = 0; k < all; k++) {
        norni_port_row row;
        NORN_TRY(norni_port_result_row(&r->result, k, &row, err));
        if (row.n_splits == 0 && row.status == NORN_OK) continue;
        value[k] = row.n_splits ? norni_port_row_metric(&row, r->result.metric) : NORNI_NAN;
        index[(*n)++] = k;
    }
    norni_sort_index(index, *n, by_value, value, scratch);
    *order = index;
    return NORN_OK;
}

static norn_status print_all(table_job *job, norni_out *out, norn_err *err) {
    norn_ctx *ctx = job->r->env->ctx;
    const norni_for_opt how = {.poll = norni_ctx_poll(ctx), .plumbing = true};
    norni_buf_text(&out->buf, head);
    for (size_t k = 0; k < job->n_axes; k++)
        norni_buf_format(&out->buf, ",%s", norni_port_grid_axis_name(job->r->grid, job->axis[k]));
    if (job->r->prices.filter) norni_buf_text(&out->buf, ",test_filter_trades");
    norni_buf_text(&out->buf, "\n");
    for (job->from = 0; job->from < job->n; job->from += (size_t)WAVE * PART) {
        const size_t left = job->n - job->from, parts = (left + PART - 1) / PART,
                     some = parts < WAVE ? parts : WAVE;
        NORN_TRY(norni_for(ctx, NULL, some, print_part, job, &how, err));
        for (size_t k = 0; k < some; k++)
            norni_buf_add(&out->buf, job->part[k].p, job->part[k].n);
        NORN_TRY(norni_out_flush(out, (size_t)1 << 20, err));
    }
    return out->buf.failed ? norni_alloc_fail(err, "results table", out->buf.cap, 2) : NORN_OK;
}

norn_status norni_portfolio_table_write(const norni_portfolio_run *r, bool escape, norni_out *out,
                                        norn_err *err) {
    norni_buf part[WAVE];
    norni_arena arena;
    size_t *order = NULL;
    table_job job = {.r = r, .n = (size_t)r->counts.n_all, .escape = escape, .part = part};
    norn_status st = NORN_OK;
    norni_arena_init(&arena, &r->env->ctx->alloc);
    find_axes(&job);
    for (size_t k = 0; k < WAVE; k++)
        norni_buf_init(&part[k], &r->env->ctx->alloc);
    if (job.n <= SORT_MOST) st = rank_all(r, &arena, &order, &job.n, err);
    job.order = order;
    if (st == NORN_OK) st = print_all(&job, out, err);
    for (size_t k = 0; k < WAVE; k++)
        norni_buf_clear(&part[k]);
    norni_arena_clear(&arena);
    return st;
}
