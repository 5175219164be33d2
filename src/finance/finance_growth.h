/* growth_rate: month over month, from the last observed total and then from the forecast before. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_GROWTH_H
#define NORNI_FINANCE_GROWTH_H

#include "finance/finance_forecast.h"

/* From revenue's points; NaN where the base is not above 0. No revenue: no growth. */
void norni_fin_growth_make(norni_fin_forecasts *f);

#endif
