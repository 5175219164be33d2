/* One pair in one bag: how many training rows each cut leaves on each side, and their gradients' sums. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "models/ebm/ebm_pairs_lanes.h"
#include "models/ebm/ebm_pairs_plane.h"

enum { CHAINS = 8 }; /* rows summed side by side, so that their additions overlap */

static norn_status no_memory(norn_err *err, size_t n) {
    return norni_alloc_fail(err, "ebm", n, sizeof(double));
}

/* The training rows' number and weight in each cell, then in all cells up to it. */
static void count_rows(const norni_ebm_bag *bag, const norni_ebm_side side[2],
                       const norni_ebm_plane *p, uint32_t *rows, double *weight) {
    const size_t stride = p->stride;
    for (size_t i = 0; i < bag->n_train; i++) {
        const size_t k = side[0].bin[i] * stride + side[1].bin[i];
        rows[k]++;
        if (weight) weight[k] += bag->weight[i];
    }
    for (size_t x = 0; x < p->n[0]; x++) {
        for (size_t y = 0; y < stride; y++) {
            const size_t k = x * stride + y;
            if (y) rows[k] += rows[k - 1];
            if (weight && y) weight[k] += weight[k - 1];
        }
        for (size_t y = 0; x && y < stride; y++) {
            const size_t k = x * stride + y;
            rows[k] += rows[k - stride];
            if (weight) weight[k] += weight[k - stride];
        }
    }
}

norni_ebm_parts norni_ebm_plane_parts(const norni_ebm_plane *p, const double *sum, uint32_t x,
                                      uint32_t y) {
    const size_t last = p->n[1] - 1, bottom = (p->n[0] - 1) * p->stride, row = x * p->stride;
    const size_t at[4] = {row + y, row + last, bottom + y, bottom + last};
    norni_ebm_parts c = {.rows = {p->rows[at[0]]}};
    int64_t n[4];
    double w[4], g[4] = {0};
    for (int k = 0; k < 4; k++) {
        n[k] = p->rows[at[k]];
        w[k] = p->weight ? p->weight[at[k]] : (double)n[k];
        if (sum) g[k] = sum[at[k]];
    }
    /* The parts' order of additions is interpret's. */
#define PARTS(out, v)                             \
    (out)[0] = (v)[0];                            \
    (out)[1] = (v)[1] - (v)[0];                   \
    (out)[2] = (v)[2] - (v)[0];                   \
    (out)[3] = (v)[0] - (v)[2] - (v)[1] + (v)[3]; \
    (out)[4] = (v)[1];                            \
    (out)[5] = (v)[3] - (v)[1];                   \
    (out)[6] = (v)[2];                            \
    (out)[7] = (v)[3] - (v)[2]
    PARTS(c.rows, n);
    PARTS(c.w, w);
    PARTS(c.g, g);
#undef PARTS
    return c;
}

/* Reciprocals relative to the whole weight (any unit of weights fits a float). */
static void invert_weights(const norni_ebm_opt *opt, norni_ebm_plane *p, float *inverse[4]) {
    const size_t corner = (p->n[0] - 1) * p->stride + p->n[1] - 1;
    const double all = (p->weight ? p->weight[corner] : (double)p->rows[corner]) + opt->reg_lambda;
    for (uint32_t x = 0; x + 1 < p->n[0]; x++) {
        for (uint32_t y = 0; y < p->stride; y++) {
            const size_t at = x * p->stride + y;
            const bool cut = y + 1 < p->n[1];
            const norni_ebm_parts c = norni_ebm_plane_parts(p, NULL, x, cut ? y : 0);
            for (int k = 0; k < 4; k++) {
                const double v = all / (c.w[k] + opt->reg_lambda);
                inverse[k][at] = !cut || !norni_ebm_is_leaf(opt, &c, k) ? -__builtin_inff()
                                 : v < 1e30                             ? (float)v
                                                                        : 1e30F;
                if (inverse[k][at] > p->inverse_most) p->inverse_most = inverse[k][at];
            }
        }
    }
}

norn_status norni_ebm_plane_make(norni_arena *arena, const norni_ebm_opt *opt,
                                 const norni_ebm_bag *bag, const norni_ebm_side side[2],
                                 norni_ebm_plane *out, norn_err *err) {
    *out = (norni_ebm_plane){.n = {side[0].n, side[1].n}};
    if (side[0].n < 2 || side[1].n < 2) return NORN_OK;
    out->stride = ((size_t)side[1].n + 7) / 8 * 8;
    const size_t cells = out->n[0] * out->stride;
    uint32_t *rows = norni_arena_zero(arena, cells, sizeof *rows);
    double *weight = bag->weight ? norni_arena_zero(arena, cells, sizeof *weight) : NULL;
    if (rows == NULL || (bag->weight && weight == NULL)) return no_memory(err, cells);
    count_rows(bag, side, out, rows, weight);
    out->rows = rows;
    out->weight = weight;
    if (opt->reg_alpha > 0 || opt->max_delta_step > 0) return NORN_OK;
    float *inverse[4];
    for (int k = 0; k < 4; k++) {
        out->inverse[k] = inverse[k] = norni_arena_get(arena, cells, sizeof(float));
        if (inverse[k] == NULL) return no_memory(err, cells);
    }
    invert_weights(opt, out, inverse);
    return NORN_OK;
}

norn_status norni_ebm_search_room_make(norni_arena *arena, const norni_ebm_plane *plane, size_t n,
                                       norni_ebm_search_room *out, norn_err *err) {
    size_t cells = 1, rows = 1, stride = 8;
    for (size_t k = 0; k < n; k++) {
        const size_t own = plane[k].n[0] * plane[k].stride;
        cells = own > cells ? own : cells;
        rows = plane[k].n[0] > rows ? plane[k].n[0] : rows;
        stride = plane[k].stride > stride ? plane[k].stride : stride;
    }
    out->sum = norni_arena_get(arena, cells, sizeof *out->sum);
    out->rounded = norni_arena_get(arena, cells, sizeof *out->rounded);
    out->best = norni_arena_get(arena, rows, sizeof *out->best);
    for (int k = 0; k < 3; k++) {
        out->side[k] = norni_arena_get(arena, stride, sizeof(float));
        if (out->side[k] == NULL) return no_memory(err, stride);
    }
    return out->sum && out->rounded && out->best ? NORN_OK : no_memory(err, cells);
}

/* Each row's running sum, CHAINS rows at a time. */
static void sum_rows(double *sum, size_t n0, size_t n1, size_t stride) {
    size_t x = 0;
    for (; x + CHAINS <= n0; x += CHAINS) {
        double run[CHAINS] = {0}, *at = sum + x * stride;
        for (size_t y = 0; y < n1; y++, at++)
            for (size_t k = 0; k < CHAINS; k++)
                at[k * stride] = run[k] += at[k * stride];
    }
    for (; x < n0; x++) {
        double run = 0, *at = sum + x * stride;
        for (size_t y = 0; y < n1; y++)
            at[y] = run += at[y];
    }
}

void norni_ebm_plane_sums(const norni_ebm_plane *p, const norni_ebm_bag *bag,
                          const norni_ebm_side side[2], norni_ebm_search_room *room) {
    const size_t stride = p->stride, n = bag->n_train;
    const uint16_t *b0 = side[0].bin, *b1 = side[1].bin;
    const double *g = bag->residual, *w = bag->weight;
    double *sum = room->sum;
    memset(sum, 0, p->n[0] * stride * sizeof *sum);
    if (w)
        for (size_t i = 0; i < n; i++)
            sum[b0[i] * stride + b1[i]] += g[i] * w[i];
    else
        for (size_t i = 0; i < n; i++)
            sum[b0[i] * stride + b1[i]] += g[i];
    /* Axis 1 first, then axis 0: interpret's order, by which equal trees are told apart. */
    sum_rows(sum, p->n[0], p->n[1], stride);
    room->most = norni_ebm_lanes_get(0)->stack(sum, p->n[0], stride);
}
