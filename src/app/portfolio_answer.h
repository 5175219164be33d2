/* What a portfolio search answers, as JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_ANSWER_H
#define NORNI_PORTFOLIO_ANSWER_H

#include "app/portfolio_run.h"
#include "io/writer.h"

/* The same bytes at any worker count: no times in it. */
NORN_CHECKED norn_status norni_portfolio_answer_json(const norni_portfolio_run *r, norni_buf *out,
                                                     norn_err *err);
/* {"n_configurations", "n_usable", "n_distinct"}'s fields. */
void norni_portfolio_counts_json(const norni_portfolio_run *r, norni_json *j);

#endif
