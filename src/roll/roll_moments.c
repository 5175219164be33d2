/* Rolling skewness and excess kurtosis, corrected for bias as in pandas (Fisher's G1 and G2). */
/* SPDX-License-Identifier: Apache-2.0 */
/* With m_k the k-th central moment of n values (Joanes and Gill, "Comparing measures of sample
 * skewness and kurtosis", The Statistician 47, 1998):
 *     G1 = sqrt(n (n - 1)) / (n - 2) * m3 / m2^1.5,
 *     G2 = (n - 1) / ((n - 2) (n - 3)) * ((n + 1) m4 / m2^2 - 3 (n - 1)).
 * Values that are all equal have no shape: NaN, as in pandas 3 (earlier: 0 and -3). Departure: pandas
 * calls small variances 0 by absolute thresholds in places; here scale does not matter. */
#include "roll/roll_var.h"

norn_status norni_roll_skew(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                            norni_arena *arena, const norni_poll *poll, double *out,
                            norn_err *err) {
    (void)arg;
    return norni_roll_central_run(x, w, NORNI_ROLL_SKEW, 0, arena, poll, out, err);
}

norn_status norni_roll_kurt(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                            norni_arena *arena, const norni_poll *poll, double *out,
                            norn_err *err) {
    (void)arg;
    return norni_roll_central_run(x, w, NORNI_ROLL_KURT, 0, arena, poll, out, err);
}
