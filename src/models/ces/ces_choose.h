/* What speaks for one form of complex exponential smoothing against another. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CES_CHOOSE_H
#define NORNI_CES_CHOOSE_H

#include "models/ces/ces_state.h"

typedef enum ces_select { CES_BY_HORIZON, CES_BY_AICC } ces_select;

double ces_aicc(ces_form form, double sse, const ces_data *d);
/* The less, the better. `first`: the fitted form's first state. False: cancelled, or out of memory
 * (*full). */
bool ces_score(const ces_data *d, ces_select by, const ces_walk *first, double sse, double damping,
               size_t horizon, norni_arena *arena, double *score, bool *full);

#endif
