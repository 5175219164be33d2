/* A minimiser of one variable, without allocation and without globals. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: R. Brent, "Algorithms for minimization without derivatives" (1973), chapter 5: a parabola
 * through the three best points where it falls inside and shrinks, else a golden section. */
#include "num/minimise.h"
#include "base/fp.h"

#include <math.h>

static double value_at(norni_fn1 f, void *arg, double x) {
    const double v = f(x, arg);
    return isnan(v) ? NORNI_INF : v;
}

double norni_brent(norni_fn1 f, void *arg, double lo, double hi, double tol, uint32_t max_evals,
                   double *value) {
    const double golden = 0.3819660112501051;
    double x = lo + golden * (hi - lo), w = x, v = x, fx = value_at(f, arg, x), fw = fx, fv = fx,
           d = 0, e = 0;
    for (uint32_t evals = 1; evals < max_evals; evals++) {
        const double mid = 0.5 * (lo + hi), near = tol + 1e-12 * fabs(x);
        if (fabs(x - mid) <= 2 * near - 0.5 * (hi - lo)) break;
        double p = 0, q = 0, r = 0;
        if (fabs(e) > near) {
            r = (x - w) * (fx - fv);
            q = (x - v) * (fx - fw);
            p = (x - v) * q - (x - w) * r;
            q = 2 * (q - r);
            if (q > 0)
                p = -p;
            else
                q = -q;
            r = e;
            e = d;
        }
        if (fabs(p) < fabs(0.5 * q * r) && p > q * (lo - x) && p < q * (hi - x)) {
            d = p / q;
            if (x + d - lo < 2 * near || hi - x - d < 2 * near) d = x < mid ? near : -near;
        } else {
            e = x < mid ? hi - x : lo - x;
            d = golden * e;
        }
        const double u = x + (fabs(d) >= near ? d : d > 0 ? near : -near), fu = value_at(f, arg, u);
        if (fu <= fx) {
            if (u < x)
                hi = x;
            else
                lo = x;
            v = w, fv = fw;
            w = x, fw = fx;
            x = u, fx = fu;
        } else {
            if (u < x)
                lo = u;
            else
                hi = u;
            if (fu <= fw || w == x) {
                v = w, fv = fw;
                w = u, fw = fu;
            } else if (fu <= fv || v == x || v == w) {
                v = u, fv = fu;
            }
        }
    }
    if (value) *value = fx;
    return x;
}
