/* Where a run writes: every place usable, and none another's or an input. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OUTPUTS_H
#define NORNI_OUTPUTS_H

#include "app/common.h"

/* One file that the run writes, or reads beside its inputs; path NULL: none; "-": a standard stream. */
typedef struct norni_output {
    const char *flag; /* "--out" */
    const char *path;
} norni_output;

/* NORN_E_ARG: two outputs, or an output and an input, are one file, or its name says a format that is
 * not written; NORN_E_IO: its folder is not there or may not be written. Looked at before any work is
 * done. */
NORN_CHECKED norn_status norni_outputs_check(const norni_inputs *in, const norni_output *outputs,
                                             size_t n, norn_err *err);
/* The same where .html is written. */
NORN_CHECKED norn_status norni_outputs_check_pages(const norni_inputs *in,
                                                   const norni_output *outputs, size_t n,
                                                   norn_err *err);
/* The inputs and the files that flags name beside them, as one list in the arena. NORN_E_ARG: standard
 * input would be read twice. */
NORN_CHECKED norn_status norni_inputs_join(const norni_inputs *in, const norni_output *more,
                                           size_t n, norni_arena *arena, norni_inputs *out,
                                           norn_err *err);
/* norni_outputs_check for the outputs that every operation has, and two more. */
NORN_CHECKED norn_status norni_outputs_check_common(const norni_inputs *in,
                                                    const norni_common_opt *opt,
                                                    const norni_output more[2], norn_err *err);

#endif
