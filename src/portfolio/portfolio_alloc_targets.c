/* Schedules: the target weights of a window, estimated anew every so many days from the bars before. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Estimates are made at bar `first` and at the first bar at or after first + j estimate_days, j = 1, 2, ... From bar t they see the prices
 * of (clock[t] - lookback_days, t], with the one before as the base of the first return, and nothing else: no bar after t, and nothing
 * that depends on `end` but how many targets there are. */
#include <math.h>

#include "base/fp.h"
#include "portfolio/portfolio_risk.h"

#define SLACK 1e-9 /* days: a clock of hours in days does not add up to the last bit */

typedef struct schedule {
    const norni_port_alloc *a;
    const norni_port_market *m;
    const double *day;    /* (n_bars) */
    size_t *fresh, *used; /* (n_assets): those that trade; those of them with enough prices */
    size_t n_fresh, n_used, n_fallback;
    double *part; /* (n_assets) weights of a few */
    norni_arena *arena;
    const norni_poll *poll; /* or NULL */
} schedule;

static bool has_price(const norni_port_market *m, size_t bar, size_t i) {
    return m->price[bar * m->n_assets + i] > 0;
}

static bool trades(const norni_port_market *m, size_t bar, size_t i) {
    return has_price(m, bar, i) && (m->traded == NULL || m->traded[bar * m->n_assets + i]);
}

static bool is_fresh(const schedule *s, size_t bar, size_t i) {
    if (!has_price(s->m, bar, i)) return false;
    for (size_t t = bar + 1; t-- > 0 && s->day[t] > s->day[bar] - NORNI_PORT_FRESH_DAYS - SLACK;)
        if (trades(s->m, t, i)) return true;
    return false;
}

/* The bar whose price is the base of the first return. */
static size_t lookback_from(const schedule *s, size_t bar, double days) {
    size_t t = bar;
    while (t > 0 && s->day[t - 1] >= s->day[bar] - days - SLACK)
        t--;
    return t;
}

/* Do prices reach over two thirds of the lookback, and trade at two thirds of its bars? */
static bool is_known(const schedule *s, size_t from, size_t bar, size_t i) {
    size_t first = bar + 1, traded = 0;
    for (size_t t = bar + 1; t-- > from;) {
        if (has_price(s->m, t, i)) first = t;
        traded += trades(s->m, t, i);
    }
    return first < bar && s->day[first] <= s->day[bar] - s->a->lookback_days * 2 / 3 + SLACK &&
           3 * traded >= 2 * (bar + 1 - from);
}

static void choose(schedule *s, size_t from, size_t bar) {
    s->n_fresh = s->n_used = 0;
    for (size_t i = 0; i < s->m->n_assets; i++) {
        if (!is_fresh(s, bar, i)) continue;
        s->fresh[s->n_fresh++] = i;
        if (!norni_port_alloc_estimates(s->a) || is_known(s, from, bar, i))
            s->used[s->n_used++] = i;
    }
}

/* Returns of the assets used over bars (from, bar]; NaN where there is no price before. */
static double *returns_of(const schedule *s, size_t from, size_t bar) {
    const size_t k = s->n_used, n = s->m->n_assets;
    double *x = norni_arena_get(s->arena, (bar - from) * k + 1, sizeof *x);
    for (size_t t = from + 1; x != NULL && t <= bar; t++)
        for (size_t j = 0; j < k; j++) {
            const double before = s->m->price[(t - 1) * n + s->used[j]];
            const double now = s->m->price[t * n + s->used[j]];
            x[(t - from - 1) * k + j] = before > 0 ? now / before - 1 : NORNI_NAN;
        }
    return x;
}

/* Bounds that n assets cannot keep are widened to equal weights; the weights of FIXED become those of the assets used, their sum that of
 * all. own (n_assets) holds them. */
static norni_port_alloc narrowed(const schedule *s, double *own) {
    norni_port_alloc a = *s->a;
    const double even = 1 / (double)s->n_used;
    double all = 0, kept = 0;
    a.min_weight = a.min_weight > even ? even : a.min_weight;
    a.max_weight = a.max_weight < even ? even : a.max_weight;
    if (a.kind != NORNI_PORT_FIXED) return a;
    for (size_t i = 0; i < s->m->n_assets; i++)
        all += a.weight[i];
    for (size_t j = 0; j < s->n_used; j++)
        kept += own[j] = a.weight[s->used[j]];
    for (size_t j = 0; s->n_used < s->m->n_assets && j < s->n_used; j++)
        own[j] = kept > 0 ? own[j] * (all / kept) : 0;
    a.weight = own;
    a.n_weights = s->n_used;
    return a;
}

static void spread_evenly(const schedule *s, double *weight) {
    for (size_t j = 0; j < s->n_fresh; j++)
        weight[s->fresh[j]] = s->a->leverage / (double)s->n_fresh;
}

/* weight (n_assets) as of `bar`. */
static norn_status target_at(schedule *s, size_t bar, double *weight, norn_err *err) {
    const bool estimates = norni_port_alloc_estimates(s->a);
    const size_t from = estimates ? lookback_from(s, bar, s->a->lookback_days) : bar;
    for (size_t i = 0; i < s->m->n_assets; i++)
        weight[i] = 0;
    choose(s, from, bar);
    if (s->n_fresh == 0) return NORN_OK; /* all in cash */
    if (s->n_used == 0) {
        s->n_fallback++;
        spread_evenly(s, weight);
        return NORN_OK;
    }
    const norni_arena_mark mark = norni_arena_mark_get(s->arena);
    double *own = norni_arena_get(s->arena, s->n_used, sizeof *own);
    double *x = returns_of(s, from, bar);
    if (own == NULL || x == NULL) {
        norni_arena_rewind(s->arena, mark);
        return norni_alloc_fail(err, "targets", (bar - from + 1) * s->n_used, sizeof *x);
    }
    const norni_port_alloc a = narrowed(s, own);
    const norni_port_sample given = {.returns = x,
                                     .n = bar - from,
                                     .n_assets = s->n_used,
                                     .skip = bar - lookback_from(s, bar, a.skip_days),
                                     .periods_per_year = s->m->periods_per_year};
    norn_status st = norni_port_alloc_estimate(&a, &given, s->arena, s->part, err);
    norni_arena_rewind(s->arena, mark);
    for (size_t j = 0; st == NORN_OK && j < s->n_used; j++)
        weight[s->used[j]] = s->part[j];
    if (estimates && (st == NORN_E_DATA || st == NORN_E_NUMERIC)) {
        s->n_fallback++;
        spread_evenly(s, weight);
        st = NORN_OK;
    }
    return st;
}

/* Bars of the estimates into bar (may be NULL); how many. */
static size_t dates_of(const schedule *s, size_t first, size_t end, size_t *bar) {
    const double every = s->a->estimate_days;
    size_t n = 0;
    double due = s->day[first];
    for (size_t t = first; t < end; t++) {
        if (s->day[t] < due - SLACK) continue;
        if (bar != NULL) bar[n] = t;
        n++;
        if (!(every > 0)) break;
        due = s->day[first] + (floor((s->day[t] - s->day[first] + SLACK) / every) + 1) * every;
    }
    return n;
}

static norn_status fill(schedule *s, size_t *bar, double *weight, size_t n, norn_err *err) {
    const size_t k = s->m->n_assets;
    const norni_arena_mark mark = norni_arena_mark_get(s->arena);
    s->fresh = norni_arena_get(s->arena, k, sizeof *s->fresh);
    s->used = norni_arena_get(s->arena, k, sizeof *s->used);
    s->part = norni_arena_get(s->arena, k, sizeof *s->part);
    norn_status st = s->fresh && s->used && s->part
                         ? NORN_OK
                         : norni_alloc_fail(err, "targets", k, sizeof *s->part);
    for (size_t j = 0; st == NORN_OK && j < n; j++)
        st = norni_poll_stop(s->poll) ? norn_fail(err, NORN_E_CANCEL, "cancelled")
                                      : target_at(s, bar[j], weight + j * k, err);
    norni_arena_rewind(s->arena, mark);
    return st;
}

norn_status norni_port_alloc_targets_polled(const norni_port_alloc *a, const norni_port_market *m,
                                            size_t first, size_t end, norni_arena *arena,
                                            const norni_poll *poll, norni_port_targets *out,
                                            size_t *n_fallback, norn_err *err) {
    schedule s = {
        .a = a, .m = m, .day = m->clock[NORNI_PORT_CLOCK_DAYS], .arena = arena, .poll = poll};
    if (first >= end || end > m->n_bars || m->n_assets == 0)
        return norn_fail(err, NORN_E_ARG, "targets: bars %zu to %zu of %zu, %zu assets", first, end,
                         m->n_bars, m->n_assets);
    NORN_TRY(norni_port_alloc_check(a, m->n_assets, err));
    const size_t n = dates_of(&s, first, end, NULL);
    size_t *bar = norni_arena_get(arena, n, sizeof *bar);
    double *weight = norni_arena_get(arena, n * m->n_assets, sizeof *weight);
    if (bar == NULL || weight == NULL)
        return norni_alloc_fail(err, "targets", n * m->n_assets, sizeof *weight);
    (void)dates_of(&s, first, end, bar);
    NORN_TRY(fill(&s, bar, weight, n, err));
    *out = (norni_port_targets){.n = n, .bar = bar, .weight = weight};
    if (n_fallback != NULL) *n_fallback = s.n_fallback;
    return NORN_OK;
}

norn_status norni_port_alloc_targets(const norni_port_alloc *a, const norni_port_market *m,
                                     size_t first, size_t end, norni_arena *arena,
                                     norni_port_targets *out, size_t *n_fallback, norn_err *err) {
    return norni_port_alloc_targets_polled(a, m, first, end, arena, NULL, out, n_fallback, err);
}
