/* Fitting one form to one scaled series: the shapes shared by starts, descent and choice. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ETS_FIT_H
#define NORNI_ETS_FIT_H

#include "base/rng.h"
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
    bool positive, constant, infinite;
    double floor; /* sums of squares below this are rounding */
    /* Starts by kind of season (none, additive, multiplicative): level and slope of the first
     * points, seasonal figure (m) in time order. Made on first use. */
    bool have[3];
    double mean[3], level[3], slope[3];
    double *figure[3];
    double *scratch;        /* (2n) */
    const norni_poll *poll; /* or NULL: told to stop while starts are made, they are rough */
} ets_data;

typedef struct ets_limits {
    ets_bounds bounds;
    double fixed[ETS_N_SMOOTH]; /* NaN = to be found */
    bool near;                  /* only the optimum next to R's starting values */
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
    double *level_dir, *trend_dir; /* (8 n_vec) the pass's own, to write to */
    double *season_dir0;           /* (m, 8 n_vec) tangents of the seasonal starts */
    double *gram;                  /* (8 n_vec, 8 n_vec) */
    double *h, *a;                 /* (P, P) normal equations, and their damped copy */
    double *g, *d;                 /* (P) half gradient, step */
    double *x, *x_new;             /* (P) unknowns: level, trend, free seasonal starts, smoothing */
    size_t n_state, n_smooth;      /* P = n_state + n_smooth */
    int smooth[ETS_N_SMOOTH];      /* which parameter is the k-th smoothing unknown */
    double lo[ETS_N_SMOOTH], hi[ETS_N_SMOOTH]; /* of the smoothing unknowns */
    uint64_t n_evals;
    norni_effort *effort; /* spent once for each pass; or NULL */
    bool stopped;         /* cancelled */
    bool cut;             /* a bound was met: what is best so far must do */
    bool answered;        /* some form has a finite value */
} ets_work;

/* How far one descent may go. */
typedef struct ets_budget {
    int max_steps;
    bool starts_first; /* the first step moves the starts alone */
    double far;        /* stop above this value after two steps */
    double give_up;    /* stop above this value once steps gain too little to come near it */
    bool near;         /* it starts next to the optimum: what a step promises is what it gains, */
    double doubt;      /* or this much more */
} ets_budget;

/* Where the search for each form ended, for the forms that start from it. */
typedef struct ets_memory ets_memory;

bool ets_data_init(ets_data *d, const double *y, size_t n, size_t m, norni_arena *arena);
void ets_start_make(ets_data *d, norni_ets_part season);
bool ets_work_init(ets_work *w, const ets_data *d, int simd, const norni_poll *poll,
                   norni_arena *arena);
size_t ets_count_par(norni_ets_form form, size_t m, const ets_limits *lim);

/* Lays out the unknowns of a form; then w->x is to be filled. */
void ets_layout(ets_work *w, const ets_data *d, norni_ets_form form, const ets_limits *lim);
/* Descends from w->x, leaves the point there and returns its value (HUGE_VAL: outside the region).
 */
double ets_descend(ets_work *w, const ets_data *d, const ets_limits *lim, const ets_budget *budget,
                   double *damping, norn_stop *stop);
/* Fills *fit from the unknowns x. */
bool ets_fit_take(ets_work *w, const ets_data *d, const ets_limits *lim, const double *x,
                  ets_fit *fit);

ets_memory *ets_memory_new(const ets_data *d, norni_arena *arena);
/* Takes up where an earlier fit's searches ended (what ets_save wrote; empty or damaged: nothing).
 * false: memory is out. */
bool ets_memory_warm(ets_memory *mem, const ets_data *d, norni_str forms, int exponent,
                     norni_arena *arena);
/* The form that the earlier fit chose, or false. */
bool ets_memory_first(const ets_memory *mem, norni_ets_form *form);
/* Sets a form's criterion beside its point. */
void ets_memory_judge(ets_memory *mem, norni_ets_form form, double ic);
/* The forms that came near the best criterion, as bytes. */
void ets_memory_pack(const ets_memory *mem, norni_buf *out);
/* Whether bytes are what ets_memory_pack writes. */
bool ets_memory_check(norni_str bytes);
/* Finds the form's parameters from its fixed list of starts. A form that cannot come near the value
 * `give_up` may stop above it (HUGE_VAL = never). fit->season (m) is the caller's. */
bool ets_fit_form(ets_work *w, ets_data *d, ets_memory *memory, norni_ets_form form,
                  const ets_limits *lim, double give_up, ets_fit *fit);

/* What a user may ask for. Enumerations follow the parameter rows of ets_model.c. */
enum { ETS_AUTO = 0 }; /* error, trend, season: 0 auto, 1 N, 2 A, 3 M (error: 1 A, 2 M) */
enum { ETS_IC_AICC, ETS_IC_AIC, ETS_IC_BIC };
typedef struct ets_opt {
    int32_t error, trend, season, damped; /* damped: 0 auto, 1 no, 2 yes */
    int32_t ic, bounds, search;           /* search: 0 global, 1 near */
    bool multiplicative_trend, unrestricted;
    double alpha, beta, gamma, phi; /* NaN = to be found */
    bool simulate;
    int32_t n_paths;
    bool exponential, damp; /* holt, holt_winters */
    int32_t seasonal;       /* holt_winters: 0 additive, 1 multiplicative */
} ets_opt;

/* -2 loglik and the criterion of a fit, in the series' own units. */
double ets_minus2(const ets_data *d, const ets_fit *fit);
double ets_criterion(int32_t ic, double minus2, size_t n_par, size_t n_obs);

/* Fits every form that the options allow and the data identify; best->season (m) is the caller's.
 * Returns the number of forms fitted; 0 leaves *best untouched. */
size_t ets_choose(ets_work *w, ets_data *d, ets_memory *memory, const ets_opt *opt, ets_fit *best,
                  double *season_scratch);
ets_limits ets_limits_of(const ets_opt *opt);

/* Forecast from the states; *q is the level and trend part, *bk the damped trend. */
double ets_point(norni_ets_form form, double phi, double l, double b, double s, double *q,
                 double *bk);
/* Moves level, trend and this period's seasonal state by an observed y. */
void ets_update(norni_ets_form form, const norni_ets_param *par, double y, double q, double bk,
                double *l, double *b, double *s);
/* Sample paths (h, n_paths) from the states, newest season first; scratch (2 + m + h). false:
 * stopped. */
bool ets_simulate(norni_ets_form form, size_t m, const norni_ets_param *par, const double *states,
                  double sigma, norni_rng rng, size_t n_paths, size_t h, double *paths,
                  double *scratch, const norni_poll *poll);

/* The models' common inside; `part` opens error texts. */
NORN_CHECKED norn_status ets_fit_group(norni_env *env, const ets_opt *o, const norni_group *group,
                                       const char *part, void **state, norn_err *err);
NORN_CHECKED norn_status ets_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                                     bool want_levels, norni_dist *out, norn_err *err);
NORN_CHECKED norn_status ets_fitted(norni_env *env, const void *state, size_t g, double *out,
                                    norn_err *err);
void ets_describe(const void *state, size_t g, char *out, size_t size);

/* Solves min 1/2 d'A d + g'd over lo <= d <= hi for the last n_box of n unknowns, the first ones
 * free; a (n, n) upper triangle row-major, destroyed. */
void ets_box_solve(double *a, size_t n, size_t n_box, const double *g, const double *lo,
                   const double *hi, double *d);

#endif
