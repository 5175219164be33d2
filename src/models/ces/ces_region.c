/* Where the parameters of complex exponential smoothing may lie. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Innovations e of y solve Theta(L) e = Phi(L) Phi'(L^m) y with, for a pair (a, b),
 *   Phi(z)   = 1 - (2-a) z + (2-a-b) z^2                     (the transition)
 *   Phi_D(z) = 1 - (2-2a+b) z + (a^2-3a+2-b+b^2) z^2         (the transition that sees y)
 * none, simple: Theta = Phi_D (of L, L^m). With a season beside the level:
 *   Theta = Phi_D(L) Phi'(L^m) + Phi(L) (Phi'_D(L^m) - Phi'(L^m)),
 * where partial has Phi'(z) = 1 - z and Phi'_D - Phi' = beta_0 z. First states fade when all zeros
 * of Theta lie outside the unit circle (Svetunkov, Kourentzes, Ord 2022, with eigenvalues).
 *
 * For one pair Jury's conditions on Phi_D are three circles:
 *   (a-5/2)^2 + b^2 >= 5/4,  (a-1/2)^2 + (b-1)^2 >= 1/4,  (a-3/2)^2 + (b-1/2)^2 <= 3/2,
 * and a point outside is brought back along a radius.
 *
 * Departure. Level and season share the mean of the series, and along it Theta(1) = Phi(1)
 * (Phi'_D(1) - Phi'(1)) has the sign of (1 - alpha_1)(...): the exact condition forbids a growing
 * level (alpha_1 > 1) as soon as there is a season, for a root that lies 1 + beta (alpha_1 - 1) / m
 * from the unit circle, and forecasts of growing seasonal series get far worse. So pairs must be
 * stable by themselves, beta_0 of partial in [0, 1], and together no influence may grow by more than
 * exp(1/2) from one end of the series to the other. */
#include "models/ces/ces_region.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"

typedef struct circle {
    double x, y, square; /* centre, squared radius */
    bool inside;         /* the admitted side */
} circle;

static const circle circles[] = {
    {2.5, 0, 1.25, false}, {0.5, 1, 0.25, false}, {1.5, 0.5, 1.5, true}};
enum { N_CIRCLES = 3 };
#define MARGIN 1e-9 /* of squared radii: what projections aim for */
#define ON     1e-7 /* what counts as on a bound */

/* Above 0: beyond the bound. */
static double beyond(const circle *c, const double p[2]) {
    const double dx = p[0] - c->x, dy = p[1] - c->y, gap = dx * dx + dy * dy - c->square;
    return c->inside ? gap : -gap;
}

void ces_region_snap(size_t which, double p[2]) {
    const circle *c = &circles[which];
    const double dx = p[0] - c->x, dy = p[1] - c->y, square = dx * dx + dy * dy,
                 aim = c->square * (c->inside ? 1 - MARGIN : 1 + MARGIN);
    const double factor = sqrt(aim / (square > 1e-12 ? square : 1e-12));
    p[0] = c->x + dx * factor;
    p[1] = c->y + dy * factor;
}

/* The bound that p is farthest beyond; N_CIRCLES: beyond none. */
static size_t worst_bound(const double p[2]) {
    size_t worst = N_CIRCLES;
    double most = 0;
    for (size_t i = 0; i < N_CIRCLES; i++) {
        const double gap = beyond(&circles[i], p);
        if (gap <= most) continue;
        most = gap;
        worst = i;
    }
    return worst;
}

bool ces_region_project(double p[2]) {
    const double home[2] = {1.4, 1}, far[2] = {p[0], p[1]};
    if (!(fabs(p[0]) < 1e6 && fabs(p[1]) < 1e6)) return false;
    for (int k = 0; k < 16; k++) {
        const size_t worst = worst_bound(p);
        if (worst == N_CIRCLES) return true;
        ces_region_snap(worst, p);
    }
    /* Going round in a corner: back along the line to a place inside. */
    double in = 0, out = 1;
    for (int k = 0; k < 40; k++) {
        const double share = (in + out) / 2, q[2] = {home[0] + share * (far[0] - home[0]),
                                                     home[1] + share * (far[1] - home[1])};
        if (worst_bound(q) == N_CIRCLES)
            in = share;
        else
            out = share;
    }
    p[0] = home[0] + in * (far[0] - home[0]);
    p[1] = home[1] + in * (far[1] - home[1]);
    return true;
}

ces_bounds ces_region_bounds(const double p[2]) {
    ces_bounds b = {.n = 0};
    for (size_t i = 0; i < N_CIRCLES && b.n < 2; i++) {
        const circle *c = &circles[i];
        if (beyond(c, p) < -ON) continue;
        const double dx = p[0] - c->x, dy = p[1] - c->y, size = sqrt(dx * dx + dy * dy),
                     sign = c->inside ? 1 : -1;
        b.circle[b.n] = i;
        b.normal[b.n][0] = sign * dx / size;
        b.normal[b.n][1] = sign * dy / size;
        b.bend[b.n++] = sign / size;
    }
    return b;
}

bool ces_region_admit(ces_form form, ces_param *par) {
    if (!ces_region_project(par->v)) return false;
    if (form == CES_FULL) return ces_region_project(par->v + 2);
    if (form == CES_PARTIAL) {
        if (isnan(par->v[2])) return false;
        par->v[2] = par->v[2] < 0 ? 0 : par->v[2] > 1 ? 1 : par->v[2];
    }
    return true;
}

/* Are all zeros of sum a_k z^k (degree d, a_0 = 1) outside the unit circle? Schur and Cohn's
 * recursion; destroys a, work (d + 1). */
static bool zeros_outside(double *a, size_t d, double *work) {
    for (size_t k = d; k >= 1; k--) {
        const double r = a[k] / a[0], scale = 1 / (1 - r * r);
        if (!(fabs(r) < 1)) return false;
        for (size_t i = 0; i < k; i++)
            work[i] = (a[i] - r * a[k - i]) * scale;
        double *other = a;
        a = work;
        work = other;
    }
    return true;
}

static void transition(double a, double b, double phi[3], double seen[3]) {
    phi[0] = seen[0] = 1;
    phi[1] = a - 2;
    phi[2] = 2 - a - b;
    seen[1] = 2 * a - 2 - b;
    seen[2] = (a * a - 3 * a + 2) + (b * b - b);
}

bool ces_region_stable(ces_form form, const ces_param *par, size_t m, size_t n, double *scratch) {
    if (form == CES_NONE || form == CES_SIMPLE) return true; /* the pair's own condition */
    double phi[3], seen[3], season[3] = {1, -1, 0}, season_seen[3] = {1, par->v[2] - 1, 0};
    transition(par->v[0], par->v[1], phi, seen);
    if (form == CES_FULL) transition(par->v[2], par->v[3], season, season_seen);
    const size_t degree = form == CES_FULL ? 2 * m + 2 : m + 2;
    memset(scratch, 0, (degree + 1) * sizeof *scratch);
    for (size_t k = 0; k * m + 2 <= degree; k++) {
        for (size_t i = 0; i < 3; i++)
            scratch[k * m + i] += seen[i] * season[k] + phi[i] * (season_seen[k] - season[k]);
    }
    const double shrink = norni_exp(-2.3 / (double)n);
    double power = 1;
    for (size_t i = 0; i <= degree; i++, power *= shrink)
        scratch[i] *= power;
    return zeros_outside(scratch, degree, scratch + degree + 1);
}
