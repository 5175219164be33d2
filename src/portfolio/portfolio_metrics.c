/* Performance metrics of a series of returns, as empyrical, quantstats, bt, vectorbt or the calendar count them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A convention is a row of choices (`rule`); everything else is common. What a division by zero would make infinite is NaN in every
 * convention, so that a constant never leads a ranking; docs/portfolio-metrics.md has the formulas. */
#include "portfolio/portfolio_metrics.h"

#include <math.h>

#include "base/fp.h"
#include "base/sort.h"
#include "portfolio/portfolio_metrics_sums.h"

#define YEAR_SECONDS 31557600.0 /* 365.25 days */

typedef enum years { YEARS_BY_ALL, YEARS_BY_COUNT, YEARS_BY_CLOCK } years;
typedef enum ulcer { ULCER_BARS, ULCER_LESS_ONE, ULCER_RETURNS } ulcer;

typedef struct rule {
    const char *name;
    years years;       /* returns with the missing ones, without them, or time */
    bool bar_factor;   /* annual factor: 365 days over the usual distance of two bars */
    bool clock_factor; /* annual factor: returns over years */
    bool anchored;     /* drawdowns count from the wealth before the first return */
    bool corrected;    /* skewness and kurtosis without bias */
    bool normal;       /* VaR and CVaR of a normal with the same mean and deviation */
    bool rate_target;  /* Sortino's target is the risk-free rate */
    bool won_of_moved; /* win rate: of the returns that are not 0 */
    ulcer ulcer;
} rule;

static const rule rules[NORNI_PORT_CONVENTIONS] = {
    [NORNI_PORT_LIKE_EMPYRICAL] = {.name = "empyrical", .anchored = true},
    [NORNI_PORT_LIKE_QUANTSTATS] = {.name = "quantstats",
                                    .years = YEARS_BY_COUNT,
                                    .anchored = true,
                                    .corrected = true,
                                    .normal = true,
                                    .rate_target = true,
                                    .won_of_moved = true,
                                    .ulcer = ULCER_LESS_ONE},
    [NORNI_PORT_LIKE_BT] = {.name = "bt",
                            .years = YEARS_BY_CLOCK,
                            .anchored = true,
                            .corrected = true,
                            .rate_target = true},
    [NORNI_PORT_LIKE_VECTORBT] = {.name = "vectorbt", .bar_factor = true, .ulcer = ULCER_RETURNS},
    [NORNI_PORT_LIKE_CALENDAR] = {.name = "calendar",
                                  .years = YEARS_BY_CLOCK,
                                  .clock_factor = true,
                                  .anchored = true},
};

const char *norni_port_convention_name(norni_port_convention c) {
    return (unsigned)c < NORNI_PORT_CONVENTIONS ? rules[c].name : "unknown";
}

norni_port_metrics_opt norni_port_metrics_opt_default(void) {
    return (norni_port_metrics_opt){
        .convention = NORNI_PORT_LIKE_EMPYRICAL, .periods_per_year = 252, .cutoff = 0.05};
}

static norn_status check(const norni_port_metrics_opt *o, size_t n, const int64_t *time,
                         norn_err *err) {
    if ((unsigned)o->convention >= NORNI_PORT_CONVENTIONS)
        return norn_fail(err, NORN_E_ARG, "metrics: convention %d; there are %d",
                         (int)o->convention, (int)NORNI_PORT_CONVENTIONS);
    if (!(o->periods_per_year > 0) || !isfinite(o->periods_per_year))
        return norn_fail(err, NORN_E_ARG, "metrics: periods_per_year %g; must be above 0",
                         o->periods_per_year);
    if (!(o->risk_free > -1) || !isfinite(o->risk_free))
        return norn_fail(err, NORN_E_ARG, "metrics: risk_free %g; must be above -1", o->risk_free);
    if (!(o->required > -1) || !isfinite(o->required))
        return norn_fail(err, NORN_E_ARG, "metrics: required %g; must be above -1", o->required);
    if (!(o->cutoff > 0 && o->cutoff < 1))
        return norn_fail(err, NORN_E_ARG, "metrics: cutoff %g; must lie between 0 and 1",
                         o->cutoff);
    if (rules[o->convention].years == YEARS_BY_CLOCK && !time)
        return norn_fail(err, NORN_E_ARG, "metrics: convention %s needs the bars' times",
                         rules[o->convention].name);
    for (size_t i = 0; time && i < n; i++) {
        if (time[i] >= time[i + 1])
            return norn_fail(err, NORN_E_ARG,
                             "metrics: the time of bar %zu is not above the one before", i + 1);
    }
    return NORN_OK;
}

/* Median distance of two bars, seconds. */
static double usual_step(const int64_t *time, size_t n, double *scratch) {
    for (size_t i = 0; i < n; i++)
        scratch[i] = (double)(time[i + 1] - time[i]) * 1e-6;
    norni_sort_doubles(scratch, n);
    return scratch[(n - 1) / 2];
}

/* What the convention makes of the clock: years of the whole, and periods a year. */
typedef struct span {
    double years, factor;
} span;

static span span_of(const rule *r, const norni_port_metrics_opt *o, size_t n, size_t used,
                    const int64_t *time, double *scratch) {
    span s = {.factor = o->periods_per_year};
    if (r->bar_factor && time && n) s.factor = 365.0 * 86400.0 / usual_step(time, n, scratch);
    if (r->years == YEARS_BY_CLOCK) {
        s.years = n ? (double)(time[n] - time[0]) * 1e-6 / YEAR_SECONDS : NORNI_NAN;
        if (r->clock_factor) s.factor = (double)n / s.years;
    } else {
        s.years = (double)(r->years == YEARS_BY_COUNT ? used : n) / s.factor;
    }
    return s;
}

/* Rate of one period that makes `rate` a year. */
static double of_a_period(double rate, double factor) {
    return factor == 1 || rate == 0 ? rate : norni_pow(1 + rate, 1 / factor) - 1;
}

static double ratio(double a, double b) {
    const double q = a / b;
    return isfinite(q) ? q : NORNI_NAN;
}

static void risk(const norni_port_metrics_opt *o, const double *x, size_t n,
                 const norni_port_moments *m, double deviation, double *scratch,
                 norni_port_metrics *out) {
    const norni_port_tails t =
        norni_port_tails_of(x, n, o->cutoff, m->mean, n < 2 ? 0 : deviation, scratch);
    out->value_at_risk = t.at_cutoff;
    out->expected_shortfall = t.below;
    out->tail_ratio = ratio(fabs(t.p95), fabs(t.p5));
    if (!rules[o->convention].normal) return;
    const double z = norni_normal_quantile(o->cutoff);
    const double density = norni_exp(-0.5 * z * z) * 0.39894228040143267794;
    out->value_at_risk = m->mean + z * deviation;
    out->expected_shortfall = m->mean - deviation * density / o->cutoff;
}

static void path(const rule *r, const norni_port_wealth *w, size_t n, const span *s,
                 norni_port_metrics *out) {
    const double count = (double)n;
    const double divisor = r->ulcer == ULCER_BARS      ? count + 1
                           : r->ulcer == ULCER_RETURNS ? count
                                                       : count - 1;
    out->total_return = w->growth - 1;
    out->cagr = norni_pow(w->growth, 1 / s->years) - 1;
    out->max_drawdown = w->max_drawdown;
    out->drawdown_bars = w->longest;
    out->calmar = w->max_drawdown < 0 ? ratio(out->cagr, -w->max_drawdown) : NORNI_NAN;
    out->ulcer = divisor > 0 ? sqrt(w->squares / divisor) : NORNI_NAN;
    out->stability = w->stability;
}

static void fill(const norni_port_metrics_opt *o, const double *x, size_t n, const span *s,
                 double *scratch, norni_port_metrics *out) {
    const rule *r = &rules[o->convention];
    const norni_port_moments m = norni_port_moments_of(x, n);
    const norni_port_wealth w = norni_port_wealth_of(x, n, r->anchored, scratch);
    const double rate = of_a_period(o->risk_free, s->factor);
    const double required = of_a_period(o->required, s->factor);
    const double target = r->rate_target ? rate : required;
    const norni_port_sides sides = norni_port_sides_of(x, n, target, rate + required);
    const double deviation = norni_port_deviation(&m, n), root = sqrt(s->factor);
    path(r, &w, n, s, out);
    risk(o, x, n, &m, deviation, scratch, out);
    norni_port_shape(&m, n, r->corrected, &out->skew, &out->kurtosis);
    out->best = m.most;
    out->worst = m.least;
    out->win_rate = (double)m.n_above / (double)(r->won_of_moved ? m.n_not_zero : n);
    if (n < 2) return;
    out->volatility = deviation * root;
    out->sharpe = ratio(m.mean - rate, deviation) * root;
    out->sortino = ratio(m.mean - target, sqrt(sides.shortfall)) * root;
    out->omega = ratio(sides.gains, sides.losses);
}

norn_status norni_port_metrics_of(const double *returns, size_t n, const int64_t *time,
                                  const norni_port_metrics_opt *opt, norni_arena *scratch,
                                  norni_port_metrics *out, norn_err *err) {
    NORN_TRY(check(opt, n, time, err));
    *out = (norni_port_metrics){.n = 0};
    size_t n_rows;
    const norni_port_metric_row *row = norni_port_metric_rows(opt->convention, &n_rows);
    for (size_t i = 0; i < n_rows; i++)
        *(double *)((char *)out + row[i].offset) = NORNI_NAN;
    if (n == 0) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    double *x = norni_arena_get(scratch, n, sizeof *x),
           *work = norni_arena_get(scratch, n, sizeof *work);
    if (!x || !work) return norn_fail(err, NORN_E_MEM, "metrics: %zu returns", n);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        x[used] = returns[i];
        used += isfinite(returns[i]);
    }
    out->n = used;
    if (used) {
        const span s = span_of(&rules[opt->convention], opt, n, used, time, work);
        fill(opt, x, used, &s, work, out);
    }
    norni_arena_rewind(scratch, mark);
    return NORN_OK;
}
