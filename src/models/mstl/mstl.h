/* MSTL: every season repeated from its last cycle, the rest forecast by any other model. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MSTL_H
#define NORNI_MSTL_H

#include "models/model.h"

extern const norni_model norni_model_mstl;

#endif
