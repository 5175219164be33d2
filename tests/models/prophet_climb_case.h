/* Prophet's problems read from a fixture, and their log posterior as Prophet's formulas say it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPHET_CLIMB_CASE_H
#define PROPHET_CLIMB_CASE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/prophet/prophet_solve.h"

enum { CASE_ROWS = 160, CASE_CHANGES = 32, CASE_COLUMNS = 24, CASE_LINE = 1 << 14 };

typedef struct climb_case {
    char name[32];
    double stan;
    norni_prophet_problem p;
    double days[CASE_ROWS], t[CASE_ROWS], y[CASE_ROWS], cap[CASE_ROWS], change[CASE_CHANGES];
    double column[CASE_COLUMNS][CASE_ROWS], prior[CASE_COLUMNS];
    const double *x[CASE_COLUMNS];
    bool multiplicative[CASE_COLUMNS];
} climb_case;

static inline norni_prophet_growth growth_of(const char *text) {
    return strncmp(text, "lin", 3) == 0   ? NORNI_PROPHET_LINEAR
           : strncmp(text, "log", 3) == 0 ? NORNI_PROPHET_LOGISTIC
                                          : NORNI_PROPHET_FLAT;
}

/* The numbers behind a line's name into out; how many. */
static inline size_t read_numbers(FILE *f, const char *name, double *out, size_t room) {
    static char line[CASE_LINE];
    size_t n = 0;
    assert_non_null(fgets(line, sizeof line, f));
    assert_int_equal(strncmp(line, name, strlen(name)), 0);
    for (char *at = strchr(line, ','), *end; at && n < room; at = *end == ',' ? end : NULL, n++) {
        out[n] = strtod(at + 1, &end);
        if (end == at + 1) break;
    }
    return n;
}

static inline void read_column(FILE *f, climb_case *c, size_t j) {
    static char line[CASE_LINE];
    char mode[32] = "", what[8] = "";
    double period = 0;
    int pair = 0, every = 0, used = 0;
    assert_non_null(fgets(line, sizeof line, f));
    if (strncmp(line, "fourier,", 8) == 0) {
        assert_int_equal(sscanf(line, "fourier,%31[^,],%lf,%lf,%d,%3[a-z],%d", mode, &c->prior[j],
                                &period, &pair, what, &every),
                         6);
        for (size_t i = 0; i < c->p.n; i++) {
            const double angle = 2 * 3.14159265358979323846 * pair * c->days[i] / period;
            const double v = what[0] == 's' ? sin(angle) : cos(angle);
            c->column[j][i] = every && i % (size_t)every == 0 ? 0 : v;
        }
    } else {
        assert_int_equal(sscanf(line, "values,%31[^,],%lf,%n", mode, &c->prior[j], &used), 2);
        char *at = line + used;
        for (size_t i = 0; i < c->p.n; i++, at++)
            c->column[j][i] = strtod(at, &at);
    }
    c->multiplicative[j] = mode[0] == 'm';
    c->x[j] = c->column[j];
}

/* The next case of the file; false: there is none. */
static inline bool read_case(FILE *f, climb_case *c) {
    static char line[CASE_LINE];
    char growth[16];
    double row[CASE_CHANGES];
    memset(c, 0, sizeof *c);
    do {
        if (!fgets(line, sizeof line, f)) return false;
    } while (strncmp(line, "case,", 5) != 0);
    norni_prophet_problem *p = &c->p;
    assert_int_equal(sscanf(line, "case,%31[^,],%15[^,],%zu,%zu,%zu,%lf,%lf", c->name, growth,
                            &p->n, &p->n_change, &p->n_x, &p->tau, &c->stan),
                     7);
    assert_true(p->n <= CASE_ROWS && p->n_change <= CASE_CHANGES && p->n_x <= CASE_COLUMNS);
    p->growth = growth_of(growth);
    assert_int_equal(read_numbers(f, "days,", c->days, CASE_ROWS), p->n);
    assert_int_equal(read_numbers(f, "y,", c->y, CASE_ROWS), p->n);
    (void)read_numbers(f, "cap,", c->cap, CASE_ROWS);
    assert_int_equal(read_numbers(f, "change,", row, CASE_CHANGES), p->n_change);
    for (size_t i = 0; i < p->n; i++)
        c->t[i] = (c->days[i] - c->days[0]) / (c->days[p->n - 1] - c->days[0]);
    for (size_t j = 0; j < p->n_change; j++)
        c->change[j] = c->t[(size_t)row[j]];
    for (size_t j = 0; j < p->n_x; j++)
        read_column(f, c, j);
    p->t = c->t, p->y = c->y, p->cap = c->cap, p->change = c->change;
    p->x = c->x, p->prior = c->prior, p->multiplicative = c->multiplicative;
    return true;
}

/* The trend at t by the paper's formulas, offsets gamma and all. */
static inline double paper_trend(const norni_prophet_problem *p, const norni_prophet_fit *f,
                                 double t, double cap) {
    double rate = f->k, offset = f->m;
    for (size_t j = 0; p->growth != NORNI_PROPHET_FLAT && j < p->n_change && t >= p->change[j];
         j++) {
        const double next = rate + f->delta[j];
        offset += p->growth == NORNI_PROPHET_LINEAR ? -p->change[j] * f->delta[j]
                                                    : (p->change[j] - offset) * (1 - rate / next);
        rate = next;
    }
    if (p->growth == NORNI_PROPHET_FLAT) return f->m;
    return p->growth == NORNI_PROPHET_LINEAR ? rate * t + offset
                                             : cap / (1 + exp(-rate * (t - offset)));
}

static inline double paper_log_posterior(const norni_prophet_problem *p,
                                         const norni_prophet_fit *f) {
    const double s = f->sigma;
    double squares = 0, sum = -f->k * f->k / 50 - f->m * f->m / 50 - 2 * s * s;
    for (size_t i = 0; i < p->n; i++) {
        double lift = 1, add = 0;
        for (size_t j = 0; j < p->n_x; j++)
            *(p->multiplicative[j] ? &lift : &add) += p->x[j][i] * f->beta[j];
        const double r = p->y[i] - paper_trend(p, f, p->t[i], p->cap ? p->cap[i] : 0) * lift - add;
        squares += r * r;
    }
    for (size_t j = 0; j < p->n_change; j++)
        sum -= fabs(f->delta[j]) / p->tau;
    for (size_t j = 0; j < p->n_x; j++)
        sum -= f->beta[j] * f->beta[j] / (2 * p->prior[j] * p->prior[j]);
    return sum - (double)p->n * log(s) - squares / (2 * s * s);
}

#endif
