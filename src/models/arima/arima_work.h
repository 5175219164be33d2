/* One series made ready for fitting, and the two objectives over it: squares and likelihood. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ARIMA_WORK_H
#define NORNI_ARIMA_WORK_H

#include "models/arima/arima_poly.h"

/* a (r) += g k; l, k (r) <- l - c k, k - c l; and a product of fixed summation order. */
typedef struct arima_sweeps {
    void (*add)(double *restrict a, const double *restrict k, size_t r, double g);
    void (*turn)(double *restrict l, double *restrict k, size_t r, double c);
    double (*dot)(const double *a, const double *b, size_t n);
} arima_sweeps;
/* Instruction sets, by `cap`; ARIMA_SIMD_ANY: the machine's best. */
enum { ARIMA_SIMD_NONE, ARIMA_SIMD_AVX2, ARIMA_SIMD_AVX512, ARIMA_SIMD_ANY = ARIMA_SIMD_AVX512 };
/* arima_sweep.c: the same bits everywhere. */
arima_sweeps arima_sweeps_get(int cap);
double arima_dot(const double *a, const double *b, size_t n);

/* What all evaluations share. Columns of `w`: 0 is the series, 1..n_reg the regressors (the constant
 * first), all differenced; regressors are orthonormal (X = Q R, so that w - Q b = w - X R^-1 b). With
 * gaps inside, `w` holds guesses there, and the exact filter goes over `level` instead: the series
 * before differencing (0 where missing), a column for each unknown one of the values that the
 * differences start from (1 at its place), and the regressors by the same transformation. */
typedef struct arima_work {
    norni_env *env;
    norni_arena *arena;
    norni_arima_order o;
    norni_arima_constant constant;
    size_t first, n, n_w; /* leading values that are missing; then values; left by differencing */
    size_t k;             /* ARMA parameters */
    size_t n_reg, n_flat; /* regressors, unknown first values */
    size_t n_gap;         /* missing inside */
    size_t n_rows;        /* innovations of the exact filter */
    int exponent;         /* series = column 0 times 2^exponent */
    arima_sweeps sweeps;
    double **w;     /* (1 + n_reg) columns of (n_w) */
    double **level; /* (1 + n_flat + n_reg) columns of (n), or NULL without gaps */
    bool *seen;     /* (n), with level */
    double gap_log; /* log of the determinant by which R counts the unknown first values */
    double *r;      /* (n_reg, n_reg) upper triangle R of the regressors, row-major */
    int *x_exp;     /* (n_reg) regressor = its scaled self times 2^x_exp */
    double floor;   /* least sum of squares: what rounding leaves of a perfect fit */
    double *coef;   /* (k) scratch */
    arima_poly ar, ma;
    bool hasty;                  /* an exact value takes long: one search, from one place */
    uint64_t n_values, patience; /* values so far; the search ends behind so many, 0: never */
    size_t since_poll;
    bool cancelled, cut;
} arima_work;

/* Checks, scales, differences. */
NORN_CHECKED norn_status arima_work_make(norni_env *env, const norni_arima_data *data,
                                         norni_arima_order o, norni_arima_constant constant,
                                         arima_work *out, norn_err *err);
/* Coefficients of the constant and the regressors in the data's units from b (n_reg), and back. */
void arima_work_beta(const arima_work *w, const double *b, double *beta);
void arima_work_unbeta(const arima_work *w, const double *beta, double *b);
/* Sets w->coef and the sparse polynomials. */
void arima_work_set(arima_work *w, const double *v);
void arima_work_set_coef(arima_work *w, const double *coef);
/* About how many multiplications one exact value takes, with n_gap missing inside. */
double arima_exact_work(const norni_arima_order *o, size_t n, size_t n_gap);
/* Counts work against the poll: true = stop. */
bool arima_work_poll(arima_work *w, size_t flops);
/* Counts one value of an objective, or a slope's passes, against the item's account; false: answer
 * with the best so far. */
bool arima_work_spend_value(arima_work *w);
bool arima_work_spend_slope(arima_work *w, uint64_t passes);

/* An objective: a residual vector e(v) (n_e), least squares over the regressors taken already. */
typedef struct arima_objective arima_objective;
struct arima_objective {
    arima_work *w;
    size_t n_e;
    /* Sum of squares at v (k) of the residuals, into slot `trial`; inf where v is not admissible. */
    double (*value)(arima_objective *f, const double *v);
    /* The last valued point becomes the current one. */
    void (*accept)(arima_objective *f);
    /* J'J (k, k) and J'e (k) at the current point v. */
    void (*slope)(arima_objective *f, const double *v, double *jj, double *je);
    uint64_t slope_passes; /* that a slope takes over the series */
    size_t n_b;            /* of b that stand before the regressors' coefficients */
    /* Lower triangle (n_b + n_reg squared) of the products of the filtered linear columns there. */
    void (*products)(const arima_objective *f, double *out);
    double *b;      /* (n_b + n_reg) linear coefficients at the current point */
    double *old_je; /* (k) set by accept: the last slope's J times the new residuals */
    void *own;
};

NORN_CHECKED norn_status arima_css_objective(arima_work *w, arima_objective *out, norn_err *err);
NORN_CHECKED norn_status arima_ml_objective(arima_work *w, arima_objective *out, norn_err *err);
/* The exact objective's value at w->coef as it stands. */
double arima_ml_value_here(arima_objective *f);
/* Of the exact objective's last value: sum of log F, and the squares. */
void arima_ml_parts(const arima_objective *f, double *sumlog, double *squares);

/* Least squares from v (k), which becomes the best point, until a step promises less than `tol` of
 * the squares. *value: their sum; inf when not even the start has one. cov (k, k) or NULL: (J'J)^-1
 * at the end. */
NORN_CHECKED norn_status arima_minimise(arima_objective *f, double *v, double tol, double *value,
                                        double *cov, norn_stop *stop, norn_err *err);

/* arima_gaps.c: guesses for the missing values of y (n), in place; m >= 1. */
void arima_gaps_fill(double *y, size_t n, size_t m);
/* w->level, w->seen and what goes with them; y (n) scaled, NaN where missing. */
NORN_CHECKED norn_status arima_gaps_make(arima_work *w, const double *y, norn_err *err);

/* arima_guess.c: v (k) from two regressions; false: too few values. */
bool arima_guess(arima_work *w, double *v);
/* Places to begin, v (ARIMA_MOST_STARTS, k): `start` (coefficients, or NULL), the guess, and where
 * there is no `start` and no haste other corners of the region; their number, at least 1. */
enum { ARIMA_MOST_STARTS = 5 };
size_t arima_starts(arima_work *w, const double *start, double *v);
/* Point i >= 1 of a sequence that fills the inner part of the region: v (k), k >= 1. */
void arima_spread(const norni_arima_order *o, size_t i, double *v);

/* arima_linear.c: small dense symmetric systems. */
/* Cholesky factor of a (n, n) in its lower triangle; false: not positive definite. */
bool arima_cholesky(double *a, size_t n);
void arima_cholesky_solve(const double *a, size_t n, double *x);

/* arima_filter.c: kernels. All arrays (n); indices below `from` are not read or written. */
/* out_t = x_t - sum c_j x_{t-lag_j} for t >= from; x is read back to from - largest lag. */
void arima_filter_ar(const double *c, size_t n_c, size_t step, const double *x, size_t from,
                     size_t n, double *out);
/* In place, each of n_x columns: x_t -= sum c_j x_{t-j step}, values before x_from being 0 (division
 * by 1 + sum c B). spare (n), finite, may be written to. */
void arima_filter_ma(const double *c, size_t n_c, size_t step, double *const *x, size_t n_x,
                     double *spare, size_t from, size_t n);

/* arima_start.c: the stationary start of the exact filter. */
typedef struct arima_start {
    size_t r;  /* max(p + m P, q + m Q + 1) */
    double *k; /* (r) T P_1 Z' */
    double f;  /* Z P_1 Z' */
    size_t n_gamma;
    double *gamma; /* (n_gamma) autocovariances 0, 1, ..., in units of sigma2 */
    double *scratch;
} arima_start;
NORN_CHECKED norn_status arima_start_get(const norni_arima_order *o, norni_arena *arena,
                                         arima_start *out, norn_err *err);
/* From coef (ar, ma, sar, sma) and its sparse products. false: not stationary to rounding. */
bool arima_start_run(const norni_arima_order *o, const double *coef, const arima_poly *ar,
                     const arima_poly *ma, arima_start *s);

#endif
