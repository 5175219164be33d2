/* Sample paths of a forecast as columns. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FRAME_PATHS_H
#define NORNI_FRAME_PATHS_H

#include "app/forecast_answer.h"
#include "app/forecast_plan.h"
#include "app/frame.h"

/* Asks the plan for n_paths. NORN_E_ARG: none, options that do not go with paths, or a model without
 * any; the text names models that have them. */
NORN_CHECKED norn_status norni_frame_plan_paths(const norni_forecast_opt *opt, size_t n_paths,
                                                norni_forecast_plan *plan, norn_err *err);
/* [id,] ds, sample_id, MODEL …: series by series, path by path, in order of time. data: the columns that
 * came in, or NULL. */
NORN_CHECKED norn_status norni_frame_add_paths(const norni_forecast *f, const norni_frame *data,
                                               norni_frame *frame, norni_arena *arena,
                                               norn_err *err);

#endif
