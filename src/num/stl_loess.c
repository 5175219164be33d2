/* Loess on a grid of equal steps, as STL needs it: many series at once, or one with gaps. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Cleveland, Cleveland, McRae, Terpenning 1990, section 2.2. At x, the q nearest points weigh
 *   w_i = (1 - (|x_i - x| / h)^3)^3 r_i,   h: distance of the farthest of them, r_i: robustness,
 * and a polynomial of degree 0 or 1 is fitted by weighted least squares; its value at x is a sum
 * over y with weights that depend on positions alone. Where R's stl() goes beyond the paper, so does
 * this: with q above the number of points, h grows by the whole part of half the excess (the paper:
 * by the ratio); weights are 1 within h/1000 and 0 beyond 999 h/1000; the slope is left out where
 * the standard deviation of the positions is within a thousandth of the grid's length; where all
 * weights vanish y itself stands. There, at a point that was not seen: the neighbourhood's mean.
 * Without gaps and robustness weights all series of one length, and all points inside, share their
 * weights: they are computed once and laid over the columns. */
#include "num/stl_loess.h"

#include <math.h>

enum { POLL_WORK = 1 << 19, LANES = 8, CHUNK = 32 };

static bool go_on(norni_loess *l, size_t work) {
    l->work += work;
    if (l->work < POLL_WORK) return true;
    l->work = 0;
    return !norni_poll_stop(l->poll);
}

static double position(const norni_loess_seen *s, size_t i) {
    return s->pos ? s->pos[i] : (double)i;
}

/* The first of the window's points for x. left: that of a smaller x; all windows move right. */
static size_t window_left(const norni_loess *l, const norni_loess_seen *s, double x, size_t left) {
    if (l->window >= s->n_seen) return 0;
    const size_t most = s->n_seen - l->window;
    if (s->pos == NULL) {
        const double half = (double)(l->window / 2);
        return x <= half ? 0 : x - half >= (double)most ? most : (size_t)(x - half);
    }
    while (left < most && x - s->pos[left] > s->pos[left + l->window] - x)
        left++;
    return left;
}

static double add_lanes(const double *lane) {
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
           ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

/* Distances from x into d (count), the kernel's weights of them into w. In loops that vectorise. */
static void fill_kernel(const norni_loess *l, const norni_loess_seen *s, double x, size_t left,
                        size_t count, double *d, double *w) {
    const double first = position(s, left) - x, last = position(s, left + count - 1) - x;
    const double spread = l->window > s->n_seen ? (double)((l->window - s->n_seen) / 2) : 0;
    const double h = fmax(-first, last) + spread, near = 0.001 * h, far = 0.999 * h;
    const double part = h > 0 ? 1 / h : 0;
    if (s->pos) {
        for (size_t i = 0; i < count; i++)
            d[i] = s->pos[left + i] - x;
    } else {
        for (size_t i = 0; i < count; i++)
            d[i] = first + (double)(int32_t)i;
    }
    for (size_t i = 0; i < count; i++) {
        const double size = fabs(d[i]), u = size * part, v = 1 - u * u * u, k = v * v * v;
        const double inside = size > far ? 0 : k;
        w[i] = size <= near ? 1 : inside;
    }
    if (s->weight) {
        for (size_t i = 0; i < count; i++)
            w[i] *= s->weight[left + i];
    }
}

/* The weights by which the value at x is summed, l->row (count), for the points from `left` on.
 * false: all robustness weights vanish. */
static bool fill_row(const norni_loess *l, const norni_loess_seen *s, double x, size_t left,
                     size_t count) {
    double *w = l->row, *d = l->row + count;
    double sum[LANES] = {0}, first[LANES] = {0}, second[LANES] = {0};
    fill_kernel(l, s, x, left, count, d, w);
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            sum[k] += w[i + k];
            first[k] += w[i + k] * d[i + k];
            second[k] += w[i + k] * d[i + k] * d[i + k];
        }
    }
    for (; i < count; i++) {
        sum[i % LANES] += w[i];
        first[i % LANES] += w[i] * d[i];
        second[i % LANES] += w[i] * d[i] * d[i];
    }
    const double total = add_lanes(sum);
    if (!(total > 0)) return false;
    const double centre = add_lanes(first) / total,
                 square = add_lanes(second) / total - centre * centre;
    const bool line = l->degree > 0 && sqrt(square) > 0.001 * (double)(s->n - 1);
    const double scale = 1 / total, slope = line ? -centre / square : 0;
    for (i = 0; i < count; i++)
        w[i] *= scale * (slope * (d[i] - centre) + 1);
    return true;
}

/* In lanes of fixed order, so that every machine has the same sum. */
static double dot(const double *w, const double *y, size_t n, size_t stride) {
    double lane[LANES] = {0};
    size_t i = 0;
    if (stride == 1) {
        for (; i + LANES <= n; i += LANES) {
            for (size_t k = 0; k < LANES; k++)
                lane[k] += w[i + k] * y[i + k];
        }
    }
    for (; i < n; i++)
        lane[i % LANES] += w[i] * y[i * stride];
    return add_lanes(lane);
}

/* out (columns) = sum over i of w_i y[i stride + column] */
static void lay_row(const double *w, size_t n, const double *y, size_t stride, size_t columns,
                    double *out) {
    if (columns == 1) {
        *out = dot(w, y, n, stride);
        return;
    }
    for (size_t from = 0; from < columns; from += CHUNK) {
        const size_t width = columns - from < CHUNK ? columns - from : CHUNK;
        double sum[CHUNK] = {0};
        for (size_t i = 0; i < n; i++) {
            const double *line = y + i * stride + from;
            if (w[i] == 0) continue;
            for (size_t j = 0; j < width; j++)
                sum[j] += w[i] * line[j];
        }
        for (size_t j = 0; j < width; j++)
            out[from + j] = sum[j];
    }
}

/* Lines from point a to point b. */
static void join(double *out, size_t a, size_t b, size_t stride, size_t columns) {
    const double *left = out + a * stride, *right = out + b * stride;
    for (size_t i = a + 1; i < b; i++) {
        const double steps = (double)(i - a);
        for (size_t j = 0; j < columns; j++) {
            const double slope = (right[j] - left[j]) / (double)(b - a);
            out[i * stride + j] = left[j] + slope * steps;
        }
    }
}

bool norni_loess_block(norni_loess *l, const double *y, size_t n, size_t stride, size_t columns,
                       bool extend, double *out) {
    const norni_loess_seen s = {.n = n, .n_seen = n};
    const size_t count = l->window < n ? l->window : n;
    size_t before = 0;
    double offset = -2; /* x - left of the row at hand; -2: none yet */
    if (columns == 0) return true;
    for (size_t i = 0;;) {
        const size_t left = window_left(l, &s, (double)i, 0);
        if (offset != (double)(i - left)) {
            offset = (double)(i - left);
            (void)fill_row(l, &s, (double)i, left, count);
        }
        lay_row(l->row, count, y + left * stride, stride, columns, out + i * stride);
        join(out, before, i, stride, columns);
        if (!go_on(l, count * (columns + 4))) return false;
        before = i;
        if (i == n - 1) break;
        i = n - 1 - i < l->jump ? n - 1 : i + l->jump;
    }
    if (!extend) return true;
    (void)fill_row(l, &s, -1, 0, count);
    lay_row(l->row, count, y, stride, columns, out - stride);
    (void)fill_row(l, &s, (double)n, n - count, count);
    lay_row(l->row, count, y + (n - count) * stride, stride, columns, out + n * stride);
    return go_on(l, 2 * count * (columns + 4));
}

/* The value at x. otherwise: what stands where all weights vanish; NaN: the mean. */
static double value_at(const norni_loess *l, const norni_loess_seen *s, double x, size_t left,
                       double otherwise) {
    const size_t count = l->window < s->n_seen ? l->window : s->n_seen;
    if (fill_row(l, s, x, left, count)) return dot(l->row, s->y + left, count, 1);
    if (!isnan(otherwise)) return otherwise;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += s->y[left + i] / (double)count;
    return sum;
}

bool norni_loess_line(norni_loess *l, const norni_loess_seen *s, bool extend, double *out) {
    const size_t n = s->n;
    size_t before = 0, left = 0, at = 0; /* at: the first seen point that is not before i */
    for (size_t i = 0;;) {
        left = window_left(l, s, (double)i, left);
        while (at < s->n_seen && position(s, at) < (double)i)
            at++;
        const bool seen = at < s->n_seen && position(s, at) == (double)i;
        out[i] = value_at(l, s, (double)i, left, seen ? s->y[at] : __builtin_nan(""));
        join(out, before, i, 1, 1);
        if (!go_on(l, 6 * (l->window < n ? l->window : n))) return false;
        before = i;
        if (i == n - 1) break;
        i = n - 1 - i < l->jump ? n - 1 : i + l->jump;
    }
    if (!extend) return true;
    left = window_left(l, s, (double)n, left);
    out[-1] = value_at(l, s, -1, 0, out[0]);
    out[n] = value_at(l, s, (double)n, left, out[n - 1]);
    return true;
}

/* The value is linear in y with weight w_i on its own point: left out, the error is that of the
 * whole / (1 - w_i). A point that alone decides its value has nothing to be compared with. */
bool norni_loess_left_out(norni_loess *l, const norni_loess_seen *s, size_t most, double *error) {
    const size_t n_out = s->n_seen < most ? s->n_seen : most;
    const size_t count = l->window < s->n_seen ? l->window : s->n_seen;
    size_t left = 0, used = 0;
    double sum = 0;
    for (size_t k = 0; k < n_out; k++) {
        const size_t i = k * s->n_seen / n_out;
        const double x = position(s, i);
        left = window_left(l, s, x, left);
        if (!fill_row(l, s, x, left, count)) continue;
        const double rest = 1 - l->row[i - left];
        if (!go_on(l, 6 * count)) return false;
        if (!(rest > 1e-9)) continue;
        const double e = (s->y[i] - dot(l->row, s->y + left, count, 1)) / rest;
        sum += e * e;
        used++;
    }
    *error = used ? sum / (double)used : 0;
    return true;
}
