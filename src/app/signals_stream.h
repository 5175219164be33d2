/* Signals of a stream: a line of JSON for each tweet as soon as its own line is there. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_STREAM_H
#define NORNI_SIGNALS_STREAM_H

#include "app/signals_plan.h"
#include "app/summary.h"

/* Reads to the input's end. A tweet is scored without terms (a corpus is not there yet) and told once for each id; memory grows with the
 * ids alone. --store takes every batch before it is told. */
NORN_CHECKED norn_status norni_signals_stream(const norni_op_env *env, const norni_signals_opt *opt,
                                              const norni_stopwatch *watch, norni_op_result *out,
                                              norn_err *err);

#endif
