/* Second moments of features, known-ahead columns and responses of every step, over ranges of origins. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Standardised columns are made block by block of 256 origins and never all at once. Where there are
 * more columns p than origins n, X = R Q' with Q'Q = I and R the Cholesky factor of X X': a ridge on R
 * is the ridge on X (its weights lie in the span of the rows), at n^2 p + n^3 / 3 operations once
 * instead of p^3, and on any part of the rows. */
#include "models/ridge/feature_moments.h"

#include <math.h>
#include <string.h>

#include "num/gemm.h"
#include "num/spd.h"

#define JITTER 1e-9 /* of the mean diagonal: equal rows leave X X' without an inverse */

/* out (to - from, n): standardised columns [first, first + n) of the origin rows. A carried value is
 * the one of the row before, which is not looked for again in a long gap. */
static void make_block(const feature_rows *r, size_t from, size_t to, size_t first, size_t n,
                       double *out) {
    for (size_t j = 0; j < n; j++) {
        const ridge_column *c = r->columns->column + first + j;
        const double *at = r->x->col[c->feature].at;
        for (size_t t = from; t < to; t++) {
            double *cell = out + (t - from) * n + j;
            const bool same = c->carried && t > from && isnan(at[t]);
            *cell = same ? *(cell - n) : ridge_column_at(c, r->x, t, 0);
        }
    }
}

/* k (n, n) += X X' of columns [first, first + width), in x (n, width). */
static norn_status add_outer(norni_env *env, const feature_rows *r, size_t first, size_t width,
                             double *x, double *k, norn_err *err) {
    const size_t n = r->to - r->from;
    make_block(r, r->from, r->to, first, width, x);
    for (size_t b = 0; b < n; b += FEATURE_BLOCK) {
        const size_t m = n - b < FEATURE_BLOCK ? n - b : FEATURE_BLOCK;
        const norni_gemm g = {.m = m,
                              .n = n,
                              .k = width,
                              .lda = width,
                              .ldb = width,
                              .ldc = n,
                              .b_turned = true,
                              .add = true};
        norni_gemm_f64(&g, x + b * width, x, k + b * n, r->scratch);
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ridge: cancelled");
    }
    return NORN_OK;
}

/* r->r: the lower factor of X X', noughts above its diagonal. */
static norn_status factor_rows(norni_env *env, feature_rows *r, norn_err *err) {
    const size_t n = r->to - r->from, p = r->columns->n_origin;
    double trace = 0;
    double *k = norni_arena_zero(env->arena, n * n, sizeof *k);
    if (!k) return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu rows", n);
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    norni_spd s;
    double *x = norni_arena_get(env->arena, n * FEATURE_BLOCK, sizeof *x);
    if (!x) return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu rows", n);
    for (size_t j = 0; j < p; j += FEATURE_BLOCK)
        NORN_TRY(add_outer(env, r, j, p - j < FEATURE_BLOCK ? p - j : FEATURE_BLOCK, x, k, err));
    for (size_t i = 0; i < n; i++)
        trace += k[i * (n + 1)];
    for (size_t i = 0; i < n; i++)
        k[i * (n + 1)] += JITTER * trace / (double)n;
    NORN_TRY(norni_spd_init(env->arena, &env->poll, n, &s, err));
    s.a = k;
    NORN_TRY(norni_spd_factor(&s, err));
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            k[i * n + j] = 0;
    norni_arena_rewind(env->arena, mark);
    r->r = k, r->width = n;
    return NORN_OK;
}

norn_status feature_rows_init(norni_env *env, const norni_features *x, const ridge_columns *columns,
                              size_t from, size_t to, feature_rows *out, norn_err *err) {
    *out = (feature_rows){
        .x = x, .columns = columns, .from = from, .to = to, .width = columns->n_origin};
    out->block = norni_arena_get(env->arena, (columns->n + 1) * FEATURE_BLOCK, sizeof *out->block);
    out->scratch = norni_arena_get(env->arena, norni_gemm_scratch(), 1);
    if (!out->block || !out->scratch)
        return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu columns", columns->n);
    return columns->n_origin > to - from ? factor_rows(env, out, err) : NORN_OK;
}

static norn_status moments_init(norni_arena *arena, const feature_rows *r, feature_moments *m,
                                norn_err *err) {
    const size_t q = m->width, k = m->n_step, s = m->s, y = m->n_response;
    m->gram = norni_arena_zero(arena, q * q + 1, sizeof *m->gram);
    m->wide = norni_arena_zero(arena, q * k * (s + y) + 1, sizeof *m->wide);
    m->own = norni_arena_zero(arena, k * s * s, sizeof *m->own);
    m->cross = norni_arena_zero(arena, k * s * y, sizeof *m->cross);
    m->square = norni_arena_zero(arena, k * y, sizeof *m->square);
    if (!m->gram || !m->wide || !m->own || !m->cross || !m->square)
        return norn_fail(err, NORN_E_MEM, "ridge: no memory for products of %zu columns",
                         r->columns->n);
    return NORN_OK;
}

/* out (to - from, n_step s + n_step y): the steps' own columns, then responses; seen (n_step y). */
static void fill_wide(const feature_rows *r, const feature_moments *m, size_t from, size_t to,
                      const feature_response *response, double *out, double *seen) {
    const size_t s = m->s, y = m->n_response, width = m->n_step * (s + y);
    for (size_t t = from; t < to; t++) {
        double *row = out + (t - from) * width, *at = row + m->n_step * s;
        for (size_t k = 0; k < m->n_step; k++) {
            for (size_t j = 0; j + 1 < s; j++)
                row[k * s + j] = ridge_column_at(r->columns->column + r->columns->n_origin + j,
                                                 r->x, t, m->step[k]);
            row[k * s + s - 1] = 1;
        }
        response->at(response->user, t, m->step, m->n_step, at);
        for (size_t j = 0; j < m->n_step * y; j++) {
            seen[j] += isnan(at[j]) ? 0 : 1;
            at[j] = isnan(at[j]) ? 0 : at[j];
        }
    }
}

/* The small products of each step over a block of `rows` rows. */
static void add_own(feature_moments *m, const double *block, size_t rows) {
    const size_t s = m->s, y = m->n_response, width = m->n_step * (s + y);
    for (size_t i = 0; i < rows; i++) {
        const double *row = block + i * width, *at = row + m->n_step * s;
        for (size_t k = 0; k < m->n_step; k++) {
            for (size_t a = 0; a < s; a++) {
                const double v = row[k * s + a];
                for (size_t b = 0; b < s; b++)
                    m->own[(k * s + a) * s + b] += v * row[k * s + b];
                for (size_t b = 0; b < y; b++)
                    m->cross[(k * s + a) * y + b] += v * at[k * y + b];
            }
            for (size_t b = 0; b < y; b++)
                m->square[k * y + b] += at[k * y + b] * at[k * y + b];
        }
    }
}

/* Sums over the rows with a response, to what all rows would have. */
static void scale_missing(feature_moments *m, const double *seen) {
    const size_t s = m->s, y = m->n_response, first = m->n_step * s, width = first + m->n_step * y;
    for (size_t j = 0; j < m->n_step * y; j++) {
        const double up = seen[j] > 0 ? m->n / seen[j] : 0;
        if (up == 1) continue;
        for (size_t i = 0; i < m->width; i++)
            m->wide[i * width + first + j] *= up;
        for (size_t a = 0; a < s; a++)
            m->cross[(j / y * s + a) * y + j % y] *= up;
        m->square[j] *= up;
    }
}

norn_status feature_moments_make(norni_env *env, const feature_rows *rows, size_t from, size_t to,
                                 const size_t *step, size_t n_step,
                                 const feature_response *response, feature_moments *out,
                                 norn_err *err) {
    const size_t q = rows->width;
    *out = (feature_moments){.width = q,
                             .s = rows->columns->n - rows->columns->n_origin + 1,
                             .n_step = n_step,
                             .n_response = response->n,
                             .step = step,
                             .n = (double)(to - from)};
    const size_t width = n_step * (out->s + response->n);
    NORN_TRY(moments_init(env->arena, rows, out, err));
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    double *wide = norni_arena_get(env->arena, FEATURE_BLOCK * width, sizeof *wide);
    double *seen = norni_arena_zero(env->arena, n_step * response->n, sizeof *seen);
    if (!wide || !seen) return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu steps", n_step);
    for (size_t b = from; b < to; b += FEATURE_BLOCK) {
        const size_t e = to - b < FEATURE_BLOCK ? to : b + FEATURE_BLOCK;
        const double *z = rows->r ? rows->r + (b - rows->from) * q : rows->block;
        if (!rows->r) make_block(rows, b, e, 0, q, rows->block);
        fill_wide(rows, out, b, e, response, wide, seen);
        add_own(out, wide, e - b);
        const norni_gemm own = {.m = q,
                                .n = q,
                                .k = e - b,
                                .lda = q,
                                .ldb = q,
                                .ldc = q,
                                .a_turned = true,
                                .add = true};
        const norni_gemm cross = {.m = q,
                                  .n = width,
                                  .k = e - b,
                                  .lda = q,
                                  .ldb = width,
                                  .ldc = width,
                                  .a_turned = true,
                                  .add = true};
        if (q > 0) norni_gemm_f64(&own, z, z, out->gram, rows->scratch);
        if (q > 0) norni_gemm_f64(&cross, z, wide, out->wide, rows->scratch);
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ridge: cancelled");
    }
    scale_missing(out, seen);
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

/* beta += X_b' alpha_b over blocks of origins, with alpha = R'^-1 z. */
norn_status feature_plain(norni_env *env, const feature_rows *rows, double *z, size_t m,
                          double *beta, norn_err *err) {
    const size_t n = rows->to - rows->from, p = rows->columns->n_origin;
    if (!rows->r) {
        memcpy(beta, z, p * m * sizeof *beta);
        return NORN_OK;
    }
    norni_spd s;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    double *factor = norni_arena_get(env->arena, n * n, sizeof *factor);
    if (!factor) return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu rows", n);
    memcpy(factor, rows->r, n * n * sizeof *factor);
    NORN_TRY(norni_spd_init(env->arena, &env->poll, n, &s, err));
    s.a = factor;
    NORN_TRY(norni_spd_backward(&s, n, z, m, err));
    memset(beta, 0, p * m * sizeof *beta);
    for (size_t b = 0; b < n; b += FEATURE_BLOCK) {
        const size_t k = n - b < FEATURE_BLOCK ? n - b : FEATURE_BLOCK;
        make_block(rows, rows->from + b, rows->from + b + k, 0, p, rows->block);
        const norni_gemm g = {
            .m = p, .n = m, .k = k, .lda = p, .ldb = m, .ldc = m, .a_turned = true, .add = true};
        norni_gemm_f64(&g, rows->block, z + b * m, beta, rows->scratch);
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ridge: cancelled");
    }
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}
