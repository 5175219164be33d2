/* Several symbols' prices on one time axis: the bars that all have, or every bar that one has. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_prices_parts.h"

void norni_port_leave_out(norni_port_prices *p, norni_str symbol) {
    const char *text = norni_arena_text(&p->arena, symbol.p, symbol.n);
    if (text == NULL)
        p->notes.failed = true;
    else
        p->left_out[p->n_left_out++] = (norni_str){text, symbol.n};
}

typedef struct join_axis {
    int64_t *time, *other; /* (cap) each; other: room for the next step */
    size_t n, cap;
} join_axis;

static void keep_common(join_axis *a, const norni_port_series *s) {
    size_t n = 0, j = 0;
    for (size_t i = 0; i < a->n; i++) {
        while (j < s->n && s->time[j] < a->time[i])
            j++;
        if (j == s->n) break;
        if (s->time[j] == a->time[i]) a->time[n++] = a->time[i];
    }
    a->n = n;
}

static norn_status add_all(norni_arena *scratch, join_axis *a, const norni_port_series *s,
                           norn_err *err) {
    size_t n = 0, i = 0, j = 0;
    if (a->n + s->n > a->cap) {
        const size_t cap = 2 * (a->n + s->n);
        int64_t *time = norni_arena_get(scratch, cap, sizeof *time),
                *other = norni_arena_get(scratch, cap, sizeof *other);
        if (!time || !other) return norni_alloc_fail(err, "prices", cap, 2 * sizeof *time);
        memcpy(time, a->time, a->n * sizeof *time);
        *a = (join_axis){time, other, a->n, cap};
    }
    while (i < a->n || j < s->n) {
        const bool old = j == s->n || (i < a->n && a->time[i] <= s->time[j]);
        const int64_t t = old ? a->time[i] : s->time[j];
        i += i < a->n && a->time[i] == t;
        j += j < s->n && s->time[j] == t;
        a->other[n++] = t;
    }
    int64_t *swap = a->time;
    a->time = a->other;
    a->other = swap;
    a->n = n;
    return NORN_OK;
}

static norn_status make_axis(norni_arena *scratch, const norni_port_series *series, size_t n,
                             norni_port_align align, join_axis *a, norn_err *err) {
    *a = (join_axis){.n = series[0].n, .cap = series[0].n};
    a->time = norni_arena_get(scratch, a->cap, sizeof *a->time);
    a->other =
        align == NORNI_PORT_UNION ? norni_arena_get(scratch, a->cap, sizeof *a->other) : a->time;
    if (!a->time || !a->other) return norni_alloc_fail(err, "prices", a->cap, 2 * sizeof *a->time);
    memcpy(a->time, series[0].time, a->n * sizeof *a->time);
    for (size_t k = 1; k < n; k++) {
        if (align == NORNI_PORT_UNION)
            NORN_TRY(add_all(scratch, a, &series[k], err));
        else
            keep_common(a, &series[k]);
    }
    return NORN_OK;
}

/* The symbol that begins last and the one that ends first. */
static void find_ends(const norni_port_series *series, size_t n, size_t *late, size_t *early) {
    *late = *early = 0;
    for (size_t k = 1; k < n; k++) {
        if (series[k].time[0] > series[*late].time[0]) *late = k;
        if (series[k].time[series[k].n - 1] < series[*early].time[series[*early].n - 1]) *early = k;
    }
}

static norn_status fail_apart(const norni_port_series *series, size_t n,
                              const norni_time_style *style, norn_err *err) {
    norni_port_when a, b;
    size_t late, early;
    find_ends(series, n, &late, &early);
    const norni_port_series *l = &series[late], *e = &series[early];
    if (e->time[e->n - 1] < l->time[0])
        return norn_fail(
            err, NORN_E_DATA,
            "prices: no bar is common to all %zu symbols: %.*s ends at %s, before %.*s "
            "begins at %s; leave one out, or take every bar (--align union)",
            n, norni_port_shown(e->symbol), e->symbol.p,
            norni_port_when_text(&a, e->time[e->n - 1], style), norni_port_shown(l->symbol),
            l->symbol.p, norni_port_when_text(&b, l->time[0], style));
    return norn_fail(err, NORN_E_DATA,
                     "prices: no bar is common to all %zu symbols, though their spans overlap: put "
                     "them on the same bars (--timeframe), or take every bar (--align union)",
                     n);
}

static void tell_common(const norni_port_series *series, size_t n, const join_axis *a,
                        const norni_time_style *style, norni_buf *notes) {
    norni_port_when w;
    size_t late, early, most = 0;
    int64_t first = series[0].time[0], last = series[0].time[series[0].n - 1];
    for (size_t k = 0; k < n; k++) {
        const int64_t end = series[k].time[series[k].n - 1];
        most = series[k].n > most ? series[k].n : most;
        first = series[k].time[0] < first ? series[k].time[0] : first;
        last = end > last ? end : last;
    }
    if (a->n == most) return;
    find_ends(series, n, &late, &early);
    const norni_port_series *l = &series[late], *e = &series[early];
    norni_buf_format(notes, "%zu bars are common to all %zu symbols, of %zu", a->n, n, most);
    if (l->time[0] > first)
        norni_buf_format(notes, "; %.*s begins last (%s)", norni_port_shown(l->symbol), l->symbol.p,
                         norni_port_when_text(&w, l->time[0], style));
    if (e->time[e->n - 1] < last)
        norni_buf_format(notes, "; %.*s ends first (%s)", norni_port_shown(e->symbol), e->symbol.p,
                         norni_port_when_text(&w, e->time[e->n - 1], style));
    norni_buf_text(notes, "\n");
}

/* Whether the series has a price above 0 at or behind `from`. */
static bool reaches(const norni_port_series *s, int64_t from) {
    return s->dead > 0 && s->time[s->dead - 1] >= from;
}

/* Keeps the series that reach the bars; their number. */
static size_t keep_reaching(norni_port_series *series, size_t n, int64_t from,
                            norni_port_prices *p) {
    norni_port_when w;
    size_t kept = 0;
    for (size_t k = 0; k < n; k++) {
        if (reaches(&series[k], from)) {
            series[kept++] = series[k];
            continue;
        }
        norni_buf_format(&p->notes, "%.*s: it has no price above 0 from %s on and is left out\n",
                         norni_port_shown(series[k].symbol), series[k].symbol.p,
                         norni_port_when_text(&w, from, &p->style));
        norni_port_leave_out(p, series[k].symbol);
    }
    return kept;
}

/* One symbol's column. */
static void fill_column(const norni_port_series *s, norni_port_prices *p, size_t k) {
    const size_t w = p->n_assets;
    double held = 0;
    size_t j = 0;
    bool any = false;
    for (size_t i = 0; i < p->n_bars; i++) {
        for (; j < s->n && s->time[j] < p->time[i]; j++)
            held = s->price[j];
        const bool has = j < s->n && s->time[j] == p->time[i];
        if (has) held = s->price[j++];
        p->price[i * w + k] = held;
        p->traded[i * w + k] = has && held > 0;
        if (!has || held <= 0) continue;
        if (!any) p->first[k] = i;
        any = true;
        p->last[k] = i;
    }
}

/* What the union holds besides prices: late beginnings, gaps, early ends. */
static void tell_union(const norni_port_series *s, const norni_port_prices *p, size_t k,
                       norni_buf *notes) {
    norni_port_when w;
    size_t gaps = 0;
    const size_t first = p->first[k], last = p->last[k];
    for (size_t i = first; i <= last; i++)
        gaps += !p->traded[i * p->n_assets + k];
    if (p->price[k] == 0)
        norni_buf_format(
            notes, "%.*s: its prices begin at %s, %zu bar%s late; it cannot be bought before\n",
            norni_port_shown(s->symbol), s->symbol.p,
            norni_port_when_text(&w, p->time[first], &p->style), first, first == 1 ? "" : "s");
    if (gaps > 0)
        norni_buf_format(
            notes,
            "%.*s: no price at %zu bar%s between its first and its last; there it keeps the price "
            "before and is not traded\n",
            norni_port_shown(s->symbol), s->symbol.p, gaps, gaps == 1 ? "" : "s");
    if (last + 1 < p->n_bars && s->dead == s->n)
        norni_buf_format(notes,
                         "%.*s: its prices end at %s, %zu bars early (delisted?): it keeps its "
                         "last price and is "
                         "not traded from there\n",
                         norni_port_shown(s->symbol), s->symbol.p,
                         norni_port_when_text(&w, p->time[last], &p->style), p->n_bars - 1 - last);
}

static norn_status get_panel(norni_port_prices *p, norn_err *err) {
    size_t cells;
    if (!norni_mul_size(p->n_bars, p->n_assets, &cells)) cells = SIZE_MAX;
    p->time = norni_arena_get(&p->arena, p->n_bars, sizeof *p->time);
    p->symbol = norni_arena_get(&p->arena, p->n_assets, sizeof *p->symbol);
    p->price = norni_arena_get(&p->arena, cells, sizeof *p->price);
    p->traded = norni_arena_get(&p->arena, cells, sizeof *p->traded);
    p->first = norni_arena_zero(&p->arena, p->n_assets, sizeof *p->first);
    p->last = norni_arena_zero(&p->arena, p->n_assets, sizeof *p->last);
    if (!p->time || !p->symbol || !p->price || !p->traded || !p->first || !p->last)
        return norni_alloc_fail(err, "prices", cells, sizeof *p->price + 1);
    return NORN_OK;
}

/* The first bar that a symbol must reach: of the bars that stay, and of those that are wanted. */
static norn_status find_reach(norni_arena *scratch, const join_axis *a, size_t skip,
                              const norni_port_prices_opt *opt, const norni_time_style *style,
                              size_t *at, norn_err *err) {
    int64_t step;
    *at = skip;
    if (!(opt->want_days > 0)) return NORN_OK;
    NORN_TRY(norni_port_common_step(scratch->alloc, a->time, a->n, &step, err));
    const double bars = opt->want_days * norni_port_step_bars(step, style) + 1e-9;
    if (bars < 1) {
        *at = a->n - 1;
    } else if (bars < (double)(a->n - skip)) {
        *at = a->n - (size_t)bars;
    }
    return NORN_OK;
}

norn_status norni_port_join(norni_arena *scratch, norni_port_series *series, size_t n,
                            const norni_port_prices_opt *opt, norni_port_prices *p, norn_err *err) {
    join_axis a;
    size_t reach;
    NORN_TRY(make_axis(scratch, series, n, opt->align, &a, err));
    if (a.n == 0) return fail_apart(series, n, &p->style, err);
    if (opt->align == NORNI_PORT_INTERSECT) tell_common(series, n, &a, &p->style, &p->notes);
    const size_t skip = opt->max_bars > 0 && a.n > opt->max_bars ? a.n - opt->max_bars : 0;
    if (skip > 0)
        norni_buf_format(&p->notes, "the newest %zu of %zu bars are taken\n", opt->max_bars, a.n);
    NORN_TRY(find_reach(scratch, &a, skip, opt, &p->style, &reach, err));
    p->n_assets = keep_reaching(series, n, a.time[reach], p);
    if (p->n_assets == 0)
        return norn_fail(err, NORN_E_DATA,
                         "prices: no symbol has a price above 0 in the bars asked for");
    p->n_bars = a.n - skip;
    NORN_TRY(get_panel(p, err));
    memcpy(p->time, a.time + skip, p->n_bars * sizeof *p->time);
    for (size_t k = 0; k < p->n_assets; k++) {
        p->symbol[k] =
            (norni_str){norni_arena_text(&p->arena, series[k].symbol.p, series[k].symbol.n),
                        series[k].symbol.n};
        if (p->symbol[k].p == NULL) return norni_alloc_fail(err, "prices", series[k].symbol.n, 1);
        fill_column(&series[k], p, k);
        if (opt->align == NORNI_PORT_UNION) tell_union(&series[k], p, k, &p->notes);
    }
    return NORN_OK;
}
