/* The damped normal equations of one step, with bounds on the smoothing parameters. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The starts stand first and are free: eliminating them (LDL') leaves the Schur complement in at
 * most four bounded unknowns, a box-constrained quadratic solved by an active set; the starts
 * follow by back substitution. */
#include "models/ets/ets_fit.h"

#include <math.h>
#include <string.h>

/* Right-looking elimination of rows [first, last) of a (stride n); r is the right-hand side. */
static void eliminate(double *a, size_t n, size_t first, size_t last, double *r) {
    for (size_t k = first; k < last; k++) {
        const double *row = a + k * n;
        const double inv = 1 / row[k];
        for (size_t i = k + 1; i < n; i++) {
            const double f = row[i] * inv;
            double *target = a + i * n;
            for (size_t j = i; j < n; j++)
                target[j] -= f * row[j];
            r[i] -= f * r[k];
        }
    }
}

enum { BOX_MAX = ETS_N_SMOOTH };

/* Solves s d = r for the rows that are not pinned; d of pinned ones is given. */
static void solve_free(const double s[BOX_MAX][BOX_MAX], const double *r, size_t k,
                       const bool *pinned, double *d) {
    double a[BOX_MAX][BOX_MAX], b[BOX_MAX];
    size_t at[BOX_MAX], nf = 0;
    for (size_t i = 0; i < k; i++)
        if (!pinned[i]) at[nf++] = i;
    for (size_t i = 0; i < nf; i++) {
        b[i] = r[at[i]];
        for (size_t j = 0; j < k; j++)
            if (pinned[j]) b[i] -= s[at[i]][j] * d[j];
        for (size_t j = 0; j < nf; j++)
            a[i][j] = s[at[i]][at[j]];
    }
    for (size_t i = 0; i < nf; i++)
        for (size_t j = i + 1; j < nf; j++) {
            const double f = a[j][i] / a[i][i];
            for (size_t c = i; c < nf; c++)
                a[j][c] -= f * a[i][c];
            b[j] -= f * b[i];
        }
    for (size_t i = nf; i-- > 0;) {
        double v = b[i];
        for (size_t c = i + 1; c < nf; c++)
            v -= a[i][c] * d[at[c]];
        d[at[i]] = v / a[i][i];
    }
}

/* min 1/2 d's d - r'd in the box: pin the worst violator, release the worst multiplier. */
static void solve_box(const double s[BOX_MAX][BOX_MAX], const double *r, size_t k, const double *lo,
                      const double *hi, double *d) {
    bool pinned[BOX_MAX] = {false};
    for (int round = 0; round < 24; round++) {
        solve_free(s, r, k, pinned, d);
        size_t worst = k;
        double most = 0;
        for (size_t i = 0; i < k; i++) {
            const double v = pinned[i] ? 0 : fmax(lo[i] - d[i], d[i] - hi[i]);
            const double size = v / fmax(hi[i] - lo[i], 1e-300);
            if (size > most) most = size, worst = i;
        }
        if (worst < k) {
            pinned[worst] = true;
            d[worst] = d[worst] < lo[worst] ? lo[worst] : hi[worst];
            continue;
        }
        most = 0;
        for (size_t i = 0; i < k; i++) {
            if (!pinned[i]) continue;
            double slope = -r[i];
            for (size_t j = 0; j < k; j++)
                slope += s[i][j] * d[j];
            const double gain = d[i] <= lo[i] ? -slope : slope;
            if (hi[i] > lo[i] && gain > most + 1e-12 * fabs(r[i])) most = gain, worst = i;
        }
        if (worst == k || round > 16) return;
        pinned[worst] = false;
    }
    for (size_t i = 0; i < k; i++)
        d[i] = fmin(fmax(d[i], lo[i]), hi[i]);
}

void ets_box_solve(double *a, size_t n, size_t n_box, const double *g, const double *lo,
                   const double *hi, double *d) {
    const size_t n_free = n - n_box;
    double r[ETS_MAX_DIR], s[BOX_MAX][BOX_MAX];
    for (size_t i = 0; i < n; i++)
        r[i] = -g[i];
    eliminate(a, n, 0, n_free, r);
    for (size_t i = 0; i < n_box; i++)
        for (size_t j = i; j < n_box; j++)
            s[i][j] = s[j][i] = a[(n_free + i) * n + n_free + j];
    solve_box((const double(*)[BOX_MAX])s, r + n_free, n_box, lo, hi, d + n_free);
    for (size_t i = n_free; i-- > 0;) {
        double v = r[i];
        for (size_t j = i + 1; j < n; j++)
            v -= a[i * n + j] * d[j];
        d[i] = v / a[i * n + i];
    }
}
