/* The layout of a file of prices, told by its header: long, wide, or the bars of one symbol. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A header with a column of symbols is long; with a close, and open, high, low or volume or nothing else beside it, the
 * prices of one symbol; else wide: the first column is the time, every other one a symbol. Names in any case. */
#include "app/portfolio_rows.h"

static const char *const id_names[] = {"unique_id", "symbol", "ticker", "asset"};
static const char *const time_names[] = {"ds",       "time",      "date",      "timestamp",
                                         "datetime", "open_time", "open time", "unix"};
static const char *const price_names[] = {"y",         "close",    "price",      "adj close",
                                          "adj_close", "adjclose", "close_price"};
static const char *const bar_names[] = {"open", "high", "low", "volume", "vol"};
enum {
    N_ID = sizeof id_names / sizeof *id_names,
    N_TIME = sizeof time_names / sizeof *time_names,
    N_PRICE = sizeof price_names / sizeof *price_names,
    N_BAR = sizeof bar_names / sizeof *bar_names
};
/* The first of the names that a column bears, whatever its case; -1: none. */
static int64_t find_column(const norni_cutter *cut, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < cut->n_header; k++) {
            if (norni_str_is_nocase(norni_str_trim(cut->header[k]), names[i])) return (int64_t)k;
        }
    }
    return -1;
}

static norn_status find_asked(const norni_table *t, const char *asked, const char *const *names,
                              size_t n, const char *flag, int64_t *out, norn_err *err) {
    *out = find_column(&t->cut, asked ? &asked : names, asked ? 1 : n);
    if (asked == NULL || *out >= 0) return NORN_OK;
    return norn_fail(err, NORN_E_DATA, "line %llu: there is no column '%.60s' (%s)",
                     (unsigned long long)t->cut.header_line, asked, flag);
}

/* A file of one symbol: a close among other columns of bars, or the time and a close alone. */
static bool is_single(const norni_table *t, int64_t time, int64_t price) {
    const norni_cutter *cut = &t->cut;
    if (price < 0 || time < 0) return false;
    const bool y = norni_str_is(norni_str_trim(cut->header[price]), "y"),
               ds = norni_str_is_nocase(norni_str_trim(cut->header[time]), "ds");
    if (cut->n_header == 2) return true;
    if (norni_str_is_nocase(norni_str_trim(cut->header[price]), "y")) return y && ds;
    return find_column(cut, bar_names, N_BAR) >= 0 || cut->n_header == 3;
}

static norn_status open_long(norni_table *t, int64_t id, int64_t time, int64_t price,
                             norn_err *err) {
    const char *missing = time < 0 ? "time (ds, time, date, timestamp, datetime)"
                                   : "price (y, close, price, adj close)";
    if (time < 0 || price < 0)
        return norn_fail(err, NORN_E_DATA,
                         "line %llu: there is a column of symbols, but none of the %s; name yours "
                         "(%s)",
                         (unsigned long long)t->cut.header_line, missing,
                         time < 0 ? "--time-col" : "--price-col");
    t->opt.layout = NORNI_LAYOUT_LONG;
    t->opt.id_col = id >= 0 ? t->cut.header[id].p : NULL;
    t->opt.time_col = t->cut.header[time].p;
    t->opt.target_col = t->cut.header[price].p;
    t->opt.no_exogenous = true;
    NORN_TRY(norni_table_open_long(t, err));
    t->cut.by_series = false;
    return NORN_OK;
}

static void tell_adjusted(norni_port_book *b, const norni_port_file *f, const norni_table *t,
                          int64_t price) {
    const int64_t other = find_column(&t->cut, price_names + 3, 3);
    if (b->opt->price_col != NULL || other < 0 || other == price) return;
    const norni_str a = t->cut.header[other], c = t->cut.header[price];
    norni_buf_format(&b->notes, "%s: column '%.*s' is read, not '%.*s' (--price-col)\n", f->name,
                     (int)(c.n > 40 ? 40 : c.n), c.p, (int)(a.n > 40 ? 40 : a.n), a.p);
}

/* Written as tickers are: LOW, OPEN are shares. */
static bool is_shouted(norni_str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 'a' && s.p[i] <= 'z') return false;
    return true;
}

/* No symbol is called Volume; open, high and low are a bar's where two of them stand together, but for capitals. */
norni_port_bar_word norni_port_layout_bar(const norni_table *t, norni_str name) {
    size_t own = N_BAR, n = 0;
    for (size_t i = 0; i < N_BAR; i++) {
        const int64_t at = i < 3 ? find_column(&t->cut, &bar_names[i], 1) : -1;
        n += at > 0 && !is_shouted(t->cut.header[at]);
        if (norni_str_is_nocase(norni_str_trim(name), bar_names[i])) own = i;
    }
    if (own == N_BAR) return NORNI_PORT_NO_BAR;
    const bool bar = own >= 3 || (n > 1 && !is_shouted(name));
    return bar ? NORNI_PORT_A_BAR : NORNI_PORT_MAYBE_BAR;
}

/* A table of series that are no prices. */
static norn_status open_series(norni_table *t, norn_err *err) {
    const norni_str first = norni_str_trim(t->cut.header[0]);
    if (find_column(&t->cut, time_names, N_TIME) != 0 && first.n > 0)
        return norn_fail(err, NORN_E_DATA,
                         "line %llu: the first column is '%.*s', it must be the time (time, date, "
                         "timestamp, datetime, ds)",
                         (unsigned long long)t->cut.header_line, (int)(first.n > 40 ? 40 : first.n),
                         first.p);
    t->opt.layout = NORNI_LAYOUT_WIDE;
    return norni_table_open_wide(t, err);
}

norn_status norni_port_layout_open(norni_port_book *b, const norni_port_file *file, norni_table *t,
                                   norn_err *err) {
    const norni_port_read_opt *opt = b->opt;
    int64_t id, time, price;
    NORN_TRY(norni_cutter_open(&t->cut, err));
    if (opt->wide) return open_series(t, err);
    norn_status st = find_asked(t, opt->id_col, id_names, N_ID, "--id-col", &id, err);
    if (st == NORN_OK)
        st = find_asked(t, opt->time_col, time_names, N_TIME, "--time-col", &time, err);
    if (st == NORN_OK)
        st = find_asked(t, opt->price_col, price_names, N_PRICE, "--price-col", &price, err);
    if (st == NORN_OK) {
        if (time < 0 && t->cut.header[0].n == 0) time = 0; /* a data frame's index */
        const bool single = id < 0 && ((opt->price_col && price >= 0) || is_single(t, time, price));
        if (id >= 0 || single) {
            if (time < 0) time = id == 0 || price == 0 ? -1 : 0;
            st = open_long(t, id, time, price, err);
            tell_adjusted(b, file, t, price);
        } else if (opt->time_col && time != 0) {
            st = norn_fail(err, NORN_E_DATA,
                           "line %llu: of a table with a column a symbol the first column is the "
                           "time, not '%.60s'",
                           (unsigned long long)t->cut.header_line, opt->time_col);
        } else {
            t->opt.layout = NORNI_LAYOUT_WIDE;
            st = norni_table_open_wide(t, err);
        }
    }
    return st;
}
