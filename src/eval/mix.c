/* Weights of several forecasts of one quantity: none below 0, their sum 1, by the errors they made. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Bates and Granger (1969), "The combination of forecasts", Operational Research Quarterly 20, held to
 * the simplex. With sum w = 1 the error of the mix is sum w_i e_i, so that its mean square is w' G w
 * with G = mean of e e'. A small sample's weights are noise: pull |w - 1/k|^2 (of G's mean diagonal) is
 * added; for sum w = 1 it is pull |w|^2 and a constant, a ridge on G's diagonal.
 * The minimum is found as Wolfe (1976), "Finding the nearest point in a polytope", Mathematical
 * Programming 11, finds it: the free weights solve G_SS u = 1, w_S = u / sum u; where one leaves the
 * simplex the step ends at its edge and that weight is bound; at a minimum over the free ones the bound
 * weight of the least slope is freed, until none lies below the mean square. Finite: each minimum is
 * below the one before.
 * Least absolute error: Schlossmacher (1973), "An iterative technique for absolute deviations curve
 * fitting", JASA 68: the squares again and again, each set of errors weighted by 1 / |the mix's error|
 * of the round before (held at a thousandth of the mean error). Drawn towards weights h: the sets
 * (delta_ij - h_j), i = 1..k, are errors, too; for sum w = 1 their squares are |w - h|^2. */
#include "eval/mix.h"

#include <math.h>
#include <stdbool.h>

enum { ROUNDS = 25 };

void norni_mix_add(double *gram, const double *e, size_t k, double weight) {
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++)
            gram[i * k + j] += weight * e[i] * e[j];
    }
}

size_t norni_mix_scratch(size_t k) {
    return 2 * k * k + 3 * k;
}

/* a (n, n) positive definite becomes its Cholesky factor; x (n) solves a x = 1. false: not definite. */
static bool solve_ones(double *a, size_t n, double *x) {
    for (size_t j = 0; j < n; j++) {
        for (size_t i = j; i < n; i++) {
            double s = a[i * n + j];
            for (size_t m = 0; m < j; m++)
                s -= a[i * n + m] * a[j * n + m];
            if (i == j && !(s > 1e-14)) return false;
            a[i * n + j] = i == j ? sqrt(s) : s / a[j * n + j];
        }
    }
    for (size_t i = 0; i < n; i++) {
        double s = 1;
        for (size_t m = 0; m < i; m++)
            s -= a[i * n + m] * x[m];
        x[i] = s / a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        double s = x[i];
        for (size_t m = i + 1; m < n; m++)
            s -= a[m * n + i] * x[m];
        x[i] = s / a[i * n + i];
    }
    return true;
}

typedef struct mix {
    size_t k, n_free;
    const double *g;                /* (k, k) scaled, with the pull */
    double *part, *w, *goal, *slot; /* part (n_free, n_free); slot (k): the free ones' numbers */
} mix;

static size_t free_at(const mix *m, size_t i) {
    return (size_t)m->slot[i];
}

/* Where the free weights alone would go. false: their errors are one another's multiples. */
static bool aim(mix *m) {
    const size_t n = m->n_free;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            m->part[i * n + j] = m->g[free_at(m, i) * m->k + free_at(m, j)];
    }
    if (!solve_ones(m->part, n, m->goal)) return false;
    for (size_t i = 0; i < n; i++)
        sum += m->goal[i];
    for (size_t i = 0; i < n; i++)
        m->goal[i] /= sum;
    return sum > 0;
}

static void bind(mix *m, size_t i) {
    m->w[free_at(m, i)] = 0;
    for (m->n_free--; i < m->n_free; i++)
        m->slot[i] = m->slot[i + 1];
}

/* Moves the weights to the goal, or to the edge on the way there. true: they arrived. */
static bool go(mix *m) {
    double step = 1;
    size_t edge = m->n_free;
    for (size_t i = 0; i < m->n_free; i++) {
        const double from = m->w[free_at(m, i)], to = m->goal[i];
        if (to > 0) continue;
        const double most = from / (from - to);
        if (from <= 0 || most < step || edge == m->n_free) {
            step = from <= 0 ? 0 : most;
            edge = i;
        }
    }
    for (size_t i = 0; i < m->n_free; i++) {
        double *w = &m->w[free_at(m, i)];
        *w = edge == m->n_free ? m->goal[i] : *w + step * (m->goal[i] - *w);
    }
    if (edge == m->n_free) return true;
    bind(m, edge);
    return false;
}

static double slope(const mix *m, size_t i) {
    double s = 0;
    for (size_t j = 0; j < m->k; j++)
        s += m->g[i * m->k + j] * m->w[j];
    return s;
}

/* Frees the bound weight of the least slope; false: none lies below the mean square. */
static bool release(mix *m) {
    double level = 0, least = 0;
    size_t best = m->k;
    for (size_t i = 0; i < m->k; i++)
        level += m->w[i] * slope(m, i);
    for (size_t i = 0; i < m->k; i++) {
        bool held = true;
        for (size_t j = 0; j < m->n_free && held; j++)
            held = free_at(m, j) != i;
        const double s = held ? slope(m, i) : 0;
        if (held && s < level * (1 - 1e-12) && (best == m->k || s < least)) {
            best = i;
            least = s;
        }
    }
    if (best == m->k) return false;
    m->slot[m->n_free++] = (double)best;
    return true;
}

void norni_mix_weights(const double *gram, size_t k, double pull, double *w, double *scratch) {
    double trace = 0, *g = scratch;
    mix m = {.k = k,
             .g = g,
             .part = scratch + k * k,
             .w = w,
             .goal = scratch + 2 * k * k,
             .slot = scratch + 2 * k * k + k};
    size_t first = 0;
    for (size_t i = 0; i < k; i++)
        trace += gram[i * k + i];
    for (size_t i = 0; i < k; i++)
        w[i] = 1.0 / (double)k;
    const double mean = trace / (double)k;
    if (!(mean > 0) || !isfinite(mean)) return;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++)
            g[i * k + j] = gram[i * k + j] / mean + (i == j ? pull : 0);
        if (g[i * k + i] < g[first * k + first]) first = i;
    }
    for (size_t i = 0; i < k; i++)
        w[i] = i == first ? 1 : 0;
    m.slot[0] = (double)first;
    m.n_free = 1;
    for (size_t round = 0; round < 10 * k * k + 10; round++) {
        if (!aim(&m)) { /* the newest adds nothing */
            if (m.n_free == 1) return;
            bind(&m, m.n_free - 1);
            return;
        }
        if (go(&m) && !release(&m)) return;
    }
}

size_t norni_mix_absolute_scratch(size_t k) {
    return k * k + 2 * k + norni_mix_scratch(k);
}

/* gram (k, k) of errors in units of `unit`, weighted by the mix's of the round before, and the draw. */
static void gram_of(const double *e, size_t n, size_t k, size_t home, double pull, double unit,
                    double least, const double *w, double *gram, double *row) {
    double size = INFINITY;
    for (size_t i = 0; i < k * k; i++)
        gram[i] = 0;
    for (size_t t = 0; t < n; t++) {
        double mixed = 0;
        for (size_t i = 0; i < k; i++) {
            row[i] = e[t * k + i] / unit;
            mixed += w[i] * row[i];
        }
        norni_mix_add(gram, row, k, 1 / (fabs(mixed) > least ? fabs(mixed) : least));
    }
    for (size_t i = 0; i < k; i++)
        size = gram[i * k + i] < size ? gram[i * k + i] : size;
    for (size_t j = 0; j < k; j++) {
        const double h = home < k ? (j == home ? 1 : 0) : 1.0 / (double)k;
        for (size_t i = 0; i < k; i++)
            row[i] = (i == j ? 1 : 0) - h;
        norni_mix_add(gram, row, k, pull * size);
    }
}

void norni_mix_absolute(const double *e, size_t n, size_t k, size_t home, double pull, double *w,
                        double *scratch) {
    double *gram = scratch, *row = gram + k * k, *old = row + k, most = 0, mean = 0;
    for (size_t i = 0; i < k; i++)
        w[i] = home < k ? (i == home ? 1 : 0) : 1.0 / (double)k;
    for (size_t i = 0; i < n * k; i++)
        most = fabs(e[i]) > most ? fabs(e[i]) : most;
    if (!(most > 0) || !isfinite(most)) return;
    for (size_t i = 0; i < n * k; i++)
        mean += fabs(e[i]) / most / (double)(n * k);
    for (size_t round = 0; round < ROUNDS; round++) {
        double change = 0;
        gram_of(e, n, k, home, pull, most, mean / 1000, w, gram, row);
        for (size_t i = 0; i < k; i++)
            old[i] = w[i];
        norni_mix_weights(gram, k, 1e-9, w, old + k);
        for (size_t i = 0; i < k; i++)
            change = fabs(w[i] - old[i]) > change ? fabs(w[i] - old[i]) : change;
        if (change < 1e-6) break;
    }
    double sum = 0;
    for (size_t i = 0; i < k; i++)
        sum += w[i] = w[i] < 1e-6 ? 0 : w[i];
    for (size_t i = 0; i < k; i++)
        w[i] /= sum;
}
