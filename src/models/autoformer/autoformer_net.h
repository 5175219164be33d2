/* The Autoformer: forward and backward passes over micro-batches, in single and double precision. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_AUTOFORMER_NET_H
#define NORNI_AUTOFORMER_NET_H

#include "base/arena.h"
#include "base/poll.h"
#include "base/rng.h"
#include "models/autoformer/autoformer_rows.h"
#include "models/autoformer/autoformer_shape.h"

#define REAL  float
#define FN(x) autoformer32_##x
#include "models/autoformer/autoformer_net_decl.h"
#undef REAL
#undef FN
#define REAL  double
#define FN(x) autoformer64_##x
#include "models/autoformer/autoformer_net_decl.h"
#undef REAL
#undef FN

#endif
