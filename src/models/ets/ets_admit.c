/* The admissible region of the smoothing parameters. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Hyndman, Akram, Archibald, "The admissible parameter space for exponential smoothing models",
 * AISM 60 (2008). Seasonal forms: simple bounds, then all roots of
 *   z^(m+1) + (a+b-phi) z^m + (a+b-a phi)(z^(m-1) + .. + z^2) + (a+b-a phi+g-1) z + phi(1-a-g)
 * inside the unit circle. R finds the roots; the Schur-Cohn step-down used here decides the same
 * question in (m+1)^2/2 multiplications. */
#include "models/ets/ets.h"

#include <math.h>

#include "models/ets/ets_fit.h"

/* True when every root of the monic c[0] z^k + .. + c[k] lies inside the circle; c is destroyed. */
static bool roots_inside(double *c, size_t k) {
    for (; k > 0; k--) {
        const double r = c[k];
        if (!(fabs(r) < 1)) return false;
        const double scale = 1 / ((1 - r) * (1 + r));
        for (size_t i = 1, j = k - 1; i <= j; i++, j--) {
            const double a = c[i], b = c[j];
            c[i] = (a - r * b) * scale;
            c[j] = (b - r * a) * scale;
        }
    }
    return true;
}

bool norni_ets_admissible(norni_ets_form form, size_t m, const norni_ets_param *par) {
    const double a = par->alpha, b = form.trend ? par->beta : 0, g = par->gamma;
    const double phi = form.damped ? par->phi : 1;
    if (!(phi >= 0 && phi <= 1 + 1e-8)) return false;
    if (!form.season) {
        if (a < 1 - 1 / phi || a > 1 + 1 / phi) return false;
        return !form.trend || !(b < a * (phi - 1) || b > (1 + phi) * (2 - a));
    }
    const double md = (double)m;
    if (g < fmax(1 - 1 / phi - a, 0) || g > 1 + 1 / phi - a) return false;
    if (a < 1 - 1 / phi - g * (1 - md + phi + phi * md) / (2 * phi * md)) return false;
    if (b < -(1 - phi) * (g / md + a)) return false;
    if (m > ETS_MAX_SEASON_CHECK) return true;
    double c[ETS_MAX_SEASON_CHECK + 2];
    c[0] = 1, c[1] = a + b - phi;
    for (size_t i = 2; i < m; i++)
        c[i] = a + b - a * phi;
    c[m] = a + b - a * phi + g - 1;
    c[m + 1] = phi * (1 - a - g);
    if (phi < 1 || b > 0) return roots_inside(c, m + 1);
    /* Without trend z = 1 is a root by construction (R lets it pass by its tolerance): divide it
     * out. */
    for (size_t i = 1; i <= m; i++)
        c[i] += c[i - 1];
    return roots_inside(c, m);
}
