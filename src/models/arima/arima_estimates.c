/* ARIMA models: what was estimated, by name; and the estimates over another series. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "base/str.h"
#include "models/arima/arima_state.h"

enum { NAME_SIZE = 16 };

/* "ar1" … "sma2", then the constant, then "x1" …: (n_coef) */
static const char *const *names_of(norni_arena *arena, const norni_arima_fit *f) {
    static const char *const words[] = {"ar", "ma", "sar", "sma"};
    const norni_arima_order *const o = &f->order;
    const int32_t counts[] = {o->p, o->q, o->P, o->Q};
    const char **const name = norni_arena_get(arena, f->n_coef + 1, sizeof *name);
    char *const text = norni_arena_get(arena, f->n_coef + 1, NAME_SIZE);
    size_t at = 0;
    if (name == NULL || text == NULL) return NULL;
    for (size_t i = 0; i < f->n_coef; i++)
        name[i] = text + i * NAME_SIZE;
    for (int w = 0; w < 4; w++) {
        for (int32_t j = 1; j <= counts[w]; j++, at++)
            (void)norni_format(text + at * NAME_SIZE, NAME_SIZE, "%s%d", words[w], (int)j);
    }
    if (f->constant != NORNI_ARIMA_NO_CONSTANT)
        name[at++] = f->constant == NORNI_ARIMA_MEAN ? "mean" : "drift";
    for (size_t j = 1; at < f->n_coef; j++, at++)
        (void)norni_format(text + at * NAME_SIZE, NAME_SIZE, "x%zu", j);
    return name;
}

norn_status norni_arima_estimates(norni_env *env, const void *state, size_t g, norni_estimates *out,
                                  norn_err *err) {
    (void)g;
    const norni_arima_state *const st = state;
    const norni_arima_fit *const f = &st->fit;
    *out = (norni_estimates){.n = f->n_coef,
                             .value = f->coef,
                             .loglik = f->loglik,
                             .sigma2 = ldexp(st->variance, 2 * st->exponent),
                             .n_used = f->n_used,
                             .n_free = f->n_coef + 1,
                             .n_moving = arima_n_arma(&f->order),
                             .box = st->box,
                             .stop = f->stop};
    out->name = names_of(env->arena, f);
    return out->name ? NORN_OK : norni_alloc_fail(err, "arima", f->n_coef, NAME_SIZE);
}

/* The innovations' variance stays the model's, too: a few new values say little of it. */
norn_status norni_arima_apply(norni_env *env, const void *from, const norni_series *s, void **state,
                              norn_err *err) {
    const norni_arima_state *const st = from;
    const norni_arima_data data = {s->n, s->y, s->n_x, s->x};
    norni_arima_fit fit;
    norni_arima_state *made = NULL;
    if (s->n_x != st->fit.n_x)
        return norn_fail(err, NORN_E_ARG, "arima: the model has %zu regressors, the series %zu",
                         st->fit.n_x, s->n_x);
    NORN_TRY(
        norni_arima_fit_at(env, &data, st->fit.order, st->fit.constant, st->fit.coef, &fit, err));
    NORN_TRY(norni_arima_state_make(env, s, &fit, &made, err));
    made->variance = ldexp(st->variance, 2 * (st->exponent - made->exponent));
    made->n_paths = st->n_paths;
    *state = made;
    return NORN_OK;
}
