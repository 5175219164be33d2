/* The losses of boosted trees: their slopes, their constants, their means. */
/* SPDX-License-Identifier: Apache-2.0 */
/* squared (f - y)^2 / 2; absolute |f - y|; huber: squared within `edge`, the quantile alpha of |f - y|
 * at each tree (Friedman 2001, "Greedy function approximation", M-TreeBoost), linear beyond; quantile:
 * the pinball loss; poisson exp(f) - y f; tweedie -y exp((1-p) f)/(1-p) + exp((2-p) f)/(2-p) with p in
 * (1, 2). Leaves of absolute and quantile are renewed to the median or quantile of what they miss. */
#include <math.h>
#include <stddef.h>

#include "base/fp.h"
#include "models/gbdt/gbdt_parts.h"

static const double most_link = 600; /* exp of it and its square root are finite */

gbdt_loss gbdt_loss_of(const norni_gbdt_opt *o) {
    gbdt_loss l = {.kind = (norni_gbdt_loss)o->loss, .alpha = o->alpha, .power = o->tweedie_power};
    l.log_link = l.kind == NORNI_GBDT_POISSON || l.kind == NORNI_GBDT_TWEEDIE;
    l.constant_hessian = !l.log_link;
    l.renews = l.kind == NORNI_GBDT_ABSOLUTE || l.kind == NORNI_GBDT_QUANTILE;
    l.level = l.kind == NORNI_GBDT_QUANTILE ? l.alpha : 0.5;
    return l;
}

/* x (n) is reordered so that x[k] is as if sorted, with nothing above it before and nothing below it
 * behind (Hoare's selection as Wirth wrote it). */
static void pick_rank(double *x, ptrdiff_t n, ptrdiff_t k) {
    ptrdiff_t lo = 0, hi = n - 1;
    while (lo < hi) {
        const double a = x[lo], b = x[lo + (hi - lo) / 2], c = x[hi];
        const double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
        ptrdiff_t i = lo, j = hi;
        do {
            while (x[i] < pivot)
                i++;
            while (pivot < x[j])
                j--;
            if (i <= j) {
                const double t = x[i];
                x[i++] = x[j], x[j--] = t;
            }
        } while (i <= j);
        if (j < k) lo = i;
        if (k < i) hi = j;
    }
}

double gbdt_quantile(double *x, size_t n, double level) {
    const double place = level * (double)(n - 1);
    const size_t k = (size_t)place;
    pick_rank(x, (ptrdiff_t)n, (ptrdiff_t)k);
    const double below = x[k];
    if (k + 1 == n || place == (double)k) return below;
    double above = x[k + 1];
    for (size_t i = k + 2; i < n; i++)
        above = x[i] < above ? x[i] : above;
    return below + (place - (double)k) * (above - below);
}

static double link_of(double mean) {
    return norni_log(mean > 1e-300 ? mean : 1e-300);
}

double gbdt_loss_start(const gbdt_loss *l, const double *y, size_t n, double *scratch) {
    for (size_t i = 0; i < n; i++)
        scratch[i] = y[i];
    if (l->renews) return gbdt_quantile(scratch, n, l->level);
    if (l->kind == NORNI_GBDT_HUBER) return gbdt_quantile(scratch, n, 0.5);
    const double mean = norni_sum_tree(scratch, n) / (double)n;
    return l->log_link ? link_of(mean) : mean;
}

static double held(double score) {
    return norni_exp(score > most_link ? most_link : score);
}

static void slopes_log(const gbdt_loss *l, const double *y, const double *score, size_t n,
                       double *g, double *h) {
    if (l->kind == NORNI_GBDT_POISSON) {
        for (size_t i = 0; i < n; i++) {
            const double mean = held(score[i]);
            g[i] = mean - y[i];
            h[i] =
                mean * 2.0137527074704766; /* exp(0.7): steps that curvature alone lets overshoot */
        }
        return;
    }
    const double p = l->power;
    for (size_t i = 0; i < n; i++) {
        const double a = y[i] * held((1 - p) * score[i]), b = held((2 - p) * score[i]);
        g[i] = b - a;
        h[i] = (p - 1) * a + (2 - p) * b;
    }
}

static double clip(double x, double most) {
    return x > most ? most : x < -most ? -most : x;
}

void gbdt_loss_slopes(gbdt_loss *l, const double *y, const double *score, size_t n, double *g,
                      double *h, double *scratch) {
    if (l->log_link) {
        slopes_log(l, y, score, n, g, h);
        return;
    }
    for (size_t i = 0; i < n; i++)
        g[i] = score[i] - y[i];
    if (l->kind == NORNI_GBDT_ABSOLUTE) {
        for (size_t i = 0; i < n; i++)
            g[i] = (double)((g[i] > 0) - (g[i] < 0));
    } else if (l->kind == NORNI_GBDT_QUANTILE) {
        for (size_t i = 0; i < n; i++)
            g[i] = g[i] >= 0 ? 1 - l->alpha : -l->alpha;
    } else if (l->kind == NORNI_GBDT_HUBER) {
        for (size_t i = 0; i < n; i++)
            scratch[i] = fabs(g[i]);
        l->edge = gbdt_quantile(scratch, n, l->alpha);
        for (size_t i = 0; i < n && !(l->edge > 0); i++)
            l->edge = fmax(l->edge, scratch[n - 1 - i]); /* most errors are 0 */
        if (!(l->first_edge > 0)) l->first_edge = l->edge;
        for (size_t i = 0; i < n; i++)
            g[i] = clip(g[i], l->edge);
    }
}

static double loss_one(const gbdt_loss *l, double y, double score) {
    const double e = score - y, size = fabs(e);
    switch (l->kind) {
        case NORNI_GBDT_ABSOLUTE: return size;
        case NORNI_GBDT_HUBER:
            return size <= l->first_edge ? e * e : l->first_edge * (2 * size - l->first_edge);
        case NORNI_GBDT_QUANTILE: return e > 0 ? (1 - l->alpha) * e : -l->alpha * e;
        case NORNI_GBDT_POISSON: return held(score) - y * score;
        case NORNI_GBDT_TWEEDIE: {
            const double p = l->power;
            return held((2 - p) * score) / (2 - p) - y * held((1 - p) * score) / (1 - p);
        }
        case NORNI_GBDT_SQUARED:
        default: return e * e;
    }
}

double gbdt_loss_mean(const gbdt_loss *l, const double *y, const double *score, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += loss_one(l, y[i], score[i]);
    return sum / (double)n;
}
