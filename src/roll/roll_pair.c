/* Rolling covariance, correlation and regression slope of two columns, over the pairs that are whole. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A window [lo, hi) is split at b, the number in (lo, hi] that the highest power of two divides. All
 * windows that share b are a sum over [lo, b) and a sum over [b, hi): the first is kept from b
 * downwards, the second grows with hi. b depends on the window alone, so neither where a call begins nor
 * what came before shows in a result. Sums are of deviations from the pair at b-1, which the window has:
 *   Sxy = sum (x - p)(y - q),  cov = (Sxy - Sx Sy / n) / (n - ddof).
 * With a pivot from among the values the subtraction loses at most log10(n + 1) digits; where it lost four
 * or more (the pair at b-1 was missing, values overflow), the window is summed again in two passes. */
#include <math.h>

#include "base/fp.h"
#include "roll/roll.h"

enum { GROUP = 64, PIVOT_REACH = 256, POLL_EVERY = 1 << 14 };

typedef struct moments {
    double n, sx, sy, sxx, sxy, syy;
} moments;

typedef struct pairs {
    const double *x, *other; /* other NULL: the place in the array */
    size_t b;                /* the split; deviations are from (px, py) */
    double px, py;
    moments right;        /* over [b, right_end) */
    moments *mark;        /* (cap_marks) mark[j] over [b - j GROUP, b) */
    moments group[GROUP]; /* group[t] over [b - group_at GROUP - t, b) */
    size_t cap_marks, n_marks, group_at, n_group;
    size_t right_end;
} pairs;

static inline double other_at(const pairs *p, size_t i) {
    return p->other ? p->other[i] : (double)((ptrdiff_t)i - (ptrdiff_t)p->b);
}

static inline void add(const pairs *p, moments *m, size_t i) {
    const double x = p->x[i], y = other_at(p, i);
    const bool whole =
        !norni_roll_missing(x + y) || (!norni_roll_missing(x) && !norni_roll_missing(y));
    const double dx = whole ? x - p->px : 0, dy = whole ? y - p->py : 0;
    m->n += whole;
    m->sx += dx;
    m->sy += dy;
    m->sxx += dx * dx;
    m->sxy += dx * dy;
    m->syy += dy * dy;
}

/* The number in (lo, hi] that the highest power of two divides; lo < hi. */
static size_t split_of(size_t lo, size_t hi) {
    const int k = 63 - __builtin_clzll((unsigned long long)(lo ^ hi));
    return hi >> k << k;
}

/* The last whole pair before b; a function of b alone. */
static void take_pivot(pairs *p) {
    const size_t least = p->b > PIVOT_REACH ? p->b - PIVOT_REACH : 0;
    p->px = p->py = 0;
    for (size_t i = p->b; i-- > least;) {
        const double x = p->x[i], y = other_at(p, i);
        if (norni_roll_missing(x) || norni_roll_missing(y)) continue;
        p->px = x;
        p->py = p->other ? y : 0;
        return;
    }
}

static norn_status move_split(pairs *p, size_t b, size_t lo, norni_arena *arena, norn_err *err) {
    p->b = p->right_end = b;
    p->right = (moments){0};
    p->n_marks = (b - lo) / GROUP + 1;
    p->group_at = SIZE_MAX;
    if (p->n_marks > p->cap_marks) {
        p->cap_marks = 2 * p->n_marks;
        p->mark = norni_arena_get(arena, p->cap_marks, sizeof *p->mark);
        if (p->mark == NULL) return norni_alloc_fail(err, "rolling", p->cap_marks, sizeof *p->mark);
    }
    take_pivot(p);
    moments m = {0};
    for (size_t j = 0; j < p->n_marks; j++) {
        p->mark[j] = m;
        if (j + 1 == p->n_marks) break;
        for (size_t t = 1; t <= GROUP; t++)
            add(p, &m, b - j * GROUP - t);
    }
    return NORN_OK;
}

/* Over [lo, b). The group of sums that lo lies in is made at its first, that is its lowest, lo. */
static const moments *left_of(pairs *p, size_t lo) {
    const size_t j = (p->b - lo) / GROUP, t = (p->b - lo) % GROUP;
    if (p->group_at != j || t >= p->n_group) {
        moments m = p->mark[j];
        for (size_t k = 0; k <= t; k++) {
            if (k > 0) add(p, &m, p->b - j * GROUP - k);
            p->group[k] = m;
        }
        p->group_at = j;
        p->n_group = t + 1;
    }
    return &p->group[t];
}

static moments sum_of(const moments *a, const moments *b) {
    return (moments){a->n + b->n,     a->sx + b->sx,   a->sy + b->sy,
                     a->sxx + b->sxx, a->sxy + b->sxy, a->syy + b->syy};
}

/* Sums of products about the means, times 2^(ex + ey), 2^(2 ex), 2^(2 ey). */
typedef struct centred {
    double n, xy, xx, yy;
    int ex, ey;
} centred;

static int exponent_of(double x) {
    int e = 0;
    if (x > 0 && isfinite(x)) (void)frexp(x, &e);
    return e;
}

/* Two passes over the window, scaled by powers of two so that any values have squares. */
static centred two_passes(const pairs *p, size_t lo, size_t hi) {
    centred c = {0};
    double px = 0, py = 0, mx = 0, my = 0, ax = 0, ay = 0;
    for (size_t i = lo; i < hi; i++) { /* quarters: differences of the largest values stay finite */
        const double x = p->x[i] / 4, y = other_at(p, i) / 4;
        if (norni_roll_missing(x) || norni_roll_missing(y)) continue;
        if (c.n == 0) px = x, py = y;
        c.n++;
        ax = fmax(ax, fabs(x - px));
        ay = fmax(ay, fabs(y - py));
    }
    c.ex = exponent_of(ax), c.ey = exponent_of(ay);
    for (int pass = 0; pass < 2; pass++) {
        double sx = 0, sy = 0;
        for (size_t i = lo; i < hi; i++) {
            const double x = p->x[i] / 4, y = other_at(p, i) / 4;
            if (norni_roll_missing(x) || norni_roll_missing(y)) continue;
            const double dx = ldexp(x - px, -c.ex) - mx, dy = ldexp(y - py, -c.ey) - my;
            sx += dx, sy += dy;
            if (pass == 1) c.xy += dx * dy, c.xx += dx * dx, c.yy += dy * dy;
        }
        if (pass == 0) mx = sx / c.n, my = sy / c.n;
    }
    c.ex += 2, c.ey += 2;
    return c;
}

static bool lost(double centred_sum, double raw) {
    return !(centred_sum >= 1e-4 * raw) || !isfinite(raw) || (raw < 1e-250 && raw > 0);
}

static centred centre(const pairs *p, const moments *m, size_t lo, size_t hi) {
    const double r = 1 / m->n;
    const centred c = {
        m->n, m->sxy - m->sx * m->sy * r, m->sxx - m->sx * m->sx * r, m->syy - m->sy * m->sy * r, 0,
        0};
    if (m->n >= 2 && (lost(c.xx, m->sxx) || lost(c.yy, m->syy))) return two_passes(p, lo, hi);
    return c;
}

typedef double pair_end(const centred *c, const norni_roll_arg *arg);

static double end_cov(const centred *c, const norni_roll_arg *arg) {
    const double d = c->n - arg->ddof;
    if (!(d > 0)) return NORNI_NAN;
    return c->ex == 0 && c->ey == 0 ? c->xy / d : ldexp(c->xy / d, c->ex + c->ey);
}

static double end_corr(const centred *c, const norni_roll_arg *arg) {
    (void)arg;
    if (!(c->n > 1 && c->xx > 0 && c->yy > 0)) return NORNI_NAN;
    const double both = c->xx * c->yy;
    const double r =
        c->xy / (both > 1e-290 && both < 1e290 ? sqrt(both) : sqrt(c->xx) * sqrt(c->yy));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

static double end_slope(const centred *c, const norni_roll_arg *arg) {
    (void)arg;
    if (!(c->n > 1 && c->yy > 0)) return NORNI_NAN;
    return c->ex == 0 && c->ey == 0 ? c->xy / c->yy : ldexp(c->xy / c->yy, c->ex - c->ey);
}

static inline norn_status run(pairs *p, const norni_roll_windows *w, const norni_roll_arg *arg,
                              pair_end *end, norni_arena *arena, const norni_poll *poll,
                              double *out, norn_err *err) {
    const double least = w->min_periods > 1 ? (double)w->min_periods : 1;
    size_t work = 0;
    p->b = SIZE_MAX;
    for (size_t k = 0; k < w->n_out; k++) {
        size_t lo, hi;
        norni_roll_window(w, k, &lo, &hi);
        if (k % POLL_EVERY == 0 && norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
        out[k] = NORNI_NAN;
        if (lo >= hi) continue;
        const size_t b = split_of(lo, hi);
        if (b != p->b) NORN_TRY(move_split(p, b, lo, arena, err));
        for (; p->right_end < hi; p->right_end++)
            add(p, &p->right, p->right_end);
        const moments m = sum_of(left_of(p, lo), &p->right);
        if (m.n < least) continue;
        const centred c = centre(p, &m, lo, hi);
        if (c.ex != 0) work += hi - lo;
        if (work > POLL_EVERY) {
            work = 0;
            if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        }
        const double v = end(&c, arg);
        out[k] = norni_roll_missing(v) ? NORNI_NAN : v;
    }
    return NORN_OK;
}

static norn_status start(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                         pair_end *end, norni_arena *arena, const norni_poll *poll, double *out,
                         norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    pairs *p = norni_arena_zero(arena, 1, sizeof *p);
    if (p == NULL) return norni_alloc_fail(err, "rolling", 1, sizeof *p);
    p->x = x;
    p->other = arg->other;
    const norn_status st = run(p, w, arg, end, arena, poll, out, err);
    norni_arena_rewind(arena, mark);
    return st;
}

norn_status norni_roll_cov(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                           norni_arena *arena, const norni_poll *poll, double *out, norn_err *err) {
    return start(x, w, arg, end_cov, arena, poll, out, err);
}

norn_status norni_roll_corr(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                            norni_arena *arena, const norni_poll *poll, double *out,
                            norn_err *err) {
    return start(x, w, arg, end_corr, arena, poll, out, err);
}

norn_status norni_roll_slope(const double *x, const norni_roll_windows *w,
                             const norni_roll_arg *arg, norni_arena *arena, const norni_poll *poll,
                             double *out, norn_err *err) {
    return start(x, w, arg, end_slope, arena, poll, out, err);
}
