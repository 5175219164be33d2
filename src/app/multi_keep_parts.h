/* What writing and reading kept learners share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_KEEP_PARTS_H
#define NORNI_MULTI_KEEP_PARTS_H

#include "app/learner_spec.h"

enum { MULTI_KEPT = 1 }; /* the header's layout */

/* "name(every=parameter,…)[season]": two specs of one text fit the same learner. */
void norni_multi_spec_text(const norni_learner_spec *spec, norni_buf *out);
/* Key of the errors' record. */
NORN_CHECKED norn_status norni_multi_errors_key(norni_str column, norni_str target,
                                                norni_arena *arena, norni_str *key, norn_err *err);

#endif
