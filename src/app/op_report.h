/* The operation `report`: a table of transactions in, one report out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_REPORT_H
#define NORNI_OP_REPORT_H

#include "app/report_plan.h"

/* `opt` is a norni_report_opt. */
NORN_CHECKED norn_status norni_op_report(const norni_op_env *env, const void *opt,
                                         norni_op_result *out, norn_err *err);

#endif
