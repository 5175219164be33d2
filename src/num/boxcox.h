/* Box-Cox transformation, its inverse, and the choice of lambda (Guerrero, likelihood). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BOXCOX_H
#define NORNI_BOXCOX_H

#include <norn/status.h>

#include "base/poll.h"

#include <stddef.h>
#include <stdint.h>

/* May lambda serve all of y (n, NaN = missing)? lambda <= 0 takes values above 0 only, lambda > 0
 * every finite one. NORN_E_ARG: lambda is not finite; NORN_E_DATA: names the value. */
NORN_CHECKED norn_status norni_boxcox_check(const double *y, size_t n, double lambda,
                                            norn_err *err);
/* out (n) = (sign(y) |y|^lambda - 1) / lambda, log y with lambda 0; may be y itself. NaN stays;
 * lambda <= 0 makes 0 -inf and what is below it NaN. */
void norni_boxcox(const double *y, size_t n, double lambda, double *out);
/* out (n): back; may be w itself. With variance (n, of w; or NULL) the mean instead of the median,
 * to the second order: out (1 + variance (1 - lambda) / (2 out^(2 lambda))). lambda < 0: what lies
 * above -1/lambda comes from no y and becomes NaN. */
void norni_boxcox_inverse(const double *w, size_t n, double lambda, const double *variance,
                          double *out);

typedef enum norni_boxcox_rule {
    NORNI_BOXCOX_GUERRERO,  /* the spread of the seasons' sd / mean^(1 - lambda) is least */
    NORNI_BOXCOX_LIKELIHOOD /* normal errors around line and season; a grid of 0.05 */
} norni_boxcox_rule;

typedef struct norni_boxcox_opt {
    int32_t season; /* 1: none; Guerrero then takes pairs */
    norni_boxcox_rule rule;
    double lower, upper; /* finite, lower <= upper */
} norni_boxcox_opt;

static inline norni_boxcox_opt norni_boxcox_opt_default(int32_t season) {
    return (norni_boxcox_opt){.season = season, .lower = -1, .upper = 2};
}
/* Doubles of scratch for n values at a season. */
static inline size_t norni_boxcox_scratch(size_t n, int32_t season) {
    return 4 * n + 2 * (size_t)(season > 1 ? season : 1);
}
/* *lambda for y (n, NaN = missing), as R's BoxCox.lambda: 1 with up to two seasons, lambda >= 0
 * where a value is not positive, 1 where nothing varies. scratch (norni_boxcox_scratch); poll may
 * be NULL. Errors: NORN_E_DATA (an infinite value; by likelihood also one that is not positive),
 * NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_boxcox_lambda(const double *y, size_t n, const norni_boxcox_opt *opt,
                                             double *scratch, const norni_poll *poll,
                                             double *lambda, norn_err *err);

#endif
