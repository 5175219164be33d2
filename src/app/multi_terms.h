/* What explains the forecasts of a part, kept beyond it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_TERMS_H
#define NORNI_MULTI_TERMS_H

#include "app/multi_job.h"

/* Asks the learner for terms and contributions of the item's forecasts behind DATA at the steps that
 * the plan names, and copies them into the item's own arena. Learners that explain nothing give none. */
NORN_CHECKED norn_status norni_multi_terms_take(norni_multi_job *j, norni_env *env, size_t item,
                                                const norni_multi_view *v, const void *state,
                                                norn_err *err);

/* A copy of everything but target and model, in the arena. */
NORN_CHECKED norn_status norni_multi_reason_copy(norni_arena *arena, const norni_multi_reason *from,
                                                 norni_multi_reason *to, norn_err *err);

#endif
