/* What is said of an anomaly besides its numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_ANOMALIES_H
#define NORNI_FINANCE_ANOMALIES_H

#include "finance/finance_findings.h"

/* Per cent of |expected|; NaN where that is 0. */
double norni_fin_deviation(double value, double expected);
/* Share of the detectors that agree. */
double norni_fin_confidence(const norni_fin_anomaly *a);
/* The report's first severity: "High" beyond 50 % of what is expected, else "Medium". */
bool norni_fin_anomaly_is_high(const norni_fin_anomaly *a);
enum { NORNI_FIN_GROUP = 80 };
/* " (LATAM)", cut at 64 bytes, into out (NORNI_FIN_GROUP bytes), which it returns; "" of all rows. */
const char *norni_fin_group_text(const norni_fin_anomaly *a, char *out);
/* Leaves out what another finding of the same month says. */
void norni_fin_events(norni_fin_anomalies *all);
/* Whether it is of the last 12 months that count. */
bool norni_fin_anomaly_is_recent(const norni_fin_book *book, const norni_fin_anomaly *a);
/* The first that is "High" among those that are recent, or among the others; NULL: none. */
const norni_fin_anomaly *norni_fin_first_high(const norni_fin_facts *f, bool recent);
/* "Revenue of 412.3K in December 2024 is 61.6 % above the 255.1K that trend and season lead to expect" */
void norni_fin_anomaly_reason(norni_buf *out, const norni_fin_anomaly *a);

#endif
