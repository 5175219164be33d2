/* The Autoformer: forward and backward passes over micro-batches, in single and double precision. */
/* SPDX-License-Identifier: Apache-2.0 */
/* H. Wu, J. Xu, J. Wang, M. Long, "Autoformer: decomposition transformers with auto-correlation for
 * long-term series forecasting", NeurIPS 2021. As released:
 *   split(x)   season = x - average(x), trend = average(x) over `window` rows, ends repeated
 *   embed(x)   circular convolution over three rows, plus a linear map of the time stamp's marks
 *   auto(q,k,v) r(tau) = mean over channels of sum_t q[t + tau] k[t] (circular); the `lags` largest
 *              (training: of the batch's mean; else each window's own); softmax of r there; the sum
 *              of v[t + tau], weighted
 *   encoder    x = season(x + auto(x)); x = season(x + W2 gelu(W1 x)); at the end the norm
 *   decoder    season and trend(x + auto(x)); (x + auto(x, memory)); (x + W2 gelu(W1 x)); the trends
 *              through a circular convolution are added to the forecast; then norm and a linear map
 *   norm       layer norm less its mean over time
 * Departures, none of which changes the function: heads do not exist (the mean over heads and
 * channels is the mean over channels); no Fourier transform (the correlations are the diagonals of
 * one product of keys and queries, which up to a thousand rows costs no more); biases that a moving
 * average or a softmax removes are left out, or frozen where they depend on the shape. Written for
 * rows (windows, time, d) so that all is a matrix product or goes row by row. */
#include "models/autoformer/autoformer_net.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "num/gemm.h"

#define REAL  float
#define FN(x) autoformer32_##x
#define GEMM  norni_gemm_f32
#include "models/autoformer/autoformer_layers_body.h"
#include "models/autoformer/autoformer_net_body.h"
#include "models/autoformer/autoformer_back_body.h"
#undef REAL
#undef FN
#undef GEMM
#define REAL  double
#define FN(x) autoformer64_##x
#define GEMM  norni_gemm_f64
#include "models/autoformer/autoformer_layers_body.h"
#include "models/autoformer/autoformer_net_body.h"
#include "models/autoformer/autoformer_back_body.h"
#undef REAL
#undef FN
#undef GEMM
