/* Which features a part is given when there are very many: the most telling of its training rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_SCREEN_H
#define NORNI_MULTI_SCREEN_H

#include "app/multi_job.h"

/* Chooses n_out <= t->x.n features for the target from rows [0, n) alone: feature (n_out), ascending. */
NORN_CHECKED norn_status norni_multi_screen(norni_worker *w, const norni_multi_table *t,
                                            size_t target, size_t n, size_t n_out, size_t *feature,
                                            norn_err *err);
/* All that any of the choices (n) has. */
NORN_CHECKED norn_status norni_multi_screen_join(const norni_multi_choice *choice, size_t n,
                                                 size_t n_features, norni_arena *arena,
                                                 norni_multi_choice *out, norn_err *err);

#endif
