/* Rolling covariance, correlation and regression slope of two columns, over the pairs that are whole. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A window [lo, hi) is split at b, the number in (lo, hi] that the highest power of two divides. All
 * windows that share b are a sum over [lo, b) and a sum over [b, hi): the first is kept from b
 * downwards, the second grows with hi. Windows that follow each other are finished
 * side by side. b depends on the window alone, so neither where a call begins nor
 * what came before shows in a result. Sums are of deviations from the pair at b-1, which the window has:
 *   Sxy = sum (x - p)(y - q),  cov = (Sxy - Sx Sy / n) / (n - ddof).
 * With a pivot from among the values the subtraction loses at most log10(n + 1) digits; where it lost three
 * or more (the pair at b-1 was missing, values overflow), the window is summed again in two passes. */
#include <math.h>

#include "base/fp.h"
#include "roll/roll.h"

enum { GROUP = 2048, RUN = 64, PIVOT_REACH = 256, POLL_EVERY = 1 << 14 };

/* Sums over the whole pairs of a range: of ones, deviations, squares and products. */
typedef struct moments {
    double n, sx, sy, sxx, sxy, syy;
} moments;

typedef struct pairs {
    const double *x, *other; /* other NULL: the place in the array */
    size_t b;                /* the split; deviations are from (px, py) */
    double px, py;
    moments right; /* over [b, right_end) */
    size_t right_end;
    moments *mark; /* (cap_marks) mark[j] over [b - j GROUP, b) */
    size_t cap_marks, n_marks;
    size_t left_from,
        left_to;           /* left[.][i - left_from] over [i, b), for i in [left_from, left_to) */
    double (*left)[GROUP]; /* (6, GROUP): the moments' fields, in their order */
    double after[6][RUN];  /* the same over [b, hi) for the windows of one run */
    double n[RUN], xx[RUN], xy[RUN], yy[RUN]; /* those windows' counts and sums about the means */
} pairs;

static inline double other_at(const pairs *p, size_t i) {
    return p->other ? p->other[i] : (double)((ptrdiff_t)i - (ptrdiff_t)p->b);
}

static inline bool is_whole(double x, double y) {
    return !norni_roll_missing(x + y) || (!norni_roll_missing(x) && !norni_roll_missing(y));
}

/* What add reads of `pairs`, in registers where it is called in a row. */
typedef struct columns {
    const double *x, *other;
    ptrdiff_t b;
    double px, py;
} columns;

static inline columns columns_of(const pairs *p) {
    return (columns){p->x, p->other, (ptrdiff_t)p->b, p->px, p->py};
}

static inline __attribute__((always_inline)) void add(columns c, moments *m, size_t i) {
    const double x = c.x[i], y = c.other ? c.other[i] : (double)((ptrdiff_t)i - c.b);
    if (!is_whole(x, y)) return;
    const double dx = x - c.px, dy = y - c.py;
    m->n += 1;
    m->sx += dx;
    m->sy += dy;
    m->sxx += dx * dx;
    m->sxy += dx * dy;
    m->syy += dy * dy;
}

static inline void put(const moments *m, double *to, size_t stride) {
    to[0] = m->n, to[stride] = m->sx, to[2 * stride] = m->sy;
    to[3 * stride] = m->sxx, to[4 * stride] = m->sxy, to[5 * stride] = m->syy;
}

/* The number in (lo, hi] that the highest power of two divides; lo < hi. */
static inline size_t split_of(size_t lo, size_t hi) {
    const int k = 63 - __builtin_clzll((unsigned long long)(lo ^ hi));
    return hi >> k << k;
}

/* The last whole pair before b; a function of b alone. */
static void take_pivot(pairs *p) {
    const size_t least = p->b > PIVOT_REACH ? p->b - PIVOT_REACH : 0;
    p->px = p->py = 0;
    for (size_t i = p->b; i-- > least;) {
        const double x = p->x[i], y = other_at(p, i);
        if (!is_whole(x, y)) continue;
        p->px = x;
        p->py = p->other ? y : 0;
        return;
    }
}

static norn_status move_split(pairs *p, size_t b, size_t lo, norni_arena *arena, norn_err *err) {
    p->b = p->right_end = b;
    p->right = (moments){0};
    p->n_marks = (b - 1 - lo) / GROUP + 1;
    p->left_from = p->left_to = 0;
    if (p->n_marks > p->cap_marks) {
        p->cap_marks = 2 * p->n_marks;
        p->mark = norni_arena_get(arena, p->cap_marks, sizeof *p->mark);
        if (p->mark == NULL) return norni_alloc_fail(err, "rolling", p->cap_marks, sizeof *p->mark);
    }
    take_pivot(p);
    const columns c = columns_of(p);
    moments m = {0};
    for (size_t j = 0; j < p->n_marks; j++) {
        p->mark[j] = m;
        if (j + 1 == p->n_marks) break;
        for (size_t t = 1; t <= GROUP; t++)
            add(c, &m, b - j * GROUP - t);
    }
    return NORN_OK;
}

/* Makes the sums over [i, b) from lo, the lowest that will be asked for, up to the next mark. */
static void fill_left(pairs *p, size_t lo) {
    const size_t j = (p->b - 1 - lo) / GROUP;
    const columns c = columns_of(p);
    moments m = p->mark[j];
    double(*const left)[GROUP] = p->left;
    p->left_from = lo;
    p->left_to = p->b - j * GROUP;
    for (size_t i = p->left_to; i-- > lo;) {
        add(c, &m, i);
        put(&m, &left[0][i - lo], GROUP);
    }
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

/* Whether the sums about the means have lost three digits or more, or are no numbers. */
static inline bool lost(double about_mean, double raw) {
    return !(about_mean >= 1e-3 * raw) || !(raw < 1e300) || (raw < 1e-250 && raw > 0);
}

typedef enum pair_kind { COV, CORR, SLOPE } pair_kind;

static double end_of(pair_kind kind, const centred *c, int32_t ddof) {
    const bool scaled = c->ex != 0 || c->ey != 0;
    const double d = c->n - ddof;
    double r;
    switch (kind) {
        case COV:
            if (!(d > 0)) return NORNI_NAN;
            return scaled ? ldexp(c->xy / d, c->ex + c->ey) : c->xy / d;
        case CORR:
            if (!(c->n > 1 && c->xx > 0 && c->yy > 0)) return NORNI_NAN;
            r = c->xy / (sqrt(c->xx) * sqrt(c->yy));
            return r > 1 ? 1 : r < -1 ? -1 : r;
        case SLOPE: break;
    }
    if (!(c->n > 1 && c->yy > 0)) return NORNI_NAN;
    return scaled ? ldexp(c->xy / c->yy, c->ex - c->ey) : c->xy / c->yy;
}

/* Whether the plain sums serve window k of a run. */
static inline __attribute__((always_inline)) bool is_good(const pairs *p, size_t k) {
    const double rx = p->after[3][k], ry = p->after[5][k];
    return (p->xx[k] >= 1e-3 * rx) & (p->yy[k] >= 1e-3 * ry) & (rx < 1e145) & (ry < 1e145) &
           (rx > 1e-145) & (ry > 1e-145);
}

/* Joins the two sides of m windows, of which the first begins at left_from + at. Returns how many must be
 * looked at again. */
static inline __attribute__((always_inline)) size_t join(pairs *p, size_t at, size_t m) {
    double(*l)[GROUP] = p->left, (*r)[RUN] = p->after;
    size_t n_bad = 0;
    for (size_t k = 0; k < m; k++) {
        const double n = l[0][at + k] + r[0][k], sx = l[1][at + k] + r[1][k],
                     sy = l[2][at + k] + r[2][k], sxx = l[3][at + k] + r[3][k],
                     sxy = l[4][at + k] + r[4][k], syy = l[5][at + k] + r[5][k];
        const double per = 1 / n, mx = sx * per, my = sy * per;
        p->n[k] = n;
        p->xx[k] = sxx - mx * sx;
        p->xy[k] = sxy - mx * sy;
        p->yy[k] = syy - my * sy;
        r[3][k] = sxx, r[5][k] = syy; /* for is_good */
    }
    for (size_t k = 0; k < m; k++)
        n_bad += is_good(p, k) ? 0 : 1;
    return n_bad;
}

/* The results of these windows, right for the good ones. */
static inline __attribute__((always_inline)) void end_all(const pairs *p, pair_kind kind, size_t m,
                                                          double least, double ddof, double *out) {
    if (kind == COV) {
        for (size_t k = 0; k < m; k++) {
            const double d = p->n[k] - ddof, v = p->xy[k] / d;
            out[k] = p->n[k] >= least && d > 0 ? v : NORNI_NAN;
        }
    } else if (kind == CORR) {
        for (size_t k = 0; k < m; k++) {
            const double v = p->xy[k] / sqrt(p->xx[k] * p->yy[k]), w = v > 1 ? 1 : v,
                         u = w < -1 ? -1 : w;
            out[k] = p->n[k] >= least && p->n[k] > 1 ? u : NORNI_NAN;
        }
    } else {
        for (size_t k = 0; k < m; k++) {
            const double v = p->xy[k] / p->yy[k];
            out[k] = p->n[k] >= least && p->n[k] > 1 ? v : NORNI_NAN;
        }
    }
}

typedef size_t finish_fn(pairs *p, pair_kind kind, size_t at, size_t m, double least, double ddof,
                         double *out);

static inline __attribute__((always_inline)) size_t finish(pairs *p, pair_kind kind, size_t at,
                                                           size_t m, double least, double ddof,
                                                           double *out) {
    const size_t n_bad = join(p, at, m);
    end_all(p, kind, m, least, ddof, out);
    return n_bad;
}

static size_t finish_plain(pairs *p, pair_kind kind, size_t at, size_t m, double least, double ddof,
                           double *out) {
    return finish(p, kind, at, m, least, ddof, out);
}

/* The same operations in the same order, four windows at once: without fma the bits are the same. */
#if defined(__x86_64__)
__attribute__((target("avx2"))) static size_t finish_avx2(pairs *p, pair_kind kind, size_t at,
                                                          size_t m, double least, double ddof,
                                                          double *out) {
    return finish(p, kind, at, m, least, ddof, out);
}
#endif

static finish_fn *finish_of_machine(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) return finish_avx2;
#endif
    return finish_plain;
}

/* Window [lo, hi), the k-th of its run, whose plain sums do not serve. Returns how much it read. */
static size_t redo(const pairs *p, pair_kind kind, size_t k, size_t lo, size_t hi, double least,
                   int32_t ddof, double *out) {
    centred c = {p->n[k], p->xy[k], p->xx[k], p->yy[k], 0, 0};
    const bool again = c.n >= 2 && (lost(c.xx, p->after[3][k]) || lost(c.yy, p->after[5][k]));
    if (again) c = two_passes(p, lo, hi);
    const double v = c.n >= least ? end_of(kind, &c, ddof) : NORNI_NAN;
    *out = norni_roll_missing(v) ? NORNI_NAN : v;
    return again ? hi - lo : 0;
}

/* Takes up to RUN windows from k on that share the split and begin one behind the other; `after` is
 * filled. hi[j] is the end of the j-th. */
static size_t take_run(pairs *p, const norni_roll_windows *w, size_t k, size_t lo, size_t *hi) {
    const columns c = columns_of(p);
    moments sum = p->right;
    size_t m = 0, from = lo, to = hi[0], end = p->right_end;
    do {
        for (; end < to; end++)
            add(c, &sum, end);
        put(&sum, &p->after[0][m], RUN);
        hi[m++] = to;
        if (m == RUN || k + m == w->n_out) break;
        norni_roll_window(w, k + m, &from, &to);
    } while (from == lo + m && from < p->left_to && from < to && split_of(from, to) == p->b);
    p->right = sum;
    p->right_end = end;
    return m;
}

static norn_status run(pairs *p, const norni_roll_windows *w, const norni_roll_arg *arg,
                       pair_kind kind, norni_arena *arena, const norni_poll *poll, double *out,
                       norn_err *err) {
    const double least = w->min_periods > 1 ? (double)w->min_periods : 1;
    finish_fn *const finish_run = finish_of_machine();
    size_t work = POLL_EVERY, lo, hi[RUN];
    p->b = SIZE_MAX;
    for (size_t k = 0, m = 1; k < w->n_out; k += m) {
        if (work >= POLL_EVERY) {
            work = 0;
            if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        }
        norni_roll_window(w, k, &lo, &hi[0]);
        if (lo >= hi[0]) {
            out[k] = NORNI_NAN;
            m = 1;
            continue;
        }
        const size_t b = split_of(lo, hi[0]);
        if (b != p->b) {
            work += hi[0] - lo;
            NORN_TRY(move_split(p, b, lo, arena, err));
        }
        if (lo < p->left_from || lo >= p->left_to) fill_left(p, lo);
        m = take_run(p, w, k, lo, hi);
        work += m;
        if (finish_run(p, kind, lo - p->left_from, m, least, arg->ddof, out + k) == 0) continue;
        for (size_t j = 0; j < m; j++) {
            if (!is_good(p, j))
                work += redo(p, kind, j, lo + j, hi[j], least, arg->ddof, &out[k + j]);
        }
    }
    return NORN_OK;
}

static norn_status start(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                         pair_kind kind, norni_arena *arena, const norni_poll *poll, double *out,
                         norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    pairs *p = norni_arena_get(arena, 1, sizeof *p);
    if (p == NULL) return norni_alloc_fail(err, "rolling", 1, sizeof *p);
    p->x = x;
    p->other = arg->other;
    p->mark = NULL;
    p->cap_marks = 0;
    p->left = norni_arena_get(arena, 6, sizeof *p->left);
    norn_status st = NORN_OK;
    if (p->left == NULL)
        st = norni_alloc_fail(err, "rolling", 6, sizeof *p->left);
    else
        st = run(p, w, arg, kind, arena, poll, out, err);
    norni_arena_rewind(arena, mark);
    return st;
}

norn_status norni_roll_cov(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                           norni_arena *arena, const norni_poll *poll, double *out, norn_err *err) {
    return start(x, w, arg, COV, arena, poll, out, err);
}

norn_status norni_roll_corr(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                            norni_arena *arena, const norni_poll *poll, double *out,
                            norn_err *err) {
    return start(x, w, arg, CORR, arena, poll, out, err);
}

norn_status norni_roll_slope(const double *x, const norni_roll_windows *w,
                             const norni_roll_arg *arg, norni_arena *arena, const norni_poll *poll,
                             double *out, norn_err *err) {
    return start(x, w, arg, SLOPE, arena, poll, out, err);
}
