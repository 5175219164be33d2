/* The file of hourly signals that a portfolio is filtered by, read and laid over its prices. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_SIGNAL_H
#define NORNI_PORTFOLIO_SIGNAL_H

#include "app/portfolio_plan.h"
#include "io/writer.h"
#include "portfolio/portfolio_filter.h"

/* Of a plan with --signal. The filter lies in the arena; a note of what was noticed goes to notes. NORN_E_DATA and NORN_E_FORMAT begin with
 * --signal and the file's name; else NORN_E_MEM, NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_portfolio_signal_read(const norni_op_env *env,
                                                     const norni_portfolio_opt *opt,
                                                     const norni_port_prices *prices,
                                                     norni_arena *arena, norni_buf *notes,
                                                     const norni_port_filter **out, norn_err *err);
/* "signal": {file, min, …}, of prices with a filter. */
void norni_portfolio_signal_json(const norni_port_prices *prices, norni_json *j);

#endif
