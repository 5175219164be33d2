/* The operation `portfolio`: prices in, a walk-forward search over rebalancing configurations out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_PORTFOLIO_H
#define NORNI_OP_PORTFOLIO_H

#include "app/portfolio_plan.h"

/* `opt` is a norni_portfolio_opt. */
NORN_CHECKED norn_status norni_op_portfolio(const norni_op_env *env, const void *opt,
                                            norni_op_result *out, norn_err *err);

#endif
