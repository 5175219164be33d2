/* The features of a table of targets and drivers: what is known at the end of each row, and nothing later. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FEATURES_H
#define NORNI_FEATURES_H

#include "base/arena.h"
#include "base/poll.h"
#include "base/param.h"
#include "base/str.h"
#include "data/wide.h"

typedef enum norni_feature_kind {
    NORNI_FEATURE_CONTINUOUS,
    NORNI_FEATURE_NOMINAL, /* values are codes 0, 1, 2, ... */
} norni_feature_kind;

/* Where a feature comes from, for explanations and for leaving groups out. */
typedef enum norni_feature_origin {
    NORNI_ORIGIN_LAG,      /* a driver or target, `lag` rows before the origin row (0: that row);
                              shifted: `lag` rows before the row that is forecast (a season) */
    NORNI_ORIGIN_ROLL,     /* mean, std, min or max of the last rows up to the origin row */
    NORNI_ORIGIN_STATIC,   /* a static as it stands in the origin row */
    NORNI_ORIGIN_CALENDAR, /* of the row that is forecast: depends on the horizon */
    NORNI_ORIGIN_KNOWN,    /* a column known ahead, in the row that is forecast */
} norni_feature_origin;

typedef struct norni_feature_column {
    norni_str name; /* "feed_lag1", "kero_mean7", "API", "month", "price@target" */
    norni_feature_kind kind;
    norni_feature_origin origin;
    size_t source; /* number of the table's column that it comes from; SIZE_MAX: the calendar */
    size_t lag;    /* rows back (LAG), or window (ROLL) */
    bool shifted;  /* CALENDAR, KNOWN: value of row t + h; else of the origin row t */
    /* (n_rows) value at row t. A lag is a view into the table moved by `lag` rows: only rows in
     * [first, n_rows) may be read; a shifted one may be read up to n_rows + horizon. NaN = missing. */
    const double *at;
} norni_feature_column;

/* The value of feature j for origin row t and horizon h is col[j].at[t + (shifted ? h : 0)]. */
typedef struct norni_features {
    size_t n_rows, first, horizon, n;
    const norni_feature_column *col; /* (n) */
} norni_features;

static inline double norni_feature_value(const norni_feature_column *c, size_t t, size_t h) {
    return c->at[t + (c->shifted ? h : 0)];
}

/* Which features there are. Zeroed lists: none. */
typedef struct norni_features_opt {
    size_t horizon;         /* at most the table's n_ahead */
    size_t lookback;        /* lags 0 .. lookback-1 of the targets, when `lags` is empty */
    size_t driver_lookback; /* the same of drivers; 0: as `lookback` */
    norni_ints lags, driver_lags;
    norni_ints windows;          /* of rolling features */
    bool mean, std, least, most; /* which of them */
    bool roll_drivers;           /* of drivers, too; else of targets alone */
    norni_ints
        seasons; /* m: the newest value k*m rows before the row forecast that the origin knows, of
                           targets; left out where k*m is more than a quarter of the rows */
    bool calendar, statics, known;
} norni_features_opt;
/* horizon 7, lookback 7, windows 7 (mean, std), calendar, statics, known. */
norni_features_opt norni_features_opt_default(void);

/* Features of the table, which they borrow: it must stay. `first`: behind the longest lag. All in
 * `arena`. NORN_E_ARG: an option out of its domain; NORN_E_DATA: fewer rows than lags. */
NORN_CHECKED norn_status norni_features_make(norni_arena *arena, const norni_poll *poll,
                                             const norni_wide *wide, const norni_features_opt *opt,
                                             norni_features *out, norn_err *err);
/* The targets' columns: y and names (n_targets), in `arena`. */
NORN_CHECKED norn_status norni_features_targets(norni_arena *arena, const norni_wide *wide,
                                                size_t *n_targets, const double *const **y,
                                                const norni_str **name, norn_err *err);
/* Proves that features know nothing beyond their origin: makes them once more with every value behind
 * row t changed (what is known ahead left as it is) and compares the bits of all rows <= t, for all
 * steps. NORN_E_INTERNAL names the first feature that differs. `tamper` NULL; a test's own leak else. */
NORN_CHECKED norn_status
norni_features_prove(norni_arena *arena, const norni_poll *poll, const norni_wide *wide,
                     const norni_features_opt *opt, size_t t,
                     void (*tamper)(norni_features *f, const norni_wide *wide), norn_err *err);

#endif
