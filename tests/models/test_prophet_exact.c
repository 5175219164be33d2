/* Prophet's exact solver: no lower a posterior than Stan's, first-order conditions, hard problems. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/fp.h"
#include "base/rng.h"
#include "data/calendar.h"
#include "models/prophet/prophet_gram.h"
#include "models/prophet/prophet_solve.h"
#include "prophet_series.h"
#include "shared_arena.h"

enum { ROWS = 20000, SPOTS = 5 };

static int64_t ds[ROWS];
static double y[ROWS], rest[ROWS];

typedef struct solved {
    norni_prophet_plan plan;
    norni_prophet_design design;
    norni_prophet_problem p;
    norni_prophet_fit fit;
} solved;

static norni_prophet_fit room(const norni_prophet_problem *p) {
    norni_prophet_fit f = {0};
    f.delta = norni_arena_zero(&arena, p->n_change + 1, sizeof *f.delta);
    f.beta = norni_arena_zero(&arena, p->n_x + 1, sizeof *f.beta);
    assert_true(f.delta && f.beta);
    return f;
}

static void plan_of(solved *s, const norni_prophet_spec *spec, size_t n, const int64_t *at,
                    const double *values) {
    const norni_prophet_rows rows = {.n = n, .ds = at, .y = values};
    assert_int_equal(
        norni_prophet_plan_make(&arena, NULL, spec, &rows, &s->plan, &s->design, NULL, NULL),
        NORN_OK);
    assert_int_equal(norni_prophet_problem_of(&arena, &s->plan, &s->design, &s->p, NULL), NORN_OK);
    s->fit = room(&s->p);
}

static void solve(solved *s) {
    assert_int_equal(norni_prophet_solve(&arena, NULL, &s->p, NULL, &s->fit, NULL), NORN_OK);
}

/* The certificate is small beside what rounding of residuals makes of it, the posterior is the one
 * that the house's formula gives, and no small move betters it. */
static void sound(const solved *s) {
    const norni_prophet_fit *f = &s->fit;
    const double lp = norni_prophet_log_posterior(&s->p, f, rest);
    assert_true(f->exact && f->stop == NORN_STOP_CONVERGED);
    assert_true(fabs(lp - f->log_posterior) <= 1e-10 * fabs(lp) + 1e-9);
    assert_true(f->kkt <= 1e-8 + 4e-14 * sqrt((double)s->p.n) / (f->sigma * f->sigma));
    norni_prophet_fit g = *f;
    for (int k = 0; k < 12; k++) {
        const double by = (k % 2 ? 1e-3 : -1e-3) * f->sigma;
        g = *f;
        double *moved = k < 2    ? &g.k
                        : k < 4  ? &g.m
                        : k < 6  ? &g.sigma
                        : k < 8  ? g.beta
                        : k < 10 ? g.beta + s->p.n_x - 1
                                 : g.delta;
        const double was = *moved;
        *moved += by;
        assert_true(norni_prophet_log_posterior(&s->p, &g, rest) <= lp + 1e-9 * fabs(lp));
        *moved = was;
    }
}

/* Row `line` of a fixture: name, n, lp, sigma, fitted values at evenly spread rows. */
typedef struct told {
    char name[64];
    size_t n;
    double lp, sigma, fitted[SPOTS];
} told;

static bool read_told(FILE *f, told *t) {
    char line[512], *p = line;
    if (!fgets(line, sizeof line, f)) return false;
    const size_t len = strcspn(p, ",");
    assert_true(len < sizeof t->name);
    memcpy(t->name, p, len);
    t->name[len] = 0;
    p += len + 1;
    t->n = (size_t)strtoul(p, &p, 10);
    t->lp = strtod(p + 1, &p);
    t->sigma = strtod(p + 1, &p);
    for (int i = 0; i < SPOTS; i++)
        t->fitted[i] = strtod(p + 1, &p);
    return true;
}

static FILE *open_told(const char *path) {
    char head[512];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(head, sizeof head, f));
    return f;
}

/* At least Stan's posterior. Given sigma the posterior falls by |Z d|^2 / (2 sigma^2) and more at a
 * distance d from the optimum: what Stan falls short by bounds how far its fitted values may be off. */
static void against(const solved *s, const told *t) {
    const double short_by = s->fit.log_posterior - t->lp;
    assert_int_equal(s->p.n, t->n);
    assert_true(short_by >= -1e-6);
    if (!s->fit.exact) return;
    (void)norni_prophet_log_posterior(&s->p, &s->fit, rest);
    const double bound = 1.1 * fmax(s->fit.sigma, t->sigma) * sqrt(2 * fmax(short_by, 0)) + 1e-4;
    for (size_t i = 0; i < SPOTS; i++) {
        const size_t r = i * (s->p.n - 1) / (SPOTS - 1);
        assert_true(fabs(s->p.y[r] - rest[r] - t->fitted[i]) <= bound);
    }
}

static void generated(void **state) {
    (void)state;
    static prophet_series made;
    const char *path = getenv("NORN_PROPHET_MAP"); /* a longer file of the same script */
    FILE *f = open_told(path ? path : NORN_FIXTURES "/prophet_map.csv");
    told t;
    int exact = 0, n = 0;
    for (; read_told(f, &t); n++) {
        solved s;
        series_make(strtoull(t.name, NULL, 10), &made);
        const norni_prophet_spec spec = series_spec_of(&made);
        plan_of(&s, &spec, made.n, made.ds, made.y);
        solve(&s);
        against(&s, &t);
        if (s.fit.exact) sound(&s);
        exact += s.fit.exact;
        norni_arena_reset(&arena);
    }
    (void)fclose(f);
    assert_true(n >= 80 && exact >= n * 96 / 100); /* the others have as many columns as rows */
}

static int64_t time_of(const char *p) {
    const int64_t day =
        norni_days_from_civil(atoi(p), (int)strtol(p + 5, NULL, 10), (int)strtol(p + 8, NULL, 10));
    int64_t seconds = 0;
    if (p[10] == ' ')
        seconds = strtol(p + 11, NULL, 10) * 3600 + strtol(p + 14, NULL, 10) * 60 +
                  strtol(p + 17, NULL, 10);
    return day * NORNI_US_DAY + seconds * INT64_C(1000000);
}

/* ds,y with or without quotes, lines ended by \n or \r; sorted by insertion. 0: no such file. */
static size_t read_rows(const char *folder, const char *name) {
    char path[512], line[256];
    size_t n = 0, len = 0;
    (void)snprintf(path, sizeof path, "%s/%s.csv", folder, name);
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    for (int c = fgetc(f), head = 1;; c = fgetc(f)) {
        if (c != '\n' && c != '\r' && c != EOF) {
            if (c != '"' && len + 1 < sizeof line) line[len++] = (char)c;
            continue;
        }
        line[len] = 0;
        const char *comma = strchr(line, ',');
        if (!head && comma && n < ROWS) {
            const int64_t at = time_of(line);
            const double v = comma[1] == 0 || comma[1] == 'N' ? NORNI_NAN : strtod(comma + 1, NULL);
            size_t i = n++;
            for (; i > 0 && ds[i - 1] > at; i--)
                ds[i] = ds[i - 1], y[i] = y[i - 1];
            ds[i] = at, y[i] = v;
        }
        head = 0, len = 0;
        if (c == EOF) break;
    }
    (void)fclose(f);
    return n;
}

/* Prophet's own test data; its examples too where NORN_PROPHET_DATA names their folder. */
static void examples(void **state) {
    (void)state;
    FILE *f = open_told(NORN_FIXTURES "/prophet_examples.csv");
    const char *folder = getenv("NORN_PROPHET_DATA");
    told t;
    int n = 0;
    while (read_told(f, &t)) {
        solved s;
        size_t rows = read_rows(NORN_FIXTURES, t.name);
        if (rows == 0 && folder) rows = read_rows(folder, t.name);
        if (rows == 0) continue;
        const norni_prophet_spec spec = prophet_defaults();
        plan_of(&s, &spec, rows, ds, y);
        solve(&s);
        against(&s, &t);
        sound(&s);
        norni_arena_reset(&arena);
        n++;
    }
    (void)fclose(f);
    assert_true(n >= 3);
}

/* A problem by hand: t even on [0, 1], columns drawn. */
static norni_prophet_problem by_hand(size_t n, size_t n_change, size_t n_x, double tau) {
    double *t = norni_arena_get(&arena, n, sizeof *t), *v = norni_arena_get(&arena, n, sizeof *v);
    double *change = norni_arena_get(&arena, n_change + 1, sizeof *change);
    double *prior = norni_arena_get(&arena, n_x + 1, sizeof *prior);
    bool *multiplicative = norni_arena_zero(&arena, n_x + 1, sizeof *multiplicative);
    const double **x = norni_arena_get(&arena, n_x + 1, sizeof *x);
    assert_true(t && v && change && prior && multiplicative && x);
    for (size_t i = 0; i < n; i++) {
        t[i] = (double)i / (double)(n - 1);
        v[i] = 0;
    }
    for (size_t j = 0; j < n_change; j++)
        change[j] = 0.8 * (double)(j + 1) / (double)n_change;
    for (size_t j = 0; j < n_x; j++) {
        double *c = norni_arena_get(&arena, n, sizeof *c);
        assert_non_null(c);
        const norni_rng rng = {5, j};
        norni_rng_normals(rng, 0, c, n);
        x[j] = c, prior[j] = 10;
    }
    return (norni_prophet_problem){.growth = NORNI_PROPHET_LINEAR,
                                   .n = n,
                                   .t = t,
                                   .y = v,
                                   .n_change = n_change,
                                   .change = change,
                                   .tau = tau,
                                   .n_x = n_x,
                                   .x = x,
                                   .prior = prior,
                                   .multiplicative = multiplicative};
}

/* y = level + slope t + sum of the columns / (1 + j) + noise */
static void give_y(norni_prophet_problem *p, double level, double slope, double noise) {
    double *v = norni_arena_get(&arena, p->n, sizeof *v);
    assert_non_null(v);
    norni_rng_normals((norni_rng){6, 0}, 0, v, p->n);
    for (size_t i = 0; i < p->n; i++) {
        v[i] = level + slope * p->t[i] + noise * v[i];
        for (size_t j = 0; j < p->n_x; j++)
            v[i] += 0.1 * p->x[j][i] / (double)(1 + j);
    }
    p->y = v;
}

/* Without changepoints Prophet has one at 0 whose delta joins k: beyond 25 / tau the penalty bends. */
static void folded(void **state) {
    (void)state;
    solved s = {.p = by_hand(80, 0, 1, 50)};
    give_y(&s.p, 0.2, 3, 0.05); /* the bend lies at 0.5 */
    s.fit = room(&s.p);
    solve(&s);
    sound(&s);
    assert_true(fabs(s.fit.k - 3) < 0.2);
    /* k of normal prior and an explicit change at 0: the same posterior */
    norni_prophet_problem q = s.p;
    const double zero = 0;
    q.n_change = 1, q.change = &zero;
    norni_prophet_fit g = room(&q);
    assert_int_equal(norni_prophet_solve(&arena, NULL, &q, NULL, &g, NULL), NORN_OK);
    assert_true(fabs(g.log_posterior - s.fit.log_posterior) < 1e-8);
    assert_true(fabs(g.k + g.delta[0] - s.fit.k) < 1e-9 && fabs(g.k - 0.5) < 1e-6);
}

static void flat(void **state) {
    (void)state;
    solved s = {.p = by_hand(50, 5, 2, 0.05)};
    s.p.growth = NORNI_PROPHET_FLAT;
    give_y(&s.p, 0.5, 0, 0.1);
    s.fit = room(&s.p);
    solve(&s);
    sound(&s);
    assert_true(s.fit.k == 0 && fabs(s.fit.m - 0.5) < 0.1);
    for (size_t j = 0; j < 5; j++)
        assert_true(s.fit.delta[j] == 0);
}

static void constant_y(void **state) {
    (void)state;
    solved s = {.p = by_hand(30, 3, 2, 0.05)};
    double *v = norni_arena_get(&arena, 30, sizeof *v);
    assert_non_null(v);
    for (int growth = 0; growth < 2; growth++) {
        for (size_t i = 0; i < 30; i++)
            v[i] = 1;
        s.p.y = v;
        s.p.growth = growth ? NORNI_PROPHET_FLAT : NORNI_PROPHET_LINEAR;
        s.fit = room(&s.p);
        solve(&s);
        assert_true(s.fit.k == 0 && s.fit.m == 1 && s.fit.sigma == 1e-9);
        assert_int_equal(s.fit.stop, NORN_STOP_CLOSED_FORM);
    }
}

/* No noise, or as many columns as rows: the posterior has no bound, and nothing breaks. */
static void without_bound(void **state) {
    (void)state;
    solved s = {.p = by_hand(200, 25, 3, 0.05)};
    give_y(&s.p, 0.2, 0.5, 0);
    s.fit = room(&s.p);
    solve(&s);
    assert_true(!s.fit.exact && s.fit.sigma < 1e-9 && s.fit.sigma >= 1e-13);
    assert_true(fabs(s.fit.k - 0.5) < 1e-6 && fabs(s.fit.beta[1] - 0.05) < 1e-6);
    s.p = by_hand(20, 10, 20, 0.05);
    give_y(&s.p, 0.2, 0.5, 0.01);
    s.fit = room(&s.p);
    solve(&s);
    assert_true(isfinite(s.fit.log_posterior) && s.fit.sigma >= 1e-13);
    s.p = by_hand(2, 0, 1, 0.05); /* two rows */
    give_y(&s.p, 0.2, 0.5, 0);
    s.fit = room(&s.p);
    solve(&s);
    assert_true(isfinite(s.fit.log_posterior) && isfinite(s.fit.k) && isfinite(s.fit.beta[0]));
}

/* Numbers of one line into an array of the arena. */
static double *line_of(FILE *f, size_t n) {
    double *v = norni_arena_get(&arena, n + 1, sizeof *v);
    assert_non_null(v);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fscanf(f, i ? ",%lf" : "%lf", &v[i]), 1);
    return v;
}

/* Few rows: of several peaks the highest that has a sigma of its own, be it narrow and not the first
 * on the way down. The climb, which starts elsewhere, finds none higher. */
static void few_rows(void **state) {
    (void)state;
    FILE *f = fopen(NORN_FIXTURES "/prophet_roots.csv", "r");
    size_t n, n_change, n_x;
    double tau;
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%*[^\n]%zu,%zu,%zu,%lf", &n, &n_change, &n_x, &tau), 4);
    solved s = {.p = by_hand(n, n_change, n_x, tau)};
    s.p.t = line_of(f, n), s.p.y = line_of(f, n), s.p.change = line_of(f, n_change);
    s.p.prior = line_of(f, n_x);
    for (size_t j = 0; j < n_x; j++)
        ((const double **)(uintptr_t)s.p.x)[j] = line_of(f, n);
    (void)fclose(f);
    norni_prophet_fit other;
    s.fit = room(&s.p), other = room(&s.p);
    solve(&s);
    sound(&s);
    assert_int_equal(norni_prophet_climb(&arena, NULL, &s.p, NULL, &other, NULL), NORN_OK);
    assert_true(fabs(s.fit.sigma - 0.00154) < 1e-5);
    assert_true(s.fit.log_posterior > 96.29 && s.fit.passes < 200);
    assert_true(s.fit.log_posterior >= other.log_posterior - 1e-7);
    for (size_t k = 0; k < 30; k++) {
        s.p = by_hand(20 + k % 5 * 3, 8 + k % 3 * 6, 8 + k % 4 * 6, k % 2 ? 0.05 : 0.5);
        give_y(&s.p, 0.2, 0.5, 0.003 * (double)(1 + k % 7));
        s.fit = room(&s.p), other = room(&s.p);
        solve(&s);
        assert_int_equal(norni_prophet_climb(&arena, NULL, &s.p, NULL, &other, NULL), NORN_OK);
        if (other.sigma > 1e-6)
            assert_true(s.fit.log_posterior >= other.log_posterior - 1e-7 && s.fit.sigma > 1e-6);
    }
}

/* A level a million times the noise and more: digits are not lost. */
static void offset(void **state) {
    (void)state;
    for (int e = 3; e <= 7; e++) {
        solved s = {.p = by_hand(400, 10, 3, 0.05)};
        const double noise = pow(10, -e);
        give_y(&s.p, 1, 0.01, noise);
        s.fit = room(&s.p);
        solve(&s);
        assert_true(fabs(s.fit.sigma / noise - 1) < 0.2);
        sound(&s);
    }
}

static void columns_alike(void **state) {
    (void)state;
    solved s = {.p = by_hand(100, 5, 6, 0.05)};
    const double **x = norni_arena_get(&arena, 6, sizeof *x);
    assert_non_null(x);
    memcpy(x, s.p.x, 6 * sizeof *x);
    x[3] = x[0];
    s.p.x = x;
    give_y(&s.p, 0.2, 0.5, 0.1);
    s.fit = room(&s.p);
    solve(&s);
    sound(&s);
    assert_true(fabs(s.fit.beta[0] - s.fit.beta[3]) < 1e-7); /* a ridge shares between twins */
}

/* A column in other units with its prior: the same bits. */
static void units(void **state) {
    (void)state;
    solved s = {.p = by_hand(120, 5, 3, 0.05)}, u;
    give_y(&s.p, 0.2, 0.5, 0.1);
    s.fit = room(&s.p);
    solve(&s);
    u = s;
    const double **x = norni_arena_get(&arena, 3, sizeof *x);
    double *c = norni_arena_get(&arena, 120, sizeof *c), prior[3] = {10, 10, ldexp(10, -900)};
    assert_true(x && c);
    for (size_t i = 0; i < 120; i++)
        c[i] = ldexp(s.p.x[2][i], 900);
    x[0] = s.p.x[0], x[1] = s.p.x[1], x[2] = c;
    u.p.x = x, u.p.prior = prior;
    u.fit = room(&u.p);
    solve(&u);
    assert_true(u.fit.log_posterior == s.fit.log_posterior && u.fit.sigma == s.fit.sigma);
    assert_true(u.fit.beta[2] == ldexp(s.fit.beta[2], -900));
}

/* Priors and columns of any size give finite estimates. */
static void extremes(void **state) {
    (void)state;
    static const double sizes[] = {1e-308, 1e-300, 1e-20, 1, 1e20, 1e300, 1.7e308};
    for (size_t k = 0; k < 7; k++)
        for (int what = 0; what < 4; what++) {
            solved s = {.p = by_hand(90, 8, 3, 0.05)};
            double *c = norni_arena_get(&arena, 90, sizeof *c), prior[3] = {10, sizes[k], 10};
            const double *x[3] = {s.p.x[0], s.p.x[1], c};
            assert_non_null(c);
            give_y(&s.p, 0.2, 0.5, 0.1);
            for (size_t i = 0; i < 90; i++)
                c[i] = sizes[k] * (what == 3 ? 1 : (double)(i % 2));
            if (what == 0) s.p.tau = sizes[k];
            if (what == 1) s.p.prior = prior;
            if (what >= 2) s.p.x = x;
            s.fit = room(&s.p);
            solve(&s);
            assert_true(isfinite(s.fit.log_posterior) && isfinite(s.fit.kkt) && s.fit.exact);
            assert_true(s.fit.sigma > 0.02 && s.fit.sigma < 0.2);
            for (size_t j = 0; j < 3; j++)
                assert_true(isfinite(s.fit.beta[j]));
        }
}

static void many_regressors(void **state) {
    (void)state;
    solved s = {.p = by_hand(800, 25, 500, 0.05)};
    give_y(&s.p, 0.2, 0.5, 0.2);
    s.fit = room(&s.p);
    solve(&s);
    sound(&s);
    assert_true(s.fit.passes < 40);
}

static void warm(void **state) {
    (void)state;
    static prophet_series made;
    solved s;
    series_make(5, &made);
    const norni_prophet_spec spec = series_spec_of(&made);
    plan_of(&s, &spec, made.n, made.ds, made.y);
    solve(&s);
    norni_prophet_fit again = room(&s.p), odd = room(&s.p);
    assert_int_equal(norni_prophet_solve(&arena, NULL, &s.p, &s.fit, &again, NULL), NORN_OK);
    assert_true(fabs(again.log_posterior - s.fit.log_posterior) < 1e-9);
    assert_true(again.passes <= s.fit.passes + 2);
    odd.sigma = 1e-7, odd.k = NORNI_NAN, odd.beta[0] = 1e30; /* a start from nowhere */
    assert_int_equal(norni_prophet_solve(&arena, NULL, &s.p, &odd, &again, NULL), NORN_OK);
    assert_true(fabs(again.log_posterior - s.fit.log_posterior) < 1e-9);
}

static bool stop_now(void *user) {
    int *left = user;
    return (*left)-- <= 0;
}

static void cancelled(void **state) {
    (void)state;
    solved s = {.p = by_hand(300, 25, 20, 0.05)};
    give_y(&s.p, 0.2, 0.5, 0.1);
    for (int n = 0; n < 60; n += 7) {
        int left = n;
        const norni_poll poll = {stop_now, &left};
        s.fit = room(&s.p);
        assert_int_equal(norni_prophet_solve(&arena, &poll, &s.p, NULL, &s.fit, NULL),
                         NORN_E_CANCEL);
    }
}

/* Products and their use against sums written out; a calendar shared; an earlier cut-off's bits. */
static void products(void **state) {
    (void)state;
    norni_prophet_problem p = by_hand(700, 12, 7, 0.05), q = p;
    norni_prophet_gram g, h, k;
    double *out = norni_arena_get(&arena, 40, sizeof *out);
    assert_non_null(out);
    assert_int_equal(norni_prophet_gram_make(&arena, NULL, &p, NULL, &g, NULL), NORN_OK);
    assert_int_equal(g.n_z, 21);
    give_y(&p, 0.1, 0.2, 0.3);
    assert_true(norni_prophet_gram_times(&g, NULL, p.y, out));
    for (size_t i = 0; i < g.n_z; i++)
        for (size_t j = 0; j <= g.n_z; j++) { /* the last one: y */
            double sum = 0;
            for (size_t r = 0; r < p.n; r++) {
                double v[2];
                for (int side = 0; side < 2; side++) {
                    const size_t c = side ? j : i;
                    v[side] = c == 0          ? 1
                              : c == 1        ? p.t[r]
                              : c == g.n_z    ? p.y[r]
                              : c < g.n_trend ? fmax(0, p.t[r] - p.change[c - 2])
                                              : p.x[c - 14][r] * g.scale[c - 14];
                }
                sum += v[0] * v[1];
            }
            const double mine = j < g.n_z ? g.products[i * g.n_z + j] : out[i];
            assert_true(fabs(mine - sum) <= 1e-11 * (1 + fabs(sum)));
        }
    assert_true(norni_prophet_gram_serves(&g, &p));
    q.n = 600;
    assert_false(norni_prophet_gram_serves(&g, &q));
    assert_int_equal(norni_prophet_gram_make(&arena, NULL, &q, NULL, &h, NULL), NORN_OK);
    assert_int_equal(norni_prophet_gram_make(&arena, NULL, &p, &h, &k, NULL), NORN_OK);
    assert_memory_equal(g.products, k.products, g.n_z * g.n_z * sizeof *g.products);
    norni_prophet_fit one = room(&p), two = room(&p);
    assert_int_equal(norni_prophet_exact(&arena, NULL, &p, &g, NULL, &one, NULL), NORN_OK);
    assert_int_equal(norni_prophet_exact(&arena, NULL, &p, NULL, NULL, &two, NULL), NORN_OK);
    assert_true(one.log_posterior == two.log_posterior && one.k == two.k);
    assert_int_equal(norni_prophet_exact(&arena, NULL, &q, &g, NULL, &two, NULL), NORN_OK);
    assert_true(two.log_posterior != one.log_posterior); /* one that does not serve is not used */
}

static void calendar(void **state) {
    (void)state;
    static prophet_series made;
    solved s;
    series_make(5, &made);
    const norni_prophet_spec spec = series_spec_of(&made);
    plan_of(&s, &spec, made.n, made.ds, made.y);
    norni_prophet_rows rows = {.n = made.n, .ds = made.ds, .y = made.y};
    assert_true(norni_prophet_same_calendar(&s.plan, &s.design, &rows));
    made.y[7] = NORNI_NAN;
    assert_false(norni_prophet_same_calendar(&s.plan, &s.design, &rows));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(generated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(examples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(constant_y, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(few_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(offset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(columns_alike, set_up, tear_down),
        cmocka_unit_test_setup_teardown(units, set_up, tear_down),
        cmocka_unit_test_setup_teardown(extremes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_regressors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(warm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(products, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calendar, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
