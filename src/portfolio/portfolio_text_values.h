/* Numbers, counts and times as people read them in a portfolio's reports: 12.34 %, 58,320, 2024-05-01 12:00. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_TEXT_VALUES_H
#define NORNI_PORTFOLIO_TEXT_VALUES_H

#include "portfolio/portfolio_optimise.h"

/* Each writes into `out` and returns it; what is not finite is "-". */
enum { NORNI_PORT_WORD = 64 };
/* So many decimals, thousands apart; from 1e13 on "1.50e13". */
const char *norni_port_fixed(double x, int32_t decimals, char out[NORNI_PORT_WORD]);
const char *norni_port_count_text(uint64_t n, char out[NORNI_PORT_WORD]);
/* 0.1234 is "12.34 %"; plus: "+12.34 %". */
const char *norni_port_percent(double share, char out[NORNI_PORT_WORD]);
const char *norni_port_percent_plus(double share, char out[NORNI_PORT_WORD]);
/* A probability: "46 %", "under 0.1 %", "over 99.9 %". */
const char *norni_port_chance(double p, char out[NORNI_PORT_WORD]);
/* A ratio: two decimals, three significant digits where it is small. */
const char *norni_port_ratio(double x, char out[NORNI_PORT_WORD]);
/* A time of the prices; a day alone where the bars are days. */
const char *norni_port_time_text(const norni_port_prices *p, int64_t us, char out[NORNI_PORT_WORD]);
/* Of the run: always "2026-11-22 01:20 UTC". */
const char *norni_port_stamp_text(int64_t us, char out[NORNI_PORT_WORD]);
/* "1 split", "3 splits". */
void norni_port_put_counted(norni_buf *b, uint64_t n, const char *one, const char *many);

/* Days of the prices: those without weekends are trading days, about 252 a year. */
bool norni_port_is_trading(const norni_port_prices *p);
/* "what is owed costs 5.00 % a year" */
void norni_port_put_borrowing(norni_buf *b, const norni_port_rule *rule);
void norni_port_put_days(norni_buf *b, const norni_port_prices *p, double days); /* "60 days" */

/* The metric of the search as people name it, whether it is a share, and its value the right way up (a volatility ranks by its negative). */
const char *norni_port_metric_words(norni_port_metric m);
bool norni_port_metric_is_share(norni_port_metric m);
double norni_port_metric_shown(norni_port_metric m, double ranked);
const char *norni_port_metric_text(norni_port_metric m, double ranked, char out[NORNI_PORT_WORD]);

#endif
