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
    const norni_poll *poll;
    bool stopped;
    double level0, weight;
} theta_question;

static double sse_at(double alpha, void *arg) {
    theta_question *q = arg;
    theta_sums s;
    q->stopped = q->stopped || norni_poll_stop(q->poll);
    if (q->stopped) return NORNI_INF; /* the search then ends without further passes */
    sum_for(q->d, &alpha, 1, q->kind != THETA_STANDARD, &s);
    return solve_linear(&s, q->kind, &q->level0, &q->weight);
}

theta_fit norni_theta_search(const theta_data *d, theta_kind kind, const norni_poll *poll) {
    /* The box of R's ets for the standard model, that of the paper's authors for the others. */
    const double lo = kind == THETA_STANDARD ? 1e-4 : 0.1,
                 hi = kind == THETA_STANDARD ? 0.9999 : 0.99;
    /* Denser where the memory is long: there the objective bends most. */
    static const double share[LANES] = {0, 0.03, 0.1, 0.22, 0.4, 0.6, 0.8, 1};
    theta_question q = {.d = d, .kind = kind, .poll = poll};
    theta_sums sums[LANES];
    double at[LANES], best = NORNI_INF, value;
    size_t k = 0;
    for (size_t i = 0; i < LANES; i++)
        at[i] = i + 1 == LANES ? hi : lo + (hi - lo) * share[i];
    sum_for(d, at, LANES, kind != THETA_STANDARD, sums);
    for (size_t i = 0; i < LANES; i++) {
        const double v = solve_linear(&sums[i], kind, &q.level0, &q.weight);
        if (v < best) {
            best = v;
            k = i;
        }
    }
    double alpha = at[k];
    /* Many series want the upper end; one look inside tells. At the lower end the objective bends
     * too quickly for that. */
    const bool on_end = k + 1 == LANES && !(sse_at(at[k] - 1e-5, &q) < best);
    if (!on_end) {
        const double inside = norni_brent(sse_at, &q, at[k > 0 ? k - 1 : 0],
                                          at[k + 1 < LANES ? k + 1 : k], 1e-7, 60, &value);
        if (value < best) alpha = inside;
    }
    (void)sse_at(alpha, &q);
    theta_fit f = {.kind = kind,
                   .alpha = alpha,
                   .level0 = q.level0,
                   .weight = q.weight,
                   .stop = q.stopped ? NORN_STOP_CANCELLED : NORN_STOP_CONVERGED};
    norni_theta_pass(d, &f, NULL);
    return f;
}

void norni_theta_pass(const theta_data *d, theta_fit *f, double *fitted) {
    const double keep = 1 - f->alpha;
    double level = f->level0, power = 1, sse = 0;
    for (size_t t = 0; t < d->n; t++) {
        const double x = d->x[t], next = power * keep;
        double mu = level;
        if (f->kind != THETA_STANDARD)
            mu += f->weight * (d->line_a[t] * power + d->line_b[t] * (1 - next) / f->alpha);
        if (fitted) fitted[t] = mu;
        if (!isnan(x) && t >= d->first) sse += (x - mu) * (x - mu);
        level = f->alpha * (isnan(x) ? mu : x) + keep * level;
        power = next;
    }
    f->level = level;
    f->sse = sse;
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
