/* The operation `evaluate`: how well models forecast the series of a file. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_EVALUATE_H
#define NORNI_OP_EVALUATE_H

#include "app/evaluate_plan.h"

norn_status norni_op_evaluate(const norni_op_env *env, const void *options, norni_op_result *out,
                              norn_err *err);

#endif
