/* The files that a forecast writes: the table, the items, the kept models. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_FILES_H
#define NORNI_FORECAST_FILES_H

#include "app/forecast_models.h"
#include "app/out_files.h"

typedef struct norni_forecast_files {
    norn_ctx *ctx; /* NULL: nothing is open */
    norni_out_files to;
    const norni_forecast_opt *opt;
    const norni_forecast_plan *plan;
    const norni_models *loaded; /* the store that models are taken from, or NULL */
    norni_model_writer models;
    uint8_t *seen_models; /* a bit for each record of `loaded` */
} norni_forecast_files;

/* One batch's share of them, made by a worker. */
typedef struct norni_forecast_part {
    norni_out_part out;
    norni_buf failures, models;
} norni_forecast_part;

void norni_forecast_part_init(norni_forecast_part *b, const norn_alloc *a);
void norni_forecast_part_clear(norni_forecast_part *b);
/* `taken`: what the batch took up, or NULL. */
NORN_CHECKED norn_status norni_forecast_part_make(const norni_forecast_files *o,
                                                  const norni_forecast *f, const norni_taken *taken,
                                                  norni_forecast_part *b, norn_err *err);

/* norni_forecast_files_abort is due after a failure, too. */
NORN_CHECKED norn_status norni_forecast_files_open(norni_forecast_files *o, norn_ctx *ctx,
                                                   const norni_forecast_opt *opt,
                                                   const norni_forecast_plan *plan,
                                                   const norni_models *loaded, norn_err *err);
/* The batches in their order. */
NORN_CHECKED norn_status norni_forecast_files_write(norni_forecast_files *o,
                                                    const norni_forecast *f,
                                                    const norni_taken *taken,
                                                    const norni_forecast_part *b, norn_err *err);
/* partial: what is there under names with `.partial`; kept models are whole or not at all. */
NORN_CHECKED norn_status norni_forecast_files_commit(norni_forecast_files *o, bool partial,
                                                     norn_err *err);
void norni_forecast_files_abort(norni_forecast_files *o); /* legal after commit */

#endif
