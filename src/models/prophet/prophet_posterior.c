/* The log posterior of Prophet's model, and the start of a search for its optimum. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/prophet/prophet_posterior.h"

#include <math.h>

#include "base/fp.h"

/* rest (n) = y - yhat. The argument of the trend is rate t + from behind the changepoints passed. */
static void residuals(const norni_prophet_problem *p, const norni_prophet_fit *fit, double *rest) {
    const bool logistic = p->growth == NORNI_PROPHET_LOGISTIC;
    const size_t n_change = p->growth == NORNI_PROPHET_FLAT ? 0 : p->n_change;
    double rate = p->growth == NORNI_PROPHET_FLAT ? 0 : fit->k;
    double from = logistic ? -fit->k * fit->m : fit->m;
    size_t at = 0;
    for (size_t i = 0; i < p->n; i++) {
        for (; at < n_change && p->t[i] >= p->change[at]; at++) {
            rate += fit->delta[at];
            from -= fit->delta[at] * p->change[at];
        }
        double trend = rate * p->t[i] + from;
        if (logistic) {
            const double e = norni_exp(-fabs(trend));
            trend = p->cap[i] * ((trend < 0 ? e : 1) / (1 + e));
        }
        double add = 0, lift = 1;
        for (size_t j = 0; j < p->n_x; j++)
            if (p->multiplicative[j])
                lift += p->x[j][i] * fit->beta[j];
            else
                add += p->x[j][i] * fit->beta[j];
        rest[i] = p->y[i] - (trend * lift + add);
    }
}

/* The penalty of the first rate. Linear growth without changepoints: see prophet_posterior.h. */
static double rate_penalty(const norni_prophet_problem *p, double k) {
    const double bend = 25 / p->tau;
    if (p->growth == NORNI_PROPHET_LINEAR && p->n_change == 0 && fabs(k) > bend)
        return (fabs(k) - 0.5 * bend) / p->tau;
    return k * k / 50;
}

double norni_prophet_log_posterior(const norni_prophet_problem *p, const norni_prophet_fit *fit,
                                   double *residual) {
    residuals(p, fit, residual);
    norni_sum squares = {0, 0}, penalty = {0, 0};
    for (size_t i = 0; i < p->n; i++)
        squares = norni_sum_add(squares, residual[i] * residual[i]);
    penalty = norni_sum_add(penalty, rate_penalty(p, fit->k));
    penalty = norni_sum_add(penalty, fit->m * fit->m / 50);
    for (size_t j = 0; j < p->n_change; j++)
        penalty = norni_sum_add(penalty, fabs(fit->delta[j]) / p->tau);
    for (size_t j = 0; j < p->n_x; j++) {
        const double b = fit->beta[j] / p->prior[j];
        penalty = norni_sum_add(penalty, b * b / 2);
    }
    const double s = fit->sigma;
    if (!(s > 0)) return -NORNI_INF;
    return -norni_sum_get(penalty) - 2 * s * s - (double)p->n * norni_log(s) -
           norni_sum_get(squares) / s / s / 2;
}

static double within(double x, double least, double most) {
    return x < least ? least : x > most ? most : x;
}

void norni_prophet_start(const norni_prophet_problem *p, norni_prophet_fit *fit) {
    size_t last = p->n - 1;
    fit->k = fit->m = 0;
    fit->sigma = 1;
    for (size_t j = 0; j < p->n_change; j++)
        fit->delta[j] = 0;
    for (size_t j = 0; j < p->n_x; j++)
        fit->beta[j] = 0;
    while (last > 0 && p->t[last - 1] == p->t[p->n - 1]) /* of equal times the first */
        last--;
    const double y0 = p->y[0], y1 = p->y[last], span = p->t[last] - p->t[0];
    if (p->growth == NORNI_PROPHET_FLAT) {
        fit->m = norni_sum_tree(p->y, p->n) / (double)p->n;
    } else if (p->growth == NORNI_PROPHET_LINEAR) {
        fit->k = span > 0 ? (y1 - y0) / span : 0;
        fit->m = y0 - fit->k * p->t[0];
    } else { /* the curve through both points, kept off its ends */
        const double cap0 = p->cap[0], cap1 = p->cap[last];
        double r0 = cap0 / within(y0, 0.01 * cap0, 0.99 * cap0);
        const double r1 = cap1 / within(y1, 0.01 * cap1, 0.99 * cap1);
        if (fabs(r0 - r1) <= 0.01) r0 *= 1.05;
        const double l0 = norni_log(r0 - 1), l1 = norni_log(r1 - 1);
        fit->m = l0 * span / (l0 - l1);
        fit->k = span > 0 ? (l0 - l1) / span : 0;
    }
}
