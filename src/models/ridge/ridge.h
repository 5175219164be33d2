/* Ridge on windows and features: every target and step from a few factorisations. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_RIDGE_H
#define NORNI_RIDGE_H

#include "models/learner.h"

extern const norni_learner norni_learner_ridge;
extern const norni_model norni_model_ridge; /* of one series: models/learner_series.h */

#endif
