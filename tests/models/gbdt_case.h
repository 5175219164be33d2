/* A table for tests of boosted trees, binned and fitted in the shared arena. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GBDT_CASE_H
#define GBDT_CASE_H

#include "models/gbdt/gbdt_parts.h"
#include "shared_arena.h"

typedef struct gbdt_case {
    const double *const *x; /* (k) of (n) */
    size_t k, n, n_validate;
    const double *y;
    const norni_gbdt_opt *opt;
    const int8_t *monotone;
    const norni_feature_kind *kind;
    const norni_share *share;
} gbdt_case;

static inline norni_bins bins_of(const gbdt_case *c) {
    static const norni_feature_kind numbers[8192];
    norni_bins bins;
    norn_err err;
    assert_true(c->k <= 8192);
    if (norni_bins_make(&arena, NULL, c->x, c->kind ? c->kind : numbers, c->k, c->n,
                        (uint32_t)c->opt->max_bins, &bins, &err) != NORN_OK)
        fail_msg("%s", err.text);
    return bins;
}

static inline norni_gbdt fit_table(const gbdt_case *c) {
    const norni_bins bins = bins_of(c);
    norni_gbdt m;
    norn_err err;
    norni_env env = {.arena = &arena, .seed = 1, .item = 2, .share = c->share};
    const norni_gbdt_task task = {
        .n = c->n, .n_validate = c->n_validate, .bins = &bins, .y = c->y, .monotone = c->monotone};
    if (norni_gbdt_fit(&env, c->opt, &task, &m, &err) != NORN_OK) fail_msg("%s", err.text);
    return m;
}

#endif
