/* The three charts of the hashtags that were asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_CHARTS_PARTS_H
#define NORNI_SIGNALS_CHARTS_PARTS_H

#include "signals/signals_report_parts.h"

NORN_CHECKED norn_status norni_signals_chart_scores(const norni_signal_page *p, norni_buf *svg);
NORN_CHECKED norn_status norni_signals_chart_moods(const norni_signal_page *p, norni_buf *svg);
NORN_CHECKED norn_status norni_signals_chart_volume(const norni_signal_page *p, norni_buf *svg);

/* The tags shown, their names with a #, and words on those that are not. */
enum { NORNI_TARGETS_MOST = 40 };
typedef struct norni_signal_targets {
    size_t n, at[NORNI_TARGETS_MOST]; /* indices of groups */
    norni_str name[NORNI_TARGETS_MOST];
    norni_str which; /* "the 12 with most tweets", for titles; empty: those asked for */
    norni_str below;
} norni_signal_targets;
NORN_CHECKED norn_status norni_signals_targets_of(const norni_signal_page *p, size_t most,
                                                  norni_signal_targets *out);
/* Bars of the signal (below 0 and above) with intervals over those tags. */
NORN_CHECKED norn_status norni_signals_pane_targets(const norni_signal_page *p,
                                                    const norni_signal_targets *t, norni_pane *out);

#endif
