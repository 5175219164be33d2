/* A frame as the text of a CSV file, for operations that read files alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FRAME_TEXT_H
#define NORNI_FRAME_TEXT_H

#include "app/frame.h"

/* Header and rows, appended. Numbers are the shortest text that reads back as the same, and leave open to no reader which mark is the
 * decimal one; times are ISO. NORN_E_DATA: no rows (`part` opens the text); NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_frame_text(norn_ctx *ctx, const norni_frame *f, const char *part,
                                          norni_buf *out, norn_err *err);

#endif
