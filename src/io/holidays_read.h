/* A user's holidays from delimited text. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_HOLIDAYS_READ_H
#define NORNI_HOLIDAYS_READ_H

#include "base/ctx.h"
#include "data/holidays.h"

/* The widest window, days on either side. */
#define NORNI_HOLIDAY_WINDOW_MAX 3660

/* Columns holiday and ds, and if the file has them lower_window and upper_window, prior_scale; in any
 * order, others are passed over. A time of day is dropped. Rows in the file's order and its names lie
 * in the arena; a row that says what an earlier one said is left out. NORN_E_IO: cannot be read;
 * NORN_E_FORMAT, NORN_E_DATA: with line and column, without the path. */
NORN_CHECKED norn_status norni_holidays_read(norn_ctx *ctx, const char *path, norni_arena *arena,
                                             norni_holidays *out, norn_err *err);
/* The same from memory. */
NORN_CHECKED norn_status norni_holidays_parse(norn_ctx *ctx, const void *bytes, size_t n,
                                              norni_arena *arena, norni_holidays *out,
                                              norn_err *err);

#endif
