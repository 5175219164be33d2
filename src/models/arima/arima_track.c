/* The exact filter one observation at a time: gaps inside, and the state that a fit leaves behind. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Without gaps this is the filter of arima_like.c. A missing value z_s is given the value that was
 * expected (of all that is known: without the estimates of eps the column would run away), plus an unknown eps_s whose trace through the filter is one more column (an additive
 * outlier: Gomez, Maravall, Pena 1999). The state's covariance is then sigma2 times that of the
 * filter without gaps plus C V C', V = cov(eps), C the columns. V = S S' is kept by its root, whose
 * steps lose no digits where V's would (Potter, in Bierman 1977):
 *   seen, c = what the columns expect now, v = y - expected, a = S'c:    f = F + a'a,
 *     eps += S a v / f    S -= (S a) a' / (f + sqrt(F f))
 *   missing: eps_new = e + sum (eps - its estimate) c, so S gets the row (a', sqrt(F)).
 * A column whose trace has died away is dropped. The state has r + n_diff elements: with more
 * columns than that, unit vectors with the root C S take their place, so that a step never costs
 * more than the dense Kalman filter's. Differences are undone by the last n_diff values of each
 * column; those at the start are known, or linear columns of their own. */
#include "models/arima/arima_track.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"

enum { SLACK = 16, DROP_EVERY = 32, MOST_NUMBERS = 4000000 };
static const double negligible = 1e-10; /* of a column's trace, in units of sigma */

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

norn_status arima_track_get(norni_arena *arena, const norni_arima_order *o, size_t n_lin,
                            size_t now, size_t more, arima_track *t, norn_err *err) {
    const size_t lag_ar = arima_lag_ar(o), lag_ma = arima_lag_ma(o);
    memset(t, 0, sizeof *t);
    t->sweeps = arima_sweeps_get(ARIMA_SIMD_ANY);
    t->r = lag_ar > lag_ma + 1 ? lag_ar : lag_ma + 1;
    t->n_diff = arima_lag_diff(o);
    const size_t state = t->r + t->n_diff;
    t->room = (t->r > t->n_diff ? t->r : t->n_diff) + 64;
    t->n_lin = n_lin;
    const size_t length = state + 2 * t->room;
    t->cap = smaller(smaller(state + SLACK + state / 2, now + more),
                     smaller(ARIMA_MOST_LOOSE, SLACK + MOST_NUMBERS / length));
    t->cap = t->cap > now ? t->cap : now;
    const size_t n_col = n_lin + t->cap, n_spare = t->cap > state ? state * (t->cap + SLACK) : 1;
    t->a = norni_arena_get(arena, n_col, sizeof *t->a);
    t->y = norni_arena_get(arena, n_col, sizeof *t->y);
    t->k = norni_arena_get(arena, t->r, sizeof *t->k);
    t->l = norni_arena_get(arena, t->r + t->room, sizeof *t->l);
    t->est = norni_arena_get(arena, n_lin * t->cap + 1, sizeof *t->est);
    t->wide = t->cap + SLACK;
    t->root = norni_arena_get(arena, t->cap * t->wide + 1, sizeof *t->root);
    t->c = norni_arena_get(arena, t->cap + t->wide, sizeof *t->c);
    t->spare = norni_arena_get(arena, n_spare, sizeof *t->spare);
    double *const room = norni_arena_get(arena, n_col * length, sizeof *room);
    if (!t->a || !t->y || !t->k || !t->l || !t->est || !t->root || !t->c || !t->spare || !room ||
        !arima_difference_poly(arena, o, &t->diff))
        return norni_alloc_fail(err, "arima", n_col * length, sizeof *room);
    t->sc = t->c + t->cap;
    for (size_t j = 0; j < n_col; j++) {
        t->a[j] = room + j * length;
        t->y[j] = t->a[j] + t->r + t->room;
    }
    return NORN_OK;
}

void arima_track_begin(arima_track *t, const arima_poly *ar, const arima_poly *ma,
                       const arima_start *start) {
    t->ar = ar;
    t->ma = ma;
    t->at = 0;
    t->n_loose = 0;
    t->n_root = 0;
    t->since_drop = 0;
    for (size_t j = 0; j < t->n_lin; j++) {
        memset(t->a[j], 0, t->r * sizeof **t->a);
        memset(t->y[j], 0, t->n_diff * sizeof **t->y);
    }
    t->f = start->f;
    memcpy(t->k, start->k, t->r * sizeof *t->k);
    memcpy(t->l, start->k, t->r * sizeof *t->l);
    t->settled = !(t->f > 1 + 1e-15 * (10 + start->f));
}

/* Moves every array back to the front when the room is used up. */
static void make_room(arima_track *t) {
    if (t->at + 2 < t->room) return;
    for (size_t j = 0; j < t->n_lin + t->n_loose; j++) {
        memmove(t->a[j], t->a[j] + t->at, t->r * sizeof **t->a);
        memmove(t->y[j], t->y[j] + t->at, t->n_diff * sizeof **t->y);
    }
    if (!t->settled) memmove(t->l, t->l + t->at, t->r * sizeof *t->l);
    t->at = 0;
}

void arima_track_seed(arima_track *t, const double *y) {
    if (t->n_diff == 0) return;
    for (size_t j = 0; j < t->n_lin; j++) {
        memmove(t->y[j] + t->at, t->y[j] + t->at + 1, (t->n_diff - 1) * sizeof **t->y);
        t->y[j][t->at + t->n_diff - 1] = y[j];
    }
}

static double level(const arima_track *t, size_t j) {
    const double *const y = t->y[j] + t->at + t->n_diff;
    double s = 0;
    for (size_t i = 0; i < t->diff.n; i++)
        s += t->diff.c[i] * *(y - t->diff.lag[i]);
    return s;
}

/* Column j by one step: its pending state by the innovation v of its own, its values by y. */
static void move_column(arima_track *t, size_t j, double v, double y) {
    double *const a = t->a[j] + t->at;
    const double a0 = a[0];
    a[t->r] = 0;
    if (t->settled) {
        for (size_t i = 0; i < t->ar->n; i++)
            a[t->ar->lag[i]] += t->ar->c[i] * (a0 + v);
        for (size_t i = 0; i < t->ma->n; i++)
            a[t->ma->lag[i]] += t->ma->c[i] * v;
    } else {
        const double g = v / t->f;
        t->sweeps.add(a + 1, t->k, t->r, g);
        for (size_t i = 0; i < t->ar->n; i++)
            a[t->ar->lag[i]] += t->ar->c[i] * a0;
    }
    t->y[j][t->at + t->n_diff] = y;
}

static void move_gain(arima_track *t) {
    if (t->settled) return;
    double *const l = t->l + t->at, *const k = t->k;
    const double z = l[0], c = z / t->f;
    l[t->r] = 0;
    t->sweeps.turn(l + 1, k, t->r, c);
    for (size_t i = 0; i < t->ar->n; i++) {
        const size_t lag = t->ar->lag[i];
        l[lag] += t->ar->c[i] * z;
        k[lag - 1] -= c * t->ar->c[i] * z;
    }
    t->f -= c * z;
    if (!(t->f > 1 + 1e-14)) {
        t->f = 1;
        t->settled = true;
    }
}

/* What the loose columns expect, S' times it; the variance of the next value over sigma2. */
static double spread(arima_track *t) {
    for (size_t l = 0; l < t->n_root; l++)
        t->sc[l] = 0;
    for (size_t i = 0; i < t->n_loose; i++) {
        const double *const row = t->root + i * t->wide;
        const double c = t->c[i] = t->a[t->n_lin + i][t->at] + level(t, t->n_lin + i);
        t->sweeps.add(t->sc, row, t->n_root, c);
    }
    return t->f + arima_dot(t->sc, t->sc, t->n_root);
}

double arima_track_expect(arima_track *t, double *out) {
    const double f = spread(t);
    for (size_t j = 0; j < t->n_lin; j++)
        out[j] = t->a[j][t->at] + level(t, j) + arima_dot(t->est + j * t->cap, t->c, t->n_loose);
    return f;
}

static void add_column(arima_track *t, size_t to, double s, size_t from) {
    for (size_t i = 0; i < t->r; i++)
        t->a[to][t->at + i] += s * t->a[from][t->at + i];
    for (size_t i = 0; i < t->n_diff; i++)
        t->y[to][t->at + i] += s * t->y[from][t->at + i];
}

/* Takes loose column s out; what it is estimated to be stays in the linear columns. */
static void drop_column(arima_track *t, size_t s) {
    const size_t last = t->n_loose - 1, col = t->n_lin + s, end = t->n_lin + last;
    for (size_t j = 0; j < t->n_lin; j++) {
        double *const est = t->est + j * t->cap;
        add_column(t, j, est[s], col);
        est[s] = est[last];
    }
    double *const a = t->a[col], *const y = t->y[col];
    t->a[col] = t->a[end];
    t->y[col] = t->y[end];
    t->a[end] = a;
    t->y[end] = y;
    t->n_loose = last;
    if (s == last) return;
    memcpy(t->root + s * t->wide, t->root + last * t->wide, t->n_root * sizeof *t->root);
}

static double largest(const double *x, size_t n, double most) {
    for (size_t i = 0; i < n; i++)
        most = fabs(x[i]) > most ? fabs(x[i]) : most;
    return most;
}

static double trace_size(const arima_track *t, size_t s) {
    const double *const row = t->root + s * t->wide;
    double most = largest(t->a[t->n_lin + s] + t->at, t->r, 0);
    most = largest(t->y[t->n_lin + s] + t->at, t->n_diff, most);
    return most * sqrt(arima_dot(row, row, t->n_root));
}

static void drop_negligible(arima_track *t) {
    if (t->n_loose == 0 || ++t->since_drop < DROP_EVERY) return;
    t->since_drop = 0;
    for (size_t s = t->n_loose; s-- > 0;) {
        if (trace_size(t, s) < negligible) drop_column(t, s);
    }
}

void arima_track_see(arima_track *t, const double *y, double *v, double *f) {
    const size_t n = t->n_loose;
    *f = spread(t);
    for (size_t j = 0; j < t->n_lin; j++) {
        const double own = y[j] - (t->a[j][t->at] + level(t, j));
        v[j] = own - arima_dot(t->est + j * t->cap, t->c, n);
        move_column(t, j, own, y[j]);
    }
    const double shrink = 1 / (*f + sqrt(t->f * *f));
    for (size_t i = 0; i < n; i++) {
        double *const row = t->root + i * t->wide;
        const double sa = t->sweeps.dot(row, t->sc, t->n_root);
        for (size_t j = 0; j < t->n_lin; j++)
            t->est[j * t->cap + i] += sa * (v[j] / *f);
        t->sweeps.add(row, t->sc, t->n_root, -sa * shrink);
        move_column(t, t->n_lin + i, -t->c[i], 0);
    }
    move_gain(t);
    t->at++;
    make_room(t);
    drop_negligible(t);
}

/* Unit vectors for columns, the root C S. Needs cap >= r + n_diff. */
static void compress(arima_track *t) {
    const size_t state = t->r + t->n_diff, n = t->n_loose, wide = t->n_root;
    double *const to = t->spare;
    for (size_t j = 0; j < t->n_lin; j++) {
        for (size_t s = 0; s < n; s++)
            add_column(t, j, t->est[j * t->cap + s], t->n_lin + s);
        memset(t->est + j * t->cap, 0, t->cap * sizeof *t->est);
    }
    memset(to, 0, state * wide * sizeof *to);
    for (size_t i = 0; i < state; i++) {
        for (size_t s = 0; s < n; s++) {
            const double *const a = t->a[t->n_lin + s], *const y = t->y[t->n_lin + s];
            const double c = i < t->r ? a[t->at + i] : y[t->at + i - t->r];
            for (size_t l = 0; l < wide; l++)
                to[i * wide + l] += c * t->root[s * t->wide + l];
        }
    }
    t->n_loose = state;
    for (size_t i = 0; i < state; i++) {
        memcpy(t->root + i * t->wide, to + i * wide, wide * sizeof *to);
        double *const a = t->a[t->n_lin + i], *const y = t->y[t->n_lin + i];
        memset(a + t->at, 0, t->r * sizeof *a);
        memset(y + t->at, 0, t->n_diff * sizeof *y);
        if (i < t->r)
            a[t->at + i] = 1;
        else
            y[t->at + i - t->r] = 1;
    }
}

/* By reflections from the right. */
void arima_track_narrow(arima_track *t) {
    const size_t n = t->n_loose, wide = t->n_root;
    for (size_t i = 0; i < n && i + 1 < wide; i++) {
        double *const row = t->root + i * t->wide;
        const double size = sqrt(arima_dot(row + i, row + i, wide - i));
        if (!(size > 0)) continue;
        const double to = row[i] > 0 ? -size : size;
        const double scale = 1 / (size * (size + fabs(row[i]))); /* 2 / |u|^2 of u = row - to e_i */
        row[i] -= to;
        for (size_t k = i + 1; k < n; k++) {
            double *const other = t->root + k * t->wide;
            const double s = scale * arima_dot(row + i, other + i, wide - i);
            for (size_t l = i; l < wide; l++)
                other[l] -= s * row[l];
        }
        row[i] = to;
        memset(row + i + 1, 0, (wide - i - 1) * sizeof *row);
    }
    t->n_root = n < wide ? n : wide;
}

void arima_track_idle(arima_track *t) {
    move_gain(t);
    t->at++;
    make_room(t);
}

size_t arima_track_grow(arima_track *t) {
    if (t->n_loose == t->cap && t->cap > t->r + t->n_diff) {
        compress(t);
    } else if (t->n_loose == t->cap) { /* the faintest is taken for known */
        size_t faint = 0;
        for (size_t s = 1; s < t->n_loose; s++)
            faint = trace_size(t, s) < trace_size(t, faint) ? s : faint;
        drop_column(t, faint);
    }
    return t->n_loose++;
}

void arima_track_miss(arima_track *t) {
    const size_t new = arima_track_grow(t);
    t->n_loose--; /* the others first */
    if (t->n_root == t->wide) arima_track_narrow(t);
    (void)spread(t);
    const size_t n = t->n_loose;
    for (size_t j = 0; j < t->n_lin; j++) {
        const double own = t->a[j][t->at] + level(t, j);
        const double more = arima_dot(t->est + j * t->cap, t->c, n);
        t->est[j * t->cap + new] = 0;
        move_column(t, j, more, own + more);
    }
    for (size_t i = 0; i < n; i++) {
        t->root[i * t->wide + t->n_root] = 0;
        move_column(t, t->n_lin + i, -t->c[i], 0);
    }
    memcpy(t->root + new * t->wide, t->sc, t->n_root * sizeof *t->root);
    t->root[new * t->wide + t->n_root++] = sqrt(t->f);
    memset(t->a[t->n_lin + new] + t->at, 0, t->r * sizeof **t->a);
    memset(t->y[t->n_lin + new] + t->at, 0, t->n_diff * sizeof **t->y);
    t->n_loose++;
    move_column(t, t->n_lin + new, 1, 1);
    move_gain(t);
    t->at++;
    make_room(t);
    drop_negligible(t);
}

void arima_track_settle_estimates(arima_track *t) {
    for (size_t s = 0; s < t->n_loose; s++) {
        add_column(t, 0, t->est[s], t->n_lin + s);
        t->est[s] = 0;
    }
    if (t->n_root > t->n_loose) arima_track_narrow(t);
}
