/* The prices of a portfolio: files, folders and bytes of every layout that is served, as one cleaned panel. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_READ_H
#define NORNI_PORTFOLIO_READ_H

#include "app/common.h"
#include "portfolio/portfolio_prices.h"

/* What to read. A folder, a file and bytes in memory are told apart here; every text is borrowed for the call. */
typedef struct norni_port_read_opt {
    norni_inputs in; /* files, patterns, folders, "-"; with `bytes` only in.n counts */
    const norni_str *
        bytes; /* (in.n) what stands in them, where that is in memory already; NULL: paths are read */
    const char *const *name; /* (in.n) what people call them ("BTC_USDT/1h.csv"); NULL: the paths */
    const char *sheet;       /* of a workbook */
    const char *id_col, *time_col, *price_col; /* NULL: the usual names (docs/portfolio-data.md) */
    const char *
        symbols; /* "BTC,ETH/USDT": these alone, in this order; those that are not there are noted. NULL: all */
    bool
        by_name; /* all: in the order of their names, whatever the layout and the order of the rows; else the input's */
    bool wide; /* no prices: a column of times and a column for each series, whatever their names */
    size_t chunk_bytes; /* 0: 1 MiB; never changes a result */
    char delimiter;     /* 0: found */
    norni_port_prices_opt
        prices; /* frame: the timeframe that is wanted, by which files are chosen, too */
} norni_port_read_opt;

/* What was read. */
typedef struct norni_port_read_report {
    size_t n_files, n_rows; /* rows: lines of the files with data */
    uint64_t n_bytes;       /* as they lie in the files */
} norni_port_read_report;

/* NORN_E_IO, NORN_E_FORMAT, NORN_E_DATA, NORN_E_LIMIT are about the input: they name the file where there are several, line, column and
 * remedy. NORN_E_ARG: the options. out->notes begins with what was noticed while reading. */
NORN_CHECKED norn_status norni_port_read(const norni_op_env *env, const norni_port_read_opt *opt,
                                         norni_port_prices *out, norni_port_read_report *report,
                                         norn_err *err);

#endif
