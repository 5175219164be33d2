/* A filter of a portfolio: hourly signals laid over the bars of the prices, which assets are not to be held at which bar. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_FILTER_H
#define NORNI_PORTFOLIO_FILTER_H

#include "portfolio/portfolio_prices.h"

typedef struct norni_port_filter_opt {
    const char *
        column; /* one for all assets; NULL: signal_SYMBOL (or signal_tag_SYMBOL: so LO and HI are called) where it is there, else signal */
    double least;         /* below it an asset is out */
    double max_age_hours; /* for so long the last signal holds; 0: for ever */
    bool unknown_holds;   /* without a signal an asset is held; else it is out */
} norni_port_filter_opt;

struct norni_port_filter {
    uint8_t *out;      /* (n_bars, n_assets): 1: not to be held */
    norni_str *column; /* (n_assets) what each asset is filtered by */
    norni_str file;    /* for people; the caller's */
    norni_port_filter_opt opt;
    double share_out, share_unknown; /* of all bars of all assets */
    norni_hash128 key; /* of the options and of every value and time of the columns that are used */
};

/* signal (n): columns of the file, their times those at which a value is known, in any order. At a bar of time t the last value of
 * a time <= t holds. In the arena, as is the filter. NORN_E_DATA: a column is missing, two values of one time, times without dates,
 * or not one bar of the prices with a signal (both spans are told). */
NORN_CHECKED norn_status norni_port_filter_make(
    const norni_port_prices *p, const norni_port_quotes *signal, size_t n, norni_time_style style,
    const norni_port_filter_opt *opt, norni_arena *arena, norni_port_filter *out, norn_err *err);
/* "held while signal_btc (BTC) or signal (ETH, SOL) of signals_hourly.csv is 0.2 or more; out at 35.1 % of the bars, …" */
void norni_port_filter_words(const norni_port_filter *f, const norni_port_prices *p,
                             norni_buf *out);

#endif
