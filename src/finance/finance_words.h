/* Numbers, months and metrics as people read them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_WORDS_H
#define NORNI_FINANCE_WORDS_H

#include "finance/finance_months.h"

enum { NORNI_FIN_WORD = 48 };

/* Each writes into `out` (NORNI_FIN_WORD bytes) and returns it, for norni_buf_format's %s. "n/a" stands for what is not finite. */
const char *norni_fin_amount_text(double x, char *out);      /* "1.23M", "-950", "12.35", "0.0042" */
const char *norni_fin_number_text(double x, char *out);      /* two decimals: "1.95" */
const char *norni_fin_percent_text(double x, char *out);     /* "12.3 %", of per cent */
const char *norni_fin_signed_text(double x, char *out);      /* "+12.3 %" */
const char *norni_fin_month_words(int64_t month, char *out); /* "December 2024" */
/* A value in its metric's unit: an amount, a per cent, a number of days, a ratio. */
const char *norni_fin_value_text(norni_fin_metric metric, double x, char *out);
/* "9 points", "1 point": a distance of two shares, one decimal. */
const char *norni_fin_points_text(double distance, char *out);
/* Whether the metric is a share, shown in per cent: distances are told in points. */
bool norni_fin_is_share(norni_fin_metric metric);
/* "Revenue", "AR", "Profit margin" …; and within a sentence: "revenue", "AR", "profit margin". */
const char *norni_fin_label(norni_fin_metric metric);
const char *norni_fin_said(norni_fin_metric metric);
/* "1 month", "2 months" */
const char *norni_fin_count_text(size_t n, const char *one, char *out);

#endif
