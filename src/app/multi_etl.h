/* The plant's workbooks (monitoring tags, blends, laboratory) as tables for `norn multi`. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_ETL_H
#define NORNI_MULTI_ETL_H

#include "app/common.h"

typedef struct norni_etl_result {
    size_t n_files, n_sheets, n_skipped; /* sheets read; sheets that are none of the three kinds */
    size_t n_days, n_series, n_blends, n_crudes;
    norni_hash128 digest; /* of the four tables' text */
    size_t n_dropped;     /* cells, rows and columns that are no data; each kind of them was said */
} norni_etl_result;

/* Reads every sheet of `in` (workbooks, CSV files, or folders of them) in parallel and writes targets.csv,
 * futures.csv, statics.csv and final.csv, all of them in one table, into the folder `output`, which is
 * made when it is missing. What is left out is said through env->say. The bytes depend on the inputs
 * alone. NORN_E_DATA: no sheet of monitoring tags among them, or one that cannot be read as such. */
NORN_CHECKED norn_status norni_multi_etl(const norni_op_env *env, const norni_inputs *in,
                                         const char *output, norni_etl_result *out, norn_err *err);

#endif
