/* Anomalies: months that stand out of trend and season beyond chance, and that the detectors agree on. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Detectors that look at a series as it stands call the end of a trend and the top of a season unusual, and two of the six
 * call a fixed share of any months unusual. Here trend and season are taken off first (num/deleted_fit.h), the six look at what
 * is left in units of its own error, and three votes are an anomaly only where
 *  - the month is one that the regression leaves out: a chance of ALPHA for a whole series of nothing but noise; and
 *  - it is off by MATERIAL of what is expected and of the series' usual size at least: a smooth series' rounding is no news; and
 *  - other years do not stand out in the same month: a season that two years cannot prove to the regression; and
 *  - the months beside it do not stand out to the same side: a turn that the trend's form does not follow.
 * The first and last months are left out where they are not whole; fewer than NORNI_FIN_LEAST_SEEN months: no anomalies. Days of sales are looked at per day of their month, and a leap
 * February's day more is no news of sums. Revenue of regions and departments is looked at in the same way, with the chance of
 * ALPHA shared by all regions, and by all departments; norni_fin_events tells one event once. Expected values are what the other months say of this one (mean), and
 * that with the median rest added (median). */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/hash.h"
#include "base/sort.h"
#include "data/calendar.h"
#include "finance/finance_anomalies.h"
#include "finance/finance_detectors.h"
#include "finance/finance_findings.h"
#include "finance/finance_trends.h"
#include "num/deleted_fit.h"
#include "num/outliers.h"

enum { TESTED = 10, LEAST_VOTES = 3, MOST_OUT = 5, MOST_GROUPS = 30 };
static const double ALPHA = 0.005, MATERIAL = 0.02;
static const int METRIC[TESTED] = {NORNI_FIN_REVENUE,
                                   NORNI_FIN_EXPENSES,
                                   NORNI_FIN_PROFIT,
                                   NORNI_FIN_CASHFLOW,
                                   NORNI_FIN_AR,
                                   NORNI_FIN_AP,
                                   NORNI_FIN_WORKING_CAPITAL,
                                   NORNI_FIN_PROFIT_MARGIN,
                                   NORNI_FIN_EXPENSE_RATIO,
                                   NORNI_FIN_DSO};

double norni_fin_deviation(double value, double expected) {
    return expected != 0 ? 100 * (value - expected) / fabs(expected) : NORNI_NAN;
}

static norni_fin_severity severity_of(double score) {
    return score >= 0.85   ? NORNI_FIN_CRITICAL
           : score >= 0.70 ? NORNI_FIN_HIGH
           : score >= 0.55 ? NORNI_FIN_MEDIUM
           : score >= 0.40 ? NORNI_FIN_LOW
                           : NORNI_FIN_INFO;
}

static size_t count_votes(uint32_t votes) {
    size_t n = 0;
    for (; votes; votes &= votes - 1)
        n++;
    return n;
}

double norni_fin_confidence(const norni_fin_anomaly *a) {
    return (double)count_votes(a->votes) / NORNI_FIN_DETECTORS;
}

typedef struct finder {
    const norni_fin_months *months;
    norni_str group; /* whose months they are; empty: of all rows */
    double alpha;
    uint64_t seed;
    norni_poll poll;
    norni_arena *arena;
    double *y, *seen, *scratch; /* (n) */
    uint32_t *votes;
    norni_fin_anomalies *out;
} finder;

static int32_t calendar_days(const finder *f, size_t i) {
    const int64_t month = norni_fin_month_of(f->months, i);
    return norni_days_in_month((int32_t)(month / 12), (int32_t)(month % 12) + 1);
}

/* What a month's value holds of its length alone: days of sales are counted in the days that its flows are of. */
static double length(const finder *f, int metric, size_t i) {
    const norni_fin_months *m = f->months;
    const double days = m->days ? m->days[i] : calendar_days(f, i);
    if (metric != NORNI_FIN_DSO || !(days > 0)) return 1;
    return days / (30.4375 * (m->step > 1 ? m->step : 1));
}

/* What is tested of a metric: NaN where a month is missing or not whole. Returns how many are there. */
static size_t take(const finder *f, int metric) {
    const norni_fin_months *m = f->months;
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++) {
        const double x = m->value[metric][i] / length(f, metric, i);
        f->y[i] = i < norni_fin_whole_from(m) || i >= norni_fin_whole_end(m) || !isfinite(x)
                      ? NORNI_NAN
                      : x;
        if (!isnan(f->y[i])) f->seen[n++] = f->y[i];
    }
    return n;
}

static double volatility(const double *x, size_t n) {
    double mean, var;
    (void)norni_mean_var(x, n, 1, &mean, &var);
    return mean != 0 ? sqrt(var) / fabs(mean) : NORNI_INF;
}

static void add(const finder *f, int metric, size_t i, const norni_deleted_fit *fit,
                double median_rest, uint32_t votes) {
    norni_fin_anomaly *a = &f->out->item[f->out->n++];
    const double days = length(f, metric, i);
    *a = (norni_fin_anomaly){.month = norni_fin_month_of(f->months, i),
                             .metric = (norni_fin_metric)metric,
                             .value = f->months->value[metric][i],
                             .mean = norni_canonical(days * fit->expected[i]),
                             .median = norni_canonical(days * (fit->expected[i] + median_rest)),
                             .votes = votes,
                             .trend = fit->degree > 0,
                             .season = fit->n_season > 0,
                             .group = f->group};
    const double off = fabs(norni_fin_deviation(a->value, a->mean)) / 100;
    a->score = 0.6 * norni_fin_confidence(a) + 0.4 * (off < 1 ? off : 1);
    a->severity = severity_of(a->score);
}

/* Whether the same month stands out to the same side, by half as much, in half of the other years. */
static bool recurs(const double *z, size_t n, size_t i) {
    size_t others = 0, alike = 0;
    for (size_t k = i % 12; k < n; k += 12) {
        if (k == i || isnan(z[k])) continue;
        others++;
        alike += z[k] / z[i] >= 0.5;
    }
    return others > 0 && 2 * alike >= others;
}

static bool with(const norni_deleted_fit *fit, size_t i, size_t k) {
    return fit->out[k] && fit->z[k] / fit->z[i] > 0;
}

/* Whether month i is one of several at an end of the series that are off to the same side, or its neighbours, that are
 * kept, are by half as much: a turn that the trend's form does not follow, no single month. */
static bool drifts(const norni_deleted_fit *fit, size_t n, size_t i) {
    const double *z = fit->z;
    const bool before = i > 0 && !isnan(z[i - 1]), behind = i + 1 < n && !isnan(z[i + 1]);
    size_t from = i, to = i;
    while (from > 0 && with(fit, i, from - 1))
        from--;
    while (to + 1 < n && with(fit, i, to + 1))
        to++;
    if (to > from && (from == 0 || to + 1 == n)) return true;
    if (before && (fit->out[i - 1] || z[i - 1] / z[i] < 0.5)) return false;
    if (behind && (fit->out[i + 1] || z[i + 1] / z[i] < 0.5)) return false;
    return before || behind;
}

/* How far month i is off; a leap February's sum of one day more is not. */
static double distance(const finder *f, int metric, size_t i, double expected) {
    const double off = fabs(f->y[i] - expected);
    return metric <= NORNI_FIN_CASHFLOW && calendar_days(f, i) == 29
               ? fmin(off, fabs(f->y[i] * 28 / 29 - expected))
               : off;
}

static norn_status look(const finder *f, int metric, norn_err *err) {
    const size_t n = f->months->n, seen = take(f, metric);
    const norni_deleted_opt o = {12, seen / 10 < MOST_OUT ? seen / 10 : MOST_OUT, f->alpha};
    norni_deleted_fit fit;
    if (seen < NORNI_FIN_LEAST_SEEN) return NORN_OK;
    const double spread = volatility(f->seen, seen);
    for (size_t i = 0; i < seen; i++)
        f->seen[i] = fabs(f->seen[i]);
    const double usual = norni_median(f->seen, seen, f->scratch);
    NORN_TRY(norni_deleted_fit_make(f->y, n, &o, &f->poll, f->arena, &fit, err));
    if (!fit.ok || fit.n_out == 0) return NORN_OK;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(f->y[i])) f->seen[k++] = f->y[i] - fit.expected[i];
    const double median_rest = norni_median(f->seen, seen, f->scratch);
    for (size_t i = k = 0; i < n; i++)
        if (!isnan(f->y[i])) f->seen[k++] = fit.z[i];
    const char *name = norni_fin_metric_name((norni_fin_metric)metric);
    const norni_fin_rest rest = {
        .z = f->seen,
        .n = seen,
        .volatility = spread,
        .seasonal = fit.n_season > 0,
        .rng = {f->seed, norni_hash64(name, strlen(name)) ^
                             (f->group.n ? norni_hash64(f->group.p, f->group.n) : 0)}};
    NORN_TRY(norni_fin_detect(&rest, &f->poll, f->arena, f->votes, err));
    for (size_t i = k = 0; i < n; i++) {
        if (isnan(f->y[i])) continue;
        const uint32_t votes = f->votes[k++];
        if (!fit.out[i] || count_votes(votes) < LEAST_VOTES) continue;
        if (distance(f, metric, i, fit.expected[i]) <
                MATERIAL * fmax(usual, fabs(fit.expected[i])) ||
            recurs(fit.z, n, i) || drifts(&fit, n, i))
            continue;
        add(f, metric, i, &fit, median_rest, votes);
    }
    return NORN_OK;
}

static int before(const void *arg, size_t i, size_t j) {
    const norni_fin_anomaly *a = (const norni_fin_anomaly *)arg + i,
                            *b = (const norni_fin_anomaly *)arg + j;
    if (a->severity != b->severity) return a->severity > b->severity ? -1 : 1;
    if (a->month != b->month) return a->month < b->month ? -1 : 1;
    return (a->metric > b->metric) - (a->metric < b->metric);
}

static norn_status put_in_order(norni_fin_anomalies *a, norni_arena *arena, norn_err *err) {
    size_t *order = norni_arena_get(arena, 2 * a->n, sizeof *order);
    norni_fin_anomaly *item = norni_arena_get(arena, a->n, sizeof *item);
    if (!order || !item) return norni_alloc_fail(err, "anomalies", a->n, sizeof *item);
    for (size_t i = 0; i < a->n; i++)
        order[i] = i;
    norni_sort_index(order, a->n, before, a->item, order + a->n);
    for (size_t i = 0; i < a->n; i++)
        item[i] = a->item[order[i]];
    a->item = item;
    return NORN_OK;
}

/* The metric in the months f->months, which belong to f->group. */
static norn_status look_in(finder *f, const norni_fin_months *m, int metric, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(f->arena);
    if (m->n < NORNI_FIN_LEAST_SEEN || !m->value[metric]) return NORN_OK;
    f->months = m;
    NORN_TRY(look(f, metric, err));
    norni_arena_rewind(f->arena, mark);
    return NORN_OK;
}

static int larger(const void *arg, size_t i, size_t j) {
    const double *total = arg;
    return total[i] == total[j] ? (i > j) - (i < j) : total[i] > total[j] ? -1 : 1;
}

/* One group is all rows, or nearly. */
static size_t used_of(const norni_fin_groups *g) {
    return g->n < 2 ? 0 : g->n < MOST_GROUPS ? g->n : MOST_GROUPS;
}

/* Revenue of the groups, of the MOST_GROUPS largest where they are more. */
static norn_status look_at_groups(finder *f, const norni_fin_groups *groups,
                                  const norni_fin_months *months, norn_err *err) {
    const size_t n = groups->n, used = used_of(groups);
    const norni_arena_mark mark = norni_arena_mark_get(f->arena);
    if (used == 0 || !months) return NORN_OK;
    double *total = norni_arena_zero(f->arena, n, sizeof *total);
    size_t *order = norni_arena_get(f->arena, 2 * n, sizeof *order);
    if (!total || !order) return norni_alloc_fail(err, "anomalies", n, sizeof *total);
    for (size_t g = 0; g < n; g++) {
        const double *x = months[g].value[NORNI_FIN_REVENUE];
        order[g] = g;
        for (size_t i = 0; x && i < months[g].n; i++)
            total[g] += isfinite(x[i]) ? fabs(x[i]) : 0;
    }
    norni_sort_index(order, n, larger, total, order + n);
    f->alpha = ALPHA / (double)used;
    for (size_t k = 0; k < used; k++) {
        f->group = groups->name[order[k]];
        NORN_TRY(look_in(f, &months[order[k]], NORNI_FIN_REVENUE, err));
    }
    norni_arena_rewind(f->arena, mark);
    return NORN_OK;
}

norn_status norni_fin_anomalies_make(norn_ctx *ctx, const norni_fin_book *book, uint64_t seed,
                                     norni_arena *arena, norni_fin_anomalies *out, norn_err *err) {
    const size_t n = book->all.n;
    finder f = {.alpha = ALPHA, .seed = seed, .poll = norni_ctx_poll(ctx), .arena = arena};
    *out = (norni_fin_anomalies){0, NULL};
    if (n < NORNI_FIN_LEAST_SEEN) return NORN_OK;
    f.out = out;
    f.y = norni_arena_get(arena, 3 * n, sizeof *f.y);
    f.votes = norni_arena_get(arena, n, sizeof *f.votes);
    out->item = norni_arena_get(
        arena,
        (TESTED + used_of(&book->table.region) + used_of(&book->table.department)) * MOST_OUT,
        sizeof *out->item);
    if (!f.y || !f.votes || !out->item) return norni_alloc_fail(err, "anomalies", n, 28);
    f.seen = f.y + n, f.scratch = f.y + 2 * n;
    for (size_t k = 0; k < TESTED; k++)
        NORN_TRY(look_in(&f, &book->all, METRIC[k], err));
    NORN_TRY(look_at_groups(&f, &book->table.region, book->region, err));
    NORN_TRY(look_at_groups(&f, &book->table.department, book->department, err));
    norni_fin_events(out);
    return put_in_order(out, arena, err);
}
