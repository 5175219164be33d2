/* A whole panel in memory: chunks parsed in parallel, rows joined, series gathered. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANEL_GATHER_H
#define NORNI_PANEL_GATHER_H

#include "io/panel_cells.h"

/* Everything from the cutter's place on, as one panel; names are borrowed from the table until they
 * are copied at the end. out->arena must be initialised. */
NORN_CHECKED norn_status norni_gather(norni_table *t, norni_panel *out, norni_align_report *report,
                                      norn_err *err);

#endif
