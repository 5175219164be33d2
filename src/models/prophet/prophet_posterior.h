/* The log posterior of Prophet's model, its first-order conditions, and where a search starts. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_POSTERIOR_H
#define NORNI_PROPHET_POSTERIOR_H

#include "models/prophet/prophet_types.h"

/* The log posterior (prophet_types.h) of the estimates in fit; -inf or NaN where it has none.
 * Linear growth without changepoints: Prophet then has one at t = 0, whose delta it adds to k after
 * the fit. k here is that sum, and its penalty the least over how it may be split, which is what
 * Stan's lp__ says at its optimum: k^2/50 while |k| <= 25/tau, else |k|/tau - 12.5/tau^2. */
double norni_prophet_log_posterior(const norni_prophet_problem *p, const norni_prophet_fit *fit,
                                   double *residual /* (n) scratch */);
/* Prophet's start: k and m through the first and last points, delta = beta = 0, sigma = 1. */
void norni_prophet_start(const norni_prophet_problem *p, norni_prophet_fit *fit);
/* fit->kkt: the largest absolute violation of the first-order conditions of the log posterior, over
 * m, k, each delta, each beta and sigma, in units of log posterior per unit of the (scaled)
 * parameter, from residuals worked out anew:
 *   |t'r/s^2 - k/25|, ..., |x'r/s^2 - b/prior^2|; |h'r/s^2 - sign(d)/tau| for a delta that is not 0,
 *   max(0, |h'r/s^2| - 1/tau) for one that is; |R/s^3 - n/s - 4 s|.
 * Rounding of residuals alone makes it about 1e-15 sqrt(n) / s^2 at s = sigma. fit->exact false (then
 * stop is NORN_STOP_STALLED): the columns reproduce y and the posterior has no bound as sigma -> 0;
 * sigma is 1e-13 or what rounding leaves, and kkt says nothing. */

#endif
