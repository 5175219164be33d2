/* The operation `signals`: tweets in, a signal for each of them, for every tag, for the market and for every hour out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_SIGNALS_H
#define NORNI_OP_SIGNALS_H

#include "app/signals_plan.h"

/* `opt` is a norni_signals_opt. */
NORN_CHECKED norn_status norni_op_signals(const norni_op_env *env, const void *opt,
                                          norni_op_result *out, norn_err *err);

#endif
