/* Pearson's correlation over complete pairs, and Granger's F test on nested regressions. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Granger 1969, Econometrica 37. The unrestricted regression is y_t on 1, y_{t-1..t-p}, x_{t-1..t-p}; one QR in this order
 * gives both residual sums of squares: coordinates of Q'y behind the restricted columns and behind all. */
#include "num/pearson.h"

#include <math.h>

#include "base/fp.h"
#include "num/beta.h"
#include "num/least_squares.h"

double norni_pearson(const double *x, const double *y, size_t n, size_t *pairs) {
    size_t count = 0;
    double mean_x = 0, mean_y = 0, most_x = 0, most_y = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        count++;
        most_x = fmax(most_x, fabs(x[i])), most_y = fmax(most_y, fabs(y[i]));
    }
    if (pairs) *pairs = count;
    if (count < 2 || !(most_x > 0) || !(most_y > 0) || isinf(most_x) || isinf(most_y))
        return NORNI_NAN;
    for (size_t i = 0; i < n;
         i++) { /* in units of the largest: squares neither overflow nor vanish */
        if (isnan(x[i]) || isnan(y[i])) continue;
        mean_x += x[i] / most_x / (double)count, mean_y += y[i] / most_y / (double)count;
    }
    double xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        const double a = x[i] / most_x - mean_x, b = y[i] / most_y - mean_y;
        xx += a * a, yy += b * b, xy += a * b;
    }
    const double rounding = 1e-26 * (double)count;
    if (!(xx > rounding) || !(yy > rounding)) return NORNI_NAN;
    const double r = xy / sqrt(xx) / sqrt(yy);
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

/* a (rows, 1 + seasons + 2 lag), column-major: constant, seasons but the first, y's past, x's past */
static void fill(const double *y, const double *x, size_t rows, size_t lag, size_t seasons,
                 double *a) {
    double *past = a + (1 + seasons) * rows;
    for (size_t t = 0; t < rows; t++) {
        a[t] = 1;
        for (size_t k = 1; k <= seasons; k++)
            a[k * rows + t] = (lag + t) % (seasons + 1) == k;
        for (size_t k = 1; k <= lag; k++) {
            past[(k - 1) * rows + t] = y[lag + t - k];
            past[(lag + k - 1) * rows + t] = x[lag + t - k];
        }
    }
}

norn_status norni_granger(const double *y, const double *x, size_t n, size_t lag, size_t period,
                          const norni_poll *poll, norni_arena *scratch, norni_granger_result *out,
                          norn_err *err) {
    const size_t rows = n > lag ? n - lag : 0, seasons = period > 1 ? period - 1 : 0,
                 p = 1 + seasons + 2 * lag;
    *out = (norni_granger_result){NORNI_NAN, NORNI_NAN, lag, rows > p ? rows - p : 0};
    if (lag == 0 || rows <= p) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    double *a = norni_arena_get(scratch, rows * p, sizeof *a),
           *right = norni_arena_get(scratch, rows, sizeof *right),
           *work = norni_arena_get(scratch, norni_qr_work(p), sizeof *work);
    size_t *pivot = norni_arena_get(scratch, p, sizeof *pivot);
    if (!a || !right || !work || !pivot)
        return norni_alloc_fail(err, "granger", rows * p, sizeof *a);
    fill(y, x, rows, lag, seasons, a);
    double mean = 0, total = 0;
    for (size_t t = 0; t < rows; t++)
        mean += y[lag + t] / (double)rows;
    for (size_t t = 0; t < rows; t++) {
        right[t] = y[lag + t] -
                   mean; /* the constant takes it: the fit is the same, with fewer digits lost */
        total += right[t] * right[t];
    }
    norni_qr qr = {.n = rows, .p = p, .a = a, .work = work, .pivot = pivot};
    if (!norni_qr_factor(&qr, NORNI_QR_IN_ORDER, 1e-9, poll))
        return norn_fail(err, NORN_E_CANCEL, "granger: cancelled");
    if (qr.rank == p && isfinite(total)) {
        norni_qr_rotate(&qr, right);
        double with = 0, gained = 0;
        for (size_t i = p; i < rows; i++)
            with += right[i] * right[i];
        for (size_t i = 1 + seasons + lag; i < p; i++)
            gained += right[i] * right[i];
        if (with > 1e-24 * total) {
            out->f = gained / with * (double)out->df_rest / (double)lag;
            out->p = norni_f_tail(out->f, (double)lag, (double)out->df_rest);
        }
    }
    norni_arena_rewind(scratch, mark);
    return NORN_OK;
}
