/* Seasonal unit-root tests (OCSB, Canova-Hansen) and how often to difference by the season. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SEASON_UNIT_ROOT_H
#define NORNI_SEASON_UNIT_ROOT_H

#include "base/arena.h"
#include "base/poll.h"

/* What a test says. */
typedef struct norni_season_root {
    double statistic; /* NaN with `failed` */
    double critical;  /* OCSB: at 5 % */
    double p;         /* Canova-Hansen: by simulation, 1 / (replications + 1) at least */
    uint32_t lags;
    bool failed; /* too short, gaps, or nothing left to explain: R's test stops there */
} norni_season_root;

typedef enum norni_lag_rule {
    NORNI_LAG_FIXED, /* max_lag lags */
    NORNI_LAG_AIC,   /* R's ocsb.test: one less than the best of 1..max_lag */
    NORNI_LAG_BIC,
    NORNI_LAG_AICC,
} norni_lag_rule;

typedef struct norni_ocsb_opt {
    int32_t season; /* >= 2 */
    norni_lag_rule rule;
    uint32_t max_lag; /* <= NORNI_OCSB_MAX_LAG */
} norni_ocsb_opt;

enum { NORNI_OCSB_MAX_LAG = 8 };

/* All of these: y (n) of any size; missing values at the ends are left out, others make OCSB and
 * Canova-Hansen fail. `scratch` is rewound before the return; poll may be NULL. Errors: NORN_E_DATA
 * (an infinite value), NORN_E_MEM, NORN_E_CANCEL. */

/* Osborn, Chui, Smith and Birchenhall's test: a seasonal root unless statistic <= critical. */
NORN_CHECKED norn_status norni_ocsb(const double *y, size_t n, const norni_ocsb_opt *opt,
                                    const norni_poll *poll, norni_arena *scratch,
                                    norni_season_root *out, norn_err *err);
typedef struct norni_ch_opt {
    int32_t season; /* >= 2; beyond NORNI_CH_MAX_SEASON, where m^3 take long, the test fails */
    uint32_t replications; /* for p, at most: each the work of the statistic; 0: no p */
} norni_ch_opt;

enum { NORNI_CH_MAX_SEASON = 500, NORNI_CH_REPLICATIONS = 399 };
/* Canova and Hansen's joint test of a stable seasonal pattern. Its p takes a tenth to all of the
 * replications (up to 7 ms with m = 12, n = 120), at least 99 where they are costly. */
NORN_CHECKED norn_status norni_canova_hansen(const double *y, size_t n, const norni_ch_opt *opt,
                                             const norni_poll *poll, norni_arena *scratch,
                                             norni_season_root *out, norn_err *err);

typedef enum norni_season_rule {
    NORNI_SEASON_STRENGTH, /* R's "seas": strength of the season above 0.64 */
    NORNI_SEASON_OCSB,     /* rule AIC, max_lag 3 */
    NORNI_SEASON_CH,
} norni_season_rule;

typedef struct norni_nsdiffs_opt {
    int32_t season; /* below 2: nothing to difference */
    norni_season_rule test;
    double alpha;  /* Canova-Hansen; cut to [0.01, 0.1] */
    int32_t max_d; /* >= 0 */
} norni_nsdiffs_opt;

static inline norni_nsdiffs_opt norni_nsdiffs_opt_default(int32_t season) {
    return (norni_nsdiffs_opt){.season = season, .alpha = 0.05, .max_d = 1};
}
/* How many seasonal differences y (n) needs: R's nsdiffs. */
NORN_CHECKED norn_status norni_nsdiffs(const double *y, size_t n, const norni_nsdiffs_opt *opt,
                                       const norni_poll *poll, norni_arena *scratch, int32_t *out,
                                       norn_err *err);

#endif
