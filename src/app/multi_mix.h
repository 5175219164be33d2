/* Ensembles of a run's learners, and the intervals of all its models. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_MIX_H
#define NORNI_MULTI_MIX_H

#include "app/multi_job.h"

/* Fills the ensembles' slots, weights, errors and intervals of a run whose items are done. An
 * ensemble's forecast from an origin is weighted by what had happened by then: its score is out of
 * fold as the others' are. */
NORN_CHECKED norn_status norni_multi_mix(norni_multi_job *j, norn_err *err);

#endif
