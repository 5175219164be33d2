/* Parts of making a panel of prices, shared by its files only. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_PRICES_PARTS_H
#define NORNI_PORTFOLIO_PRICES_PARTS_H

#include "portfolio/portfolio_prices.h"

enum { NORNI_PORT_MOST_SYMBOL = 64 }; /* bytes of a name */

/* How much of a text a message shows. */
static inline int norni_port_shown(norni_str s) {
    return (int)(s.n > 40 ? 40 : s.n);
}

/* A time as text; borrowed until the next call with the same room. */
typedef struct norni_port_when {
    char text[48];
} norni_port_when;
const char *norni_port_when_text(norni_port_when *w, int64_t t, const norni_time_style *style);

/* What is left of a pair's name without the usual quote currencies (not yet in upper case), and which it was ("USD"
 * for all dollars) or NULL. */
norni_str norni_port_symbol_base(norni_str text, const char **currency);
/* All names, canonical, in the arena; NORN_E_DATA: two are the same. */
NORN_CHECKED norn_status norni_port_symbols(norni_arena *arena, const norn_alloc *alloc,
                                            const norni_port_quotes *quotes, size_t n,
                                            norni_str *symbol, norni_buf *notes, norn_err *err);

/* One symbol's prices: ascending in time, no time twice, all above 0 but those from `dead` on, which are 0. */
typedef struct norni_port_series {
    norni_str symbol;
    size_t n, dead;      /* dead == n: worth something to the end */
    const int64_t *time; /* (n), borrowed from the quotes where nothing was to be done */
    const double *price; /* (n) */
} norni_port_series;

/* Cleans one symbol's quotes; what was done goes to the notes. */
NORN_CHECKED norn_status norni_port_series_make(norni_arena *arena, const norni_port_quotes *q,
                                                norni_str symbol, const norni_port_prices_opt *opt,
                                                const norni_time_style *style,
                                                norni_port_series *out, norni_buf *notes,
                                                norn_err *err);
/* Tells jumps that look like splits, and takes them out where opt says so: out->price may become a copy. */
NORN_CHECKED norn_status norni_port_series_split(norni_arena *arena, norni_port_series *s,
                                                 const norni_port_prices_opt *opt,
                                                 const norni_time_style *style, norni_buf *notes,
                                                 norn_err *err);

/* Remembers that a symbol was left out; the note is the caller's. Where no memory is, the notes have failed. */
void norni_port_leave_out(norni_port_prices *p, norni_str symbol);
/* Microseconds of a frame's bar; 0: as is. */
int64_t norni_port_frame_step(norni_port_frame frame);
/* The commonest step between ascending times, the smallest of the commonest; 0: fewer than two. */
NORN_CHECKED norn_status norni_port_common_step(const norn_alloc *alloc, const int64_t *time,
                                                size_t n, int64_t *step, norn_err *err);
/* Bars of such a step in a day. */
double norni_port_step_bars(int64_t step, const norni_time_style *style);
/* Fills clocks, bars_per_day and (where it is 0) periods_per_year of p, whose times are set. */
NORN_CHECKED norn_status norni_port_clocks_make(const norn_alloc *alloc, norni_port_prices *p,
                                                norn_err *err);
/* Puts series on one time axis: n_bars, time, price, traded, first, last of p. Series that do not reach the bars are left
 * out, with a note. */
NORN_CHECKED norn_status norni_port_join(norni_arena *scratch, norni_port_series *series, size_t n,
                                         const norni_port_prices_opt *opt, norni_port_prices *p,
                                         norn_err *err);

#endif
