/* `norn multi` on columns in memory: what the file's run gives, as columns and terms. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FRAME_MULTI_H
#define NORNI_FRAME_MULTI_H

#include "app/frame.h"
#include "app/multi_scores.h"

/* Everything lies in base.arena. */
typedef struct norni_frame_multi_result {
    norni_frame_result base; /* frame: unique_id (the target), ds, MODEL, MODEL-lo-80 … */
    norni_frame metrics;     /* model, target, step ("all", "1" …), n, mse … */
    norni_frame weights;     /* ensemble, target, model, weight */
    norni_frame trials;      /* unique_id, ds, cutoff, y, MODEL …: out of fold */
    const norni_multi_reason *reason; /* (n_reasons) */
    size_t n_reasons;
} norni_frame_multi_result;

/* call->data: a time column (time_col; ds, date, datetime, timestamp or time) and columns of numbers
 * or words; call->future: the same of what is known ahead. Options are multi's; `explain` "-" asks for
 * terms in memory. *out is the caller's (norni_frame_multi_clear), whatever is returned. */
NORN_CHECKED norn_status norni_frame_multi(norn_ctx *ctx, const norni_frame_call *call,
                                           norni_frame_multi_result *out, norn_err *err);
void norni_frame_multi_clear(norni_frame_multi_result *r);

#endif
