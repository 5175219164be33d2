/* The exact search of the Theta family: one pass solves level and theta line, alpha alone is
 * sought. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Fiorucci, Pellegrini, Louzada, Petropoulos, Koehler (2016), "Models for optimising the theta
 * method and their relationship to state space models", Int. J. Forecasting 32, 1151-1161:
 *   mu_t = l_{t-1} + w h_t,   h_t = A_{t-1} (1-a)^{t-1} + B_{t-1} (1 - (1-a)^t)/a,
 *   l_t  = a y_t + (1-a) l_{t-1},   w = 1 - 1/theta,
 * with A, B the least-squares line of the whole series (STM, OTM) or of what was seen (DSTM, DOTM;
 * the paper's recursion is that least-squares line, here in a form that survives gaps).
 * w = 0 is simple exponential smoothing, the standard model's part.
 * Departure: once a is fixed, l_0 and w enter mu linearly. Both are solved exactly (w inside [0,1],
 * that is theta >= 1), and the search is over a alone: a grid of eight for the basin, all in one
 * pass, then Brent. So the objective is at most that of a search over all three. A missing value
 * has innovation 0: l_t = l_{t-1} + a w h_t, still linear. */
#include "models/theta/theta_fit.h"

#include <math.h>

#include "base/fp.h"
#include "num/minimise.h"

enum { LANES = 8 };

/* Inner products of residual r, level's coefficient c and weight's coefficient g. */
typedef struct theta_sums {
    double rr, rc, cc, rg, cg, gg;
} theta_sums;

/* One pass for n_lane alphas side by side; n_lane, line and gaps are constants where this is
 * inlined. mu = base + level0 c + w (lag + h); the line's (1-a)^t runs on through gaps, c does
 * not. */
static inline __attribute__((always_inline)) void sum_products(const theta_data *d,
                                                               const double *alpha,
                                                               const size_t n_lane, const bool line,
                                                               const bool gaps, theta_sums *out) {
    double a[LANES], keep[LANES], inverse[LANES], base[LANES], c[LANES], power[LANES], lag[LANES];
    double rr[LANES], rc[LANES], cc[LANES], rg[LANES], cg[LANES], gg[LANES];
    for (size_t k = 0; k < n_lane; k++) {
        a[k] = alpha[k];
        keep[k] = 1 - a[k];
        inverse[k] = 1 / a[k];
        c[k] = power[k] = 1;
        base[k] = lag[k] = rr[k] = rc[k] = cc[k] = rg[k] = cg[k] = gg[k] = 0;
    }
    for (size_t t = 0; t < d->n; t++) {
        const double x = d->x[t], la = line ? d->line_a[t] : 0, lb = line ? d->line_b[t] : 0;
        const bool seen = !gaps || !isnan(x);
        for (size_t k = 0; k < n_lane; k++) {
            const double next = power[k] * keep[k],
                         h = line ? la * power[k] + lb * (1 - next) * inverse[k] : 0;
            if (t >= d->first && seen) {
                const double r = x - base[k], g = gaps ? lag[k] + h : h;
                rr[k] += r * r;
                rc[k] += r * c[k];
                cc[k] += c[k] * c[k];
                if (line) {
                    rg[k] += r * g;
                    cg[k] += c[k] * g;
                    gg[k] += g * g;
                }
            }
            if (seen) {
                base[k] = a[k] * x + keep[k] * base[k];
                c[k] *= keep[k];
                if (gaps && line) lag[k] *= keep[k];
            } else if (line) {
                lag[k] += a[k] * h;
            }
            power[k] = next;
        }
    }
    for (size_t k = 0; k < n_lane; k++)
        out[k] = (theta_sums){rr[k], rc[k], cc[k], rg[k], cg[k], gg[k]};
}

static inline __attribute__((always_inline)) void sum_for(const theta_data *d, const double *alpha,
                                                          const size_t n_lane, bool line,
                                                          theta_sums *out) {
    if (line && d->gaps)
        sum_products(d, alpha, n_lane, true, true, out);
    else if (line)
        sum_products(d, alpha, n_lane, true, false, out);
    else if (d->gaps)
        sum_products(d, alpha, n_lane, false, true, out);
    else
        sum_products(d, alpha, n_lane, false, false, out);
}

/* Least squares of r on c and g with w inside its bounds; returns the sum of squares. */
static double solve_linear(const theta_sums *s, theta_kind kind, double *level0, double *weight) {
    double w = kind == THETA_STANDARD ? 0 : 0.5;
    if (norni_theta_is_optimised(kind)) {
        const double det = s->cc * s->gg - s->cg * s->cg;
        if (det > 1e-12 * s->cc * s->gg) w = (s->cc * s->rg - s->cg * s->rc) / det;
        w = w > 0 ? w : 0;
        w = w < 1 ? w : 1;
    }
    const double l = s->cc > 0 ? (s->rc - w * s->cg) / s->cc : 0;
    *weight = w;
    *level0 = l;
    const double sse =
        s->rr - 2 * l * s->rc - 2 * w * s->rg + l * l * s->cc + 2 * l * w * s->cg + w * w * s->gg;
    return sse > 0 ? sse : 0;
}

typedef struct theta_question {
    const theta_data *d;
    theta_kind kind;
    const theta_search *how;
    bool stopped, cut;
    double lo, hi; /* of alpha */
    double level0, weight;
} theta_question;

/* The objective at n_lane alphas; level0 and weight are those of the last one. */
static void sse_lanes(theta_question *q, const double *alpha, size_t n_lane, double *value) {
    theta_sums sums[LANES];
    if (n_lane == LANES)
        sum_for(q->d, alpha, LANES, q->kind != THETA_STANDARD, sums);
    else
        sum_for(q->d, alpha, 1, q->kind != THETA_STANDARD, sums);
    for (size_t k = 0; k < n_lane; k++)
        value[k] = solve_linear(&sums[k], q->kind, &q->level0, &q->weight);
}

/* Asks the poll and the bounds before one more pass; after a refusal every search ends without
 * further passes. */
static bool may_pass(theta_question *q) {
    q->stopped = q->stopped || norni_poll_stop(q->how->poll);
    if (!q->stopped && !q->cut && !norni_effort_spend(q->how->effort, 1)) q->cut = true;
    return !q->stopped && !q->cut;
}

static double sse_at(double alpha, void *arg) {
    double value = NORNI_INF;
    if (may_pass(arg)) sse_lanes(arg, &alpha, 1, &value);
    return value;
}

static size_t least_of(const double *value) {
    size_t k = 0;
    for (size_t i = 1; i < LANES; i++) {
        if (value[i] < value[k]) k = i;
    }
    return k;
}

/* Of a grid over all of [lo, hi] the best point, then Brent beside it. */
static double search_all(theta_question *q) {
    /* Denser where the memory is long: there the objective bends most. */
    static const double share[LANES] = {0, 0.03, 0.1, 0.22, 0.4, 0.6, 0.8, 1};
    double at[LANES], value[LANES], least;
    for (size_t i = 0; i < LANES; i++)
        at[i] = i + 1 == LANES ? q->hi : q->lo + (q->hi - q->lo) * share[i];
    if (!norni_effort_spend(q->how->effort, 1))
        q->cut = true; /* the start is evaluated in any case */
    sse_lanes(q, at, LANES, value);
    const size_t k = least_of(value);
    /* Many series want the upper end; one look inside tells. At the lower end the objective bends
     * too quickly for that. */
    if (k + 1 == LANES && !(sse_at(at[k] - 1e-5, q) < value[k])) return at[k];
    const double inside = norni_brent(sse_at, q, at[k > 0 ? k - 1 : 0],
                                      at[k + 1 < LANES ? k + 1 : k], 1e-7, 60, &least);
    return least < value[k] ? inside : at[k];
}

/* Where the parabola through three points has its bottom, inside [x[0], x[2]]; x[1] has the least
 * value. */
static double bottom(const double *x, const double *v) {
    const double l = x[1] - x[0], r = x[2] - x[1], a = v[0] - v[1], b = v[2] - v[1],
                 bend = a * r + b * l;
    if (!(bend > 0)) return x[1];
    return x[1] + 0.5 * (a * r * r - b * l * l) / bend;
}

/* From an earlier fit's alpha: one pass beside it and over the rest of the range, one closer by.
 * false: the optimum has moved too far. */
static bool search_near(theta_question *q, double near, double *alpha) {
    static const double rest[3] = {0.03, 0.3, 0.75};
    static const double close[LANES] = {-1, -0.5, -0.2, -0.05, 0.05, 0.2, 0.5, 1};
    const double reach = 0.02;
    double at[LANES], value[LANES];
    near = near < q->lo + 2 * reach ? q->lo + 2 * reach : near;
    near = near > q->hi - 2 * reach ? q->hi - 2 * reach : near;
    for (size_t i = 0; i < 5; i++)
        at[i] = near + ((double)i - 2) * reach;
    for (size_t i = 0; i < 3; i++)
        at[5 + i] = q->lo + (q->hi - q->lo) * rest[i];
    if (!may_pass(q)) return false;
    sse_lanes(q, at, LANES, value);
    const size_t k = least_of(value);
    if (k == 4 && near == q->hi - 2 * reach && !(sse_at(q->hi - 1e-5, q) < value[4])) {
        *alpha = q->hi; /* it has been there, or is now */
        return true;
    }
    if (k < 1 || k > 3) return false;
    const double middle = bottom(at + k - 1, value + k - 1);
    for (size_t i = 0; i < LANES; i++)
        at[i] = middle + 0.2 * reach * close[i];
    if (!may_pass(q)) return false;
    sse_lanes(q, at, LANES, value);
    const size_t j = least_of(value);
    if (j < 1 || j + 1 == LANES) return false;
    *alpha = bottom(at + j - 1, value + j - 1);
    return true;
}

theta_fit norni_theta_search(const theta_data *d, theta_kind kind, const theta_search *how) {
    /* The box of R's ets for the standard model, that of the paper's authors for the others. */
    theta_question q = {.d = d, .kind = kind, .how = how};
    q.lo = kind == THETA_STANDARD ? 1e-4 : 0.1;
    q.hi = kind == THETA_STANDARD ? 0.9999 : 0.99;
    double alpha = 0, value;
    if (!(how->near > 0) || !search_near(&q, how->near, &alpha)) alpha = search_all(&q);
    sse_lanes(&q, &alpha, 1, &value);
    theta_fit f = {.kind = kind,
                   .alpha = alpha,
                   .level0 = q.level0,
                   .weight = q.weight,
                   .stop = q.stopped ? NORN_STOP_CANCELLED : NORN_STOP_CONVERGED};
    norni_theta_pass(d, &f, NULL);
    return f;
}

void norni_theta_pass(const theta_data *d, theta_fit *f, double *fitted) {
    const bool line = f->kind != THETA_STANDARD;
    theta_fit at = *f;
    double sse = 0;
    at.level = f->level0;
    at.power = 1;
    for (size_t t = 0; t < d->n; t++) {
        const double x = d->x[t], mu = norni_theta_step(&at, line ? d->line_a[t] : 0,
                                                        line ? d->line_b[t] : 0, x);
        if (fitted) fitted[t] = mu;
        if (!isnan(x) && t >= d->first) sse += (x - mu) * (x - mu);
    }
    at.sse = sse;
    *f = at;
}

void norni_theta_lines(const theta_data *d, bool dynamic) {
    theta_line line = {0};
    for (size_t t = 0; t < d->n; t++) {
        d->line_a[t] = line.a;
        d->line_b[t] = line.b;
        if (!isnan(d->x[t])) norni_theta_line_add(&line, (double)(t + 1), d->x[t]);
    }
    for (size_t t = 0; t < d->n && !dynamic; t++) {
        d->line_a[t] = line.a;
        d->line_b[t] = line.b;
    }
}
