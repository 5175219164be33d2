/* The files of a run over many targets, but forecasts: parts, weights, metrics, summary. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_WRITE_H
#define NORNI_MULTI_WRITE_H

#include "app/multi_call.h"
#include "app/summary.h"

/* Forecasts, to --out in its format, and --items: a row for each part. */
NORN_CHECKED norn_status norni_multi_write_forecast(const norni_multi_call *c, norn_err *err);
/* metrics.csv and weights.csv in the folder, which is there. */
NORN_CHECKED norn_status norni_multi_write_tables(norni_multi_call *c, const char *folder,
                                                  norn_err *err);
/* The common keys, and of this operation: targets, models, parts, origins. */
NORN_CHECKED norn_status norni_multi_write_summary(const norni_multi_call *c, const char *path,
                                                   const norni_stopwatch *watch, size_t n_resumed,
                                                   const char *digest, norn_err *err);
/* Why the first parts, three at most, have the last value: lines for people. */
void norni_multi_say_fallbacks(const norni_multi_call *c);

#endif
