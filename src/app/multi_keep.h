/* Fitted learners that a run keeps (--save). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_KEEP_H
#define NORNI_MULTI_KEEP_H

#include "app/multi_job.h"

/* Writes everything that a run fitted on all rows; miss as norni_multi_mix_all leaves it. */
NORN_CHECKED norn_status norni_multi_keep(const norni_multi_job *j, const char *path,
                                          norn_err *err);

#endif
