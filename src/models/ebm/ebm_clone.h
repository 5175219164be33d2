/* Copies of an EBM and of its bins' columns, in memory of one's own. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_CLONE_H
#define NORNI_EBM_CLONE_H

#include "models/ebm/ebm.h"

/* Deep copies; all in `arena`. */
NORN_CHECKED norn_status norni_ebm_clone(norni_arena *arena, const norni_ebm *m, norni_ebm *out,
                                         norn_err *err);
NORN_CHECKED norn_status norni_ebm_clone_columns(norni_arena *arena, const norni_bin_column *from,
                                                 size_t n, const norni_bin_column **out,
                                                 norn_err *err);

#endif
