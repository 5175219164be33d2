/* How errors and interval coverage go along the horizon, over many forecasts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/calibration.h"

#include <math.h>

#include "eval/metrics.h"

norn_status norni_calibration_init(norni_calibration *c, norni_arena *arena, size_t horizon,
                                   size_t n_levels, norn_err *err) {
    size_t n;
    *c = (norni_calibration){.horizon = horizon, .n_levels = n_levels};
    if (!norni_mul_size(norni_calibration_lines(n_levels), horizon, &n)) n = SIZE_MAX;
    c->cell = norni_arena_zero(arena, n, sizeof *c->cell);
    return c->cell ? NORN_OK : norni_alloc_fail(err, "calibration", n, sizeof *c->cell);
}

void norni_calibration_add(norni_calibration *c, const double *y, const double *mean,
                           const double *lo, const double *hi, double scale) {
    const size_t h = c->horizon;
    for (size_t k = 0; k < h; k++) {
        if (isnan(y[k])) continue;
        norni_mean_add(&c->cell[NORNI_LINE_SMAPE * h + k], norni_smape(y + k, mean + k, 1));
        norni_mean_add(&c->cell[NORNI_LINE_MASE * h + k], norni_mase(y + k, mean + k, 1, scale));
        for (size_t l = 0; l < c->n_levels; l++) {
            const size_t at = l * h + k;
            norni_mean *of = c->cell + norni_calibration_line(l, 0) * h + k;
            norni_mean_add(&of[NORNI_LEVEL_LINE_COVERAGE * h],
                           norni_coverage(y + k, lo + at, hi + at, 1));
            norni_mean_add(&of[NORNI_LEVEL_LINE_WIDTH * h],
                           scale > 0 ? (hi[at] - lo[at]) / scale : NORNI_NAN);
        }
    }
}

double norni_calibration_at(const norni_calibration *c, size_t line, size_t k) {
    return norni_mean_get(&c->cell[line * c->horizon + k]);
}

size_t norni_calibration_name(size_t line, const norni_doubles *levels, char *out, size_t size) {
    static const char *const point[] = {"smape", "mase"}, *const of_level[] = {"coverage", "width"};
    if (line < NORNI_LINES) return norni_format(out, size, "%s", point[line]);
    return norni_format(out, size, "%s-%g", of_level[(line - NORNI_LINES) % NORNI_LEVEL_LINES],
                        levels->v[(line - NORNI_LINES) / NORNI_LEVEL_LINES]);
}
