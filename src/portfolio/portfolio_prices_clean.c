/* One symbol's quotes, cleaned: order, missing prices, duplicates, a worthless end, larger bars. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The rules stand at the head of portfolio_prices.c. */
#include <math.h>

#include "base/sort.h"
#include "portfolio/portfolio_prices_parts.h"

int64_t norni_port_frame_step(norni_port_frame frame) {
    switch (frame) {
        case NORNI_PORT_1H: return NORNI_US_DAY / 24;
        case NORNI_PORT_4H: return NORNI_US_DAY / 6;
        case NORNI_PORT_1D: return NORNI_US_DAY;
        case NORNI_PORT_AS_IS: break;
    }
    return 0;
}

/* What a walk over the quotes finds. */
typedef struct quote_look {
    size_t n_finite, n_bad, n_infinite; /* bad: 0 or less, wherever it stands */
    int64_t last_good;                  /* time of the last price above 0 */
    bool any_good, ascending;           /* strictly */
} quote_look;

static quote_look look_at(const norni_port_quotes *q) {
    quote_look l = {.ascending = true};
    for (size_t i = 0; i < q->n; i++) {
        const double v = q->close[i];
        if (i > 0 && q->time[i] <= q->time[i - 1]) l.ascending = false;
        if (isinf(v)) l.n_infinite++;
        if (!isfinite(v)) continue;
        l.n_finite++;
        if (v <= 0) {
            l.n_bad++;
        } else if (!l.any_good || q->time[i] > l.last_good) {
            l.any_good = true;
            l.last_good = q->time[i];
        }
    }
    return l;
}

static int by_time(const void *arg, size_t a, size_t b) {
    const int64_t *time = arg;
    return time[a] < time[b] ? -1 : time[a] > time[b];
}

/* Indices of the finite quotes in the order of time, those of one time in the order of the rows. */
static norn_status order_quotes(norni_arena *arena, const norni_port_quotes *q, const quote_look *l,
                                size_t **index, norn_err *err) {
    size_t n = 0;
    *index = norni_arena_get(arena, l->n_finite, sizeof **index);
    if (*index == NULL) return norni_alloc_fail(err, "prices", l->n_finite, sizeof **index);
    for (size_t i = 0; i < q->n; i++) {
        if (isfinite(q->close[i])) (*index)[n++] = i;
    }
    if (l->ascending) return NORN_OK;
    size_t *scratch = norni_arena_get(arena, n, sizeof *scratch);
    if (scratch == NULL) return norni_alloc_fail(err, "prices", n, sizeof *scratch);
    norni_sort_index(*index, n, by_time, q->time, scratch);
    return NORN_OK;
}

/* What is told of one symbol. */
typedef struct clean_told {
    size_t n_bad, n_twice, n_replaced;
    int64_t first_bad, first_twice, first_replaced;
} clean_told;

static void count_at(size_t *n, int64_t *first, int64_t t) {
    if ((*n)++ == 0) *first = t;
}

static norn_status fail_twice(norni_str symbol, int64_t t, double a, double b,
                              const norni_time_style *style, norn_err *err) {
    norni_port_when w;
    return norn_fail(err, NORN_E_DATA,
                     "prices: %.*s has two prices at %s, %g and %g; let the later row hold "
                     "(--duplicates last), or mend the file",
                     norni_port_shown(symbol), symbol.p, norni_port_when_text(&w, t, style), a, b);
}

/* The ordered quotes that count: bad ones left out, one for each time. */
static norn_status pick_quotes(norni_arena *arena, const norni_port_quotes *q, const quote_look *l,
                               const size_t *index, const norni_port_prices_opt *opt,
                               const norni_time_style *style, norni_port_series *out,
                               clean_told *told, norn_err *err) {
    int64_t *time = norni_arena_get(arena, l->n_finite, sizeof *time);
    double *price = norni_arena_get(arena, l->n_finite, sizeof *price);
    size_t n = 0;
    if (!time || !price) return norni_alloc_fail(err, "prices", l->n_finite, 2 * sizeof *price);
    for (size_t k = 0; k < l->n_finite; k++) {
        const int64_t t = q->time[index[k]];
        const double v = q->close[index[k]];
        if (v < 0 || (v == 0 && t <= l->last_good)) {
            count_at(&told->n_bad, &told->first_bad, t);
            continue;
        }
        if (n > 0 && time[n - 1] == t) {
            if (price[n - 1] == v) {
                count_at(&told->n_twice, &told->first_twice, t);
                continue;
            }
            if (!opt->duplicates_last)
                return fail_twice(out->symbol, t, price[n - 1], v, style, err);
            count_at(&told->n_replaced, &told->first_replaced, t);
            price[n - 1] = v;
            continue;
        }
        time[n] = t;
        price[n++] = v == 0 ? 0 : v; /* no -0 */
    }
    out->time = time;
    out->price = price;
    out->n = n;
    return NORN_OK;
}

static void tell(norni_buf *notes, norni_str symbol, size_t n, const char *one, const char *many,
                 int64_t first, const norni_time_style *style) {
    norni_port_when w;
    if (n == 0) return;
    norni_buf_format(notes, "%.*s: %zu %s (%s%s)\n", norni_port_shown(symbol), symbol.p, n,
                     n == 1 ? one : many, n == 1 ? "" : "first ",
                     norni_port_when_text(&w, first, style));
}

static void tell_all(const norni_port_series *s, const clean_told *told, const quote_look *l,
                     const norni_time_style *style, norni_buf *notes) {
    norni_port_when w;
    tell(notes, s->symbol, told->n_bad, "price of 0 or less is taken as missing",
         "prices of 0 or less are taken as missing", told->first_bad, style);
    if (l->n_infinite > 0)
        norni_buf_format(notes, "%.*s: %zu infinite prices are taken as missing\n",
                         norni_port_shown(s->symbol), s->symbol.p, l->n_infinite);
    tell(notes, s->symbol, told->n_twice, "row says again what another says: they are one",
         "rows say again what others say: they are one", told->first_twice, style);
    tell(notes, s->symbol, told->n_replaced, "time has two prices: the later row holds",
         "times have two prices: the later row holds", told->first_replaced, style);
    if (s->dead < s->n)
        norni_buf_format(
            notes, "%.*s: its price is 0 from %s to the end: it is worth nothing from there\n",
            norni_port_shown(s->symbol), s->symbol.p,
            norni_port_when_text(&w, s->time[s->dead], style));
}

static size_t find_dead(const norni_port_series *s) {
    size_t k = s->n;
    while (k > 0 && s->price[k - 1] == 0)
        k--;
    return k;
}

static int64_t bar_of(int64_t t, int64_t step) {
    int64_t rest = t % step;
    if (rest < 0) rest += step;
    return t - rest;
}

/* Daily bars at a midnight whose clock knows daylight saving begin at 23:00 or at 00:00 UTC: an hour that puts each on its day. 0: they
 * are no such bars. */
static int64_t midnight_shift(const norni_port_series *s, int64_t step, int64_t own) {
    const int64_t hour = NORNI_US_DAY / 24;
    bool before = false, after = false;
    if (step != NORNI_US_DAY || own < 23 * hour) return 0;
    for (size_t i = 0; i < s->n; i++) {
        const int64_t at = s->time[i] - bar_of(s->time[i], NORNI_US_DAY);
        if (at != 0 && at != 23 * hour) return 0;
        before = before || at != 0;
        after = after || at == 0;
    }
    return before && after ? hour : 0;
}

/* The last price of each larger bar. */
static norn_status resample(norni_arena *arena, int64_t step, int64_t shift, norni_port_series *s,
                            norn_err *err) {
    size_t n = 0, k = 0;
    for (size_t i = 0; i < s->n; i++)
        n += i == 0 || bar_of(s->time[i] + shift, step) != bar_of(s->time[i - 1] + shift, step);
    int64_t *time = norni_arena_get(arena, n, sizeof *time);
    double *price = norni_arena_get(arena, n, sizeof *price);
    if (!time || !price) return norni_alloc_fail(err, "prices", n, 2 * sizeof *price);
    for (size_t i = 0; i < s->n; i++) {
        const int64_t bar = bar_of(s->time[i] + shift, step);
        if (k == 0 || time[k - 1] != bar) time[k++] = bar;
        price[k - 1] = s->price[i];
    }
    s->time = time;
    s->price = price;
    s->n = n;
    return NORN_OK;
}

/* "1 day", "4 h", "15 min" */
static void step_text(int64_t step, char out[40]) {
    const int64_t second = NORNI_US_SECOND;
    if (step % NORNI_US_DAY == 0)
        norni_format(out, 40, "%lld day%s", (long long)(step / NORNI_US_DAY),
                     step == NORNI_US_DAY ? "" : "s");
    else if (step % (3600 * second) == 0)
        norni_format(out, 40, "%lld h", (long long)(step / (3600 * second)));
    else
        norni_format(out, 40, "%lld s", (long long)(step / second));
}

static norn_status to_frame(norni_arena *arena, norni_port_frame frame,
                            const norni_time_style *style, norni_port_series *s, norn_err *err) {
    const int64_t step = norni_port_frame_step(frame);
    static const char *const names[] = {"", "1h", "4h", "1d"};
    int64_t own = 0;
    char text[40];
    bool same = true;
    if (step == 0) return NORN_OK;
    if (style->kind == NORNI_TIME_INDEX) {
        if (frame == NORNI_PORT_1D) return NORN_OK; /* integers are days */
        return norn_fail(err, NORN_E_DATA,
                         "prices: the times are integers, which count days; bars of %s need dates "
                         "(--timeframe 1d)",
                         names[frame]);
    }
    for (size_t i = 1; i < s->n; i++)
        own = i == 1 || s->time[i] - s->time[i - 1] < own ? s->time[i] - s->time[i - 1] : own;
    if (own > step && s->n > 2) { /* two prices say little of the rest */
        step_text(own, text);
        return norn_fail(
            err, NORN_E_DATA,
            "prices: %.*s has its bars %s apart or more; that is coarser than the %s asked for "
            "(take a longer --timeframe, or finer prices)",
            norni_port_shown(s->symbol), s->symbol.p, text, names[frame]);
    }
    for (size_t i = 0; i < s->n && same; i++)
        same = bar_of(s->time[i], step) == s->time[i];
    return same ? NORN_OK : resample(arena, step, midnight_shift(s, step, own), s, err);
}

norn_status norni_port_series_make(norni_arena *arena, const norni_port_quotes *q, norni_str symbol,
                                   const norni_port_prices_opt *opt, const norni_time_style *style,
                                   norni_port_series *out, norni_buf *notes, norn_err *err) {
    const quote_look l = look_at(q);
    clean_told told = {.n_bad = 0};
    *out = (norni_port_series){.symbol = symbol};
    if (!l.any_good) {
        norni_buf_format(notes, "%.*s: it has no price above 0 and is left out\n",
                         norni_port_shown(symbol), symbol.p);
        return NORN_OK;
    }
    if (l.ascending && l.n_finite == q->n && l.n_bad == 0) {
        out->n = q->n;
        out->time = q->time;
        out->price = q->close;
    } else {
        size_t *index = NULL;
        NORN_TRY(order_quotes(arena, q, &l, &index, err));
        NORN_TRY(pick_quotes(arena, q, &l, index, opt, style, out, &told, err));
    }
    out->dead = find_dead(out);
    tell_all(out, &told, &l, style, notes);
    NORN_TRY(norni_port_series_split(arena, out, opt, style, notes, err));
    NORN_TRY(to_frame(arena, opt->frame, style, out, err));
    out->dead = find_dead(out);
    return NORN_OK;
}
