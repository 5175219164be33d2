/* Forecasts as CSV or JSON text, panel by panel, and the row for each item. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_WRITE_H
#define NORNI_FORECAST_WRITE_H

#include "app/forecast_answer.h"
#include "io/writer.h"

/* What stands before the first panel's series and behind the last one's. CSV: id, time, then per
 * model its forecast and lo/hi per level; with fitted values also a column y. */
void norni_forecast_opening(const norni_forecast *f, bool json, norni_buf *b);
void norni_forecast_closing(bool json, norni_buf *b);
/* The panel's series, in order, then by time; with fitted values the history's rows, too. JSON: the
 * elements, joined by commas. */
void norni_forecast_table(const norni_forecast *f, bool json, norni_buf *b);
/* `unique_id,model,status,served,attempts,seconds,parameters,message,stop`, and a row for each item. */
void norni_forecast_item_header(norni_buf *b);
void norni_forecast_item_rows(const norni_forecast *f, norni_buf *b);
/* The failed items as JSON objects, each with a comma before it. */
void norni_forecast_failures(const norni_forecast *f, norni_buf *b);
/* Why the item's own model did not serve it, as a line for people. */
void norni_forecast_reason(const norni_forecast *f, size_t item, norni_buf *b);

#endif
