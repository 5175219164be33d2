/* Where the parameters of complex exponential smoothing may lie. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CES_REGION_H
#define NORNI_CES_REGION_H

#include "models/ces/ces_pass.h"

/* Longest season of the forms partial and full. */
enum { CES_MOST_SEASON = 512 };

/* The bounds that a pair lies on; all are circles. */
typedef struct ces_bounds {
    size_t n;
    size_t circle[2];
    double normal[2][2]; /* outward */
    double bend[2];      /* staying on it, a step s along it also goes -s^2/2 bend normal */
} ces_bounds;

/* Brings the pair (alpha_0, alpha_1) or (beta_0, beta_1) into its region; false: it is no number. */
bool ces_region_project(double p[2]);
ces_bounds ces_region_bounds(const double p[2]);
void ces_region_snap(size_t circle, double p[2]); /* onto that bound */
/* The same for the whole set: pairs, and partial's beta_0 in [0, 1]. */
bool ces_region_admit(ces_form form, ces_param *par);
/* Do influences of the first state fade, or at least not grow by more than exp(1/2) over n periods?
 * scratch (2 (2m + 3)). */
bool ces_region_stable(ces_form form, const ces_param *par, size_t m, size_t n, double *scratch);

#endif
