/* Fitting one form to one scaled series: the shapes shared by starts, descent and choice. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ETS_FIT_H
#define NORNI_ETS_FIT_H

#include "models/ets/ets_pass.h"

/* Longer seasons keep their seasonal starts from the decomposition (they are still counted). */
enum { ETS_MAX_FREE_SEASON = 60 };
/* Beyond this season length the region is checked by its simple bounds alone. */
enum { ETS_MAX_SEASON_CHECK = 400 };

typedef enum ets_bounds { ETS_BOTH, ETS_USUAL, ETS_ADMISSIBLE } ets_bounds;

/* One series, scaled by a power of two so that max |y| lies in [0.5, 1). */
typedef struct ets_data {
    size_t n, n_obs, m;
    const double *y; /* (n) scaled */
    int exponent;    /* y = original * 2^-exponent */
    bool positive, constant;
    double floor; /* sums of squares below this are rounding */
    /* Starts by kind of season (none, additive, multiplicative): level and slope of the first
     * points, seasonal figure (m) in time order. Made on first use. */
    bool have[3];
    double level[3], slope[3];
    double *figure[3];
    double *scratch; /* (2n) */
} ets_data;

typedef struct ets_limits {
    ets_bounds bounds;
    double fixed[ETS_N_SMOOTH]; /* NaN = to be found */
} ets_limits;

/* A fitted form in scaled units. */
typedef struct ets_fit {
    norni_ets_form form;
    norni_ets_param par;
    double level, trend;
    double *season; /* (m) time order: the start of period t % m; NULL without season */
    double value;   /* n log sse + 2 log_f, scaled units */
    double sse, log_f;
    size_t n_par; /* free smoothing parameters and starts, without sigma */
    double ic;
    norn_stop stop;
} ets_fit;

typedef struct ets_work {
    const ets_kernel *kernel;
    const norni_poll *poll;
    ets_pass pass;
    double *level_dir, *trend_dir, *season_dir0; /* season_dir0 (m, 8 n_vec) */
    double *gram, *rows_best;
    double *a, *lu;               /* (P, P) */
    double *g, *d, *x, *x_new;    /* (P) */
    double *season_new;
    uint64_t n_evals;
    bool stopped;
} ets_work;

bool ets_data_init(ets_data *d, const double *y, size_t n, size_t m, norni_arena *arena);
void ets_start_make(ets_data *d, norni_ets_part season);
bool ets_work_init(ets_work *w, const ets_data *d, int simd, const norni_poll *poll,
                   norni_arena *arena);
size_t ets_count_par(norni_ets_form form, size_t m, const ets_limits *lim);

/* Finds the form's parameters from its fixed list of starts; `give_up` is a value that a form which
 * cannot come near may stop above (INFINITY = never). fit->season (m) is the caller's. */
bool ets_fit_form(ets_work *w, ets_data *d, norni_ets_form form, const ets_limits *lim,
                  double give_up, ets_fit *fit);

/* Solves min 1/2 d'A d + g'd over lo <= d <= hi for the last n_box of n unknowns, the first ones
 * free; a (n, n) upper triangle row-major, destroyed. */
void ets_box_solve(double *a, size_t n, size_t n_box, const double *g, const double *lo,
                   const double *hi, double *d);

#endif
