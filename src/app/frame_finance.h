/* Finance reports of callers in memory: a table's columns or files in, JSON or a page out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FRAME_FINANCE_H
#define NORNI_FRAME_FINANCE_H

#include "app/frame.h"

typedef struct norni_frame_finance_call {
    norni_frame_call frame; /* data NULL: files; options as of `norn report` or `norn simulate` */
    norni_inputs files;
    int64_t unix_seconds;   /* of the answer's time and ids; 0: now */
    const char *session_id; /* or NULL: made of the time */
} norni_frame_finance_call;

typedef struct norni_frame_finance_result {
    norni_buf body; /* JSON or HTML */
    norni_buf said; /* lines for people */
    norni_op_result counts;
} norni_frame_finance_result;

/* *out is the caller's (norni_frame_finance_clear), whatever is returned. Errors as the operation's; options
 * that name files to write, but series, are refused. call->frame.tally counts to a hundred. */
NORN_CHECKED norn_status norni_frame_report(norn_ctx *ctx, const norni_frame_finance_call *call,
                                            norni_frame_finance_result *out, norn_err *err);
/* What if one column were different: options parameter and change-pct. */
NORN_CHECKED norn_status norni_frame_whatif(norn_ctx *ctx, const norni_frame_finance_call *call,
                                            norni_frame_finance_result *out, norn_err *err);
void norni_frame_finance_clear(norni_frame_finance_result *r);

#endif
