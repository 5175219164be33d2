/* Prophet's predictions: trend, components and yhat as prophet 1.3's; draws and bounds as its spread. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle (tests/oracle/make_prophet_predict.py) hands over its estimates, so that what is compared
 * is predictions alone. Values: 1e-9 of the series' size (what is left is the order of sums). Spread: a
 * standard deviation of N draws is known to about sqrt(kurtosis / (4 N)), a quantile to 1.8 sd / sqrt(N)
 * (a normal's at 10 %); both sides draw, and a trend's tails are heavier: five times their sum. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fp.h"
#include "base/rng.h"
#include "data/calendar.h"
#include "models/prophet/prophet_plan.h"
#include "models/prophet/prophet_predict.h"
#include "num/quantile_band.h"
#include "prophet_defaults.h"
#include "shared_arena.h"

enum { MOST_ROWS = 512, N_X = 3, MOST_LINES = 256, N_AT = 4 };

typedef struct table {
    size_t n;
    int64_t ds[MOST_ROWS];
    double y[MOST_ROWS], cap[MOST_ROWS], floor[MOST_ROWS], x[N_X][MOST_ROWS];
} table;

typedef struct line {
    char *name;
    size_t n;
    double v[MOST_ROWS];
} line;

/* One case of the fixture. */
typedef struct oracle {
    table past, ahead;
    size_t n_column, n_part, n_spread, n_delta;
    line column[MOST_LINES], part[64], spread[8];
    char *what[8]; /* trend or yhat */
    double fit[3], delta[64];
} oracle;

static char *next_cell(char **at) {
    char *cell = *at, *end = strchr(cell, ',');
    if (end) *end = 0;
    *at = end ? end + 1 : cell + strlen(cell);
    return cell;
}

static double number(const char *cell) {
    return *cell ? strtod(cell, NULL) : NORNI_NAN;
}

static void take_row(table *t, char *rest) {
    const size_t i = t->n++;
    assert_true(i < MOST_ROWS);
    t->ds[i] = strtoll(next_cell(&rest), NULL, 10);
    t->y[i] = number(next_cell(&rest));
    t->cap[i] = number(next_cell(&rest));
    t->floor[i] = number(next_cell(&rest));
    for (size_t k = 0; k < N_X; k++)
        t->x[k][i] = number(next_cell(&rest));
}

static void take_numbers(line *l, char *rest) {
    for (l->n = 0; *rest && l->n < MOST_ROWS; l->n++)
        l->v[l->n] = number(next_cell(&rest));
}

static void take_line(oracle *o, char *at) {
    const char *kind = next_cell(&at);
    line other = {.n = 0};
    if (strcmp(kind, "row") == 0) {
        take_row(&o->past, at);
    } else if (strcmp(kind, "ahead") == 0) {
        take_row(&o->ahead, at);
    } else if (strcmp(kind, "column") == 0) {
        line *l = &o->column[o->n_column++];
        l->name = next_cell(&at);
        l->v[0] = number(at);
    } else if (strcmp(kind, "part") == 0) {
        line *l = &o->part[o->n_part++];
        l->name = next_cell(&at);
        take_numbers(l, at);
    } else if (strcmp(kind, "spread") == 0) {
        line *l = &o->spread[o->n_spread];
        l->name = next_cell(&at);
        o->what[o->n_spread++] = next_cell(&at);
        take_numbers(l, at);
    } else if (strcmp(kind, "fit") == 0) {
        take_numbers(&other, at);
        memcpy(o->fit, other.v, sizeof o->fit);
    } else if (strcmp(kind, "delta") == 0) {
        take_numbers(&other, at);
        o->n_delta = other.n;
        memcpy(o->delta, other.v, sizeof o->delta);
    }
}

static oracle *read_case(const char *name) {
    FILE *f = fopen(NORN_FIXTURES "/prophet_predict.csv", "rb");
    char wanted[64];
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    const size_t n = (size_t)ftell(f);
    rewind(f);
    char *const text = norni_arena_get(&arena, n + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, n, f), n);
    text[n] = 0;
    fclose(f);
    oracle *o = norni_arena_zero(&arena, 1, sizeof *o);
    assert_non_null(o);
    snprintf(wanted, sizeof wanted, "case,%s", name);
    bool inside = false;
    for (char *at = text; *at;) {
        char *end = strchr(at, '\n');
        assert_non_null(end);
        *end = 0;
        if (strncmp(at, "case,", 5) == 0)
            inside = strcmp(at, wanted) == 0;
        else if (inside)
            take_line(o, at);
        at = end + 1;
    }
    assert_true(o->past.n > 0 && o->ahead.n > 0);
    return o;
}

static norni_prophet_rows rows_of(const table *t, bool limits) {
    static const norni_str names[N_X] = {{"promo", 5}, {"heat", 4}, {"open", 4}};
    const double **x = norni_arena_get(&arena, N_X, sizeof *x);
    assert_non_null(x);
    for (size_t k = 0; k < N_X; k++)
        x[k] = t->x[k];
    return (norni_prophet_rows){.n = t->n,
                                .ds = t->ds,
                                .cap = limits ? t->cap : NULL,
                                .floor = limits ? t->floor : NULL,
                                .n_x = N_X,
                                .x_name = names,
                                .x = x};
}

static int64_t day(int32_t year, int32_t month, int32_t d) {
    return norni_days_from_civil(year, month, d);
}

/* What make_prophet_predict.py asks for. */
static norni_prophet_spec spec_of(const char *name) {
    static norni_holiday party[5];
    static norni_prophet_season monthly = {.period = 30.5, .order = 3, .prior = 10},
                                office = {
                                    .period = 7, .order = 2, .prior = 10, .multiplicative = true};
    static norni_prophet_regressor regressor[2] = {
        {.prior = 10, .standardise = -1}, {.prior = 10, .standardise = -1, .multiplicative = true}};
    static int64_t change[2];
    norni_prophet_spec s = prophet_defaults();
    const int64_t days[] = {day(2019, 12, 10), day(2020, 3, 10), day(2020, 12, 20)};
    for (size_t k = 0; k < 3; k++)
        party[k] = (norni_holiday){norni_str_of("party"), days[k], -2, 1, NORNI_NAN};
    for (int32_t k = 0; k < 2; k++)
        party[3 + k] =
            (norni_holiday){norni_str_of("Rest"), day(2019 + k, 12, 25), 0, 0, NORNI_NAN};
    monthly.name = norni_str_of("monthly");
    office.name = norni_str_of("office");
    office.condition = norni_str_of("open");
    regressor[0].name = norni_str_of("promo");
    regressor[1].name = norni_str_of("heat");
    if (strcmp(name, "linear") == 0) {
        s.n_holiday = 5, s.holiday = party, s.yearly = 3, s.n_season = 1, s.season = &monthly;
        s.n_regressor = 2, s.regressor = regressor;
    } else if (strcmp(name, "logistic") == 0) {
        s.growth = NORNI_PROPHET_LOGISTIC, s.multiplicative = true;
        s.holidays_multiplicative = true, s.changepoint_prior = 0.5;
    } else if (strcmp(name, "flat") == 0) {
        s.growth = NORNI_PROPHET_FLAT, s.yearly = s.weekly = s.daily = 0;
    } else if (strcmp(name, "minmax") == 0) {
        s.minmax = true, s.n_holiday = 3, s.holiday = party;
        s.holidays_multiplicative = true, s.n_changepoints = 0;
    } else {
        change[0] = day(2019, 11, 24) * NORNI_US_DAY, change[1] = day(2019, 11, 27) * NORNI_US_DAY;
        s.changepoints_given = true, s.n_changepoint = 2, s.changepoint = change;
        s.n_season = 1, s.season = &office;
    }
    return s;
}

/* A model with the oracle's estimates, and its rows ahead. */
typedef struct model {
    oracle *o;
    norni_prophet_plan plan;
    norni_prophet_fit fit;
    norni_prophet_fitted fitted;
    norni_prophet_design past, ahead;
    norni_prophet_parts parts;
} model;

static const norni_poll no_poll;

static void make_model(const char *name, model *m) {
    norn_err err = {0};
    const norni_prophet_spec spec = spec_of(name);
    const bool limits = spec.growth == NORNI_PROPHET_LOGISTIC;
    m->o = read_case(name);
    norni_prophet_rows past = rows_of(&m->o->past, limits), ahead = rows_of(&m->o->ahead, limits);
    past.y = m->o->past.y;
    if (norni_prophet_plan_make(&arena, &no_poll, &spec, &past, &m->plan, &m->past, NULL, &err))
        fail_msg("%s: %s", name, err.text);
    assert_int_equal(m->plan.n_column, m->o->n_column);
    assert_int_equal(m->plan.n_change, m->o->n_delta);
    double *beta = norni_arena_get(&arena, m->plan.n_column, sizeof *beta);
    assert_non_null(beta);
    for (size_t j = 0; j < m->plan.n_column; j++) {
        char column[256];
        norni_prophet_column_name(&m->plan.column[j], column, sizeof column);
        assert_string_equal(column, m->o->column[j].name);
        beta[j] = m->o->column[j].v[0];
    }
    m->fit = (norni_prophet_fit){.k = m->o->fit[0],
                                 .m = m->o->fit[1],
                                 .sigma = m->o->fit[2],
                                 .delta = m->o->delta,
                                 .beta = beta};
    m->fitted = (norni_prophet_fitted){&m->plan, &m->fit, 1 / (double)(m->past.n - 1), NULL};
    assert_int_equal(norni_prophet_design_make(&arena, &no_poll, &m->plan, &ahead, &m->ahead, &err),
                     NORN_OK);
    assert_int_equal(
        norni_prophet_parts_make(&arena, &no_poll, &m->fitted, &m->ahead, true, &m->parts, &err),
        NORN_OK);
}

static void assert_near(const char *what, const double *got, const line *want, double size) {
    for (size_t i = 0; i < want->n; i++) {
        if (!(fabs(got[i] - want->v[i]) <= 1e-9 * size))
            fail_msg("%s, row %zu: %.17g, prophet %.17g", what, i, got[i], want->v[i]);
    }
}

/* Names and order of predict()'s columns, and their values. */
static void check_parts(const char *name) {
    model m;
    make_model(name, &m);
    const oracle *o = m.o;
    assert_int_equal(m.parts.n_component, o->n_part - 2);
    assert_string_equal(o->part[0].name, "trend");
    assert_near("trend", m.parts.trend, &o->part[0], m.plan.y_scale);
    for (size_t k = 0; k < m.parts.n_component; k++) {
        const norni_prophet_component *c = &m.parts.component[k];
        const line *want = &o->part[k + 1];
        char got[128];
        norni_format(got, sizeof got, "%.*s", (int)c->name.n, c->name.p);
        assert_string_equal(got, want->name);
        assert_near(want->name, c->value, want, c->multiplicative ? 1 : m.plan.y_scale);
    }
    assert_near("yhat", m.parts.yhat, &o->part[o->n_part - 1], m.plan.y_scale);
}

static void test_parts(void **state) {
    (void)state;
    static const char *const names[] = {"linear", "logistic", "flat", "minmax", "hourly"};
    for (size_t k = 0; k < 5; k++) {
        norni_arena_reset(&arena);
        check_parts(names[k]);
    }
}

static const size_t at_rows[N_AT] = {0, 10, 39, 79};

static double sd_of(const double *x, size_t n) {
    double mean = 0, var = 0;
    norni_mean_var(x, n, 1, &mean, &var);
    return sqrt(var);
}

/* Draws beside the oracle's: standard deviations and the ends of 80 %. */
static void check_spread(const char *name) {
    enum { N = 20000 };
    model m;
    norn_err err = {0};
    make_model(name, &m);
    const size_t n = m.ahead.n;
    double *trend = norni_arena_get(&arena, n * N, sizeof *trend),
           *yhat = norni_arena_get(&arena, n * N, sizeof *yhat);
    assert_true(trend && yhat && m.o->n_spread > 0);
    for (size_t s = 0; s < m.o->n_spread; s++) {
        const line *want = &m.o->spread[s];
        const bool poisson = strcmp(want->name, "poisson") == 0,
                   of_trend = strcmp(m.o->what[s], "trend") == 0;
        const norni_prophet_draws draws = {
            .ahead = poisson ? NORNI_PROPHET_POISSON : NORNI_PROPHET_STEPS, .n = N, .seed = 5};
        assert_int_equal(norni_prophet_draw(&arena, &no_poll, &m.fitted, &m.ahead, &m.parts, &draws,
                                            trend, yhat, &err),
                         NORN_OK);
        for (size_t k = 0; k < N_AT; k++) {
            double *row = (of_trend ? trend : yhat) + at_rows[k] * N, lower, upper;
            double *scratch = norni_arena_get(&arena, 2 * N, sizeof *scratch);
            norni_quantile_band band = norni_quantile_band_of(0.1, 0.9);
            norni_quantile_band_find(&band, row, N, 0, scratch, &lower, &upper);
            const double sd = want->v[1 + k], own = sd_of(row, N),
                         error = 5 * (1 / sqrt(N) + 1 / sqrt(want->v[0])),
                         tiny = 1e-3 * m.plan.y_scale * m.fit.sigma;
            if (!(fabs(own - sd) <= error * sd * (of_trend ? 1.5 : 0.71) + tiny))
                fail_msg("%s %s %s row %zu: sd %g, prophet %g", name, want->name, m.o->what[s],
                         at_rows[k], own, sd);
            if (!(fabs(lower - want->v[1 + N_AT + k]) <= 1.8 * error * sd + tiny) ||
                !(fabs(upper - want->v[1 + 2 * N_AT + k]) <= 1.8 * error * sd + tiny))
                fail_msg("%s %s %s row %zu: [%g, %g], prophet [%g, %g]", name, want->name,
                         m.o->what[s], at_rows[k], lower, upper, want->v[1 + N_AT + k],
                         want->v[1 + 2 * N_AT + k]);
        }
    }
}

static void test_spread_linear(void **state) {
    (void)state;
    check_spread("linear");
}

static void test_spread_logistic(void **state) {
    (void)state;
    check_spread("logistic");
}

static void test_spread_flat(void **state) {
    (void)state;
    check_spread("flat");
}

/* Draw k is the same among 10 and among 1,500; intervals are of the very draws; skipping rows moves
 * nothing. */
static void check_draws(const char *name, norni_prophet_ahead ahead) {
    enum { FEW = 10, MANY = 1500 };
    model m;
    norn_err err = {0};
    make_model(name, &m);
    const size_t n = m.ahead.n;
    double *few = norni_arena_get(&arena, n * FEW, sizeof *few),
           *many = norni_arena_get(&arena, n * MANY, sizeof *many),
           *bound = norni_arena_get(&arena, n, 4 * sizeof *bound), scratch[2 * MANY];
    norni_prophet_draws draws = {.ahead = ahead, .n = MANY, .seed = 11, .item = 3};
    assert_true(few && many && bound);
    assert_int_equal(norni_prophet_draw(&arena, &no_poll, &m.fitted, &m.ahead, &m.parts, &draws,
                                        NULL, many, &err),
                     NORN_OK);
    const norni_prophet_bounds out = {bound, bound + n, NULL, NULL};
    assert_int_equal(norni_prophet_intervals(&arena, &no_poll, &m.fitted, &m.ahead, &m.parts,
                                             &draws, 0.8, &out, &err),
                     NORN_OK);
    for (size_t i = 0; i < n; i++) {
        norni_quantile_band band = norni_quantile_band_of((1 - 0.8) / 2, (1 + 0.8) / 2);
        double lower, upper;
        norni_quantile_band_find(&band, many + i * MANY, MANY, 0, scratch, &lower, &upper);
        assert_memory_equal(&lower, &bound[i], sizeof lower);
        assert_memory_equal(&upper, &bound[n + i], sizeof upper);
    }
    draws.n = FEW;
    draws.skip = 7;
    assert_int_equal(norni_prophet_draw(&arena, &no_poll, &m.fitted, &m.ahead, &m.parts, &draws,
                                        NULL, few, &err),
                     NORN_OK);
    for (size_t i = 7; i < n; i++)
        assert_memory_equal(few + (i - 7) * FEW, many + i * MANY, FEW * sizeof *few);
}

static void test_draws(void **state) {
    (void)state;
    check_draws("linear", NORNI_PROPHET_STEPS);
    check_draws("linear", NORNI_PROPHET_POISSON);
    check_draws("logistic", NORNI_PROPHET_STEPS);
    check_draws("logistic", NORNI_PROPHET_POISSON);
}

/* How many of n draws lie within the bounds. */
static double share_within(const double *x, size_t n, double lower, double upper) {
    const double slack = 1e-12 * (fabs(lower) + fabs(upper)); /* for an atom at the forecast */
    size_t inside = 0;
    for (size_t d = 0; d < n; d++)
        inside += x[d] >= lower - slack && x[d] <= upper + slack;
    return (double)inside / (double)n;
}

/* Closed forms beside 30,000 draws: standard deviations within 2 % (a trend: 5 %), and bounds of 80 %
 * hold 80 % of them within five times sqrt(0.16 / N), 1.2 %. */
static void check_closed(model *m, norni_prophet_ahead ahead) {
    enum { N = 30000 };
    norn_err err = {0};
    const size_t n = m->ahead.n;
    double sd[2][MOST_ROWS], b[4][MOST_ROWS];
    double *trend = norni_arena_get(&arena, n * N, sizeof *trend),
           *yhat = norni_arena_get(&arena, n * N, sizeof *yhat);
    norni_prophet_draws draws = {.ahead = ahead, .n = N, .seed = 2};
    assert_true(trend && yhat);
    assert_true(norni_prophet_moments(&m->fitted, &m->ahead, &m->parts, ahead, sd[0], sd[1]));
    assert_int_equal(norni_prophet_draw(&arena, &no_poll, &m->fitted, &m->ahead, &m->parts, &draws,
                                        trend, yhat, &err),
                     NORN_OK);
    for (size_t k = 1; k < N_AT; k++) {
        const size_t i = at_rows[k];
        const double of_trend = sd_of(trend + i * N, N), of_y = sd_of(yhat + i * N, N);
        if (!(fabs(of_trend - sd[0][i]) <= 0.05 * of_trend) ||
            !(fabs(of_y - sd[1][i]) <= 0.02 * of_y))
            fail_msg("row %zu: trend %g, drawn %g; y %g, drawn %g", i, sd[0][i], of_trend, sd[1][i],
                     of_y);
    }
    if (ahead != NORNI_PROPHET_STEPS) return;
    draws.ahead = NORNI_PROPHET_EXACT;
    const norni_prophet_bounds out = {b[0], b[1], b[2], b[3]};
    assert_int_equal(norni_prophet_intervals(&arena, &no_poll, &m->fitted, &m->ahead, &m->parts,
                                             &draws, 0.8, &out, &err),
                     NORN_OK);
    for (size_t i = 0; i < n; i++) {
        const double of_y = share_within(yhat + i * N, N, b[0][i], b[1][i]),
                     of_trend = share_within(trend + i * N, N, b[2][i], b[3][i]);
        const bool atom = b[2][i] == b[3][i]; /* more than 80 % of the trends do not change */
        if (!(fabs(of_y - 0.8) <= 0.012) || !(of_trend >= 0.788 && (atom || of_trend <= 0.812)))
            fail_msg("row %zu: bounds of 80 %% hold %g of y, %g of the trend", i, of_y, of_trend);
    }
}

static void test_closed_form(void **state) {
    (void)state;
    static const double noise[] = {1, 0.05, 1e-6}; /* of the noise that was estimated */
    model m;
    make_model("linear", &m);
    const double sigma = m.fit.sigma;
    check_closed(&m, NORNI_PROPHET_POISSON);
    for (size_t k = 0; k < 3; k++) {
        const norni_arena_mark mark = norni_arena_mark_get(&arena);
        m.fit.sigma = sigma * noise[k];
        check_closed(&m, NORNI_PROPHET_STEPS);
        norni_arena_rewind(&arena, mark);
    }
}

/* Rows of the history know no trend changes, and their y is normal. */
static void test_history(void **state) {
    (void)state;
    model m;
    norn_err err = {0};
    make_model("linear", &m);
    double b[4][MOST_ROWS];
    norni_prophet_parts parts;
    const norni_prophet_bounds out = {b[0], b[1], b[2], b[3]};
    norni_prophet_draws draws = {.ahead = NORNI_PROPHET_EXACT, .n = 1000};
    assert_int_equal(
        norni_prophet_parts_make(&arena, &no_poll, &m.fitted, &m.past, false, &parts, &err),
        NORN_OK);
    assert_int_equal(parts.n_component, 0);
    for (int mode = 0; mode < 2; mode++) {
        assert_int_equal(norni_prophet_intervals(&arena, &no_poll, &m.fitted, &m.past, &parts,
                                                 &draws, 0.8, &out, &err),
                         NORN_OK);
        const double half = 1.2815515655446004 * m.fit.sigma * m.plan.y_scale;
        for (size_t i = 0; i < m.past.n; i++) {
            assert_true(b[2][i] == parts.trend[i] && b[3][i] == parts.trend[i]);
            assert_true(fabs(b[1][i] - parts.yhat[i] - half) <= (mode ? 0.35 : 1e-9) * half);
            assert_true(fabs(parts.yhat[i] - b[0][i] - half) <= (mode ? 0.35 : 1e-9) * half);
        }
        draws.ahead = NORNI_PROPHET_STEPS;
    }
}

static bool stop_at_once(void *user) {
    return (void)user, true;
}

static void test_cancelled(void **state) {
    (void)state;
    model m;
    norn_err err = {0};
    make_model("linear", &m);
    double b[MOST_ROWS];
    const norni_poll stop = {stop_at_once, NULL};
    const norni_prophet_bounds out = {b, NULL, NULL, NULL};
    norni_prophet_draws draws = {.n = 100};
    assert_int_equal(norni_prophet_intervals(&arena, &stop, &m.fitted, &m.ahead, &m.parts, &draws,
                                             0.8, &out, &err),
                     NORN_E_CANCEL);
    draws.ahead = NORNI_PROPHET_EXACT;
    assert_int_equal(norni_prophet_intervals(&arena, &stop, &m.fitted, &m.ahead, &m.parts, &draws,
                                             0.8, &out, &err),
                     NORN_E_CANCEL);
}

/* The band's quantiles against sorting, whatever was guessed. */
static void test_quantile_band(void **state) {
    (void)state;
    enum { N = 501 };
    double x[N], sorted[N], scratch[2 * N], lower, upper;
    norni_quantile_band band = norni_quantile_band_of(0.1, 0.9);
    for (uint64_t row = 0; row < 200; row++) {
        const size_t n = row % 3 == 0 ? 1 + row : N;
        norni_rng_normals((norni_rng){1, row}, 0, x, n);
        for (size_t i = 0; i < n; i++) {
            if (row % 5 == 1) x[i] = floor(x[i] * 2);          /* ties */
            if (row % 7 == 3) x[i] = x[i] * 1e3 - (double)row; /* elsewhere */
            sorted[i] = x[i];
        }
        norni_quantile_band_find(&band, x, n, 0, scratch, &lower, &upper);
        for (size_t i = 1; i < n; i++) {
            for (size_t j = i; j > 0 && sorted[j - 1] > sorted[j]; j--) {
                const double swap = sorted[j];
                sorted[j] = sorted[j - 1];
                sorted[j - 1] = swap;
            }
        }
        const double a = 0.1 * (double)(n - 1), b = 0.9 * (double)(n - 1);
        const size_t i = (size_t)a, j = (size_t)b, i2 = i + 1 < n ? i + 1 : i,
                     j2 = j + 1 < n ? j + 1 : j;
        assert_true(fabs(lower - (sorted[i] + (a - (double)i) * (sorted[i2] - sorted[i]))) <=
                    1e-12 * fabs(lower));
        assert_true(fabs(upper - (sorted[j] + (b - (double)j) * (sorted[j2] - sorted[j]))) <=
                    1e-12 * fabs(upper));
    }
    x[3] = NORNI_NAN;
    norni_quantile_band_find(&band, x, N, 0, scratch, &lower, &upper);
    assert_true(isnan(lower) && isnan(upper));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spread_linear, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spread_logistic, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spread_flat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_draws, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closed_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_history, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancelled, set_up, tear_down),
        cmocka_unit_test(test_quantile_band),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
