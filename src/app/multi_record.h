/* One part's result as a record of the run folder, and back. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_RECORD_H
#define NORNI_MULTI_RECORD_H

#include "app/multi_job.h"

/* As norni_batch_opt's hooks; j->store is there. A part that is to be explained is explained anew. */
bool norni_multi_recall(norni_worker *w, norni_multi_job *j, size_t item, norni_outcome *o);
NORN_CHECKED norn_status norni_multi_remember(norni_worker *w, norni_multi_job *j, size_t item,
                                              const norni_outcome *o, norn_err *err);

#endif
