/* Price panels: quotes of several symbols become closes on one time axis, and what was done is noted. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The rules, in their order; docs/portfolio-data.md tells them to users:
 *  1. Names are made canonical (portfolio_symbol.c). Two quotes with one name: NORN_E_DATA.
 *  2. A price that is NaN is missing; so is one of 0 or less, or infinite, and these are noted. But zeros behind the last
 *     price above 0 are a price: the asset is worth nothing from the first of them on (price 0, not traded). A symbol
 *     without one price above 0 is left out, with a note.
 *  3. Rows may stand in any order. Two prices at one time: equal ones are one; else NORN_E_DATA, or the later
 *     row holds (duplicates_last).
 *  4. Jumps that look like splits are noted, or taken out of the prices before them (portfolio_prices_split.c).
 *  5. A frame makes larger bars: a bar begins at a multiple of it since 1970-01-01 UTC, bears its beginning as its time, and has
 *     the last price in it; the newest may be unfinished. A symbol of three prices or more whose closest two
 *     lie further apart than the frame: NORN_E_DATA. Integer times are days.
 *  6. A symbol with prices at fewer than half of want_days * bars per day, or of the prices of the symbol that has most where these
 *     are fewer, is left out, with a note; the bars per day are the frame's, else those of the symbol with most prices.
 *  7. INTERSECT keeps the bars at which every symbol has a price (or is worth nothing). UNION keeps every bar at which one has:
 *     a symbol without a price keeps the one before and cannot be traded there; before its first price it is at 0 and
 *     cannot be bought; behind its last one (delisted) it keeps its value, and nobody can sell it: what is left of it stays in
 *     the equity at the last price. Whoever knows better puts a 0 behind (rule 2), or a last price that was paid.
 *  8. Of the bars the newest max_bars stay; a symbol without a price above 0 in them, or in the newest want_days, is left out, with a
 *     note.
 * No rule but 2's zeros, 4's scale and 7's choice of bars lets a later price change an earlier one. */
#include "portfolio/portfolio_filter.h"
#include "portfolio/portfolio_prices_parts.h"

#include <math.h>

norni_port_prices_opt norni_port_prices_opt_default(void) {
    return (norni_port_prices_opt){.align = NORNI_PORT_INTERSECT, .frame = NORNI_PORT_AS_IS};
}

static norn_status check_quotes(const norni_port_quotes *quotes, size_t n,
                                const norni_port_prices_opt *opt, const norni_time_style *style,
                                norn_err *err) {
    const bool index = style->kind == NORNI_TIME_INDEX;
    const int64_t least = index ? -NORNI_INDEX_MAX : NORNI_TIME_MIN,
                  most = index ? NORNI_INDEX_MAX : NORNI_TIME_MAX;
    if (n == 0) return norn_fail(err, NORN_E_DATA, "prices: there is no symbol");
    if (!(opt->periods_per_year >= 0 && isfinite(opt->periods_per_year)))
        return norn_fail(err, NORN_E_ARG,
                         "prices: %g periods a year; give a number above 0, or 0 to find it",
                         opt->periods_per_year);
    if (!(opt->want_days >= 0 && isfinite(opt->want_days)))
        return norn_fail(err, NORN_E_ARG, "prices: %g days wanted; give 0 or more", opt->want_days);
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < quotes[k].n; i++) {
            if (quotes[k].time[i] >= least && quotes[k].time[i] <= most) continue;
            return norn_fail(err, NORN_E_DATA,
                             "prices: %.*s has a time outside the years 1 to 9999 (row %zu)",
                             norni_port_shown(quotes[k].symbol), quotes[k].symbol.p, i + 1);
        }
    }
    return NORN_OK;
}

/* Bars of which a symbol is to have half, 0: any number; `longest`: they are those of the symbol with most. */
static norn_status bars_wanted(const norn_alloc *alloc, const norni_port_series *series, size_t n,
                               const norni_port_prices_opt *opt, const norni_time_style *style,
                               double *wanted, bool *longest, norn_err *err) {
    int64_t step = style->kind == NORNI_TIME_INDEX ? 0 : norni_port_frame_step(opt->frame);
    size_t most = 0;
    *wanted = 0;
    *longest = false;
    if (!(opt->want_days > 0)) return NORN_OK;
    for (size_t k = 1; k < n; k++)
        most = series[k].n > series[most].n ? k : most;
    if (step == 0)
        NORN_TRY(norni_port_common_step(alloc, series[most].time, series[most].n, &step, err));
    *wanted = opt->want_days * norni_port_step_bars(step, style);
    *longest = *wanted > (double)series[most].n;
    if (*longest) *wanted = (double)series[most].n;
    return NORN_OK;
}

/* Leaves out what has no price or too few. */
static norn_status keep_long(const norn_alloc *alloc, norni_port_series *series, size_t *n,
                             const norni_port_prices_opt *opt, norni_port_prices *p,
                             norn_err *err) {
    double wanted;
    bool longest;
    size_t kept = 0;
    for (size_t k = 0; k < *n; k++) {
        if (series[k].n > 0)
            series[kept++] = series[k];
        else
            norni_port_leave_out(p, series[k].symbol);
    }
    if (kept == 0) return norn_fail(err, NORN_E_DATA, "prices: no symbol has a price above 0");
    *n = kept;
    NORN_TRY(bars_wanted(alloc, series, *n, opt, &p->style, &wanted, &longest, err));
    kept = 0;
    for (size_t k = 0; k < *n; k++) {
        if (2 * (double)series[k].n >= wanted) {
            series[kept++] = series[k];
            continue;
        }
        norni_buf_format(&p->notes,
                         "%.*s: %zu prices, fewer than half of the %g %s: it is left out, and only "
                         "symbols with a long history are looked at (survivorship)\n",
                         norni_port_shown(series[k].symbol), series[k].symbol.p, series[k].n,
                         ceil(wanted), longest ? "of the longest symbol" : "bars wanted");
        norni_port_leave_out(p, series[k].symbol);
    }
    *n = kept;
    return NORN_OK;
}

/* Dates with clocks behind them become date-times; what is printed must be read back as it was. */
static norni_time_style style_of_bars(const norni_port_prices *p) {
    norni_time_style style = p->style;
    if (style.kind == NORNI_TIME_INDEX || style.kind == NORNI_TIME_EPOCH_S ||
        style.kind == NORNI_TIME_EPOCH_MS || style.kind == NORNI_TIME_DATETIME)
        return style;
    for (size_t i = 0; i < p->n_bars; i++) {
        if (p->time[i] % NORNI_US_DAY != 0)
            return (norni_time_style){.kind = NORNI_TIME_DATETIME, .sep = ' ', .seconds = true};
    }
    return style;
}

static norn_status make_all(const norn_alloc *alloc, norni_arena *scratch,
                            const norni_port_quotes *quotes, size_t n,
                            const norni_port_prices_opt *opt, norni_port_prices *out,
                            norn_err *err) {
    norni_str *symbol = norni_arena_get(scratch, n, sizeof *symbol);
    norni_port_series *series = norni_arena_get(scratch, n, sizeof *series);
    if (!symbol || !series)
        return norni_alloc_fail(err, "prices", n, sizeof *series + sizeof *symbol);
    out->left_out = norni_arena_get(&out->arena, n, sizeof *out->left_out);
    if (out->left_out == NULL) return norni_alloc_fail(err, "prices", n, sizeof *out->left_out);
    NORN_TRY(norni_port_symbols(scratch, alloc, quotes, n, symbol, &out->notes, err));
    for (size_t k = 0; k < n; k++)
        NORN_TRY(norni_port_series_make(scratch, &quotes[k], symbol[k], opt, &out->style,
                                        &series[k], &out->notes, err));
    NORN_TRY(keep_long(alloc, series, &n, opt, out, err));
    NORN_TRY(norni_port_join(scratch, series, n, opt, out, err));
    out->style = style_of_bars(out);
    NORN_TRY(norni_port_clocks_make(alloc, out, err));
    return out->notes.failed ? norni_alloc_fail(err, "prices", out->notes.n, 1) : NORN_OK;
}

norn_status norni_port_prices_make(const norn_alloc *alloc, const norni_port_quotes *quotes,
                                   size_t n, const norni_port_prices_opt *opt,
                                   norni_time_style style, norni_port_prices *out, norn_err *err) {
    norni_arena scratch;
    const norni_port_prices_opt usual = norni_port_prices_opt_default();
    if (opt == NULL) opt = &usual;
    memset(out, 0, sizeof *out);
    norni_arena_init(&out->arena, alloc);
    norni_buf_init(&out->notes, alloc);
    norni_arena_init(&scratch, alloc);
    out->style = style;
    out->periods_per_year = opt->periods_per_year;
    norn_status st = check_quotes(quotes, n, opt, &style, err);
    if (st == NORN_OK) st = make_all(alloc, &scratch, quotes, n, opt, out, err);
    norni_arena_clear(&scratch);
    if (st != NORN_OK) norni_port_prices_clear(out);
    return st;
}

void norni_port_prices_clear(norni_port_prices *p) {
    if (p->arena.alloc != NULL) norni_arena_clear(&p->arena);
    if (p->notes.alloc != NULL) norni_buf_clear(&p->notes);
    memset(p, 0, sizeof *p);
}

size_t norni_port_prices_find(const norni_port_prices *p, norni_str symbol) {
    for (size_t k = 0; k < p->n_assets; k++) {
        if (norni_str_cmp(p->symbol[k], symbol) == 0) return k;
    }
    return SIZE_MAX;
}

norni_hash128 norni_port_prices_key(const norni_port_prices *p) {
    norni_hash_stream s;
    const uint64_t size[2] = {p->n_bars, p->n_assets};
    const double year[2] = {p->bars_per_day, p->periods_per_year};
    const int32_t kind = (int32_t)(p->style.kind == NORNI_TIME_INDEX);
    norni_hash_stream_init(&s);
    norni_hash_stream_add(&s, size, sizeof size);
    norni_hash_stream_add(&s, year, sizeof year);
    norni_hash_stream_add(&s, &kind, sizeof kind);
    for (size_t k = 0; k < p->n_assets; k++)
        norni_hash_stream_add(&s, p->symbol[k].p, p->symbol[k].n + 1); /* and the NUL behind */
    norni_hash_stream_add(&s, p->time, p->n_bars * sizeof *p->time);
    norni_hash_stream_add(&s, p->price, p->n_bars * p->n_assets * sizeof *p->price);
    norni_hash_stream_add(&s, p->traded, p->n_bars * p->n_assets);
    if (p->filter) norni_hash_stream_add(&s, &p->filter->key, sizeof p->filter->key);
    return norni_hash_stream_get(&s);
}
