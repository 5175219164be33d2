/* Complex exponential smoothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CES_H
#define NORNI_CES_H

#include "models/model.h"

extern const norni_model norni_model_ces;

#endif
