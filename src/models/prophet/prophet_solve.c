/* The choice of solver for Prophet's optimum. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/prophet/prophet_solve.h"

#include <math.h>

/* The start, with the sigma that Prophet gives a constant y. */
static void constant(const norni_prophet_problem *p, double *scratch, norni_prophet_fit *fit) {
    norni_prophet_start(p, fit);
    fit->sigma = 1e-9;
    fit->log_posterior = norni_prophet_log_posterior(p, fit, scratch);
    fit->kkt = fmax(fabs(fit->k), fabs(fit->m)) / 25;
    fit->exact = false;
    fit->passes = 0;
    fit->stop = NORN_STOP_CLOSED_FORM;
}

norn_status norni_prophet_solve(norni_arena *arena, const norni_poll *poll,
                                const norni_prophet_problem *p, const norni_prophet_fit *warm,
                                norni_prophet_fit *fit, norn_err *err) {
    bool same = true, multiplicative = false;
    for (size_t i = 1; i < p->n && same; i++)
        same = p->y[i] == p->y[0];
    for (size_t j = 0; j < p->n_x; j++)
        multiplicative |= p->multiplicative[j];
    if (same && p->growth != NORNI_PROPHET_LOGISTIC) {
        const norni_arena_mark mark = norni_arena_mark_get(arena);
        double *scratch = norni_arena_get(arena, p->n, sizeof *scratch);
        if (!scratch) return norn_fail(err, NORN_E_MEM, "prophet: no memory for %zu rows", p->n);
        constant(p, scratch, fit);
        norni_arena_rewind(arena, mark);
        return NORN_OK;
    }
    if (multiplicative || p->growth == NORNI_PROPHET_LOGISTIC)
        return norni_prophet_climb(arena, poll, p, warm, fit, err);
    return norni_prophet_exact(arena, poll, p, NULL, warm, fit, err);
}
