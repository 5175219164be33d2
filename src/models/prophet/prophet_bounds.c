/* Intervals of the trend and of y from their distribution itself, without draws. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Linear growth, STEPS (prophet_walk.c). In units of step * scale the trend's shift at row N behind
 * the history (N >= 1) is U = sum over r < N of (r + 1/2) B_r L_r, B_r Bernoulli(chance), L_r standard
 * Laplace: symmetric, with the characteristic function
 *   phi(w) = prod over r < N of 1 - p + p / (1 + ((r + 1/2) w)^2)
 * and an atom (1 - p)^N at 0. y's is U + g Z, Z standard normal: phi(w) exp(-g^2 w^2 / 2). From it
 *   P(|X| < x) = 2/pi sum_k sin(w_k x) / (k + 1/2) phi(w_k),  w_k = (k + 1/2) h
 * (Bohman 1970; Davies 1973, "Numerical inversion of a characteristic function"), exact up to the
 * tails beyond 2 pi / h - x and what is cut at the last node. Both ends of a central interval are
 * then as far from the forecast: one root in a row, by Newton's method inside a bracket. phi is
 * carried from row to row, on one grid for rows N in [2^j, 2^(j+1)).
 * The atom is kept apart. Where noise does not end the series, as for the trend, which has none, a
 * filter exp(-36 u^8) (Vandeven 1991) does; within about 0.05 N of 0 bounds are then approximate. Where noise is all but everything, the sum is taken for normal.
 * The estimates' uncertainty (prophet_spread.c), linearised, is normal: it adds to the noise, and is
 * the trend's own. Flat growth and rows of the history: normal. */
#include <math.h>

#include "base/fp.h"
#include "models/prophet/prophet_law.h"

enum { MOST_NODES = 1024, FEWEST_NODES = 32, MOST_STEPS = 60 };
static const double two_over_pi = 0.63661977236758134308;
static const double pi = 3.14159265358979323846;

/* The nodes of one octave of rows. */
typedef struct grid {
    size_t n;
    double h;
    double phi[MOST_NODES];    /* of U */
    double filter[MOST_NODES]; /* 1 where the noise ends the series */
} grid;

/* One row's law: U + g Z. */
typedef struct law {
    const grid *on;
    double atom, g;
    double weight[MOST_NODES]; /* (on->n) (phi - atom) filter noise */
} law;

static double spread_of(double chance, double n) {
    return sqrt(2 * chance * n * (4 * n * n - 1) / 12);
}

static void multiply_phi(grid *q, double chance, size_t r) {
    for (size_t k = 0; k < q->n; k++) {
        const double a = ((double)r + 0.5) * ((double)k + 0.5) * q->h;
        q->phi[k] *= 1 - chance + chance / (1 + a * a);
    }
}

/* For rows [from, to), noise in [least, most]. */
static void grid_start(grid *q, double chance, size_t from, size_t to, double least, double most) {
    const double n = (double)to, reach = 12 * spread_of(chance, n) + 23 * n + 8 * most;
    const double nodes = least > 0 ? 7.4 * reach / (pi * least) : MOST_NODES;
    const bool filtered = !(nodes < MOST_NODES);
    q->n = filtered ? MOST_NODES : nodes < FEWEST_NODES ? FEWEST_NODES : (size_t)nodes + 1;
    q->h = pi / reach;
    for (size_t k = 0; k < q->n; k++) {
        const double u = ((double)k + 0.5) / (double)q->n, u4 = u * u * u * u;
        q->phi[k] = 1;
        q->filter[k] = filtered ? norni_exp(-36 * u4 * u4) : 1;
    }
    for (size_t r = 0; r + 1 < from; r++)
        multiply_phi(q, chance, r);
}

static void law_of(const grid *q, double atom, double g, law *out) {
    out->on = q;
    out->atom = atom;
    out->g = g;
    /* exp(-a (k + 1/2)^2) by its ratios */
    const double a = g * g * q->h * q->h / 2, ratio = norni_exp(-2 * a);
    double noise = norni_exp(-a / 4), by = ratio;
    for (size_t k = 0; k < q->n; k++) {
        out->weight[k] = (q->phi[k] - out->atom) * q->filter[k] * noise;
        noise *= by;
        by *= ratio;
    }
}

/* P(|X| < x) and its slope. */
static double share_within(const law *l, double x, double *slope) {
    const double angle = l->on->h * x, turn_s = norni_sin(angle), turn_c = norni_cos(angle);
    double s = norni_sin(angle / 2), c = norni_cos(angle / 2), sum = 0, steep = 0;
    for (size_t k = 0; k < l->on->n; k++) {
        sum += l->weight[k] * s / ((double)k + 0.5);
        steep += l->weight[k] * c;
        const double next = s * turn_c + c * turn_s;
        c = c * turn_c - s * turn_s;
        s = next;
    }
    const double z = l->g > 0 ? x / l->g : NORNI_INF; /* the atom, blurred by the noise */
    *slope = two_over_pi * l->on->h * steep;
    if (z < 40) *slope += l->atom * sqrt(two_over_pi) * norni_exp(-z * z / 2) / l->g;
    return two_over_pi * sum + l->atom * (z < 40 ? 1 - 2 * norni_normal_cdf(-z) : 1);
}

/* x with P(|X| < x) = width, near `guess`. */
static double solve_bound(const law *l, double width, double guess) {
    double lo = 0, hi = pi / l->on->h, x = guess; /* the series serves no more than that */
    if (l->g <= 0 && width <= l->atom) return 0;
    for (int step = 0; step < MOST_STEPS; step++) {
        if (!(x > lo && x < hi)) x = lo + (hi - lo) / 2;
        double slope = 0;
        const double off = share_within(l, x, &slope) - width;
        if (off > 0)
            hi = x;
        else
            lo = x;
        const double move = off / slope;
        if (slope > 0 && fabs(move) <= 1e-12 * x) return x;
        if (hi - lo <= 1e-13 * hi) return x;
        x = slope > 0 ? x - move : hi;
    }
    return x;
}

/* Everything about the rows behind the history. */
typedef struct ahead {
    norni_prophet_changes law;
    double width, z; /* z: of the normal distribution */
    size_t rows;
} ahead;

/* The trend, or y. */
typedef struct target {
    const double *unit;  /* (rows) of it per unit of U, >= 0 */
    const double *noise; /* (rows) sd of what is normal of it */
    double *half;        /* (rows) its half widths, to be found */
} target;

/* g of row r; negative: noise is all but everything. */
static double noise_of(const ahead *a, const target *x, size_t r) {
    const double n = (double)(r + 1), spread = spread_of(a->law.chance, n) + n;
    return x->unit[r] * 30 * spread <= x->noise[r] ? -1 : x->noise[r] / x->unit[r];
}

static double normal_bound(const ahead *a, const target *x, size_t r) {
    const double spread = spread_of(a->law.chance, (double)(r + 1));
    return a->z * norni_prophet_length(x->unit[r] * spread, x->noise[r]);
}

/* Half widths of rows [from, to), an octave. */
static norn_status octave_bounds(const norni_poll *poll, const ahead *a, const target *x, grid *q,
                                 law *l, size_t from, size_t to, norn_err *err) {
    const double chance = a->law.chance;
    double least = NORNI_INF, most = 0, before = 0;
    for (size_t r = from; r < to; r++) {
        const double g = noise_of(a, x, r);
        if (g < 0) continue;
        least = g < least ? g : least;
        most = g > most ? g : most;
    }
    const bool any = most > 0 || least == 0;
    if (any) grid_start(q, chance, from + 1, to, least, most);
    for (size_t r = from; r < to; r++) {
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        const double n = (double)(r + 1), g = noise_of(a, x, r),
                     stay = chance < 1 ? norni_exp(n * norni_log(1 - chance)) : 0;
        if (any) multiply_phi(q, chance, r);
        x->half[r] = normal_bound(a, x, r);
        if (g < 0) continue;
        law_of(q, stay, g, l);
        const double guess = g > 0 || before <= 0 ? x->half[r] / x->unit[r] : before;
        before = solve_bound(l, a->width, guess);
        x->half[r] = x->unit[r] * before;
    }
    return NORN_OK;
}

static norn_status half_widths(norni_arena *arena, const norni_poll *poll, const ahead *a,
                               const target *x, norn_err *err) {
    grid *q = norni_arena_get(arena, 1, sizeof *q);
    law *l = norni_arena_get(arena, 1, sizeof *l);
    if (!q || !l) return norni_alloc_fail(err, "prophet", 1, sizeof *q);
    for (size_t from = 0; from < a->rows; from = 2 * from + 1) {
        const size_t to = 2 * from + 1 < a->rows ? 2 * from + 1 : a->rows;
        NORN_TRY(octave_bounds(poll, a, x, q, l, from, to, err));
    }
    return NORN_OK;
}

norn_status norni_prophet_exact_bounds(norni_arena *arena, const norni_poll *poll,
                                       const norni_prophet_fitted *fitted,
                                       const norni_prophet_design *design,
                                       const norni_prophet_parts *parts, double width,
                                       const norni_prophet_bounds *out, norn_err *err) {
    const size_t n = design->n;
    const double scale = fitted->plan->y_scale, noise = fitted->fit->sigma * scale;
    ahead a = {.law = norni_prophet_changes_of(fitted, design),
               .width = width,
               .z = norni_normal_quantile((1 + width) / 2)};
    const double unit = a.law.step * a.law.scale * scale;
    a.rows = a.law.chance > 0 && unit > 0 && width < 1 ? n - a.law.first : 0;
    double *room = norni_arena_zero(arena, n, 6 * sizeof *room);
    if (!room) return norni_alloc_fail(err, "prophet", n, 6 * sizeof *room);
    double *trend = room, *y = room + n, *trend_unit = room + 2 * n, *y_unit = room + 3 * n,
           *trend_noise = room + 4 * n, *y_noise = room + 5 * n;
    for (size_t i = 0; i < n; i++) {
        trend_unit[i] = unit;
        y_unit[i] = unit * fabs(1 + parts->multiplicative[i]);
        trend_noise[i] = parts->trend_sd ? parts->trend_sd[i] : 0;
        y_noise[i] = norni_prophet_noise(parts, i, noise);
        if (width <= 0) continue;
        y[i] = a.z * y_noise[i];
        trend[i] = trend_noise[i] > 0 ? a.z * trend_noise[i] : 0;
        if (width >= 1 && i >= a.law.first) trend[i] = NORNI_INF;
    }
    const size_t at = n - a.rows;
    const target of_trend = {trend_unit + at, trend_noise + at, trend + at},
                 of_y = {y_unit + at, y_noise + at, y + at};
    if (width > 0 && a.rows && (out->trend_lower || out->trend_upper))
        NORN_TRY(half_widths(arena, poll, &a, &of_trend, err));
    if (width > 0 && a.rows) NORN_TRY(half_widths(arena, poll, &a, &of_y, err));
    for (size_t i = 0; i < n; i++) {
        if (out->trend_lower) out->trend_lower[i] = parts->trend[i] - trend[i];
        if (out->trend_upper) out->trend_upper[i] = parts->trend[i] + trend[i];
        if (out->yhat_lower) out->yhat_lower[i] = parts->yhat[i] - y[i];
        if (out->yhat_upper) out->yhat_upper[i] = parts->yhat[i] + y[i];
    }
    return NORN_OK;
}
