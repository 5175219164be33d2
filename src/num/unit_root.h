/* Unit-root tests (KPSS, augmented Dickey-Fuller, Phillips-Perron) and how often to difference. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_UNIT_ROOT_H
#define NORNI_UNIT_ROOT_H

#include "base/poll.h"

#include <stddef.h>
#include <stdint.h>

typedef enum norni_unit_test {
    NORNI_UNIT_KPSS, /* stationary unless rejected */
    NORNI_UNIT_ADF,  /* a unit root unless rejected */
    NORNI_UNIT_PP,
} norni_unit_test;

/* What a test says. */
typedef struct norni_unit_root {
    double statistic; /* NaN: undefined, no freedom is left */
    double p;         /* from the table, at its ends 0.01 and 0.1; NaN with the statistic */
    uint32_t lags;
    bool failed;    /* too short, or a regressor explained by the others: R's test stops there */
    bool cancelled; /* by poll */
} norni_unit_root;

/* Doubles of scratch that a series of n needs, for each function below. */
static inline size_t norni_unit_root_scratch(size_t n) {
    return 7 * n + 32;
}
/* On y (n) without NaN, of any size but 2^-500 < |y| < 2^500 (num/extent.h); `trend`: around a line,
 * else around a level. poll may be NULL. scratch (norni_unit_root_scratch(n)). */

/* KPSS with `lags` autocovariances under Bartlett's weights; lags < 0: trunc(3 sqrt(n)/13). */
norni_unit_root norni_kpss(const double *y, size_t n, bool trend, int32_t lags, double *scratch,
                           const norni_poll *poll);
/* Dickey-Fuller's tau with `lags` lagged differences (1 in ndiffs; at most 8). */
norni_unit_root norni_adf(const double *y, size_t n, bool trend, int32_t lags, double *scratch,
                          const norni_poll *poll);
/* Phillips-Perron's Z-tau; lags < 0: trunc(4 (n/100)^(1/4)). */
norni_unit_root norni_pp(const double *y, size_t n, bool trend, int32_t lags, double *scratch,
                         const norni_poll *poll);

/* Is y (n) constant as R's is.constant sees it: the values that differ from the first do so by at
 * most 1.5e-8 of their mean size? NaN entries are left out; an empty series is constant. R also
 * calls every series below 1.5e-8 constant; here only one whose gaps are up to `rounding_size`: 0
 * for data as given, 2^-48 times the largest |value| before for data made by differencing. */
bool norni_is_constant(const double *y, size_t n, double rounding_size);

typedef struct norni_ndiffs_opt {
    norni_unit_test test;
    bool trend;    /* around a line, else around a level */
    double alpha;  /* cut to [0.01, 0.1] */
    int32_t max_d; /* >= 0 */
} norni_ndiffs_opt;

static inline norni_ndiffs_opt norni_ndiffs_opt_default(void) {
    return (norni_ndiffs_opt){.test = NORNI_UNIT_KPSS, .alpha = 0.05, .max_d = 2};
}
/* How many differences make y (n; NaN left out, sizes as they come) stationary: R's ndiffs. scratch
 * (norni_unit_root_scratch(n)). -1: stopped by poll. */
int32_t norni_ndiffs(const double *y, size_t n, const norni_ndiffs_opt *opt, double *scratch,
                     const norni_poll *poll);

#endif
