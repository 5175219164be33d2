/* The library's door to the uncertainty of Prophet's estimates. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/prophet_handle.h"
#include "app/prophet_sorted.h"
#include "models/prophet/prophet_curvature.h"
#include "models/prophet/prophet_plan.h"

/* A copy in one block. */
static norn_status keep(const norn_alloc *alloc, const norni_prophet_spread *s,
                        norni_prophet_uncertain **out, norn_err *err) {
    const size_t n = s->n, doubles = (n + n * n) * sizeof(double),
                 size = sizeof(norni_prophet_uncertain) + doubles + n * sizeof *s->at;
    norni_prophet_uncertain *u = norni_alloc_get(alloc, size, 1);
    if (u == NULL) return norni_alloc_fail(err, "prophet", size, 1);
    double *room = (double *)(void *)(u + 1);
    uint32_t *at = (uint32_t *)(void *)(room + n + n * n);
    *u = (norni_prophet_uncertain){size, {n, at, room, room + n}};
    if (n) {
        memcpy(at, s->at, n * sizeof *at);
        memcpy(u->spread.unit, s->unit, n * sizeof *s->unit);
        memcpy(u->spread.factor, s->factor, n * n * sizeof *s->factor);
    }
    *out = u;
    return NORN_OK;
}

static norn_status make(norni_arena *arena, const norni_poll *poll, norn_prophet *p,
                        const norn_prophet_rows *rows, norn_err *err) {
    norni_prophet_rows sorted, seen;
    norni_prophet_design design;
    norni_prophet_spread spread;
    const norni_prophet_fitted fitted = norni_prophet_fitted_of(p->kept);
    const size_t n = p->kept->state.n_rows;
    NORN_TRY(norni_prophet_sorted(arena, rows, &sorted, err));
    NORN_TRY(norni_prophet_seen(arena, &sorted, &seen, err));
    if (n > 0 && seen.n != n)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: the estimates' uncertainty needs the %zu rows that were fitted; "
                         "%zu were given",
                         n, seen.n);
    seen.y = NULL;
    NORN_TRY(norni_prophet_design_make(arena, poll, fitted.plan, &seen, &design, err));
    NORN_TRY(
        norni_prophet_spread_make(arena, poll, fitted.plan, fitted.fit, &design, &spread, err));
    return keep(&p->alloc, &spread, &p->uncertain, err);
}

norn_status norn_prophet_spread(norn_ctx *ctx, norn_prophet *p, const norn_prophet_rows *rows,
                                norn_err *err) {
    NORN_TRY(norni_prophet_need_fit(p, err));
    if (p->uncertain) return NORN_OK;
    norni_arena arena;
    const norni_poll poll = norni_ctx_poll(ctx);
    norni_arena_init(&arena, &ctx->alloc);
    const norn_status st = make(&arena, &poll, p, rows, err);
    norni_arena_clear(&arena);
    return st;
}

norn_status norni_prophet_fitted_as(const norn_prophet *p, const norn_prophet_predict_opt *opt,
                                    norni_prophet_fitted *out, norn_err *err) {
    *out = norni_prophet_fitted_of(p->kept);
    if (!opt->parameters || opt->samples == 0) return NORN_OK;
    if (p->uncertain == NULL)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: intervals with the estimates' uncertainty need it made first: "
                         "norn_prophet_spread, with the rows that were fitted");
    out->spread = &p->uncertain->spread;
    return NORN_OK;
}
