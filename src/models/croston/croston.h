/* Models for intermittent demand: Croston, SBA, TSB, ADIDA, IMAPA. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CROSTON_H
#define NORNI_CROSTON_H

#include "models/model.h"

extern const norni_model norni_model_croston;
extern const norni_model norni_model_croston_sba;
extern const norni_model norni_model_tsb;
extern const norni_model norni_model_adida;
extern const norni_model norni_model_imapa;

#endif
