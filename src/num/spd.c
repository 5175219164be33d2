/* Cholesky of large positive definite matrices by blocks, and many right-hand sides at once. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: G. Golub and C. Van Loan, "Matrix computations", 4.2.5 (block gaxpy Cholesky), 3.1.4 (block
 * substitution). A block column first loses what the columns before it explain (one product), then
 * its own 64 rows are factored, then the rows below are solved against them. Products only add: the
 * panel is copied with its sign turned. */
#include "num/spd.h"

#include <math.h>

#include "num/gemm.h"
#include "num/least_squares.h"

enum { BLOCK = NORNI_SPD_BLOCK };
#define FLAT 1e-14 /* a pivot below this part of its diagonal entry is rounding */

norn_status norni_spd_init(norni_arena *arena, const norni_poll *poll, size_t n, norni_spd *s,
                           norn_err *err) {
    *s = (norni_spd){.n = n, .poll = poll};
    s->panel = norni_arena_get(arena, n * BLOCK, sizeof *s->panel);
    s->scratch = norni_arena_get(arena, norni_gemm_scratch(), 1);
    if (!s->panel || !s->scratch)
        return norn_fail(err, NORN_E_MEM, "factor: no memory for %zu rows", n);
    return NORN_OK;
}

/* panel (rows, width) = minus the rows and columns of a that begin at `from`. */
static void turn_sign(const norni_spd *s, const double *from, size_t rows, size_t width,
                      double *panel) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            panel[i * width + j] = -from[i * s->n + j];
}

/* The block column at j loses what the columns before it explain. */
static void take_earlier(const norni_spd *s, size_t j, size_t width) {
    const size_t n = s->n;
    if (j == 0) return;
    turn_sign(s, s->a + j * n, width, j, s->panel);
    for (size_t i = j; i < n; i += width) { /* square pieces: the poll sees each */
        const size_t rows = n - i < width ? n - i : width;
        const norni_gemm g = {.m = rows,
                              .n = width,
                              .k = j,
                              .lda = n,
                              .ldb = j,
                              .ldc = n,
                              .b_turned = true,
                              .add = true};
        norni_gemm_f64(&g, s->a + i * n, s->panel, s->a + i * n + j, s->scratch);
    }
}

/* Factors the diagonal block and solves the rows below it. false: not positive definite. */
static bool factor_block(const norni_spd *s, size_t j, size_t width, const double *diagonal) {
    const size_t n = s->n;
    for (size_t i = j; i < n; i++) {
        double *row = s->a + i * n + j;
        const size_t end = i - j < width ? i - j : width;
        for (size_t k = 0; k < end; k++) {
            const double *upper = s->a + (j + k) * n + j;
            row[k] = (row[k] - norni_dot(row, upper, k)) / upper[k];
        }
        if (i - j >= width) continue;
        const double pivot = row[end] - norni_dot(row, row, end);
        if (!(pivot > FLAT * diagonal[end]) || !isfinite(pivot)) return false;
        row[end] = sqrt(pivot);
    }
    return true;
}

norn_status norni_spd_factor(norni_spd *s, norn_err *err) {
    const size_t n = s->n;
    double diagonal[BLOCK];
    for (size_t j = 0; j < n; j += BLOCK) {
        const size_t width = n - j < BLOCK ? n - j : BLOCK;
        for (size_t k = 0; k < width; k++)
            diagonal[k] = s->a[(j + k) * (n + 1)];
        take_earlier(s, j, width);
        if (!factor_block(s, j, width, diagonal))
            return norn_fail(err, NORN_E_NUMERIC, "factor: not positive definite");
        if (norni_poll_stop(s->poll)) return norn_fail(err, NORN_E_CANCEL, "factor: cancelled");
    }
    return NORN_OK;
}

/* y (m) -= c x */
static void take(double *y, double c, const double *x, size_t m) {
    for (size_t i = 0; i < m; i++)
        y[i] -= c * x[i];
}

static void divide(double *y, double by, size_t m) {
    for (size_t i = 0; i < m; i++)
        y[i] /= by;
}

norn_status norni_spd_forward(const norni_spd *s, size_t rows, double *b, size_t m, norn_err *err) {
    const size_t n = s->n;
    for (size_t j = 0; j < rows; j += BLOCK) {
        const size_t width = rows - j < BLOCK ? rows - j : BLOCK;
        if (j > 0) {
            turn_sign(s, s->a + j * n, width, j, s->panel);
            const norni_gemm g = {
                .m = width, .n = m, .k = j, .lda = j, .ldb = m, .ldc = m, .add = true};
            norni_gemm_f64(&g, s->panel, b, b + j * m, s->scratch);
        }
        for (size_t i = j; i < j + width; i++) {
            for (size_t k = j; k < i; k++)
                take(b + i * m, s->a[i * n + k], b + k * m, m);
            divide(b + i * m, s->a[i * n + i], m);
        }
        if (norni_poll_stop(s->poll)) return norn_fail(err, NORN_E_CANCEL, "factor: cancelled");
    }
    return NORN_OK;
}

norn_status norni_spd_backward(const norni_spd *s, size_t rows, double *b, size_t m,
                               norn_err *err) {
    const size_t n = s->n;
    for (size_t blocks = (rows + BLOCK - 1) / BLOCK; blocks-- > 0;) {
        const size_t j = blocks * BLOCK, width = rows - j < BLOCK ? rows - j : BLOCK,
                     below = j + width;
        if (below < rows) {
            turn_sign(s, s->a + below * n + j, rows - below, width, s->panel);
            const norni_gemm g = {.m = width,
                                  .n = m,
                                  .k = rows - below,
                                  .lda = width,
                                  .ldb = m,
                                  .ldc = m,
                                  .a_turned = true,
                                  .add = true};
            norni_gemm_f64(&g, s->panel, b + below * m, b + j * m, s->scratch);
        }
        for (size_t i = below; i-- > j;) {
            for (size_t k = i + 1; k < below; k++)
                take(b + i * m, s->a[k * n + i], b + k * m, m);
            divide(b + i * m, s->a[i * n + i], m);
        }
        if (norni_poll_stop(s->poll)) return norn_fail(err, NORN_E_CANCEL, "factor: cancelled");
    }
    return NORN_OK;
}
