/* Least squares over the parameters of one form of complex exponential smoothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CES_SEARCH_H
#define NORNI_CES_SEARCH_H

#include "base/effort.h"
#include "models/ces/ces_region.h"

typedef struct ces_fit {
    ces_form form;
    ces_param par;
    double sse;
    norn_stop stop;
    unsigned passes; /* of eight lanes */
} ces_fit;

/* The least sum of squares. `near` (may be NULL): the parameters of an earlier fit, in place of the
 * table of starts. scratch (2 (2m + 3)). The first pass is made whatever `effort` says. */
ces_fit ces_search(ces_data *d, ces_form form, const ces_param *near, norni_effort *effort,
                   double *scratch);

#endif
