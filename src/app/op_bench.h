/* The operation `bench`: speed-up measured on this machine, with equal digests as the condition. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_BENCH_H
#define NORNI_OP_BENCH_H

#include "app/bench_parts.h"

/* Flags of the shared groups that mean nothing here. */
#define NORNI_BENCH_UNLISTED \
    "|plot|resume|items|format|cache|chunk-size|no-escape-formulas|progress|"

extern const norni_param norni_bench_rows[];
extern const size_t norni_n_bench_rows;

NORN_CHECKED norn_status norni_op_bench(const norni_op_env *env, const void *opt,
                                        norni_op_result *out, norn_err *err);

#endif
