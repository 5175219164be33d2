/* Which of two metrics moves first: Granger's tests over the longest run of months that both have. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_GRANGER_H
#define NORNI_FINANCE_GRANGER_H

#include "finance/finance_findings.h"

enum { NORNI_FIN_LAGS = 3, NORNI_FIN_LEAST_CHANGES = 20, NORNI_FIN_LEAST_SEASONS = 24 };

/* Fills lag_months, p_value, n_tests, b_leads and p_value_without_season of c from its two metrics' months: each as the other's cause, at lags of 1 to
 * 3 months, on month-to-month changes, of which there must be NORNI_FIN_LEAST_CHANGES. */
NORN_CHECKED norn_status norni_fin_granger(const norni_fin_months *m, norni_arena *arena,
                                           norni_fin_correlation *c, norn_err *err);

#endif
