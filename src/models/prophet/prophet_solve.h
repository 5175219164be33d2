/* The maximum a posteriori of Prophet's model. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_SOLVE_H
#define NORNI_PROPHET_SOLVE_H

#include "models/prophet/prophet_posterior.h"

/* The best estimates, into fit (its arrays given). Linear and flat growth with additive terms alone:
 * exactly (prophet_exact.c); else prophet_climb.c. warm: a fit of the same shape to start from, or NULL.
 * A constant y (linear, flat): the start with sigma 1e-9, as Prophet does. Errors: NORN_E_MEM,
 * NORN_E_CANCEL; a search that ends early says so in fit->stop. */
NORN_CHECKED norn_status norni_prophet_solve(norni_arena *arena, const norni_poll *poll,
                                             const norni_prophet_problem *p,
                                             const norni_prophet_fit *warm, norni_prophet_fit *fit,
                                             norn_err *err);
/* The two solvers behind it. `gram`: a calendar's products made before (prophet_gram.h), or NULL. */
struct norni_prophet_gram;
NORN_CHECKED norn_status norni_prophet_exact(norni_arena *arena, const norni_poll *poll,
                                             const norni_prophet_problem *p,
                                             const struct norni_prophet_gram *gram,
                                             const norni_prophet_fit *warm, norni_prophet_fit *fit,
                                             norn_err *err);
NORN_CHECKED norn_status norni_prophet_climb(norni_arena *arena, const norni_poll *poll,
                                             const norni_prophet_problem *p,
                                             const norni_prophet_fit *warm, norni_prophet_fit *fit,
                                             norn_err *err);

#endif
