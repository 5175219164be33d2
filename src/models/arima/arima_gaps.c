/* Series with missing values: guesses to start from, and columns that make the filter exact. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/arima/arima_track.h"

/* Next observed index at or behind t, or n. */
static size_t next_seen(const double *y, size_t n, size_t t) {
    while (t < n && isnan(y[t]))
        t++;
    return t;
}

/* What the value at t stands above the line between its neighbours a and b, one season off. */
static bool season_above(const double *y, size_t n, size_t a, size_t t, size_t b, size_t m,
                         bool ahead, double *out) {
    if (ahead ? b + m >= n : a < m) return false;
    const size_t a1 = ahead ? a + m : a - m, t1 = ahead ? t + m : t - m, b1 = ahead ? b + m : b - m;
    if (isnan(y[a1]) || isnan(y[t1]) || isnan(y[b1])) return false;
    *out = y[t1] - (y[a1] + (y[b1] - y[a1]) * ((double)(t - a) / (double)(b - a)));
    return true;
}

/* On the line between the neighbours, and above it by what the seasons before (their guesses, too)
 * and behind were. */
void arima_gaps_fill(double *y, size_t n, size_t m) {
    for (size_t t = 1; t < n; t++) {
        if (!isnan(y[t])) continue;
        const size_t a = t - 1, b = next_seen(y, n, t);
        if (b == n) {
            for (; t < n; t++)
                y[t] = y[a];
            return;
        }
        for (; t < b; t++) {
            double above = 0, one = 0;
            int count = 0;
            for (int ahead = 0; ahead < 2 && m > 1; ahead++) {
                if (!season_above(y, n, a, t, b, m, ahead, &one)) continue;
                above += one;
                count++;
            }
            y[t] = y[a] + (y[b] - y[a]) * ((double)(t - a) / (double)(b - a)) +
                   (count ? above / count : 0);
        }
    }
}

/* How later values tell of the unknown first ones when nothing is random: rows of coefficients,
 * the first independent ones of which R takes for the diffuse start and leaves out of the
 * likelihood, their determinant with them. */
static norn_status start_determinant(arima_work *w, const arima_poly *diff, const size_t *unknown,
                                     norn_err *err) {
    const size_t k = w->n_flat, lost = arima_lag_diff(&w->o), span = lost + 1;
    const norni_arena_mark mark = norni_arena_mark_get(w->arena);
    double *const p = norni_arena_zero(w->arena, k * span + k * k + k + 1, sizeof *p);
    if (p == NULL) return norni_alloc_fail(err, "arima", k * span + k * k, sizeof *p);
    double *const rows = p + k * span, *const row = rows + k * k; /* p: rings of the last values */
    size_t found = 0;
    for (size_t j = 0; j < k; j++)
        p[j * span + unknown[j]] = 1;
    for (size_t t = lost; t < w->n && found < k; t++) {
        for (size_t j = 0; j < k; j++) {
            double s = 0;
            for (size_t i = 0; i < diff->n; i++)
                s += diff->c[i] * p[j * span + (t - diff->lag[i]) % span];
            p[j * span + t % span] = row[j] = s;
        }
        if (!w->seen[t]) continue;
        for (size_t i = 0; i < found; i++) { /* rows[i] has its pivot, 1, at column i */
            const double s = row[i];
            for (size_t j = i; j < k && s != 0; j++)
                row[j] -= s * rows[i * k + j];
        }
        size_t best = found;
        for (size_t j = found; j < k; j++)
            best = fabs(row[j]) > fabs(row[best]) ? j : best;
        const double pivot = row[best];
        if (!(fabs(pivot) > 0.1)) continue; /* R: variance above 1e4 where the start's is 1e6 */
        w->gap_log += norni_log(fabs(pivot));
        for (size_t j = 0; j < k; j++) {
            rows[found * k + j] = row[j] / pivot;
        }
        for (size_t i = 0; i <= found; i++) { /* exchange columns found and best */
            const double swap = rows[i * k + found];
            rows[i * k + found] = rows[i * k + best];
            rows[i * k + best] = swap;
        }
        for (size_t i = 0; i < span; i++) {
            const double swap = p[found * span + i];
            p[found * span + i] = p[best * span + i];
            p[best * span + i] = swap;
        }
        found++;
    }
    norni_arena_rewind(w->arena, mark);
    if (found < k)
        return norn_fail(err, NORN_E_DATA,
                         "arima: missing values leave %zu of the %zu values that the differences "
                         "start from without any trace in the series; take fewer differences",
                         k - found, lost);
    return NORN_OK;
}

norn_status arima_gaps_make(arima_work *w, const double *y, norn_err *err) {
    const size_t n = w->n, lost = arima_lag_diff(&w->o);
    size_t *const unknown = norni_arena_get(w->arena, lost + 1, sizeof *unknown);
    w->seen = norni_arena_get(w->arena, n, sizeof *w->seen);
    if (!unknown || !w->seen) return norni_alloc_fail(err, "arima", n, sizeof *unknown);
    w->n_rows = 0;
    for (size_t t = 0; t < n; t++) {
        w->seen[t] = !isnan(y[t]);
        if (t >= lost && w->seen[t]) w->n_rows++;
        if (t < lost && !w->seen[t]) unknown[w->n_flat++] = t;
    }
    const size_t n_col = 1 + w->n_flat + w->n_reg;
    w->level = norni_arena_get(w->arena, n_col, sizeof *w->level);
    double *const room = norni_arena_zero(w->arena, n_col * n, sizeof *room);
    if (!w->level || !room) return norni_alloc_fail(err, "arima", n_col * n, sizeof *room);
    for (size_t j = 0; j < n_col; j++)
        w->level[j] = room + j * n;
    for (size_t t = 0; t < n; t++)
        w->level[0][t] = w->seen[t] ? y[t] : 0;
    for (size_t j = 0; j < w->n_flat; j++)
        w->level[1 + j][unknown[j]] = 1;
    if (w->n_flat == 0) return NORN_OK;
    arima_poly diff;
    if (!arima_difference_poly(w->arena, &w->o, &diff))
        return norni_alloc_fail(err, "arima", lost, sizeof *diff.c);
    return start_determinant(w, &diff, unknown, err);
}
