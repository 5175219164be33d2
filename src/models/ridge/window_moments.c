/* Second moments of every window of several channels, by their shift structure. */
/* SPDX-License-Identifier: Apache-2.0 */
/* M(u, v) = sum over origins t in [from, to) of x[t + u] x[t + v], u in (-L, 0], v in (-L, H]:
 *   M(u - 1, v - 1) = M(u, v) + x[from - 1 + u] x[from - 1 + v] - x[to - 1 + u] x[to - 1 + v]
 * so that the first row and the first column, O(n (2L + H)), give all L (L + H) of them. The chain of
 * at most L + H additions loses a few units in the last place of n x^2, far below what a penalty
 * moves. Normalised windows are linear in plain ones, and so are their moments:
 *   LAST: sum (x_i - x_0)(x_j - x_0) = M_ij - M_i0 - M_0j + M_00 */
#include "models/ridge/window_moments.h"

#include "base/fp.h"
#include "num/least_squares.h"

norn_status window_moments_init(norni_arena *arena, size_t lookback, size_t horizon,
                                window_moments *m, norn_err *err) {
    *m = (window_moments){.lookback = lookback, .horizon = horizon};
    m->cross = norni_arena_get(arena, lookback * (lookback + horizon), sizeof *m->cross);
    m->square = norni_arena_get(arena, horizon, sizeof *m->square);
    if (!m->cross || !m->square)
        return norn_fail(err, NORN_E_MEM, "ridge: no memory for windows of %zu values", lookback);
    return NORN_OK;
}

/* The sums of row `u` rows back and column c, one product after the other. */
static double direct(const window_moments *m, const double *const *x, size_t n_channels,
                     size_t from, size_t to, size_t back, size_t c) {
    double sum = 0;
    for (size_t k = 0; k < n_channels; k++)
        sum += norni_dot(x[k] + from - back, x[k] + from + m->horizon - c, to - from);
    return sum;
}

/* Row i + 1 from row i; its first column is set already. */
static void shift_row(const window_moments *m, const double *const *x, size_t n_channels,
                      size_t from, size_t to, size_t i) {
    const size_t width = m->horizon + m->lookback;
    const double *row = m->cross + i * width;
    double *next = m->cross + (i + 1) * width;
    for (size_t c = 0; c + 1 < width; c++)
        next[c + 1] = row[c];
    for (size_t k = 0; k < n_channels; k++) {
        const double come = x[k][from - 1 - i], go = x[k][to - 1 - i];
        const double *first = x[k] + from - 1 + m->horizon, *last = x[k] + to - 1 + m->horizon;
        for (size_t c = 0; c + 1 < width; c++)
            next[c + 1] += come * *(first - c) - go * *(last - c);
    }
}

norn_status window_moments_fill(window_moments *m, const double *const *x, size_t n_channels,
                                size_t from, size_t to, const norni_poll *poll, norn_err *err) {
    const size_t width = m->horizon + m->lookback;
    if (to < from) to = from;
    m->n = (double)(to - from) * (double)n_channels;
    for (size_t c = 0; c < width; c++) {
        m->cross[c] = direct(m, x, n_channels, from, to, 0, c);
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "ridge: cancelled");
    }
    for (size_t i = 1; i < m->lookback; i++) {
        m->cross[i * width] = direct(m, x, n_channels, from, to, i, 0);
        if (to > from)
            shift_row(m, x, n_channels, from, to, i - 1);
        else
            for (size_t c = 0; c < width; c++)
                m->cross[i * width + c] = 0;
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "ridge: cancelled");
    }
    for (size_t h = 0; h < m->horizon; h++) {
        m->square[h] = 0;
        for (size_t k = 0; k < n_channels; k++) {
            const double *y = x[k] + from + h + 1;
            m->square[h] += norni_dot(y, y, to - from);
        }
    }
    return NORN_OK;
}

size_t window_norm_width(window_norm norm, size_t lookback) {
    return norm == WINDOW_LAST ? lookback - 1 : lookback;
}

/* LAST, NONE: from row and column `skip` on, less those of the newest value when there is a skip. */
static void normal_last(const window_moments *m, size_t skip, size_t lookback, const size_t *step,
                        size_t n_step, double *gram, double *right) {
    const size_t all = m->horizon + m->lookback, width = lookback - skip;
    const double *newest = m->cross, corner = skip ? newest[m->horizon] : 0;
    for (size_t i = 0; i < width; i++) {
        const double *row = m->cross + (i + skip) * all;
        const double own = skip ? row[m->horizon] : 0;
        for (size_t j = 0; j < width; j++) {
            const double other = skip ? newest[m->horizon + j + skip] : 0;
            gram[i * width + j] = row[m->horizon + j + skip] - own - other + corner;
        }
        for (size_t k = 0; k < n_step; k++) {
            const size_t c = m->horizon - 1 - step[k];
            right[i * n_step + k] = row[c] - own - (skip ? newest[c] : 0) + corner;
        }
    }
}

/* MEAN: rows less their mean, then columns less theirs. */
static void take_means(double *a, size_t rows, size_t width) {
    for (size_t j = 0; j < width; j++) {
        double sum = 0;
        for (size_t i = 0; i < rows; i++)
            sum += a[i * width + j];
        for (size_t i = 0; i < rows; i++)
            a[i * width + j] -= sum / (double)rows;
    }
}

void window_normal(const window_moments *m, window_norm norm, size_t lookback, const size_t *step,
                   size_t n_step, double *gram, double *right) {
    normal_last(m, norm == WINDOW_LAST ? 1 : 0, lookback, step, n_step, gram, right);
    if (norm != WINDOW_MEAN) return;
    for (size_t i = 0; i < lookback; i++) { /* targets and lags less the mean of the lags */
        double sum = 0;
        for (size_t j = 0; j < lookback; j++)
            sum += gram[i * lookback + j];
        for (size_t j = 0; j < lookback; j++)
            gram[i * lookback + j] -= sum / (double)lookback;
        for (size_t k = 0; k < n_step; k++)
            right[i * n_step + k] -= sum / (double)lookback;
    }
    take_means(gram, lookback, lookback);
    take_means(right, lookback, n_step);
}

void window_plain_weights(window_norm norm, size_t lookback, size_t n_step, const double *w,
                          double *raw) {
    const size_t width = window_norm_width(norm, lookback), skip = lookback - width;
    for (size_t k = 0; k < n_step; k++) {
        double sum = 0;
        for (size_t i = 0; i < width; i++)
            sum += w[i * n_step + k];
        const double move = norm == WINDOW_MEAN ? (1 - sum) / (double)lookback : 0;
        for (size_t i = 0; i < width; i++)
            raw[(i + skip) * n_step + k] = w[i * n_step + k] + move;
        if (skip) raw[k] = 1 - sum;
    }
}
