/* Objects of signal_report.json: one hashtag, the market. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_JSON_PARTS_H
#define NORNI_SIGNALS_JSON_PARTS_H

#include "io/writer.h"
#include "signals/signals_report_fields.h"
#include "signals/signals_report_parts.h"

/* One value: the object of a hashtag, of the market. */
void norni_signals_json_group(norni_json *j, const norni_signal_group *g, const norni_signals *s,
                              const norni_signal_stamp *stamp);
void norni_signals_json_market(norni_json *j, const norni_aggregates *a, const norni_signals *s,
                               const norni_signal_stamp *stamp);

#endif
