/* An evaluation from panel to standings: series by series, in bounded memory, with a digest over all. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EVALUATE_RUN_H
#define NORNI_EVALUATE_RUN_H

#include "app/digest.h"
#include "app/evaluate_rows.h"
#include "io/spool.h"

enum { NORNI_WORST = 50 };

/* One of a model's worst series. */
typedef struct norni_worst {
    size_t series; /* of the panel */
    double metric;
    norni_series_standing of;
    double *mean; /* (n_scores) */
} norni_worst;

/* What an evaluation found. */
typedef struct norni_evaluation {
    norn_ctx *ctx;
    const norni_evaluate_plan *plan;
    const norni_panel *panel;
    norni_standing *standing; /* (n_specs) */
    norni_worst *worst;       /* (n_specs, NORNI_WORST), the worst first; or NULL */
    size_t *n_worst;          /* (n_specs) */
    size_t n_items, n_ok, n_fallback, n_failed; /* of the specs; the baseline is not counted */
    size_t n_cut;                               /* of n_ok: stopped by a bound */
    size_t n_short;           /* series that afford fewer windows than asked for, but some */
    size_t n_without;         /* items without a conformal interval */
    size_t n_unscaled;        /* series without MASE: too short or constant training sets */
    norni_spool failures;     /* of the summary: JSON objects, each with a comma before it */
    norni_buf first_failures; /* lines for people: the first three */
    norni_buf first_fallback; /* why the first of n_fallback items was not served by its own */
    norni_hash128 digest;
} norni_evaluation;

/* Where rows go while it runs; each may be NULL. */
typedef struct norni_evaluate_sinks {
    norni_table_out *by_series, *items, *errors;
} norni_evaluate_sinks;

/* room bounds the bytes of what is alive at once; it never changes a result. *out is the caller's
 * (norni_evaluation_clear), whatever is returned; its parts live in `arena`. */
NORN_CHECKED norn_status norni_evaluation_run(const norni_op_env *env,
                                              const norni_evaluate_plan *plan,
                                              const norni_panel *panel, size_t room,
                                              const norni_evaluate_columns *columns,
                                              const norni_evaluate_sinks *sinks, norni_arena *arena,
                                              norni_evaluation *out, norn_err *err);
/* Hashes (n_series, n_specs) of all that was answered, in the arena: what the digest is made of. */
NORN_CHECKED norn_status norni_evaluate_hash(norn_ctx *ctx, const norni_evaluate_plan *plan,
                                             const norni_cv *cv, const norni_scores *scores,
                                             norni_arena *arena, norni_hash128 **out,
                                             norn_err *err);
void norni_evaluation_clear(norni_evaluation *e);

#endif
