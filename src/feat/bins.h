/* Bins of a table's columns, shared by every model that learns from histograms. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BINS_H
#define NORNI_BINS_H

#include "base/arena.h"
#include "base/poll.h"
#include "feat/features.h"

/* Bin 0 is for missing values, bins 1 to n_cuts + 1 for numbers (1 + #(cuts <= x)), the last one for
 * what was not seen. A nominal column: bin 1 + code, codes in [0, n_bins - 2). */
typedef struct norni_bin_column {
    norni_feature_kind kind;
    uint32_t n_bins; /* n_cuts + 3; nominal: categories + 2; a constant column: 3 */
    uint32_t n_cuts;
    const double *cut;  /* (n_cuts) strictly ascending */
    double least, most; /* of the finite values; NaN: there are none */
} norni_bin_column;

typedef struct norni_bins {
    size_t n, n_columns;
    const norni_bin_column *column; /* (n_columns) */
    const uint16_t *const *index;   /* (n_columns) columns of (n) */
} norni_bins;

enum { NORNI_BINS_MOST = 65535 };

/* Cuts of one column x (n), NaN = missing, +-inf is refused (NORN_E_DATA): at every midpoint of
 * neighbouring values where these are few, else at quantiles, each stretch of equal values in one bin.
 * At most max_bins - 3 cuts (max_bins in [3, NORNI_BINS_MOST], missing and unseen bins counted). The
 * cuts live in `arena`; depends on the values alone, not on their order. */
NORN_CHECKED norn_status norni_bins_cut(norni_arena *arena, const double *x, size_t n,
                                        norni_feature_kind kind, uint32_t max_bins,
                                        norni_bin_column *out, norn_err *err);
/* out (n): each value's bin. */
void norni_bins_place(const norni_bin_column *column, const double *x, size_t n, uint16_t *out);
/* Columns with at most max_bins bins, neighbouring bins of `fine` joined by their counts: no sort, no
 * values needed. Indices are made, too. */
NORN_CHECKED norn_status norni_bins_coarsen(norni_arena *arena, const norni_bins *fine,
                                            uint32_t max_bins, norni_bins *out, norn_err *err);
/* Cuts and indices of all columns x (n_columns) of (n). All in `arena`. */
NORN_CHECKED norn_status norni_bins_make(norni_arena *arena, const norni_poll *poll,
                                         const double *const *x, const norni_feature_kind *kind,
                                         size_t n_columns, size_t n, uint32_t max_bins,
                                         norni_bins *out, norn_err *err);

#endif
