/* Training the Autoformer: windows, batches cut into fixed parts, Adam, early stopping. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_AUTOFORMER_TRAIN_H
#define NORNI_AUTOFORMER_TRAIN_H

#include "models/autoformer/autoformer_net.h"
#include "models/model.h"

/* Rows that windows are cut from. Window t ends its encoder in row t and forecasts the rows behind. */
typedef struct autoformer_table {
    const autoformer_shape *shape;
    size_t n;
    const float *z;     /* (n, channels) no gaps */
    const float *goal;  /* (n, targets) NaN = does not count */
    const float *marks; /* (n + horizon, marks) */
    const float *base;  /* (n, horizon, targets) the trend to start with; NULL: the window's mean */
} autoformer_table;

/* Windows first <= t < end. */
typedef struct autoformer_span {
    size_t first, end;
} autoformer_span;

typedef struct autoformer_plan {
    size_t batch, epochs, patience;
    double rate;     /* of epochs 0 and 1; half as much in each that follows */
    double dropout;  /* [0, 1) */
    uint64_t stream; /* of this network's random numbers, beside env->seed */
} autoformer_plan;

typedef struct autoformer_report {
    size_t steps, epochs, best_epoch;
    double train_loss, valid_loss; /* mean squares: of the best epoch; NaN: there is none */
} autoformer_report;

/* A batch in the making: memory that every step uses again. */
typedef struct autoformer_trainer autoformer_trainer;

/* A function of the shape and the batch alone, so that sums never depend on who helps. */
size_t autoformer_parts(const autoformer_shape *s, size_t batch);
size_t autoformer_train_bytes(const autoformer_shape *s, size_t batch);
NORN_CHECKED norn_status autoformer_trainer_new(norni_env *env, const autoformer_table *rows,
                                                const autoformer_plan *plan, float *w,
                                                autoformer_trainer **out, norn_err *err);
/* One step on these windows (plan->batch at most); *loss: their mean square before it. */
NORN_CHECKED norn_status autoformer_step(norni_env *env, autoformer_trainer *t,
                                         const size_t *window, size_t n, double rate, double *loss,
                                         norn_err *err);
/* Squares (targets) and counts (targets) of the forecasts' errors over a span. */
NORN_CHECKED norn_status autoformer_errors(norni_env *env, autoformer_trainer *t,
                                           autoformer_span over, double *squares, double *counts,
                                           norn_err *err);
/* Draws weights w, trains them, and leaves those of the best epoch there. An empty `valid`: of the
 * last epoch. */
NORN_CHECKED norn_status autoformer_train(norni_env *env, autoformer_trainer *t,
                                          autoformer_span train, autoformer_span valid,
                                          autoformer_report *report, norn_err *err);

#endif
