/* What a report writes beside its answer: its series, and a row for each of them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_REPORT_FILES_H
#define NORNI_REPORT_FILES_H

#include "app/common.h"
#include "finance/finance_forecast.h"

/* unique_id,ds,y: as `norn evaluate` and `norn forecast` read it; a missing month is empty. */
NORN_CHECKED norn_status norni_report_series_write(norn_ctx *ctx, const norni_fin_forecasts *f,
                                                   const char *path, bool escape, norn_err *err);
/* unique_id,status,model,parameters,holdout,rmse,mae,mape,accuracy,cached,seconds,message */
NORN_CHECKED norn_status norni_report_items_write(norn_ctx *ctx, const norni_fin_forecasts *f,
                                                  const char *path, bool escape, norn_err *err);

#endif
