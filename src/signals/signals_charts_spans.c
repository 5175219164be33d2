/* Hours of the market put together into days or weeks, so that a chart of years can be read. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "data/calendar.h"
#include "signals/signals_report_parts.h"

enum { MOST = 1000 };

/* Sums over the hours of one span. */
typedef struct sums {
    norni_sum weight, signal, confidence, valid, bounded, lo, hi, bullish, agree;
} sums;

static int64_t floor_to(int64_t us, int64_t unit, int64_t from) {
    const int64_t rest = (us - from) % unit;
    return us - (rest < 0 ? rest + unit : rest);
}

static void take(sums *s, const norni_signal_bucket *u) {
    const double w = u->n_eff, v = (double)u->n_valid;
    if (u->n_valid == 0) return;
    s->weight = norni_sum_add(s->weight, w);
    s->signal = norni_sum_add(s->signal, w * u->signal);
    s->bullish = norni_sum_add(s->bullish, w * u->bullishness);
    s->agree = norni_sum_add(s->agree, w * u->agreement);
    s->valid = norni_sum_add(s->valid, v);
    s->confidence = norni_sum_add(s->confidence, v * u->confidence);
    if (!isfinite(u->lo) || !isfinite(u->hi)) return;
    s->bounded = norni_sum_add(s->bounded, w);
    s->lo = norni_sum_add(s->lo, w * u->lo);
    s->hi = norni_sum_add(s->hi, w * u->hi);
}

static double mean_of(norni_sum sum, norni_sum weight) {
    const double w = norni_sum_get(weight);
    return w > 0 ? norni_sum_get(sum) / w : NORNI_NAN;
}

static void finish(norni_signal_bucket *to, const sums *s) {
    to->n_eff = norni_sum_get(s->weight);
    to->signal = mean_of(s->signal, s->weight);
    to->bullishness = mean_of(s->bullish, s->weight);
    to->agreement = mean_of(s->agree, s->weight);
    to->confidence = mean_of(s->confidence, s->valid);
    to->lo = mean_of(s->lo, s->bounded);
    to->hi = mean_of(s->hi, s->bounded);
    to->volume_z = NORNI_NAN;
}

/* The span that begins at `begin`, of the hours from `h` on; the hour behind it. */
static size_t gather(const norni_aggregates *a, size_t h, int64_t begin, int64_t unit, int64_t from,
                     norni_signal_bucket *to) {
    sums s = {.weight = {0, 0}};
    *to = (norni_signal_bucket){.begin = begin, .end = begin + unit};
    for (; h < a->n_hours && floor_to(a->hour[h].begin, unit, from) == begin; h++) {
        const norni_signal_bucket *u = &a->hour[h];
        to->n += u->n;
        to->n_valid += u->n_valid;
        if (u->end > to->end) to->end = u->end; /* hours that do not begin at a full one */
        take(&s, u);
    }
    finish(to, &s);
    return h;
}

norn_status norni_signals_spans(const norni_signal_page *p, norni_signal_spans *out) {
    static const char *const name[] = {"hour", "day", "week"};
    const int64_t length[] = {NORNI_US_DAY / 24, NORNI_US_DAY, 7 * NORNI_US_DAY};
    const norni_aggregates *a = p->a;
    size_t kind = 0, n = 0;
    *out = (norni_signal_spans){.unit = name[0], .n = a->n_hours, .span = a->hour};
    if (a->n_hours == 0) return NORN_OK;
    const double all = (double)a->hour[a->n_hours - 1].end - (double)a->hour[0].begin;
    while (kind < 2 && all > MOST * (double)length[kind])
        kind++;
    if (kind == 0) return NORN_OK;
    const int64_t unit = length[kind], from = kind == 2 ? 4 * NORNI_US_DAY : 0; /* a Monday */
    norni_signal_bucket *span = norni_arena_get(p->arena, 2 * a->n_hours, sizeof *span);
    if (span == NULL) return norni_signals_no_memory(p, 2 * a->n_hours);
    for (size_t h = 0; h < a->n_hours;) {
        const int64_t begin = floor_to(a->hour[h].begin, unit, from);
        const int64_t gap = n > 0 ? floor_to(span[n - 1].begin, unit, from) + unit : begin;
        if (gap < begin) (void)gather(a, a->n_hours, gap, unit, from, &span[n++]);
        h = gather(a, h, begin, unit, from, &span[n++]);
    }
    *out = (norni_signal_spans){.unit = name[kind], .n = n, .span = span};
    return NORN_OK;
}
