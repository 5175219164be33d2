/* The bags of an EBM's fit: which rows each one learns from and which it validates on. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_BAGS_H
#define NORNI_EBM_BAGS_H

#include "models/ebm/ebm_stages.h"

/* The task in units in which nothing overflows. */
typedef struct ebm_job {
    norni_ebm_opt opt;
    norni_ebm_task task; /* y and init times 2^-exponent */
    int exponent;
    size_t n_bags;
    uint64_t stream; /* of all draws: of env->seed and env->item */
} ebm_job;

/* What a bag's rows weigh. */
typedef struct ebm_bag_sums {
    double weight;    /* of the training rows */
    double intercept; /* mean of y - init over them */
} ebm_bag_sums;

/* Bag b in env->arena: rows, weights, residual = init + intercept - y. */
NORN_CHECKED norn_status ebm_bag_make(norni_env *env, const ebm_job *job, size_t b,
                                      norni_ebm_bag *out, ebm_bag_sums *sums, norn_err *err);
/* Options and task; names what is wrong. */
NORN_CHECKED norn_status ebm_check(const norni_ebm_opt *opt, const norni_ebm_task *task,
                                   norn_err *err);

#endif
