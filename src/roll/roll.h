/* Rolling windows over an array: which windows, which operations, and one kernel for each. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Every window's value is a function of that window's data alone: no running sum is carried along the
 * array, so there is no drift, no seam between blocks and the same bits at any number of workers.
 * NaN and infinities are missing values, as in pandas. */
#ifndef NORNI_ROLL_H
#define NORNI_ROLL_H

#include "base/arena.h"
#include "base/poll.h"

/* As pandas, infinities count as missing. */
static inline bool norni_roll_missing(double v) {
    return !(v - v == 0);
}

/* Windows k = 0 .. n_out-1 over x, window k = x[lo_k .. hi_k), cut to [0, n). */
typedef struct norni_roll_windows {
    size_t n;     /* values */
    size_t n_out; /* windows */
    const size_t *lo,
        *hi;       /* (n_out) each ascending, lo <= hi <= n; both NULL: fixed windows, which are */
    size_t length; /* ... the `length` values that end before */
    ptrdiff_t first_end; /* ... first_end + k (may begin below 0 and reach beyond n: cut) */
    size_t min_periods;  /* windows with fewer values that are not missing give NaN */
} norni_roll_windows;

typedef enum norni_roll_interpolation { /* numpy's and pandas' names */
                                        NORNI_ROLL_LINEAR,
                                        NORNI_ROLL_LOWER,
                                        NORNI_ROLL_HIGHER,
                                        NORNI_ROLL_NEAREST,
                                        NORNI_ROLL_MIDPOINT
} norni_roll_interpolation;
typedef enum norni_roll_ties {
    NORNI_ROLL_AVERAGE,
    NORNI_ROLL_TIES_MIN,
    NORNI_ROLL_TIES_MAX
} norni_roll_ties;

/* What an operation takes besides the windows. Zeroed: pandas' defaults but for ddof and adjust. */
typedef struct norni_roll_arg {
    int32_t ddof;    /* var, std, sem, cov, zscore: 1 in pandas */
    double quantile; /* [0, 1] */
    norni_roll_interpolation interpolation;
    norni_roll_ties ties;     /* rank */
    bool descending, percent; /* rank */
    const double *other; /* (n) the second column of cov, corr, slope's x (NULL: 0, 1, 2 ... ) */
    double alpha;        /* ewm: (0, 1] */
    bool adjust, ignore_missing, bias; /* ewm: pandas' adjust, ignore_na, bias */
} norni_roll_arg;

/* out (n_out). Scratch comes from `arena`, which is rewound; `poll` may be NULL. x (n) is borrowed and
 * may not overlap out. Errors: NORN_E_MEM, NORN_E_CANCEL. */
typedef norn_status norni_roll_fn(const double *x, const norni_roll_windows *w,
                                  const norni_roll_arg *arg, norni_arena *arena,
                                  const norni_poll *poll, double *out, norn_err *err);

norni_roll_fn norni_roll_count, norni_roll_first, norni_roll_last; /* roll_pick.c */
norni_roll_fn norni_roll_sum, norni_roll_mean;                     /* roll_sum.c */
norni_roll_fn norni_roll_product;                                  /* roll_product.c */
norni_roll_fn norni_roll_var, norni_roll_std, norni_roll_sem;      /* roll_var.c */
norni_roll_fn norni_roll_zscore;                                   /* of a window's last value */
norni_roll_fn norni_roll_skew, norni_roll_kurt;                    /* roll_moments.c */
norni_roll_fn norni_roll_min, norni_roll_max;                      /* roll_extreme.c */
norni_roll_fn norni_roll_argmin, norni_roll_argmax; /* place in the window, from 0; first of ties */
norni_roll_fn norni_roll_median, norni_roll_quantile; /* roll_order.c */
norni_roll_fn norni_roll_rank;                        /* of a window's last value, from 1 */
norni_roll_fn norni_roll_cov, norni_roll_corr, norni_roll_slope; /* roll_pair.c */
/* Not windows: value i weighs all values up to i. n_out = n; of the windows only min_periods is read. */
norni_roll_fn norni_roll_ewm_mean, norni_roll_ewm_var, norni_roll_ewm_std; /* roll_ewm.c */

/* Window k as [*lo, *hi), cut to the values there are. */
static inline void norni_roll_window(const norni_roll_windows *w, size_t k, size_t *lo,
                                     size_t *hi) {
    if (w->lo != NULL) {
        *lo = w->lo[k], *hi = w->hi[k];
        return;
    }
    const ptrdiff_t end = w->first_end + (ptrdiff_t)k, n = (ptrdiff_t)w->n;
    const ptrdiff_t e = end < 0 ? 0 : end > n ? n : end;
    const ptrdiff_t b = end - (ptrdiff_t)w->length, f = b < 0 ? 0 : b;
    *hi = (size_t)e, *lo = (size_t)(f > e ? e : f);
}

#endif
