/* Rolling columns as CSV, JSON or the rows of a workbook, and the row for each item. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLLING_WRITE_H
#define NORNI_ROLLING_WRITE_H

#include "app/rolling_panel.h"
#include "io/xlsx_write.h"

/* What stands before the first panel's series and behind the last one's. CSV: id, time, the rolled
 * columns, the results. */
void norni_rolling_opening(const norni_rolled *r, bool json, norni_buf *b);
void norni_rolling_closing(bool json, norni_buf *b);
/* Rows [from, to) of series i as CSV. */
void norni_rolling_csv(const norni_rolled *r, size_t i, size_t from, size_t to, norni_buf *b);
/* Series i as JSON: {"unique_id":…,"ds":[…],"columns":{"y":[…],"mean":[…]}} */
void norni_rolling_json(const norni_rolled *r, size_t i, norni_buf *b);
NORN_CHECKED norn_status norni_rolling_sheet_head(const norni_rolled *r, norni_xlsx_out *x,
                                                  norn_err *err);
NORN_CHECKED norn_status norni_rolling_sheet_rows(const norni_rolled *r, norni_xlsx_out *x,
                                                  norn_err *err);
/* `unique_id,column,status,attempts,seconds,rows,values`, and a row for each item; values: results that
 * are not missing; seconds: the item's share of its batch. */
void norni_rolling_item_header(norni_buf *b);
void norni_rolling_item_rows(const norni_rolled *r, norni_buf *b);

#endif
