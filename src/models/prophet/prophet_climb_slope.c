/* First and second derivatives of half the squared residuals at a point of the climb. */
/* SPDX-License-Identifier: Apache-2.0 */
/* yhat = f(z) u + a, f the trend of its argument z, u = 1 + X_m b_m, a = X_a b_a, r = y - yhat:
 *   J_z = f' u,  J_bm = f X_m,  J_ba = X_a
 *   J'J, and the exact second derivatives J'J - sum r d2yhat, in which
 *   d2yhat/dz2 = f'' u,  d2yhat/dz db_m = f' X_m,  d2z/dk dm = -1 (logistic), all others 0.
 * z is linear in the hinges max(t - s_j, 0), t and 1, so that every product with the trend is read
 * off sums over stretches between changepoints, added up from the last one on: with c the distance
 * from one anchor to the next and sums H_d = sum w (t - s)^d over all rows behind an anchor,
 *   H_0 += next H_0,  H_1 += next H_1 + c H_0,  H_2 += next H_2 + 2 c H_1 + c^2 H_0.
 * That costs n (n_x + 3) products in place of n (n_x + n_change)^2 / 2; all weights that may differ
 * in sign keep their size, so that little cancels. */
#include "models/prophet/prophet_climb_parts.h"

#include <string.h>

#include "num/least_squares.h"

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Columns at once: products below the diagonal are left out, but for a band. Rows between polls. */
enum { BAND = 8, POLLED = 16384 };

/* sum (4, n; ld apart) += products of four thin columns (of the list `group`) with n columns over the
 * rows where they are not 0, row i scaled by scale_i^power (scale NULL: 1). False: stopped. */
static bool thin_product(const climb_ground *g, size_t group, const double *scale, int power,
                         const double *left, size_t left_ld, const double *right, size_t right_ld,
                         size_t n, double *sum, size_t ld) {
    if (norni_poll_stop(g->poll)) return false;
    for (size_t at = g->thin_first[group]; at < g->thin_first[group + 1]; at++) {
        const size_t i = g->thin_row[at];
        const double *r = right + i * right_ld;
        const double by = !scale ? 1 : power == 2 ? scale[i] * scale[i] : scale[i];
        for (size_t a = 0; a < 4; a++) {
            const double l = left[i * left_ld + a] * by;
            double *to = sum + a * ld;
            if (l == 0) continue;
            for (size_t b = 0; b < n; b++)
                to[b] += l * r[b];
        }
    }
    return true;
}

bool climb_additive_gram(const climb_ground *g) {
    const size_t wide = g->wide_add;
    for (size_t a = 0; a < g->thin_add; a += 4)
        if (!thin_product(g, (g->thin_mult + a) / 4, NULL, 0, g->rows_add + a, wide,
                          g->rows_add + a, wide, wide - a, g->gram_add + a * wide + a, wide))
            return false;
    for (size_t at = 0; at < g->n; at += CLIMB_ROWS)
        for (size_t a = g->thin_add; a < wide; a += BAND) {
            const double *x = g->rows_add + at * wide + a;
            if (norni_poll_stop(g->poll)) return false;
            climb_rows_product(least(CLIMB_ROWS, g->n - at), x, least(BAND, wide - a), wide, x,
                               wide - a, wide, g->gram_add + a * wide + a, wide);
        }
    return true;
}

bool climb_slopes_make(climb_slopes *s, const climb_ground *g) {
    const size_t p = g->n_unknown;
    s->fall = norni_arena_get(g->arena, p, sizeof *s->fall);
    s->gauss = norni_arena_get(g->arena, p, p * sizeof *s->gauss);
    s->newton = norni_arena_get(g->arena, p, p * sizeof *s->newton);
    return s->fall && s->gauss && s->newton;
}

/* f'' where the trend is logistic. */
static double bend_of(const climb_ground *g, const climb_point *at, size_t i) {
    const double cap = g->problem->cap[i];
    return cap != 0 ? at->slope[i] * (1 - 2 * at->trend[i] / cap) : 0;
}

/* How k and m move z: dz/dk = t + k_one, dz/dm = m_one (k: not at all under flat growth). */
typedef struct chain {
    bool k;
    double k_one, m_one;
} chain;

static chain chain_of(const climb_ground *g, const double *x) {
    if (g->problem->growth == NORNI_PROPHET_LOGISTIC)
        return (chain){true, -x[CLIMB_M], -x[CLIMB_K]};
    return (chain){g->problem->growth == NORNI_PROPHET_LINEAR, 0, 1};
}

/* ---- trend by trend ---- */

static climb_moments moments_behind(climb_moments own, const climb_moments *next, double c) {
    own.h[2] += next->h[2] + c * (2 * next->h[1] + c * next->h[0]);
    own.h[1] += next->h[1] + c * next->h[0];
    own.h[0] += next->h[0];
    return own;
}

/* Fills the trend's corner of h (p, p) from climb_moments behind every anchor (n_change + 1). */
static void trend_corner(const climb_ground *g, const chain *c, const climb_moments *h,
                         double *out) {
    const size_t p = g->n_unknown, s = g->n_change;
    const double one = h[0].h[0], t1 = h[0].h[1], t2 = h[0].h[2];
    const double kk = t2 + c->k_one * (2 * t1 + c->k_one * one);
    out[CLIMB_K * p + CLIMB_K] = c->k ? kk : 0;
    out[CLIMB_K * p + CLIMB_M] = c->k ? (t1 + c->k_one * one) * c->m_one : 0;
    out[CLIMB_M * p + CLIMB_M] = one * c->m_one * c->m_one;
    for (size_t j = 1; j <= s; j++) {
        const size_t at = CLIMB_DELTA + j - 1;
        const double with_t = h[j].h[2] + (g->anchor[j] - g->anchor[0]) * h[j].h[1];
        out[CLIMB_K * p + at] = with_t + c->k_one * h[j].h[1];
        out[CLIMB_M * p + at] = h[j].h[1] * c->m_one;
        for (size_t i = 1; i <= j; i++)
            out[(CLIMB_DELTA + i - 1) * p + at] =
                h[j].h[2] + (g->anchor[j] - g->anchor[i]) * h[j].h[1];
    }
}

/* One pass over the rows, from the last stretch to the first: J_z'J_z and its exact counterpart. */
static bool trend_by_trend(const climb_ground *g, const climb_point *at, const chain *c,
                           climb_slopes *s) {
    const bool bends = g->problem->growth == NORNI_PROPHET_LOGISTIC;
    const climb_moments none = {{0}};
    climb_moments *gauss = g->gauss_moments, *newton = g->newton_moments;
    double level = 0;
    for (size_t q = g->n_change + 1; q-- > 0;) {
        const double anchor = g->anchor[q];
        const double gap = q < g->n_change ? g->anchor[q + 1] - anchor : 0;
        climb_moments w = none, b = none;
        for (size_t i = g->first[q]; i < g->first[q + 1]; i++) {
            const double d = g->problem->t[i] - anchor, v = at->slope[i] * at->lift[i], v2 = v * v;
            w.h[0] += v2;
            w.h[1] += v2 * d;
            w.h[2] += v2 * d * d;
            if (i % POLLED == 0 && norni_poll_stop(g->poll)) return false;
            if (!bends) continue;
            const double e = at->rest[i] * at->lift[i] * bend_of(g, at, i);
            b.h[0] += e;
            b.h[1] += e * d;
            b.h[2] += e * d * d;
            level += at->rest[i] * v;
        }
        gauss[q] = moments_behind(w, q < g->n_change ? &gauss[q + 1] : &none, gap);
        newton[q] = moments_behind(b, q < g->n_change ? &newton[q + 1] : &none, gap);
    }
    for (size_t q = 0; bends && q <= g->n_change; q++)
        for (size_t d = 0; d < 3; d++)
            newton[q].h[d] = gauss[q].h[d] - newton[q].h[d];
    trend_corner(g, c, gauss, s->gauss);
    trend_corner(g, c, bends ? newton : gauss, s->newton);
    if (bends) s->newton[CLIMB_K * g->n_unknown + CLIMB_M] += level;
    return true;
}

/* ---- trend by feature ---- */

/* Weights of the rows [at, at + rows) of a stretch, each as it is and times the distance from the
 * anchor: J's, and the exact ones. */
static void weights(const climb_ground *g, const climb_point *p, size_t at, size_t rows,
                    double anchor, bool mult) {
    double *w = g->step_rows;
    for (size_t r = 0; r < rows; r++, w += 4) {
        const size_t i = at + r;
        const double d = g->problem->t[i] - anchor, v = p->slope[i] * p->lift[i];
        w[0] = mult ? v * p->trend[i] : v;
        w[2] = mult ? w[0] - p->rest[i] * p->slope[i] : w[0];
        w[1] = w[0] * d;
        w[3] = w[2] * d;
    }
}

/* sums (n_change + 1, 4, wide): every stretch's weights times the columns. False: stopped. */
static bool stretch_sums(const climb_ground *g, const climb_point *p, bool mult, size_t wide) {
    const double *rows_of = mult ? g->rows_mult : g->rows_add;
    memset(g->sums, 0, (g->n_change + 1) * 4 * wide * sizeof *g->sums);
    for (size_t q = 0; q <= g->n_change; q++)
        for (size_t at = g->first[q]; at < g->first[q + 1]; at += CLIMB_ROWS) {
            const size_t rows = least(CLIMB_ROWS, g->first[q + 1] - at);
            if (norni_poll_stop(g->poll)) return false;
            weights(g, p, at, rows, g->anchor[q], mult);
            climb_rows_product(rows, g->step_rows, 4, 4, rows_of + at * wide, wide, wide,
                               g->sums + q * 4 * wide, wide);
        }
    return true;
}

static bool trend_by_features(const climb_ground *g, const climb_point *at, const chain *c,
                              bool mult, climb_slopes *s) {
    const size_t wide = mult ? g->wide_mult : g->wide_add, n = mult ? g->n_mult : g->n_add;
    const size_t p = g->n_unknown, from = CLIMB_DELTA + g->n_change + (mult ? 0 : g->n_mult);
    if (n == 0) return true;
    if (!stretch_sums(g, at, mult, wide)) return false;
    for (size_t j = 0; j < n; j++) {
        double h[4] = {0};
        for (size_t q = g->n_change + 1; q-- > 0;) {
            const double *own = g->sums + q * 4 * wide + j;
            const double gap = q < g->n_change ? g->anchor[q + 1] - g->anchor[q] : 0;
            h[1] = own[wide] + (h[1] + gap * h[0]);
            h[3] = own[3 * wide] + (h[3] + gap * h[2]);
            h[0] += own[0];
            h[2] += own[2 * wide];
            if (q == 0) break;
            s->gauss[(CLIMB_DELTA + q - 1) * p + from + j] = h[1];
            s->newton[(CLIMB_DELTA + q - 1) * p + from + j] = h[3];
        }
        s->gauss[CLIMB_K * p + from + j] = c->k ? h[1] + c->k_one * h[0] : 0;
        s->newton[CLIMB_K * p + from + j] = c->k ? h[3] + c->k_one * h[2] : 0;
        s->gauss[CLIMB_M * p + from + j] = h[0] * c->m_one;
        s->newton[CLIMB_M * p + from + j] = h[2] * c->m_one;
    }
    return true;
}

/* ---- feature by feature ---- */

/* Products of multiplicative columns with themselves and with additive ones, rows scaled by the
 * trend. False: stopped. */
static bool scaled_products(const climb_ground *g, const climb_point *p) {
    const size_t wm = g->wide_mult, wa = g->wide_add;
    memset(g->gram_mult, 0, wm * (wm + wa) * sizeof *g->gram_mult);
    for (size_t a = 0; a < g->thin_mult; a += 4) {
        const double *x = g->rows_mult + a;
        double *sum = g->gram_mult + a * (wm + wa);
        if (!thin_product(g, a / 4, p->trend, 2, x, wm, x, wm, wm - a, sum + a, wm + wa) ||
            !thin_product(g, a / 4, p->trend, 1, x, wm, g->rows_add, wa, wa, sum + wm, wm + wa))
            return false;
    }
    for (size_t at = 0; at < g->n; at += CLIMB_ROWS) {
        const size_t rows = least(CLIMB_ROWS, g->n - at);
        const double *x = g->rows_mult + at * wm;
        double *z = g->step_rows;
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < wm; j++)
                z[r * wm + j] = p->trend[at + r] * x[r * wm + j];
        for (size_t a = g->thin_mult; a < wm; a += BAND) {
            const size_t band = least(BAND, wm - a);
            double *sum = g->gram_mult + a * (wm + wa);
            if (norni_poll_stop(g->poll)) return false;
            climb_rows_product(rows, z + a, band, wm, z + a, wm - a, wm, sum + a, wm + wa);
            climb_rows_product(rows, z + a, band, wm, g->rows_add + at * wa, wa, wa, sum + wm,
                               wm + wa);
        }
    }
    return true;
}

static bool features_by_features(const climb_ground *g, const climb_point *at, climb_slopes *s) {
    const size_t p = g->n_unknown, from = CLIMB_DELTA + g->n_change, wm = g->wide_mult;
    const size_t wide = wm + g->wide_add, nm = g->n_mult;
    if (nm > 0 && !scaled_products(g, at)) return false;
    for (size_t i = 0; i < nm + g->n_add; i++)
        for (size_t j = i; j < nm + g->n_add; j++) {
            double v;
            if (j < nm)
                v = g->gram_mult[i * wide + j];
            else if (i < nm)
                v = g->gram_mult[i * wide + wm + (j - nm)];
            else
                v = g->gram_add[(i - nm) * g->wide_add + (j - nm)];
            s->gauss[(from + i) * p + from + j] = s->newton[(from + i) * p + from + j] = v;
        }
    return true;
}

static bool trend_fall(const climb_ground *g, const climb_point *at, const double *rest,
                       double *fall) {
    const chain c = chain_of(g, at->x);
    climb_moments sum = {{0}};
    for (size_t q = g->n_change + 1; q-- > 0;) {
        const double anchor = g->anchor[q];
        const double gap = q < g->n_change ? g->anchor[q + 1] - anchor : 0;
        climb_moments own = {{0}};
        for (size_t i = g->first[q]; i < g->first[q + 1]; i++) {
            const double rv = rest[i] * (at->slope[i] * at->lift[i]);
            own.h[0] += rv;
            own.h[1] += rv * (g->problem->t[i] - anchor);
            if (i % POLLED == 0 && norni_poll_stop(g->poll)) return false;
        }
        sum = moments_behind(own, &sum, gap);
        if (q > 0) fall[CLIMB_DELTA + q - 1] = -sum.h[1];
    }
    fall[CLIMB_K] = c.k ? -(sum.h[1] + c.k_one * sum.h[0]) : 0;
    fall[CLIMB_M] = -sum.h[0] * c.m_one;
    return true;
}

bool climb_fall(const climb_ground *g, const climb_point *at, const double *rest, double *fall) {
    double *of_features = fall + CLIMB_DELTA + g->n_change;
    if (!trend_fall(g, at, rest, fall)) return false;
    for (size_t i = 0; i < g->n; i++)
        g->work[i] = rest[i] * at->trend[i];
    for (size_t j = 0; j < g->n_mult + g->n_add; j++) {
        if (norni_poll_stop(g->poll)) return false;
        of_features[j] =
            -g->unit[j] * norni_dot(g->column[j], j < g->n_mult ? g->work : rest, g->n);
    }
    return true;
}

static void mirror(double *h, size_t p) {
    for (size_t i = 0; i < p; i++)
        for (size_t j = i + 1; j < p; j++)
            h[j * p + i] = h[i * p + j];
}

bool climb_slopes_at(const climb_ground *g, const climb_point *at, climb_slopes *s) {
    const chain c = chain_of(g, at->x);
    if (!trend_by_trend(g, at, &c, s) || !trend_by_features(g, at, &c, true, s) ||
        !trend_by_features(g, at, &c, false, s) || !features_by_features(g, at, s) ||
        !climb_fall(g, at, at->rest, s->fall))
        return false;
    mirror(s->gauss, g->n_unknown);
    mirror(s->newton, g->n_unknown);
    return true;
}
