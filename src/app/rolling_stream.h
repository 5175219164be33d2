/* A rolling run from reader to files: batch by batch, in bounded memory, in input order. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLLING_STREAM_H
#define NORNI_ROLLING_STREAM_H

#include "app/panel_stream.h"
#include "app/rolling_plan.h"

/* Runs the whole input and writes --out and --items. Rows of a series that do not stand together make it
 * start again with everything in memory. After NORN_E_CANCEL what was done lies beside --out as
 * `.partial`. */
NORN_CHECKED norn_status norni_rolling_stream(const norni_op_env *env, const norni_rolling_opt *opt,
                                              const norni_rolling_plan *plan, norni_reader *reader,
                                              norni_stream_totals *t, bool *input_failed,
                                              norn_err *err);

#endif
