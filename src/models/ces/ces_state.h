/* A fitted complex exponential smoothing model: shared by forecast, description and what is kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CES_STATE_H
#define NORNI_CES_STATE_H

#include "models/ces/ces_search.h"
#include "models/model.h"

/* The model on its way over a series, in one setting. */
typedef struct ces_walk {
    ces_form form;
    size_t m; /* 1 under CES_NONE */
    size_t j; /* season of the next period */
    ces_param par;
    double level, carry;
    double *slot; /* (m, 2) value and carry of a season; under CES_SIMPLE the level's */
} ces_walk;

enum { CES_N_FORMS = 4 };

typedef struct ces_state {
    const norni_series *s; /* NULL behind load, as is y */
    const double *y;       /* (n) scaled: y 2^-exponent */
    int exponent;
    ces_walk start, now;
    size_t n_near;            /* free parameters; 0 where their uncertainty is not known */
    ces_walk near[CES_PARTS]; /* (n_near) as now, under parameters moved by CES_STEP, one each */
    double cov[CES_PARTS][CES_PARTS]; /* of the estimates: (n_near, n_near) */
    double damping;                   /* of the level's way ahead, per period */
    double sigma2, aicc;              /* of scaled values; sigma2 NaN where there is none */
    bool tried[CES_N_FORMS];
    ces_param best[CES_N_FORMS]; /* of every form tried: where a later fit starts */
} ces_state;

/* A copy with slots of its own; false: out of memory. */
bool ces_walk_copy(const ces_walk *from, norni_arena *arena, ces_walk *out);
void ces_walk_become(ces_walk *w, const ces_walk *other); /* of the same form and season */
/* A lane, at a period of season j; out->slot (m, 2) is given. */
void ces_walk_take(const ces_lanes *l, size_t lane, size_t j, ces_walk *out);
/* The forecast of the next period, which then is observed (NaN: is not). */
double ces_walk_step(ces_walk *w, double y);

/* The forecasts of n periods into out (n), w moves on; work (n). damping 1: the model's own. */
void ces_walk_ahead(ces_walk *w, double damping, size_t n, double *work, double *out);

norn_status ces_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                        bool want_levels, norni_dist *out, norn_err *err);

/* ces_keep.c. */
norn_status ces_save(const void *state, size_t g, norni_buf *out, norn_err *err);
norn_status ces_load(norni_env *env, const void *opt, norni_str saved, void **state, norn_err *err);
norn_status ces_update(norni_env *env, void *state, const norni_series *more, norn_err *err);
/* The parameters of an earlier fit's forms; false: saved holds none. */
bool ces_kept_forms(norni_str saved, bool tried[CES_N_FORMS], ces_param best[CES_N_FORMS]);

#endif
