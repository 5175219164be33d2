/* The automatic ARIMA model. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_AUTO_ARIMA_H
#define NORNI_AUTO_ARIMA_H

#include "models/model.h"

extern const norni_model norni_model_auto_arima;

#endif
