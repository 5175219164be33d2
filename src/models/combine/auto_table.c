/* What `auto` and `ensemble` have learned: weights of small networks and factors of intervals. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/combine/gate.h"

static const float factor[] = {1.2F};
const norni_spread norni_spreads[] = {
    {.name = "any", .most_n = SIZE_MAX, .horizon = 1, .factor = factor}};
const size_t norni_n_spreads = sizeof norni_spreads / sizeof norni_spreads[0];
const norni_gate norni_gates[] = {{.name = "none"}};
const size_t norni_n_gates = 0;
