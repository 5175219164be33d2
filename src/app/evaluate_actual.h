/* The file of --actual: what came after the data, matched to the series by id and time. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EVALUATE_ACTUAL_H
#define NORNI_EVALUATE_ACTUAL_H

#include "eval/cv.h"
#include "io/panel_read.h"

typedef struct norni_actual {
    norni_holdout holdout; /* its arrays live in the arena that was given */
    size_t n_absent;       /* series of the data that the file does not continue */
    size_t n_unknown;      /* series of the file that the data do not have */
    char first_unknown[64];
    /* Values that are not used: inside the data, behind the horizon, between two periods. */
    size_t n_before, n_beyond, n_off_grid;
} norni_actual;

/* `like`: how the data were read; `path` is read in the same way. In the rows layout, which has no
 * times, the file's values follow the data's end. NORN_E_DATA: dates here and integers there. */
NORN_CHECKED norn_status norni_actual_read(norn_ctx *ctx, const char *path,
                                           const norni_read_opt *like, const norni_panel *data,
                                           size_t horizon, norni_arena *arena, norni_actual *out,
                                           norn_err *err);
/* The same from a panel in memory; `continues`: without times. */
NORN_CHECKED norn_status norni_actual_match(const norni_panel *actual, const norni_panel *data,
                                            size_t horizon, bool continues, norni_arena *arena,
                                            norni_actual *out, norn_err *err);

#endif
