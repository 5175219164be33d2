/* How a model's parts run on the pool: the one bridge from norni_env to the workers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SHARE_H
#define NORNI_SHARE_H

#include "models/model.h"
#include "par/pool.h"

/* For env->share of an item that runs on w; w is borrowed. */
norni_share norni_share_of(norni_worker *w);

#endif
