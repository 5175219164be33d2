/* Second moments of every window of several channels, by their shift structure. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_WINDOW_MOMENTS_H
#define NORNI_WINDOW_MOMENTS_H

#include "base/arena.h"
#include "base/poll.h"

/* Over origins t of all channels: cross (lookback, horizon + lookback) holds in row i, column c the
 * sum of x[t - i] x[t + horizon - c]: targets first, the farthest leading, then lags, the newest
 * leading. square (horizon): sum of x[t + h + 1]^2. */
typedef struct window_moments {
    size_t lookback, horizon;
    double n; /* windows */
    double *cross, *square;
} window_moments;

typedef enum window_norm {
    WINDOW_LAST, /* lags and targets less the newest lag */
    WINDOW_MEAN, /* less the window's mean */
    WINDOW_NONE,
} window_norm;

NORN_CHECKED norn_status window_moments_init(norni_arena *arena, size_t lookback, size_t horizon,
                                             window_moments *m, norn_err *err);
/* Sets m to the sums over origins [from, to) of channels x (n_channels); from >= lookback - 1, and
 * rows below to + horizon are read. x holds no missing values. NORN_E_CANCEL. */
NORN_CHECKED norn_status window_moments_fill(window_moments *m, const double *const *x,
                                             size_t n_channels, size_t from, size_t to,
                                             const norni_poll *poll, norn_err *err);
/* Numbers that a normalised window of `lookback` values has: LAST leaves out the newest. */
size_t window_norm_width(window_norm norm, size_t lookback);
/* Normal equations of windows of `lookback` <= m->lookback values, for n_step of the steps (in
 * [0, horizon)): gram (width, width) full, right (width, n_step). */
void window_normal(const window_moments *m, window_norm norm, size_t lookback, const size_t *step,
                   size_t n_step, double *gram, double *right);
/* raw (lookback, n_step): weights of plain values, newest first, that say what w (width, n_step) of
 * normalised ones do. */
void window_plain_weights(window_norm norm, size_t lookback, size_t n_step, const double *w,
                          double *raw);

#endif
