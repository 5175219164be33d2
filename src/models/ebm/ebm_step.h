/* The step of one leaf, of main effects and pairs alike. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_STEP_H
#define NORNI_EBM_STEP_H

#include <float.h>

#include "models/ebm/ebm.h"

/* The gradient's sum with what reg_alpha takes off. */
static inline double norni_ebm_shrunk(const norni_ebm_opt *o, double g) {
    if (o->reg_alpha <= 0) return g;
    const double a = g < 0 ? -g : g;
    return a <= o->reg_alpha ? 0 : g < 0 ? g + o->reg_alpha : g - o->reg_alpha;
}

/* The step that a leaf with the gradient's sum g and weight w takes, without the learning rate. */
static inline double norni_ebm_step(const norni_ebm_opt *o, double g, double w) {
    const double h = w + o->reg_lambda;
    if (h < DBL_MIN) return 0;
    double u = -norni_ebm_shrunk(o, g) / h;
    if (o->max_delta_step > 0) {
        if (u > o->max_delta_step) u = o->max_delta_step;
        if (u < -o->max_delta_step) u = -o->max_delta_step;
    }
    return u;
}

#endif
