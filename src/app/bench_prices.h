/* Price panels that benchmarks measure on, made in memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BENCH_PRICES_H
#define NORNI_BENCH_PRICES_H

#include "portfolio/portfolio_prices.h"

/* Random walks by Philox from the seed: one step common to all symbols, one of each one's own. n symbols of `symbol`, n_bars bars `step`
 * microseconds apart from 2022-01-01. *out is the caller's to clear after success. */
NORN_CHECKED norn_status norni_bench_prices(const norn_alloc *alloc, const norni_str *symbol,
                                            size_t n, size_t n_bars, int64_t step, uint64_t seed,
                                            norni_port_prices *out, norn_err *err);

#endif
