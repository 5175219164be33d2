/* Least squares with an absolute and a squared penalty, exactly, from a Gram matrix. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With H = G + diag(ridge), q = c + ridge centre, coordinates without an absolute penalty first:
 *   H = [F B'; B L],  S = L - B F^-1 B',  q_S = q_L - B F^-1 q_F
 * leave a problem in the coordinates with one (lasso_active.c), and x_F = F^-1 (q_F - B' x_L).
 * Elimination runs row by row over the upper triangle, eight rows at a time. Coordinates are scaled
 * by powers of two to a diagonal of H about 1: units cost no digits. A free coordinate whose column
 * the earlier ones explain, to rounding, stays 0. The end is refined: the conditions are worked out
 * from G itself and the step that mends them is kept while it does. */
#include "num/lasso_ridge.h"
#include "num/columns.h"
#include "num/lasso_active.h"
#include "num/least_squares.h"

#include <math.h>

/* A pivot below this part of its diagonal is rounding. */
#define FLAT 1e-13
#define EPS  2.220446049250313e-16

enum { BLOCK = 8, REFINE = 3 };

typedef struct frame {
    const norni_lasso_ridge *p;
    size_t n, free; /* coordinates; those without an absolute penalty */
    size_t *order;  /* (n) free ones first */
    double *scale;  /* (n) x of order[i] = scale_i * z_i */
    double *h;      /* (n, n) scaled; in the free rows the factor R (F = R'R), then S */
    double *q;      /* (n) R^-T q_F, then q_S */
    double *lasso;  /* (n) scaled */
    double *slack;  /* (n) */
    double *z;      /* (n) */
    double *grad;   /* (n) */
    bool *flat;     /* (n) */
    norni_lasso_active active;
} frame;

static norn_status frame_init(norni_arena *arena, frame *f, const norni_lasso_ridge *p,
                              norn_err *err) {
    const size_t n = p->n;
    *f = (frame){.p = p, .n = n};
    f->order = norni_arena_get(arena, n, sizeof *f->order);
    f->h = norni_arena_get(arena, n * n, sizeof *f->h);
    double *v = norni_arena_get(arena, 6 * n, sizeof *v);
    f->flat = norni_arena_zero(arena, n, sizeof *f->flat);
    if (!f->order || !f->h || !v || !f->flat)
        return norn_fail(err, NORN_E_MEM, "lasso: no memory for %zu coordinates", n);
    f->scale = v, f->q = v + n, f->lasso = v + 2 * n;
    f->slack = v + 3 * n, f->z = v + 4 * n, f->grad = v + 5 * n;
    for (size_t i = 0; i < n; i++)
        if (!(p->lasso[i] > 0)) f->order[f->free++] = i;
    for (size_t i = 0, at = f->free; i < n; i++)
        if (p->lasso[i] > 0) f->order[at++] = i;
    f->active.n = n - f->free;
    if (f->active.n > 0) NORN_TRY(norni_lasso_active_init(arena, &f->active, err));
    return NORN_OK;
}

/* The power of two whose square brings d into [1/2, 2); 1 for what has no scale. */
static double unit_of(double d) {
    int e;
    if (!(d > 0) || !isfinite(d)) return 1;
    (void)frexp(d, &e);
    return ldexp(1, -(e >> 1));
}

static void frame_fill(frame *f, const double *x) {
    const norni_lasso_ridge *p = f->p;
    double most = 0;
    for (size_t i = 0; i < f->n; i++) {
        const size_t o = f->order[i];
        f->scale[i] = unit_of(p->gram[o * f->n + o] + p->ridge[o]);
    }
    for (size_t i = 0; i < f->n; i++) {
        const size_t o = f->order[i];
        const double *g = p->gram + o * f->n, u = f->scale[i];
        double *h = f->h + i * f->n;
        for (size_t j = i; j < f->n; j++)
            h[j] = u * g[f->order[j]] * f->scale[j];
        h[i] += u * p->ridge[o] * u;
        f->q[i] = u * (p->c[o] + (p->centre ? p->ridge[o] * p->centre[o] : 0));
        f->lasso[i] = u * p->lasso[o];
        f->z[i] = isfinite(f->lasso[i]) ? x[o] / u : 0;
        if (fabs(f->q[i]) > most) most = fabs(f->q[i]);
    }
    for (size_t i = 0; i < f->n; i++)
        f->slack[i] = 16 * EPS * most + 4 * EPS * f->lasso[i];
}

/* Rows b to e of the factor, from rows that the earlier ones are taken off. */
static void factor_rows(frame *f, size_t b, size_t e) {
    const size_t n = f->n;
    for (size_t k = b; k < e; k++) {
        double *r = f->h + k * n;
        const double was = f->grad[k]; /* the diagonal before the elimination */
        f->flat[k] = !(r[k] > FLAT * was);
        const double d = f->flat[k] ? 0 : 1 / sqrt(r[k]);
        for (size_t j = k; j < n; j++)
            r[j] *= d;
        f->q[k] *= d;
        for (size_t i = k + 1; i < e; i++) {
            double *t = f->h + i * n;
            const double c = r[i];
            for (size_t j = i; j < n; j++)
                t[j] -= c * r[j];
            f->q[i] -= c * f->q[k];
        }
    }
}

/* Eliminates the free coordinates. false: stopped. */
static bool eliminate(frame *f, const norni_poll *poll) {
    const size_t n = f->n;
    const norni_columns_kernel *kernel = norni_columns_kernel_get(NORNI_COLUMNS_AVX512);
    for (size_t i = 0; i < n; i++)
        f->grad[i] = f->h[i * n + i];
    for (size_t b = 0; b < f->free; b += BLOCK) {
        const size_t e = b + BLOCK < f->free ? b + BLOCK : f->free;
        factor_rows(f, b, e);
        for (size_t i = e; i < n; i++) {
            double *t = f->h + i * n;
            double c[BLOCK];
            for (size_t k = b; k < e; k++)
                c[k - b] = f->h[k * n + i];
            if (e - b == BLOCK)
                kernel->eight(t + i, f->h + b * n + i, n, c, n - i);
            else
                for (size_t k = b; k < e; k++) {
                    const double *r = f->h + k * n;
                    for (size_t j = i; j < n; j++)
                        t[j] -= c[k - b] * r[j];
                }
            for (size_t k = b; k < e; k++)
                f->q[i] -= f->h[k * n + i] * f->q[k];
            if (i % 64 == 0 && n > 200 && norni_poll_stop(poll)) return false;
        }
    }
    for (size_t i = f->free; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            f->h[j * n + i] = f->h[i * n + j];
    return true;
}

/* z (free) = R^-1 (z - R_FL z_L), from the free part of R^-T times a right-hand side. */
static void free_back(const frame *f, double *z) {
    for (size_t k = f->free; k-- > 0;) {
        const double *r = f->h + k * f->n;
        const double rest = z[k] - norni_dot(r + k + 1, z + k + 1, f->n - k - 1);
        z[k] = f->flat[k] ? 0 : rest / r[k];
    }
}

/* grad (n) = (H x - q) in scaled coordinates, worked out from G; what comes back is the largest
 * violation of the conditions at x, unscaled. */
static double conditions(frame *f, const double *x) {
    const norni_lasso_ridge *p = f->p;
    double most = 0;
    for (size_t i = 0; i < f->n; i++) {
        const size_t o = f->order[i];
        const double away = x[o] - (p->centre ? p->centre[o] : 0);
        const double g = norni_dot(p->gram + o * f->n, x, f->n) - p->c[o] + p->ridge[o] * away;
        const double l = p->lasso[o];
        const double off = x[o] > 0 ? g + l : x[o] < 0 ? g - l : g > l ? g - l : g < -l ? g + l : 0;
        f->grad[i] = f->scale[i] * off;
        if (!(fabs(off) <= most)) most = fabs(off);
    }
    return most;
}

/* f->z = the step that mends the conditions in f->grad without a change of signs. */
static void mend(frame *f) {
    const size_t n = f->n, nf = f->free;
    norni_lasso_active *a = &f->active;
    double *d = f->z;
    for (size_t i = 0; i < n; i++)
        d[i] = -f->grad[i];
    for (size_t k = 0; k < nf; k++) {
        const double *r = f->h + k * n;
        d[k] = f->flat[k] ? 0 : d[k] / r[k];
        for (size_t j = k + 1; j < n; j++)
            d[j] -= d[k] * r[j];
    }
    double *part = a->work;
    for (size_t r = 0; r < a->k; r++)
        part[r] = d[nf + a->active[r]];
    if (a->k > 0) norni_lasso_active_solve(a, part);
    for (size_t j = nf; j < n; j++)
        d[j] = 0;
    for (size_t r = 0; r < a->k; r++)
        d[nf + a->active[r]] = part[r];
    free_back(f, d);
}

static double refine(frame *f, double *x) {
    double kkt = conditions(f, x);
    for (int pass = 0; pass < REFINE && kkt > 0 && isfinite(kkt); pass++) {
        bool keeps = true;
        mend(f);
        for (size_t i = 0; i < f->n; i++) {
            const double was = x[f->order[i]], now = was + f->scale[i] * f->z[i];
            keeps &= i < f->free || was == 0 || was * now > 0;
            f->slack[i] = was;
        }
        if (!keeps) break;
        for (size_t i = 0; i < f->n; i++)
            x[f->order[i]] += f->scale[i] * f->z[i];
        const double now = conditions(f, x);
        if (now < kkt) {
            const bool done = now > 0.5 * kkt;
            kkt = now;
            if (done) break;
            continue;
        }
        for (size_t i = 0; i < f->n; i++)
            x[f->order[i]] = f->slack[i];
        break;
    }
    return kkt;
}

static norn_status solve(norni_arena *arena, const norni_poll *poll, const norni_lasso_ridge *p,
                         double *x, double *kkt, int32_t *steps, norn_err *err) {
    frame f;
    NORN_TRY(frame_init(arena, &f, p, err));
    frame_fill(&f, x);
    if (!eliminate(&f, poll)) return norn_fail(err, NORN_E_CANCEL, "lasso: cancelled");
    norni_lasso_active *a = &f.active;
    if (a->n > 0) {
        a->stride = f.n;
        a->s = f.h + f.free * f.n + f.free;
        a->q = f.q + f.free;
        a->lasso = f.lasso + f.free;
        a->slack = f.slack + f.free;
        a->z = f.z + f.free;
        if (!norni_lasso_active_run(a, poll))
            return norn_fail(err, NORN_E_CANCEL, "lasso: cancelled");
    }
    for (size_t i = 0; i < f.free; i++)
        f.z[i] = f.q[i];
    free_back(&f, f.z);
    for (size_t i = 0; i < f.n; i++)
        x[f.order[i]] = f.scale[i] * f.z[i];
    *kkt = refine(&f, x);
    if (steps) *steps = a->steps;
    return NORN_OK;
}

norn_status norni_lasso_ridge_solve(norni_arena *arena, const norni_poll *poll,
                                    const norni_lasso_ridge *p, double *x, double *kkt,
                                    int32_t *steps, norn_err *err) {
    *kkt = 0;
    if (steps) *steps = 0;
    if (p->n == 0) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const norn_status st = solve(arena, poll, p, x, kkt, steps, err);
    norni_arena_rewind(arena, mark);
    return st;
}
