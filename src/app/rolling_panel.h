/* A panel's rolling columns: every series and column is one item, with its hash. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLLING_PANEL_H
#define NORNI_ROLLING_PANEL_H

#include "app/rolling_plan.h"

/* Item = series * n_out + column. Everything lies in the arena. */
typedef struct norni_rolled {
    const norni_panel *panel; /* borrowed, as the plan */
    const norni_rolling_plan *plan;
    double **out; /* (n_out) of (n_rows): the panel's rows, end to end */
    size_t n_rows;
    norni_hash128 *hash; /* (n_series, n_out) */
    double seconds;
} norni_rolled;

/* `worker` as in norni_for. NORN_E_DATA: windows of time over an input without times. */
NORN_CHECKED norn_status norni_rolling_panel(norn_ctx *ctx, norni_worker *worker,
                                             const norni_panel *panel,
                                             const norni_rolling_plan *plan, norni_arena *arena,
                                             norni_rolled *out, norn_err *err);

/* A rolled column: 0 the target, c = the plan's x_names[c - 1]; by offset, as the panel's y. */
static inline const double *norni_rolled_input(const norni_rolled *r, size_t c) {
    return c == 0 ? r->panel->y : r->panel->x + (c - 1) * r->panel->n_obs;
}

#endif
