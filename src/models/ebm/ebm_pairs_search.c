/* The best tree of three leaves of a pair: all cuts in one pass over prefix sums, near ties decided exactly. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With the sums of the parts low/low, low/high, high/low, high/high of the cuts (x, y), each worth
 * e = G^2 / (W + lambda), the four trees are worth
 *
 *     axis 1 first: e00 + e10 + e(y's high side),  e01 + e11 + e(y's low side)
 *     axis 0 first: e00 + e01 + e(x's high side),  e10 + e11 + e(x's low side)
 *
 * so one visit of each cut weighs all of them (interpret 0.7.8 visits every tree by itself). The pass
 * runs in floats on sums scaled to at most 1; every cut that comes within the floats' error of the best
 * is weighed again in doubles, in interpret's order of additions. So the answer is the exact one: the
 * largest worth in doubles, of equal ones the first in interpret's order. */
#include <math.h>

#include "models/ebm/ebm_pairs_lanes.h"
#include "models/ebm/ebm_pairs_plane.h"

/* Whether tree a comes before b among equals. */
static bool comes_first(const norni_ebm_tree *a, const norni_ebm_tree *b) {
    if (a->shape != b->shape) return a->shape < b->shape;
    const bool y_first = a->shape <= NORNI_EBM_Y_THEN_HIGH;
    const uint32_t root_a = y_first ? a->y : a->x, root_b = y_first ? b->y : b->x;
    if (root_a != root_b) return root_a < root_b;
    return y_first ? a->x < b->x : a->y < b->y;
}

/* Weighs the four trees of the cuts (x, y) against the best so far. */
static void try_cut(const norni_ebm_opt *opt, const norni_ebm_plane *p, const double *sum,
                    uint32_t x, uint32_t y, norni_ebm_tree *best) {
    const norni_ebm_parts c = norni_ebm_plane_parts(p, sum, x, y);
    double e[NORNI_EBM_PARTS];
    for (int k = 0; k < NORNI_EBM_PARTS; k++)
        e[k] = norni_ebm_is_leaf(opt, &c, k) ? norni_ebm_worth(opt, c.g[k], c.w[k]) : (double)NAN;
    const double worth[4] = {e[7] + e[0] + e[2], e[6] + e[1] + e[3], e[5] + e[0] + e[1],
                             e[4] + e[2] + e[3]};
    for (int s = 0; s < 4; s++) {
        const norni_ebm_tree t = {worth[s], (norni_ebm_shape)s, x, y};
        if (!isfinite(t.worth)) continue;
        if (isnan(best->worth) || t.worth > best->worth ||
            (!(t.worth < best->worth) && comes_first(&t, best)))
            *best = t;
    }
}

/* Every cut in doubles. */
static norni_ebm_tree search_exactly(const norni_ebm_opt *opt, const norni_ebm_plane *p,
                                     const double *sum) {
    norni_ebm_tree best = {(double)NAN, NORNI_EBM_Y_THEN_LOW, 0, 0};
    for (uint32_t x = 0; x + 1 < p->n[0]; x++)
        for (uint32_t y = 0; y + 1 < p->n[1]; y++)
            try_cut(opt, p, sum, x, y, &best);
    return best;
}

/* A power of two that brings the largest |sum| to at most 1; 0: all are 0, or too large. */
static double scale_of(double most) {
    int e;
    if (!(most > 0) || !isfinite(most)) return 0;
    frexp(most, &e);
    return e > 1000 || e < -1000 ? 0 : ldexp(1, -e);
}

/* A side's worth in the pass' units; -inf: it is no leaf. */
static float side_worth(const norni_ebm_opt *opt, double g, double w, int64_t rows, double unit) {
    const double least = opt->min_hessian > DBL_MIN ? opt->min_hessian : DBL_MIN;
    if (rows < 1 || rows < opt->min_samples_leaf || w < least) return -__builtin_inff();
    return (float)(g * g * (unit / (w + opt->reg_lambda)));
}

/* Rounds the sums, and weighs the columns' sides. */
static void prepare_pass(const norni_ebm_opt *opt, const norni_ebm_plane *p, double scale,
                         double unit, norni_ebm_search_room *room) {
    const size_t cells = p->n[0] * p->stride, last = p->n[1] - 1,
                 bottom = (p->n[0] - 1) * p->stride;
    norni_ebm_lanes_get(0)->round(room->sum, cells, scale, room->rounded);
    const double all = room->sum[bottom + last] * scale;
    const int64_t n_all = p->rows[bottom + last];
    const double w_all = p->weight ? p->weight[bottom + last] : (double)n_all;
    for (size_t y = 0; y < p->stride; y++) {
        room->side[0][y] = room->side[1][y] = 0;
        if (y >= last) continue;
        const double g = room->sum[bottom + y] * scale,
                     w = p->weight ? p->weight[bottom + y] : (double)p->rows[bottom + y];
        const int64_t n = p->rows[bottom + y];
        room->side[0][y] = side_worth(opt, g, w, n, unit);
        room->side[1][y] = side_worth(opt, all - g, w_all - w, n_all - n, unit);
    }
}

/* The row of cuts x for the lanes. */
static norni_ebm_cuts cuts_of(const norni_ebm_opt *opt, const norni_ebm_plane *p, double scale,
                              double unit, const norni_ebm_search_room *room, size_t x) {
    const size_t last = p->n[1] - 1, bottom = (p->n[0] - 1) * p->stride, row = x * p->stride;
    const double g = room->sum[row + last] * scale, all = room->sum[bottom + last] * scale;
    const int64_t n = p->rows[row + last], n_all = p->rows[bottom + last];
    const double w = p->weight ? p->weight[row + last] : (double)n,
                 w_all = p->weight ? p->weight[bottom + last] : (double)n_all;
    norni_ebm_cuts c = {
        .sum = room->rounded + row,
        .column = room->rounded + bottom,
        .low = room->side[0],
        .high = room->side[1],
        .row = (float)g,
        .rest = (float)(all - g),
        .row_low = side_worth(opt, g, w, n, unit),
        .row_high = side_worth(opt, all - g, w_all - w, n_all - n, unit),
    };
    for (int k = 0; k < 4; k++)
        c.inverse[k] = p->inverse[k] + row;
    return c;
}

/* How far the pass' worth of a tree may lie from the exact one: each part's sum is off by at most
 * delta, which moves its worth by 2 delta sqrt(worth inverse) + delta^2 inverse; two parts, and the
 * rounding of products and sums. */
static double pass_error(double worth, double inverse_most) {
    const double delta = ldexp(8, -24);
    return 2 * (2 * delta * sqrt(worth * inverse_most) + delta * delta * inverse_most) +
           worth * ldexp(16, -24) + 1e-29;
}

norni_ebm_tree norni_ebm_plane_search(const norni_ebm_opt *opt, const norni_ebm_plane *p,
                                      norni_ebm_search_room *room) {
    const norni_ebm_lanes *lanes = norni_ebm_lanes_get(0);
    norni_ebm_tree best = {(double)NAN, NORNI_EBM_Y_THEN_LOW, 0, 0};
    const double scale = scale_of(room->most);
    if (p->inverse[0] == NULL || scale <= 0) return search_exactly(opt, p, room->sum);
    const size_t corner = (p->n[0] - 1) * p->stride + p->n[1] - 1;
    const double unit = (p->weight ? p->weight[corner] : (double)p->rows[corner]) + opt->reg_lambda;
    float most = -__builtin_inff();
    prepare_pass(opt, p, scale, unit, room);
    for (size_t x = 0; x + 1 < p->n[0]; x++) {
        const norni_ebm_cuts c = cuts_of(opt, p, scale, unit, room, x);
        room->best[x] = lanes->scan(&c, p->stride);
        most = room->best[x] > most ? room->best[x] : most;
    }
    if (!(most >= 0)) return best; /* no tree is legal */
    const double high = (double)most + pass_error((double)most, (double)p->inverse_most);
    const double least = (double)most - 2 * pass_error(high, (double)p->inverse_most);
    for (uint32_t x = 0; x + 1 < p->n[0]; x++) {
        if ((double)room->best[x] < least) continue;
        const norni_ebm_cuts c = cuts_of(opt, p, scale, unit, room, x);
        lanes->scan_each(&c, p->stride, room->side[2]);
        for (uint32_t y = 0; y + 1 < p->n[1]; y++)
            if ((double)room->side[2][y] >= least) try_cut(opt, p, room->sum, x, y, &best);
    }
    return best;
}
