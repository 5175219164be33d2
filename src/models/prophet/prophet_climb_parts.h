/* The climb's shared shapes: a problem unpacked, a point on the way, and the slopes there. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_CLIMB_PARTS_H
#define NORNI_PROPHET_CLIMB_PARTS_H

#include "models/prophet/prophet_posterior.h"

/* Unknowns stand in one vector: k, m, delta (n_change), then the features' coefficients, those of
 * multiplicative columns first. */
enum { CLIMB_K, CLIMB_M, CLIMB_DELTA };

enum { CLIMB_WIDE = 4, CLIMB_ROWS = 128 }; /* columns are padded; rows are taken at once */
#define CLIMB_SIGMA_LEAST 1e-13

/* Sums of a weight times 1, t - s and (t - s)^2 over the rows behind an anchor s. */
typedef struct climb_moments {
    double h[3];
} climb_moments;

/* A problem unpacked for the climb. */
typedef struct climb_ground {
    const norni_prophet_problem *problem;
    const norni_poll *poll;
    norni_arena *arena;
    size_t n, n_change; /* n_change: 0 under flat growth; linear growth without: one at 0 */
    size_t n_mult, n_add, n_unknown;
    size_t wide_mult, wide_add; /* n_mult and n_add rounded up to a multiple of CLIMB_WIDE */
    size_t *place;         /* (n_x) where a column's coefficient stands, from the first one's */
    const double **column; /* (n_x) in the order of the unknowns */
    double *unit;          /* (n_x) powers of two: unknowns are coefficients of unit times column */
    /* Thin columns (holidays) are nearly all 0: the first thin_mult that multiply and the first
     * thin_add that are added, in fours, are multiplied over the rows where they are not. */
    size_t thin_mult, thin_add;
    size_t *thin_first; /* (thin_mult / 4 + thin_add / 4 + 1) into thin_row */
    size_t *thin_row;
    /* Row-major copies of the columns, for the time of the fit: 8 bytes for each entry. */
    double *rows_mult;     /* (n, wide_mult); the extra columns are 0 */
    double *rows_add;      /* (n, wide_add) */
    double *gram_add;      /* (wide_add, wide_add) products of additive columns */
    size_t *first;         /* (n_change + 2) the row where stretch q begins; last: n */
    double *anchor;        /* (n_change + 1) 0, then the changepoints */
    double *ridge, *lasso; /* (n_unknown) */
    /* Scratch. */
    double *gram_mult; /* (wide_mult, wide_mult + wide_add) */
    double *step_rows; /* (CLIMB_ROWS, 4 or wide_mult) */
    double *sums;      /* (n_change + 1, 4, the larger width) */
    double *work;      /* (n) */
    double *trend_scratch;
    climb_moments *gauss_moments, *newton_moments; /* (n_change + 1) */
} climb_ground;

/* A point on the way. The value is what is minimised: minus the log posterior at the best sigma. */
typedef struct climb_point {
    double *x; /* (n_unknown) */
    double *trend, *slope;
    double *lift; /* (n) 1 + sum of multiplicative terms */
    double *rest; /* (n) y - yhat */
    double squares, sigma, value;
} climb_point;

/* Second-order model of half the squared residuals, and of the whole. */
typedef struct climb_slopes {
    double *fall;   /* (n_unknown) gradient of half the squared residuals */
    double *gauss;  /* (n_unknown, n_unknown) J'J */
    double *newton; /* (n_unknown, n_unknown) its exact second derivatives */
} climb_slopes;

/* One way up from one start. */
typedef struct climb_found {
    double kkt; /* as prophet_posterior.h defines it; sigma is at its best throughout */
    int32_t passes;
    norn_stop stop;
} climb_found;

static inline norn_status climb_cancelled(norn_err *err) {
    return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
}

/* prophet_climb_pass.c */
NORN_CHECKED norn_status climb_ground_make(climb_ground *g, norni_arena *arena,
                                           const norni_poll *poll, const norni_prophet_problem *p,
                                           norn_err *err);
bool climb_point_make(climb_point *at, const climb_ground *g);
/* Everything of `at` from its x; value +inf where the model has none. False: stopped by poll. */
bool climb_evaluate(const climb_ground *g, climb_point *at);
void climb_from_fit(const climb_ground *g, const norni_prophet_fit *fit, double *x);
void climb_to_fit(const climb_ground *g, const climb_point *at, norni_prophet_fit *fit);
/* What is minimised, at its best sigma. */
double climb_value(const climb_ground *g, double squares, const double *x);
/* The best sigma for a sum of squares. */
double climb_sigma(const climb_ground *g, double squares);

/* prophet_climb_slope.c. False: stopped by poll. */
bool climb_slopes_make(climb_slopes *s, const climb_ground *g);
bool climb_slopes_at(const climb_ground *g, const climb_point *at, climb_slopes *s);
/* fall (n_unknown) = -J'rest, J the derivatives of yhat at `at`. */
bool climb_fall(const climb_ground *g, const climb_point *at, const double *rest, double *fall);
bool climb_additive_gram(const climb_ground *g);

/* prophet_climb_rows.c */
/* sum (n_left, n_right) += left'right over rows: left (rows, n_left) and right (rows, n_right) have
 * rows `left_ld` and `right_ld` apart, sum `ld`; n_left and n_right are multiples of CLIMB_WIDE.
 * Every entry is summed in the order of rows, on every machine. */
void climb_rows_product(size_t rows, const double *left, size_t n_left, size_t left_ld,
                        const double *right, size_t n_right, size_t right_ld, double *sum,
                        size_t ld);

/* The same without the CPU's wider registers, for tests. */
void climb_rows_product_plain(size_t rows, const double *left, size_t n_left, size_t left_ld,
                              const double *right, size_t n_right, size_t right_ld, double *sum,
                              size_t ld);

/* prophet_climb_step.c: from `at` (evaluated) to a local optimum, with its slopes in s. other (2) is
 * scratch. A climb that cannot come below to_beat any more gives up (STALLED); inf: never. */
NORN_CHECKED norn_status climb_up(const climb_ground *g, climb_point *at, climb_point *other,
                                  climb_slopes *s, double to_beat, climb_found *found,
                                  norn_err *err);

/* prophet_climb_start.c. Each puts a start into x; false: there is none of its kind. */
/* From the model of `at`'s slopes: the optimum at a smaller or larger sigma, where that sigma would
 * go on from there, away from at's. */
NORN_CHECKED norn_status climb_start_far(const climb_ground *g, const climb_point *at,
                                         const climb_slopes *s, bool larger, double *x, bool *any,
                                         norn_err *err);
/* Logistic: at's curve, its first rate turned round. */
bool climb_start_turned(const climb_ground *g, const climb_point *at, double *x);
typedef enum climb_simpler {
    CLIMB_TREND_ALONE, /* no features */
    CLIMB_ADDITIVE,    /* all of them additive */
    CLIMB_STIFF,       /* rate changes cost ten times as much */
    CLIMB_LOOSE,       /* or a third */
    CLIMB_SIMPLER
} climb_simpler;
/* The fit of a problem that is simpler, or another's. */
NORN_CHECKED norn_status climb_start_simple(const climb_ground *g, climb_simpler how, double *x,
                                            bool *any, norn_err *err);

#endif
