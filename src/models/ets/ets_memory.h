/* Where the search for each form ended: within one fit, and from one fit to the next. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ETS_MEMORY_H
#define NORNI_ETS_MEMORY_H

#include "models/ets/ets_fit.h"

enum { ETS_N_FORMS = 36, ETS_N_STARTS = 11 };

/* A point: level, trend, the four smoothing unknowns, then m - 1 seasonal starts where they are
 * free. */
struct ets_memory {
    size_t n_free; /* seasonal starts that a seasonal form finds; 0 beyond ETS_MAX_FREE_SEASON */
    bool have[ETS_N_FORMS];
    double *x[ETS_N_FORMS]; /* this fit's points */
    double ic[ETS_N_FORMS];
    double *kept[ETS_N_FORMS]; /* the earlier fit's, in this one's scale; NULL: none */
    int first;                 /* the form that the earlier fit chose; -1: no earlier fit */
    double *at[ETS_N_STARTS];  /* (P) where each start's screening ended */
    double *best;              /* (P) */
};

size_t ets_form_index(norni_ets_form f);
/* Keeps the unknowns x of the form that w is laid out for. */
void ets_memory_keep(ets_memory *mem, const ets_work *w, const double *x);
/* The form's point of this fit, else of the earlier one, else NULL. */
const double *ets_memory_point(const ets_memory *mem, norni_ets_form f);

#endif
