/* Standard deviations of Prophet's trend and of y behind the history, in closed form. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With changes of mean 0 and variance 2 scale^2 (Laplace), see prophet_walk.c,
 *   STEPS    row i (0 is the first): sum over j <= i of chance delta_j step (i - j + 1/2): variance
 *            2 scale^2 step^2 chance N (4 N^2 - 1) / 12,  N = i + 1
 *   POISSON  integral of rate (t - s)^2 ds from 1 to t: variance 2 scale^2 rate (t - 1)^3 / 3
 * y adds (1 + X b_m) of it to the noise, both times y_scale. What the estimates' own uncertainty adds
 * (prophet_spread.c) is in parts. Logistic growth bends the changes: there
 * is no such formula, and only rows of the history are known. */
#include <math.h>

#include "models/prophet/prophet_law.h"

bool norni_prophet_moments(const norni_prophet_fitted *fitted, const norni_prophet_design *design,
                           const norni_prophet_parts *parts, norni_prophet_ahead ahead,
                           double *trend_sd, double *yhat_sd) {
    const norni_prophet_changes law = norni_prophet_changes_of(fitted, design);
    const double scale = fitted->plan->y_scale, noise = fitted->fit->sigma * scale;
    if (fitted->plan->growth == NORNI_PROPHET_LOGISTIC && law.first < design->n) return false;
    for (size_t i = 0; i < design->n; i++) {
        double variance = 0; /* over scale^2 */
        if (i >= law.first && ahead == NORNI_PROPHET_POISSON) {
            const double since = design->t[i] - 1;
            variance = law.rate * since * since * since / 3;
        } else if (i >= law.first) {
            const double n = (double)(i - law.first + 1);
            variance = law.step * law.step * law.chance * n * (4 * n * n - 1) / 12;
        }
        const double trend = law.scale * sqrt(2 * variance) * scale,
                     shared = trend * (1 + parts->multiplicative[i]);
        if (trend_sd)
            trend_sd[i] = parts->trend_sd ? norni_prophet_length(trend, parts->trend_sd[i]) : trend;
        if (yhat_sd)
            yhat_sd[i] = norni_prophet_length(shared, norni_prophet_noise(parts, i, noise));
    }
    return true;
}
