/* A panel of counts in bins, under it the normal distribution of the same mean and spread. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "base/sort.h"
#include "plot/pane_kinds.h"

enum { LEAST_BINS = 5, MOST_BINS = 60, CURVE = 121 };

/* Bins of sorted x (n >= 1): Freedman and Diaconis' width, 2 IQR n^(-1/3). */
static size_t bin_count(const double *x, size_t n) {
    const double range = x[n - 1] - x[0];
    const double iqr = norni_pane_quantile(x, n, 0.75) - norni_pane_quantile(x, n, 0.25);
    const double width = 2 * iqr * norni_pow((double)n, -1.0 / 3);
    if (!(range > 0)) return 1;
    if (!(width > 0)) return n < MOST_BINS ? (n > LEAST_BINS ? n : LEAST_BINS) : MOST_BINS;
    const double bins = ceil(range / width);
    return bins < LEAST_BINS ? LEAST_BINS : bins > MOST_BINS ? MOST_BINS : (size_t)bins;
}

/* Boxes of the counts: x, x2, y, y2 (n_bins each) one behind the other. */
static void count_bins(const double *x, size_t n, size_t bins, double *box) {
    const double lo = x[0], range = x[n - 1] - lo;
    const double half = range > 0 ? 0 : lo < 0 ? -lo / 20 : lo > 0 ? lo / 20 : 0.5;
    for (size_t k = 0; k < bins; k++) {
        box[k] = lo - half + (double)k / (double)bins * range;
        box[bins + k] = lo + half + (double)(k + 1) / (double)bins * range;
        box[2 * bins + k] = box[3 * bins + k] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        const double at = range > 0 ? (x[i] - lo) / range * (double)bins : 0;
        const size_t k = at < (double)bins ? (size_t)at : bins - 1;
        box[3 * bins + k]++;
    }
}

static norn_status add_curve(norni_arena *arena, norni_pane *p, norni_layer *layer, const double *x,
                             size_t n, double width, norn_err *err) {
    double mean, var;
    norni_mean_var(x, n, 1, &mean, &var);
    const double sd = sqrt(var), lo = x[0], range = x[n - 1] - lo;
    double *at = norni_arena_get(arena, 2 * CURVE, sizeof *at);
    if (at == NULL) return norni_alloc_fail(err, "chart", 2 * CURVE, sizeof *at);
    if (n < 3 || !isfinite(sd) || !(sd > 0)) return NORN_OK;
    for (size_t k = 0; k < CURVE; k++) {
        at[k] = lo + range * ((double)k / (CURVE - 1));
        const double z = (at[k] - mean) / sd;
        at[CURVE + k] = (double)n * (width / sd) * 0.3989422804014327 * norni_exp(-z * z / 2);
    }
    layer[p->n_layers++] =
        (norni_layer){.mark = NORNI_MARK_LINE, .colour = 1, .n = CURVE, .x = at, .y = at + CURVE};
    return NORN_OK;
}

norn_status norni_pane_histogram(norni_arena *arena, norni_pane *p, const double *v, size_t n,
                                 bool normal, norn_err *err) {
    size_t kept = 0;
    norni_layer *layer = norni_pane_layers(arena, p, 2);
    double *x = norni_pane_finite(arena, v, n, &kept);
    if (!layer || !x) return norni_alloc_fail(err, "chart", n, sizeof *x);
    if (kept == 0) return NORN_OK;
    norni_sort_doubles(x, kept);
    const size_t bins = bin_count(x, kept);
    double *box = norni_arena_get(arena, 4 * bins, sizeof *box);
    if (box == NULL) return norni_alloc_fail(err, "chart", 4 * bins, sizeof *box);
    count_bins(x, kept, bins, box);
    layer[p->n_layers++] = (norni_layer){.mark = NORNI_MARK_BOXES,
                                         .n = bins,
                                         .x = box,
                                         .x2 = box + bins,
                                         .y = box + 2 * bins,
                                         .y2 = box + 3 * bins,
                                         .opacity = 0.6};
    return normal ? add_curve(arena, p, layer, x, kept, box[bins] - box[0], err) : NORN_OK;
}
