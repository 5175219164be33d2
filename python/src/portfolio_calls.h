/* Portfolios from Python: norn.portfolio and norn.ParallelOptimizer. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_PORTFOLIO_CALLS_H
#define NORNPY_PORTFOLIO_CALLS_H

#include "python/src/state.h"

/* portfolio_search(frame or None, paths, grid or None, options, n_threads, tick or None) -> (answer, table, info): JSON and CSV as
 * bytes. grid: TOML as str; options: names and texts of `norn portfolio`. */
PyObject *nornpy_portfolio_search(PyObject *module, PyObject *args);
/* portfolio_path(frame or None, paths, symbols, times or None, weights or None, each, options) -> dict of arrays. times: int64
 * microseconds; weights: float64, a row for each time. */
PyObject *nornpy_portfolio_path(PyObject *module, PyObject *args);
/* portfolio_weights(returns, n_assets, options) -> array. returns: float64, row by row. */
PyObject *nornpy_portfolio_weights(PyObject *module, PyObject *args);
/* portfolio_metrics(returns, times or None, convention, periods_per_year, risk_free, required, cutoff) -> dict */
PyObject *nornpy_portfolio_metrics(PyObject *module, PyObject *args);
/* portfolio_deflated(returns, n_trials, sharpe_std) -> dict */
PyObject *nornpy_portfolio_deflated(PyObject *module, PyObject *args);
/* portfolio_pbo(blocks, n_trials, n_blocks, n_threads) -> dict. blocks: float64, (count, sum, sum of squares) of each trial's blocks. */
PyObject *nornpy_portfolio_pbo(PyObject *module, PyObject *args);

#endif
