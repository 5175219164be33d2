/* Which files hold a portfolio's prices: folders walked, timeframes chosen, symbols told by names. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_FILES_H
#define NORNI_PORTFOLIO_FILES_H

#include "app/portfolio_rows.h"

/* The files to be read, in their order, in the arena. NORN_E_DATA: there is none, or none of the timeframe. */
NORN_CHECKED norn_status norni_port_files_find(const norni_port_read_opt *opt, norni_arena *arena,
                                               norni_port_file **file, size_t *n, norni_buf *notes,
                                               norn_err *err);
/* Microseconds of a timeframe's name ("15m", "1h", "4h", "1d", "1w"); 0: it is none. */
int64_t norni_port_step_of_name(norni_str text);

#endif
