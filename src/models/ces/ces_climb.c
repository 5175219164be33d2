/* One step of a climb: Levenberg and Marquardt's, along bounds, with a learned Hessian. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With J the derivatives of the innovations e, a step solves (J'J + S + lambda diag(J'J)) step =
 * -J'e. S is what J'J lacks of the Hessian; residuals here are large, and without it the last digits
 * come slowly. Dennis, Gay and Welsch's update (1981, NL2SOL, ACM TOMS 7) learns it.
 *
 * Many optima lie on a bound: a random walk is alpha = (2, 1), fixed seasons are beta_0 = 0. At a
 * bound that the step would leave, the step is solved again along it (with the curvature that a
 * circle adds to the objective), or without that pair in a corner, and brought back onto the curve
 * (ces_region.c). */
#include "models/ces/ces_climb.h"

#include <math.h>
#include <string.h>

/* Directions that the step may take: columns over the parameters. */
typedef struct ways {
    size_t n;
    double column[CES_PARTS][CES_PARTS];
    double bend[CES_PARTS]; /* curvature that the bound adds to the objective along it */
} ways;

enum way_kind { FREE, ALONG, FIXED };

static double size_along(const ces_climb *c, size_t n, const double *way) {
    double size = 0;
    for (size_t p = 0; p < n; p++) {
        for (size_t q = 0; q < n; q++)
            size += way[p] * c->jj[p][q] * way[q];
    }
    return size;
}

/* Solves (W'JJW + lambda diag) z = -W'Je by Cholesky; step = W z. False: no such step. */
static bool solve_ways(const ces_climb *c, size_t n, const ways *w, bool learned,
                       double step[CES_PARTS]) {
    double a[CES_PARTS][CES_PARTS], b[CES_PARTS];
    for (size_t i = 0; i < w->n; i++) {
        double jw[CES_PARTS];
        b[i] = 0;
        for (size_t p = 0; p < n; p++) {
            jw[p] = 0;
            for (size_t q = 0; q < n; q++)
                jw[p] += (c->jj[p][q] + (learned ? c->bend[p][q] : 0)) * w->column[i][q];
            b[i] -= w->column[i][p] * c->je[p];
        }
        for (size_t k = 0; k <= i; k++) {
            a[i][k] = 0;
            for (size_t p = 0; p < n; p++)
                a[i][k] += w->column[k][p] * jw[p];
        }
        const double bent = a[i][i] + w->bend[i], size = size_along(c, n, w->column[i]);
        a[i][i] = (bent > 0.1 * size ? bent : 0.1 * size) + size * c->lambda;
    }
    for (size_t i = 0; i < w->n; i++) {
        for (size_t k = 0; k <= i; k++) {
            for (size_t p = 0; p < k; p++)
                a[i][k] -= a[i][p] * a[k][p];
            if (k < i)
                a[i][k] /= a[k][k];
            else if (a[i][i] > 0)
                a[i][i] = sqrt(a[i][i]);
            else
                return false;
        }
        for (size_t p = 0; p < i; p++)
            b[i] -= a[i][p] * b[p];
        b[i] /= a[i][i];
    }
    for (size_t i = w->n; i-- > 0;) {
        for (size_t p = i + 1; p < w->n; p++)
            b[i] -= a[p][i] * b[p];
        b[i] /= a[i][i];
    }
    for (size_t p = 0; p < n; p++) {
        step[p] = 0;
        for (size_t i = 0; i < w->n; i++)
            step[p] += w->column[i][p] * b[i];
    }
    return true;
}

/* Room for one direction more. */
static double *add_way(ways *w) {
    w->bend[w->n] = 0;
    return memset(w->column[w->n++], 0, sizeof w->column[0]);
}

/* Adds a pair's directions: both, the one along a bound, or none. */
static void add_pair(ways *w, const ces_climb *c, size_t at, enum way_kind kind,
                     const ces_bounds *b, size_t which) {
    if (kind == FREE) {
        add_way(w)[at] = 1;
        add_way(w)[at + 1] = 1;
    }
    if (kind == ALONG) {
        const double *normal = b->normal[which];
        double *column = add_way(w);
        column[at] = -normal[1];
        column[at + 1] = normal[0];
        w->bend[w->n - 1] = -b->bend[which] * (normal[0] * c->je[at] + normal[1] * c->je[at + 1]);
    }
}

/* Narrows a pair's ways when the step leaves a bound that the pair lies on; true: it did. */
static bool narrow(const ces_bounds *b, const double step[2], enum way_kind *kind, size_t *which) {
    for (size_t i = 0; i < b->n && *kind != FIXED; i++) {
        if (*kind == ALONG && *which == i) continue;
        if (b->normal[i][0] * step[0] + b->normal[i][1] * step[1] <= 0) continue;
        *kind = *kind == FREE ? ALONG : FIXED;
        *which = i;
        return true;
    }
    return false;
}

/* What the squares should fall by on the way from `at` to `trial`. */
static double promise_of(const ces_climb *c, size_t n) {
    double fall = 0;
    for (size_t p = 0; p < n; p++) {
        const double way = c->trial.v[p] - c->at.v[p];
        fall -= 2 * way * c->je[p];
        for (size_t q = 0; q < n; q++)
            fall -= way * (c->jj[p][q] + c->bend[p][q]) * (c->trial.v[q] - c->at.v[q]);
    }
    return fall;
}

bool ces_climb_propose(ces_form form, ces_climb *c) {
    const size_t n = ces_n_param(form), n_pair = form == CES_FULL ? 2 : 1;
    enum way_kind kind[2] = {FREE, FREE};
    size_t which[2] = {0, 0};
    bool held = false; /* partial's beta_0 stays on its bound */
    ces_bounds bounds[2];
    for (size_t p = 0; p < n_pair; p++)
        bounds[p] = ces_region_bounds(c->at.v + 2 * p);
    double step[CES_PARTS] = {0};
    for (bool again = true; again;) {
        ways w = {.n = 0};
        for (size_t p = 0; p < n_pair; p++)
            add_pair(&w, c, 2 * p, kind[p], &bounds[p], which[p]);
        if (form == CES_PARTIAL && !held) add_way(&w)[2] = 1;
        if (!solve_ways(c, n, &w, true, step) && !solve_ways(c, n, &w, false, step)) return false;
        again = false;
        for (size_t p = 0; p < n_pair; p++)
            again |= narrow(&bounds[p], step + 2 * p, &kind[p], &which[p]);
        if (form == CES_PARTIAL && !held) {
            const double beta = c->at.v[2];
            held = (beta <= 0 && step[2] < 0) || (beta >= 1 && step[2] > 0);
            again |= held;
        }
    }
    c->trial = c->at;
    for (size_t p = 0; p < n; p++)
        c->trial.v[p] += step[p];
    for (size_t p = 0; p < n_pair; p++) {
        if (kind[p] == ALONG) ces_region_snap(bounds[p].circle[which[p]], c->trial.v + 2 * p);
    }
    if (!ces_region_admit(form, &c->trial)) return false;
    c->promise = promise_of(c, n);
    return c->promise > 0;
}

/* Symmetric, changed least so that the Hessian turns the step just made into the change of the
 * gradient. */
static void learn(ces_climb *c, size_t n, const ces_group *g) {
    double step[CES_PARTS], turn[CES_PARTS], want[CES_PARTS], held = 0, sized = 0, along = 0;
    for (size_t p = 0; p < n; p++) {
        step[p] = c->trial.v[p] - c->at.v[p];
        turn[p] = want[p] = g->je[p] - c->je[p];
        along += step[p] * turn[p];
    }
    for (size_t p = 0; p < n; p++) {
        for (size_t q = 0; q < n; q++) {
            want[p] -= g->jj[p][q] * step[q];
            held += step[p] * c->bend[p][q] * step[q];
        }
        sized += step[p] * want[p];
    }
    if (!(along > 0)) return;
    const double shrink = fabs(sized) < fabs(held) ? fabs(sized / held) : 1;
    double miss[CES_PARTS], dot = 0;
    for (size_t p = 0; p < n; p++) {
        miss[p] = want[p];
        for (size_t q = 0; q < n; q++)
            miss[p] -= (c->bend[p][q] *= shrink) * step[q];
        dot += miss[p] * step[p];
    }
    for (size_t p = 0; p < n; p++) {
        for (size_t q = 0; q < n; q++)
            c->bend[p][q] +=
                (miss[p] * turn[q] + turn[p] * miss[q] - dot / along * turn[p] * turn[q]) / along;
    }
}

void ces_climb_move(ces_form form, ces_climb *c, double sse, const ces_group *g) {
    if (c->known) learn(c, ces_n_param(form), g);
    c->at = c->trial;
    c->sse = sse;
    c->known = true;
    memcpy(c->jj, g->jj, sizeof c->jj);
    memcpy(c->je, g->je, sizeof c->je);
}
