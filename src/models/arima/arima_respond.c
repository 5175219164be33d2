/* The steps ahead of an ARIMA filter: the levels of a pending state, and whether its gain has settled. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "models/arima/arima_track.h"

/* An unsettled filter whose further gain on the variance of h steps ahead is below this share counts
 * as settled. */
static const double worth = 1e-3;

bool arima_is_settled(const arima_track *t, size_t h) {
    return t->settled || (t->f - 1) * (double)h < worth;
}

void arima_respond(const arima_track *t, const double *a, const double *y, size_t h, double *work,
                   double *out) {
    double *const w = work, *const z = work + t->r + h;
    memcpy(w, a, t->r * sizeof *w);
    memset(w + t->r, 0, h * sizeof *w);
    memcpy(z, y, t->n_diff * sizeof *z);
    for (size_t i = 0; i < h; i++) {
        double level = w[i];
        for (size_t j = 0; j < t->ar->n; j++) {
            const size_t at = i + t->ar->lag[j];
            if (at < t->r + h) w[at] += t->ar->c[j] * w[i];
        }
        for (size_t j = 0; j < t->diff.n; j++)
            level += t->diff.c[j] * z[t->n_diff + i - t->diff.lag[j]];
        z[t->n_diff + i] = out[i] = level;
    }
}
