/* Models made of others: the ensemble of equals, and the one with learned weights. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_COMBINE_H
#define NORNI_COMBINE_H

#include "models/model.h"

extern const norni_model norni_model_ensemble, norni_model_auto;

#endif
