/* Allocations of a grid in TOML: the product of their parameters, settled for the assets that are there. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_GRID_ALLOC_H
#define NORNI_PORTFOLIO_GRID_ALLOC_H

#include "portfolio/portfolio_grid_keys.h"

/* Lists of fixed weights in the order they are tried. */
typedef struct norni_port_weights {
    norni_port_values *list; /* (n) */
    size_t n;
} norni_port_weights;

/* Every allocation of the grid in its order; slot (NORNI_PORT_SLOTS), of size 0 where nothing is given. In the arena; weights are
 * borrowed. */
NORN_CHECKED norn_status norni_port_allocs_make(const norni_port_values *slot,
                                                const norni_port_weights *w, norni_arena *arena,
                                                norni_port_alloc **out, size_t *n, norn_err *err);
/* For a set of which n_there assets are there (there: by position in the set, of FIXED alone): fixed weights keep their proportions and their
 * sum, in own (n_there); parameters that nothing looks at take their default. false: bounds or weights that the
 * assets there cannot keep. */
bool norni_port_alloc_settle(norni_port_alloc *a, const bool *there, size_t n_there, double *own);

/* Why n assets cannot keep its bounds; line (NORNI_PORT_SLOTS) of each parameter, 0: not given. */
NORN_CHECKED norn_status norni_port_unkept_fail(const norni_port_alloc *a, size_t n,
                                                const size_t *line, norn_err *err);

#endif
