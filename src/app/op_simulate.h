/* The operation `simulate`: what a finance table would come to if one column were different. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_SIMULATE_H
#define NORNI_OP_SIMULATE_H

#include "app/simulate_plan.h"

/* `opt` is a norni_simulate_opt. */
NORN_CHECKED norn_status norni_op_simulate(const norni_op_env *env, const void *opt,
                                           norni_op_result *out, norn_err *err);

#endif
