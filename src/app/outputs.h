/* Where a run writes: every place usable, and none another's or an input. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OUTPUTS_H
#define NORNI_OUTPUTS_H

#include "app/common.h"

/* One file that the run writes; path NULL or "-": none. */
typedef struct norni_output {
    const char *flag; /* "--out" */
    const char *path;
} norni_output;

/* NORN_E_ARG: two outputs, or an output and an input, are one file, or its name says a format that is
 * not written; NORN_E_IO: its folder is not there or may not be written. Looked at before any work is
 * done. */
NORN_CHECKED norn_status norni_outputs_check(const norni_inputs *in, const norni_output *outputs,
                                             size_t n, norn_err *err);
/* The same for the outputs that every operation has, and one more. */
NORN_CHECKED norn_status norni_outputs_check_common(const norni_inputs *in,
                                                    const norni_common_opt *opt, norni_output more,
                                                    norn_err *err);

#endif
