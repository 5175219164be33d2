/* Simple exponential smoothing over a grid of parameters at once, and the best of all of them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* f_1 = x_1, f_{t+1} = f_t + a e_t with e_t = x_t - f_t, as statsforecast 2.1.1 starts it; the
 * objective S(a) = sum e_t^2 over a in [0.1, 0.3], the range that the literature on intermittent
 * demand recommends (Croston 1972; Syntetos and Boylan 2005) and statsforecast searches.
 *
 * S may have several minima. statsforecast's golden section finds one of them; here 16 values of a
 * run side by side with the exact derivative S' (f' = d f / d a obeys f' <- (1-a) f' + e), so every
 * minimum wider than 1/75 shows as a change of S' from - to +. The polynomial of degree 7 through S
 * and S' at the four lanes around such a cell gives the place to some 1e-9 and picks the best cell;
 * Newton's method on the exact S' does the rest. Where S is flat (one
 * or two values, constants) any a serves: 0.2, as there. */
#include "models/croston/level_grid.h"

#include <math.h>

#include "base/fp.h"

#define LEAST    0.1
#define MOST     0.3
#define FLAT     0.2
#define CELL     ((MOST - LEAST) / (NORNI_LEVEL_LANES - 1))
#define LANE(k)  (LEAST + CELL * (double)(k))
#define POLL_PER 16384 /* values of a grid pass: below 1 ms */

void norni_level_grid_add(norni_level_grid *g, double x) {
    if (g->n++ == 0) {
        for (size_t k = 0; k < NORNI_LEVEL_LANES; k++) {
            g->level[k] = x;
            g->slope[k] = g->sse[k] = g->grad[k] = 0;
        }
        return;
    }
    for (size_t k = 0; k < NORNI_LEVEL_LANES; k++) {
        const double alpha = LANE(k), e = x - g->level[k];
        g->sse[k] += e * e;
        g->grad[k] -= 2 * e * g->slope[k];
        g->slope[k] = (1 - alpha) * g->slope[k] + e;
        g->level[k] += alpha * e;
    }
}

/* The polynomial of degree 7 through a quantity and its derivative at the four lanes around a cell,
 * in Newton's form over the nodes 0 0 1 1 2 2 3 3 from lane `first` on. */
typedef struct curve {
    size_t first;
    double c[8];
} curve;

static curve curve_of(const double *value, const double *slope, size_t cell) {
    const size_t most = NORNI_LEVEL_LANES - 4, left = cell > 0 ? cell - 1 : 0;
    curve p = {.first = left < most ? left : most};
    const double *v = value + p.first, *d = slope + p.first;
    for (size_t i = 0; i < 8; i++)
        p.c[i] = v[i / 2];
    for (size_t i = 7; i >= 1; i--)
        p.c[i] = i % 2 ? CELL * d[i / 2] : v[i / 2] - v[i / 2 - 1];
    for (size_t k = 2; k < 8; k++) {
        for (size_t i = 7; i >= k; i--)
            p.c[i] = (p.c[i] - p.c[i - 1]) / (double)(i / 2 - (i - k) / 2);
    }
    return p;
}

/* Value at lane `x` (a fraction of lanes); its two derivatives when asked for. */
static double curve_at(const curve *p, double x, double *first, double *second) {
    double v = p->c[7], d = 0, dd = 0;
    for (size_t i = 7; i-- > 0;) {
        const double step = x - (double)(p->first + i / 2);
        dd = dd * step + 2 * d;
        d = d * step + v;
        v = v * step + p->c[i];
    }
    if (first) *first = d;
    if (second) *second = dd;
    return v;
}

/* Least place of the curve inside its cell, in lanes: bisection made fast by Newton. */
static double curve_least(const curve *p, size_t cell) {
    double lo = (double)cell, hi = lo + 1, x = lo + 0.5;
    for (int k = 0; k < 12; k++) {
        double first, second;
        (void)curve_at(p, x, &first, &second);
        if (first < 0)
            lo = x;
        else
            hi = x;
        double next = x - first / second;
        if (!(next >= lo && next <= hi)) next = (lo + hi) / 2;
        if (fabs(next - x) < 1e-12) return next;
        x = next;
    }
    return x;
}

/* The best place, in lanes; an end of the range may be it. -1: flat. */
static double best_place(const norni_level_grid *g) {
    const size_t last = NORNI_LEVEL_LANES - 1;
    double place = -1, least = NORNI_INF;
    bool flat = true;
    for (size_t k = 1; k <= last; k++)
        flat &= g->sse[k] == g->sse[0];
    if (flat) return -1;
    if (g->grad[0] >= 0) {
        place = 0;
        least = g->sse[0];
    }
    for (size_t k = 0; k < last; k++) {
        if (!(g->grad[k] < 0 && g->grad[k + 1] >= 0)) continue;
        const curve p = curve_of(g->sse, g->grad, k);
        const double x = curve_least(&p, k), value = curve_at(&p, x, NULL, NULL);
        if (value < least) {
            place = x;
            least = value;
        }
    }
    if (g->grad[last] <= 0 && g->sse[last] < least) place = (double)last;
    return place;
}

/* Exact at both ends and where flat. */
static double place_alpha(double place) {
    return place < 0 ? FLAT : place == NORNI_LEVEL_LANES - 1 ? MOST : LANE(place);
}

double norni_level_grid_best(const norni_level_grid *g, double *level) {
    const double place = best_place(g), alpha = place_alpha(place);
    if (level) {
        /* Flat does not say that the level is: behind two values it is a line in alpha. */
        const double x = place < 0 ? (FLAT - LEAST) / CELL : place;
        const size_t cell = x < NORNI_LEVEL_LANES - 1 ? (size_t)x : NORNI_LEVEL_LANES - 2;
        const curve p = curve_of(g->level, g->slope, cell);
        *level = curve_at(&p, x, NULL, NULL);
    }
    return alpha;
}

norni_level norni_level_run(const double *x, size_t n, double alpha) {
    norni_level r = {.alpha = alpha, .level = x[0]};
    for (size_t t = 1; t < n; t++) {
        const double e = x[t] - r.level;
        r.sse += e * e;
        r.level += alpha * e;
    }
    return r;
}

/* Half of S' and S'' at alpha. */
static void slopes(const double *x, size_t n, double alpha, double *first, double *second) {
    double level = x[0], slope = 0, bend = 0, a = 0, b = 0;
    for (size_t t = 1; t < n; t++) {
        const double e = x[t] - level;
        a -= e * slope;
        b += slope * slope - e * bend;
        bend = (1 - alpha) * bend - 2 * slope;
        slope = (1 - alpha) * slope + e;
        level += alpha * e;
    }
    *first = a;
    *second = b;
}

/* Newton on S' between the two lanes that enclose its change of sign, halving where it steps out. */
static double polish(const double *x, size_t n, double place, norni_effort *effort) {
    double lo = LANE(floor(place)), hi = LANE(floor(place) + 1), alpha = place_alpha(place);
    for (int k = 0; k < 8 && norni_effort_spend(effort, 1); k++) {
        double first, second;
        slopes(x, n, alpha, &first, &second);
        if (first < 0)
            lo = alpha;
        else
            hi = alpha;
        double next = alpha - first / second;
        if (!(next >= lo && next <= hi)) next = (lo + hi) / 2;
        const double step = fabs(next - alpha);
        alpha = next;
        if (step < 1e-13) break;
    }
    return alpha;
}

bool norni_level_fit(const double *x, size_t n, norni_effort *effort, const norni_poll *poll,
                     norni_level *out) {
    if (norni_poll_stop(poll)) return false;
    *out = norni_level_run(x, n, LEAST);
    if (!norni_effort_spend(effort, NORNI_LEVEL_LANES)) return true;
    norni_level_grid g = {.n = 0};
    for (size_t t = 0; t < n; t++) {
        norni_level_grid_add(&g, x[t]);
        if (t % POLL_PER == POLL_PER - 1 && norni_poll_stop(poll)) return false;
    }
    const double place = best_place(&g);
    const bool inside = place > 0 && place < NORNI_LEVEL_LANES - 1;
    const double alpha = inside ? polish(x, n, place, effort) : place_alpha(place);
    const norni_level r = norni_level_run(x, n, alpha);
    if (r.sse <= out->sse) *out = r;
    return true;
}
