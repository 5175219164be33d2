/* What one forecast is worth: all measures of one item at once, and the order they stand in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/score.h"

#include "base/fp.h"
#include "eval/metrics.h"

size_t norni_score_name(size_t score, const norni_doubles *levels, char *out, size_t size) {
    static const char *const point[] = {"smape", "mase",  "rmse",    "mae",
                                        "mape",  "rmsse", "pinball", "spl"};
    static const char *const of_level[] = {"coverage", "msis", "width"};
    if (score < NORNI_SCORES) return norni_format(out, size, "%s", point[score]);
    const size_t l = (score - NORNI_SCORES) / NORNI_LEVEL_SCORES,
                 kind = (score - NORNI_SCORES) % NORNI_LEVEL_SCORES;
    return norni_format(out, size, "%s-%g", of_level[kind], levels->v[l]);
}

norni_score_scale norni_score_scale_of(const double *y, size_t n, size_t m) {
    const size_t first = norni_first_demand(y, n);
    return (norni_score_scale){.mase = norni_mase_scale(y, n, m),
                               .rmsse = norni_rmsse_scale(y + first, n - first),
                               .spl = norni_mase_scale(y + first, n - first, 1)};
}

void norni_score_item(const double *y, const double *mean, const double *lo, const double *hi,
                      size_t horizon, const norni_doubles *levels, const norni_score_scale *scale,
                      double *out) {
    norni_sum loss = norni_sum_add((norni_sum){0, 0}, norni_pinball(y, mean, horizon, 0.5));
    for (size_t l = 0; l < levels->n; l++) {
        const double level = levels->v[l], tail = (1 - level / 100) / 2, *a = lo + l * horizon,
                     *b = hi + l * horizon;
        norni_sum width = {0, 0};
        size_t n = 0;
        loss = norni_sum_add(loss, norni_pinball(y, a, horizon, tail));
        loss = norni_sum_add(loss, norni_pinball(y, b, horizon, 1 - tail));
        for (size_t k = 0; k < horizon; k++) {
            if (y[k] != y[k]) continue; /* over the same steps as the coverage */
            width = norni_sum_add(width, b[k] - a[k]);
            n++;
        }
        double *of = out + norni_score_of_level(l, 0);
        of[NORNI_LEVEL_COVERAGE] = norni_coverage(y, a, b, horizon);
        of[NORNI_LEVEL_MSIS] = norni_msis(y, a, b, horizon, level, scale->mase);
        of[NORNI_LEVEL_WIDTH] =
            n > 0 && scale->mase > 0 ? norni_sum_get(width) / (double)n / scale->mase : NORNI_NAN;
    }
    const double pinball = norni_sum_get(loss) / (double)(2 * levels->n + 1);
    out[NORNI_SCORE_SMAPE] = norni_smape(y, mean, horizon);
    out[NORNI_SCORE_MASE] = norni_mase(y, mean, horizon, scale->mase);
    out[NORNI_SCORE_RMSE] = norni_rmse(y, mean, horizon);
    out[NORNI_SCORE_MAE] = norni_mae(y, mean, horizon);
    out[NORNI_SCORE_MAPE] = norni_mape(y, mean, horizon);
    out[NORNI_SCORE_RMSSE] = norni_rmsse(y, mean, horizon, scale->rmsse);
    out[NORNI_SCORE_PINBALL] = pinball;
    out[NORNI_SCORE_SPL] = scale->spl > 0 ? pinball / scale->spl : NORNI_NAN;
    for (size_t k = 0; k < norni_score_count(levels->n); k++)
        out[k] = norni_canonical(out[k]);
}
