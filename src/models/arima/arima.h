/* The model arima: a seasonal ARIMA model of given orders. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ARIMA_H
#define NORNI_ARIMA_H

#include "models/model.h"

extern const norni_model norni_model_arima;

#endif
