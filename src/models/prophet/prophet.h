/* Prophet as a model of the vtable. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_H
#define NORNI_PROPHET_H

#include "models/model.h"

extern const norni_model norni_model_prophet;

#endif
