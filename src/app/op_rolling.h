/* The operation `rolling`: a file of series in, the same rows with rolling columns out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_ROLLING_H
#define NORNI_OP_ROLLING_H

#include "app/rolling_plan.h"

/* `opt` is a norni_rolling_opt. */
NORN_CHECKED norn_status norni_op_rolling(const norni_op_env *env, const void *opt,
                                          norni_op_result *out, norn_err *err);

#endif
