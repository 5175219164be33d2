/* Rolling windows over columns held in memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_ROLLING_H
#define NORN_ROLLING_H

#include <norn/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum norn_rolling_kind {
    NORN_ROLLING_FIXED,     ///< windows of `window` values
    NORN_ROLLING_SPAN,      ///< windows of the values within `span` microseconds
    NORN_ROLLING_EXPANDING  ///< all values up to here
} norn_rolling_kind;

/// Which ends belong to a window; RIGHT is the rule.
typedef enum norn_rolling_closed {
    NORN_CLOSED_RIGHT,
    NORN_CLOSED_LEFT,
    NORN_CLOSED_BOTH,
    NORN_CLOSED_NEITHER
} norn_rolling_closed;

typedef struct norn_rolling_opt {
    norn_rolling_kind kind;
    size_t window;  ///< values, 1 or more
    int64_t span;   ///< microseconds, above 0
    int64_t
        min_periods;  ///< values that must not be missing; -1: `window`, or 1 for SPAN, EXPANDING
    bool center;      ///< the result stands at the window's middle
    norn_rolling_closed closed;
} norn_rolling_opt;

/// Defaults: fixed windows of 1 value, min_periods -1, not centred, closed on the right.
NORN_API norn_rolling_opt norn_rolling_opt_default(void);

/// Sets kind and window or span from text: "7", "7D" (W D h min s ms us), "expanding".
/// Errors: NORN_E_ARG.
NORN_API NORN_CHECKED norn_status norn_rolling_window(const char *text, norn_rolling_opt *opt,
                                                      norn_err *err);

/// One operation over one column: out[i] from the window that ends at (or is centred on) i.
/// `op` is its text: count first last sum mean var std sem min max argmin argmax median quantile(q)
/// skew kurt zscore rank product cov(other) corr(other) slope ewm(alpha) ewm_var ewm_std, with
/// arguments by place or name, as "quantile(0.9,interpolation=lower)", "ewm_std(span=10)".
/// x and out (n) are the caller's and may not overlap. NaN and infinities are missing values; a window
/// with too few others gives NaN. The windows are fixed or expanding ones; pairs and spans need
/// norn_rolling_columns. Results are the same at any number of threads.
/// Errors: NORN_E_ARG, NORN_E_MEM, NORN_E_CANCEL.
NORN_API NORN_CHECKED norn_status norn_rolling(norn_ctx *ctx, const double *x, size_t n,
                                               const char *op, const norn_rolling_opt *opt,
                                               double *out, norn_err *err);

/// Columns of one table; everything is borrowed.
typedef struct norn_rolling_data {
    size_t n;          ///< rows
    size_t n_columns;  ///< columns, of which ...
    size_t n_rolled;   ///< ... the first so many are rolled; the rest serve cov, corr, slope
    const double *const *columns;  ///< (n_columns) of (n)
    const char *const *names;      ///< (n_columns); may be NULL when no operation names a column
    const size_t *offsets;         ///< (n_groups + 1), from 0 to n, ascending; NULL: one group
    size_t n_groups;               ///< no window reaches out of its group
    const int64_t *times;  ///< (n) microseconds, ascending in each group; for SPAN, else NULL
} norn_rolling_data;

/// Several operations over several columns and groups in one call.
/// out (n_rolled * n_ops) of (n): operation k on column c is out[c * n_ops + k]; none may overlap
/// another or a column. Otherwise as norn_rolling.
/// Errors: NORN_E_ARG (which operation, which row), NORN_E_MEM, NORN_E_CANCEL.
NORN_API NORN_CHECKED norn_status norn_rolling_columns(norn_ctx *ctx, const norn_rolling_data *data,
                                                       const char *const *ops, size_t n_ops,
                                                       const norn_rolling_opt *opt,
                                                       double *const *out, norn_err *err);

#ifdef __cplusplus
}
#endif
#endif
