/* The table of a portfolio search: every configuration, ranked. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_TABLE_H
#define NORNI_PORTFOLIO_TABLE_H

#include "app/portfolio_run.h"
#include "io/writer.h"

/* The columns of the reference in their order, then ours; usable configurations by the metric, then by id (more than four
 * million: by id). CSV, appended to what `out` holds and flushed on the way. */
NORN_CHECKED norn_status norni_portfolio_table_write(const norni_portfolio_run *r, bool escape,
                                                     norni_out *out, norn_err *err);

#endif
