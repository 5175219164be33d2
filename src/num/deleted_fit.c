/* Trend and season by least squares, the form chosen by BIC, points that do not fit left out one by one. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Forms: trend a polynomial (Chebyshev) of degree 0 .. 5, season none, two harmonics or all of them, values as they are or
 * (all above 0) their logarithms; the one with the least BIC of a normal likelihood in y's own unit serves.
 * Points are left out as in Rosner's generalised ESD test (1983, Technometrics 25), with the deleted Studentised residual
 * (Cook, Weisberg 1982) in place of the distance from the mean: t_i = e_i sqrt((m - p - 1) / (S (1 - h_i) - e_i^2)), which
 * without outliers is Student's with m - p - 1 degrees of freedom. The worst point is taken out `most_out` times over, the
 * form chosen anew each time; left out are all up to the last whose t is beyond the two-sided alpha / m point, so that two
 * outliers cannot hide each other. The level holds for the form given; what choosing it costs is measured in
 * tests/finance. */
#include "num/deleted_fit.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "num/beta.h"
#include "num/least_squares.h"

enum {
    MOST_DEGREE = 5,
    MOST_PERIOD = 64,
    MOST_COLUMNS = 1 + MOST_PERIOD + MOST_DEGREE,
    LEAST_REST = 8
};

/* A form and its fit to the points kept. */
typedef struct form {
    bool log;
    size_t n_season, degree, p;
    double bic, squares;
    double beta[MOST_COLUMNS], l[MOST_COLUMNS * MOST_COLUMNS]; /* of A'A, (p, p) */
} form;

typedef struct task {
    const double *y;
    size_t n, period, m; /* m: points kept */
    bool *out;
    bool positive;
    double centre[2], size; /* means of y and log y; size: the largest |y| */
    double *a;              /* (n, MOST_COLUMNS): the row of a form */
    const norni_poll *poll;
} task;

static double scaled(const task *t, size_t i, bool log) {
    return log ? norni_log(t->y[i]) : t->y[i];
}

/* 1, the season's n_season terms, then the trend's. */
static void fill_row(const task *t, size_t i, size_t n_season, size_t degree, double *row) {
    const double turn = 6.28318530717958647693 / (double)t->period;
    const double u = t->n > 1 ? 2 * (double)i / (double)(t->n - 1) - 1 : 0;
    row[0] = 1;
    for (size_t k = 0; k < n_season; k++) {
        const double angle = turn * (double)((k / 2 + 1) * i % t->period);
        row[1 + k] = k % 2 ? norni_sin(angle) : norni_cos(angle);
    }
    double before = 1, now = u;
    for (size_t k = 0; k < degree; k++) {
        row[1 + n_season + k] = now;
        const double next = 2 * u * now - before;
        before = now, now = next;
    }
}

static bool kept(const task *t, size_t i) {
    return !isnan(t->y[i]) && !t->out[i];
}

/* l = A'A's lower factor, c = L^-1 A'y of each scale; false: columns explain each other. */
static bool solve(task *t, size_t n_season, size_t p, bool logs, double *l,
                  double c[2][MOST_COLUMNS], double total[2]) {
    double row[MOST_COLUMNS];
    memset(l, 0, p * p * sizeof *l);
    memset(c, 0, 2 * sizeof *c);
    total[0] = total[1] = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (!kept(t, i)) continue;
        fill_row(t, i, n_season, p - 1 - n_season, row);
        for (size_t s = 0; s < 1 + (size_t)logs; s++) {
            const double right = scaled(t, i, s) - t->centre[s];
            total[s] += right * right;
            for (size_t j = 0; j < p; j++)
                c[s][j] += row[j] * right;
        }
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k <= j; k++)
                l[j * p + k] += row[j] * row[k];
    }
    if (norni_cholesky(l, p, 1e-10) != 0) return false;
    for (size_t s = 0; s < 2; s++)
        norni_cholesky_forward(l, p, c[s]);
    return true;
}

/* The sum of logs of the points kept: what a likelihood of logarithms loses in y's unit. */
static double log_jacobian(const task *t) {
    double sum = 0;
    for (size_t i = 0; i < t->n; i++)
        if (kept(t, i)) sum += norni_log(t->y[i]);
    return sum;
}

static void take_centres(task *t) {
    double sum[2] = {0, 0};
    t->m = 0;
    for (size_t i = 0; i < t->n; i++)
        t->m += kept(t, i);
    for (size_t i = 0; i < t->n; i++)
        for (size_t s = 0; kept(t, i) && s < 1 + (size_t)t->positive; s++)
            sum[s] += scaled(t, i, s) / (double)t->m;
    t->centre[0] = sum[0], t->centre[1] = sum[1];
}

/* All degrees of one season: residual squares fall by c_j^2 with each further column. */
static void try_season(task *t, size_t n_season, double jacobian, form *best) {
    double l[MOST_COLUMNS * MOST_COLUMNS], c[2][MOST_COLUMNS], total[2];
    const double m = (double)t->m;
    size_t room = t->m > LEAST_REST ? t->m - LEAST_REST : 0;
    if (room > t->m / 2) room = t->m / 2;
    if (room < 1 + n_season) return;
    size_t degree = room - 1 - n_season;
    if (degree > MOST_DEGREE) degree = MOST_DEGREE;
    if (degree > t->n / 8) degree = t->n / 8;
    const size_t p = 1 + n_season + degree;
    if (!solve(t, n_season, p, t->positive, l, c, total)) return;
    for (size_t s = 0; s < 1 + (size_t)t->positive; s++) {
        double rest = total[s];
        const double unit = s ? 1 : t->size;
        for (size_t j = 0; j < p; j++) {
            rest -= c[s][j] * c[s][j];
            if (j < n_season) continue;
            const double floor = 1e-24 * unit * unit, var = fmax(rest / m, floor);
            const double bic =
                m * norni_log(var) + (s ? 2 * jacobian : 0) + (double)(j + 1) * norni_log(m);
            if (!(bic < best->bic)) continue;
            best->bic = bic, best->log = s, best->n_season = n_season;
            best->degree = j - n_season, best->p = j + 1;
        }
    }
}

/* The form chosen, with its coefficients and residual squares. */
static bool choose(task *t, form *f) {
    double c[2][MOST_COLUMNS], total[2];
    take_centres(t);
    const double jacobian = t->positive ? log_jacobian(t) : 0;
    f->bic = NORNI_INF;
    f->p = 0;
    try_season(t, 0, jacobian, f);
    if (t->period > 1 && t->n >= 2 * t->period) {
        if (t->period > 5) try_season(t, 4, jacobian, f);
        try_season(t, t->period - 1, jacobian, f);
    }
    if (f->p == 0 || !solve(t, f->n_season, f->p, f->log, f->l, c, total)) return false;
    memcpy(f->beta, c[f->log], f->p * sizeof *f->beta);
    norni_cholesky_backward(f->l, f->p, f->beta);
    f->squares = 0;
    double row[MOST_COLUMNS];
    for (size_t i = 0; i < t->n; i++) {
        if (!kept(t, i)) continue;
        fill_row(t, i, f->n_season, f->degree, row);
        const double e = scaled(t, i, f->log) - t->centre[f->log] - norni_dot(row, f->beta, f->p);
        f->squares += e * e;
    }
    return true;
}

/* Residual of point i and its leverage. */
static double residual(const task *t, const form *f, size_t i, double *leverage) {
    double row[MOST_COLUMNS];
    fill_row(t, i, f->n_season, f->degree, row);
    const double e = scaled(t, i, f->log) - t->centre[f->log] - norni_dot(row, f->beta, f->p);
    norni_cholesky_forward(f->l, f->p, row);
    *leverage = fmin(norni_dot(row, row, f->p), 1);
    return e;
}

/* What counts as no distance at all on the form's scale. */
static double rounding(const task *t, const form *f) {
    return 1e-10 * (f->log ? 1 : t->size);
}

/* The point whose deleted Studentised residual is largest, and that. */
static size_t worst(const task *t, const form *f, double *most) {
    size_t at = t->n;
    *most = 0;
    const double df = (double)(t->m - f->p - 1), least = rounding(t, f);
    for (size_t i = 0; i < t->n; i++) {
        double h;
        if (!kept(t, i)) continue;
        const double e = residual(t, f, i, &h), rest = 1 - h;
        if (!(rest > 1e-9) || fabs(e) < least) continue;
        const double var = fmax((f->squares - e * e / rest) / df, least * least);
        const double size = fabs(e) / sqrt(rest * var);
        if (size > *most) *most = size, at = i;
    }
    return at;
}

/* exponent: y is 2^exponent of what was fitted */
static void write_fit(const task *t, const form *f, int exponent, norni_deleted_fit *out) {
    const double var = fmax(f->squares / (double)(t->m - f->p), rounding(t, f) * rounding(t, f));
    double row[MOST_COLUMNS], h;
    for (size_t i = 0; i < t->n; i++) {
        fill_row(t, i, f->n_season, f->degree, row);
        const double says = t->centre[f->log] + norni_dot(row, f->beta, f->p);
        out->expected[i] = ldexp(f->log ? norni_exp(says) : says, exponent);
        out->z[i] = NORNI_NAN;
        if (isnan(t->y[i])) continue;
        const double e = residual(t, f, i, &h);
        out->z[i] = e / sqrt(var * (t->out[i] ? 1 + h : fmax(1 - h, 1e-9)));
    }
    out->log = f->log;
    out->degree = f->degree;
    out->n_season = f->n_season;
    out->ok = true;
}

/* Takes the worst point out most_out times; order[k] is the k-th. Returns how many are left out for good. */
static size_t leave_out(task *t, form *f, const norni_deleted_opt *opt, size_t *order) {
    size_t last = 0;
    for (size_t k = 0; k < opt->most_out; k++) {
        double size;
        if (norni_poll_stop(t->poll) || !choose(t, f) || t->m < f->p + 2 + LEAST_REST / 2) break;
        order[k] = worst(t, f, &size);
        if (order[k] == t->n) break;
        const double level = opt->alpha / (2 * (double)t->m);
        if (size > norni_t_upper(level, (double)(t->m - f->p - 1))) last = k + 1;
        t->out[order[k]] = true;
    }
    memset(t->out, 0, t->n * sizeof *t->out);
    for (size_t k = 0; k < last; k++)
        t->out[order[k]] = true;
    return last;
}

norn_status norni_deleted_fit_make(const double *y, size_t n, const norni_deleted_opt *opt,
                                   const norni_poll *poll, norni_arena *arena,
                                   norni_deleted_fit *out, norn_err *err) {
    memset(out, 0, sizeof *out);
    out->expected = norni_arena_get(arena, n, sizeof *out->expected);
    out->z = norni_arena_get(arena, n, sizeof *out->z);
    out->out = norni_arena_zero(arena, n, sizeof *out->out);
    if (!out->expected || !out->z || !out->out) return norni_alloc_fail(err, "trend", n, 17);
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    size_t *order = norni_arena_get(arena, opt->most_out + 1, sizeof *order);
    double *part = norni_arena_get(arena, n, sizeof *part);
    form *f = norni_arena_zero(arena, 1, sizeof *f);
    if (!order || !part || !f) return norni_alloc_fail(err, "trend", n, sizeof *part);
    task t = {.y = part, .n = n, .period = opt->period, .out = out->out, .positive = true};
    t.poll = poll;
    if (t.period > MOST_PERIOD || t.period < 2) t.period = 1;
    int exponent = 0;
    for (size_t i = 0; i < n; i++)
        t.size = fmax(t.size, isnan(y[i]) ? 0 : fabs(y[i]));
    t.size = frexp(t.size, &exponent);
    for (size_t i = 0; i < n; i++) {
        part[i] = ldexp(y[i], -exponent);
        out->n_seen += isnan(y[i]) ? 0 : 1;
        t.positive = t.positive && !(part[i] <= 0);
    }
    if (out->n_seen >= NORNI_DELETED_LEAST && t.size > 0) {
        out->n_out = leave_out(&t, f, opt, order);
        if (choose(&t, f)) write_fit(&t, f, exponent, out);
    }
    norni_arena_rewind(arena, mark);
    return norni_poll_stop(poll) ? norn_fail(err, NORN_E_CANCEL, "trend: cancelled") : NORN_OK;
}
