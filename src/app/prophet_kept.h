/* A fitted Prophet as models keep it: plan, estimates and their public view, in one block. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_KEPT_H
#define NORNI_PROPHET_KEPT_H

#include <norn/prophet.h>
#include "models/prophet/prophet_plan.h"

typedef struct norni_prophet_kept {
    norn_alloc alloc;
    size_t size;             /* of the block */
    norni_prophet_plan plan; /* its holidays and country are borrowed */
    norni_prophet_fit fit;
    norn_prophet_state state; /* views of the two above, and the rest */
} norni_prophet_kept;

/* Refuses estimates that the posterior does not bear. */
NORN_CHECKED norn_status norni_prophet_usable(const norni_prophet_fit *fit, norn_err *err);
/* A copy of all that is given. plan's holidays and country stay borrowed: they are the
 * specification's, which must live as long. */
NORN_CHECKED norn_status norni_prophet_keep(const norn_alloc *alloc, const norni_prophet_plan *plan,
                                            const norni_prophet_fit *fit, size_t n_rows,
                                            double mean_step, const char *const *note,
                                            size_t n_note, norni_prophet_kept **out, norn_err *err);
void norni_prophet_kept_drop(norni_prophet_kept *kept); /* NULL is legal */

#endif
