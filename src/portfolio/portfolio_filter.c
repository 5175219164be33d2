/* A filter of a portfolio: hourly signals laid over the bars of the prices, which assets are not to be held at which bar. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_filter.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/sort.h"

enum { SHOWN = 40, TOLD_ASSETS = 8 };

/* One column in the order of its times. */
typedef struct line {
    size_t n;
    int64_t *time;
    double *value;
} line;

static int shown(norni_str s) {
    return (int)(s.n > SHOWN ? SHOWN : s.n);
}

static int by_time(const void *arg, size_t a, size_t b) {
    const int64_t *t = arg;
    return (t[a] > t[b]) - (t[a] < t[b]);
}

/* Equal values of one time are one. */
static norn_status settle(const norni_port_quotes *q, const norni_time_style *style,
                          norni_arena *arena, line *out, norn_err *err) {
    size_t *index = norni_arena_get(arena, q->n + 1, sizeof *index);
    size_t *scratch = norni_arena_get(arena, q->n + 1, sizeof *scratch);
    out->time = norni_arena_get(arena, q->n + 1, sizeof *out->time);
    out->value = norni_arena_get(arena, q->n + 1, sizeof *out->value);
    out->n = 0;
    if (!index || !scratch || !out->time || !out->value)
        return norni_alloc_fail(err, "--signal", q->n, sizeof *index);
    for (size_t i = 0; i < q->n; i++)
        index[i] = i;
    norni_sort_index(index, q->n, by_time, q->time, scratch);
    for (size_t i = 0; i < q->n; i++) {
        const int64_t t = q->time[index[i]];
        const double v = q->close[index[i]];
        const size_t at = out->n;
        if (at > 0 && out->time[at - 1] == t) {
            char text[64];
            if (out->value[at - 1] == v) continue;
            const size_t n = norni_time_print(text, t, style);
            return norn_fail(err, NORN_E_DATA,
                             "column '%.*s' has two values at %.*s, %g and %g; leave one of them",
                             shown(q->symbol), q->symbol.p, (int)n, text, out->value[at - 1], v);
        }
        out->time[at] = t;
        out->value[at] = v;
        out->n++;
    }
    return NORN_OK;
}

/* ---- which column ---- */

static size_t find_column(const norni_port_quotes *s, size_t n, const char *name) {
    for (size_t k = 0; k < n; k++)
        if (norni_str_is_nocase(s[k].symbol, name)) return k;
    return SIZE_MAX;
}

static bool starts_signal(norni_str s) {
    return s.n > 7 && norni_str_is_nocase((norni_str){s.p, 7}, "signal_");
}

/* Ends of the market's interval, of no tag. */
static bool is_end(norni_str tag) {
    return norni_str_is_nocase(tag, "lo") || norni_str_is_nocase(tag, "hi");
}

static norn_status find_own(const norni_port_quotes *s, size_t n, norni_str symbol,
                            norni_arena *arena, size_t *out, norn_err *err) {
    *out = SIZE_MAX;
    for (size_t k = 0; k < n; k++) {
        norni_str name;
        norn_err why = {NORN_OK, ""};
        if (!starts_signal(s[k].symbol)) continue;
        norni_str tag = {s[k].symbol.p + 7, s[k].symbol.n - 7};
        if (is_end(tag)) continue;
        if (tag.n > 4 && norni_str_is_nocase((norni_str){tag.p, 4}, "tag_"))
            tag = (norni_str){tag.p + 4, tag.n - 4}; /* so LO has signal_tag_lo */
        const norn_status st = norni_port_symbol(arena, tag, &name, &why);
        if (st == NORN_E_MEM) return norn_fail(err, st, "%s", why.text);
        if (st != NORN_OK || norni_str_cmp(name, symbol) != 0) continue;
        if (*out != SIZE_MAX)
            return norn_fail(err, NORN_E_DATA,
                             "columns '%.*s' and '%.*s' are both of %.*s; leave one of them",
                             shown(s[*out].symbol), s[*out].symbol.p, shown(s[k].symbol),
                             s[k].symbol.p, shown(symbol), symbol.p);
        *out = k;
    }
    return NORN_OK;
}

static norn_status no_column(const norni_port_quotes *s, size_t n, const char *name,
                             norn_err *err) {
    char list[160];
    size_t at = 0;
    list[0] = '\0';
    for (size_t k = 0; k < n && at + SHOWN + 4 < sizeof list; k++)
        at += norni_format(list + at, sizeof list - at, "%s%.*s", k ? ", " : "", shown(s[k].symbol),
                           s[k].symbol.p);
    return norn_fail(err, NORN_E_DATA,
                     "there is no column '%.60s'; there are %s (--signal-column names one)", name,
                     at > 0 ? list : "none");
}

static norn_status choose(const norni_port_prices *p, const norni_port_quotes *s, size_t n,
                          const char *column, norni_arena *arena, size_t *of, norn_err *err) {
    for (size_t a = 0; a < p->n_assets; a++) {
        of[a] = SIZE_MAX;
        if (column == NULL) NORN_TRY(find_own(s, n, p->symbol[a], arena, &of[a], err));
        const char *name = column ? column : "signal";
        if (of[a] == SIZE_MAX) of[a] = find_column(s, n, name);
        if (of[a] == SIZE_MAX) return no_column(s, n, name, err);
    }
    return NORN_OK;
}

/* ---- over the bars ---- */

typedef struct seen {
    size_t out, unknown, known;
} seen;

/* Of what is known at a bar nothing is younger than the bar. */
static void lay(const norni_port_prices *p, size_t a, const line *l, norni_port_filter *f,
                seen *c) {
    const norni_port_filter_opt *o = &f->opt;
    const double age = o->max_age_hours * (double)(NORNI_US_DAY / 24);
    size_t next = 0;
    for (size_t t = 0; t < p->n_bars; t++) {
        while (next < l->n && l->time[next] <= p->time[t])
            next++;
        const bool known =
            next > 0 && (!(age > 0) || (double)p->time[t] - (double)l->time[next - 1] <= age);
        const bool out = known ? l->value[next - 1] < o->least : !o->unknown_holds;
        f->out[t * p->n_assets + a] = out;
        c->out += out;
        c->known += known;
        c->unknown += !known;
    }
}

static norn_status no_time(const norni_port_prices *p, const line *l, size_t n,
                           const norni_time_style *style, const norni_port_filter *f,
                           norn_err *err) {
    int64_t first = INT64_MAX, last = INT64_MIN;
    char a[64], b[64], c[64], d[64];
    for (size_t k = 0; k < n; k++) {
        if (l[k].n == 0) continue;
        if (l[k].time[0] < first) first = l[k].time[0];
        if (l[k].time[l[k].n - 1] > last) last = l[k].time[l[k].n - 1];
    }
    if (first > last)
        return norn_fail(err, NORN_E_DATA, "column '%.*s' holds no value at all",
                         shown(f->column[0]), f->column[0].p);
    const size_t na = norni_time_print(a, first, style), nb = norni_time_print(b, last, style);
    const size_t nc = norni_time_print(c, p->time[0], &p->style);
    const size_t nd = norni_time_print(d, p->time[p->n_bars - 1], &p->style);
    return norn_fail(err, NORN_E_DATA,
                     "no bar of the prices has a signal: the signals are of %.*s to %.*s, the "
                     "prices of %.*s to %.*s, and a signal holds %g hours (--signal-max-age)",
                     (int)na, a, (int)nb, b, (int)nc, c, (int)nd, d, f->opt.max_age_hours);
}

static norni_hash128 key_of(const norni_port_filter *f, const line *l, const size_t *of, size_t n) {
    norni_hash_stream h;
    const double number[] = {norni_canonical(f->opt.least), norni_canonical(f->opt.max_age_hours),
                             f->opt.unknown_holds};
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, number, sizeof number);
    for (size_t a = 0; a < n; a++) {
        const uint64_t rows = l[of[a]].n;
        norni_hash_stream_add(&h, &rows, sizeof rows);
        norni_hash_stream_add(&h, l[of[a]].time, l[of[a]].n * sizeof(int64_t));
        norni_hash_stream_add(&h, l[of[a]].value, l[of[a]].n * sizeof(double));
    }
    return norni_hash_stream_get(&h);
}

norn_status norni_port_filter_make(const norni_port_prices *p, const norni_port_quotes *signal,
                                   size_t n, norni_time_style style,
                                   const norni_port_filter_opt *opt, norni_arena *arena,
                                   norni_port_filter *out, norn_err *err) {
    const size_t assets = p->n_assets, bars = p->n_bars;
    seen c = {0, 0, 0};
    *out = (norni_port_filter){.opt = *opt};
    if (p->style.kind == NORNI_TIME_INDEX || style.kind == NORNI_TIME_INDEX)
        return norn_fail(err, NORN_E_DATA,
                         "the times of %s are whole numbers, not dates; a signal is known at a "
                         "date",
                         style.kind == NORNI_TIME_INDEX ? "the signals" : "the prices");
    size_t *of = norni_arena_get(arena, assets + 1, sizeof *of);
    line *l = norni_arena_zero(arena, n + 1, sizeof *l);
    bool *done = norni_arena_zero(arena, n + 1, sizeof *done);
    out->out = norni_arena_get(arena, bars * assets + 1, 1);
    out->column = norni_arena_get(arena, assets + 1, sizeof *out->column);
    if (!of || !l || !done || !out->out || !out->column)
        return norni_alloc_fail(err, "--signal", bars * assets, 1);
    NORN_TRY(choose(p, signal, n, opt->column, arena, of, err));
    for (size_t a = 0; a < assets; a++) {
        const size_t k = of[a];
        const norni_str name = signal[k].symbol;
        char *kept = norni_arena_text(arena, name.p, name.n);
        if (!kept) return norni_alloc_fail(err, "--signal", name.n, 1);
        out->column[a] = (norni_str){kept, name.n};
        if (!done[k]) NORN_TRY(settle(&signal[k], &style, arena, &l[k], err));
        done[k] = true;
        lay(p, a, &l[k], out, &c);
    }
    if (c.known == 0) return no_time(p, l, n, &style, out, err);
    out->share_out = (double)c.out / (double)(bars * assets);
    out->share_unknown = (double)c.unknown / (double)(bars * assets);
    out->key = key_of(out, l, of, assets);
    return NORN_OK;
}

static double percent(double share) {
    return floor(share * 1000 + 0.5) / 10;
}

void norni_port_filter_words(const norni_port_filter *f, const norni_port_prices *p,
                             norni_buf *out) {
    norni_buf_text(out, "held while ");
    for (size_t a = 0, told = 0; a < p->n_assets; a++) {
        bool before = false, first = true;
        for (size_t b = 0; b < a; b++)
            before |= norni_str_cmp(f->column[b], f->column[a]) == 0;
        if (before) continue;
        if (told == TOLD_ASSETS) {
            norni_buf_text(out, " or others");
            break;
        }
        norni_buf_format(out, "%s%.*s (", told++ ? " or " : "", shown(f->column[a]),
                         f->column[a].p);
        size_t n = 0, more = 0;
        for (size_t b = a; b < p->n_assets; b++) {
            if (norni_str_cmp(f->column[b], f->column[a]) != 0) continue;
            if (n++ >= TOLD_ASSETS) {
                more++;
                continue;
            }
            norni_buf_format(out, "%s%.*s", first ? "" : ", ", shown(p->symbol[b]), p->symbol[b].p);
            first = false;
        }
        if (more > 0) norni_buf_format(out, " and %zu more", more);
        norni_buf_text(out, ")");
    }
    norni_buf_format(out, " of %.*s is %g or more; out at %g %% of all bars, unknown at %g %%",
                     (int)(f->file.n > 80 ? 80 : f->file.n), f->file.p, f->opt.least,
                     percent(f->share_out), percent(f->share_unknown));
    norni_buf_text(out, f->opt.unknown_holds ? " (then held)" : " (then out)");
}
