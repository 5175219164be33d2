/* The last observed value as a learner of several targets: the yardstick of all others. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_NAIVE_LEARNER_H
#define NORNI_NAIVE_LEARNER_H

#include "models/learner.h"

extern const norni_learner norni_learner_naive;

#endif
