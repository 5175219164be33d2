/* Forecasts as the rows of a workbook's sheet. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_SHEET_H
#define NORNI_FORECAST_SHEET_H

#include "app/forecast_answer.h"
#include "io/xlsx_write.h"

/* The columns of the CSV table, as the header and as rows; times as text, in the input's style. */
NORN_CHECKED norn_status norni_forecast_sheet_head(const norni_forecast *f, norni_xlsx_out *x,
                                                   norn_err *err);
NORN_CHECKED norn_status norni_forecast_sheet_rows(const norni_forecast *f, norni_xlsx_out *x,
                                                   norn_err *err);

#endif
