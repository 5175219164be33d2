/* The operation `bench`: speed-up measured on this machine, with equal digests as the condition. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_BENCH_H
#define NORNI_OP_BENCH_H

#include "app/common.h"

typedef struct norni_bench_opt {
    norni_common_opt common;
    const char *workload; /* "forecast" */
    const char *model;
    int32_t n_series;
    bool quick;
} norni_bench_opt;

extern const norni_param norni_bench_rows[];
extern const size_t norni_n_bench_rows;

NORN_CHECKED norn_status norni_op_bench(const norni_op_env *env, const void *opt,
                                        norni_op_result *out, norn_err *err);

#endif
