/* Central moments of windows: which results there are, and what the parts of the work share. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With T_p the sum of (x - c)^p over a window's n values, for any c,
 *     D2 = n T2 - T1^2                                = n   * sum (x - mean)^2
 *     D3 = n^2 T3 - 3 n T1 T2 + 2 T1^3                = n^2 * sum (x - mean)^3
 *     D4 = n^3 T4 - 4 n^2 T1 T3 + 6 n T1^2 T2 - 3 T1^4 = n^3 * sum (x - mean)^4
 *     Z  = n last - T1                                = n   * (last - mean)
 * do not depend on c. Results are elementary functions of D2 rounded to the nearest double and of the
 * others rounded to a grid that D2 sets; so they are functions of the window's values, whatever c and
 * whatever neighbours a sliding sum has seen, as long as the rounded value is known for certain:
 * v - bound and v + bound must round alike (Ziv, "Fast evaluation of elementary mathematical
 * functions with correctly rounded last bit", ACM TOMS 17, 1991). Three ways to the sums, from fast
 * to certain: sliding ones on the chunk's scale (roll_var_slide.c), sums in pairs of doubles about one of
 * the window's values (roll_var_stack.c in lanes, roll_var_queue.c one by one), the window by itself. */
#ifndef NORNI_ROLL_VAR_H
#define NORNI_ROLL_VAR_H

#include "roll/roll_sum_chunk.h"

typedef enum norni_roll_central {
    NORNI_ROLL_VAR,
    NORNI_ROLL_STD,
    NORNI_ROLL_SEM,
    NORNI_ROLL_ZSCORE,
    NORNI_ROLL_SKEW,
    NORNI_ROLL_KURT
} norni_roll_central;

/* A chunk's work: y = (x - c) * 2^-e with |y| <= 1, 0 where missing. */
typedef struct norni_roll_var_job {
    const norni_roll_windows *w;
    norni_roll_chunk c;
    norni_roll_central kind;
    int32_t ddof;
    const double *y;     /* (c.hi - c.lo) */
    const double *count; /* (c.to - c.from), NULL: none missing */
    double m[3];         /* what rounds to the three grids when added and taken away */
    double unit;         /* T_p / n is known to this */
    double factor;       /* a power of two that results are multiplied by */
    double *out;         /* (c.to - c.from) */
    bool uncertain;      /* set where a result is NaN */
} norni_roll_var_job;

/* out: results, NaN where the rounding is not certain (or there is none). Returns how many windows it did from c.from on:
 * at least one. Sets m and unit. */
size_t norni_roll_var_slide(norni_roll_var_job *j);

/* Windows of one length again, all of a chunk, about values of theirs: y (c.hi - c.lo) has NaN where missing.
 * False: not these windows, not on this machine, or no memory; nothing is done then. */
bool norni_roll_var_stack(norni_roll_var_job *j, norni_arena *arena);

/* Windows one by one, at any distances, each in about the time of the values since the one before. */
typedef struct norni_roll_var_queue norni_roll_var_queue;
/* NULL: out of memory. For windows of w, or parts of it, on the whole array x. */
norni_roll_var_queue *norni_roll_var_queue_make(const double *x, const norni_roll_windows *w,
                                                norni_roll_central kind, int32_t ddof,
                                                const norni_poll *poll, norni_arena *arena);
/* Window [lo, hi), neither less than at the last call, with n > 0 values that are not missing. *out: the
 * result, NaN where it is not certain; e as below. False: stopped. */
bool norni_roll_var_queue_at(norni_roll_var_queue *q, size_t lo, size_t hi, double n, double *out,
                             int *e);

/* One window by itself: x (n), missing values left out, ones that are not all equal; e: var has the factor 2^(2 e),
 * std and sem 2^e. Mean first, then products in twice the precision. False: stopped. */
bool norni_roll_var_window(const double *x, size_t n, norni_roll_central kind, int32_t ddof,
                           const norni_poll *poll, double *out, int *e);

norn_status norni_roll_central_run(const double *x, const norni_roll_windows *w,
                                   norni_roll_central kind, int32_t ddof, norni_arena *arena,
                                   const norni_poll *poll, double *out, norn_err *err);

#endif
