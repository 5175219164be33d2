/* The one vtable every forecasting model fills, and the shapes that go through it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MODEL_H
#define NORNI_MODEL_H

#include "base/arena.h"
#include "base/effort.h"
#include "base/param.h"
#include "base/poll.h"
#include "data/freq.h"
#include "data/holidays.h"

/* One series with everything a model may use. All borrowed. */
typedef struct norni_series {
    size_t n;
    const double *y; /* (n), NaN = missing; n >= 1 */
    size_t n_season;
    const int32_t *season; /* (n_season), each >= 2, ascending; a single-season model takes the
                              first; 0 = none */
    int64_t start;
    norni_freq freq;
    const int64_t *times; /* (n), or NULL when regular */
    size_t n_x;
    const norni_str *x_name;        /* (n_x), or NULL: they have no names */
    const double *const *x;         /* (n_x) columns of (n) */
    const double *const *x_future;  /* (n_x) columns of (horizon), or NULL */
    size_t horizon;                 /* known at fit time, >= 1 */
    const norni_holidays *holidays; /* the user's, or NULL */
} norni_series;

static inline int32_t norni_series_season(const norni_series *s) {
    return s->n_season ? s->season[0] : 1;
}

/* A model fits a group of G >= 1 series; local models get G = 1. */
typedef struct norni_group {
    size_t n_series;
    const norni_series *series; /* (n_series) */
} norni_group;

struct norni_env;
struct norni_plot_part; /* plot/components.h */
typedef norn_status (*norni_part_fn)(struct norni_env *env, size_t part, void *arg, norn_err *err);

/* Parts of one item run side by side, where there are idle workers. run: fn for every part in [0, n),
 * begun in their order, in an env with the running worker's arena (rewound behind each part), and all
 * else as in `env`, which parts must not spend from: NORN_OK, NORN_E_CANCEL, or the failure of the
 * lowest failed part. Whether anybody helps must not show in a result. */
typedef struct norni_share {
    norn_status (*run)(void *user, const struct norni_env *env, size_t n, norni_part_fn fn,
                       void *arg, norn_err *err);
    void *user;
} norni_share;

/* What a fit may use besides its data. Results depend on nothing else. */
typedef struct norni_env {
    norni_arena *arena; /* scratch and state; reset by the caller per item */
    norni_poll poll;
    uint64_t seed;    /* of the run */
    uint64_t item;    /* key of this item's random stream: a hash of the id, never its position */
    uint32_t attempt; /* 0; a retry may start elsewhere, deterministically */
    norni_effort *effort;                 /* bounds on the work; NULL = none */
    const struct norni_model_set *models; /* for models made of others: all that specs may name */
    /* What `save` wrote for a fit of the same model and options to an earlier part of the series;
     * or empty. A place to start from, never an answer. */
    norni_str warm;
    const norni_share *share; /* for a fit of many independent parts; NULL = nobody helps */
    /* Joint sample paths that predict is to give with levels, by a model that has them (`paths`
     * below); path k is the same however many there are. 0: as the model's own options say. */
    size_t n_paths;
} norni_env;

/* A predictive distribution over the horizon; levels are taken from it by eval/levels.h. */
typedef enum norni_dist_kind {
    NORNI_DIST_POINT,  /* no distribution: intervals are empty (conformal may add them) */
    NORNI_DIST_NORMAL, /* mean and sd */
    NORNI_DIST_PATHS,  /* sample paths; mean is the model's point forecast */
} norni_dist_kind;

typedef struct norni_dist {
    norni_dist_kind kind;
    size_t horizon;
    double *mean;  /* (horizon), allocated by the caller */
    double *sd;    /* (horizon), allocated by the caller; NORMAL */
    double *paths; /* (horizon, n_paths) row-major, from env->arena; PATHS */
    size_t n_paths;
} norni_dist;

/* What a fit estimated; all borrowed from the state, or in env->arena. */
typedef struct norni_estimates {
    size_t n;
    const char *const *name; /* (n) "ar1" */
    const double *value;     /* (n) */
    double loglik;           /* NaN: there is none */
    double sigma2;           /* of the innovations, over what the estimates left of n_used */
    size_t n_used;           /* observations that the likelihood is of */
    size_t n_free;           /* numbers estimated, sigma2 among them: for AIC and the like */
    size_t n_moving;         /* degrees of freedom that a test of residuals loses */
    double box;              /* p value of Ljung and Box's test of the innovations; NaN: none */
    norn_stop stop;
} norni_estimates;

typedef struct norni_model norni_model;
struct norni_model {
    const char *name;    /* as in specs: "auto_ets" */
    const char *summary; /* one line */
    const char *source;  /* the paper */
    const norni_param *params;
    size_t n_params, opt_size;
    bool intervals; /* predict gives a distribution */
    bool missing;   /* serves NaN inside y */
    bool exogenous; /* uses x and x_future; others are not handed them */
    /* Checks options against the series before any work; NULL = nothing to check. Names what is
     * wrong and what is allowed. */
    norn_status (*validate)(const void *opt, const norni_series *s, norn_err *err);
    /* Checks options that name other models, when a spec is read; NULL = there are none. */
    norn_status (*check_models)(const void *opt, const struct norni_model_set *set, norn_err *err);
    /* Checks the user's holidays before any work; NULL = it does not use them. */
    norn_status (*check_holidays)(const void *opt, const norni_holidays *h, norn_err *err);
    /* Checks columns that the options need, before any work; names (n) are those that `flag` brings.
     * NULL = it needs none. */
    norn_status (*check_columns)(const void *opt, const norni_str *names, size_t n,
                                 const char *flag, norn_err *err);
    /* Rough cost in nanoseconds, for scheduling only. */
    double (*cost)(const void *opt, size_t n, int32_t season, size_t horizon);
    /* Fits the group; *state lives in env->arena. */
    norn_status (*fit)(norni_env *env, const void *opt, const norni_group *group, void **state,
                       norn_err *err);
    /* want_levels false: only mean is needed. */
    norn_status (*predict)(norni_env *env, const void *state, size_t g, size_t horizon,
                           bool want_levels, norni_dist *out, norn_err *err);
    /* One-step fitted values, out (n); NaN where there is none. */
    norn_status (*fitted)(norni_env *env, const void *state, size_t g, double *out, norn_err *err);
    /* "ETS(M,Ad,M) alpha=0.7 ..."; into out, cut at size. */
    void (*describe)(const void *state, size_t g, char *out, size_t size);
    /* The three below are NULL for a model that is not kept. `save` appends (base/pack.h) what
     * predict, describe and update need: parameters and the last state, not the history. */
    norn_status (*save)(const void *state, size_t g, norni_buf *out, norn_err *err);
    /* The state that `save` wrote under the same options; NORN_E_FORMAT for anything else. fitted is
     * not asked of it. */
    norn_status (*load)(norni_env *env, const void *opt, norni_str saved, void **state,
                        norn_err *err);
    /* Moves the state on over more->y (the observations right behind its end; NaN = missing) with
     * its parameters as they are, in time that depends on more->n alone. */
    norn_status (*update)(norni_env *env, void *state, const norni_series *more, norn_err *err);
    /* Whether predict heeds env->n_paths; NULL = it does not. opt NULL: the defaults. */
    bool (*paths)(const void *opt, const struct norni_model_set *set);
    /* The two below are NULL for a model that does not offer them. */
    norn_status (*estimates)(norni_env *env, const void *state, size_t g, norni_estimates *out,
                             norn_err *err);
    /* The model of `from` (fitted or loaded) over the series s, its parameters as they are. */
    norn_status (*apply)(norni_env *env, const void *from, const norni_series *s, void **state,
                         norn_err *err);
    /* The parts of a fit over its history and the horizon, to be drawn, in env->arena. level: per
     * cent of their bounds, 0: none. */
    norn_status (*parts)(norni_env *env, const void *state, size_t g, size_t horizon, double level,
                         size_t *n, const struct norni_plot_part **out, norn_err *err);
};

/* For models whose paths depend on no option. */
static inline bool norni_paths_always(const void *opt, const struct norni_model_set *set) {
    return (void)opt, (void)set, true;
}

/* The models that specs may name; handed down by the registry, never looked up globally. */
typedef struct norni_model_set {
    const norni_model *const *models; /* (n) */
    size_t n;
} norni_model_set;

#endif
