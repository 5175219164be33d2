/* The operation `multi`: a table of targets and drivers in, forecasts and their reasons out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_MULTI_H
#define NORNI_OP_MULTI_H

#include "app/multi_plan.h"

/* `opt` is a norni_multi_opt. */
NORN_CHECKED norn_status norni_op_multi(const norni_op_env *env, const void *opt,
                                        norni_op_result *out, norn_err *err);

#endif
