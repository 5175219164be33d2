/* Price panels: closes of several symbols on one time axis, cleaned, and what was done to them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_PRICES_H
#define NORNI_PORTFOLIO_PRICES_H

#include "base/arena.h"
#include "base/hash.h"
#include "data/calendar.h"

/* Calendars by which a rule counts "since the last rebalance". */
typedef enum norni_port_clock {
    NORNI_PORT_CLOCK_DAYS,  /* time in days */
    NORNI_PORT_CLOCK_WEEKS, /* number of the ISO week, of the month, of the quarter, of the year */
    NORNI_PORT_CLOCK_MONTHS,
    NORNI_PORT_CLOCK_QUARTERS,
    NORNI_PORT_CLOCK_YEARS,
    NORNI_PORT_CLOCK_BARS,
    NORNI_PORT_CLOCKS
} norni_port_clock;

/* Closes. A bar where a symbol has no price holds the last one before it (0 before its first, and from where it is
 * worth nothing) and cannot be traded there. No value is NaN, infinite or negative. */
typedef struct norni_port_filter norni_port_filter;

typedef struct norni_port_prices {
    norni_arena arena; /* owns everything below */
    size_t n_bars, n_assets;
    int64_t *time; /* (n_bars), microseconds UTC, strictly ascending */
    norni_time_style style;
    norni_str
        *symbol;   /* (n_assets): "BTC", without the quote currency where it was one of the usual */
    double *price; /* (n_bars, n_assets), row-major */
    uint8_t *traded;                  /* (n_bars, n_assets): 1 where there is a price at this bar */
    size_t *first, *last;             /* (n_assets): bars of the first and the last price */
    double *clock[NORNI_PORT_CLOCKS]; /* (n_bars) each */
    double bars_per_day;              /* of the bars' commonest step: 24, 6, 1 */
    double periods_per_year; /* 8760, 2190, 365; 252, 52, 12 where no bar stands on a weekend */
    /* What filters the assets, borrowed; NULL: nothing does. Set by who made the filter (portfolio_filter.h). */
    const struct norni_port_filter *filter;
    norni_str *
        left_out; /* (n_left_out) canonical names of symbols that the input has and the panel has not */
    size_t n_left_out;
    norni_buf
        notes; /* a line for each thing that was done or noticed, "BTC: 3 prices of 0 or less are taken as missing (first 2020-01-05)" */
} norni_port_prices;

/* Raw quotes of one symbol in any order; NaN = missing. */
typedef struct norni_port_quotes {
    norni_str symbol; /* as the input has it */
    size_t n;
    const int64_t *time; /* (n), microseconds UTC */
    const double *close; /* (n) */
} norni_port_quotes;

typedef enum norni_port_align {
    NORNI_PORT_INTERSECT, /* bars that all symbols have (the reference) */
    NORNI_PORT_UNION, /* every bar that one has; the others keep their last price and do not trade */
} norni_port_align;
typedef enum norni_port_frame {
    NORNI_PORT_AS_IS,
    NORNI_PORT_1H,
    NORNI_PORT_4H,
    NORNI_PORT_1D
} norni_port_frame;

typedef struct norni_port_prices_opt {
    norni_port_align align;
    norni_port_frame
        frame; /* finer bars become one, its last close (bars begin at UTC multiples); coarser: NORN_E_DATA */
    bool
        adjust_splits; /* a jump that is a split (2:1 ... 100:1 and back, within 2 %) is taken out of what lies before it; false: it is told */
    bool
        duplicates_last; /* two prices at one time: the later row holds; false: NORN_E_DATA with the time (equal ones are one) */
    double periods_per_year; /* 0: by the bars */
    size_t max_bars;         /* the newest of them; 0: all */
    /* Days that a test is to have, window_days * (tests + 1): a symbol with prices at fewer than half of their bars, or of those
     * that the longest symbol has where these are fewer, is left out, with a note; so is one without a price above 0 in the newest of
     * them (0: none is). */
    double want_days;
} norni_port_prices_opt;
/* Intersect, as is, splits told, equal duplicates alone, everything. */
norni_port_prices_opt norni_port_prices_opt_default(void);

/* Quotes of n symbols as one panel. The rules stand at the head of portfolio_prices.c and in docs/portfolio-data.md.
 * NORN_E_DATA names symbol and time. out->arena is made here. */
NORN_CHECKED norn_status norni_port_prices_make(const norn_alloc *alloc,
                                                const norni_port_quotes *quotes, size_t n,
                                                const norni_port_prices_opt *opt,
                                                norni_time_style style, norni_port_prices *out,
                                                norn_err *err);
void norni_port_prices_clear(norni_port_prices *p);
/* Canonical name: "BTC/USDT", "BTC_USDT", "btc-usdt" and "BTCUSDT" are "BTC"; others in upper case as they are. In the arena. */
NORN_CHECKED norn_status norni_port_symbol(norni_arena *arena, norni_str text, norni_str *out,
                                           norn_err *err);
/* Index of a canonical symbol, or SIZE_MAX. */
size_t norni_port_prices_find(const norni_port_prices *p, norni_str symbol);
/* The panel's content (symbols, times, prices, what traded, conventions), whatever files it came from: for keys of runs and caches. */
norni_hash128 norni_port_prices_key(const norni_port_prices *p);

#endif
