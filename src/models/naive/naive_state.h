/* What a simple model knows of its series: shared by fit, forecast and what is kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_NAIVE_STATE_H
#define NORNI_NAIVE_STATE_H

#include "models/model.h"

typedef enum naive_kind { NAIVE, NAIVE2, SEASONAL_NAIVE, DRIFT, MEAN, WINDOW_AVERAGE } naive_kind;

typedef struct naive_state {
    naive_kind kind;
    size_t n;        /* periods so far */
    const double *x; /* (n) scaled, NAIVE2: without its season; NULL in a loaded state */
    int exponent;    /* y = x 2^exponent */
    size_t m;        /* season the values are carried over; 1 but for SEASONAL_NAIVE */
    double *last;    /* (m) last observed value of season t % m; NaN: never seen */
    double *age;     /* (m) seasons passed since then */
    double newest;   /* last observed value; stands for a season never seen */
    size_t n_figure;
    double *figure;                   /* (n_figure) NAIVE2: index of season t % n_figure, or NULL */
    double slope, slope_se, variance; /* of one-step errors; NaN when there is none */
    double mean;
    size_t n_mean, window;
    const double *tail; /* (n_tail) WINDOW_AVERAGE: where its values stand, with missing ones */
    size_t n_tail;
} naive_state;

/* NAIVE2's index of period t; 1 for the others. */
static inline double naive_index(const naive_state *st, size_t t) {
    return st->figure ? st->figure[t % st->n_figure] : 1;
}
/* naive_paths.c: env->n_paths sample paths around out->mean. */
NORN_CHECKED norn_status naive_paths(norni_env *env, const naive_state *st, size_t horizon,
                                     norni_dist *out, norn_err *err);
const char *naive_name(naive_kind kind);
norn_status naive_save(const void *state, size_t g, norni_buf *out, norn_err *err);
norn_status naive_load(norni_env *env, naive_kind kind, size_t window, norni_str saved,
                       void **state, norn_err *err);
norn_status naive_update(norni_env *env, void *state, const norni_series *more, norn_err *err);

#endif
