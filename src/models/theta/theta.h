/* The Theta family: standard, and the state space models with optimised and dynamic lines. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_THETA_H
#define NORNI_THETA_H

#include "models/model.h"

extern const norni_model norni_model_theta;
extern const norni_model norni_model_opt_theta;
extern const norni_model norni_model_dynamic_theta;
extern const norni_model norni_model_dynamic_opt_theta;
extern const norni_model norni_model_auto_theta;

#endif
