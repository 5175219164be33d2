/* What a run of signals writes: --out, the files of --output, and the chart of --plot. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_OUTPUTS_H
#define NORNI_SIGNALS_OUTPUTS_H

#include "app/signals_run.h"
#include "io/writer.h"

/* Moment, names and version of a run, in its arena. */
NORN_CHECKED norn_status norni_signals_stamp_make(norni_signals_run *r, norni_signal_stamp *out,
                                                  norn_err *err);
/* The table of tweets, made in parallel, in order. */
NORN_CHECKED norn_status norni_signals_table_write(const norni_signals_run *r, norni_out *out,
                                                   norn_err *err);
/* --out: the report as JSON, or the table. */
NORN_CHECKED norn_status norni_signals_out_write(const norni_signals_run *r,
                                                 const norni_signal_stamp *stamp, norn_err *err);
/* --items: a row for each tweet is what the table is. */
NORN_CHECKED norn_status norni_signals_items_write(const norni_signals_run *r, norn_err *err);
/* signal_report.json, analyzed_tweets.csv, signals_hourly.csv, charts, interactive_dashboard.html: all of them or none. */
NORN_CHECKED norn_status norni_signals_folder_write(const norni_signals_run *r,
                                                    const norni_signal_stamp *stamp, norn_err *err);
/* The distribution of signals as SVG. */
NORN_CHECKED norn_status norni_signals_plot_write(const norni_signals_run *r,
                                                  const norni_signal_stamp *stamp, norn_err *err);

#endif
