/* One step of a climb: Levenberg and Marquardt's, along bounds, with a learned Hessian. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CES_CLIMB_H
#define NORNI_CES_CLIMB_H

#include "models/ces/ces_region.h"

/* One point on its way down. */
typedef struct ces_climb {
    ces_param at, trial;
    double sse, lambda;
    double promise; /* what the trial should gain */
    double jj[CES_PARTS][CES_PARTS], je[CES_PARTS];
    double bend[CES_PARTS][CES_PARTS]; /* what J'J lacks of the Hessian, learned from the steps */
    unsigned moves;                    /* that gained */
    bool known, over;                  /* derivatives at `at` are there; nothing is left to gain */
} ces_climb;

/* The next trial; false: none with this lambda. */
bool ces_climb_propose(ces_form form, ces_climb *c);
/* Moves to the trial, whose sum of squares and derivatives are given. */
void ces_climb_move(ces_form form, ces_climb *c, double sse, const ces_group *g);

#endif
