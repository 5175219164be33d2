/* An EBM's terms as an explanation with names. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_EXPLAIN_H
#define NORNI_EBM_EXPLAIN_H

#include "models/ebm/ebm.h"

/* The columns as features. */
typedef struct norni_ebm_names {
    const uint32_t *feature; /* (n_columns) numbers of the features, or NULL: 0, 1, ... */
    const norni_str *name;   /* (n_columns) */
} norni_ebm_names;

/* Terms in the model's order behind the first `lead` ones, which the caller fills (out->term is his until
 * then). Tables are the model's own; names of pairs and the list live in `arena`. */
NORN_CHECKED norn_status norni_ebm_explain(norni_arena *arena, const norni_ebm *m,
                                           const norni_ebm_names *names, size_t lead,
                                           norni_term **term, norni_explanation *out,
                                           norn_err *err);

#endif
