/* Two quantiles of many rows of draws that look alike, each row in about one pass. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_QUANTILE_BAND_H
#define NORNI_QUANTILE_BAND_H

#include <stddef.h>

/* Where a quantile is looked for: found again near where the last row had it. Whatever is guessed,
 * the result is the same. */
typedef struct norni_quantile_guess {
    double offset, half; /* between centre + offset -+ half; half < 0: no guess yet */
} norni_quantile_guess;

typedef struct norni_quantile_band {
    double p[2]; /* probabilities, ascending, in [0, 1] */
    norni_quantile_guess guess[2];
} norni_quantile_band;

static inline norni_quantile_band norni_quantile_band_of(double p_lower, double p_upper) {
    return (norni_quantile_band){{p_lower, p_upper}, {{0, -1}, {0, -1}}};
}

/* The two quantiles of x (n >= 1), linear between order statistics (type 7, as numpy's and R's
 * defaults); NaN when x holds one. `centre`: a value that moves along with the rows. scratch (2 n). */
void norni_quantile_band_find(norni_quantile_band *band, const double *x, size_t n, double centre,
                              double *scratch, double *lower, double *upper);

#endif
