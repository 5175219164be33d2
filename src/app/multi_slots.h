/* An item's key, and its slots in the answer: forecasts, state, text. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_SLOTS_H
#define NORNI_MULTI_SLOTS_H

#include "app/multi_job.h"

/* Keys of the item: "ridge:*" or "ebm:Kero:3", with the learner's canonical spec. */
NORN_CHECKED norn_status norni_multi_item_key(const norni_multi_job *j, size_t item,
                                              norni_arena *arena, norni_str *out, norn_err *err);
/* Puts what was saved or told in the item's slot, in place of an earlier text; n 0: nothing. */
NORN_CHECKED norn_status norni_multi_item_keep(norni_multi_job *j, size_t item, norni_str state,
                                               norn_err *err);
NORN_CHECKED norn_status norni_multi_item_tell(norni_multi_job *j, size_t item, const char *text,
                                               norn_err *err);
/* Calls fn for each forecast that the item gives: (n_steps) numbers from `step` on. */
typedef void (*norni_multi_slot_fn)(void *user, size_t target, size_t window, bool ahead,
                                    double *number, size_t n_steps);
void norni_multi_item_each(const norni_multi_job *j, size_t item, norni_multi_slot_fn fn,
                           void *user);

#endif
