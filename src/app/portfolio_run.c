/* A portfolio search from files to a result: read, grid, search. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/portfolio_run.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "app/portfolio_signal.h"
#include "base/numtext.h"
#include "io/source.h"

enum { GRID_MOST = 1 << 20 };

/* A grid over whatever symbols there are, where none is given and the reference's are not there (docs/portfolio.md). */
static const char own_grid[] =
    "[allocation]\n"
    "kinds = [\"equal\", \"inverse_vol\", \"min_variance\", \"erc\", \"hrp\", \"momentum\"]\n"
    "lookback_days = 90\n"
    "estimate_days = 30\n"
    "[rebalance]\n"
    "method = [\"threshold\", \"calendar\", \"hybrid\", \"on_target\"]\n"
    "threshold = [0.03, 0.05, 0.1, 0.2]\n"
    "clock = \"months\"\n"
    "every = [1, 3]\n";
static const char own_quick[] =
    "[allocation]\n"
    "kinds = [\"equal\", \"inverse_vol\"]\n"
    "lookback_days = 90\n"
    "[rebalance]\n"
    "threshold = [0.1, 0.15]\n";

static void see_stage(const norni_portfolio_run *r, const char *stage, int32_t percent) {
    const norni_op_env *env = r->env;
    if (env->stage != NULL) env->stage(env->hook_user, stage, percent);
}

/* ---- prices ---- */

int64_t norni_portfolio_moment(const norni_portfolio_opt *o) {
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    int64_t now = o->unix_seconds;
    if (now == 0 && (fixed == NULL || norni_int_parse(fixed, strlen(fixed), &now) != NORNI_NUM_OK))
        now = (int64_t)time(NULL);
    const bool far = now > NORNI_TIME_MAX / NORNI_US_SECOND || now < 0; /* of whoever says so */
    return far ? 0 : now * NORNI_US_SECOND;
}

/* Prices of days to come are a slip of the dates, or a forecast. */
static void tell_future(norni_portfolio_run *r) {
    norni_port_prices *p = &r->prices;
    const int64_t now = norni_portfolio_moment(r->plan.opt);
    size_t n = 0;
    char text[64];
    if (p->style.kind == NORNI_TIME_INDEX || now <= 0) return;
    while (n < p->n_bars && p->time[p->n_bars - 1 - n] > now + NORNI_US_DAY)
        n++;
    if (n == 0) return;
    const size_t end = norni_time_print(text, p->time[p->n_bars - n], &p->style);
    norni_buf_format(&p->notes,
                     "%zu of %zu bars lie in the future, from %.*s on; look whether the dates are "
                     "right\n",
                     n, p->n_bars, (int)end, text);
}

/* The windows, told where they are not as asked for. That not one fits ends a search, later; a dry run tells of the grid still. */
static norn_status make_splits(norni_portfolio_run *r, norn_err *err) {
    norni_port_prices *p = &r->prices;
    const norni_port_splits_opt *o = &r->plan.search.splits;
    norn_err why = {NORN_OK, ""};
    const norn_status st = norni_port_splits_make(p->n_bars, p->bars_per_day, o, &r->arena,
                                                  &r->split, &r->n_splits, &why);
    if (st == NORN_OK)
        norni_port_splits_note(p->n_bars, p->bars_per_day, o, r->split, r->n_splits, &p->notes);
    if (st == NORN_E_DATA && r->plan.opt->dry_run) norni_buf_format(&r->notes, "%s\n", why.text);
    return st == NORN_OK || st == NORN_E_DATA ? NORN_OK : norn_fail(err, st, "%s", why.text);
}

static norn_status read_prices(norni_portfolio_run *r, norn_err *err) {
    const norn_status st = norni_port_read(r->env, &r->plan.read, &r->prices, &r->report, err);
    r->input_failed =
        st == NORN_E_IO || st == NORN_E_FORMAT || st == NORN_E_DATA || st == NORN_E_LIMIT;
    if (st != NORN_OK) return st;
    if (r->prices.n_assets < 2) {
        r->input_failed = true;
        norni_buf_add(&r->notes, r->prices.notes.p, r->prices.notes.n);
        return norn_fail(err, NORN_E_DATA,
                         "prices: %zu symbol is there, a portfolio needs two or more",
                         r->prices.n_assets);
    }
    tell_future(r);
    NORN_TRY(make_splits(r, err));
    norni_buf_add(&r->notes, r->prices.notes.p, r->prices.notes.n);
    return NORN_OK;
}

/* What filters the assets, where --signal says so. */
static norn_status read_signal(norni_portfolio_run *r, norn_err *err) {
    if (r->plan.opt->signal == NULL) return NORN_OK;
    return norni_portfolio_signal_read(r->env, r->plan.opt, &r->prices, &r->arena, &r->notes,
                                       &r->prices.filter, err);
}

/* ---- the grid ---- */

static norn_status read_grid(norn_ctx *ctx, const char *path, norni_arena *arena, norni_str *out,
                             norn_err *err) {
    norn_err why = {NORN_OK, ""};
    norni_buf b;
    norni_buf_init(&b, &ctx->alloc);
    norn_status st = norni_source_all(ctx, path, GRID_MOST, &b, &why);
    *out = (norni_str){st == NORN_OK ? norni_arena_text(arena, b.p ? b.p : "", b.n) : NULL, b.n};
    norni_buf_clear(&b);
    if (st == NORN_OK && out->p == NULL) return norni_alloc_fail(err, "--grid", out->n, 1);
    if (st == NORN_E_MEM || st == NORN_E_CANCEL) return norn_fail(err, st, "%s", why.text);
    return st == NORN_OK ? st : norn_fail(err, NORN_E_ARG, "--grid: %s: %s", path, why.text);
}

/* What is wrong with a grid is wrong usage, but for symbols that the prices have not. */
static norn_status grid_of_text(norni_portfolio_run *r, norni_str text, const char *name,
                                norn_err *err) {
    norni_toml toml;
    norn_err why = {NORN_OK, ""};
    norn_status st = norni_toml_parse(&r->arena, text.p, text.n, &toml, &why);
    if (st == NORN_OK)
        st = norni_port_grid_toml(&r->arena, &toml, r->prices.symbol, r->prices.n_assets,
                                  &r->plan.grid, &r->grid, &why);
    if (st == NORN_OK) return st;
    if (st == NORN_E_FORMAT || st == NORN_E_ARG || st == NORN_E_LIMIT)
        return norn_fail(err, NORN_E_ARG, "--grid: %s%s%s", name, name[0] ? ": " : "", why.text);
    return norn_fail(err, st, "%s", why.text);
}

static norn_status make_grid(norni_portfolio_run *r, norn_err *err) {
    const norni_portfolio_opt *o = r->plan.opt;
    const norni_port_prices *p = &r->prices;
    norni_str text;
    r->plan.grid.periods_per_year = p->periods_per_year;
    r->plan.grid.bar_days = norni_port_grid_bar_days(p->clock[NORNI_PORT_CLOCK_DAYS], p->n_bars);
    r->plan.grid.filtered = p->filter != NULL;
    r->plan.grid.left_out = p->left_out;
    r->plan.grid.n_left_out = p->n_left_out;
    if (o->grid_text != NULL) return grid_of_text(r, *o->grid_text, "", err);
    if (o->grid != NULL) {
        NORN_TRY(read_grid(r->env->ctx, o->grid, &r->arena, &text, err));
        return grid_of_text(r, text, o->grid, err);
    }
    NORN_TRY(norni_port_grid_reference(&r->arena, o->quick, p->symbol, p->n_assets, &r->plan.grid,
                                       &r->grid, err));
    if (norni_port_grid_count(r->grid).n_usable > 0) return NORN_OK;
    r->own_grid = true;
    norni_buf_text(&r->notes,
                   "the default grid is of coins that are not here: one over these symbols is "
                   "searched; --grid FILE gives your own\n");
    return grid_of_text(r, norni_str_of(o->quick ? own_quick : own_grid), "", err);
}

/* ---- the search ---- */

static norn_status search(norni_portfolio_run *r, norn_err *err) {
    norni_reporter reporter;
    const norni_op_env *env = r->env;
    norni_tally_init(&r->tally);
    norni_reporter_start(&reporter, env->progress, env->progress_user, &r->tally,
                         (size_t)r->counts.n_distinct);
    const norn_status st = norni_port_optimise(env->ctx, &r->prices, r->grid, &r->plan.search,
                                               &r->tally, &r->result, err);
    norni_reporter_stop(&reporter);
    r->searched = true;
    r->input_failed = st == NORN_E_DATA;
    return st;
}

/* What --memory-limit leaves, now that the prices are there. */
static size_t memory_left(const norni_op_env *env) {
    const norni_budget *b = env->budget;
    if (b == NULL || b->limit == 0) return 0;
    const size_t used = atomic_load(&b->used);
    return used < b->limit ? b->limit - used : 1;
}

/* What a search would take. */
static void plan_dry(norni_portfolio_run *r) {
    r->dry.input_bytes = r->report.n_bytes;
    r->dry.n_workers = (size_t)norn_ctx_threads(r->env->ctx);
    r->dry.table = r->plan.format == NORNI_FORMAT_CSV || r->plan.opt->output != NULL ||
                   r->plan.opt->common.items != NULL;
    r->dry.grid = r->grid;
    r->dry.counts = r->counts;
    r->dry.prices = &r->prices;
    r->dry.split = r->split;
    r->dry.n_splits = r->n_splits;
    r->dry.memory = r->plan.search.memory;
}

static norn_status run(norni_portfolio_run *r, const norni_portfolio_opt *opt, norn_err *err) {
    NORN_TRY(norni_portfolio_plan_make(opt, &r->arena, &r->plan, err));
    if (opt->bytes == NULL)
        NORN_TRY(norni_inputs_expand(&opt->data, &r->arena, &r->plan.read.in, err));
    if (r->plan.read.in.n != opt->data.n) r->plan.read.name = NULL;
    see_stage(r, "reading", 0);
    NORN_TRY(read_prices(r, err));
    NORN_TRY(read_signal(r, err));
    see_stage(r, "grid", 10);
    NORN_TRY(make_grid(r, err));
    r->own_notes = r->notes.n;
    norni_port_grid_notes(r->grid, &r->notes);
    r->counts = norni_port_grid_count(r->grid);
    r->plan.search.memory = memory_left(r->env);
    if (opt->dry_run) plan_dry(r);
    if (r->notes.failed) return norni_alloc_fail(err, "notes", r->notes.cap, 2);
    if (opt->dry_run) return NORN_OK;
    see_stage(r, "simulating", 15);
    NORN_TRY(search(r, err));
    norni_port_unbought_note(&r->result, &r->notes);
    if (r->notes.failed) return norni_alloc_fail(err, "notes", r->notes.cap, 2);
    see_stage(r, "reports", 90);
    return NORN_OK;
}

norn_status norni_portfolio_run_do(const norni_op_env *env, const norni_portfolio_opt *opt,
                                   norni_portfolio_run *out, norn_err *err) {
    memset(out, 0, sizeof *out);
    out->env = env;
    norni_arena_init(&out->arena, &env->ctx->alloc);
    norni_buf_init(&out->notes, &env->ctx->alloc);
    return run(out, opt, err);
}

void norni_portfolio_run_clear(norni_portfolio_run *r) {
    if (r->searched) norni_port_result_clear(&r->result);
    norni_port_prices_clear(&r->prices);
    norni_buf_clear(&r->notes);
    norni_arena_clear(&r->arena);
}

void norni_portfolio_timeframe(const norni_portfolio_run *r, char out[32]) {
    const double n = r->prices.bars_per_day, minutes = n > 0 ? floor(1440 / n + 0.5) : 0;
    const bool whole = n > 0 && fabs(1440 / n - minutes) < 1e-6;
    if (!whole)
        norni_format(out, 32, "%g bars a day", n);
    else if (minutes >= 1440 && fmod(minutes, 1440) == 0)
        norni_format(out, 32, "%zud", (size_t)(minutes / 1440));
    else if (minutes >= 60 && fmod(minutes, 60) == 0)
        norni_format(out, 32, "%zuh", (size_t)(minutes / 60));
    else
        norni_format(out, 32, "%zum", (size_t)minutes);
}
