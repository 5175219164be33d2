/* Walk-forward splits: what is trained on and what is tested on, in bars. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_SPLITS_H
#define NORNI_PORTFOLIO_SPLITS_H

#include "base/arena.h"
#include "base/str.h"

typedef struct norni_port_split {
    size_t train_first, train_end; /* bars [first, end) */
    size_t test_first, test_end;
} norni_port_split;

typedef struct norni_port_splits_opt {
    double window_days; /* a window; p = window_days * bars_per_day bars */
    size_t n_tests;     /* asked for; fewer where the bars do not reach */
    bool
        rolling; /* train on the last train_windows alone; else on all before (expanding, the reference) */
    size_t train_windows; /* of a rolling scheme, at least 1 */
    size_t purge,
        embargo; /* bars: left out at the end of each train; left out between train and test (the test starts later) */
} norni_port_splits_opt;
enum { NORNI_PORT_MIN_BARS = 10 }; /* of a train or a test */

/* The newest p(n+1) bars, n the tests that fit: the tests end where the prices end, and the first train begins at `base`, the first of
 * these bars; what lies before it is history that estimates may look at. Split i of the reference: train = bars [base, base + p(i+1)),
 * test = the p bars behind. In the arena. NORN_E_DATA: not one split fits, with the number of bars that would do. */
NORN_CHECKED norn_status norni_port_splits_make(size_t n_bars, double bars_per_day,
                                                const norni_port_splits_opt *opt,
                                                norni_arena *arena, norni_port_split **out,
                                                size_t *n, norn_err *err);
/* A line for each thing that is not as it was asked for: fewer tests and why, a window that is no whole number of bars, bars that are
 * history only. Of splits that were made. */
void norni_port_splits_note(size_t n_bars, double bars_per_day, const norni_port_splits_opt *opt,
                            const norni_port_split *split, size_t n, norni_buf *out);

#endif
