/* Probabilistic and deflated Sharpe ratio, and the shortest track record that convinces. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Bailey and Lopez de Prado (2012), "The Sharpe ratio efficient frontier", and (2014), "The deflated Sharpe ratio", J. of Portfolio
 * Management 40(5):
 *   P(true > s*) = Phi((s - s*) sqrt(n - 1) / sqrt(1 - g3 s + (g4 - 1)/4 s^2)), s per period, g3 and g4 (normal: 3) bias-corrected
 *   expected best of N without skill = sd ((1 - e) z(1 - 1/N) + e z(1 - 1/(N exp 1))), e Euler's constant
 *   shortest record = 1 + (1 - g3 s + (g4 - 1)/4 s^2) (z(0.95) / s)^2 */
#include "portfolio/portfolio_overfit.h"

#include <math.h>

#include "base/fp.h"
#include "portfolio/portfolio_metrics_sums.h"

#define EULER   0.57721566490153286061
#define INV_EXP 0.36787944117144232160

/* z(1 - q), without the digits that 1 - q loses for many trials. */
static double upper_quantile(double q) {
    return -norni_normal_quantile(q);
}

static double expected_best(double n_trials, double sharpe_std) {
    if (n_trials <= 1 || sharpe_std <= 0) return 0;
    return sharpe_std * ((1 - EULER) * upper_quantile(1 / n_trials) +
                         EULER * upper_quantile(INV_EXP / n_trials));
}

static void judge(const double *x, size_t n, norni_port_deflated *out) {
    const norni_port_moments m = norni_port_moments_of(x, n);
    if (m.flat) return;
    const double s = out->sharpe = m.mean / norni_port_deviation(&m, n);
    norni_port_shape(&m, n, true, &out->skew, &out->kurtosis);
    out->kurtosis += 3;
    const double variance = 1 - out->skew * s + (out->kurtosis - 1) / 4 * s * s;
    if (!(variance > 0)) return;
    const double unit = sqrt((double)(n - 1)) / sqrt(variance), z = upper_quantile(0.05) / s;
    out->probabilistic = norni_normal_cdf(s * unit);
    out->deflated = norni_normal_cdf((s - out->expected_max) * unit);
    if (s > 0) out->min_track_record = 1 + variance * z * z;
}

norn_status norni_port_deflate(const double *returns, size_t n, double n_trials, double sharpe_std,
                               norni_port_deflated *out, norn_err *err) {
    if (!(n_trials >= 1) || !isfinite(n_trials))
        return norn_fail(err, NORN_E_ARG, "deflated Sharpe: %g trials; at least 1", n_trials);
    if (!(sharpe_std >= 0) || !isfinite(sharpe_std))
        return norn_fail(err, NORN_E_ARG,
                         "deflated Sharpe: the trials' Sharpe ratios have deviation %g; at least 0",
                         sharpe_std);
    *out = (norni_port_deflated){.n_trials = n_trials, .sharpe_std = sharpe_std};
    out->expected_max = expected_best(n_trials, sharpe_std);
    out->sharpe = out->skew = out->kurtosis = out->probabilistic = out->deflated =
        out->min_track_record = NORNI_NAN;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    double *x = norni_arena_get(&arena, n, sizeof *x);
    if (!x && n) return norn_fail(err, NORN_E_MEM, "deflated Sharpe: %zu returns", n);
    for (size_t i = 0; i < n; i++) {
        x[out->n_returns] = returns[i];
        out->n_returns += isfinite(returns[i]);
    }
    if (out->n_returns > 1) judge(x, out->n_returns, out);
    norni_arena_clear(&arena);
    return NORN_OK;
}
