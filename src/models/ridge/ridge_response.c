/* What the ridge learner's features answer to: a target as it is, or what its window leaves of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "models/ridge/ridge_plan.h"

norn_status ridge_response_init(const ridge_plan *p, const window_fit *fit, size_t n,
                                const size_t *target, const bool *rest, ridge_response *out,
                                norn_err *err) {
    *out = (ridge_response){.p = p, .fit = fit, .n = n, .target = target, .rest = rest};
    out->ahead =
        norni_arena_get(p->env->arena, n * RIDGE_AHEAD * p->l->horizon, sizeof *out->ahead);
    if (out->ahead) return NORN_OK;
    return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu responses", n);
}

void ridge_response_at(void *user, size_t t, const size_t *step, size_t n_step, double *out) {
    ridge_response *r = user;
    const ridge_plan *p = r->p;
    const size_t h = p->l->horizon, n = RIDGE_AHEAD * h;
    if (t < r->from || t >= r->to) {
        r->from = t;
        r->to = t + RIDGE_AHEAD < p->to ? t + RIDGE_AHEAD : p->to;
        for (size_t j = 0; j < r->n; j++)
            if (r->rest[j])
                window_ridge_apply(r->fit, r->target[j], p->z[r->target[j]], r->from, r->to,
                                   r->ahead + j * n, p->scratch);
    }
    for (size_t j = 0; j < r->n; j++) {
        const double *ahead = r->ahead + j * n + (t - r->from) * h;
        const size_t c = r->target[j];
        for (size_t k = 0; k < n_step; k++) {
            const double y = p->l->y[c][t + step[k]];
            const double z = isfinite(y) ? p->z[c][t + step[k]] : NORNI_NAN;
            out[k * r->n + j] = r->rest[j] ? z - ahead[step[k] - 1] : z;
        }
    }
}
