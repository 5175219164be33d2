/* A fitted exponential smoothing model: shared by forecast, description and what is kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ETS_STATE_H
#define NORNI_ETS_STATE_H

#include "models/ets/ets_fit.h"

typedef struct ets_state {
    norni_ets_form form;
    norni_ets_param par;
    size_t m, n, n_obs, n_par;
    int exponent;    /* original = scaled * 2^exponent */
    const double *y; /* (n) scaled; NULL in a loaded state */
    double *start,
        *last;     /* (1 + trend + m) scaled, newest season first; no start in a loaded one */
    double sigma2; /* scaled under additive errors; NaN when one point tells nothing */
    double loglik, aicc;
    bool simulate;
    size_t n_paths;
    const ets_memory *memory; /* where the search of each form ended; NULL in a loaded state, */
    norni_str forms;          /* which has it as bytes */
} ets_state;

/* Level, trend and seasonal states. */
static inline size_t ets_n_states(norni_ets_form form, size_t m) {
    return 1 + (size_t)(form.trend != NORNI_ETS_NONE) + (form.season ? m : 0);
}

norn_status ets_save(const void *state, size_t g, norni_buf *out, norn_err *err);
norn_status ets_load(norni_env *env, const ets_opt *o, const char *part, norni_str saved,
                     void **state, norn_err *err);
norn_status ets_moved_on(norni_env *env, void *state, const norni_series *more, norn_err *err);

/* The part of a kept model that a later fit starts from, and the scale it is written in; false: it is
 * none. */
bool ets_kept_forms(norni_str saved, norni_str *forms, int *exponent);

#endif
