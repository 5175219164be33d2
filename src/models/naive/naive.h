/* The simple models: what every better one must beat. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_NAIVE_H
#define NORNI_NAIVE_H

#include "models/model.h"

extern const norni_model norni_model_naive;
extern const norni_model norni_model_naive2;
extern const norni_model norni_model_seasonal_naive;
extern const norni_model norni_model_drift;
extern const norni_model norni_model_mean;
extern const norni_model norni_model_window_average;

#endif
