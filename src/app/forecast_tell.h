/* Items of a forecast told to who watches, each when it is done. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_TELL_H
#define NORNI_FORECAST_TELL_H

#include "app/forecast_answer.h"

typedef struct norni_forecast_tell {
    const norni_op_env *env; /* its `item` is called, one call at a time */
    pthread_mutex_t lock;
} norni_forecast_tell;

void norni_forecast_tell_init(norni_forecast_tell *t, const norni_op_env *env);
void norni_forecast_tell_clear(norni_forecast_tell *t);
/* {"id", "status", "model", "spec", "mean": […], "lo-95": […], "hi-95": […]}. Conformal intervals need all series and are not
 * known yet. */
void norni_forecast_tell_item(norni_forecast_tell *t, const norni_forecast *f, size_t item,
                              const norni_outcome *o);

#endif
